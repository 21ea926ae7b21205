"""Paths below /api/v1/."""

from django.urls import path

from planning.api import objectives, open_space

urlpatterns = [
    path("accounts/<uuid:pk>/open-space/", open_space.OpenSpaceApi.as_view(), name="open-space"),
    path(
        "accounts/<uuid:pk>/open-space/push/", open_space.OpenSpacePushApi.as_view(), name="open-space-push"
    ),
    path("objectives/", objectives.ObjectiveListApi.as_view(), name="objectives-list"),
    path("objectives/<uuid:pk>/", objectives.ObjectiveDetailApi.as_view(), name="objectives-detail"),
    path(
        "objectives/<uuid:pk>/history/", objectives.ObjectiveHistoryApi.as_view(), name="objectives-history"
    ),
]
