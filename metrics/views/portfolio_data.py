"""Figures behind the charts of the portfolio, as the chart modules read them."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import reverse

from kam.common import formatting
from kam.common.meanings import class_word
from kam.tenancy.permissions import requires
from metrics.selectors.freshness import published
from metrics.selectors.portfolio_rows import read_portfolio
from metrics.selectors.portfolio_snapshot import Portfolio
from metrics.selectors.portfolio_totals import as_floats, is_hollow
from metrics.views import portfolio_cards as cards
from metrics.views.portfolio_filters import PortfolioFilters

POINTS_DRAWN = 2_500
"""More bubbles than this hide one another; the largest are drawn, the list has all."""
LINES_SHOWN = 8
_POINT_COLUMNS = (
    "account_id",
    "name",
    "country",
    "net_sales_12m",
    "contribution_12m",
    "contribution_ratio",
    "potential_contribution",
    "upv_expected_annual",
    "potential_basis",
    "loyalty_class",
    "loyalty_x",
    "dubinsky_ingram_class",
)
_ABOVE_ZERO = 0.005
_EMPTY = "There is nothing to draw yet."


@requires("portfolio.view")
def portfolio_data(request: HttpRequest, chart: str) -> JsonResponse:
    """The data of one chart: matrix, pareto, whale or lines; the same filters as the page."""
    filters = PortfolioFilters.of(request.GET)
    view = Portfolio(published(), filters.chosen(request.principal))  # type: ignore[attr-defined]
    if not view.computed:
        return JsonResponse({"points": [], "curve": [], "rows": [], "quadrants": [], "empty": _EMPTY})
    if chart == "matrix":
        kind = request.GET.get("kind", "")
        return JsonResponse(matrix_data(view, filters, kind if kind in cards.MATRICES else cards.MATRICES[0]))
    if chart == "pareto":
        return JsonResponse(pareto_data(view))
    if chart == "whale":
        return JsonResponse(whale_data(view))
    if chart == "lines":
        return JsonResponse(lines_data(view))
    raise Http404


def pareto_data(view: Portfolio) -> dict[str, Any]:
    """Accounts from the largest on against their share of sales added up."""
    found = view.pareto
    return {
        "curve": [[point["rank"], point["share"]] for point in found["curve"] if point["share"] is not None],
        "levels": [
            {"level": entry["level"], "rank": entry["rank"]} for entry in found["levels"] if entry["rank"]
        ],
        "headline": 0.5,
        "accounts": found["accounts"],
        "total": float(found["total"]),
        "gini": found["gini"],
        "currency": view.currency,
        "empty": "No account has sales in this window.",
    }


def whale_data(view: Portfolio) -> dict[str, Any]:
    """Contribution added up, the best account first."""
    curve = [[point["rank"], point["cumulative"]] for point in view.whale["curve"]]
    summary = view.page["whale"]
    return {
        "curve": curve,
        "peak": {"rank": summary["peak_rank"], "value": summary["peak"]},
        "end": {"rank": curve[-1][0], "value": curve[-1][1]} if curve else None,
        "zero_rank": summary["zero_rank"],
        "accounts": summary["accounts"],
        "currency": view.currency,
        "empty": "No contribution is known in these 12 months.",
    }


def lines_data(view: Portfolio) -> dict[str, Any]:
    """Gross margin by product line: the best and the worst ones, the others as one row between them."""
    known = [
        line
        for line in view.page["lines"]
        if line["margin"] is not None and (line["sales"] or line["margin"])
    ]
    rows = [{"label": line["name"], "value": line["margin"]} for line in known]
    if len(rows) > LINES_SHOWN + 1:
        losers = [row for row in rows if row["value"] < 0]
        last = min(len(losers), LINES_SHOWN // 2)
        first = LINES_SHOWN - last
        middle = rows[first : len(rows) - last]
        rest = {"label": f"Other {len(middle)} lines", "value": round(sum(row["value"] for row in middle), 4)}
        rows = [*rows[:first], rest, *rows[len(rows) - last :]]
    return {
        "rows": rows,
        "currency": view.currency,
        "value_label": "Gross margin",
        "row_label": "Product line",
        "empty": "No margin by product line is known in these 12 months.",
    }


def matrix_data(view: Portfolio, filters: PortfolioFilters, kind: str) -> dict[str, Any]:
    """Bubbles, cuts and quadrants of a matrix (K34, K8)."""
    table = read_portfolio(view.chosen, names=_POINT_COLUMNS)
    build = _potential_points if kind == "dubinsky_ingram" else _loyalty_points
    drawn, points = build(table, view.currency)
    sums = view.page["quadrants"][kind]
    list_url = reverse("metrics:portfolio_list")
    quadrants = []
    for name in cards.CLASSES[kind]:
        word = class_word(kind, name)
        quadrants.append(
            {
                "class": name,
                "name": word.word if kind == "dubinsky_ingram" else f"{word.plural}".capitalize(),
                "meaning": word.meaning,
                "count": sums[name]["accounts"],
                "now": sums[name]["now"] if sums[name]["accounts"] else None,
                "expected": sums[name]["expected"] if kind == "dubinsky_ingram" else None,
                "advice": cards.ADVICE[name],
                "url": list_url + filters.query(quadrant=name),
            }
        )
    return {
        "kind": kind,
        "currency": view.currency,
        "size_label": "Net sales",
        **_AXES[kind](view),
        "quadrants": quadrants,
        "points": points,
        "drawn": len(points),
        "accounts": drawn,
        "empty": "No account has both a known contribution and sales in these 12 months.",
    }


def _potential_axes(view: Portfolio) -> dict[str, Any]:
    present, potential = view.cuts["present"], view.cuts["potential"]
    return {
        "axes": {
            "x": {"label": "Contribution now", "scale": "root", "unit": "money"},
            "y": {"label": "With expected potential", "scale": "root", "unit": "money"},
        },
        # Only a contribution above 0 is high, so a line never lies below it, and 0 itself is low (K34).
        "cuts": {
            "x": max(present or 0.0, _ABOVE_ZERO),
            "y": max(potential or 0.0, _ABOVE_ZERO),
            "x_label": f"cut {cards.short_cut(present, view.currency)}",
            "y_label": f"cut {cards.short_cut(potential, view.currency)}",
        },
    }


def _loyalty_axes(view: Portfolio) -> dict[str, Any]:
    hurdle = view.cuts["hurdle"]
    return {
        "axes": {
            "x": {"label": "Loyalty: tenure and regular orders", "scale": "linear", "unit": "number"},
            "y": {"label": "Contribution of sales", "scale": "root", "unit": "ratio"},
        },
        "cuts": {
            "x": view.cuts["loyalty_x"],
            "y": hurdle,
            "x_label": "loyal",
            "y_label": f"hurdle {formatting.percent(hurdle, decimals=0)}",
        },
    }


_AXES = {"dubinsky_ingram": _potential_axes, "loyalty": _loyalty_axes}


def _largest(table: pa.Table) -> pa.Table:
    """The rows that are drawn: the largest by sales or by contribution."""
    if table.num_rows <= POINTS_DRAWN:
        return table
    weight = np.maximum(
        np.nan_to_num(np.abs(as_floats(table["net_sales_12m"]))),
        4 * np.nan_to_num(np.abs(as_floats(table["contribution_12m"]))),
    )
    return table.take(pa.array(np.sort(np.argsort(-weight, kind="stable")[:POINTS_DRAWN])))


def _potential_points(table: pa.Table, currency: str) -> tuple[int, list[dict[str, Any]]]:
    """Contribution now and with potential; hollow on the diagonal where nothing is known of a potential."""
    active = pc.or_(
        pc.not_equal(pc.cast(table["contribution_12m"], pa.float64()), 0.0),
        pc.greater(pc.fill_null(pc.cast(table["upv_expected_annual"], pa.float64()), 0.0), 0.0),
    )
    known = table.filter(
        pc.and_(table["contribution_12m"].is_valid(), pc.fill_null(active, fill_value=False))
    )
    shown = _largest(known)
    hollow = is_hollow(shown).to_pylist()
    points = []
    for row, empty in zip(shown.to_pylist(), hollow, strict=True):
        present = float(row["contribution_12m"])
        potential = row["potential_contribution"]
        points.append(
            {
                **_point(row),
                "x": round(present, 2),
                "y": round(present if potential is None else float(potential), 2),
                "class": row["dubinsky_ingram_class"] or "none",
                "hollow": bool(empty),
                "facts": [["Potential", _basis(row, currency)]],
            }
        )
    return known.num_rows, points


def _basis(row: dict[str, Any], currency: str) -> str:
    if row["potential_contribution"] is None:
        return "not entered"
    expected = formatting.money(row["upv_expected_annual"], currency, signed=True)
    estimated = row["potential_basis"] in ("estimated", "mixed")
    return f"{formatting.estimate(expected) if estimated else expected}, {row['potential_basis']}"


def _loyalty_points(table: pa.Table, currency: str) -> tuple[int, list[dict[str, Any]]]:
    placed = table.filter(
        pc.and_(
            pc.not_equal(pc.fill_null(table["loyalty_class"], ""), ""),
            pc.and_(table["loyalty_x"].is_valid(), table["contribution_ratio"].is_valid()),
        )
    )
    shown = _largest(placed)
    points = [
        {
            **_point(row),
            "x": round(row["loyalty_x"], 4),
            "y": round(row["contribution_ratio"], 5),
            "class": row["loyalty_class"],
            "hollow": False,
            "facts": [["Contribution", formatting.money(row["contribution_12m"], currency)]],
        }
        for row in shown.to_pylist()
    ]
    return placed.num_rows, points


def _point(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["account_id"],
        "name": row["name"],
        "size": round(max(float(row["net_sales_12m"]), 0.0), 2),
        "url": reverse("metrics:account_detail", args=[row["account_id"]]),
    }
