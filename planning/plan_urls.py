"""Pages of account plans."""

from django.urls import URLPattern, URLResolver, path

from planning.views import plan_sections, plan_versions, plans

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/<uuid:account_id>/plan/", plans.account_plan, name="account_plan"),
    path("accounts/<uuid:account_id>/plan/new/", plans.plan_new, name="plan_new"),
    path("plans/card/", plans.plans_card, name="plans_card"),
    path("plans/<uuid:plan_id>/", plans.plan_detail, name="plan_detail"),
    path("plans/<uuid:plan_id>/edit/", plans.plan_edit, name="plan_edit"),
    path("plans/<uuid:plan_id>/keep/", plans.plan_keep, name="plan_keep"),
    path("plans/<uuid:plan_id>/delete/", plans.plan_remove, name="plan_delete"),
    path("plans/<uuid:plan_id>/presence/", plans.plan_presence, name="plan_presence"),
    path("plans/<uuid:plan_id>/steps/<slug:step>/", plans.plan_step, name="plan_step"),
    path("plans/<uuid:plan_id>/comments/", plan_sections.plan_comment, name="plan_comment"),
    path(
        "plans/<uuid:plan_id>/comments/<uuid:comment_id>/",
        plan_sections.plan_comment_settle,
        name="plan_comment_settle",
    ),
    path("plans/<uuid:plan_id>/read/", plan_versions.plan_read, name="plan_read"),
    path("plans/<uuid:plan_id>/read/<slug:key>/", plan_versions.plan_read_section, name="plan_read_section"),
    path("plans/<uuid:plan_id>/versions/", plan_versions.plan_versions_page, name="plan_versions"),
    path("plans/<uuid:plan_id>/versions/<int:number>/", plan_versions.plan_version, name="plan_version"),
    path("plans/<uuid:plan_id>/compare/", plan_versions.plan_compare, name="plan_compare"),
    path("plans/<uuid:plan_id>/changes/", plan_versions.plan_changes_page, name="plan_changes"),
    path("plans/<uuid:plan_id>/<slug:key>/text/", plan_sections.section_text, name="plan_text"),
    path("plans/<uuid:plan_id>/<slug:key>/live/", plan_sections.section_live, name="plan_live"),
    path("plans/<uuid:plan_id>/<slug:key>/rows/", plan_sections.section_row_add, name="plan_row_add"),
    path("plans/<uuid:plan_id>/<slug:key>/rows/<uuid:entry_id>/", plan_sections.section_row, name="plan_row"),
    path(
        "plans/<uuid:plan_id>/<slug:key>/rows/<uuid:entry_id>/delete/",
        plan_sections.section_row_delete,
        name="plan_row_delete",
    ),
    path(
        "plans/<uuid:plan_id>/<slug:key>/rows/<uuid:entry_id>/move/",
        plan_sections.section_row_move,
        name="plan_row_move",
    ),
]
