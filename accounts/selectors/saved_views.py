"""Reads of saved views of the account list."""

import uuid

from django.db.models import Q, QuerySet

from accounts.models import SavedView
from kam.tenancy.context import current_tenant_id


def saved_view_list(*, member_id: uuid.UUID) -> QuerySet[SavedView]:
    """A member's own views and those that others share, by name."""
    tenant_id = current_tenant_id()
    return (
        SavedView.objects.select_related("member__user")
        .only(
            "id",
            "tenant_id",
            "name",
            "query",
            "is_shared",
            "member_id",
            "member__user__name",
            "member__user__email",
        )
        .filter(Q(member_id=member_id) | Q(is_shared=True), tenant_id=tenant_id, member__tenant_id=tenant_id)
        .order_by("name", "id")
    )


def saved_view_own(*, member_id: uuid.UUID, view_id: uuid.UUID) -> SavedView | None:
    """One of the member's own views; None for another person's, another tenant's or none."""
    return SavedView.objects.filter(tenant_id=current_tenant_id(), member_id=member_id, pk=view_id).first()
