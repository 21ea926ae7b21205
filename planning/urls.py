"""Page routes of planning: plans, Open Space, reviews, value."""

from django.urls import URLPattern, URLResolver

app_name = "planning"

urlpatterns: list[URLPattern | URLResolver] = []
