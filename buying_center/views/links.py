"""What ties one contact to us: connections, engagement plans, the latest activities (K11)."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.forms.compare import compared
from accounts.forms.fields import describe_errors, take_errors
from buying_center.forms.connection import EngagementForm
from buying_center.models import Contact, Engagement
from buying_center.selectors.activities import activities_of
from buying_center.selectors.connections import connection_list, engagement_list, our_side_of
from buying_center.selectors.matrix import Cell
from buying_center.selectors.people import judgements_of
from buying_center.services.engagements import engagement_add, engagement_remove, engagement_update
from buying_center.views.activities import quick_form
from buying_center.views.common import own_contact, visible_contact
from kam.common.api.etag import IfMatch, version_tag
from kam.common.errors import ApplicationError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import member_list

LATEST = 5
NAMES = ("place", "kind", "every_weeks", "next_on", "purpose")


@requires("accounts.view")
@require_safe
def contact_links(request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID) -> HttpResponse:
    """A part of the page of a contact, loaded after it; a page of its own without a script."""
    return _show(request, visible_contact(request, account_id, contact_id))


@require_POST
@requires("accounts.view", write="accounts.change")
def engagement_create(request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID) -> HttpResponse:
    """Plan how we keep in touch with somebody."""
    _account, contact = own_contact(request, account_id, contact_id)
    form = _form(contact, request.POST)
    if form.is_valid():
        try:
            engagement_add(
                principal=request.principal,  # type: ignore[attr-defined]
                values={"contact": contact.pk, **form.values()},
            )
        except ApplicationError as error:
            take_errors(form, error)
        else:
            messages.success(request, f"{contact.name}: the plan is made.")
            return redirect(_back(contact))
    describe_errors(form)
    return _show(request, contact, form=form, status=422)


@requires("accounts.change")
def engagement_edit(
    request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID, engagement_id: uuid.UUID
) -> HttpResponse:
    """Change a plan. Somebody else's save in between is shown beside one's own."""
    _account, contact, plan = _own_plan(request, account_id, contact_id, engagement_id)
    before = {**{name: getattr(plan, name) for name in NAMES}, "place": str(_canonical(contact, plan))}
    if request.method != "POST":
        form = _form(contact, initial={**before, "version": plan.version})
        return _show_plan(request, contact, plan, form)
    form = _form(contact, request.POST)
    if form.is_valid():
        try:
            engagement_update(
                principal=request.principal,  # type: ignore[attr-defined]
                engagement=plan,
                values=form.values(),
                if_match=IfMatch(frozenset({version_tag(plan.pk, form.cleaned_data["version"])})),
            )
        except StaleWriteError:
            data = request.POST.copy()
            data["version"] = str(plan.version)
            form.data = data
            return _show_plan(request, contact, plan, form, compared(form, before, NAMES), 409)
        except ApplicationError as error:
            take_errors(form, error)
        else:
            messages.success(request, f"{contact.name}: the plan is saved.")
            return redirect(_back(contact))
    describe_errors(form)
    return _show_plan(request, contact, plan, form, status=422)


@require_POST
@requires("accounts.view", write="accounts.change")
def engagement_delete(
    request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID, engagement_id: uuid.UUID
) -> HttpResponse:
    """End a plan."""
    _account, contact, plan = _own_plan(request, account_id, contact_id, engagement_id)
    engagement_remove(principal=request.principal, engagement=plan)  # type: ignore[attr-defined]
    messages.success(request, f"{contact.name}: the plan is ended.")
    return redirect(_back(contact))


def _own_plan(
    request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID, engagement_id: uuid.UUID
) -> tuple[Any, Contact, Engagement]:
    account, contact = own_contact(request, account_id, contact_id)
    plan = engagement_list().filter(contact_id=contact.pk, pk=engagement_id).first()
    if plan is None:
        raise Http404
    return account, contact, plan


def _form(contact: Contact, data: Any = None, **options: Any) -> EngagementForm:
    side = our_side_of(contact.account_id, timezone.localdate())
    return EngagementForm(data, humans=side.humans, auto_id="plan_%s", **options)


def _canonical(contact: Contact, plan: Engagement) -> uuid.UUID:
    human = our_side_of(contact.account_id, timezone.localdate()).human_of(plan.place_id)
    return human.id if human is not None else plan.place_id


def _back(contact: Contact) -> str:
    return reverse("buying_center:contact_detail", args=[contact.account_id, contact.pk]) + "#links"


def _show(
    request: HttpRequest, contact: Contact, *, form: EngagementForm | None = None, status: int = 200
) -> HttpResponse:
    principal: Principal = request.principal  # type: ignore[attr-defined]
    today = timezone.localdate()
    side = our_side_of(contact.account_id, today)
    data = {"id": str(contact.pk), "name": contact.name}
    stored = connection_list().select_related("owner__user").filter(contact_id=contact.pk).order_by("id")
    by_human = {}
    for connection in stored:
        human = side.human_of(connection.place_id)
        if human is not None:
            by_human[human.id] = connection
    covered = side.human_of(contact.covered_by_id)
    cells = [Cell(human, data, by_human.get(human.id), covered is human, today) for human in side.humans]
    names = {str(member.pk): member.user.display_name for member in member_list()}
    can_change = principal.can("accounts.change", contact) and contact.person.erased_at is None
    plans = engagement_list().filter(contact_id=contact.pk).order_by("next_on", "id")
    context = {
        "account": contact.account,
        "contact": contact,
        "cells": sorted(cells, key=lambda cell: -(cell.strength or 0)),
        "known": [cell for cell in cells if cell.strength is not None],
        "plans": list(plans),
        "activities": list(activities_of(contact.account_id).filter(people__contact_id=contact.pk)[:LATEST]),
        "judgements": judgements_of(contact.pk, names),
        "form": form or EngagementForm(humans=side.humans, auto_id="plan_%s"),
        "quick": quick_form(contact.account_id, side, today, contacts=[str(contact.pk)]),
        "today": today,
        "can_change": can_change,
        "has_ours": bool(side.humans),
    }
    partial = request.headers.get("HX-Request") and request.method == "GET"
    template = "buying_center/partials/contact_links.html" if partial else "buying_center/contact_links.html"
    return render(request, template, context, status=status)


def _show_plan(
    request: HttpRequest,
    contact: Contact,
    plan: Engagement,
    form: EngagementForm,
    conflict: list[tuple[str, str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "account": contact.account,
        "contact": contact,
        "plan": plan,
        "form": form,
        "conflict": conflict,
        "back": _back(contact),
    }
    return render(request, "buying_center/engagement_form.html", context, status=status)
