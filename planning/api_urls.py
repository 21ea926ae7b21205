"""Paths below /api/v1/."""

from django.urls import path

from planning import api

urlpatterns = [
    path("accounts/<uuid:pk>/open-space/", api.OpenSpaceApi.as_view(), name="open-space"),
]
