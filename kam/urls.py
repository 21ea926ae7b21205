"""The composition root: which app answers which path."""

from django.conf import settings
from django.urls import include, path

from kam.common.api.exceptions import api_aware_404, api_aware_500

handler404 = api_aware_404
handler500 = api_aware_500

api_urlpatterns = [
    path("", include("kam.tenancy.api_urls")),
    path("", include("accounts.api_urls")),
    path("", include("buying_center.api_urls")),
    path("", include("opportunities.api_urls")),
    path("", include("planning.api_urls")),
    path("", include("metrics.api_urls")),
]

urlpatterns = [
    path("", include("kam.tenancy.urls")),
    path("", include("accounts.urls")),
    path("", include("buying_center.urls")),
    path("", include("opportunities.urls")),
    path("", include("planning.urls")),
    path("", include("metrics.urls")),
    path("auth/", include("allauth.urls")),
    path("api/v1/", include((api_urlpatterns, "api"))),
]

if settings.DEBUG:
    urlpatterns += [path("components/", include("kam.common.gallery_urls"))]
