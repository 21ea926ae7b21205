"""Naming, changing, ending, taking out: one place of a selling centre (K10)."""

import uuid
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.forms.fields import describe_errors, take_errors
from accounts.models import Account
from accounts.views.accounts import own_account
from buying_center.forms.place import FUNCTIONS, NEW, AddForm, LeaveForm, PlaceForm, differences, initial_of
from buying_center.models import PlaceScope, SellingCenterMember, SellingRole
from buying_center.selectors.selling_center import scopes_of, selling_center_list
from buying_center.selectors.team import place_data, places_with_ties
from buying_center.selectors.team_people import (
    OFFERED,
    candidates,
    lines_to_answer_for,
    segments_to_answer_for,
)
from buying_center.services.selling_center import (
    selling_center_add,
    selling_center_end,
    selling_center_remove,
    selling_center_update,
    shown_version,
)
from buying_center.team.roles import CHOOSE_LEADERS, KAM_PROFILE, TIERS, USUAL_LEVEL, WHO_JOINS
from buying_center.views.team import UNDO
from buying_center.views.team_undo import (
    as_kept,
    offer_undo,
    own_place,
    principal_of,
    seen,
    team_page,
)
from kam.common import formatting
from kam.common.errors import ApplicationError, StaleWriteError
from kam.tenancy.permissions import requires


@requires("team.change")
def add(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Name somebody: a member, a known employee, or somebody without a login, entered here."""
    account = own_account(request, account_id, "team.change")
    if request.method != "POST":
        return _show(request, account, _form(account, initial=_asked(request.GET), new=True))
    form = _form(account, request.POST, new=True)
    if form.is_valid():
        try:
            place = selling_center_add(
                principal=principal_of(request),
                values={"account": account.pk, **form.values()},
                replace_lead=True,
            )
        except ApplicationError as error:
            _take(form, error)
        else:
            messages.success(request, f"{place.name} is in the selling centre.")
            return _done(request, team_page(account_id))
    describe_errors(form)
    return _show(request, account, form, status=422)


@require_safe
@requires("team.change")
def people(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Who is offered for the words typed so far."""
    account = own_account(request, account_id, "team.change")
    context = _offered(account, request.GET.get("q", ""), request.GET.get("person", ""))
    return render(request, "buying_center/partials/team_people.html", context)


@requires("team.change")
def edit(request: HttpRequest, account_id: uuid.UUID, place_id: uuid.UUID) -> HttpResponse:
    """Change a place. Somebody else's save in between is shown beside one's own, never overwritten."""
    account, place = own_place(request, account_id, place_id)
    scopes = scopes_of([place.pk]).get(place.pk, [])
    before = initial_of(place, scopes, shown_version(place))
    if request.method != "POST":
        return _show(request, account, _form(account, initial=before, place=place), place)
    form = _form(account, request.POST, place=place)
    if form.is_valid():
        values = form.values()
        if place.employee_id is not None:
            values["of_employee"] = form.employee_values()
        leads = _leader(account, place) if values["is_lead"] else None
        try:
            saved = selling_center_update(
                principal=principal_of(request),
                person=place,
                values=values,
                replace_lead=True,
                if_match=seen(place, form.cleaned_data["version"]),
            )
        except StaleWriteError:
            data = request.POST.copy()
            data["version"] = str(shown_version(place))
            form.data = data
            return _show(request, account, form, place, conflict=differences(form, before), status=409)
        except ApplicationError as error:
            _take(form, error)
        else:
            if leads is None:
                offer_undo(request, saved, f"{place_name(saved)} is saved.", as_kept(place, scopes))
            else:
                messages.success(request, f"{saved.name} leads now; {leads.name} stays as a KAM.")
            return _done(request, team_page(account_id))
    describe_errors(form)
    return _show(request, account, form, place, status=422)


@requires("team.change")
def leave(request: HttpRequest, account_id: uuid.UUID, place_id: uuid.UUID) -> HttpResponse:
    """What hangs on somebody, who takes it over, and then: end the place, or take it out altogether."""
    account, place = own_place(request, account_id, place_id)
    row = places_with_ties(account.pk).filter(pk=place.pk).first()
    if row is None:
        raise Http404
    scopes = scopes_of([place.pk]).get(place.pk, [])
    data = place_data(row, scopes, timezone.localdate())
    heirs = _heirs(account, place)
    given = request.POST if request.method == "POST" else None
    lead = next((str(heir.pk) for heir in heirs if heir.is_lead), "")
    initial = {"heir": lead if data.ties.open else "", "last_day": place.valid_to or timezone.localdate()}
    form = LeaveForm(given, initial=initial, heirs=_named(heirs))
    if given is not None and form.is_valid():
        try:
            _act(request, place, scopes, form, has_ties=data.ties.any)
        except ApplicationError as error:
            take_errors(form, error)
        else:
            return _done(request, team_page(account_id))
    context = {
        "account": account,
        "place": place,
        "data": data,
        "form": form,
        "has_heirs": bool(heirs),
        "has_ended": place.valid_to is not None and place.valid_to < timezone.localdate(),
        "back": team_page(account_id),
    }
    return _answer(request, "team_leave", context, status=422 if given is not None else 200)


def _act(
    request: HttpRequest,
    place: SellingCenterMember,
    scopes: list[PlaceScope],
    form: LeaveForm,
    *,
    has_ties: bool,
) -> None:
    principal, heir = principal_of(request), form.heir_id
    name = place.name
    if request.POST.get("act") == "remove":
        kept = as_kept(place, scopes)
        selling_center_remove(principal=principal, person=place, heir_id=heir)
        if has_ties:
            messages.success(request, f"{name} is out of the selling centre.")
            return
        who = "user" if place.member is not None else "employee"
        kept[who] = str(place.member.user_id if place.member is not None else place.employee_id)
        url = reverse("buying_center:team_restore", args=[place.account_id])
        request.session[f"{UNDO}:{place.account_id}"] = {"values": kept}
        request.session[UNDO] = {"text": f"{name} is out of the selling centre.", "url": url, "version": ""}
        return
    kept = as_kept(place, scopes)
    saved = selling_center_end(
        principal=principal, person=place, heir_id=heir, last_day=form.cleaned_data["last_day"]
    )
    text = f"{name}’s last day is {formatting.date(saved.valid_to)}."
    if heir is not None:
        messages.success(request, text)
    else:
        offer_undo(request, saved, text, kept)


def place_name(place: SellingCenterMember) -> str:
    """`Nora Haverkamp, subject matter leader`."""
    return f"{place.name}, {place.get_role_display().lower()},"


def _asked(query: QueryDict) -> dict[str, Any]:
    """What the address wishes to be filled in: the role of the button, or all of a form searched without a script."""
    asked: dict[str, Any] = {
        name: query.get(name, "") for name in ("role", "person", "new_name", "new_email", "title", "function",
        "level", "regions", "reason", "valid_from", "valid_to")
    }  # fmt: skip
    asked["scopes"] = query.getlist("scopes")
    asked["is_temporary"] = query.get("is_temporary") == "on" or asked["role"] == SellingRole.CONTRIBUTOR
    asked["is_lead"] = query.get("is_lead") == "on"
    asked["level"] = asked["level"] or USUAL_LEVEL.get(asked["role"], "")
    return asked


def _form(
    account: Account,
    data: Any = None,
    *,
    initial: dict[str, Any] | None = None,
    place: SellingCenterMember | None = None,
    new: bool = False,
) -> Any:
    form = AddForm if new else PlaceForm
    return form(
        data,
        initial=initial,
        lines=lines_to_answer_for(account.pk),
        segments=segments_to_answer_for(account.pk),
        is_employee=place is not None and place.employee_id is not None,
    )


def _leader(account: Account, place: SellingCenterMember | None) -> SellingCenterMember | None:
    """Who else leads the account."""
    rows = selling_center_list(account_id=account.pk).filter(is_lead=True)
    return (rows if place is None else rows.exclude(pk=place.pk)).first()


def _heirs(account: Account, place: SellingCenterMember) -> list[SellingCenterMember]:
    today = timezone.localdate()
    rows = selling_center_list(account_id=account.pk).exclude(pk=place.pk)
    return [row for row in rows if row.valid_to is None or row.valid_to >= today]


def _named(places: list[SellingCenterMember]) -> list[tuple[str, str]]:
    return [(str(row.pk), f"{row.name}, {row.get_role_display().lower()}") for row in places]


def _take(form: Any, error: ApplicationError) -> None:
    """A fault of the person chosen, or of the new employee, is shown where that was entered."""
    renamed = {"user": "person", "employee": "person"}
    if "new_name" in form.fields and form.cleaned_data.get("person") == NEW:
        renamed |= {"name": "new_name", "email": "new_email"}
    elif "employee_name" in form.fields:
        renamed |= {"name": "employee_name", "email": "employee_email"}
    error.errors = [replace(fault, field=renamed.get(fault.field, fault.field)) for fault in error.errors]
    take_errors(form, error)


def _done(request: HttpRequest, url: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def _offered(account: Account, text: str, chosen: str) -> dict[str, Any]:
    found = candidates(account.pk, text, chosen=chosen)
    more = len(found) > OFFERED
    return {"offered": found[:OFFERED], "more": more, "chosen": chosen, "q": text}


def _show(
    request: HttpRequest,
    account: Account,
    form: Any,
    place: SellingCenterMember | None = None,
    *,
    conflict: list[tuple[str, str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "account": account,
        "form": form,
        "place": place,
        "conflict": conflict,
        "leads": _leader(account, place),
        "functions": FUNCTIONS,
        "tiers": TIERS,
        "kam_profile": KAM_PROFILE,
        "who_joins": WHO_JOINS,
        "choose_leaders": CHOOSE_LEADERS,
        "back": team_page(account.pk),
    }
    if place is None:
        query = request.POST if request.method == "POST" else request.GET
        context |= _offered(account, query.get("q", ""), str(form["person"].value() or ""))
    return _answer(request, "team_place", context, status=status)


def _answer(request: HttpRequest, name: str, context: dict[str, Any], *, status: int) -> HttpResponse:
    """In the panel where htmx asks, else as a page of its own."""
    in_panel = bool(request.headers.get("HX-Request"))
    # htmx shows 422 and nothing else of the 400s.
    status = 422 if in_panel and status == 409 else status
    template = f"buying_center/partials/{name}_panel.html" if in_panel else f"buying_center/{name}.html"
    return render(request, template, {**context, "in_panel": in_panel}, status=status)
