"""The account list: search, filters and order in the address, one page of rows, the same rows as a file."""

import uuid
from functools import lru_cache
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.selectors.saved_views import saved_view_list
from kam.common import formatting
from kam.common.exports import csv_response, xlsx_response
from kam.common.formatting import Number
from kam.common.ui.marks import class_mark
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import member_names
from metrics.findings.account_lists import ListCounts, list_finding
from metrics.selectors.account_filters import NOT_KNOWN, AccountFilters, AccountScope
from metrics.selectors.account_rows import (
    AccountListCounts,
    AccountRow,
    Facets,
    account_rows,
    account_rows_all,
    account_summary,
    stale_account_ids,
)
from metrics.selectors.freshness import published

PAGE_SIZE = 50
EXPORT_HEADER = (
    "External id",
    "Account",
    "Country",
    "Industry",
    "Owner",
    "Key account",
    "Net sales 12 months",
    "Net sales year before",
    "Contribution 12 months",
    "Contribution ratio",
    "Lifetime value",
    "Unrealised potential",
    "Potential basis",
    "Present and potential",
    "Loyalty",
    "Volume class",
    "Last sale",
)


class Cell(NamedTuple):
    """A written figure: its class (`k-neg`, `k-unknown`, or none) and its text."""

    css: str
    text: str


class ListRow(NamedTuple):
    """One row as templates print it."""

    id: uuid.UUID
    url: str
    name: str
    place: str
    is_key: bool
    stale: bool
    position: SafeString
    loyalty: SafeString
    volume: str
    sales: Cell
    change: Cell
    contribution: Cell
    ratio: Cell
    clv: Cell
    upv: Cell
    owner: str

    @property
    def cells(self) -> SafeString:
        """The columns after the name."""
        return format_html(
            _CELLS,
            self.position,
            self.loyalty,
            self.volume,
            *self.sales,
            *self.change,
            *self.contribution,
            *self.ratio,
            *self.clv,
            *self.upv,
            self.owner or "–",
        )


# Fifty rows of ten cells are most of the page: written here they cost a tenth of what a template loop takes.
_CELLS = (
    '<td class="k-left k-wide-only">{}</td><td class="k-left k-wide-only">{}</td>'
    '<td class="k-wide-only">{}</td><td class="{}">{}</td><td class="k-wide-only {}">{}</td>'
    '<td class="{}">{}</td><td class="k-wide-only {}">{}</td>'
    '<td class="k-wide-only {}">{}</td><td class="k-wide-only {}">{}</td>'
    '<td class="k-left k-wide-only k-second">{}</td>'
)
_mark = lru_cache(maxsize=128)(class_mark)
_NOBODY = uuid.UUID(int=0)


class _CountedPaginator(Paginator):
    """A paginator whose count is known already and whose pages are read by the selector."""

    def __init__(self, rows: list[Any], per_page: int, total: int) -> None:
        super().__init__(rows, per_page)
        self.count = total


@requires("accounts.view")
def account_list(request: HttpRequest) -> HttpResponse:
    """A page of the list; with htmx only the part that changes."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    if asked := _old_names(request.GET):
        return redirect(f"{request.path}?{asked}")
    filters = AccountFilters.of(request.GET)
    scope = AccountScope.of(principal, mine=filters.mine)
    counts, facets = account_summary(filters=filters, scope=scope)
    number = _page_number(request.GET.get("page"), counts.total)
    rows = account_rows(
        filters=filters,
        scope=scope,
        offset=(number - 1) * PAGE_SIZE,
        limit=PAGE_SIZE,
        without_row=counts.total > counts.rows,
    )
    figures = published()
    owners = member_names()
    stale = _stale_ids(rows, any_stale=bool(figures.stale) or figures.all_stale, all_stale=figures.all_stale)
    everywhere = sum(facets.owner.values())
    context = {
        "figures": figures,
        "unit": formatting.currency_symbol(figures.currency).strip(),
        "rows": list_rows(rows, stale=stale, owners=owners),
        "page": Page(rows, number, _CountedPaginator(rows, PAGE_SIZE, counts.total)),
        "filters": filters,
        "ordering": filters.ordering,
        "finding": list_finding(_finding_counts(counts, everywhere, filters.active)),
        "counts": counts,
        "everywhere": everywhere,
        "facet_options": facet_options(facets, owners),
        "saved_views": saved_view_list(member_id=principal.member.id),
        "query": request.GET.urlencode(),
        "can_add": principal.can("accounts.add"),
        "can_import": principal.can("imports.run"),
        "can_recompute": principal.can("recompute.run"),
        "swap_target": "#account-list",
    }
    name = "metrics/account_list.html"
    return render(request, f"{name}#list" if request.htmx else name, context)  # type: ignore[attr-defined]


def _old_names(query: QueryDict) -> str:
    """`?key=true` as other pages write it, in the words that the filter shows; "" when there is nothing to turn."""
    turned = query.copy()
    for name in ("key", "mine", "stale"):
        if turned.pop(name, None) == ["true"]:
            turned.appendlist("only", name)
    return turned.urlencode() if turned != query else ""


def _page_number(text: str | None, total: int) -> int:
    """The asked page, brought into the range that exists."""
    try:
        asked = int(text or 1)
    except ValueError:
        asked = 1
    return max(1, min(asked, -(-total // PAGE_SIZE) or 1))


def _stale_ids(rows: list[AccountRow], *, any_stale: bool, all_stale: bool) -> set[uuid.UUID]:
    ids = [row.id for row in rows]
    if all_stale:
        return set(ids)
    return stale_account_ids(ids) if any_stale else set()


def _finding_counts(counts: AccountListCounts, everywhere: int, filtered: bool) -> ListCounts:
    return ListCounts(
        total=counts.total,
        everywhere=everywhere,
        filtered=filtered,
        selling=counts.selling,
        negative=counts.negative,
        unknown=counts.unknown,
        computed=counts.computed > 0,
    )


def facet_options(facets: Facets, owners: dict[uuid.UUID, str]) -> dict[str, list[dict[str, Any]]]:
    """What the filter chips offer: value, label and how many accounts have it."""

    def plain(values: list[tuple[str, int]]) -> list[dict[str, Any]]:
        return [
            {"value": value or NOT_KNOWN, "label": value or "Not known", "count": count}
            for value, count in values
        ]

    owned = sorted(facets.owner.items(), key=lambda item: (item[0] is None, owners.get(item[0], "")))  # type: ignore[arg-type]
    return {
        "country": plain(facets.country),
        "industry": plain(facets.industry),
        "owner": [
            {
                "value": str(owner) if owner else NOT_KNOWN,
                "label": owners.get(owner, "Somebody who left") if owner else "Nobody",
                "count": count,
            }
            for owner, count in owned
        ],
        "class": _class_options("dubinsky_ingram"),
        "loyalty": _class_options("loyalty"),
        "only": [
            {"value": "key", "label": "Key accounts"},
            {"value": "mine", "label": "My accounts"},
            {"value": "stale", "label": "Newer data than figures"},
        ],
        "volume": [*({"value": word, "label": f"{word} by volume"} for word in "ABC"), _no_class()],
    }


def _class_options(kind: str) -> list[dict[str, Any]]:
    from kam.common.meanings import CLASSES

    return [*({"value": value, "label": word.word} for value, word in CLASSES[kind].items()), _no_class()]


def _no_class() -> dict[str, Any]:
    return {"value": NOT_KNOWN, "label": "No class"}


def _whole(value: Number | None, *, estimated: bool = False) -> Cell:
    text = formatting.number(value)
    if value is None:
        return Cell("k-unknown", text)
    css = "k-neg" if text.startswith(formatting.MINUS) else ""
    return Cell(css, formatting.estimate(text) if estimated else text)


def _percent(value: float | None, *, signed: bool = False, missing: str = formatting.NOT_KNOWN) -> Cell:
    if value is None:
        return Cell("k-unknown", missing)
    text = formatting.percent(value, signed=signed)
    return Cell("k-neg" if text.startswith(formatting.MINUS) else "", text)


def list_rows(
    rows: list[AccountRow], *, stale: set[uuid.UUID], owners: dict[uuid.UUID, str]
) -> list[ListRow]:
    """Write the figures of rows."""
    account_url = reverse("metrics:account_detail", args=[_NOBODY])
    return [_list_row(row, account_url, stale=row.id in stale, owners=owners) for row in rows]


def _list_row(row: AccountRow, account_url: str, *, stale: bool, owners: dict[uuid.UUID, str]) -> ListRow:
    """Write one row's figures; whole units of the base currency."""
    return ListRow(
        id=row.id,
        url=account_url.replace(str(_NOBODY), str(row.id)),
        name=row.name,
        place=" · ".join(part for part in (row.country, row.industry) if part),
        is_key=row.is_key_account,
        stale=stale,
        position=_mark("dubinsky_ingram", row.dubinsky_ingram_class),
        loyalty=_mark("loyalty", row.loyalty_class),
        volume=row.volume_class or "–",
        sales=_whole(row.net_sales),
        change=_change(row),
        contribution=_whole(row.contribution, estimated=row.margin_estimated),
        ratio=_percent(row.ratio),
        clv=_whole(row.clv, estimated=row.margin_estimated),
        upv=_whole(row.upv, estimated=row.potential_basis in ("estimated", "mixed")),
        owner=owners.get(row.owner_id, "") if row.owner_id else "",
    )


def _change(row: AccountRow) -> Cell:
    if not row.computed:
        return Cell("k-unknown", formatting.NOT_KNOWN)
    if row.change is None:
        return Cell("k-unknown", "new" if row.net_sales else "no sales")
    return _percent(row.change, signed=True)


@requires("accounts.view")
def account_export(request: HttpRequest, file_type: str) -> HttpResponse:
    """The filtered list as CSV or XLSX: full figures, unknown ones empty."""
    scope = AccountScope.of(request.principal)  # type: ignore[attr-defined]
    filters = AccountFilters.of(request.GET)
    owners = member_names()
    figures = published()
    name = f"accounts-{figures.date.isoformat()}"
    header = [f"{text}, {figures.currency}" if text in _MONEY_HEADS else text for text in EXPORT_HEADER]
    rows = (_export_row(row, owners) for row in account_rows_all(filters=filters, scope=scope))
    if file_type == "csv":
        return csv_response(name=name, header=header, rows=rows)
    if file_type == "xlsx":
        return xlsx_response(name=name, title="Accounts", header=header, rows=rows)
    raise Http404


_MONEY_HEADS = frozenset(
    text
    for text in EXPORT_HEADER
    if text.startswith(("Net sales", "Contribution 12", "Lifetime", "Unrealised"))
)


def _export_row(row: AccountRow, owners: dict[uuid.UUID, str]) -> tuple[Any, ...]:
    return (
        row.external_id,
        row.name,
        row.country,
        row.industry,
        owners.get(row.owner_id, "") if row.owner_id else "",
        row.is_key_account,
        row.net_sales,
        row.net_sales_prior,
        row.contribution,
        row.ratio,
        row.clv,
        row.upv,
        row.potential_basis,
        row.dubinsky_ingram_class,
        row.loyalty_class,
        row.volume_class,
        row.last_sale,
    )
