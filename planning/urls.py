"""Page routes of planning: plans, Open Space, reviews, value."""

from django.urls import URLPattern, URLResolver, include, path

from planning.views import calendar, confirmation, plan_export, review, reviews, value, value_items

app_name = "planning"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("planning.strategy_urls")),
    path("plans/<uuid:plan_id>/export/<slug:file_type>/", plan_export.plan_export, name="plan_export"),
    path("settings/slides/", plan_export.deck_settings, name="deck_settings"),
    path("settings/slides/template/", plan_export.deck_template_download, name="deck_template"),
    path("", include("planning.plan_urls")),
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
    path("reviews/", reviews.due_list, name="reviews_due"),
    path("reviews/card/", reviews.due_card, name="reviews_due_card"),
    path("reviews/calendar/", calendar.calendar_link, name="review_calendar"),
    path("calendar/<str:token>.ics", calendar.calendar_feed, name="review_feed"),
    path("accounts/<uuid:account_id>/reviews/", reviews.review_list, name="review_list"),
    path("accounts/<uuid:account_id>/reviews/<uuid:review_id>/", review.review, name="review"),
    path("accounts/<uuid:account_id>/reviews/<uuid:review_id>/state/", review.state, name="review_state"),
    path(
        "accounts/<uuid:account_id>/reviews/<uuid:review_id>/compare/", review.compare, name="review_compare"
    ),
    path("accounts/<uuid:account_id>/reviews/<uuid:review_id>/delete/", review.remove, name="review_delete"),
    path(
        "accounts/<uuid:account_id>/reviews/<uuid:review_id>/actions/",
        review.action_add,
        name="review_action_add",
    ),
    path(
        "accounts/<uuid:account_id>/reviews/actions/<uuid:action_id>/",
        review.action_done,
        name="review_action_done",
    ),
    path(
        "accounts/<uuid:account_id>/reviews/actions/<uuid:action_id>/delete/",
        review.action_remove,
        name="review_action_delete",
    ),
]
