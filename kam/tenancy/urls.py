"""Pages of this app."""

from django.urls import URLPattern, URLResolver, path

from kam.tenancy.views import health

app_name = "tenancy"
urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
