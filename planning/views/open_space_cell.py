"""One cell of Open Space as a page of its own: its story, a form, its history (K6). Works without JavaScript."""

import uuid
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.models import Account
from accounts.views.accounts import own_account
from kam.common import formatting
from kam.common.api.etag import IfMatch
from kam.common.errors import ApplicationError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.history import history_of
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import tenant_settings
from planning.forms.open_space import CellForm
from planning.models import GrowthType, OpenSpaceCell, Position
from planning.selectors.open_space import grid_of, growth_type
from planning.selectors.open_space_facts import open_space_facts, open_space_lines
from planning.selectors.open_space_tag import open_space_tag
from planning.services.open_space import open_space_patch
from planning.services.push import open_space_push
from planning.views.open_space import owners, visible_account, window_words

EMPTY: dict[str, Any] = {
    "current": 0,
    "potential": None,
    "probability": None,
    "probability_assumed": False,
    "gap": None,
    "growth_type_override": None,
    "position": Position.UNKNOWN.value,
    "competitor": None,
    "csfs": [],
    "priority": None,
    "rank": None,
    "basis": None,
    "contract_end": None,
    "opportunity": None,
    "note": None,
    "owner": None,
}


class Place(NamedTuple):
    """Which cell of the grid: its row and its column as the grid lists them."""

    row: dict[str, Any]
    line: dict[str, Any]

    @property
    def query(self) -> str:
        return urlencode({"segment": self.row["id"] or ""})


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404 from None


def _segment(request: HttpRequest) -> uuid.UUID | None:
    """The row of the cell: `?segment=`, empty = the whole account."""
    text = request.GET.get("segment", "")
    return _id(text) if text else None


def _place(request: HttpRequest, grid: dict[str, Any], line_id: uuid.UUID) -> Place:
    segment = _segment(request)
    row = next((row for row in grid["segments"] if row["id"] == segment), None)
    column = next((one for one in grid["product_lines"] if one["id"] == line_id), None)
    if row is None or column is None:
        raise Http404
    return Place(row, column)


def _known_line(account: Account, line_id: uuid.UUID) -> None:
    """404 for a line that is no column of this account's grid."""
    if line_id not in {line.id for line in open_space_lines(account)}:
        raise Http404


def _cell(grid: dict[str, Any], place: Place) -> dict[str, Any]:
    key = (place.row["id"], place.line["id"])
    found = (cell for cell in grid["cells"] if (cell["segment"], cell["product_line"]) == key)
    bought = any(cell["product_line"] == key[1] and cell["current"] > 0 for cell in grid["cells"])
    idea = place.line["kind"] == "idea"
    return next(found, {**EMPTY, "growth_type": growth_type(idea=idea, bought=bought)})


def _initial(cell: dict[str, Any]) -> dict[str, Any]:
    entered = cell["basis"] == "entered"
    return {
        "potential": formatting.number(cell["potential"]) if entered else "",
        "probability": None
        if cell["probability_assumed"] or cell["probability"] is None
        else round(cell["probability"] * 100, 4),
        "position": cell["position"],
        "competitor": cell["competitor"] or "",
        "contract_end": cell["contract_end"],
        "growth_type_override": cell["growth_type_override"] or "",
        "owner": str(cell["owner"] or ""),
        "note": cell["note"] or "",
    }


@requires("accounts.view", write="accounts.change")
def open_space_cell(request: HttpRequest, account_id: uuid.UUID, line_id: uuid.UUID) -> HttpResponse:
    """Read a cell, and change it; a save that would overwrite somebody else's shows both first."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    account = visible_account(request, account_id)
    if request.method == "POST":
        account = own_account(request, account_id, "accounts.change")
    facts = open_space_facts(account)
    grid = grid_of(facts)
    place = _place(request, grid, line_id)
    people = owners()
    conflict = False
    form = CellForm(
        request.POST if request.method == "POST" else None,
        initial=_initial(_cell(grid, place)),
        owners=people,
    )
    if request.method == "POST" and form.is_valid():
        values = {"segment": place.row["id"], "product_line": place.line["id"], **form.values()}
        values["owner"] = _id(values["owner"]) if values["owner"] else None
        tag = IfMatch(frozenset({request.POST.get("tag", "")}))
        try:
            open_space_patch(principal=principal, account=account, cells=[values], if_match=tag)
        except StaleWriteError:
            conflict = True
        except ApplicationError as error:
            for fault in error.errors:
                name = fault.field.rsplit(".", 1)[-1]
                form.add_error(name if name in form.fields else None, fault.message)
        else:
            messages.success(request, f"{place.line['name']}, {place.row['name']} is saved.")
            return redirect(f"{reverse('planning:open_space_table', args=[account.pk])}#grid")
    context = _context(principal, account, grid, place)
    return render(
        request,
        "planning/open_space_cell.html",
        {**context, "form": form, "conflict": conflict, "tag": open_space_tag(facts)},
    )


def _context(principal: Principal, account: Account, grid: dict[str, Any], place: Place) -> dict[str, Any]:
    cell = _cell(grid, place)
    factor = tenant_settings().position_factor(cell["position"])
    currency = grid["currency"]
    formula = ""
    if cell["priority"] is not None:
        count = formatting.plural(len(cell["csfs"]), "factor")
        formula = (
            f"{formatting.money(cell['gap'], currency)} gap × (1 + {count}) × {factor.normalize():f} "
            f"{Position(cell['position']).label.lower()} = {formatting.money(cell['priority'], currency)}"
        )
    return {
        "account": account,
        "place": place,
        "cell": cell,
        "growth": GrowthType(cell["growth_type"]).label,
        "position": Position(cell["position"]).label,
        "currency": currency,
        "window": window_words(grid),
        "formula": formula,
        "ranked": sum(1 for one in grid["cells"] if one["rank"]),
        "can_change": principal.can("accounts.change", account),
    }


@require_POST
@requires("accounts.view", write="accounts.change")
def open_space_cell_push(request: HttpRequest, account_id: uuid.UUID, line_id: uuid.UUID) -> HttpResponse:
    """Make a push opportunity of the cell; the same one when it has one already (K6, K19)."""
    account = own_account(request, account_id, "accounts.change")
    segment = _segment(request)
    _known_line(account, line_id)
    principal: Principal = request.principal  # type: ignore[attr-defined]
    try:
        opportunity, created = open_space_push(
            principal=principal, account=account, segment=segment, product_line=line_id
        )
    except ApplicationError as error:
        messages.error(request, f"No opportunity was made. {error.message}")
    else:
        said = "is an opportunity now" if created else "is an opportunity already"
        messages.success(request, f"“{opportunity.name}” {said}.")
    address = reverse("planning:open_space_cell", args=[account.pk, line_id])
    return redirect(f"{address}?{urlencode({'segment': segment or ''})}")


@requires("accounts.view")
def open_space_cell_history(request: HttpRequest, account_id: uuid.UUID, line_id: uuid.UUID) -> HttpResponse:
    """Who changed the cell, when and what; a cell that nobody touched has an empty history."""
    account = visible_account(request, account_id)
    segment = _segment(request)
    cells = OpenSpaceCell.objects.select_related("segment", "product_line").filter(
        tenant_id=account.tenant_id, account_id=account.pk, product_line_id=line_id
    )
    found = cells.filter(segment_id__isnull=True) if segment is None else cells.filter(segment_id=segment)
    cell = found.first()
    if cell is None:
        _known_line(account, line_id)
    context = {"object": cell or "This cell", "entries": history_of(cell) if cell else []}
    htmx = getattr(request, "htmx", False)
    return render(request, "tenancy/history.html#panel" if htmx else "tenancy/history.html", context)
