"""The accounts behind a quadrant or a figure: a sortable table with its advice, and the same as a file."""

from typing import Any

from babel import Locale
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from kam.common import formatting
from kam.common.exports import csv_response, xlsx_response
from kam.common.meanings import class_word
from kam.common.ui.marks import class_mark
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import member_names
from metrics.engine import DUBINSKY_INGRAM_CLASSES, LOYALTY_CLASSES
from metrics.selectors.freshness import published
from metrics.selectors.portfolio_list import (
    DEFAULT_ORDERING,
    GROUPS,
    ORDERINGS,
    PortfolioRow,
    portfolio_list_count,
    portfolio_list_rows,
)
from metrics.views.portfolio_cards import ADVICE, LOYALTY_ORDER
from metrics.views.portfolio_filters import NOT_KNOWN, PortfolioFilters

PAGE_SIZE = 50
GROUP_WORDS = {
    "dormant": ("dormant account", "No sales in 12 months, so there is no class by loyalty."),
    "margin_unknown": (
        "account with an unknown margin",
        "The cost of goods is not known, so what they earn is not known either.",
    ),
    "margin_unknown_sold": (
        "selling account with an unknown margin",
        "They bought in 12 months, but the cost of goods is not known.",
    ),
    "no_potential": (
        "account without a potential",
        "Nothing is entered or estimated in their Open Space, so they have no place in the matrix.",
    ),
    "not_entered": (
        "account with no entered potential",
        "Nobody has entered what they could buy; at most an estimate from comparable accounts stands there.",
    ),
    "losing": ("account losing money at gross margin", "36 months: the goods cost more than they sold for."),
    "traded": ("trading account", "At least one sales line in the last 36 months."),
    "sold": ("buying account", "At least one sales line in the last 12 months."),
}
_EXPORT_HEADER = (
    "External id",
    "Account",
    "Country",
    "Industry",
    "Owner",
    "Key account",
    "Net sales 12 months",
    "Net sales year before",
    "Gross margin 12 months",
    "Cost to serve 12 months",
    "Contribution 12 months",
    "Contribution year before",
    "Contribution ratio",
    "Expected potential a year",
    "Contribution with potential",
    "Potential basis",
    "Lifetime value",
    "Unrealised potential",
    "Present and potential",
    "Why no position",
    "Loyalty",
    "Why no loyalty class",
    "Volume class",
    "Last sale",
)
_MONEY = slice(6, 12), slice(13, 15), slice(16, 18)


def _asked(request: HttpRequest) -> tuple[str, str]:
    """The quadrant and the group that the address names; 404 for one that does not exist."""
    quadrant, group = request.GET.get("quadrant", ""), request.GET.get("group", "")
    if quadrant and quadrant not in (*DUBINSKY_INGRAM_CLASSES, *LOYALTY_CLASSES):
        raise Http404
    if group and group not in GROUPS:
        raise Http404
    return quadrant, group


@requires("portfolio.view")
def portfolio_list(request: HttpRequest) -> HttpResponse:
    """One page of the accounts of a quadrant, a group, or the whole portfolio; with htmx only the table."""
    quadrant, group = _asked(request)
    filters = PortfolioFilters.of(request.GET)
    chosen = filters.chosen(request.principal)  # type: ignore[attr-defined]
    ordering = request.GET.get("ordering", "")
    if ordering.lstrip("-") not in ORDERINGS:
        ordering = DEFAULT_ORDERING
    total = portfolio_list_count(quadrant=quadrant, group=group, chosen=chosen)
    number = _page_number(request.GET.get("page"), total)
    rows = portfolio_list_rows(
        quadrant=quadrant,
        group=group,
        chosen=chosen,
        ordering=ordering,
        offset=(number - 1) * PAGE_SIZE,
        limit=PAGE_SIZE,
    )
    figures = published()
    owners = member_names()
    matrix = (
        "loyalty"
        if quadrant in LOYALTY_CLASSES or request.GET.get("matrix") == "loyalty"
        else "dubinsky_ingram"
    )
    heading, advice = _heading(quadrant, group, total)
    paginator: Paginator[Any] = Paginator(range(total), PAGE_SIZE)
    context = {
        "figures": figures,
        "heading": heading,
        "advice": advice,
        "quadrant": quadrant,
        "group": group,
        "total": total,
        "unit": formatting.currency_symbol(figures.currency).strip(),
        "rows": [_row(row, owners) for row in rows],
        "page": Page(rows, number, paginator),
        "ordering": ordering,
        "narrowed": _narrowed(filters, owners),
        "swap_target": "#portfolio-list",
        "back": reverse("metrics:portfolio") + filters.query(matrix=matrix if matrix == "loyalty" else ""),
        "tabs": _tabs(matrix, quadrant, group, filters),
        "export": [
            (
                kind,
                label,
                reverse("metrics:portfolio_export", args=[kind])
                + filters.query(quadrant=quadrant, group=group),
            )
            for kind, label in (("csv", "CSV"), ("xlsx", "Excel"))
        ],
    }
    name = "metrics/portfolio_list.html"
    return render(request, f"{name}#table" if request.htmx else name, context)  # type: ignore[attr-defined]


def _narrowed(filters: PortfolioFilters, owners: dict[Any, str]) -> str:
    """The filters of the page in words."""
    people = {str(member): name for member, name in owners.items()}
    places = Locale.parse(formatting.active_locale()).territories
    words = [
        *(places.get(value, "no country") for value in filters.countries),
        *("no industry" if value == NOT_KNOWN else value for value in filters.industries),
        *(people.get(value, "nobody") for value in filters.owners),
        *(["key accounts"] if filters.key else []),
    ]
    return ", ".join(words)


def _page_number(text: str | None, total: int) -> int:
    try:
        asked = int(text or 1)
    except ValueError:
        asked = 1
    return max(1, min(asked, -(-total // PAGE_SIZE) or 1))


def _kind(quadrant: str) -> str:
    return "loyalty" if quadrant in LOYALTY_CLASSES else "dubinsky_ingram"


def _heading(quadrant: str, group: str, total: int) -> tuple[str, str]:
    if quadrant:
        word = class_word(_kind(quadrant), quadrant)
        if _kind(quadrant) == "loyalty":
            return f"{formatting.number(total)} {word.word.lower() if total == 1 else word.plural}", ADVICE[
                quadrant
            ]
        return formatting.plural(total, f"{word.word.lower()} account"), ADVICE[quadrant]
    if group:
        one, text = GROUP_WORDS[group]
        many = one.replace("account", "accounts", 1)
        return formatting.plural(total, one, many), text
    return formatting.plural(total, "account"), "Every account of this view, with its classes."


def _tabs(matrix: str, quadrant: str, group: str, filters: PortfolioFilters) -> list[dict[str, Any]]:
    url = reverse("metrics:portfolio_list")
    names = LOYALTY_ORDER if matrix == "loyalty" else ("desirable", "undeveloped", "developed", "undesirable")
    tabs = [
        {"label": "All", "url": url + filters.query(matrix=matrix), "current": not quadrant and not group}
    ]
    tabs += [
        {
            "label": class_word(matrix, name).word,
            "url": url + filters.query(quadrant=name),
            "current": name == quadrant,
        }
        for name in names
    ]
    if group:
        tabs.append({"label": GROUP_WORDS[group][0].capitalize(), "url": "?group=" + group, "current": True})
    return tabs


def _cell(value: Any, *, estimated: bool = False) -> tuple[str, str]:
    text = formatting.number(value)
    if value is None:
        return text, "k-unknown"
    return (
        formatting.estimate(text) if estimated else text,
        "k-neg" if text.startswith(formatting.MINUS) else "",
    )


def _row(row: PortfolioRow, owners: dict[Any, str]) -> dict[str, Any]:
    estimated = row.basis in ("estimated", "mixed")
    return {
        "name": row.name,
        "url": reverse("metrics:account_detail", args=[row.account]),
        "is_key": row.is_key,
        "place": " · ".join(part for part in (row.country, owners.get(row.owner, "")) if part),
        "position": class_mark("dubinsky_ingram", row.dubinsky_ingram),
        "loyalty": "dormant" if row.loyalty_reason == "dormant" else class_mark("loyalty", row.loyalty),
        "sales": _cell(row.net_sales),
        "contribution": _cell(row.contribution),
        "expected": _cell(row.expected, estimated=estimated),
        "with_potential": _cell(row.with_potential, estimated=estimated),
        "clv": _cell(row.clv),
        "last_sale": formatting.month(row.last_sale) if row.last_sale else "never",
    }


@requires("portfolio.view")
def portfolio_export(request: HttpRequest, file_type: str) -> HttpResponse:
    """All accounts of the view with their classes and full figures; unknown ones are empty."""
    quadrant, group = _asked(request)
    filters = PortfolioFilters.of(request.GET)
    figures = published()
    owners = member_names()
    chosen = filters.chosen(request.principal)  # type: ignore[attr-defined]
    rows = portfolio_list_rows(quadrant=quadrant, group=group, chosen=chosen)
    header = list(_EXPORT_HEADER)
    for part in _MONEY:
        header[part] = [f"{text}, {figures.currency}" for text in header[part]]
    name = "-".join(part for part in ("portfolio", quadrant or group, figures.date.isoformat()) if part)
    table = (_export_row(row, owners) for row in rows)
    if file_type == "csv":
        return csv_response(name=name, header=header, rows=table)
    if file_type == "xlsx":
        return xlsx_response(name=name, title="Portfolio", header=header, rows=table)
    raise Http404


def _export_row(row: PortfolioRow, owners: dict[Any, str]) -> tuple[Any, ...]:
    return (
        row.external_id,
        row.name,
        row.country,
        row.industry,
        owners.get(row.owner, ""),
        row.is_key,
        row.net_sales,
        row.net_sales_prior,
        row.gross_margin,
        row.cost_to_serve,
        row.contribution,
        row.contribution_prior,
        row.ratio,
        row.expected,
        row.with_potential,
        row.basis,
        row.clv,
        row.upv,
        row.dubinsky_ingram,
        row.dubinsky_ingram_reason,
        row.loyalty,
        row.loyalty_reason,
        row.volume,
        row.last_sale,
    )
