"""From draft to active: submit, take back, send back, approve, activate, and keep versions (K32)."""

import hashlib

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from kam.common.api.etag import IfMatch
from kam.common.api.renderers import json_bytes
from kam.common.errors import ConflictError, InvalidInputError, NotAllowedError
from kam.common.saving import lock_row
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership
from kam.tenancy.permissions import authorise
from kam.tenancy.services.notifications import Message, notifications_send
from planning.models import Plan, PlanComment, PlanState, PlanVersion
from planning.selectors.plan_document import plan_document
from planning.selectors.plan_gaps import completeness, section_marks
from planning.selectors.plan_standing import plan_standing
from planning.selectors.plans import approvers, plan_sections

# A plan that says next to nothing is not worth a reviewer's time.
LEAST_COMPLETE = 0.1


@transaction.atomic
def plan_submit(*, principal: Principal, plan: Plan, if_match: IfMatch | None = None) -> Plan:
    """Draft → in review. Keeps a version of what is submitted and tells those who may approve it.

    Raises PermissionDenied, ConflictError (`wrong_state`, `empty`), StaleWriteError.
    """
    row = _lock(principal, plan, if_match)
    authorise(principal, "accounts.change", row)
    _expect(row, PlanState.DRAFT, "Only a draft can be submitted.")
    if completeness(section_marks(row, plan_sections(row), plan_standing(row.account))) < LEAST_COMPLETE:
        raise ConflictError(
            "There is next to nothing in this plan yet. Fill in a section first.", code="empty"
        )
    row.submitted_by, row.submitted_at = principal.member, timezone.now()
    row.approved_by, row.approved_at = None, None
    _move(row, PlanState.IN_REVIEW, "submitted_by", "submitted_at", "approved_by", "approved_at")
    _keep(principal, row, PlanVersion.Reason.SUBMITTED)
    who = principal.member.user.display_name
    _tell(
        [member for member in approvers(row) if member.pk != principal.member.pk],
        row,
        "submitted",
        f"{who} asks you to approve “{row.title}” of {row.account.name}.",
    )
    return row


@transaction.atomic
def plan_withdraw(*, principal: Principal, plan: Plan, if_match: IfMatch | None = None) -> Plan:
    """In review → draft, by the account's own people. Raises as `plan_submit`."""
    row = _lock(principal, plan, if_match)
    authorise(principal, "accounts.change", row)
    _expect(row, PlanState.IN_REVIEW, "Only a plan in review can be taken back.")
    return _move(row, PlanState.DRAFT)


@transaction.atomic
def plan_return(*, principal: Principal, plan: Plan, comment: str, if_match: IfMatch | None = None) -> Plan:
    """In review → draft, by whoever may approve it, with a comment that says what to change.

    Raises InvalidInputError (`comment`), NotAllowedError for one's own submission, ConflictError.
    """
    row = _decide(principal, plan, if_match)
    words = comment.strip()
    if not words:
        raise InvalidInputError.of("comment", "Say what to change, so that it can be changed.", "required")
    if len(words) > 4000:
        raise InvalidInputError.of("comment", "Expected at most 4,000 characters.", "max_length")
    PlanComment.objects.create(
        tenant_id=row.tenant_id,
        plan=row,
        kind=PlanComment.Kind.RETURNED,
        body=words,
        author=principal.member,
    )
    _move(row, PlanState.DRAFT)
    who = principal.member.user.display_name
    _tell_submitter(row, "returned", f"{who} sent “{row.title}” of {row.account.name} back: {words}")
    return row


@transaction.atomic
def plan_approve(*, principal: Principal, plan: Plan, if_match: IfMatch | None = None) -> Plan:
    """In review → approved, never by whoever submitted it. Keeps the version that is approved.

    Raises PermissionDenied, NotAllowedError (`own_submission`), ConflictError, StaleWriteError.
    """
    row = _decide(principal, plan, if_match)
    waiting = Plan.objects.filter(
        tenant_id=row.tenant_id, account_id=row.account_id, state=PlanState.APPROVED
    ).exclude(pk=row.pk)
    if waiting.exists():
        raise ConflictError(
            "Another plan of this account is approved and not active yet. Activate it first.",
            code="approved_waits",
        )
    row.approved_by, row.approved_at = principal.member, timezone.now()
    _move(row, PlanState.APPROVED, "approved_by", "approved_at")
    _keep(principal, row, PlanVersion.Reason.APPROVED)
    who = principal.member.user.display_name
    _tell_submitter(row, "approved", f"{who} approved “{row.title}” of {row.account.name}.")
    return row


@transaction.atomic
def plan_activate(*, principal: Principal, plan: Plan, if_match: IfMatch | None = None) -> Plan:
    """Approved → active; the plan that was active is superseded, and its last state kept as a version.

    The account's own people and those who approve may do it. Raises PermissionDenied, ConflictError.
    """
    row = _lock(principal, plan, if_match)
    if not principal.can("plans.approve"):
        authorise(principal, "accounts.change", row)
    _expect(row, PlanState.APPROVED, "Only an approved plan can be activated.")
    before = (
        Plan.objects.select_for_update(of=("self",), no_key=True)
        .filter(tenant_id=row.tenant_id, account_id=row.account_id, state=PlanState.ACTIVE)
        .first()
    )
    now = timezone.now()
    if before is not None:
        _keep(principal, before, PlanVersion.Reason.SUPERSEDED)
        before.superseded_at = now
        _move(before, PlanState.SUPERSEDED, "superseded_at")
    row.activated_at = now
    return _move(row, PlanState.ACTIVE, "activated_at")


@transaction.atomic
def plan_version_keep(*, principal: Principal, plan: Plan, label: str = "") -> PlanVersion:
    """Keep the plan as it stands now, under a name of at most 120 characters. Raises PermissionDenied."""
    row = _lock(principal, plan, None)
    authorise(principal, "accounts.change", row)
    if len(label) > 120:
        raise InvalidInputError.of("label", "Expected at most 120 characters.", "max_length")
    if row.state == PlanState.SUPERSEDED:
        raise ConflictError("A superseded plan does not change any more.", code="wrong_state")
    return _keep(principal, row, PlanVersion.Reason.KEPT, label.strip())


def _lock(principal: Principal, plan: Plan, if_match: IfMatch | None) -> Plan:
    rows = Plan.objects.filter(tenant_id=principal.tenant.id)
    return lock_row(rows, plan.pk, if_match)


def _decide(principal: Principal, plan: Plan, if_match: IfMatch | None) -> Plan:
    row = _lock(principal, plan, if_match)
    authorise(principal, "plans.approve")
    _expect(row, PlanState.IN_REVIEW, "Only a plan in review can be decided on.")
    if row.submitted_by_id == principal.member.pk:
        raise NotAllowedError(
            "Whoever submitted a plan cannot decide on it. Ask somebody else.", code="own_submission"
        )
    return row


def _expect(row: Plan, state: PlanState, message: str) -> None:
    if row.state != state:
        raise ConflictError(f"{message} This one is {row.get_state_display().lower()}.", code="wrong_state")


def _move(row: Plan, state: PlanState, *fields: str) -> Plan:
    row.state = state
    row.save(update_fields=["state", *fields, "updated_at"])
    row.refresh_from_db(fields=["version"])
    return row


def _keep(principal: Principal, plan: Plan, reason: PlanVersion.Reason, label: str = "") -> PlanVersion:
    document = plan_document(principal=principal, plan=plan)
    number = plan.versions.aggregate(last=Max("number"))["last"] or 0
    data = document.as_json()
    data |= {"version": number + 1, "version_reason": reason.value}
    return PlanVersion.objects.create(
        tenant_id=plan.tenant_id,
        plan=plan,
        number=number + 1,
        reason=reason,
        label=label,
        reference_date=document.reference_date,
        document=data,
        digest=hashlib.sha256(json_bytes(data)).hexdigest(),
        created_by=principal.member,
    )


def _tell(members: list[Membership], plan: Plan, what: str, text: str) -> None:
    url = reverse("planning:plan_detail", args=[plan.pk])
    # A plan that is submitted twice is told twice: its version is part of the key.
    key = f"plan:{plan.pk}:{what}:{plan.version}"
    notifications_send([Message(member, "plan", key, text, url) for member in members])


def _tell_submitter(plan: Plan, what: str, text: str) -> None:
    if plan.submitted_by is not None:
        _tell([plan.submitted_by], plan, what, text)
