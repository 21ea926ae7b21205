"""Which suggestions still wait for a person, and what was decided lately (K34)."""

import datetime
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from kam.tenancy.context import current_tenant_id
from metrics.models import AccountDecision

SETTLED_DAYS: Final = 183
"""So long around its reference date a decision stands: the same suggestion does not come back."""
NOT_NOW_DAYS: Final = 31
"""\"Not now\" asks again after a month."""


def decisions_of(accounts: Iterable[uuid.UUID | str]) -> dict[str, AccountDecision]:
    """The newest decision about each of the accounts, with who made it; one query."""
    rows = (
        AccountDecision.objects.select_related("decided_by__user")
        .filter(tenant_id=current_tenant_id(), account_id__in=list(accounts))
        .order_by("account_id", "-created_at", "-id")
        .distinct("account_id")
    )
    return {str(row.account_id): row for row in rows}


def is_settled(
    suggestion: Mapping[str, Any], decision: AccountDecision | None, reference: datetime.date
) -> bool:
    """Whether a person has answered this suggestion: the same one, not too far from this reference date."""
    if decision is None:
        return False
    apart = abs((reference - decision.reference_date).days)
    if decision.verdict == AccountDecision.Verdict.NOT_NOW:
        return apart < NOT_NOW_DAYS
    return decision.suggestion == suggestion["kind"] and apart < SETTLED_DAYS


def waiting_of(suggestions: Sequence[dict[str, Any]], reference: datetime.date) -> list[dict[str, Any]]:
    """The suggestions that nobody has answered, in their order; one query where there are any."""
    if not suggestions:
        return []
    decided = decisions_of(row["account"] for row in suggestions)
    return [row for row in suggestions if not is_settled(row, decided.get(row["account"]), reference)]


def _decisions(accounts: Collection[uuid.UUID] | None) -> "QuerySet[AccountDecision]":
    rows = AccountDecision.objects.filter(tenant_id=current_tenant_id())
    return rows if accounts is None else rows.filter(account_id__in=list(accounts))


def decided_this_month(accounts: Collection[uuid.UUID] | None = None) -> int:
    """How many decisions were taken in this calendar month, about all or these accounts."""
    first = timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if accounts is not None:
        return _decisions(accounts).filter(created_at__gte=first).count()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM metrics_accountdecision WHERE tenant_id = %s AND created_at >= %s",
            [current_tenant_id(), first],
        )
        return int(cursor.fetchone()[0])


def decisions_recent(
    *, limit: int = 50, accounts: Collection[uuid.UUID] | None = None
) -> "QuerySet[AccountDecision]":
    """The latest decisions with account and person, newest first."""
    rows = _decisions(accounts).select_related("account", "decided_by__user")
    return rows.order_by("-created_at", "-id")[:limit]
