"""Paths below /api/v1/."""

from django.urls import path

from buying_center.api import selling_center

urlpatterns = [
    path("selling-centre/", selling_center.SellingCentreListApi.as_view(), name="selling-centre-list"),
    path(
        "selling-centre/<uuid:pk>/",
        selling_center.SellingCentreDetailApi.as_view(),
        name="selling-centre-detail",
    ),
]
