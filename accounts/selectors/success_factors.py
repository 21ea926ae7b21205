"""Reads of customers' success factors (K12)."""

import datetime
import uuid
from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Account, SuccessFactor
from accounts.selectors.accounts import of_visible_accounts
from kam.tenancy.access import Principal

# “No less than two and no more than five” (Le Bon & Herman ch. 1).
FEWEST, MOST = 2, 5
# Reviewed quarterly (K12): later than this the review is due.
REVIEW_DAYS = 92


def success_factor_visible(principal: Principal) -> "QuerySet[SuccessFactor, SuccessFactor]":
    """Success factors of the accounts this member may see, retired ones too."""
    return of_visible_accounts(SuccessFactor.objects.all(), principal)


def success_factor_list(
    *, account: Account, retired: bool = False
) -> "QuerySet[SuccessFactor, SuccessFactor]":
    """The open (or retired) success factors of an account in their order, with who reviewed them last."""
    state = SuccessFactor.State.RETIRED if retired else SuccessFactor.State.OPEN
    return (
        SuccessFactor.objects.select_related("reviewed_by__user")
        .filter(tenant_id=account.tenant_id, account_id=account.pk, state=state)
        .order_by("position", "created_at", "id")
    )


def success_factor_ids(*, account: Account) -> set[uuid.UUID]:
    """Ids of every success factor of an account: what a link of the same account may name."""
    found = SuccessFactor.objects.filter(tenant_id=account.tenant_id, account_id=account.pk)
    return set(found.values_list("id", flat=True))


def success_factor_warning(count: int) -> str:
    """Why a number of open success factors is not right; "" for two to five (K12)."""
    if count == 0:
        return "No success factor is named yet. Two to five tell what matters to this customer."
    if count < FEWEST:
        return "One success factor is too few. Two to five tell what matters to this customer."
    if count > MOST:
        return f"{count} success factors are too many to serve. Keep the two to five that decide."
    return ""


def review_due(factor: SuccessFactor) -> bool:
    """Whether nobody held the factor against reality for a quarter (K12); a new one counts from its entry."""
    since = factor.reviewed_at or factor.created_at
    return timezone.now() - since > datetime.timedelta(days=REVIEW_DAYS)


def reviews_due(factors: Iterable[SuccessFactor]) -> int:
    """How many of these factors wait for their review."""
    return sum(review_due(factor) for factor in factors)
