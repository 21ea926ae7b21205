"""Entering a tenant: nesting, exceptions, rollback, and what is left behind (nothing)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django_scopes.exceptions import ScopeError

from accounts.models import Account
from kam.tenancy.context import NoTenantError, current_tenant_id, tenant_context
from kam.tenancy.models import Membership, Tenant
from tests.factories import AccountFactory

Enter = Callable[[Tenant], AbstractContextManager[Any]]


def setting(name: str = "kam.tenant_id") -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [name])
        value: str | None = cursor.fetchone()[0]
    return value or None


@pytest.mark.django_db
def test_inside_and_outside(tenant: Tenant) -> None:
    with pytest.raises(NoTenantError):
        current_tenant_id()
    with tenant_context(str(tenant.id)) as entered:
        assert entered == tenant.id == current_tenant_id()
        assert setting() == str(tenant.id)
    assert setting() is None
    with pytest.raises(NoTenantError):
        current_tenant_id()


@pytest.mark.django_db
def test_the_outer_tenant_is_put_back(
    tenant: Tenant, other_tenant: Tenant, members: dict[str, Membership]
) -> None:
    with tenant_context(tenant.id, member_id=members["kam"].id, via="web"):
        outer = setting("pghistory.context_metadata")
        with tenant_context(other_tenant.id, via="task"):
            assert setting() == str(other_tenant.id) == str(current_tenant_id())
            assert setting("pghistory.context_metadata") != outer
        assert setting() == str(tenant.id) == str(current_tenant_id())
        assert setting("pghistory.context_metadata") == outer


@pytest.mark.django_db
@pytest.mark.parametrize("broken", [False, True])
def test_the_outer_tenant_is_put_back_after_an_exception(
    tenant: Tenant, other_tenant: Tenant, broken: bool
) -> None:
    with tenant_context(tenant.id):
        kept = AccountFactory()
        with pytest.raises((ValueError, DatabaseError)), tenant_context(other_tenant.id):  # noqa: PT012
            AccountFactory()
            if broken:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1 / 0")
            raise ValueError
        assert setting() == str(tenant.id)
        assert [account.pk for account in Account.objects.all()] == [kept.pk]
    with tenant_context(other_tenant.id):
        assert not Account.objects.exists()


@pytest.mark.django_db
def test_a_marked_rollback_inside_takes_the_setting_back(tenant: Tenant, other_tenant: Tenant) -> None:
    with tenant_context(tenant.id):
        with tenant_context(other_tenant.id):
            AccountFactory()
            transaction.set_rollback(True)
        assert setting() == str(tenant.id)
    with tenant_context(other_tenant.id):
        assert not Account.objects.exists()


def test_nothing_is_left_on_the_connection(committed_db: None) -> None:
    from kam.tenancy.services import tenant_create

    tenant = tenant_create(name="Northwind", slug="northwind")
    with tenant_context(tenant.id):
        AccountFactory()
    assert setting() is None
    assert setting("pghistory.context_metadata") is None
    with pytest.raises(ValueError), tenant_context(tenant.id):  # noqa: PT012
        AccountFactory()
        raise ValueError
    assert setting() is None
    with tenant_context(tenant.id):
        assert Account.objects.count() == 1


@pytest.mark.django_db
def test_a_query_without_a_tenant_fails_loudly(tenant: Tenant) -> None:
    with pytest.raises(ScopeError):
        Account.objects.count()


@pytest.mark.django_db
def test_raw_sql_sees_only_the_entered_tenant(tenant: Tenant, other_tenant: Tenant) -> None:
    with tenant_context(tenant.id):
        AccountFactory(name="ours")
    with tenant_context(other_tenant.id), connection.cursor() as cursor:
        AccountFactory(name="theirs")
        cursor.execute("SELECT name FROM accounts_account")
        assert cursor.fetchall() == [("theirs",)]
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            cursor.execute("INSERT INTO accounts_account (tenant_id, name) VALUES (%s, 'x')", [tenant.id])


@pytest.mark.django_db
def test_a_foreign_tenants_id_in_an_orm_write_is_refused(tenant: Tenant, other_tenant: Tenant) -> None:
    with (
        tenant_context(tenant.id),
        pytest.raises(DatabaseError, match="row-level security"),
        transaction.atomic(),
    ):
        Account.objects.create(tenant=other_tenant, name="smuggled")
