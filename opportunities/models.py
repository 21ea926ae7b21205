"""What could be sold next: leads and qualified opportunities (K18, K19; Le Bon & Herman ch. 2)."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models import Account, ProductLine, Segment
from accounts.models.customers import currency_code
from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import VersionedModel, tracked


class Stage(models.TextChoices):
    """The customer's eight buying stages (K18): milestones in this order, and one may step back."""

    NEED_RECOGNITION = "need_recognition", "Need recognition"
    CHARACTERISTIC_DETERMINATION = "characteristic_determination", "Characteristic determination"
    SPECIFICATION_ESTABLISHMENT = "specification_establishment", "Specification establishment"
    POTENTIAL_SOURCE_IDENTIFICATION = "potential_source_identification", "Potential source identification"
    PROPOSAL_REQUESTS = "proposal_requests", "Proposal requests"
    PROPOSAL_EVALUATION = "proposal_evaluation", "Proposal evaluation"
    SUPPLIER_SELECTION = "supplier_selection", "Supplier selection"
    POST_PURCHASE_EVALUATION = "post_purchase_evaluation", "Post-purchase evaluation"


class Status(models.TextChoices):
    """A lead is qualified once CABS is answered yes four times (K19); forecasts count qualified ones only."""

    LEAD = "lead", "Lead"
    QUALIFIED = "qualified", "Qualified"


class Direction(models.TextChoices):
    """Push: we saw the need. Pull: the customer or the environment asked (K19)."""

    PUSH = "push", "Push"
    PULL = "pull", "Pull"


class Answer(models.TextChoices):
    """One letter of CABS."""

    YES = "yes", "Yes"
    NO = "no", "No"
    UNKNOWN = "unknown", "Unknown"


class Outcome(models.TextChoices):
    """How it ended; an open opportunity has none."""

    WON = "won", "Won"
    LOST = "lost", "Lost"
    ABANDONED = "abandoned", "Abandoned"


# Compelling reason, Authority leverage, Budget availability, Supporting allies.
CABS = ("compelling_reason", "authority", "budget", "allies")
_FOUR_YES = Q(**dict.fromkeys(CABS, Answer.YES))


def _letter() -> models.CharField:
    return models.CharField(max_length=7, choices=Answer, default=Answer.UNKNOWN, db_default=Answer.UNKNOWN)


@tracked()
class Opportunity(VersionedModel):
    """One lead or qualified opportunity of an account.

    `amount` in `currency`, for the first year; `expected_margin` and `probability` are ratios; null = not
    known. `product_line` and `segment` (null = the whole account) name the Open Space cell it is about.
    """

    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="opportunities")
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status, default=Status.LEAD, db_default=Status.LEAD)
    compelling_reason = _letter()
    authority = _letter()
    budget = _letter()
    allies = _letter()
    stage = models.CharField(
        max_length=40, choices=Stage, default=Stage.NEED_RECOGNITION, db_default=Stage.NEED_RECOGNITION
    )
    direction = models.CharField(
        max_length=4, choices=Direction, default=Direction.PUSH, db_default=Direction.PUSH
    )
    amount = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(max_length=3, validators=[currency_code])
    expected_margin = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-1.0), MaxValueValidator(1.0)]
    )
    probability = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )
    close_date = models.DateField(null=True, blank=True)
    product_line = TenantForeignKey(
        ProductLine, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    segment = TenantForeignKey(Segment, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    competitor = models.CharField(max_length=120, blank=True)
    notes = models.TextField(blank=True, max_length=8000)
    owner = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    outcome_reason = models.TextField(blank=True, max_length=2000)
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="opportunity_has_name"),
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="opportunity_stage"),
            models.CheckConstraint(condition=Q(direction__in=Direction.values), name="opportunity_direction"),
            models.CheckConstraint(
                condition=Q(status=Status.LEAD) | (Q(status=Status.QUALIFIED) & _FOUR_YES),
                name="opportunity_qualified_is_four_yes",
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0), name="opportunity_amount"
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="opportunity_currency_code"
            ),
            models.CheckConstraint(
                condition=Q(probability__isnull=True) | Q(probability__gte=0, probability__lte=1),
                name="opportunity_probability",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", closed_on__isnull=True)
                | Q(outcome__in=Outcome.values, closed_on__isnull=False),
                name="opportunity_closed_with_outcome",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "account"], name="opportunity_account_idx"),
            models.Index(fields=["tenant", "outcome", "close_date"], name="opportunity_close_idx"),
            models.Index(fields=["tenant", "owner"], name="opportunity_owner_idx"),
            models.Index(fields=["tenant", "product_line"], name="opportunity_line_idx"),
            models.Index(fields=["tenant", "segment"], name="opportunity_segment_idx"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def stage_number(self) -> int:
        """1 to 8."""
        return Stage.values.index(self.stage) + 1


@tracked()
class StepResource(VersionedModel):
    """What of ours a buying stage usually needs, the tenant's own table (K11, LH fig. 1.6, BANK D7–D8).

    A tenant without rows has the bank's. `is_person` false: trial products, promotional material, equipment.
    """

    stage = models.CharField(max_length=40, choices=Stage)
    resource = models.CharField(max_length=120)
    is_person = models.BooleanField(default=True, db_default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "stage", "resource"], name="stepresource_once"),
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="stepresource_stage"),
            models.CheckConstraint(condition=~Q(resource=""), name="stepresource_has_name"),
        ]

    def __str__(self) -> str:
        return self.resource
