"""The accounts behind a quadrant, a reason or a figure of the portfolio: filtered, ordered, by pages."""

import datetime
import uuid
from decimal import Decimal
from typing import Final, NamedTuple

from django.db.models import F, Q, QuerySet

from kam.tenancy.context import current_tenant_id
from metrics.engine import DUBINSKY_INGRAM_CLASSES, LOYALTY_CLASSES
from metrics.models import AccountMetrics
from metrics.selectors.portfolio_rows import PortfolioFilter

ORDERINGS: Final = {
    "name": "account__name",
    "net_sales": "net_sales_12m",
    "contribution": "contribution_12m",
    "expected": "upv_expected_annual",
    "with_potential": "potential_contribution",
    "clv": "clv",
    "ratio": "contribution_ratio",
    "last_sale": "last_sale",
}
DEFAULT_ORDERING: Final = "-net_sales"

GROUPS: Final = {
    "dormant": Q(loyalty_reason="dormant"),
    "margin_unknown": Q(dubinsky_ingram_reason="margin_unknown"),
    "margin_unknown_sold": Q(loyalty_reason="margin_unknown"),
    "no_potential": Q(dubinsky_ingram_reason="potential_not_entered"),
    "not_entered": Q(contribution_12m__isnull=False)
    & (Q(potential_basis="") | Q(potential_basis="estimated")),
    "losing": Q(gross_margin_36m__lt=0, traded_36m=True),
    "traded": Q(traded_36m=True),
    "sold": Q(sold_12m=True),
}
"""What can be listed beside the quadrants: reasons for having no class, and what a figure counts."""


class PortfolioRow(NamedTuple):
    """One account of a list; figures of 12 months or a year in the base currency, None = not known."""

    account: uuid.UUID
    name: str
    external_id: str | None
    country: str
    industry: str
    owner: uuid.UUID | None
    is_key: bool
    net_sales: Decimal
    net_sales_prior: Decimal
    gross_margin: Decimal | None
    cost_to_serve: Decimal
    contribution: Decimal | None
    contribution_prior: Decimal | None
    ratio: float | None
    expected: Decimal | None
    with_potential: Decimal | None
    basis: str
    clv: Decimal | None
    upv: Decimal | None
    dubinsky_ingram: str
    dubinsky_ingram_reason: str
    loyalty: str
    loyalty_reason: str
    volume: str
    last_sale: datetime.date | None


_FIELDS: Final = (
    "account_id",
    "account__name",
    "account__external_id",
    "account__country",
    "account__industry",
    "account__owner_id",
    "account__is_key_account",
    "net_sales_12m",
    "net_sales_prior_12m",
    "gross_margin_12m",
    "cost_to_serve_12m",
    "contribution_12m",
    "contribution_prior_12m",
    "contribution_ratio",
    "upv_expected_annual",
    "potential_contribution",
    "potential_basis",
    "clv",
    "upv",
    "dubinsky_ingram_class",
    "dubinsky_ingram_reason",
    "loyalty_class",
    "loyalty_reason",
    "volume_class",
    "last_sale",
)


def _chosen(quadrant: str, group: str, chosen: PortfolioFilter) -> "QuerySet[AccountMetrics]":
    tenant = current_tenant_id()
    rows = AccountMetrics.objects.filter(tenant_id=tenant, account__tenant_id=tenant)
    if quadrant in DUBINSKY_INGRAM_CLASSES:
        rows = rows.filter(dubinsky_ingram_class=quadrant)
    elif quadrant in LOYALTY_CLASSES:
        rows = rows.filter(loyalty_class=quadrant)
    if group:
        rows = rows.filter(GROUPS[group])
    if chosen.countries:
        rows = rows.filter(account__country__in=chosen.countries)
    if chosen.industries:
        rows = rows.filter(account__industry__in=chosen.industries)
    if chosen.owners:
        owned = Q(account__owner_id__in=[owner for owner in chosen.owners if owner is not None])
        rows = rows.filter(owned | Q(account__owner_id__isnull=True) if None in chosen.owners else owned)
    if chosen.key is not None:
        rows = rows.filter(account__is_key_account=chosen.key)
    if chosen.account_ids is not None:
        rows = rows.filter(account_id__in=list(chosen.account_ids))
    return rows


def portfolio_list_count(*, quadrant: str = "", group: str = "", chosen: PortfolioFilter) -> int:
    """How many accounts a list has."""
    return _chosen(quadrant, group, chosen).count()


def portfolio_list_rows(
    *,
    quadrant: str = "",
    group: str = "",
    chosen: PortfolioFilter,
    ordering: str = DEFAULT_ORDERING,
    offset: int = 0,
    limit: int | None = None,
) -> list[PortfolioRow]:
    """The rows of a list, "not known" last; one query. `limit` None reads all (for files)."""
    name = ORDERINGS[ordering.lstrip("-")]
    order = F(name).desc(nulls_last=True) if ordering.startswith("-") else F(name).asc(nulls_last=True)
    rows = _chosen(quadrant, group, chosen).order_by(order, "account_id").values_list(*_FIELDS)
    return [PortfolioRow(*row) for row in (rows[offset : offset + limit] if limit is not None else rows)]
