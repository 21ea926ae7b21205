"""The gallery of components, wired by kam.urls where DEBUG is on."""

from django.urls import path

from kam.common import views

app_name = "components"
urlpatterns = [
    path("", views.component_gallery, name="gallery"),
    path("charts/<slug:name>.json", views.component_chart, name="chart"),
    path("explanation/", views.component_explanation, name="explanation"),
]
