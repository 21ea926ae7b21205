"""What every page and fragment of a plan begins with."""

import uuid
from typing import Any

from django.db.models import Count, Q
from django.http import Http404, HttpRequest
from django.utils import timezone

from kam.tenancy.access import Principal
from planning.findings.plans import Work, plan_finding
from planning.models import ActionStatus, Plan, PlanAction, PlanState
from planning.selectors.plan_gaps import completeness, section_marks, section_url
from planning.selectors.plan_layout import groups
from planning.selectors.plan_standing import plan_standing
from planning.selectors.plans import open_comment_counts, plan_find, plan_sections


def principal_of(request: HttpRequest) -> Principal:
    """Who asks."""
    found: Principal = request.principal  # type: ignore[attr-defined]
    return found


def visible_plan(request: HttpRequest, plan_id: uuid.UUID) -> Plan:
    """The plan that a path names. Raises Http404."""
    plan = plan_find(principal_of(request), plan_id)
    if plan is None:
        raise Http404
    return plan


def plan_context(request: HttpRequest, plan: Plan) -> dict[str, Any]:
    """What the page and every fragment of it show about the whole plan. Three queries."""
    principal = principal_of(request)
    sections = plan_sections(plan)
    marks = section_marks(plan, sections, plan_standing(plan.account))
    comments = open_comment_counts(plan)
    by_key = {mark.spec.key.value: mark for mark in marks}
    can_change = principal.can("accounts.change", plan)
    return {
        "plan": plan,
        "account": plan.account,
        "sections": sections,
        "marks": marks,
        "completeness": completeness(marks),
        "open_comments": sum(comments.values()),
        "toc": [
            (
                group,
                [
                    {
                        "mark": by_key[spec.key.value],
                        "url": section_url(plan, spec.key.value),
                        "comments": comments.get(spec.key.value, 0),
                    }
                    for spec in specs
                ],
            )
            for group, specs in groups()
        ],
        "can_change": can_change,
        "can_comment": principal.can("plans.comment"),
        "can_decide": principal.can("plans.approve")
        and plan.state == PlanState.IN_REVIEW
        and plan.submitted_by_id != principal.member.pk,
        "own_submission": plan.state == PlanState.IN_REVIEW and plan.submitted_by_id == principal.member.pk,
        "can_activate": plan.state == PlanState.APPROVED and (can_change or principal.can("plans.approve")),
        "can_rename": can_change and plan.state == PlanState.DRAFT,
    }


def finding_of(plan: Plan, context: dict[str, Any]) -> str:
    """The sentence above the plan, from what `plan_context` gathered. One query."""
    return plan_finding(plan, context["marks"], comments=context["open_comments"], work=_work(plan))


def _work(plan: Plan) -> Work:
    today = timezone.localdate()
    found = PlanAction.objects.filter(tenant_id=plan.tenant_id, plan_id=plan.pk).aggregate(
        total=Count("id", filter=~Q(status=ActionStatus.DROPPED)),
        done=Count("id", filter=Q(status=ActionStatus.DONE)),
        late=Count("id", filter=Q(status__in=[ActionStatus.OPEN, ActionStatus.DOING], due_on__lt=today)),
    )
    return Work(**found)
