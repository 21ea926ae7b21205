"""Pages of this app. The list and the home of an account show figures, so they are in `metrics.urls`."""

from django.urls import URLPattern, URLResolver, path

from accounts.views import accounts, catalogue, imports, rates, saved_views, segments

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/new/", accounts.create, name="account_create"),
    path("accounts/parents/", accounts.parent_options, name="parent_options"),
    path("accounts/views/", saved_views.view_save, name="view_save"),
    path("accounts/views/<uuid:view_id>/share/", saved_views.view_share, name="view_share"),
    path("accounts/views/<uuid:view_id>/delete/", saved_views.view_delete, name="view_delete"),
    path("accounts/<uuid:account_id>/edit/", accounts.edit, name="account_edit"),
    path("accounts/<uuid:account_id>/delete/", accounts.delete, name="account_delete"),
    path("accounts/<uuid:account_id>/segments/", segments.segments, name="segments"),
    path(
        "accounts/<uuid:account_id>/segments/<uuid:segment_id>/", segments.segment_edit, name="segment_edit"
    ),
    path(
        "accounts/<uuid:account_id>/segments/<uuid:segment_id>/delete/",
        segments.segment_remove,
        name="segment_remove",
    ),
    path("catalogue/", catalogue.catalogue, name="catalogue"),
    path("catalogue/lines/<uuid:line_id>/margin/", catalogue.line_margin, name="line_margin"),
    path("rates/", rates.rates, name="rates"),
    path("imports/", imports.import_list, name="import_list"),
    path("imports/new/", imports.import_create_page, name="import_create"),
    path("imports/templates/<slug:kind>.csv", imports.import_template, name="import_template"),
    path("imports/<uuid:job_id>/", imports.import_detail, name="import_detail"),
    path("imports/<uuid:job_id>/progress/", imports.import_progress, name="import_progress"),
    path("imports/<uuid:job_id>/errors.csv", imports.import_problems, name="import_problems"),
]
