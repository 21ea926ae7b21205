"""What we want to reach with an account, and by when (K5, K17, K26)."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models import Account, Horizon, SuccessFactor
from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import TenantModel, VersionedModel, tracked


class ObjectiveType(models.TextChoices):
    """Retain – grow – gain (K5); key accounts carry retain and grow."""

    RETAIN = "retain", "Retain"
    GROW = "grow", "Grow"
    GAIN = "gain", "Gain"


class GrowthSource(models.TextChoices):
    """The four sources of growth (K5)."""

    ORGANIC = "organic", "Organic"
    UP_SELL = "up_sell", "Up-sell"
    CROSS_SELL = "cross_sell", "Cross-sell"
    CO_CREATION = "co_creation", "Co-creation"


class GrowthMove(models.TextChoices):
    """The three growth moves (K26): complete a solution, add product lines, start joint business."""

    ENHANCE = "enhance", "Enhance"
    EXPAND = "expand", "Expand"
    EXTEND = "extend", "Extend"


class ObjectiveStatus(models.TextChoices):
    OPEN = "open", "Open"
    ACHIEVED = "achieved", "Achieved"
    MISSED = "missed", "Missed"
    DROPPED = "dropped", "Dropped"


@tracked()
class Objective(VersionedModel):
    """One objective of one account.

    `target_amount` is money in the base currency that `measure` counts (“net sales per year with sensors”), to
    be reached by `target_date`; null = the objective is not about money. `owner` is ours. Source of growth
    and move belong to objectives that grow.
    """

    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="objectives")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True, max_length=4000)
    horizon = models.CharField(max_length=8, choices=Horizon)
    type = models.CharField(max_length=8, choices=ObjectiveType)
    growth_source = models.CharField(max_length=12, choices=GrowthSource, blank=True)
    growth_move = models.CharField(max_length=8, choices=GrowthMove, blank=True)
    measure = models.CharField(max_length=200, blank=True)
    target_amount = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    target_date = models.DateField(null=True, blank=True)
    status = models.CharField(
        max_length=10, choices=ObjectiveStatus, default=ObjectiveStatus.OPEN, db_default=ObjectiveStatus.OPEN
    )
    owner = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    position = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="objective_has_title"),
            models.CheckConstraint(condition=Q(horizon__in=Horizon.values), name="objective_horizon"),
            models.CheckConstraint(condition=Q(type__in=ObjectiveType.values), name="objective_type"),
            models.CheckConstraint(condition=Q(status__in=ObjectiveStatus.values), name="objective_status"),
            models.CheckConstraint(
                condition=Q(growth_source="") | Q(growth_source__in=GrowthSource.values, type="grow"),
                name="objective_growth_source",
            ),
            models.CheckConstraint(
                condition=Q(growth_move="") | Q(growth_move__in=GrowthMove.values, type="grow"),
                name="objective_growth_move",
            ),
            models.CheckConstraint(
                condition=Q(target_amount__isnull=True) | Q(target_amount__gte=0), name="objective_target"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "account", "position"], name="objective_account_idx"),
            models.Index(fields=["tenant", "owner"], name="objective_owner_idx"),
        ]

    def __str__(self) -> str:
        return self.title


@tracked()
class ObjectiveFactor(TenantModel):
    """An objective serves a success factor of the same account."""

    objective = TenantForeignKey(Objective, on_delete=models.CASCADE, related_name="factors")
    factor = TenantForeignKey(SuccessFactor, on_delete=models.CASCADE, related_name="objectives")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "objective", "factor"], name="objectivefactor_unique")
        ]
        indexes = [models.Index(fields=["tenant", "factor"], name="objectivefactor_factor_idx")]
