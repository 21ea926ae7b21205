"""How the customers place us among their suppliers: the picture across accounts, and one account's place (K9)."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from buying_center.bank.alignment import POSITION_ADVICE
from buying_center.network.positioning import CLASSES, LEAST_FACTORS, SPEND_CUT, WEIGHT_CUT, Position
from buying_center.selectors.standing import position_of_account, positioning_of
from kam.common import formatting
from kam.common.meanings import class_word
from kam.tenancy.permissions import requires
from metrics.findings.positioning import missing_finding, positioning_finding
from metrics.selectors.account_detail import account_metrics
from metrics.selectors.freshness import Published, published
from metrics.selectors.positioning import NOT_JUDGED, Placed, by_class, positions
from metrics.views.account import account_or_404
from metrics.views.portfolio_filters import PortfolioFilters

MISSING_SHOWN = 8


@require_safe
@requires("portfolio.view")
def positioning(request: HttpRequest) -> HttpResponse:
    """The matrix with the accounts behind each field, and those without a place."""
    filters, figures = PortfolioFilters.of(request.GET), published()
    everybody = positions(filters.chosen(request.principal))  # type: ignore[attr-defined]
    fields = by_class(everybody)
    missing = sorted((one for one in everybody if one.missing), key=lambda one: not one.is_key)
    context = {
        "figures": figures,
        "filters": filters,
        "placed": sum(len(rows) for rows in fields.values()),
        "finding": positioning_finding(
            {name: len(rows) for name, rows in fields.items()}, unplaced=len(missing)
        ),
        "data_url": reverse("metrics:positioning_data") + filters.query(),
        "fields": [_field(name, rows, figures) for name, rows in fields.items()],
        "missing": [(one, _why(one)) for one in missing[:MISSING_SHOWN]],
        "missing_more": max(0, len(missing) - MISSING_SHOWN),
        "missing_finding": missing_finding(len(missing)),
        "judged_spend": sum(one.position.basis == "judged" for rows in fields.values() for one in rows),
        "rules": _rules(),
        "currency": figures.currency,
    }
    return render(request, "metrics/positioning.html", context)


@require_safe
@requires("portfolio.view")
def positioning_data(request: HttpRequest) -> JsonResponse:
    """The picture's data, as the chart module `quadrant` reads it."""
    filters, figures = PortfolioFilters.of(request.GET), published()
    fields = by_class(positions(filters.chosen(request.principal)))  # type: ignore[attr-defined]
    return JsonResponse(
        {
            "kind": "positioning",
            "currency": figures.currency,
            "size_label": "Net sales",
            "axes": {
                "x": {
                    "label": "Relative spend: our share of what they spend",
                    "scale": "linear",
                    "unit": "ratio",
                    "min": 0,
                    "max": 1,
                },
                "y": {
                    "label": "Risk and significance",
                    "scale": "linear",
                    "unit": "score",
                    "min": 0,
                    "max": 10,
                },
            },
            "cuts": {
                "x": SPEND_CUT,
                "y": WEIGHT_CUT,
                "x_label": formatting.percent(SPEND_CUT, decimals=0),
                "y_label": f"weighty from {formatting.number(WEIGHT_CUT)}",
            },
            "quadrants": [
                {
                    "class": name,
                    "name": class_word("positioning", name).word,
                    "meaning": class_word("positioning", name).meaning,
                    "count": len(rows),
                    "sales": sum(one.net_sales for one in rows) if rows else None,
                    "now": None,
                    "expected": None,
                    "advice": POSITION_ADVICE[name],
                    "url": f"#{name}",
                }
                for name, rows in fields.items()
            ],
            "points": [_point(one) for rows in fields.values() for one in rows],
            "empty": "No account has three judged factors and a known share of its spend.",
        }
    )


@require_safe
@requires("accounts.view")
def account_positioning(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Where one account places us, for its alignment page."""
    account = account_or_404(request, account_id)
    row = account_metrics(account_id=account.pk)
    found = position_of_account(
        positioning_of(account), share=row.share_of_wallet if row is not None else None
    )
    place = found.position
    context = {
        "account": account,
        "found": found,
        "place": place,
        "advice": POSITION_ADVICE[place] if place else "",
        "spend_words": _spend(found),
        "boxes": [(name, class_word("positioning", name).word, name == place) for name in CLASSES],
        "dot": _dot(found),
        "weight_cut": WEIGHT_CUT,
        "spend_cut": SPEND_CUT,
        "has_spend": account.category_spend is not None,
    }
    return render(request, "metrics/account_positioning.html", context)


def _dot(found: Position) -> dict[str, str] | None:
    """Where the account stands in the small picture, in percent from the left and from the top."""
    if found.weight is None or found.spend is None:
        return None
    return {
        "x": f"{min(max(found.spend, 0.0), 1.0) * 92 + 4:.1f}",
        "y": f"{(1 - found.weight / 10) * 88 + 6:.1f}",
    }


def _spend(found: Position) -> str:
    if found.spend is None:
        return ""
    share = formatting.percent(found.spend, decimals=0)
    return f"{share} of what they spend" if found.basis == "computed" else f"about {share}, as judged"


def _field(name: str, rows: list[Placed], figures: Published) -> dict[str, Any]:
    return {
        "name": name,
        "advice": POSITION_ADVICE[name],
        "rows": [
            (one, formatting.number(one.position.weight, decimals=1), _spend(one.position)) for one in rows
        ],
        "sales": formatting.money(sum(one.net_sales for one in rows), figures.currency),
    }


def _why(one: Placed) -> str:
    if one.missing == NOT_JUDGED:
        judged = one.position.judged
        return f"{judged} of 6 factors judged" if judged else "Nobody has judged how weighty we are"
    return "Neither its category spend nor our share of it is known"


def _point(one: Placed) -> dict[str, Any]:
    judged = one.position.basis == "judged"
    return {
        "id": one.account,
        "name": one.name,
        "x": one.position.spend,
        "y": one.position.weight,
        "size": max(one.net_sales, 0.0),
        "class": one.position.position,
        "hollow": judged,
        "url": reverse("buying_center:alignment", args=[one.account]),
        "facts": [["Share of spend", "judged" if judged else "from the ledger"]],
    }


def _rules() -> list[tuple[str, str]]:
    """How an account comes to its place, in words."""
    return [
        (
            "Up: risk and significance",
            f"Mean of the judged factors, 0 to 10, from {LEAST_FACTORS} of six on; high from "
            f"{formatting.number(WEIGHT_CUT)}.",
        ),
        (
            "Right: relative spend",
            "Our net sales of 12 months divided by the category spend entered for the account; where that is not "
            f"entered, the judged share. High from {formatting.percent(SPEND_CUT, decimals=0)}: nobody has more.",
        ),
        (
            "Source",
            "Cheverton, Key Account Management: the axes and the four fields. The two cuts are ours.",
        ),
    ]
