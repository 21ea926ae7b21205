"""The structured parts of a plan's sections, each in a table of its own (K32, BANK H3)."""

import datetime

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import VersionedModel, tracked
from planning.models.objectives import Objective
from planning.models.plans import Plan, SectionKey

MAX_QUESTIONS = 3
_FIVE = [MinValueValidator(1), MaxValueValidator(5)]


class PlanRow(VersionedModel):
    """A row of a section: its plan, its place, and who changed it last."""

    plan = TenantForeignKey(Plan, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    changed_by = TenantForeignKey(
        "tenancy.Membership",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )

    class Meta:
        abstract = True


def _owner() -> TenantForeignKey:
    return TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )


class Quadrant(models.TextChoices):
    """Where an entry of the two boards stands: SWOT (Le Bon & Herman ch. 2) and PEST (Brown)."""

    STRENGTH = "strength", "Strengths"
    WEAKNESS = "weakness", "Weaknesses"
    OPPORTUNITY = "opportunity", "Opportunities"
    THREAT = "threat", "Threats"
    POLITICAL = "political", "Political"
    ECONOMIC = "economic", "Economic"
    SOCIAL = "social", "Social"
    TECHNOLOGICAL = "technological", "Technological"


SWOT = (Quadrant.STRENGTH, Quadrant.WEAKNESS, Quadrant.OPPORTUNITY, Quadrant.THREAT)
PEST = (Quadrant.POLITICAL, Quadrant.ECONOMIC, Quadrant.SOCIAL, Quadrant.TECHNOLOGICAL)


@tracked()
class PlanEntry(PlanRow):
    """One line of a SWOT or PEST board; `evidence` is how we know."""

    quadrant = models.CharField(max_length=14, choices=Quadrant)
    text = models.CharField(max_length=500)
    evidence = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="planentry_has_text"),
            models.CheckConstraint(condition=Q(quadrant__in=Quadrant.values), name="planentry_quadrant"),
        ]
        indexes = [models.Index(fields=["tenant", "plan", "quadrant", "position"], name="planentry_plan_idx")]

    def __str__(self) -> str:
        return self.text


class ActionStatus(models.TextChoices):
    OPEN = "open", "Open"
    DOING = "doing", "In progress"
    DONE = "done", "Done"
    DROPPED = "dropped", "Dropped"


@tracked()
class PlanAction(PlanRow):
    """Something to do: an action of a strategy (PLN-13), or a next step with people of both sides (PLN-9)."""

    section = models.CharField(
        max_length=20, choices=[(key.value, key.label) for key in (SectionKey.ACTIONS, SectionKey.NEXT_STEPS)]
    )
    text = models.CharField(max_length=500)
    owner = _owner()
    counterpart = models.CharField(max_length=150, blank=True)
    due_on = models.DateField(null=True, blank=True)
    status = models.CharField(
        max_length=8, choices=ActionStatus, default=ActionStatus.OPEN, db_default=ActionStatus.OPEN
    )
    done_on = models.DateField(null=True, blank=True, editable=False)
    objective = TenantForeignKey(
        Objective, on_delete=models.SET_NULL, null=True, blank=True, related_name="actions"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="planaction_has_text"),
            models.CheckConstraint(
                condition=Q(section__in=["actions", "next_steps"]), name="planaction_section"
            ),
            models.CheckConstraint(condition=Q(status__in=ActionStatus.values), name="planaction_status"),
            models.CheckConstraint(
                condition=Q(status="done", done_on__isnull=False)
                | ~Q(status="done") & Q(done_on__isnull=True),
                name="planaction_done_has_day",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "plan", "section", "position"], name="planaction_plan_idx"),
            models.Index(fields=["tenant", "owner", "due_on"], name="planaction_owner_idx"),
            models.Index(fields=["tenant", "objective"], name="planaction_objective_idx"),
        ]

    def __str__(self) -> str:
        return self.text

    def overdue(self, today: datetime.date) -> bool:
        """Whether it should have been done before `today` and is not."""
        return (
            self.due_on is not None
            and self.due_on < today
            and self.status in (ActionStatus.OPEN, ActionStatus.DOING)
        )


@tracked()
class PlanMeeting(PlanRow):
    """A meeting with the customer: goal, two or three deep questions, what to learn, what came of it (PLN-5 – 7).

    Of progress meetings (PLN-16) `attendees` names who comes, senior managers included.
    """

    section = models.CharField(
        max_length=20,
        choices=[(key.value, key.label) for key in (SectionKey.MEETINGS, SectionKey.PROGRESS_MEETINGS)],
    )
    title = models.CharField(max_length=200)
    held_on = models.DateField(null=True, blank=True)
    attendees = models.CharField(max_length=500, blank=True)
    goal = models.TextField(blank=True, max_length=2000)
    questions: ArrayField = ArrayField(
        models.CharField(max_length=500), default=list, blank=True, size=MAX_QUESTIONS
    )
    to_learn = models.TextField(blank=True, max_length=2000)
    outcome = models.TextField(blank=True, max_length=4000)
    next_steps = models.TextField(blank=True, max_length=2000)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="planmeeting_has_title"),
            models.CheckConstraint(
                condition=Q(section__in=["meetings", "progress_meetings"]), name="planmeeting_section"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "plan", "section", "held_on"], name="planmeeting_plan_idx")]

    def __str__(self) -> str:
        return self.title


@tracked()
class PlanRisk(PlanRow):
    """What could go wrong: likelihood and impact 1–5 (null = not judged), and what we do about it."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    text = models.CharField(max_length=500)
    likelihood = models.PositiveSmallIntegerField(null=True, blank=True, validators=_FIVE)
    impact = models.PositiveSmallIntegerField(null=True, blank=True, validators=_FIVE)
    answer = models.CharField(max_length=500, blank=True)
    owner = _owner()
    status = models.CharField(max_length=6, choices=Status, default=Status.OPEN, db_default=Status.OPEN)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="planrisk_has_text"),
            models.CheckConstraint(condition=Q(status__in=["open", "closed"]), name="planrisk_status"),
            models.CheckConstraint(
                condition=(Q(likelihood__isnull=True) | Q(likelihood__range=(1, 5)))
                & (Q(impact__isnull=True) | Q(impact__range=(1, 5))),
                name="planrisk_one_to_five",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "plan", "position"], name="planrisk_plan_idx")]

    def __str__(self) -> str:
        return self.text

    @property
    def weight(self) -> int | None:
        """Likelihood × impact, 1–25; None while either is not judged."""
        if self.likelihood is None or self.impact is None:
            return None
        return self.likelihood * self.impact


@tracked()
class PlanResource(PlanRow):
    """What the plan needs: people's days, money per year in the base currency, or something else (K11, D8)."""

    class Kind(models.TextChoices):
        PEOPLE = "people", "People"
        MONEY = "money", "Money"
        OTHER = "other", "Other"

    class Status(models.TextChoices):
        ASKED = "asked", "Asked for"
        PROMISED = "promised", "Promised"
        REFUSED = "refused", "Refused"

    text = models.CharField(max_length=300)
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.PEOPLE, db_default=Kind.PEOPLE)
    days = models.PositiveIntegerField(null=True, blank=True, validators=[MaxValueValidator(100_000)])
    amount = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    provider = models.CharField(max_length=150, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.ASKED, db_default=Status.ASKED)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="planresource_has_text"),
            models.CheckConstraint(
                condition=Q(kind__in=["people", "money", "other"]), name="planresource_kind"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["asked", "promised", "refused"]), name="planresource_status"
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0), name="planresource_amount"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "plan", "position"], name="planresource_plan_idx")]

    def __str__(self) -> str:
        return self.text


@tracked()
class PlanTarget(PlanRow):
    """What we want to reach in one fiscal year, in the base currency. The ledger says what was reached.

    A fiscal year is named after the calendar year in which it starts.
    """

    class Measure(models.TextChoices):
        NET_SALES = "net_sales", "Net sales"
        GROSS_MARGIN = "gross_margin", "Gross margin"
        CONTRIBUTION = "contribution", "Contribution margin"

    year = models.PositiveSmallIntegerField(validators=[MinValueValidator(1990), MaxValueValidator(2200)])
    measure = models.CharField(
        max_length=12, choices=Measure, default=Measure.NET_SALES, db_default=Measure.NET_SALES
    )
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "plan", "year", "measure"], name="plantarget_unique"),
            models.CheckConstraint(condition=Q(year__range=(1990, 2200)), name="plantarget_year"),
            models.CheckConstraint(
                condition=Q(measure__in=["net_sales", "gross_margin", "contribution"]),
                name="plantarget_measure",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_measure_display()} {self.year}"


@tracked()
class PlanInitiative(PlanRow):
    """An initiative foreseen at the customer and what we could offer for it, to be validated with them (PLN-8)."""

    class Status(models.TextChoices):
        TO_VALIDATE = "to_validate", "To be validated"
        VALIDATED = "validated", "Validated"
        REFUTED = "refuted", "Refuted"

    text = models.CharField(max_length=500)
    solution = models.CharField(max_length=500, blank=True)
    status = models.CharField(
        max_length=11, choices=Status, default=Status.TO_VALIDATE, db_default=Status.TO_VALIDATE
    )
    validated_with = models.CharField(max_length=200, blank=True)
    validated_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="planinitiative_has_text"),
            models.CheckConstraint(
                condition=Q(status__in=["to_validate", "validated", "refuted"]), name="planinitiative_status"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "plan", "position"], name="planinitiative_plan_idx")]

    def __str__(self) -> str:
        return self.text


@tracked()
class PlanReviewer(PlanRow):
    """Who looks at the plan regularly, with us or at the customer (PLN-15)."""

    class Side(models.TextChoices):
        OURS = "ours", "With us"
        CUSTOMER = "customer", "At the customer"

    side = models.CharField(max_length=8, choices=Side, default=Side.OURS, db_default=Side.OURS)
    name = models.CharField(max_length=150)
    function = models.CharField(max_length=150, blank=True)
    looks_at = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="planreviewer_has_name"),
            models.CheckConstraint(condition=Q(side__in=["ours", "customer"]), name="planreviewer_side"),
        ]
        indexes = [models.Index(fields=["tenant", "plan", "position"], name="planreviewer_plan_idx")]

    def __str__(self) -> str:
        return self.name
