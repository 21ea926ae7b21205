"""Paths below /api/v1/."""

from django.urls import path

from kam.tenancy import api

urlpatterns = [
    path("auth/token/", api.TokenApi.as_view(), name="auth-token"),
    path("auth/logout/", api.LogoutApi.as_view(), name="auth-logout"),
    path("me/", api.MeApi.as_view(), name="me"),
    path("schema/", api.SchemaApi.as_view(), name="schema"),
    path("docs/", api.DocsApi.as_view(), name="docs"),
]
