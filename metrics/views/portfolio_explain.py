"""The figures of the portfolio, explained with real numbers: a fragment for the popover, else a page."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from kam.common import formatting
from kam.tenancy.permissions import requires
from metrics.explanations import Explanation, Input, window_text
from metrics.selectors.freshness import published
from metrics.selectors.portfolio_snapshot import Portfolio
from metrics.views import portfolio_cards as cards
from metrics.views.portfolio_filters import PortfolioFilters

Explainer = Callable[[Portfolio], Explanation]


def _full(value: Any, view: Portfolio) -> str:
    return formatting.money_full(cards.amount(value), view.currency, decimals=0)


def _base(view: Portfolio, **parts: Any) -> Explanation:
    snapshot = view.snapshot
    return Explanation(
        **{"window": window_text(view.figures.date), **parts},
        as_of=view.figures.date,
        engine=snapshot.engine_version if snapshot is not None else "",
    )


def _net_sales(view: Portfolio) -> Explanation:
    summary = view.summary
    return _base(
        view,
        title="Net sales, 12 months",
        value=_full(summary["net_sales_12m"], view),
        method="Sum of all sales lines of these accounts; credits count negative",
        formula=f"Σ net sales of {formatting.plural(summary['accounts_sold_12m'], 'account')} with sales = "
        f"{_full(summary['net_sales_12m'], view)}",
        inputs=(
            Input("Accounts", formatting.number(summary["accounts"])),
            Input("of them with sales", formatting.number(summary["accounts_sold_12m"]), "ledger"),
            Input("Year before", _full(summary["net_sales_prior_12m"], view), "ledger"),
        ),
    )


def _unknown_note(view: Portfolio) -> str:
    unknown, estimated = view.summary["margin_unknown_sold"], view.summary["margin_estimated_accounts"]
    notes = []
    if unknown:
        notes.append(
            f"Left out: {formatting.plural(unknown, 'account')} with a cost of goods that is not known."
        )
    if estimated:
        notes.append(
            f"In {formatting.plural(estimated, 'account')} a line's default margin replaces unknown cost."
        )
    return " ".join(notes)


def _gross_margin(view: Portfolio) -> Explanation:
    margin = cards.amount(view.summary["gross_margin_12m"])
    sales = cards.amount(view.summary["net_sales_12m"]) or 0.0
    complete = not view.summary["margin_unknown_sold"]
    cost = None if margin is None or not complete else sales - margin
    return _base(
        view,
        title="Gross margin, 12 months",
        value=_full(margin, view),
        method="Net sales − cost of goods sold",
        formula=f"{_full(sales, view)} {formatting.MINUS} {_full(cost, view)} = {_full(margin, view)}"
        if complete
        else f"Σ gross margin where it is known = {_full(margin, view)}",
        inputs=(
            Input("Net sales", _full(sales, view), "ledger"),
            Input("Cost of goods", _full(cost, view), "ledger"),
            Input("Year before", _full(cards.year_before(view, "gross_margin"), view)),
        ),
        note=_unknown_note(view),
    )


def _contribution(view: Portfolio) -> Explanation:
    margin, result = view.summary["gross_margin_12m"], view.summary["contribution_12m"]
    served = view.summary["cost_to_serve_12m"]
    complete = not view.summary["margin_unknown_sold"]
    return _base(
        view,
        title="Contribution, 12 months",
        value=_full(result, view),
        method="Gross margin − cost to serve",
        formula=f"{_full(margin, view)} {formatting.MINUS} {_full(served, view)} = {_full(result, view)}"
        if complete
        else f"Σ contribution where it is known = {_full(result, view)}",
        inputs=(
            Input("Gross margin", _full(margin, view), "ledger"),
            Input("Cost to serve", _full(served, view), "ledger"),
            Input("Year before", _full(cards.year_before(view, "contribution"), view)),
        ),
        note=_unknown_note(view),
    )


def _clv(view: Portfolio) -> Explanation:
    settings, multiplier = view.figures.settings, view.page["multiplier"]
    total, contribution = view.summary["clv"], view.summary["contribution_12m"]
    written = (
        "not the same for every account" if multiplier is None else formatting.number(multiplier, decimals=6)
    )
    valued = formatting.plural(view.page["accounts"] - view.summary["unknown"]["clv"], "account")
    formula = f"Σ lifetime value of {valued} = {_full(total, view)}"
    if multiplier is not None:
        formula = f"{_full(contribution, view)} × {written} = {_full(total, view)}"
    before = cards.year_before(view, "contribution")
    inputs = [
        Input("Contribution, 12 months", _full(contribution, view), "ledger"),
        Input("Multiplier", written),
        Input("Retention", formatting.percent(settings.clv_retention, decimals=0), "tenant"),
        Input("Discount rate", formatting.percent(settings.clv_discount_rate, decimals=0), "tenant"),
        Input("Growth", formatting.percent(settings.clv_growth, decimals=0), "tenant"),
        Input("Horizon", cards.horizon_words(view), "tenant"),
    ]
    notes = [_unknown_note(view), "Negative values are never clipped."]
    if multiplier is not None and before is not None:
        inputs.append(Input("Year before", _full(before * multiplier, view)))
        notes.append("The year before and the line: that time's contribution with today's inputs.")
    return _base(
        view,
        title="Customer equity",
        value=_full(total, view),
        method="Sum of the lifetime values of all accounts",
        formula=formula,
        inputs=tuple(inputs),
        note=" ".join(note for note in notes if note),
        can_change=True,
    )


def _potential(view: Portfolio) -> Explanation:
    summary = view.summary
    entered, estimated = summary["potential_entered_accounts"], summary["potential_estimated_accounts"]
    return _base(
        view,
        title="Expected potential, a year",
        value=_full(summary["upv_expected_annual"], view),
        method="Σ gap × contribution of the product line × probability, over every Open Space",
        formula=f"Σ over {formatting.plural(view.page['accounts'], 'account')} = "
        f"{_full(summary['upv_expected_annual'], view)}",
        inputs=(
            Input("Without probability", _full(summary["upv_annual"], view)),
            Input("entered", _full(summary["upv_entered"], view), formatting.plural(entered, "account")),
            Input(
                "estimated",
                formatting.estimate(_full(summary["upv_estimated"], view)),
                formatting.plural(estimated, "account"),
            ),
        ),
        note="Estimates come from comparable accounts and count with a lower probability. A line that earns "
        "nothing adds nothing.",
    )


def _half(view: Portfolio) -> Explanation:
    found = view.page["concentration"]
    levels = ", ".join(
        f"{formatting.number(entry['rank'])} make {formatting.percent(entry['level'], decimals=0)}"
        for entry in found["levels"]
        if entry["rank"]
    )
    return _base(
        view,
        title="How few accounts make the sales",
        value=formatting.plural(found["half"] or 0, "account"),
        method="Accounts ranked by net sales, the largest first, their shares added up",
        formula=levels or "No account has positive sales",
        inputs=(
            Input("Ranked accounts", formatting.number(found["ranked"]), "ledger"),
            Input("Net sales", _full(found["total"], view), "ledger"),
            Input("The largest", found["top_name"] or "–", formatting.percent(found["top_share"])),
            Input("Gini coefficient", formatting.number(found["gini"], decimals=2)),
        ),
        window=window_text(view.figures.date, found["months"]),
        note="Shares are of the sum of positive sales.",
    )


def _losing(view: Portfolio) -> Explanation:
    found = view.page["concentration"]
    known = found["ranked"] - found["unknown"]
    return _base(
        view,
        title="Losing money at gross margin",
        value=formatting.plural(found["losing"], "account"),
        method="Net sales less the cost of goods is negative over the whole window",
        formula=f"{formatting.number(found['losing'])} of {formatting.plural(known, 'account')} "
        "with a known margin",
        inputs=(
            Input("Accounts with a sales line", formatting.number(found["ranked"]), "ledger"),
            Input("Margin not known", formatting.number(found["unknown"])),
        ),
        window=window_text(view.figures.date, found["months"]),
    )


EXPLAINERS: dict[str, Explainer] = {
    "net_sales": _net_sales,
    "gross_margin": _gross_margin,
    "contribution": _contribution,
    "clv": _clv,
    "potential": _potential,
    "half": _half,
    "losing": _losing,
}
LISTS = {"losing": "losing", "half": "traded", "potential": "not_entered", "net_sales": "sold"}


@requires("portfolio.view")
def portfolio_explanation(request: HttpRequest, figure: str) -> HttpResponse:
    """How a figure of the portfolio came about."""
    filters = PortfolioFilters.of(request.GET)
    view = Portfolio(published(), filters.chosen(request.principal))  # type: ignore[attr-defined]
    if figure not in EXPLAINERS or not view.computed:
        raise Http404
    group = LISTS.get(figure, "")
    if figure in ("losing", "half") and view.months != 36:
        # Lists read the 36 months that every row keeps.
        group = ""
    context = {
        "explanation": EXPLAINERS[figure](view),
        "list_url": reverse("metrics:portfolio_list") + filters.query(group=group) if group else "",
        "back": reverse("metrics:portfolio") + filters.query(),
    }
    name = "metrics/portfolio_explanation.html"
    fragment = request.headers.get("HX-Request") == "true"
    return render(request, f"{name}#body" if fragment else name, context)
