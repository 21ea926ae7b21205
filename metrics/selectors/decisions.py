"""Reads of decisions about accounts."""

import uuid

from kam.common.prepared import Prepared
from kam.tenancy.context import current_tenant_id
from metrics.models import AccountDecision

_LATEST = Prepared(
    lambda tenant, account: (
        AccountDecision.objects.select_related("decided_by__user")
        .filter(tenant_id=tenant, account_id=account)
        .order_by("-created_at", "-id")[:1]
    ),
    tenant=uuid.UUID,
    account=uuid.UUID,
)


def decision_latest(*, account_id: uuid.UUID) -> AccountDecision | None:
    """The newest decision about an account, with who made it."""
    found: AccountDecision | None = _LATEST.first(tenant=current_tenant_id(), account=account_id)
    return found
