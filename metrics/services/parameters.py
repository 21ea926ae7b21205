"""The tenant's settings as the engine takes them, fixed once per run."""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kam.tenancy.models import TenantSettings
from metrics.engine import LoyaltyThresholds, Timing, month_index

ENGINE_SETTINGS = frozenset(
    {
        "base_currency",
        "clv_method",
        "clv_timing",
        "clv_retention",
        "clv_discount_rate",
        "clv_growth",
        "clv_horizon_years",
        "potential_probability_entered",
        "potential_probability_estimated",
        "potential_estimates_enabled",
        "potential_estimate_percentile",
        "potential_estimate_min_peers",
        "loyalty_tenure_months",
        "loyalty_active_share",
        "loyalty_quarters",
        "profitability_hurdle",
        "volume_class_a",
        "volume_class_b",
        "matrix_cut_method",
        "matrix_cut_present",
        "matrix_cut_potential",
        "pareto_months",
    }
)


def settings_as_json(settings: TenantSettings) -> dict[str, Any]:
    """The settings that figures stand on, as a run keeps them."""
    values = {name: getattr(settings, name) for name in sorted(ENGINE_SETTINGS)}
    return {name: str(value) if name.startswith("matrix_cut_p") and value is not None else value
            for name, value in values.items()}  # fmt: skip


@dataclass(frozen=True)
class Parameters:
    """Everything a run takes from the tenant: the reference date (a month's end) and the settings of K2–K8, K34."""

    reference: datetime.date
    settings: TenantSettings

    @property
    def month(self) -> int:
        """The reference month, as the engine counts months."""
        return month_index(self.reference)

    @property
    def timing(self) -> Timing:
        return self.settings.clv_timing  # type: ignore[return-value]

    @property
    def loyalty(self) -> LoyaltyThresholds:
        return LoyaltyThresholds(
            tenure_months=self.settings.loyalty_tenure_months,
            active_share=self.settings.loyalty_active_share,
            hurdle=self.settings.profitability_hurdle,
            quarters=self.settings.loyalty_quarters,
        )

    @property
    def fixed_cuts(self) -> tuple[float, float] | None:
        """The matrix cuts (present, potential) where the tenant set amounts; None = medians (K34)."""
        chosen = self.settings
        if chosen.matrix_cut_method != TenantSettings.CutMethod.AMOUNT:
            return None
        return float(chosen.matrix_cut_present or Decimal(0)), float(
            chosen.matrix_cut_potential or Decimal(0)
        )
