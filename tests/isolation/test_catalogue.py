"""The database itself enforces isolation: promises 2 and 3 of RELIABILITY.md."""

import pytest
from django.db import connection

from kam.tenancy import catalogue
from kam.tenancy.models import Tenant
from tests.factories import AccountFactory

pytestmark = pytest.mark.django_db


def test_the_suite_runs_as_a_role_that_owns_nothing_and_bypasses_nothing() -> None:
    with connection.cursor() as cursor:
        assert catalogue.role_findings(cursor) == []


def test_every_table_is_locked_or_listed_as_global() -> None:
    with connection.cursor() as cursor:
        assert catalogue.table_findings(cursor) == []


def test_no_side_door_stands_open() -> None:
    with connection.cursor() as cursor:
        assert catalogue.door_findings(cursor) == []


def test_every_tenant_key_is_composite_and_every_unique_holds_the_tenant() -> None:
    with connection.cursor() as cursor:
        assert catalogue.key_findings(cursor) == []


def test_without_a_tenant_no_row_is_seen(tenant: Tenant, as_tenant) -> None:
    with as_tenant(tenant):
        AccountFactory()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_account")
        assert cursor.fetchone() == (0,)
