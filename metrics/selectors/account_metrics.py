"""The computed record of one account."""

import uuid

from django.db.models import Q, QuerySet

from kam.common.prepared import Prepared
from kam.tenancy.context import current_tenant_id
from kam.tenancy.reference import reference_date
from metrics.models import AccountMetrics, AccountMetricsHistory, StaleAccount

_METRICS = Prepared(
    lambda tenant, account: AccountMetrics.objects.filter(tenant_id=tenant, account_id=account),
    tenant=uuid.UUID,
    account=uuid.UUID,
)


def metrics_of(account_id: uuid.UUID) -> AccountMetrics | None:
    """The published record; None where the account has none. Its engine version is "" while nothing is computed."""
    found: AccountMetrics | None = _METRICS.first(tenant=current_tenant_id(), account=account_id)
    return found


def metrics_history(account_id: uuid.UUID) -> "QuerySet[AccountMetricsHistory, AccountMetricsHistory]":
    """One record per reference date, the newest date first."""
    return AccountMetricsHistory.objects.filter(
        tenant_id=current_tenant_id(), account_id=account_id
    ).order_by("-reference_date")


def account_is_stale(account_id: uuid.UUID, row: AccountMetrics | None) -> bool:
    """Whether something that the account's figures stand on is newer than they are.

    True also where the tenant's reference date is another one than the figures', or nothing was computed.
    """
    if row is None or row.engine_version == "" or row.reference_date != reference_date():
        return True
    marks = StaleAccount.objects.filter(
        Q(account_id=account_id) | Q(account__isnull=True), tenant_id=current_tenant_id()
    )
    return marks.exists()
