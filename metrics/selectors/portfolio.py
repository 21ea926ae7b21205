"""What the portfolio endpoints answer: the published snapshot, or the same sums over a filter."""

from typing import Any

from accounts.selectors.accounts import account_visible, sees_all_accounts
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import Membership
from kam.tenancy.reference import reference_date
from kam.tenancy.selectors import tenant_settings
from metrics.models import PortfolioSnapshot, StaleAccount
from metrics.selectors.pareto import portfolio_pareto
from metrics.selectors.portfolio_rows import PortfolioFilter, read_portfolio
from metrics.selectors.portfolio_totals import portfolio_totals


def snapshot_current() -> PortfolioSnapshot | None:
    """The published snapshot of the tenant, without what only its page needs."""
    return (
        PortfolioSnapshot.objects.filter(tenant_id=current_tenant_id(), current=True)
        .defer("page", "whale", "facets", "trend", "movers", "line_ratios")
        .first()
    )


def filter_for(principal: Principal, values: dict[str, Any]) -> PortfolioFilter:
    """A filter from query values (`country`, `industry`, `owner` a user id, `key`), within what they may see."""
    owner = values.get("owner")
    member = None
    if owner is not None:
        member = Membership.objects.filter(tenant_id=principal.tenant.id, user_id=owner).first()
    visible = (
        None
        if sees_all_accounts(principal)
        else frozenset(account_visible(principal).values_list("id", flat=True))
    )
    # An owner nobody is owns nothing.
    return PortfolioFilter(
        country=values.get("country") or "",
        industry=values.get("industry") or "",
        owner=None if owner is None else (member.pk if member else owner),
        key=values.get("key"),
        account_ids=visible,
    )


def portfolio_summary(chosen: PortfolioFilter) -> dict[str, Any]:
    """Customer equity, UPV, concentration, classes and growth of a portfolio, as of its reference date."""
    settings, snapshot = tenant_settings(), snapshot_current()
    reference = snapshot.reference_date if snapshot else reference_date(settings)
    if snapshot is not None and chosen.is_empty:
        totals, pareto = snapshot.summary, snapshot.pareto
    else:
        totals = portfolio_totals(read_portfolio(chosen))
        pareto = portfolio_pareto(
            "net_sales", months=settings.pareto_months, reference=reference, chosen=chosen
        )
    marks = StaleAccount.objects.filter(tenant_id=current_tenant_id())
    key, rest = totals["key"], totals["rest"]
    return {
        "reference_date": reference,
        "computed_at": snapshot.computed_at if snapshot else None,
        "currency": settings.base_currency,
        "stale": snapshot is None or reference != reference_date(settings) or marks.exists(),
        "accounts": totals["accounts"],
        "accounts_sold_12m": totals["accounts_sold_12m"],
        "key_accounts": key["accounts"],
        "customer_equity": totals["clv"],
        "total_upv": totals["upv"],
        **{name: totals[name] for name in _MONEY},
        "contribution_ratio": totals["contribution_ratio"],
        "unknown": {
            name: totals["unknown"][column]
            for name, column in (
                ("customer_equity", "clv"),
                ("total_upv", "upv"),
                ("gross_margin_12m", "gross_margin_12m"),
                ("contribution_12m", "contribution_12m"),
            )
        },
        "potential_entered_accounts": totals["potential_entered_accounts"],
        "potential_estimated_accounts": totals["potential_estimated_accounts"],
        "concentration": {
            "measure": "net_sales",
            "months": settings.pareto_months,
            **{name: pareto[name] for name in ("accounts", "total", "gini", "hhi", "levels", "top")},
        },
        "growth": {
            name: {
                "key": key[f"{name}_growth"],
                "rest": rest[f"{name}_growth"],
                "all": totals[f"{name}_growth"],
            }
            for name in ("net_sales", "contribution")
        },
        "loyalty": {name: part["accounts"] for name, part in totals["loyalty"].items()},
        "dubinsky_ingram": {name: part["accounts"] for name, part in totals["dubinsky_ingram"].items()},
        "volume": {name: part["accounts"] for name, part in totals["volume"].items()},
    }


_MONEY = (
    "upv_annual",
    "upv_expected_annual",
    "upv_entered",
    "upv_estimated",
    "net_sales_12m",
    "net_sales_prior_12m",
    "gross_margin_12m",
    "cost_to_serve_12m",
    "contribution_12m",
    "contribution_prior_12m",
)
