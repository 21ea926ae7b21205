"""Paths below /api/v1/."""

from django.urls import path

from opportunities import api

urlpatterns = [
    path("opportunities/", api.OpportunityListApi.as_view(), name="opportunities-list"),
    path("opportunities/<uuid:pk>/", api.OpportunityDetailApi.as_view(), name="opportunities-detail"),
    path("step-resources/", api.StepResourceListApi.as_view(), name="step-resources-list"),
    path("step-resources/table/", api.StepTableApi.as_view(), name="step-resources-table"),
    path("step-resources/<uuid:pk>/", api.StepResourceDetailApi.as_view(), name="step-resources-detail"),
]
