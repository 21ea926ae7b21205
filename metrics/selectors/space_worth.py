"""What an account's Open Space is worth, stored or only typed so far, by the engine's own sums (K4, K6).

The grid says gaps, growth types and probabilities; the published portfolio says what a currency unit of extra
sales contributes on each line. A recomputation that follows gives the same figures.
"""

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, cast

import numpy as np

from accounts.models import Account
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import TenantSettings
from kam.tenancy.selectors import tenant_settings
from metrics.engine import GROWTH_TYPES, POTENTIAL_BASES, ClvParameters, Timing, Upv, Valued, multiplier, upv
from metrics.models import AccountMetrics, PortfolioSnapshot

PARTS = ("up_sell", "cross_sell", "co_creation", "entered", "estimated")
LEAST = Decimal("0.0001")


@dataclass(frozen=True)
class Ratios:
    """What a currency unit of extra sales contributes, as published; None = not known.

    `lines`: by product line id; lines that are not in it (ideas, without sales) take `overall` (K4).
    `known_share`: share of a line's sales whose cost of goods is known. `date`: as of when, None = never.
    """

    lines: Mapping[str, float | None]
    known_share: Mapping[str, float | None]
    overall: float | None
    date: Any

    def of(self, line: uuid.UUID) -> tuple[float | None, str]:
        """The ratio of a line, and whether it is its own ("line") or the tenant's ("overall")."""
        own = self.lines.get(str(line))
        return (self.overall, "overall") if own is None else (own, "line")


def published_ratios() -> Ratios:
    """The ratios of the published portfolio; one query."""
    found = (
        PortfolioSnapshot.objects.filter(tenant_id=current_tenant_id(), current=True)
        .values_list("line_ratios", "reference_date")
        .first()
    )
    stored, date = found or ({}, None)
    return Ratios(stored.get("lines") or {}, stored.get("known_share") or {}, stored.get("overall"), date)


def account_multiplier(account: Account, settings: TenantSettings) -> float | None:
    """The account's CLV multiplier by its own r, d, g, T and the tenant's timing (K3); None = it diverges."""
    horizon = account.clv_horizon_years or settings.clv_horizon_years

    def chosen(name: str) -> float:
        own = getattr(account, name)
        return float(getattr(settings, name) if own is None else own)

    rates = ClvParameters.of(
        1,
        retention=chosen("clv_retention"),
        discount_rate=chosen("clv_discount_rate"),
        growth=chosen("clv_growth"),
        horizon_years=np.inf if horizon is None else float(horizon),
        timing=cast(Timing, settings.clv_timing),
    )
    return _known(float(multiplier(rates, raise_on_divergence=False)[0]))


def space_worth(*, account: Account, grid: Mapping[str, Any]) -> dict[str, Any]:
    """UPV of a grid in total, by growth type and by basis, annual and expected, and the ratios it stands on.

    `upv` has the names of `accounts/{id}/metrics/`, money per year in the base currency but `value`, which is
    annual × `multiplier`; `expected` are the parts of `expected_annual`. Null = nothing is entered or
    estimated, or a ratio is not known.
    """
    settings, ratios = tenant_settings(), published_ratios()
    lines = [line["id"] for line in grid["product_lines"]]
    factor = account_multiplier(account, settings)
    clv = (
        AccountMetrics.objects.filter(tenant_id=account.tenant_id, account_id=account.pk)
        .exclude(engine_version="")
        .values_list("clv", flat=True)
        .first()
    )
    valued = _valued(grid["cells"], ratios)
    annual = upv(valued, [math.nan if factor is None else factor], accounts=1)
    expected = upv(replace(valued, worth=valued.worth * valued.probability), [1.0], accounts=1)
    value = money(annual.value)
    return {
        "reference_date": grid["reference_date"],
        "ratios_as_of": ratios.date,
        "currency": grid["currency"],
        "multiplier": factor,
        "clv": clv,
        "overall_ratio": ratios.overall,
        "line_ratios": [_line(line, ratios) for line in lines],
        "upv": {
            "annual": money(annual.annual),
            "value": value,
            "expected_annual": money(annual.expected_annual),
            **_parts(annual),
            "exceeds_clv": None if value is None or clv is None else value > clv,
            "expected": _parts(expected),
        },
    }


def _line(line: uuid.UUID, ratios: Ratios) -> dict[str, Any]:
    ratio, basis = ratios.of(line)
    return {
        "product_line": line,
        "ratio": ratio,
        "ratio_basis": basis,
        "known_share": ratios.known_share.get(str(line)),
        "unprofitable": None if ratio is None else ratio <= 0,
    }


def worth_of(cell: Mapping[str, Any], ratios: Ratios) -> dict[str, Any]:
    """What one cell's gap is worth: gap × ratio of its line, 0 on an unprofitable one (K4)."""
    line = _line(cell["product_line"], ratios)
    ratio, gap = line["ratio"], cell["gap"]
    annual: Decimal | None = None
    if gap is not None and (gap == 0 or ratio is not None):
        annual = (gap * Decimal(repr(max(ratio or 0.0, 0.0)))).quantize(LEAST)
    expected = None if annual is None else annual * Decimal(repr(cell["probability"]))
    return {
        "ratio": ratio,
        "ratio_basis": line["ratio_basis"],
        "known_share": line["known_share"],
        "unprofitable": line["unprofitable"],
        "annual": annual,
        "expected_annual": None if expected is None else expected.quantize(LEAST),
    }


def _valued(cells: Sequence[Mapping[str, Any]], ratios: Ratios) -> Valued:
    """The valued cells of a grid as the engine reads them."""
    chosen = [cell for cell in cells if cell["basis"] is not None]
    gap = np.array([float(cell["gap"]) for cell in chosen])
    per_unit = np.array([_per_unit(ratios.of(cell["product_line"])[0]) for cell in chosen])
    return Valued(
        account=np.zeros(len(chosen), dtype=np.int64),
        line=np.zeros(len(chosen), dtype=np.int64),
        cell=np.arange(len(chosen), dtype=np.int64),
        basis=np.array([POTENTIAL_BASES.index(cell["basis"]) for cell in chosen], dtype=np.int8),
        potential=np.array([float(cell["potential"]) for cell in chosen]),
        gap=gap,
        growth_type=np.array([GROWTH_TYPES.index(cell["growth_type"]) for cell in chosen], dtype=np.int8),
        probability=np.array([cell["probability"] for cell in chosen], dtype=np.float64),
        probability_assumed=np.array([cell["probability_assumed"] for cell in chosen], dtype=np.bool_),
        worth=np.where(gap > 0, gap * per_unit, 0.0),
        peers=np.array([cell["buyers"] or 0 for cell in chosen], dtype=np.int64),
    )


def _per_unit(ratio: float | None) -> float:
    return math.nan if ratio is None else max(ratio, 0.0)


def _parts(figures: Upv) -> dict[str, Decimal | None]:
    return {name: money(getattr(figures, name)) for name in PARTS}


def money(values: Any) -> Decimal | None:
    """The only element of an array of the engine as money; None = not known."""
    value = _known(float(values[0]))
    return None if value is None else Decimal(repr(value)).quantize(LEAST)


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
