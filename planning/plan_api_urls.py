"""Paths of account plans below /api/v1/plans/."""

from django.urls import path

from planning.api import plan_sections, plan_versions, plans

urlpatterns = [
    path("", plans.PlanListApi.as_view(), name="plans-list"),
    path("<uuid:pk>/", plans.PlanDetailApi.as_view(), name="plans-detail"),
    path("<uuid:pk>/submit/", plans.PlanSubmitApi.as_view(), name="plans-submit"),
    path("<uuid:pk>/withdraw/", plans.PlanWithdrawApi.as_view(), name="plans-withdraw"),
    path("<uuid:pk>/return/", plans.PlanReturnApi.as_view(), name="plans-return"),
    path("<uuid:pk>/approve/", plans.PlanApproveApi.as_view(), name="plans-approve"),
    path("<uuid:pk>/activate/", plans.PlanActivateApi.as_view(), name="plans-activate"),
    path("<uuid:pk>/sections/", plan_sections.PlanSectionsApi.as_view(), name="plans-sections"),
    path("<uuid:pk>/sections/<slug:key>/", plan_sections.PlanSectionApi.as_view(), name="plans-section"),
    path("<uuid:pk>/comments/", plans.PlanCommentsApi.as_view(), name="plans-comments"),
    path("<uuid:plan_id>/comments/<uuid:pk>/", plans.PlanCommentApi.as_view(), name="plans-comment"),
    path("<uuid:pk>/versions/", plan_versions.PlanVersionsApi.as_view(), name="plans-versions"),
    path("<uuid:pk>/versions/<int:number>/", plan_versions.PlanVersionApi.as_view(), name="plans-version"),
    path("<uuid:pk>/document/", plan_versions.PlanDocumentApi.as_view(), name="plans-document"),
    path("<uuid:pk>/compare/", plan_versions.PlanCompareApi.as_view(), name="plans-compare"),
    path("<uuid:pk>/changes/", plan_versions.PlanChangesApi.as_view(), name="plans-changes"),
]
