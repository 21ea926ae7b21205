"""Pages of opportunities."""

from django.urls import URLPattern, URLResolver, path

from opportunities.views import edit, lists, steps

app_name = "opportunities"
urlpatterns: list[URLPattern | URLResolver] = [
    path("opportunities/", lists.opportunities, name="opportunity_list"),
    path("opportunities/<uuid:opportunity_id>/", edit.detail, name="opportunity_detail"),
    path("opportunities/<uuid:opportunity_id>/edit/", edit.edit, name="opportunity_edit"),
    path("opportunities/<uuid:opportunity_id>/delete/", edit.remove, name="opportunity_delete"),
    path("settings/step-resources/", steps.step_resources, name="step_resources"),
    path(
        "accounts/<uuid:account_id>/opportunities/",
        lists.account_opportunities,
        name="account_opportunities",
    ),
    path("accounts/<uuid:account_id>/opportunities/new/", edit.create, name="opportunity_create"),
]
