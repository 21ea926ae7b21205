"""Reads of saved views of the account list."""

import uuid

from django.db.models import Q

from accounts.models import SavedView
from kam.common.prepared import Prepared
from kam.tenancy.context import current_tenant_id

_SHOWN = (
    "id",
    "tenant_id",
    "name",
    "query",
    "is_shared",
    "member_id",
    "member__user__name",
    "member__user__email",
)
_VIEWS = Prepared(
    lambda tenant, member: (
        SavedView.objects.select_related("member__user")
        .only(*_SHOWN)
        .filter(Q(member_id=member) | Q(is_shared=True), tenant_id=tenant, member__tenant_id=tenant)
        .order_by("name", "id")
    ),
    tenant=uuid.UUID,
    member=uuid.UUID,
)


def saved_view_list(*, member_id: uuid.UUID) -> list[SavedView]:
    """A member's own views and those that others share, by name."""
    return _VIEWS(tenant=current_tenant_id(), member=member_id)


def saved_view_own(*, member_id: uuid.UUID, view_id: uuid.UUID) -> SavedView | None:
    """One of the member's own views; None for another person's, another tenant's or none."""
    return SavedView.objects.filter(tenant_id=current_tenant_id(), member_id=member_id, pk=view_id).first()
