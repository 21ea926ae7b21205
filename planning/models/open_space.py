"""Open Space (K6) and what stands in where nobody has entered a potential (K4)."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models import Account, ProductLine, Segment, SuccessFactor
from kam.tenancy.fields import TenantForeignKey, TenantReference
from kam.tenancy.models import TenantModel, VersionedModel, tracked
from opportunities.models import Opportunity


class Position(models.TextChoices):
    """Who is better placed in a cell (K6)."""

    OURS = "ours", "Ours"
    CONTESTED = "contested", "Contested"
    COMPETITOR = "competitor", "Competitor"
    UNKNOWN = "unknown", "Unknown"


class GrowthType(models.TextChoices):
    """Where growth in a cell would come from (K4, K5)."""

    UP_SELL = "up_sell", "Up-sell"
    CROSS_SELL = "cross_sell", "Cross-sell"
    CO_CREATION = "co_creation", "Co-creation"


@tracked(by_statement=True)
class OpenSpaceCell(VersionedModel):
    """What people entered about one segment × product line of one account.

    `segment` null = the whole-account row. `potential` is per year in the base currency; `probability` is a
    ratio, null = the tenant's default. Current sales are never stored here: they come from the ledger.
    """

    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="open_space")
    segment = TenantForeignKey(Segment, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    product_line = TenantForeignKey(ProductLine, on_delete=models.CASCADE, related_name="+")
    potential = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    probability = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )
    competitor = models.CharField(max_length=120, blank=True)
    position = models.CharField(max_length=12, choices=Position, default=Position.UNKNOWN)
    contract_end = models.DateField(null=True, blank=True)
    growth_type_override = models.CharField(max_length=12, choices=GrowthType, blank=True)
    note = models.TextField(blank=True, max_length=4000)
    owner = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    opportunity = TenantForeignKey(
        Opportunity, on_delete=models.SET_NULL, null=True, blank=True, related_name="cells"
    )
    changed_by = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "segment", "product_line"],
                nulls_distinct=False,
                name="openspacecell_unique",
            ),
            models.CheckConstraint(
                condition=Q(potential__isnull=True) | Q(potential__gte=0), name="openspacecell_potential"
            ),
            models.CheckConstraint(
                condition=Q(probability__isnull=True) | Q(probability__gte=0, probability__lte=1),
                name="openspacecell_probability",
            ),
            models.CheckConstraint(condition=Q(position__in=Position.values), name="openspacecell_position"),
        ]
        indexes = [
            models.Index(fields=["tenant", "product_line"], name="openspacecell_line_idx"),
            models.Index(fields=["tenant", "opportunity"], name="openspacecell_opportunity_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.product_line.name}, {self.segment.name if self.segment else 'whole account'}"


@tracked()
class OpenSpaceCellFactor(TenantModel):
    """A cell serves a critical success factor of the same account (K6, K12). Links to retired ones stay and
    count no longer."""

    cell = TenantForeignKey(OpenSpaceCell, on_delete=models.CASCADE, related_name="factors")
    factor = TenantForeignKey(SuccessFactor, on_delete=models.CASCADE, related_name="cells")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "cell", "factor"], name="openspacecellfactor_unique")
        ]
        indexes = [models.Index(fields=["tenant", "factor"], name="openspacecellfactor_factor_idx")]


class PeerPotential(TenantModel):
    """What comparable accounts buy of a product line: the percentile of K4, per year, base currency.

    `industry` "" = all buyers. From these few rows and its own sales every account's estimates follow
    (`planning/selectors/estimates.py`); a stored estimate per account and line would be hundreds of thousands
    of rows that say nothing more. Written by the recomputation that is published.
    """

    industry = models.CharField(max_length=120, blank=True)
    product_line = TenantReference(ProductLine)
    potential = models.DecimalField(max_digits=30, decimal_places=4)
    buyers = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "industry", "product_line"], name="peerpotential_unique"
            )
        ]
