"""The portfolio: what an executive reads first, and what each of its sentences stands on."""

import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse

from accounts.models import Account
from kam.common import formatting
from kam.tenancy.context import current_tenant_id
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import member_names
from metrics.findings import portfolio as findings
from metrics.findings import portfolio_cards as headings
from metrics.models import AccountMetrics
from metrics.selectors.freshness import published
from metrics.selectors.portfolio_decisions import decided_this_month, waiting_of
from metrics.selectors.portfolio_rows import PortfolioFilter, read_portfolio
from metrics.selectors.portfolio_snapshot import Portfolio
from metrics.services.snapshot import facets_of
from metrics.views import portfolio_cards as cards
from metrics.views.portfolio_filters import PortfolioFilters, filter_options

SUGGESTIONS_SHOWN = 5
MOVERS_SHOWN = 6


@requires("portfolio.view")
def portfolio(request: HttpRequest) -> HttpResponse:
    """The page. `?quadrant=` leads on to the accounts of that quadrant."""
    filters = PortfolioFilters.of(request.GET)
    if request.GET.get("quadrant"):
        return redirect(
            reverse("metrics:portfolio_list") + filters.query(quadrant=request.GET["quadrant"][:20])
        )
    view = Portfolio(published(), filters.chosen(request.principal))  # type: ignore[attr-defined]
    everywhere = _everywhere(view)
    facts = cards.finding_facts(view, everywhere=everywhere, filtered=filters.active)
    principal = request.principal  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "figures": view.figures,
        "view": view,
        "filters": filters,
        "query": filters.query(),
        "everywhere": everywhere,
        "finding": findings.portfolio_finding(facts),
        "can_recompute": principal.can("recompute.run"),
        "can_import": principal.can("imports.run"),
        "settings_url": _url("tenancy:settings") if principal.can("settings.change") else "",
        "stale_title": headings.stale_finding(view.figures.stale, everybody=view.figures.all_stale)
        if view.computed
        else "",
        "has_figures": view.computed and facts.accounts > 0,
    }
    if view.snapshot is not None:
        owners = {str(member): name for member, name in member_names().items()}
        context["options"] = filter_options(_facets(view), owners)
    if context["has_figures"]:
        context |= _body(view, filters, request.GET.get("matrix", ""))
    return render(request, "metrics/portfolio.html", context)


def _everywhere(view: Portfolio) -> int:
    """How many accounts the tenant has; counted only where no snapshot tells."""
    if view.chosen.account_ids is not None:
        return len(view.chosen.account_ids)
    if view.snapshot is not None:
        return int(view.snapshot.summary["accounts"])
    return Account.objects.filter(tenant_id=current_tenant_id()).count()


def _facets(view: Portfolio) -> dict[str, dict[str, int]]:
    """What can be chosen: of the whole tenant, or of the accounts that the member may see."""
    if view.chosen.account_ids is not None:
        return facets_of(read_portfolio(PortfolioFilter(account_ids=view.chosen.account_ids)))
    return view.snapshot.facets if view.snapshot is not None else {}


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _body(view: Portfolio, filters: PortfolioFilters, matrix: str) -> dict[str, Any]:
    page, currency = view.page, view.currency
    waiting = waiting_of(page["suggestions"], view.figures.date)
    decided = decided_this_month(view.chosen.account_ids)
    concentration = page["concentration"]
    lines = cards.line_facts(view)
    query = filters.query()
    return {
        "lede": findings.lede(cards.year_facts(view)),
        "explain": {
            "half": reverse("metrics:portfolio_explain", args=["half"]) + query,
            "losing": reverse("metrics:portfolio_explain", args=["losing"]) + query,
        },
        "mix": cards.loyalty_mix(view, filters.query),
        "mix_total": _mix_total(page),
        "accounts_text": formatting.plural(page["accounts"], "account"),
        "kpis": cards.kpi_cells(view, query),
        "matrix": cards.matrix_card(view, matrix if matrix in cards.MATRICES else cards.MATRICES[0], filters),
        "matrix_links": [
            ("dubinsky_ingram", "Potential", filters.query(matrix="")),
            ("loyalty", "Loyalty", filters.query(matrix="loyalty")),
        ],
        "decisions_heading": headings.decisions_finding(len(waiting), decided),
        "suggestions": [cards.suggestion_row(row, currency) for row in waiting[:SUGGESTIONS_SHOWN]],
        "waiting": len(waiting),
        "decided": decided,
        "concentration": concentration,
        "pareto_heading": headings.pareto_finding(concentration["half"], concentration["ranked"]),
        "gini": None
        if concentration["gini"] is None
        else formatting.number(concentration["gini"], decimals=2),
        "whale_heading": headings.whale_finding(cards.whale_facts(view), currency),
        "whale": page["whale"],
        "lines_heading": headings.lines_finding(lines, currency),
        "lines_unknown": sum(1 for line in lines if line.margin is None),
        "risers": cards.change_rows(page["risers"], currency, rising=True),
        "risers_heading": headings.risers_finding(cards.changes_of(page["risers"])),
        "falls": cards.change_rows(page["falls"], currency, rising=False),
        "falls_heading": headings.falls_finding(cards.changes_of(page["falls"]), view.figures.date),
        "data": {
            name: reverse("metrics:portfolio_data", args=[name]) + query
            for name in ("pareto", "whale", "lines")
        },
        "key_url": reverse("metrics:portfolio_key")
        if _has_key_accounts(view) and view.chosen.is_empty
        else "",
        **_movers(view),
    }


def _mix_total(page: dict[str, Any]) -> str:
    """How many accounts have a class by loyalty; the others are dormant, or their margin is not known."""
    classed = sum(part["accounts"] for part in page["quadrants"]["loyalty"].values())
    if classed == page["accounts"]:
        return formatting.plural(classed, "account")
    return f"{formatting.number(classed)} of {formatting.plural(page['accounts'], 'account')}"


def _has_key_accounts(view: Portfolio) -> bool:
    return int(view.summary["key"]["accounts"]) > 0


def _movers(view: Portfolio) -> dict[str, Any]:
    """What the last recomputation changed; only the whole portfolio tells it."""
    movers = view.snapshot.movers if view.snapshot is not None else {}
    rows = movers.get("rows", [])
    if not view.chosen.is_empty or not rows:
        return {"movers": []}
    tenant = current_tenant_id()
    names = {
        str(account): name
        for account, name in AccountMetrics.objects.filter(
            tenant_id=tenant, account__tenant_id=tenant, account_id__in=[row["account"] for row in rows]
        ).values_list("account_id", "account__name")
    }
    shown = [row for row in rows if row["account"] in names][:MOVERS_SHOWN]
    listed = [row for row in rows if row["account"] in names]
    return {
        "movers_heading": headings.movers_finding(
            len(listed),
            len(shown),
            before=cards.day(movers.get("since_reference_date")),
            now=view.figures.date,
            computed=formatting.date(datetime.datetime.fromisoformat(movers["since"]))
            if movers.get("since")
            else "",
        ),
        "movers": [_mover(row, names[row["account"]], view.currency) for row in shown],
        "movers_found": movers.get("found_at"),
    }


def _mover(row: dict[str, Any], name: str, currency: str) -> dict[str, Any]:
    def pair(measure: str) -> tuple[str, str, bool]:
        before, after = cards.amount(row[measure]["before"]), cards.amount(row[measure]["after"])
        return (
            formatting.money(before, currency),
            formatting.money(after, currency),
            after is not None and after < 0,
        )

    return {
        "name": name,
        "url": reverse("metrics:account_detail", args=[row["account"]]),
        "net_sales": pair("net_sales_12m"),
        "contribution": pair("contribution_12m"),
        "clv": pair("clv"),
    }
