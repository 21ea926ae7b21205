"""Paths below /api/v1/."""

from django.urls import path

from planning.api import open_space

urlpatterns = [
    path("accounts/<uuid:pk>/open-space/", open_space.OpenSpaceApi.as_view(), name="open-space"),
    path(
        "accounts/<uuid:pk>/open-space/push/", open_space.OpenSpacePushApi.as_view(), name="open-space-push"
    ),
]
