"""The Open Space of an account as work to do (K6): priority of cells and the three lists."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from metrics.engine.arrays import BoolArray, CodeArray, FloatArray, IntArray, floats, ratio

POSITIONS = ("ours", "contested", "competitor", "unknown")
OURS, CONTESTED, COMPETITOR, POSITION_UNKNOWN = range(len(POSITIONS))
POSITION_FACTORS: Mapping[str, float] = MappingProxyType(
    {"ours": 1.0, "unknown": 0.8, "contested": 0.6, "competitor": 0.4}
)


@dataclass(frozen=True)
class SpaceLists:
    """Which cells belong to each of the three lists of the enhanced view, arrays (cells,) (K6)."""

    unserved: BoolArray
    strategic_open: BoolArray
    competitor_advantaged: BoolArray


def priority(
    gap: ArrayLike,
    success_factors: ArrayLike,
    position: CodeArray,
    factors: Mapping[str, float] = POSITION_FACTORS,
) -> FloatArray:
    """gap × (1 + linked critical success factors) × position factor, per cell; NaN without a gap (K6).

    ``gap``: currency per year. ``position``: codes into ``POSITIONS``, -1 counts as unknown.
    """
    table = np.array([factors[name] for name in POSITIONS])
    code = np.where(position < 0, POSITION_UNKNOWN, position)
    result: FloatArray = floats(gap) * (1.0 + floats(success_factors)) * table[code]
    return result


def rank_for_action(account: IntArray, priorities: FloatArray, tie: IntArray) -> IntArray:
    """Rank of each cell within its account, from 1 by priority descending; 0 where there is nothing to do.

    Cells with a priority of 0 or NaN are not ranked. Ties go by ``tie`` ascending. Arrays (cells,).
    """
    ranks = np.zeros(len(account), dtype=np.int64)
    with np.errstate(invalid="ignore"):
        todo = np.flatnonzero(priorities > 0)
    order = todo[np.lexsort((tie[todo], -priorities[todo], account[todo]))]
    if order.size:
        grouped = account[order]
        starts = np.flatnonzero(np.concatenate(([True], grouped[1:] != grouped[:-1])))
        sizes = np.diff(np.append(starts, len(grouped)))
        ranks[order] = np.arange(len(order)) - np.repeat(starts, sizes) + 1
    return ranks


def space_lists(
    current: ArrayLike, potential: ArrayLike, success_factors: ArrayLike, position: CodeArray
) -> SpaceLists:
    """The three lists (K6): unserved = current ≤ 0 and potential > 0; open (current ≤ 0) and serving a
    critical success factor; position ``competitor``, incumbent or not. Arrays (cells,)."""
    is_open = floats(current) <= 0
    return SpaceLists(
        unserved=is_open & (np.nan_to_num(floats(potential), nan=0.0) > 0),
        strategic_open=is_open & (floats(success_factors) >= 1),
        competitor_advantaged=position == COMPETITOR,
    )


def share_of_wallet(net_sales_12m: ArrayLike, category_spend: ArrayLike) -> FloatArray:
    """Trailing-12-month net sales / what the account spends on our category per year (K35), ratio.

    NaN without a spend > 0. May exceed 1 when the entered spend is too low: shown, never clipped.
    """
    return ratio(net_sales_12m, category_spend)
