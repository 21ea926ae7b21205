"""Paths below /api/v1/."""

from django.urls import include, path

from planning.api import objectives, open_space, open_space_export, plan_export, reflection, reviews, value

urlpatterns = [
    path("plans/<uuid:pk>/export/", plan_export.PlanExportApi.as_view(), name="plans-export"),
    path("accounts/<uuid:pk>/open-space/", open_space.OpenSpaceApi.as_view(), name="open-space"),
    path(
        "accounts/<uuid:pk>/open-space/potentials.csv",
        open_space_export.PotentialsCsvApi.as_view(),
        name="open-space-potentials",
    ),
    path(
        "accounts/<uuid:pk>/open-space/grid.xlsx",
        open_space_export.OpenSpaceWorkbookApi.as_view(),
        name="open-space-workbook",
    ),
    path(
        "accounts/<uuid:pk>/open-space/push/", open_space.OpenSpacePushApi.as_view(), name="open-space-push"
    ),
    path("objectives/", objectives.ObjectiveListApi.as_view(), name="objectives-list"),
    path("objectives/<uuid:pk>/", objectives.ObjectiveDetailApi.as_view(), name="objectives-detail"),
    path(
        "objectives/<uuid:pk>/history/", objectives.ObjectiveHistoryApi.as_view(), name="objectives-history"
    ),
    path("accounts/<uuid:pk>/reflection/", reflection.ReflectionApi.as_view(), name="reflection"),
    path("reflection-questions/", reflection.QuestionListApi.as_view(), name="reflection-questions-list"),
    path(
        "reflection-questions/<uuid:pk>/",
        reflection.QuestionDetailApi.as_view(),
        name="reflection-questions-detail",
    ),
    path("reflection-answers/", reflection.AnswerListApi.as_view(), name="reflection-answers-list"),
    path(
        "reflection-answers/<uuid:pk>/",
        reflection.AnswerDetailApi.as_view(),
        name="reflection-answers-detail",
    ),
    path(
        "reflection-answers/<uuid:pk>/history/",
        reflection.AnswerHistoryApi.as_view(),
        name="reflection-answers-history",
    ),
    path("value-items/", value.ValueItemListApi.as_view(), name="value-items-list"),
    path("value-items/summary/", value.ValueSummaryApi.as_view(), name="value-items-summary"),
    path("value-items/<uuid:pk>/", value.ValueItemDetailApi.as_view(), name="value-items-detail"),
    path(
        "value-items/<uuid:pk>/confirmation/",
        value.ValueConfirmationApi.as_view(),
        name="value-items-confirmation",
    ),
    path("reviews/", reviews.ReviewListApi.as_view(), name="reviews-list"),
    path("reviews/due/", reviews.ReviewsDueApi.as_view(), name="reviews-due"),
    path("reviews/<uuid:pk>/", reviews.ReviewDetailApi.as_view(), name="reviews-detail"),
    path("reviews/<uuid:pk>/changes/", reviews.ReviewChangesApi.as_view(), name="reviews-changes"),
    path("reviews/<uuid:pk>/freeze/", reviews.ReviewFreezeApi.as_view(), name="reviews-freeze"),
    path("review-actions/", reviews.ReviewActionListApi.as_view(), name="review-actions-list"),
    path("review-actions/<uuid:pk>/", reviews.ReviewActionDetailApi.as_view(), name="review-actions-detail"),
    path("plans/", include("planning.plan_api_urls")),
]
