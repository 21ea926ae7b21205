"""Account plans: the plan, its sections, what a review says about them, and versions that cannot change (K32)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.models import Account
from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import TenantModel, VersionedModel, tracked


class PlanState(models.TextChoices):
    """The life cycle of K32. A plan that was sent back is a draft again."""

    DRAFT = "draft", "Draft"
    IN_REVIEW = "in_review", "In review"
    APPROVED = "approved", "Approved"
    ACTIVE = "active", "Active"
    SUPERSEDED = "superseded", "Superseded"


class SectionKey(models.TextChoices):
    """The sections of K32 with the fields of BANK H3, in the order in which a plan is read."""

    SUMMARY = "summary", "In short"
    PROFILE = "profile", "Profile"
    BUYING_CENTRE = "buying_centre", "Buying centre"
    SWOT = "swot", "Strengths, weaknesses, opportunities, threats"
    PEST = "pest", "The customer's world and strategy"
    SUCCESS_FACTORS = "success_factors", "Critical success factors"
    REFLECTION = "reflection", "Strategic reflection"
    OBJECTIVES = "objectives", "Objectives"
    OPEN_SPACE = "open_space", "Open Space"
    VALUE = "value", "Value"
    OPPORTUNITIES = "opportunities", "Opportunities"
    INITIATIVES = "initiatives", "Initiatives and solutions to validate"
    ACTIONS = "actions", "Strategies and actions"
    NEXT_STEPS = "next_steps", "Next steps"
    MEETINGS = "meetings", "Meetings"
    PROGRESS_MEETINGS = "progress_meetings", "Progress meetings"
    RISKS = "risks", "Risks"
    RESOURCES = "resources", "Resources"
    TARGETS = "targets", "Financial targets"
    REVIEWERS = "reviewers", "Review rhythm and reviewers"


OPEN_STATES = (PlanState.DRAFT, PlanState.IN_REVIEW)
_DECIDED = (PlanState.APPROVED, PlanState.ACTIVE, PlanState.SUPERSEDED)


def _member(*, protect: bool = False) -> TenantForeignKey:
    """A member of ours. `protect`: they stand for a decision and cannot be taken out of it."""
    on_delete = models.PROTECT if protect else models.SET_NULL
    return TenantForeignKey(
        "tenancy.Membership", on_delete=on_delete, null=True, blank=True, related_name="+"
    )


@tracked()
class Plan(VersionedModel):
    """One plan of one account for one period. At most one is being written and at most one is active.

    `submitted_by` asked for approval last, `approved_by` gave it and is always somebody else. `previous`: the
    plan that this one was continued from.
    """

    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="plans")
    title = models.CharField(max_length=200)
    starts_on = models.DateField()
    ends_on = models.DateField()
    state = models.CharField(
        max_length=10, choices=PlanState, default=PlanState.DRAFT, db_default=PlanState.DRAFT, editable=False
    )
    previous = TenantForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    created_by = _member()
    submitted_by = _member(protect=True)
    submitted_at = models.DateTimeField(null=True, blank=True, editable=False)
    approved_by = _member(protect=True)
    approved_at = models.DateTimeField(null=True, blank=True, editable=False)
    activated_at = models.DateTimeField(null=True, blank=True, editable=False)
    superseded_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="plan_has_title"),
            models.CheckConstraint(condition=Q(state__in=PlanState.values), name="plan_state"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="plan_period"),
            models.CheckConstraint(
                condition=~Q(state=PlanState.IN_REVIEW)
                | Q(submitted_by__isnull=False, submitted_at__isnull=False),
                name="plan_in_review_has_submitter",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=_DECIDED)
                | (
                    Q(submitted_by__isnull=False, approved_by__isnull=False, approved_at__isnull=False)
                    & ~Q(approved_by=F("submitted_by"))
                ),
                name="plan_approved_by_another",
            ),
            models.UniqueConstraint(
                fields=["tenant", "account"],
                condition=Q(state__in=OPEN_STATES),
                name="plan_one_being_written",
            ),
            models.UniqueConstraint(
                fields=["tenant", "account"], condition=Q(state=PlanState.APPROVED), name="plan_one_approved"
            ),
            models.UniqueConstraint(
                fields=["tenant", "account"], condition=Q(state=PlanState.ACTIVE), name="plan_one_active"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "account", "-starts_on"], name="plan_account_idx"),
            models.Index(fields=["tenant", "state"], name="plan_state_idx"),
        ]

    def __str__(self) -> str:
        return self.title


@tracked()
class PlanSection(VersionedModel):
    """What stands in one section of one plan: its text (Markdown). Its version counts its rows' changes too.

    `score` is the share of what the section should hold that is there with substance, `missing` the codes of
    what is not; both follow every write. Null: the section is judged by what other systems know when it is
    read (success factors, objectives, Open Space …).
    """

    plan = TenantForeignKey(Plan, on_delete=models.CASCADE, related_name="sections")
    key = models.CharField(max_length=20, choices=SectionKey)
    text = models.TextField(blank=True, max_length=20_000)
    score = models.FloatField(null=True, blank=True, editable=False)
    missing: ArrayField = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, editable=False
    )
    changed_by = _member()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "plan", "key"], name="plansection_unique"),
            models.CheckConstraint(condition=Q(key__in=SectionKey.values), name="plansection_key"),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=1), name="plansection_score"
            ),
        ]

    def __str__(self) -> str:
        return self.get_key_display()


@tracked()
class PlanComment(VersionedModel):
    """What somebody says about a section (or, without a key, the whole plan) while it is written or reviewed."""

    class Kind(models.TextChoices):
        REMARK = "remark", "Remark"
        RETURNED = "returned", "Sent back"

    plan = TenantForeignKey(Plan, on_delete=models.CASCADE, related_name="comments")
    section = models.CharField(max_length=20, choices=SectionKey, blank=True)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.REMARK, db_default=Kind.REMARK)
    body = models.TextField(max_length=4000)
    author = _member()
    resolved_at = models.DateTimeField(null=True, blank=True, editable=False)
    resolved_by = _member()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(body=""), name="plancomment_has_body"),
            models.CheckConstraint(
                condition=Q(section="") | Q(section__in=SectionKey.values), name="plancomment_section"
            ),
            models.CheckConstraint(condition=Q(kind__in=["remark", "returned"]), name="plancomment_kind"),
        ]
        indexes = [models.Index(fields=["tenant", "plan", "created_at"], name="plancomment_plan_idx")]

    def __str__(self) -> str:
        return self.body[:80]


class PlanVersion(TenantModel):
    """A plan as it stood at one moment, whole: own sections and what other systems knew.

    `document` is `planning.selectors.plan_document.PlanDocument` as JSON, `digest` its SHA-256. A trigger refuses
    every change and every deletion, so a plan with a version stays, and its account with it.
    """

    class Reason(models.TextChoices):
        KEPT = "kept", "Kept by hand"
        SUBMITTED = "submitted", "Submitted"
        APPROVED = "approved", "Approved"
        SUPERSEDED = "superseded", "Superseded"

    plan = TenantForeignKey(Plan, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    reason = models.CharField(max_length=10, choices=Reason)
    label = models.CharField(max_length=120, blank=True)
    reference_date = models.DateField()
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    created_by = _member(protect=True)
    created_at = models.DateTimeField(auto_now_add=True, db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "plan", "number"], name="planversion_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="planversion_counts_from_one"),
            models.CheckConstraint(
                condition=Q(reason__in=["kept", "submitted", "approved", "superseded"]),
                name="planversion_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"Version {self.number}"
