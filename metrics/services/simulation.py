"""What-if lifetime values (K3)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from kam.common.errors import InvalidInputError, UnprocessableError
from kam.tenancy.models import TenantSettings
from metrics.engine import (
    ClvParameters,
    DivergesError,
    ParameterError,
    clv_retention,
    multiplier,
    yearly,
)


def clv_simulate(*, settings: TenantSettings, values: Mapping[str, Any]) -> dict[str, Any]:
    """CLV of one made-up account by `retention`, with its yearly table (10 years where it has no horizon).

    `values`: annual_margin and acquisition_cost (currency), retention, discount_rate, growth (ratios),
    horizon_years (None = for ever), timing; what is missing is the tenant's default, the acquisition cost 0.
    Raises UnprocessableError `diverges`, InvalidInputError for a parameter out of range.
    """
    timing = values.get("timing", settings.clv_timing)
    try:
        parameters = ClvParameters.of(
            1,
            retention=values.get("retention", settings.clv_retention),
            discount_rate=values.get("discount_rate", settings.clv_discount_rate),
            growth=values.get("growth", settings.clv_growth),
            horizon_years=values.get("horizon_years", settings.clv_horizon_years),
            timing=timing,
        )
        margin = np.array([float(values["annual_margin"])])
        cost = np.array([float(values.get("acquisition_cost", 0))])
        result = clv_retention(margin, cost, parameters)
        factor = multiplier(parameters)
    except DivergesError as error:
        raise UnprocessableError(str(error), code="diverges") from error
    except ParameterError as error:
        raise InvalidInputError.of(error.field, error.message, error.code) from error
    table = yearly(margin, parameters)
    return {
        "clv": _money(float(result.value[0])),
        "multiplier": float(factor[0]),
        "timing": timing,
        "yearly": [
            {
                "year": int(year),
                "margin": _money(float(table.margin[0, column])),
                "retained": float(table.retained[0, column]),
                "present_value": _money(float(table.present_value[0, column])),
            }
            for column, year in enumerate(table.year)
        ],
    }


def _money(value: float) -> str:
    return f"{Decimal(repr(value)):.4f}"
