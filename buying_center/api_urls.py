"""Paths below /api/v1/."""

from django.urls import path

from buying_center import api

urlpatterns = [
    path("selling-centre/", api.SellingCentreListApi.as_view(), name="selling-centre-list"),
    path("selling-centre/<uuid:pk>/", api.SellingCentreDetailApi.as_view(), name="selling-centre-detail"),
]
