"""The supplier companies, and what each of them has set."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from kam.common.ids import uuid7
from kam.tenancy.fields import UuidV7
from kam.tenancy.models.base import VersionedModel, tracked


class Tenant(models.Model):
    """A supplier company on this installation. Global: it is what the others are isolated by."""

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=UuidV7(), editable=False)
    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=200)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


def _share() -> list:
    return [MinValueValidator(0.0), MaxValueValidator(1.0)]


@tracked()
class TenantSettings(VersionedModel):
    """Everything a tenant may set, with the defaults of DOMAIN K1–K10 and K34. One row per tenant.

    Ratios are numbers (0.85 = 85 %), months and quarters are counts, money is in the base currency.
    """

    class ClvTiming(models.TextChoices):
        RETAINED_END = "retained_end", "Margin at year end, of the customers retained"
        CERTAIN_END = "certain_end", "First margin certain, at year end"
        CERTAIN_NOW = "certain_now", "First margin certain, now"

    class ClvMethod(models.TextChoices):
        RETENTION = "retention", "Retention"
        TREND = "trend", "Trend"
        HISTORIC = "historic", "Historic"
        BUY_TILL_YOU_DIE = "buy_till_you_die", "Buy till you die"

    class CutMethod(models.TextChoices):
        MEDIAN = "median", "Median of the accounts"
        AMOUNT = "amount", "A fixed amount"

    base_currency = models.CharField(max_length=3, default="EUR")
    fiscal_year_start = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    pinned_reference_date = models.DateField(null=True, blank=True)
    pareto_months = models.PositiveSmallIntegerField(
        default=36, validators=[MinValueValidator(1), MaxValueValidator(120)]
    )

    clv_method = models.CharField(max_length=20, choices=ClvMethod, default=ClvMethod.RETENTION)
    clv_timing = models.CharField(max_length=20, choices=ClvTiming, default=ClvTiming.RETAINED_END)
    clv_retention = models.FloatField(default=0.85, validators=_share())
    clv_discount_rate = models.FloatField(
        default=0.10, validators=[MinValueValidator(0.0), MaxValueValidator(5.0)]
    )
    clv_growth = models.FloatField(default=0.0, validators=[MinValueValidator(-0.99), MaxValueValidator(5.0)])
    clv_horizon_years = models.PositiveSmallIntegerField(
        default=5, null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )

    potential_probability_entered = models.FloatField(default=0.5, validators=_share())
    potential_probability_estimated = models.FloatField(default=0.25, validators=_share())
    potential_estimates_enabled = models.BooleanField(default=True)
    potential_estimate_percentile = models.FloatField(
        default=75.0, validators=[MinValueValidator(1.0), MaxValueValidator(99.0)]
    )
    potential_estimate_min_peers = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(2), MaxValueValidator(1000)]
    )

    position_factor_ours = models.FloatField(default=1.0, validators=_share())
    position_factor_unknown = models.FloatField(default=0.8, validators=_share())
    position_factor_contested = models.FloatField(default=0.6, validators=_share())
    position_factor_competitor = models.FloatField(default=0.4, validators=_share())

    loyalty_tenure_months = models.PositiveSmallIntegerField(
        default=24, validators=[MinValueValidator(1), MaxValueValidator(240)]
    )
    loyalty_active_share = models.FloatField(default=0.75, validators=_share())
    loyalty_quarters = models.PositiveSmallIntegerField(
        default=12, validators=[MinValueValidator(1), MaxValueValidator(80)]
    )
    profitability_hurdle = models.FloatField(
        default=0.0, validators=[MinValueValidator(-1.0), MaxValueValidator(1.0)]
    )

    volume_class_a = models.FloatField(default=0.80, validators=_share())
    volume_class_b = models.FloatField(default=0.95, validators=_share())

    matrix_cut_method = models.CharField(max_length=10, choices=CutMethod, default=CutMethod.MEDIAN)
    matrix_cut_present = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    matrix_cut_potential = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)

    kam_reads_all_accounts = models.BooleanField(default=True)
    kam_account_limit = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    review_quarterly_months = models.PositiveSmallIntegerField(
        default=3, db_default=3, validators=[MinValueValidator(1), MaxValueValidator(24)]
    )
    review_selection_months = models.PositiveSmallIntegerField(
        default=12, db_default=12, validators=[MinValueValidator(1), MaxValueValidator(36)]
    )
    review_members_months = models.PositiveSmallIntegerField(
        default=6, db_default=6, validators=[MinValueValidator(1), MaxValueValidator(24)]
    )
    review_reminder_days = models.PositiveSmallIntegerField(
        default=7, db_default=7, validators=[MinValueValidator(0), MaxValueValidator(60)]
    )
    person_retention_months = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(600)]
    )
    nightly_recompute = models.BooleanField(default=True)
    nightly_hour = models.PositiveSmallIntegerField(default=2, validators=[MaxValueValidator(23)])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="tenantsettings_one_per_tenant"),
            models.CheckConstraint(
                condition=Q(base_currency__regex=r"^[A-Z]{3}$"), name="tenantsettings_currency"
            ),
            models.CheckConstraint(
                condition=Q(fiscal_year_start__gte=1, fiscal_year_start__lte=12),
                name="tenantsettings_fiscal_month",
            ),
            models.CheckConstraint(
                condition=Q(clv_retention__gte=0, clv_retention__lte=1, clv_discount_rate__gte=0),
                name="tenantsettings_clv_rates",
            ),
            models.CheckConstraint(
                condition=Q(volume_class_a__lt=models.F("volume_class_b")),
                name="tenantsettings_volume_classes",
            ),
            models.CheckConstraint(
                condition=~Q(matrix_cut_method="amount")
                | Q(matrix_cut_present__isnull=False, matrix_cut_potential__isnull=False),
                name="tenantsettings_cut_amounts",
            ),
        ]

    def __str__(self) -> str:
        return "Thresholds"

    def clean(self) -> None:
        """The rules over several fields, named for a person (the database holds them too)."""
        if self.volume_class_a >= self.volume_class_b:
            raise ValidationError({"volume_class_b": "Class B must reach further than class A."})
        if self.matrix_cut_method == self.CutMethod.AMOUNT:
            missing = {
                name: "Give the amount that divides the accounts."
                for name in ("matrix_cut_present", "matrix_cut_potential")
                if getattr(self, name) is None
            }
            if missing:
                raise ValidationError(missing)

    def position_factor(self, position: str) -> Decimal:
        """Factor of a competitive position in the priority of an Open Space cell (K6), a ratio."""
        return Decimal(str(getattr(self, f"position_factor_{position}")))
