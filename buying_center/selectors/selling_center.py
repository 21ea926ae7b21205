"""Reads of the selling centre."""

import uuid
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from buying_center.models import SellingCenterMember
from kam.common.prepared import Prepared
from kam.tenancy.context import current_tenant_id

def _places(tenant_id: uuid.UUID) -> "QuerySet[SellingCenterMember]":
    return SellingCenterMember.objects.filter(
        Q(member__isnull=True) | Q(member__tenant_id=tenant_id),
        Q(employee__isnull=True) | Q(employee__tenant_id=tenant_id),
        tenant_id=tenant_id,
        account__tenant_id=tenant_id,
    ).order_by("-is_lead", "role", "id")


_PEOPLE = Prepared(
    lambda tenant, account: (
        _places(tenant)
        .filter(account_id=account)
        .select_related("member__user", "employee")
        .only("id", "tenant_id", "member__user__name", "member__user__email", "employee__name")
    ),
    tenant=uuid.UUID,
    account=uuid.UUID,
)


def selling_center_people(*, account_id: uuid.UUID) -> list[SellingCenterMember]:
    """The selling centre of one account as every page of it names it: who, lead first, and no more."""
    return _PEOPLE(tenant=current_tenant_id(), account=account_id)


def selling_center_list(*, account_id: uuid.UUID | None = None) -> QuerySet[SellingCenterMember]:
    """Places in selling centres (of one account), with the person behind each, lead first."""
    members = _places(current_tenant_id()).select_related("member__user", "employee", "account")
    return members if account_id is None else members.filter(account_id=account_id)


def team_account_ids(member_id: uuid.UUID, lead_only: bool) -> "QuerySet[Any, Any]":
    """Ids of the accounts whose selling centre the member is in today (as its lead KAM with `lead_only`)."""
    today = timezone.localdate()
    rows = SellingCenterMember.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=today),
        Q(valid_to__isnull=True) | Q(valid_to__gte=today),
        tenant_id=current_tenant_id(),
        member_id=member_id,
    )
    if lead_only:
        rows = rows.filter(is_lead=True)
    return rows.values_list("account_id", flat=True)
