"""Adding, changing, leaving, taking back: one person of a buying centre (K13)."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.forms.fields import DayField, describe_errors, take_errors
from accounts.models import Account
from accounts.views.accounts import own_account
from buying_center.forms import helping
from buying_center.forms.contact import NAMES, WIDE, ContactForm, differences, initial_of
from buying_center.models import Contact
from buying_center.selectors.people import contact_list, namesakes, roles_of
from buying_center.selectors.selling_center import selling_center_list
from buying_center.services.contacts import (
    PERSON_FIELDS,
    contact_add,
    contact_leave,
    contact_remove,
    contact_update,
    shown_version,
)
from buying_center.views.common import own_contact
from kam.common.api.etag import IfMatch, version_tag
from kam.common.errors import ApplicationError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires

UNDO = "people_undo"


@requires("accounts.view", write="accounts.change")
def add(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Add somebody. A person of the same name at another account is offered first: they may be the same."""
    account = own_account(request, account_id, "accounts.change")
    principal: Principal = request.principal  # type: ignore[attr-defined]
    if request.method != "POST":
        initial = {"is_placeholder": request.GET.get("unknown") == "true"}
        return _show(request, account, _form(account, initial=initial))
    form = _form(account, request.POST)
    if form.is_valid():
        values = form.values()
        chosen = request.POST.get("same_person", "")
        same = namesakes(principal, account.pk, values["name"])
        if same and not chosen:
            return _show(request, account, form, namesakes=same)
        known = next((contact.person_id for contact in same if str(contact.person_id) == chosen), None)
        if known is not None:
            values = {name: value for name, value in values.items() if name not in PERSON_FIELDS}
            values["person"] = known
        try:
            contact = contact_add(principal=principal, values={"account": account.pk, **values})
        except ApplicationError as error:
            take_errors(form, error)
        else:
            if request.POST.get("from") != "map":
                messages.success(request, f"{contact.name} is in the buying centre.")
            return _done(request, reverse("buying_center:people", args=[account.pk]))
    describe_errors(form)
    return _show(request, account, form, status=422)


@requires("accounts.view", write="accounts.change")
def edit(request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID) -> HttpResponse:
    """Change somebody. Somebody else's save in between is shown beside one's own, never overwritten."""
    account, contact = own_contact(request, account_id, contact_id)
    roles = roles_of([contact.pk]).get(contact.pk, [])
    before = initial_of(contact, roles, shown_version(contact))
    if request.method != "POST":
        return _show(request, account, _form(account, initial=before, contact=contact), contact)
    form = _form(account, request.POST, contact=contact)
    if form.is_valid():
        try:
            saved = contact_update(
                principal=request.principal,  # type: ignore[attr-defined]
                contact=contact,
                values=form.values(),
                if_match=_seen(contact, form.cleaned_data["version"]),
            )
        except StaleWriteError:
            data = request.POST.copy()
            data["version"] = str(shown_version(contact))
            form.data = data
            conflict = differences(form, contact, roles, shown_version(contact))
            return _show(request, account, form, contact, conflict=conflict, status=409)
        except ApplicationError as error:
            take_errors(form, error)
        else:
            if request.POST.get("from") != "map":
                _offer_undo(request, saved, f"{saved.name} is saved.", {name: before[name] for name in NAMES})
            return _done(request, _back(request, account_id, contact_id))
    describe_errors(form)
    return _show(request, account, form, contact, status=422)


@require_POST
@requires("accounts.view", write="accounts.change")
def leave(request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID) -> HttpResponse:
    """Mark somebody as no longer there; they stay in the list of those who have left."""
    _account, contact = own_contact(request, account_id, contact_id)
    principal: Principal = request.principal  # type: ignore[attr-defined]
    try:
        day = DayField(label="Left on", required=False).clean(request.POST.get("left_on", ""))
        saved = contact_leave(principal=principal, contact=contact, left_on=day)
    except (ApplicationError, ValueError) as error:
        said = getattr(error, "message", None) or "; ".join(getattr(error, "messages", []))
        messages.error(request, f"{contact.name} was not marked. {said}")
        return redirect(_back(request, account_id, contact_id))
    _offer_undo(request, saved, f"{saved.name} is marked as left.", {"left_on": None})
    return redirect("buying_center:people", account_id)


@require_POST
@requires("accounts.view", write="accounts.change")
def back(request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID) -> HttpResponse:
    """Somebody marked as left is there after all."""
    _account, contact = own_contact(request, account_id, contact_id)
    contact_update(
        principal=request.principal,  # type: ignore[attr-defined]
        contact=contact,
        values={"left_on": None},
    )
    messages.success(request, f"{contact.name} is there again.")
    return redirect(_back(request, account_id, contact_id))


@require_POST
@requires("accounts.view", write="accounts.change")
def undo(request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID) -> HttpResponse:
    """Take the last change of somebody back, unless they were changed again since."""
    account, contact = own_contact(request, account_id, contact_id)
    kept: Mapping[str, Any] = request.session.get(f"{UNDO}:{contact_id}") or {}
    if not kept or str(kept["version"]) != request.POST.get("version"):
        messages.error(request, "That change can no longer be taken back.")
        return redirect("buying_center:people", account_id)
    values: dict[str, Any] = dict(kept["values"])
    if "name" in values:
        form = _form(account, {**values, "version": kept["version"]}, contact=contact)
        values = form.values() if form.is_valid() else {}
    try:
        contact_update(
            principal=request.principal,  # type: ignore[attr-defined]
            contact=contact,
            values=values,
            if_match=_seen(contact, kept["version"]),
        )
    except StaleWriteError:
        messages.error(request, f"Somebody changed {contact.name} since. Nothing was taken back.")
    except ApplicationError as error:
        messages.error(request, f"Nothing was taken back. {error.message}")
    else:
        del request.session[f"{UNDO}:{contact_id}"]
        messages.success(request, f"{contact.name} is as before.")
    return redirect(_back(request, account_id, contact_id))


@require_POST
@requires("accounts.view", write="accounts.change")
def delete(request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID) -> HttpResponse:
    """Remove somebody who should never have been there, with lines and grids."""
    _account, contact = own_contact(request, account_id, contact_id)
    name = contact.name
    contact_remove(principal=request.principal, contact=contact)  # type: ignore[attr-defined]
    messages.success(request, f"{name} is removed, with their lines and grids.")
    return redirect("buying_center:people", account_id)


def _form(
    account: Account,
    data: Any = None,
    *,
    initial: Mapping[str, Any] | None = None,
    contact: Contact | None = None,
) -> ContactForm:
    others = contact_list().filter(account_id=account.pk)
    if contact is not None:
        others = others.exclude(pk=contact.pk)
    names = others.order_by("person__name", "id").values_list("id", "person__name")
    return ContactForm(
        data,
        initial=initial,
        people={str(pk): name for pk, name in names},
        team=selling_center_list(account_id=account.pk),
    )


def _seen(contact: Contact, version: Any) -> IfMatch:
    return IfMatch(frozenset({version_tag(contact.pk, version)}))


def _offer_undo(request: HttpRequest, contact: Contact, text: str, values: dict[str, Any]) -> None:
    """Keep what was stored before, so that the next page can offer it back."""
    contact.refresh_from_db()
    contact.person.refresh_from_db()
    version = shown_version(contact)
    plain = {
        name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()
    }
    request.session[f"{UNDO}:{contact.pk}"] = {"values": plain, "version": version}
    url = reverse("buying_center:contact_undo", args=[contact.account_id, contact.pk])
    request.session[UNDO] = {"text": text, "url": url, "version": version}


def _back(request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID) -> str:
    if request.POST.get("from") == "contact":
        return reverse("buying_center:contact_detail", args=[account_id, contact_id])
    return reverse("buying_center:people", args=[account_id])


def _done(request: HttpRequest, url: str) -> HttpResponse:
    """Where to go after a save: the panel asks the browser to load the page, a plain form is sent there.

    Over the map nothing is loaded: it hears that somebody was saved, and has an undo of its own.
    """
    if request.headers.get("HX-Request") and request.POST.get("from") == "map":
        return HttpResponse(status=204, headers={"HX-Trigger": "people:saved"})
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def _show(
    request: HttpRequest,
    account: Account,
    form: ContactForm,
    contact: Contact | None = None,
    *,
    conflict: list[tuple[str, str, str]] | None = None,
    namesakes: list[Contact] | None = None,
    status: int = 200,
) -> HttpResponse:
    in_panel = bool(request.headers.get("HX-Request"))
    if in_panel and status == 409:
        # htmx shows 422 and nothing else of the 400s.
        status = 422
    context = {
        "account": account,
        "form": form,
        "contact": contact,
        "conflict": conflict,
        "namesakes": namesakes,
        "wide": WIDE,
        "helping": helping,
        "came_from": request.GET.get("from", request.POST.get("from", "")),
        "in_panel": in_panel,
        "back": reverse("buying_center:contact_detail", args=[account.pk, contact.pk])
        if contact
        else reverse("buying_center:people", args=[account.pk]),
    }
    template = "buying_center/partials/contact_panel.html" if in_panel else "buying_center/contact_form.html"
    return render(request, template, context, status=status)
