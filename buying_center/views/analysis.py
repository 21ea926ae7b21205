"""Entering the grids of a member, their lines, and the roll-up by role group (K13, K15)."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.forms.fields import describe_errors, take_errors
from buying_center.forms.analysis import FORMS, WORDS
from buying_center.models import InfluenceLink
from buying_center.selectors.analysis import (
    GROUPS,
    Analysis,
    analysis_of,
    analysis_visible,
    heat,
    merged,
    need_stage,
    severity,
)
from buying_center.selectors.centre import centre_rows
from buying_center.selectors.people import influence_link_visible
from buying_center.services.analysis import KINDS, analysis_add, analysis_remove, analysis_update
from buying_center.services.contacts import contact_update
from buying_center.services.influence import influence_link_add, influence_link_remove
from buying_center.views.common import own_contact, visible_account
from buying_center.views.contact import contact_context, grid_columns
from kam.common.errors import ApplicationError
from kam.common.formatting import plural
from kam.tenancy.access import Principal
from kam.tenancy.models import Role
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import member_list


def _contact_url(account_id: uuid.UUID, contact_id: uuid.UUID, anchor: str) -> str:
    return f"{reverse('buying_center:contact_detail', args=[account_id, contact_id])}#{anchor}"


@require_POST
@requires("accounts.view", write="accounts.change")
def row_add(request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID, kind: str) -> HttpResponse:
    """Add an entry, a need, a risk or an action; a refusal shows the page with the form as it was typed."""
    _account, contact = own_contact(request, account_id, contact_id)
    if kind not in FORMS:
        raise Http404
    members = [member for member in member_list() if member.is_active and member.role != Role.INTEGRATION]
    form = FORMS[kind](request.POST, members=members, auto_id=f"{kind}_%s")
    if form.is_valid():
        try:
            analysis_add(
                principal=request.principal,  # type: ignore[attr-defined]
                contact=contact,
                kind=kind,
                values=form.values(),
            )
        except ApplicationError as error:
            take_errors(form, error)
        else:
            messages.success(request, f"The {WORDS[kind]} is added.")
            return redirect(_contact_url(account_id, contact_id, kind))
    describe_errors(form)
    context = contact_context(request, contact)
    context["forms"][kind] = form
    return render(request, "buying_center/contact.html", context | {"faulty": kind}, status=422)


@require_POST
@requires("accounts.view", write="accounts.change")
def row_change(
    request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID, kind: str, row_id: uuid.UUID
) -> HttpResponse:
    """Take a row out, or tick an action off (`act`: delete, done, open)."""
    _account, contact = own_contact(request, account_id, contact_id)
    if kind not in KINDS:
        raise Http404
    principal: Principal = request.principal  # type: ignore[attr-defined]
    row = analysis_visible(KINDS[kind], principal).filter(contact_id=contact.pk, pk=row_id).first()
    if row is None:
        raise Http404
    act = request.POST.get("act", "delete")
    if kind == "actions" and act in ("done", "open"):
        day = timezone.localdate() if act == "done" else None
        analysis_update(principal=principal, row=row, values={"done_on": day})
        messages.success(request, "Done." if day else "The action is open again.")
    else:
        analysis_remove(principal=principal, row=row)
        messages.success(request, f"The {WORDS[kind]} is taken out.")
    return redirect(_contact_url(account_id, contact_id, kind))


@require_POST
@requires("accounts.view", write="accounts.change")
def assessment(request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID) -> HttpResponse:
    """Write the assessment; it counts as a re-assessment and sets the next one."""
    _account, contact = own_contact(request, account_id, contact_id)
    try:
        contact_update(
            principal=request.principal,  # type: ignore[attr-defined]
            contact=contact,
            values={"assessment": request.POST.get("assessment", "").replace("\x00", "").strip()},
        )
    except ApplicationError as error:
        messages.error(request, f"The assessment was not saved. {error.message}")
    else:
        messages.success(request, "The assessment is saved.")
    return redirect(_contact_url(account_id, contact_id, "assessment"))


@require_POST
@requires("accounts.view", write="accounts.change")
def line_add(request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID) -> HttpResponse:
    """Draw a line from or to this person."""
    _account, contact = own_contact(request, account_id, contact_id)
    try:
        other = uuid.UUID(request.POST.get("other", ""))
        strength = int(request.POST.get("strength", "3"))
    except ValueError:
        messages.error(request, "No line was drawn. Choose somebody, and a strength from 1 to 5.")
        return redirect(_contact_url(account_id, contact_id, "lines"))
    ends = (contact.pk, other) if request.POST.get("direction") != "in" else (other, contact.pk)
    kind = request.POST.get("kind", InfluenceLink.Kind.INFLUENCE)
    try:
        influence_link_add(
            principal=request.principal,  # type: ignore[attr-defined]
            values={
                "source": ends[0],
                "target": ends[1],
                "kind": kind,
                "topic": request.POST.get("topic", "").replace("\x00", "").strip(),
                "strength": strength,
            },
        )
    except ApplicationError as error:
        reason = error.errors[0].message if error.errors else error.message
        messages.error(request, f"No line was drawn. {reason}")
    else:
        messages.success(request, "The line is drawn.")
    return redirect(_contact_url(account_id, contact_id, "lines"))


@require_POST
@requires("accounts.view", write="accounts.change")
def line_delete(
    request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID, link_id: uuid.UUID
) -> HttpResponse:
    """Take a line away."""
    own_contact(request, account_id, contact_id)
    principal: Principal = request.principal  # type: ignore[attr-defined]
    link = influence_link_visible(principal).filter(account_id=account_id, pk=link_id).first()
    if link is None:
        raise Http404
    influence_link_remove(principal=principal, link=link)
    messages.success(request, "The line is taken away.")
    return redirect(_contact_url(account_id, contact_id, "lines"))


@requires("accounts.view")
def roll_up(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """The grids of buyers, users, deciders and promoters, each over all its members (figs 2.3–2.6)."""
    account = visible_account(request, account_id)
    rows = centre_rows(account.pk)
    here = rows.centre.here
    grids = analysis_of(here)
    groups = []
    for key, title, roles in GROUPS:
        members = [rows.people[who] for who, someone in here.items() if someone.roles & roles]
        whole = merged(grids[row["id"]] for row in members if row["id"] in grids)
        for entry in whole.entries:
            entry.contact_name = rows.people[str(entry.contact_id)]["name"]  # type: ignore[attr-defined]
        groups.append(_group(key, title, members, whole, grids))
    context = {
        "account": account,
        "groups": groups,
        "finding": roll_up_finding(len(here), len([grid for grid in grids.values() if not grid.is_empty])),
    }
    return render(request, "buying_center/roll_up.html", context)


def _group(
    key: str, title: str, members: list[dict[str, Any]], whole: Analysis, grids: dict[str, Analysis]
) -> dict[str, Any]:
    stages = [need_stage(need) for need in whole.needs]
    return {
        "key": key,
        "title": title,
        "members": members,
        "without": [row for row in members if row["id"] not in grids],
        "columns": grid_columns(whole),
        "stages": [(word, stages.count(stage)) for stage, word in _STAGES],
        "needs": [(need, need_stage(need)) for need in whole.needs],
        "heat": heat(whole.risks),
        "risks": [(risk, severity(risk.probability, risk.consequence)) for risk in whole.risks],
        "actions": [action for action in whole.actions if action.done_on is None],
        "is_empty": whole.is_empty,
    }


_STAGES = (("explicit", "explicit"), ("implied", "implied"), ("problem", "problem only"))


def roll_up_finding(people: int, analysed: int) -> str:
    """How much of the centre has been thought through."""
    if not people:
        return "Nobody at this customer is known yet."
    if not analysed:
        return f"Nobody of {plural(people, 'person', 'people')} is analysed yet."
    if analysed == people:
        return f"All {plural(people, 'person', 'people')} are analysed."
    return f"{analysed} of {plural(people, 'person', 'people')} {'is' if analysed == 1 else 'are'} analysed."
