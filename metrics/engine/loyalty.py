"""Loyalty × profitability (K8): strangers, butterflies, friends and vultures.

Le Bon & Herman fig. 1.3: a loyal customer is simply one who consistently buys over a long period of time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metrics.engine.arrays import (
    SHARE_TOLERANCE,
    UNKNOWN_CODE,
    BoolArray,
    CodeArray,
    FloatArray,
    IntArray,
    floats,
)
from metrics.engine.windows import QUARTER, Rollup, Totals, sales_blocks

LOYALTY_CLASSES = ("stranger", "butterfly", "friend", "vulture")
STRANGER, BUTTERFLY, FRIEND, VULTURE = range(len(LOYALTY_CLASSES))
LOYALTY_ADVICE = ("invest_to_convert", "make_loyal", "candidate_for_key_account", "reprice_or_cost_down")
REASONS = ("dormant", "margin_unknown")
DORMANT, MARGIN_UNKNOWN = range(len(REASONS))
MAX_QUARTERS = 12


@dataclass(frozen=True)
class LoyaltyThresholds:
    """Tenant settings of K8: months of tenure, share of active quarters (0–1), how many quarters are looked
    at, and the hurdle contribution ratio."""

    tenure_months: float = 24
    active_share: float = 0.75
    hurdle: float = 0.0
    quarters: int = MAX_QUARTERS


@dataclass(frozen=True)
class Loyalty:
    """The class of every account with its evidence; arrays (n,) unless said otherwise (K8).

    ``tenure``: months; NaN without a sale and without customer_since. ``quarters``: quarters since the first
    sale that count (at most the setting's, 12 by default). ``active_quarters``: those with net sales > 0.
    ``active_share``: their ratio, NaN without a sale. ``quarter_sales`` (n, quarters): net sales, column 0
    newest, NaN before the first sale.
    ``x``, ``y``: axes of the picture (cut of x is 1, of y the hurdle). ``loyalty_class``: code into
    ``LOYALTY_CLASSES``, -1 with ``reason`` (code into ``REASONS``).
    """

    tenure: FloatArray
    quarters: IntArray
    active_quarters: IntArray
    active_share: FloatArray
    quarter_sales: FloatArray
    loyal: BoolArray
    profitable: BoolArray
    x: FloatArray
    y: FloatArray
    loyalty_class: CodeArray
    reason: CodeArray


def loyalty(
    rollup: Rollup,
    last_year: Totals,
    first_sale: FloatArray,
    reference_month: int,
    *,
    customer_since_month: ArrayLike | None = None,
    thresholds: LoyaltyThresholds | None = None,
) -> Loyalty:
    """Loyalty × profitability of every account (K8).

    ``last_year``: totals of the trailing 12 months. ``first_sale`` (n,): month, NaN = never.
    ``customer_since_month`` (n,): month, NaN = not entered; counts for the tenure where it is earlier.
    """
    limits = thresholds or LoyaltyThresholds()
    n = len(first_sale)
    since = np.full(n, np.nan) if customer_since_month is None else floats(customer_since_month)
    tenure = np.maximum(reference_month - np.fmin(first_sale, since), 0.0)
    quarters = _quarters_since(first_sale, reference_month, limits.quarters)
    counted = np.arange(limits.quarters) < quarters[:, None]
    sales = sales_blocks(rollup, n, reference_month, blocks=limits.quarters, width=QUARTER)
    active = (counted & (sales > 0)).sum(axis=1).astype(np.int64)
    share = np.divide(active, quarters, out=np.full(n, np.nan), where=quarters > 0)
    with np.errstate(invalid="ignore"):
        loyal = (tenure >= limits.tenure_months) & (share >= limits.active_share - SHARE_TOLERANCE)
        profitable = (last_year.net_sales > 0) & (last_year.contribution_ratio > limits.hurdle)
    reason = np.full(n, UNKNOWN_CODE, dtype=np.int8)
    reason[np.isnan(last_year.contribution)] = MARGIN_UNKNOWN
    reason[~last_year.sold] = DORMANT
    code = np.where(loyal, np.where(profitable, FRIEND, VULTURE), np.where(profitable, BUTTERFLY, STRANGER))
    return Loyalty(
        tenure=tenure,
        quarters=quarters,
        active_quarters=active,
        active_share=share,
        quarter_sales=np.where(counted, sales, np.nan),
        loyal=loyal,
        profitable=profitable,
        x=_loyalty_axis(tenure, share, loyal, limits),
        y=last_year.contribution_ratio,
        loyalty_class=np.where(reason == UNKNOWN_CODE, code, UNKNOWN_CODE).astype(np.int8),
        reason=reason,
    )


def termination_candidate(loyalty_class: CodeArray, upv_annual: ArrayLike) -> BoolArray:
    """Vultures whose UPV is known to hold no profitable up-sell, cross-sell or co-creation, array (n,) (K8).

    An account whose UPV is not known (NaN) is no candidate: nobody has looked yet.
    """
    with np.errstate(invalid="ignore"):
        candidate: BoolArray = (loyalty_class == VULTURE) & (floats(upv_annual) <= 0)
    return candidate


def _quarters_since(first_sale: FloatArray, reference_month: int, most: int) -> IntArray:
    blocks = (reference_month - first_sale) // QUARTER + 1
    return np.clip(np.nan_to_num(blocks, nan=0.0), 0, most).astype(np.int64)


def _loyalty_axis(
    tenure: FloatArray, share: FloatArray, loyal: BoolArray, limits: LoyaltyThresholds
) -> FloatArray:
    """min(tenure / its cut, active share / its cut), on the same side of 1 as ``loyal`` to the last bit."""
    parts = [np.full(len(tenure), np.inf)]
    # A threshold of 0 is always met and so says nothing about how far an account is.
    if limits.tenure_months > 0:
        parts.append(tenure / limits.tenure_months)
    if limits.active_share > 0:
        parts.append(share / limits.active_share)
    axis = np.minimum.reduce(parts)
    axis = np.where(np.isinf(axis), 1.0, axis)
    return np.where(loyal, np.maximum(axis, 1.0), np.minimum(axis, np.nextafter(1.0, 0.0)))
