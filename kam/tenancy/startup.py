"""Refusals at start: better no application than one whose isolation is switched off."""

from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from kam.tenancy.catalogue import role_findings


def assert_safe_database_role(using: str = "default") -> None:
    """Raise ImproperlyConfigured when the application's role is superuser, bypasses RLS or owns tables."""
    with connections[using].cursor() as cursor:
        findings = role_findings(cursor)
    if findings:
        raise ImproperlyConfigured("Unsafe database role: " + "; ".join(findings))
