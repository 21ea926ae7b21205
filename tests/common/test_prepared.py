"""Statements that are compiled once say the same as the queryset, for every tenant."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Segment
from kam.common.prepared import Prepared
from kam.tenancy.models import Membership, Tenant
from tests.factories import AccountFactory, SegmentFactory


def test_the_first_tenant_that_asks_does_not_stay_in_the_statement(
    tenant: Tenant, other_tenant: Tenant, as_tenant: Any
) -> None:
    names = Prepared(
        lambda tenant: Account.objects.filter(tenant_id=tenant).order_by("name").values_list("name"),
        tenant=uuid.UUID,
    )
    for owner, name in ((tenant, "Ours"), (other_tenant, "Theirs"), (tenant, "Ours")):
        with as_tenant(owner):
            if not Account.objects.exists():
                AccountFactory(name=name)
            assert names(tenant=owner.pk) == [(name,)]
            assert names(tenant=uuid.uuid4()) == []


def test_instances_come_with_what_the_queryset_selects(
    tenant: Tenant, as_tenant: Any, members: dict[str, Membership]
) -> None:
    accounts = Prepared(
        lambda tenant, account: (
            Account.objects.filter(tenant_id=tenant, pk=account)
            .select_related("owner__user")
            .defer("industry")
        ),
        tenant=uuid.UUID,
        account=uuid.UUID,
    )
    with as_tenant(tenant):
        owned = AccountFactory(owner=members["kam"], industry="Hotels")
        alone = AccountFactory(owner=None)
        assert accounts.first(tenant=tenant.pk, account=uuid.uuid4()) is None
        with CaptureQueriesContext(connection) as sent:
            found = accounts.first(tenant=tenant.pk, account=owned.pk)
            assert found == owned
            assert found.owner.user.email == "kam@northwind.example"
            assert accounts.first(tenant=tenant.pk, account=alone.pk).owner is None
        assert len(sent) == 2
        assert found.industry == "Hotels"
        found.name = "Renamed"
        found.save()
        assert Account.objects.get(pk=owned.pk).name == "Renamed"


def test_a_value_that_the_statement_lacks_is_refused(tenant: Tenant, as_tenant: Any) -> None:
    with as_tenant(tenant), pytest.raises(TypeError, match="account"):
        Prepared(
            lambda tenant, account: Account.objects.filter(tenant_id=tenant),
            tenant=uuid.UUID,
            account=uuid.UUID,
        )(tenant=tenant.pk, account=uuid.uuid4())


def test_an_id_that_would_stand_for_everybody_is_refused(tenant: Tenant, as_tenant: Any) -> None:
    with as_tenant(tenant):
        segment = SegmentFactory()
        with pytest.raises(TypeError, match="every caller"):
            Prepared(
                lambda tenant: Segment.objects.filter(tenant_id=tenant, pk=segment.pk), tenant=uuid.UUID
            )(tenant=tenant.pk)
