"""Refusals at start: better no application than one whose isolation is switched off."""

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections

from kam.tenancy.catalogue import role_findings


def assert_safe_database_role(using: str = "default") -> None:
    """Raise ImproperlyConfigured when the application's role is superuser, bypasses RLS or owns tables."""
    connection = connections[using]
    try:
        with connection.cursor() as cursor:
            findings = role_findings(cursor)
    finally:
        # A server forks after this: its children must not share the connection.
        if not connection.in_atomic_block:
            connection.close()
    if findings:
        raise ImproperlyConfigured("Unsafe database role: " + "; ".join(findings))


def refuse_unsafe_role(using: str = "default") -> None:
    """The same for Celery, whose signals swallow every exception: leaves the process, telling why."""
    try:
        assert_safe_database_role(using)
    except (ImproperlyConfigured, DatabaseError) as error:
        raise SystemExit(f"The worker does not start: {error}") from error
