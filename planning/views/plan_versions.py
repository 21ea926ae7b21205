"""A plan whole and at other moments: read, versions, comparison, what changed (K32)."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from kam.tenancy.permissions import requires
from planning.models import Plan, PlanVersion
from planning.selectors.plan_changes import plan_changes, since_choices
from planning.selectors.plan_compare import compare
from planning.selectors.plan_document import PlanDocument, plan_document
from planning.selectors.plan_gaps import section_url
from planning.selectors.plan_layout import SECTIONS
from planning.selectors.plans import plan_versions
from planning.views.plan_common import principal_of, visible_plan

NOW = "now"


@require_safe
@requires("accounts.view")
def plan_read(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponse:
    """The plan as a document; each section loads as it comes into sight, the others soon after."""
    plan = visible_plan(request, plan_id)
    parts = [(spec, section_url(plan, spec.key.value)) for spec in SECTIONS]
    return render(request, "planning/plan_read.html", {"plan": plan, "account": plan.account, "parts": parts})


@require_safe
@requires("accounts.view")
def plan_read_section(request: HttpRequest, plan_id: uuid.UUID, key: str) -> HttpResponse:
    """One section of the document."""
    plan = visible_plan(request, plan_id)
    if key not in {spec.key.value for spec in SECTIONS}:
        raise Http404
    document = plan_document(principal=principal_of(request), plan=plan, keys=[key])
    context = {
        "plan": plan,
        "account": plan.account,
        "document": document,
        "part": document.sections[0],
        "level": 2,
    }
    is_htmx = request.headers.get("HX-Request") == "true"
    template = "planning/partials/document_section.html" if is_htmx else "planning/plan_read_section.html"
    return render(request, template, context)


@require_safe
@requires("accounts.view")
def plan_versions_page(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponse:
    """The kept versions, and which two to compare."""
    plan = visible_plan(request, plan_id)
    versions = list(plan_versions(plan))
    context = {
        "plan": plan,
        "account": plan.account,
        "versions": versions,
        "can_change": principal_of(request).can("accounts.change", plan),
    }
    return render(request, "planning/plan_versions.html", context)


@require_safe
@requires("accounts.view")
def plan_version(request: HttpRequest, plan_id: uuid.UUID, number: int) -> HttpResponse:
    """A version whole, as it was kept."""
    plan = visible_plan(request, plan_id)
    version = _version(plan, str(number))
    context = {
        "plan": plan,
        "account": plan.account,
        "version": version,
        "document": plan_document(principal=principal_of(request), plan=plan, version=version),
    }
    return render(request, "planning/plan_version.html", context)


@require_safe
@requires("accounts.view")
def plan_compare(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponse:
    """Two states section by section: `?old=` and `?new=`, each a version's number or "now"."""
    plan = visible_plan(request, plan_id)
    versions = list(plan_versions(plan))
    old = request.GET.get("old") or (str(versions[0].number) if versions else NOW)
    new = request.GET.get("new") or NOW
    before, after = _document(request, plan, old), _document(request, plan, new)
    sections = compare(before, after)
    context: dict[str, Any] = {
        "plan": plan,
        "account": plan.account,
        "versions": versions,
        "old": old,
        "new": new,
        "before": before,
        "after": after,
        "differing": [section for section in sections if section.differs],
        "same": [section for section in sections if not section.differs],
        "count": sum(section.count for section in sections),
    }
    return render(request, "planning/plan_compare.html", context)


def _document(request: HttpRequest, plan: Plan, which: str) -> PlanDocument:
    version = None if which == NOW else _version(plan, which)
    return plan_document(principal=principal_of(request), plan=plan, version=version)


def _version(plan: Plan, number: str) -> PlanVersion:
    if not number.isascii() or not number.isdigit() or len(number) > 6:
        raise Http404
    found = PlanVersion.objects.filter(tenant_id=plan.tenant_id, plan_id=plan.pk, number=int(number)).first()
    if found is None:
        raise Http404
    return found


@require_safe
@requires("accounts.view")
def plan_changes_page(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponse:
    """What changed since the last review (or `?since=` approval, month, start), from the audit trail."""
    plan = visible_plan(request, plan_id)
    choices = since_choices(plan, now=timezone.now())
    since = next((each for each in choices if each.key == request.GET.get("since")), choices[0])
    sections = plan_changes(plan, since.at)
    context = {
        "plan": plan,
        "account": plan.account,
        "choices": choices,
        "since": since,
        "changed": sections,
        "count": sum(len(section.things) for section in sections),
    }
    return render(request, "planning/plan_changes.html", context)
