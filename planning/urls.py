"""Page routes of planning: plans, Open Space, reviews, value."""

from django.urls import URLPattern, URLResolver, include, path

from planning.views import confirmation, value, value_items

app_name = "planning"

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/<uuid:account_id>/open-space/", include("planning.open_space_urls")),
    path("value/", value.overview, name="value_overview"),
    path("value/confirm/<str:token>/", confirmation.value_confirm, name="value_confirm"),
    path("accounts/<uuid:account_id>/value/", value.value, name="value"),
    path("accounts/<uuid:account_id>/value/add/", value_items.add, name="value_item_add"),
    path("accounts/<uuid:account_id>/value/<uuid:item_id>/", value_items.edit, name="value_item_edit"),
    path(
        "accounts/<uuid:account_id>/value/<uuid:item_id>/delete/",
        value_items.remove,
        name="value_item_delete",
    ),
    path("accounts/<uuid:account_id>/value/<uuid:item_id>/ask/", value_items.ask, name="value_item_ask"),
    path(
        "accounts/<uuid:account_id>/value/<uuid:item_id>/revoke/",
        value_items.revoke,
        name="value_item_revoke",
    ),
]
