"""Reads of opportunities."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, F, FloatField, Q, QuerySet, Sum
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.models import Account, ExchangeRate
from accounts.selectors.accounts import of_visible_accounts
from buying_center.selectors.standing import Evidence
from kam.common.formatting import plural
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id
from kam.tenancy.selectors import tenant_settings
from opportunities.bank import DEFAULT_RESOURCES
from opportunities.models import Direction, Opportunity, Stage, Status, StepResource


def opportunity_visible(principal: Principal) -> "QuerySet[Opportunity, Opportunity]":
    """Opportunities of the accounts this member may see."""
    tenant_id = principal.tenant.id
    rows = of_visible_accounts(Opportunity.objects.all(), principal)
    return rows.filter(account__tenant_id=tenant_id)


def opportunity_list(
    principal: Principal, *, account_id: uuid.UUID | None = None, state: str = "open"
) -> "QuerySet[Opportunity, Opportunity]":
    """Visible opportunities with account, owner and cell; `state` is open, closed or all."""
    rows = opportunity_visible(principal).select_related("account", "owner__user", "product_line", "segment")
    if account_id is not None:
        rows = rows.filter(account_id=account_id)
    if state == "open":
        rows = rows.filter(outcome="")
    elif state == "closed":
        rows = rows.exclude(outcome="")
    return rows


@dataclass(frozen=True)
class OpportunityTotals:
    """Sums over some opportunities, in the base currency, for the first year.

    `amount`: of those with a known amount. `weighted`: amount × probability of qualified ones with both (K19:
    forecasts count qualified only). `without_amount`: how many have none, or no rate to convert it.
    """

    count: int
    qualified: int
    amount: Decimal
    weighted: Decimal
    without_amount: int
    currency: str


def opportunity_totals(rows: "QuerySet[Opportunity, Opportunity]", *, today: date) -> OpportunityTotals:
    """What a list adds up to. Amounts in other currencies take the latest rate known today. Three queries."""
    base = tenant_settings().base_currency
    groups = list(
        rows.order_by()
        .values_list("currency", "status")
        .annotate(
            Count("id"),
            Count("amount"),
            Sum("amount"),
            weighted=Sum(Cast("amount", FloatField()) * F("probability")),
        )
    )
    rates = latest_rates({currency for currency, *_ in groups} - {base}, today=today)
    rates[base] = Decimal(1)
    amount = weighted = Decimal(0)
    count = qualified = without = 0
    for currency, status, number, with_amount, total, expected in groups:
        count += number
        qualified += number if status == Status.QUALIFIED else 0
        rate = rates.get(currency)
        without += number - (with_amount if rate is not None else 0)
        if rate is not None:
            amount += (total or 0) * rate
            if status == Status.QUALIFIED:
                weighted += Decimal(str(expected or 0)) * rate
    return OpportunityTotals(count, qualified, amount, weighted, without, base)


def latest_rates(currencies: Iterable[str], *, today: date) -> dict[str, Decimal]:
    """Base currency units for one unit of each currency, by the latest month not after today."""
    wanted = sorted(currencies)
    if not wanted:
        return {}
    rows = (
        ExchangeRate.objects.filter(
            tenant_id=tenant_settings().tenant_id, currency__in=wanted, month__lte=today
        )
        .order_by("currency", "-month")
        .distinct("currency")
    )
    return dict(rows.values_list("currency", "rate"))


@dataclass(frozen=True)
class Resource:
    """What a buying stage usually needs of ours. `id` is None where it is the bank's default."""

    name: str
    is_person: bool = True
    id: uuid.UUID | None = None
    version: int = 0


def step_resource_list() -> "QuerySet[StepResource, StepResource]":
    """The tenant's own rows; none where it works with the bank's."""
    return StepResource.objects.filter(tenant_id=current_tenant_id())


def step_resources() -> dict[str, list[Resource]]:
    """Stage → what it needs, all eight in their order: the tenant's table, else the bank's (K11). One query.

    People come first, then things, each in the order in which they were entered.
    """
    rows = list(step_resource_list().order_by("created_at", "id"))
    found: dict[str, list[Resource]] = {stage: [] for stage in Stage.values}
    if not rows:
        return found | {
            stage: [Resource(name, is_person) for name, is_person in needed]
            for stage, needed in DEFAULT_RESOURCES.items()
        }
    for row in sorted(rows, key=lambda row: not row.is_person):
        found[row.stage].append(Resource(row.resource, row.is_person, row.pk, row.version))
    return found


LEADS_OF_DAYS = 365


def lead_mix(account: Account) -> Evidence | None:
    """Who brings the leads: those that are open, and those that came to an end in the last twelve months (K16)."""
    since = timezone.localdate() - timedelta(days=LEADS_OF_DAYS)
    rows = Opportunity.objects.filter(tenant_id=current_tenant_id(), account_id=account.pk).filter(
        Q(outcome="") | Q(closed_on__gte=since)
    )
    found = dict(rows.order_by().values_list("direction").annotate(Count("id")))
    pushed, pulled = found.get(Direction.PUSH, 0), found.get(Direction.PULL, 0)
    if not pushed + pulled:
        return None
    leads = plural(pushed + pulled, "lead")
    return Evidence(
        "Lead mix", f"Of {leads}, open or of the last 12 months, {pushed} pushed by us, {pulled} pulled."
    )
