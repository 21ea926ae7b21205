"""The plan of an account: where it stands, its sections, its way from draft to active (K32)."""

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.forms.fields import take_errors
from accounts.selectors.accounts import account_find
from accounts.views.accounts import own_account
from kam.common.errors import ApplicationError
from kam.tenancy.permissions import requires
from kam.tenancy.reference import reference_date
from planning.findings.plans import waiting_finding
from planning.forms.plans import PlanForm, ReturnForm
from planning.models import OPEN_STATES, Plan, PlanState, SectionKey
from planning.selectors.plan_gaps import SectionMark, completeness, section_url
from planning.selectors.plan_layout import BY_KEY, SECTIONS, groups
from planning.selectors.plans import account_plans, plans_waiting
from planning.services.plan_lifecycle import (
    plan_activate,
    plan_approve,
    plan_return,
    plan_submit,
    plan_version_keep,
    plan_withdraw,
)
from planning.services.plan_presence import presence_touch
from planning.services.plans import plan_create, plan_delete, plan_update
from planning.views.plan_common import finding_of, plan_context, principal_of, visible_plan
from planning.views.plan_sections import section_context


@require_safe
@requires("accounts.view")
def account_plan(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """The plan to work on: the one being written, else the approved, else the active one."""
    principal = principal_of(request)
    account = account_find(principal, account_id)
    if account is None:
        raise Http404
    plans = account_plans(principal, account)
    if plans:
        return _show(request, plans[0], plans)
    year = reference_date().year + 1
    initial = {
        "title": f"Account plan {year}",
        "starts_on": datetime.date(year, 1, 1),
        "ends_on": datetime.date(year, 12, 31),
    }
    context = {
        "account": account,
        "form": PlanForm(initial=initial),
        "can_change": principal.can("accounts.change", account),
        "groups": groups(),
    }
    return render(request, "planning/plan_empty.html", context)


CARD = 6


@require_safe
@requires("accounts.view")
def plans_card(request: HttpRequest) -> HttpResponse:
    """The home page's card: plans that wait for this member. Nothing where none does."""
    plans = plans_waiting(principal_of(request))
    if not plans:
        return HttpResponse("")
    context = {
        "plans": plans[:CARD],
        "more": max(len(plans) - CARD, 0),
        "finding": waiting_finding(plans),
    }
    return render(request, "planning/partials/plans_card.html", context)


@require_POST
@requires("accounts.view", write="accounts.change")
def plan_new(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Begin a plan; with `continues` from another one of the account."""
    account = own_account(request, account_id, "accounts.change")
    principal = principal_of(request)
    values: dict[str, Any] = {"account": account.pk}
    if request.POST.get("continues"):
        plans = {str(plan.pk): plan for plan in account_plans(principal, account)}
        before = plans.get(request.POST["continues"])
        if before is None:
            raise Http404
        starts_on = before.ends_on + datetime.timedelta(days=1)
        values |= {"continues": before.pk, "starts_on": starts_on, "title": f"Account plan {starts_on.year}"}
        form = None
    else:
        form = PlanForm(request.POST)
        if form.is_valid():
            values |= form.cleaned_data
    try:
        if form is None or form.is_valid():
            plan = plan_create(principal=principal, values=values)
            messages.success(request, f"“{plan.title}” is begun. Everything you write is saved as you go.")
            return redirect("planning:plan_detail", plan.pk)
    except ApplicationError as error:
        if form is None:
            messages.error(request, error.message)
            return redirect("planning:account_plan", account_id)
        take_errors(form, error)
    context = {"account": account, "form": form, "can_change": True, "groups": groups()}
    return render(request, "planning/plan_empty.html", context, status=422)


@require_safe
@requires("accounts.view")
def plan_detail(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponse:
    """One plan, open at `?section=`."""
    plan = visible_plan(request, plan_id)
    return _show(request, plan, account_plans(principal_of(request), plan.account))


def _show(request: HttpRequest, plan: Plan, plans: list[Plan]) -> HttpResponse:
    context = plan_context(request, plan) | {"plans": plans}
    context["open_plan"] = next((each for each in plans if each.state in OPEN_STATES), None)
    marks = context["marks"]
    context["finding"] = finding_of(plan, context)
    asked = request.GET.get("section", "")
    key = asked if asked in BY_KEY else _first(plan, marks)
    context |= section_context(request, plan, key, context["sections"], open_row=request.GET.get("row", ""))
    context |= _neighbours(plan, key)
    context["mark"] = next(mark for mark in marks if mark.spec.key.value == key)
    context["form"] = PlanForm(
        initial={"title": plan.title, "starts_on": plan.starts_on, "ends_on": plan.ends_on}
    )
    context["return_form"] = ReturnForm()
    return render(request, "planning/plan.html", context)


def _first(plan: Plan, marks: list[SectionMark]) -> str:
    """Where to begin: the weakest section of a draft, else the summary."""
    if plan.state != PlanState.DRAFT or completeness(marks) == 0:
        return SectionKey.SUMMARY.value
    return min(marks, key=lambda mark: mark.score).spec.key.value


def _neighbours(plan: Plan, key: str) -> dict[str, Any]:
    at = next(number for number, spec in enumerate(SECTIONS) if spec.key.value == key)
    before, after = SECTIONS[at - 1] if at else None, SECTIONS[at + 1] if at + 1 < len(SECTIONS) else None
    return {
        "section_number": at + 1,
        "section_count": len(SECTIONS),
        "before": before and {"spec": before, "url": section_url(plan, before.key.value)},
        "after": after and {"spec": after, "url": section_url(plan, after.key.value)},
    }


@require_POST
@requires("accounts.view", write="accounts.change")
def plan_edit(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponse:
    """Rename a draft or move its period."""
    plan = visible_plan(request, plan_id)
    own_account(request, plan.account_id, "accounts.change")
    form = PlanForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was changed. " + "; ".join(_words(form)))
        return redirect("planning:plan_detail", plan_id)
    try:
        plan_update(principal=principal_of(request), plan=plan, values=form.cleaned_data)
    except ApplicationError as error:
        messages.error(request, f"Nothing was changed. {error.message}")
    else:
        messages.success(request, "Name and period are saved.")
    return redirect("planning:plan_detail", plan_id)


def _words(form: PlanForm) -> list[str]:
    return [f"{form.fields[name].label}: {error}" for name, errors in form.errors.items() for error in errors]


STEPS = {
    "submit": (plan_submit, "“{}” is submitted. Whoever may approve it has been told."),
    "withdraw": (plan_withdraw, "“{}” is a draft again."),
    "approve": (plan_approve, "“{}” is approved."),
    "return": (plan_return, "“{}” went back with your comment."),
    "activate": (plan_activate, "“{}” is the active plan now."),
}


@require_POST
@requires("accounts.view")
def plan_step(request: HttpRequest, plan_id: uuid.UUID, step: str) -> HttpResponse:
    """Submit, withdraw, send back, approve or activate. The service decides who may."""
    if step not in STEPS:
        raise Http404
    plan = visible_plan(request, plan_id)
    service, words = STEPS[step]
    values: dict[str, Any] = {}
    if step == "return":
        values["comment"] = request.POST.get("comment", "").replace("\x00", "")
    try:
        service(principal=principal_of(request), plan=plan, **values)  # type: ignore[operator]
    except ApplicationError as error:
        messages.error(request, error.errors[0].message if error.errors else error.message)
    else:
        messages.success(request, words.format(plan.title))
    return redirect("planning:plan_detail", plan_id)


@require_POST
@requires("accounts.view", write="accounts.change")
def plan_keep(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponse:
    """Keep the plan as it stands now as a version."""
    plan = visible_plan(request, plan_id)
    own_account(request, plan.account_id, "accounts.change")
    label = request.POST.get("label", "").replace("\x00", "")[:120]
    try:
        version = plan_version_keep(principal=principal_of(request), plan=plan, label=label)
    except ApplicationError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"Version {version.number} is kept.")
    return redirect("planning:plan_versions", plan_id)


@require_POST
@requires("accounts.view", write="accounts.change")
def plan_remove(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponse:
    """Delete a draft that nobody has submitted."""
    plan = visible_plan(request, plan_id)
    own_account(request, plan.account_id, "accounts.change")
    try:
        plan_delete(principal=principal_of(request), plan=plan)
    except ApplicationError as error:
        messages.error(request, f"Nothing was deleted. {error.message}")
        return redirect("planning:plan_detail", plan_id)
    messages.success(request, f"“{plan.title}” is deleted.")
    return redirect("planning:account_plan", plan.account_id)


@require_POST
@requires("accounts.view")
def plan_presence(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponse:
    """Say in which section this member is (none = gone), and hear where the others are."""
    plan = visible_plan(request, plan_id)
    others = presence_touch(
        principal=principal_of(request),
        plan=plan,
        section=request.POST.get("section", ""),
        typing=request.POST.get("typing") == "true",
    )
    people = [
        {
            "name": each.name,
            "section": each.section,
            "title": BY_KEY[each.section].short,
            "typing": each.typing,
        }
        for each in others
    ]
    return JsonResponse({"people": people})
