"""Reads of the selling centre."""

import uuid
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from buying_center.models import SellingCenterMember
from kam.tenancy.context import current_tenant_id


def selling_center_list(*, account_id: uuid.UUID | None = None) -> QuerySet[SellingCenterMember]:
    """Places in selling centres (of one account), with the person behind each, lead first."""
    tenant_id = current_tenant_id()
    members = SellingCenterMember.objects.select_related("member__user", "employee", "account").filter(
        Q(member__isnull=True) | Q(member__tenant_id=tenant_id),
        Q(employee__isnull=True) | Q(employee__tenant_id=tenant_id),
        tenant_id=tenant_id,
        account__tenant_id=tenant_id,
    )
    if account_id is not None:
        members = members.filter(account_id=account_id)
    return members.order_by("-is_lead", "role", "id")


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
