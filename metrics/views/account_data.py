"""Figures behind the charts of an account, as the chart modules read them (static/kam/js/charts/README.md)."""

import uuid
from decimal import Decimal

from django.http import HttpRequest, JsonResponse

from kam.tenancy.permissions import requires
from metrics.selectors.account_detail import line_mix, quarters_of
from metrics.views.account import page_of

MONTHS_SHOWN = 36
LINES_SHOWN = 12


def _number(value: Decimal | None) -> float | None:
    """Charts draw pixels: a float is exact enough there, and the table writes whole figures from it."""
    return None if value is None else float(value)


@requires("accounts.view")
def months_data(request: HttpRequest, account_id: uuid.UUID) -> JsonResponse:
    """Net sales and contribution by month, from the first sale or the last 36 months; null = not known."""
    page = page_of(request, account_id)
    months = page.months[-MONTHS_SHOWN:]
    while months and months[0].net_sales == 0 and not months[0].cost_to_serve:
        months = months[1:]
    return JsonResponse(
        {
            "months": [month.month.strftime("%Y-%m") for month in months],
            "net_sales": [_number(month.net_sales) for month in months],
            "contribution": [_number(month.contribution) for month in months],
            "currency": page.currency,
            "empty": "No sales and no costs up to this date.",
        }
    )


@requires("accounts.view")
def lines_data(request: HttpRequest, account_id: uuid.UUID) -> JsonResponse:
    """Net sales of 12 months by product line, the largest first; the rest is one row."""
    page = page_of(request, account_id)
    mix = [line for line in line_mix(page.cells) if line.current]
    rows = [{"label": line.line, "value": _number(line.current)} for line in mix[:LINES_SHOWN]]
    rest = mix[LINES_SHOWN:]
    if rest:
        total = sum((line.current for line in rest), Decimal(0))
        rows.append({"label": f"{len(rest)} other lines", "value": _number(total)})
    return JsonResponse(
        {
            "rows": rows,
            "currency": page.currency,
            "value_label": "Net sales",
            "row_label": "Product line",
            "empty": "Nothing was sold in these 12 months.",
        }
    )


@requires("accounts.view")
def quarters_data(request: HttpRequest, account_id: uuid.UUID) -> JsonResponse:
    """Contribution of sales over 12 quarters counted back from the reference month; null = not known."""
    page = page_of(request, account_id)
    quarters = quarters_of(page.months)
    while quarters and quarters[0].ratio is None and not quarters[0].net_sales:
        quarters = quarters[1:]
    return JsonResponse(
        {
            "points": [[quarter.last.strftime("to %b %Y"), quarter.ratio] for quarter in quarters],
            "label": "Contribution of sales",
            "empty": "Fewer than two quarters have a known contribution.",
        }
    )
