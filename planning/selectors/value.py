"""Reads of the value register (K29): what counts as demonstrated, what is only reported, and the sums."""

import datetime
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone

from accounts.selectors.accounts import of_visible_accounts
from kam.tenancy.access import Principal
from planning.models import Reward, ValueClass, ValueConfirmation, ValueItem

ZERO = Decimal(0)

DEMONSTRATED = "demonstrated"
REPORTED = "reported"
ONE_SIDED = "one_sided"
COSTS = "costs"
BASELINE = "baseline"
PIPELINE = "pipeline"
ENDED = "ended"
STANDINGS = {
    DEMONSTRATED: "Demonstrated",
    REPORTED: "Reported",
    ONE_SIDED: "One side gains",
    PIPELINE: "Pipeline",
    COSTS: "Costs us money",
    BASELINE: "Expected anyway",
    ENDED: "Ended",
}

# The customer gains in money or in kind (BANK I2).
CUSTOMER_GAINS = Q(customer_gain__gt=0) | Q(gain_kinds__len__gt=0)
# We gain more than it costs us; where the amount is not known, a favour that is named counts.
WE_GAIN = Q(our_gain__gt=Coalesce(F("our_cost"), Value(ZERO))) | (
    Q(our_gain__isnull=True, reward=Reward.FAVOUR) & ~Q(reward_note="")
)


def value_item_visible(principal: Principal) -> "QuerySet[Any, Any]":
    """Items of the accounts this member may see, each with its `standing` (one of STANDINGS) and
    `both_gain`."""
    return with_standing(of_visible_accounts(ValueItem.objects.all(), principal))


def with_standing(rows: "QuerySet[Any, Any]", today: datetime.date | None = None) -> "QuerySet[Any, Any]":
    """Say of each item what it counts as (K29).

    Demonstrated: class 3, both sides gain, confirmed through the customer's own link. Reported: the same
    without the confirmation. One-sided: class 3 where a side does not gain, or its gain is not known.
    """
    proven = Q(value_class=ValueClass.PROVEN)
    both = CUSTOMER_GAINS & WE_GAIN
    return rows.annotate(
        standing=Case(
            When(ended_on__lte=today or timezone.localdate(), then=Value(ENDED)),
            When(value_class=ValueClass.PIPELINE, then=Value(PIPELINE)),
            When(proven & both & Q(confirmed_at__isnull=False), then=Value(DEMONSTRATED)),
            When(proven & both, then=Value(REPORTED)),
            When(proven, then=Value(ONE_SIDED)),
            When(our_cost__gt=0, then=Value(COSTS)),
            default=Value(BASELINE),
            output_field=CharField(),
        )
    )


def with_confirmation(rows: "QuerySet[Any, Any]") -> "QuerySet[Any, Any]":
    """Add the latest request to the customer as `confirmation` (None where nobody was asked)."""
    latest = ValueConfirmation.objects.filter(tenant_id=OuterRef("tenant_id"), item_id=OuterRef("id"))
    shown = JSONObject(
        state=_state(),
        asked_of="contact_name",
        asked_at="asked_at",
        expires_at="expires_at",
        opened_at="opened_at",
        answered_at="answered_at",
        answered_by="answered_by",
        comment="comment",
    )
    return rows.annotate(confirmation=Subquery(latest.order_by("-asked_at", "-id").values(shown=shown)[:1]))


def _state() -> Case:
    """What has become of a request: waiting, opened, confirmed, declined, revoked or expired."""
    return Case(
        When(~Q(answer=""), then=F("answer")),
        When(revoked_at__isnull=False, then=Value("revoked")),
        When(expires_at__lte=timezone.now(), then=Value("expired")),
        When(opened_at__isnull=False, then=Value("opened")),
        default=Value("waiting"),
        output_field=CharField(),
    )


STATES = ("waiting", "opened", "confirmed", "declined", "revoked", "expired")


def confirmation_list(*, item_ids: list[uuid.UUID], tenant_id: uuid.UUID) -> list[Any]:
    """Every request about these items with who asked, the latest first, each with its `state`."""
    return list(
        ValueConfirmation.objects.filter(
            tenant_id=tenant_id, asked_by__tenant_id=tenant_id, item_id__in=item_ids
        )
        .select_related("asked_by__user")
        .annotate(state=_state())
        .order_by("-asked_at", "-id")
    )


@dataclass(frozen=True)
class ValueSum:
    """Items of one standing: how many, and per year in the base currency what both sides gain.

    `customer_unknown` and `our_unknown`: how many of them have no amount. A sum is None when no item has one.
    """

    items: int = 0
    customer_gain: Decimal | None = ZERO
    our_gain: Decimal | None = ZERO
    our_cost: Decimal | None = ZERO
    customer_unknown: int = 0
    our_unknown: int = 0


@dataclass(frozen=True)
class ValueTotals:
    """The sums of an account's or of the tenant's register, by standing. Ended items are left out."""

    by_standing: dict[str, ValueSum]

    def of(self, standing: str) -> ValueSum:
        return self.by_standing.get(standing, ValueSum())

    @property
    def items(self) -> int:
        return sum(found.items for found in self.by_standing.values())


def value_totals(rows: "QuerySet[Any, Any]") -> ValueTotals:
    """Sum items that carry their standing. One query, whatever their number."""
    groups = (
        rows.exclude(standing=ENDED)
        .order_by()
        .values("standing")
        .annotate(
            items=Count("id"),
            customer=Sum("customer_gain"),
            ours=Sum("our_gain"),
            cost=Sum("our_cost"),
            customer_known=Count("customer_gain"),
            our_known=Count("our_gain"),
        )
    )
    return ValueTotals(
        {
            group["standing"]: ValueSum(
                items=group["items"],
                customer_gain=group["customer"],
                our_gain=group["ours"],
                our_cost=group["cost"],
                customer_unknown=group["items"] - group["customer_known"],
                our_unknown=group["items"] - group["our_known"],
            )
            for group in groups
        }
    )


@dataclass(frozen=True)
class AccountValue:
    """One account's line in the overview. Money per year in the base currency; None = not known."""

    account_id: uuid.UUID
    name: str
    demonstrated: ValueSum
    reported: ValueSum
    pipeline: ValueSum
    costs: ValueSum


def value_by_account(principal: Principal) -> list[AccountValue]:
    """Every visible account with a register, the most demonstrated gain of the customer first. One query."""
    groups = (
        value_item_visible(principal)
        .filter(account__tenant_id=principal.tenant.id)
        .exclude(standing=ENDED)
        .order_by()
        .values("account_id", "account__name", "standing")
        .annotate(
            items=Count("id"),
            customer=Sum("customer_gain"),
            ours=Sum("our_gain"),
            cost=Sum("our_cost"),
        )
    )
    found: dict[uuid.UUID, tuple[str, dict[str, ValueSum]]] = {}
    for group in groups:
        _name, sums = found.setdefault(group["account_id"], (group["account__name"], {}))
        sums[group["standing"]] = ValueSum(group["items"], group["customer"], group["ours"], group["cost"])
    rows = [
        AccountValue(
            account_id=account_id,
            name=name,
            demonstrated=sums.get(DEMONSTRATED, ValueSum()),
            reported=sums.get(REPORTED, ValueSum()),
            pipeline=sums.get(PIPELINE, ValueSum()),
            costs=sums.get(COSTS, ValueSum()),
        )
        for account_id, (name, sums) in found.items()
    ]
    return sorted(
        rows,
        key=lambda row: (
            -(row.demonstrated.customer_gain or ZERO),
            -(row.reported.customer_gain or ZERO),
            row.name,
        ),
    )
