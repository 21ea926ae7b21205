"""Reads of decisions about accounts."""

import uuid

from kam.tenancy.context import current_tenant_id
from metrics.models import AccountDecision


def decision_latest(*, account_id: uuid.UUID) -> AccountDecision | None:
    """The newest decision about an account, with who made it."""
    return (
        AccountDecision.objects.select_related("decided_by__user")
        .filter(tenant_id=current_tenant_id(), account_id=account_id)
        .order_by("-created_at", "-id")
        .first()
    )
