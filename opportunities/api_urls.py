"""Paths below /api/v1/."""

from django.urls import path

from opportunities import api

urlpatterns = [
    path("opportunities/", api.OpportunityListApi.as_view(), name="opportunities-list"),
    path("opportunities/<uuid:pk>/", api.OpportunityDetailApi.as_view(), name="opportunities-detail"),
]
