"""Reads of plans, their sections, comments and versions (K32)."""

import hashlib
import uuid
from collections.abc import Sequence

from django.db.models import Case, Count, IntegerField, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from accounts.models import Account
from accounts.selectors.accounts import of_visible_accounts
from kam.common.api.etag import IfMatch, version_tag
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Role
from planning.models import (
    OPEN_STATES,
    Plan,
    PlanComment,
    PlanSection,
    PlanState,
    PlanVersion,
    SectionKey,
)
from planning.selectors.plan_gaps import own_gaps

# What a person who opens "the plan" of an account wants to see first.
_FIRST = (
    PlanState.DRAFT,
    PlanState.IN_REVIEW,
    PlanState.APPROVED,
    PlanState.ACTIVE,
    PlanState.SUPERSEDED,
)


def plan_visible(principal: Principal) -> "QuerySet[Plan, Plan]":
    """Plans of the accounts this member may see."""
    return of_visible_accounts(Plan.objects.all(), principal)


def plan_find(principal: Principal, plan_id: uuid.UUID) -> Plan | None:
    """One visible plan with its account and the people who decided on it; None for any other id."""
    return _with_people(plan_visible(principal)).filter(pk=plan_id).first()


def account_plans(principal: Principal, account: Account) -> list[Plan]:
    """The plans of an account, the one to be written first, then approved, active, and the latest of the past."""
    order = Case(
        *(When(state=state, then=number) for number, state in enumerate(_FIRST)), output_field=IntegerField()
    )
    rows = _with_people(plan_visible(principal)).filter(account_id=account.pk)
    return list(rows.order_by(order, "-starts_on", "-created_at"))


def plans_waiting(principal: Principal) -> list[Plan]:
    """Plans that this member can bring on: to decide on, to activate, to mend; the longest waiting first.

    Whoever may approve sees what others submitted; the account's owner and lead what was approved or sent back. A plan
    that was sent back has `returned` comments that nobody has settled.
    """
    member = principal.member
    returned = PlanComment.objects.filter(
        tenant_id=principal.tenant.id,
        plan_id=OuterRef("pk"),
        kind=PlanComment.Kind.RETURNED,
        resolved_at__isnull=True,
    )
    own = Q(account__owner_id=member.pk) | Q(account_id__in=principal.team_accounts(lead_only=True))
    wanted = own & (Q(state=PlanState.APPROVED) | Q(state=PlanState.DRAFT, returned__gt=0))
    if principal.can("plans.approve"):
        wanted |= Q(state=PlanState.IN_REVIEW) & ~Q(submitted_by_id=member.pk)
    count = returned.order_by().values("plan_id").annotate(count=Count("id")).values("count")
    rows = _with_people(plan_visible(principal)).annotate(returned=Coalesce(Subquery(count), 0))
    return list(rows.filter(wanted).order_by("submitted_at", "id"))


def _with_people(rows: "QuerySet[Plan, Plan]") -> "QuerySet[Plan, Plan]":
    return rows.select_related("account__owner__user", "submitted_by__user", "approved_by__user")


def plan_sections(plan: Plan) -> dict[str, PlanSection]:
    """All sections of a plan by key, with who changed each last. One query.

    One that the plan does not have yet (it is older than the section) is there unsaved, with version 0.
    """
    rows = PlanSection.objects.select_related("changed_by__user").filter(
        tenant_id=plan.tenant_id, plan_id=plan.pk
    )
    found = {section.key: section for section in rows}
    return {key: found.get(key) or section_blank(plan, key) for key in SectionKey.values}


def section_blank(plan: Plan, key: str) -> PlanSection:
    """An empty section; its id follows from plan and key, so that its entity tag stays the same until it is saved."""
    score, missing = own_gaps(key, "", [])
    return PlanSection(
        id=uuid.uuid5(plan.pk, key),
        tenant_id=plan.tenant_id,
        plan=plan,
        key=key,
        score=score,
        missing=missing,
        version=0,
        updated_at=plan.created_at,
    )


def plan_comments(plan: Plan) -> "QuerySet[PlanComment, PlanComment]":
    """What was said about a plan, the oldest first, with who said it."""
    return (
        PlanComment.objects.select_related("author__user", "resolved_by__user")
        .filter(tenant_id=plan.tenant_id, plan_id=plan.pk)
        .order_by("created_at", "id")
    )


def open_comment_counts(plan: Plan) -> dict[str, int]:
    """Section key ("" = the whole plan) → comments that nobody has settled yet."""
    rows = (
        PlanComment.objects.filter(tenant_id=plan.tenant_id, plan_id=plan.pk, resolved_at__isnull=True)
        .values_list("section")
        .annotate(Count("id"))
    )
    return dict(rows)


def plan_versions(plan: Plan) -> "QuerySet[PlanVersion, PlanVersion]":
    """The versions of a plan, the latest first, without their documents."""
    return (
        PlanVersion.objects.select_related("created_by__user")
        .defer("document")
        .filter(tenant_id=plan.tenant_id, plan_id=plan.pk)
        .order_by("-number")
    )


def version_visible(principal: Principal) -> "QuerySet[PlanVersion, PlanVersion]":
    """Versions of the plans this member may see."""
    tenant_id = principal.tenant.id
    return PlanVersion.objects.filter(
        tenant_id=tenant_id, plan__tenant_id=tenant_id, plan_id__in=plan_visible(principal).values("id")
    )


def approvers(plan: Plan) -> Sequence[Membership]:
    """Active members whose role may approve this plan: not whoever submitted it."""
    rows = (
        Membership.objects.select_related("user")
        .filter(
            Q(role=Role.ADMIN) | Q(role=Role.EXECUTIVE),
            tenant_id=plan.tenant_id,
            is_active=True,
            user__is_active=True,
        )
        .order_by("user__name", "id")
    )
    return [member for member in rows if member.pk != plan.submitted_by_id]


def is_open(plan: Plan) -> bool:
    """Whether it is still being written or reviewed."""
    return plan.state in OPEN_STATES


def section_tag(section: PlanSection, *, live: str = "") -> str:
    """The strong entity tag of a section: its version and, where it shows other systems, a digest of what they say."""
    tag = version_tag(section.pk, section.version)
    return f'{tag[:-1]}-{live}"' if live else tag


def section_matches(if_match: IfMatch, section: PlanSection) -> bool:
    """Whether a writer has seen the section's own text and rows as they are.

    A write changes nothing of what other systems say, so their part of the tag does not matter to it.
    """
    own = version_tag(section.pk, section.version)
    return if_match.anything or any(tag == own or tag.startswith(f"{own[:-1]}-") for tag in if_match.tags)


def text_digest(text: str) -> str:
    """What a page names to say which text it began with."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
