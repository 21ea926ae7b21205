"""The relationship matrix as a page: read, filtered, edited in place (K11)."""

import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.forms.compare import compared
from accounts.forms.fields import describe_errors, take_errors
from accounts.models import Account
from buying_center import findings_structure as words
from buying_center.forms.connection import NAMES, ConnectionForm, initial_of
from buying_center.models import BuyingRole, Contact
from buying_center.network import structure_of
from buying_center.selectors.centre import centre_rows
from buying_center.selectors.connections import connection_find, engagements_of
from buying_center.selectors.matrix import COLD_DAYS, Matrix, MatrixRow, matrix_of
from buying_center.selectors.our_side import OurHuman
from buying_center.services.connections import connection_set, human_find
from buying_center.views.common import own_contact, visible_account
from kam.common.errors import ApplicationError, InvalidInputError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.models import Role
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import member_list

PAGE_SIZE = 50
UNDO = "matrix_undo"
STATES = {
    "short": "Weaker than wanted",
    "cold": f"No contact for {COLD_DAYS} days",
    "none": "Nobody of ours knows them",
    "action": "Next action overdue",
}


@requires("accounts.view")
def matrix(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Everybody of theirs by everybody of ours."""
    account = visible_account(request, account_id)
    principal: Principal = request.principal  # type: ignore[attr-defined]
    rows = centre_rows(account.pk)
    found = matrix_of(rows)
    shown = _chosen(found, request)
    page = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    structure = structure_of(rows.centre)
    behind = [
        (cell.human.name, cell.contact["name"], cell.strength or 0, cell.desired or 0)
        for cell in found.behind
    ]
    wanted = sum(cell.desired is not None for cell in found.cells)
    connected = sum(cell.strength is not None for cell in found.cells)
    chosen = request.GET.get("ours", "")
    context = {
        "account": account,
        "matrix": found,
        "humans": [(human, len(found.of_human(human))) for human in found.humans],
        "one": next((human for human in found.humans if str(human.id) == chosen), None),
        "phone": next((h for h in found.humans if str(h.id) == chosen), next(iter(found.humans), None)),
        "page": page,
        "total": len(found.people),
        "found": len(shown),
        "filtered": any(request.GET.getlist(name) for name in ("q", "role", "department", "state", "ours")),
        "finding": words.matrix_finding(behind, wanted, connected, len(found.people)),
        "structure": structure,
        "structure_finding": words.structure_finding(structure, rows.centre),
        "structure_reason": words.structure_reason(structure, rows.centre),
        "engagements": engagements_of(account.pk),
        "today": rows.today,
        "options": _options(found),
        "can_change": principal.can("accounts.change", account),
        "undo": request.session.pop(UNDO, None) if UNDO in request.session else None,
    }
    return render(request, "buying_center/matrix.html", context)


@requires("accounts.change")
def cell(
    request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID, place_id: uuid.UUID
) -> HttpResponse:
    """One cell: its form, and what is saved from it. A script sends only what was typed and reads JSON."""
    account, contact = own_contact(request, account_id, contact_id)
    try:
        human = human_find(account.pk, place_id)
    except InvalidInputError:
        raise Http404 from None
    if request.method != "POST":
        stored = connection_find(account.pk, contact.pk, human.places)
        form = _form(initial=initial_of(stored))
        return _show(request, account, contact, human, form)
    if request.headers.get("Accept") == "application/json":
        return _quick(request, account, contact, human)
    return _save(request, account, contact, human)


def _save(request: HttpRequest, account: Account, contact: Contact, human: OurHuman) -> HttpResponse:
    stored = connection_find(account.pk, contact.pk, human.places)
    before = initial_of(stored)
    form = _form(request.POST)
    if form.is_valid():
        try:
            saved = connection_set(
                principal=request.principal,  # type: ignore[attr-defined]
                contact=contact,
                place_id=human.id,
                values=form.values(),
                seen=form.cleaned_data["version"],
            )
        except StaleWriteError:
            data = request.POST.copy()
            data["version"] = str(before["version"])
            form.data = data
            differing = compared(form, before, NAMES)
            return _show(request, account, contact, human, form, conflict=differing, status=409)
        except ApplicationError as error:
            take_errors(form, error)
        else:
            if request.POST.get("undo"):
                messages.success(request, f"{human.name} and {contact.name}: as before.")
            else:
                request.session[UNDO] = {
                    "text": f"{human.name} and {contact.name}: saved.",
                    "url": request.path,
                    "fields": _fields(before, saved.version if saved else None),
                }
            return _done(request, account)
    describe_errors(form)
    return _show(request, account, contact, human, form, status=422)


def _quick(request: HttpRequest, account: Account, contact: Contact, human: OurHuman) -> HttpResponse:
    """A digit typed on a cell, or its undo: the cell and the person's roll-up come back as they are now."""
    before = initial_of(connection_find(account.pk, contact.pk, human.places))
    form = _form({**{name: _plain(value) for name, value in before.items()}, **request.POST.dict()})
    status, said = 200, ""
    after: Any = None
    if not form.is_valid():
        return JsonResponse({"title": "Nothing was saved", "detail": str(form.errors.as_text())}, status=422)
    try:
        after = connection_set(
            principal=request.principal,  # type: ignore[attr-defined]
            contact=contact,
            place_id=human.id,
            values=form.values(),
            seen=form.cleaned_data["version"],
        )
    except StaleWriteError:
        status = 409
        stored = before["strength"] or "none"
        mine = form.cleaned_data["strength"] or "none"
        said = f"It is {stored} now. Yours was {mine}; type it again to keep yours."
    except ApplicationError as error:
        return JsonResponse({"title": "Nothing was saved", "detail": error.message}, status=422)
    found = matrix_of(centre_rows(account.pk))
    row = found.row(str(contact.pk))
    shown = found.cell(next(one for one in found.humans if one.id == human.id), str(contact.pk))
    context = {"account": account, "cell": shown, "row": row, "can_change": True}
    return JsonResponse(
        {
            "cell": render_to_string("buying_center/partials/matrix_cell.html", context, request),
            "total": render_to_string("buying_center/partials/matrix_total.html", context, request),
            "said": said or f"{human.name} and {contact.name}: {shown.strength or 'no connection'}",
            "undo": _fields(before, after.version if after else None) if status == 200 else None,
        },
        status=status,
    )


def _fields(before: dict[str, Any], version: int | None) -> dict[str, str]:
    """What brings a cell back to what it was, as a form sends it."""
    return {**{name: _plain(before[name]) for name in NAMES}, "version": _plain(version), "undo": "yes"}


def _plain(value: Any) -> str:
    return "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)


def _form(data: Any = None, *, initial: dict[str, Any] | None = None) -> ConnectionForm:
    members = [member for member in member_list() if member.is_active and member.role != Role.INTEGRATION]
    return ConnectionForm(data, initial=initial, members=members)


def _show(
    request: HttpRequest,
    account: Account,
    contact: Contact,
    human: OurHuman,
    form: ConnectionForm,
    *,
    conflict: list[tuple[str, str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    in_panel = bool(request.headers.get("HX-Request"))
    context = {
        "account": account,
        "contact": contact,
        "human": human,
        "form": form,
        "conflict": conflict,
        "back": reverse("buying_center:matrix", args=[account.pk]),
    }
    template = (
        "buying_center/partials/connection_panel.html" if in_panel else "buying_center/connection_form.html"
    )
    # htmx shows 422 and nothing else of the 400s.
    return render(request, template, context, status=422 if in_panel and status == 409 else status)


def _done(request: HttpRequest, account: Account) -> HttpResponse:
    url = reverse("buying_center:matrix", args=[account.pk])
    if request.headers.get("HX-Request"):
        # Back to the same filters: the panel knows where it was opened.
        query = request.headers.get("HX-Current-URL", "").partition("?")[2].partition("#")[0]
        return HttpResponse(status=204, headers={"HX-Redirect": f"{url}?{query}" if query else url})
    return redirect(url)


def _chosen(found: Matrix, request: HttpRequest) -> list[MatrixRow]:
    asked = request.GET
    search = asked.get("q", "").casefold().split()
    roles, departments = set(asked.getlist("role")), set(asked.getlist("department"))
    states = set(asked.getlist("state"))
    rows = []
    for row in found.people:
        data = row.contact
        text = f"{data['name']} {data['title']} {data['department']}".casefold()
        if not all(word in text for word in search):
            continue
        if roles and not roles & set(data["roles"]):
            continue
        if departments and data["department"] not in departments:
            continue
        if states and not states & _states_of(row):
            continue
        rows.append(row)
    return rows


def _states_of(row: MatrixRow) -> set[str]:
    states = set()
    if row.short:
        states.add("short")
    if row.strength is None:
        states.add("none")
    if any(cell.is_cold for cell in row.cells):
        states.add("cold")
    if any(cell.action_is_overdue for cell in row.cells):
        states.add("action")
    return states


def _options(found: Matrix) -> dict[str, list[dict[str, Any]]]:
    roles = Counter(role for row in found.people for role in row.contact["roles"])
    departments = Counter(row.contact["department"] for row in found.people if row.contact["department"])
    states = Counter(state for row in found.people for state in _states_of(row))
    return {
        "role": _counted(BuyingRole.choices, roles),
        "department": _counted([(name, name) for name in sorted(departments)], departments),
        "state": _counted(STATES.items(), states),
    }


def _counted(choices: "Iterable[tuple[Any, Any]]", counts: "Counter[str]") -> list[dict[str, Any]]:
    return [{"value": value, "label": label, "count": counts[value]} for value, label in choices]
