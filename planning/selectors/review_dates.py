"""When reviews are due (K33): proposed from the last one of each account.

Where none was held yet, from when it became a key account, at the earliest from when it came into this system:
whoever begins here does not begin with years of arrears.
"""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Q, QuerySet

from accounts.models import Account
from accounts.selectors.accounts import account_visible
from kam.common.dates import months_after
from kam.tenancy.access import Principal
from kam.tenancy.models import TenantSettings
from kam.tenancy.selectors import tenant_settings
from planning.models import Review, ReviewKind

KIND_WORDS = {
    ReviewKind.QUARTERLY: "Quarterly review",
    ReviewKind.SELECTION: "Yearly selection",
    ReviewKind.MEMBERS: "Re-assessment of members",
}


@dataclass(frozen=True)
class DueReview:
    """The next review of one kind of one account. `review_id`: it is open already; `last_on`: the last one."""

    account_id: uuid.UUID
    account_name: str
    owner_id: uuid.UUID | None
    kind: str
    due_on: datetime.date
    last_on: datetime.date | None
    review_id: uuid.UUID | None

    @property
    def label(self) -> str:
        return KIND_WORDS[ReviewKind(self.kind)]

    def days(self, today: datetime.date) -> int:
        """Days until it is due; negative when it is overdue."""
        return (self.due_on - today).days


def rhythm(settings: TenantSettings) -> dict[str, int]:
    """Months between two reviews of each kind, as the tenant has set them."""
    return {
        ReviewKind.QUARTERLY: settings.review_quarterly_months,
        ReviewKind.SELECTION: settings.review_selection_months,
        ReviewKind.MEMBERS: settings.review_members_months,
    }


def reviews_due(
    *, tenant_id: uuid.UUID, accounts: "QuerySet[Account, Account]", settings: TenantSettings | None = None
) -> list[DueReview]:
    """The next review of every kind for the key accounts among `accounts`, the most overdue first.

    Other accounts have one only while a review of theirs is open. Three queries, whatever their number.
    """
    months = rhythm(settings or tenant_settings())
    rows = accounts.filter(tenant_id=tenant_id)
    keys = list(
        rows.filter(is_key_account=True).values_list("id", "name", "owner_id", "key_since", "created_at")
    )
    reviews = Review.objects.filter(tenant_id=tenant_id, account__tenant_id=tenant_id)
    ours = reviews.filter(account_id__in=rows.values("id"))
    last: dict[tuple[uuid.UUID, str], datetime.date] = {
        (account_id, kind): held_on
        for account_id, kind, held_on in ours.filter(status=Review.Status.FROZEN)
        .order_by()
        .values_list("account_id", "kind")
        .annotate(latest=Max("held_on"))
    }
    found: dict[tuple[uuid.UUID, str], DueReview] = {}
    for account_id, name, owner_id, key_since, created_at in keys:
        for kind, every in months.items():
            begun = last.get((account_id, kind))
            found[account_id, kind] = DueReview(
                account_id=account_id,
                account_name=name,
                owner_id=owner_id,
                kind=str(kind),
                due_on=months_after(begun or _begin(key_since, created_at.date()), every),
                last_on=begun,
                review_id=None,
            )
    opened = ours.filter(status=Review.Status.OPEN).values_list(
        "id", "account_id", "kind", "due_on", "account__name", "account__owner_id"
    )
    for review_id, account_id, kind, due_on, name, owner_id in opened:
        found[account_id, kind] = DueReview(
            account_id, name, owner_id, kind, due_on, last.get((account_id, kind)), review_id
        )
    return sorted(found.values(), key=lambda due: (due.due_on, due.account_name, due.kind))


def _begin(key_since: datetime.date | None, entered: datetime.date) -> datetime.date:
    return entered if key_since is None else max(key_since, entered)


def reviews_due_visible(principal: Principal, *, mine: bool = False) -> list[DueReview]:
    """The same for the accounts this member may see; `mine`: that they own or lead."""
    accounts: Any = account_visible(principal)
    if mine:
        own = Q(owner_id=principal.member.id) | Q(id__in=principal.team_accounts(lead_only=True))
        accounts = accounts.filter(own)
    return reviews_due(tenant_id=principal.tenant.id, accounts=accounts)
