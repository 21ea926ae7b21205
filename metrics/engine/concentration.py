"""How concentrated the customer base is (K2), and the volume classes that follow from it (K9).

Le Bon & Herman, ch. 1: half of a business school's revenue came from 16 of 3,776 customers, 57 % of a
Fortune 100 firm's from 19 of 2,700.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.engine.arrays import (
    SHARE_TOLERANCE,
    UNKNOWN_CODE,
    BoolArray,
    CodeArray,
    FloatArray,
    IntArray,
    booleans,
    floats,
)

LEVELS = (0.2, 0.4, 0.5, 0.64, 0.8)
VOLUME_CLASSES = ("A", "B", "C")
VOLUME_CUTS = (0.80, 0.95)


@dataclass(frozen=True)
class Pareto:
    """Accounts ranked by a measure, best first; arrays have one entry per ranked account (K2).

    ``order``: positions in the input. ``value``: the measure (currency). ``share``: cumulative share of the
    sum of positive values, rising to 1 and staying there; NaN when no value is positive. ``level_ranks``:
    per level the first rank (from 1) whose cumulative share reaches it, None when there is no positive
    value. ``total``: the sum of all values, ``positive_total`` of the positive ones. ``unknown``: accounts
    of the window whose measure is not known, left out of the ranking.
    """

    order: IntArray
    value: FloatArray
    share: FloatArray
    levels: tuple[float, ...]
    level_ranks: tuple[int | None, ...]
    total: float
    positive_total: float
    gini: float
    hhi: float
    unknown: int

    @property
    def accounts(self) -> int:
        """How many accounts are ranked."""
        return len(self.order)

    def top_share(self, count: int) -> float:
        """Share (0–1) of the positive total that the first ``count`` accounts hold; NaN without one."""
        if self.accounts == 0 or not self.positive_total > 0:
            return float("nan")
        if count <= 0:
            return 0.0
        return float(self.share[min(count, self.accounts) - 1])


@dataclass(frozen=True)
class WhaleCurve:
    """Cumulative contribution in descending order (K2), best first, currency.

    It peaks at ``peak_rank`` (0 = no account adds value) with ``peak`` and falls to ``total`` where the
    remaining accounts destroy value; ``destroyed`` = peak − total; ``peak_ratio`` = peak / total (NaN
    unless total > 0).
    """

    order: IntArray
    value: FloatArray
    cumulative: FloatArray
    peak_rank: int
    peak: float
    total: float
    destroyed: float
    peak_ratio: float


def rank_order(values: FloatArray, external_id: NDArray[Any]) -> IntArray:
    """Positions by value descending, ties by external_id ascending (by code point)."""
    ties: NDArray[Any] = external_id
    if ties.dtype.kind == "O":
        ties = np.unique(ties.astype(str), return_inverse=True)[1]
    return np.lexsort((ties, -values)).astype(np.int64, copy=False)


def pareto(
    values: ArrayLike,
    external_id: ArrayLike,
    *,
    ranked: ArrayLike | None = None,
    levels: tuple[float, ...] = LEVELS,
) -> Pareto:
    """Rank accounts by a measure and describe its concentration (K2).

    ``values`` (n,) currency, NaN = not known; ``external_id`` (n,) breaks ties; ``ranked`` (n,) marks the
    accounts that have a line in the window (default: all). Accounts with a negative measure rank last.
    Source: K2, Le Bon & Herman ch. 1.
    """
    measure = floats(values)
    candidates = np.ones(measure.shape, dtype=np.bool_) if ranked is None else booleans(ranked)
    known = candidates & ~np.isnan(measure)
    positions = np.flatnonzero(known)
    order = positions[rank_order(measure[positions], np.asarray(external_id)[positions])]
    value = measure[order]
    cumulative = np.cumsum(np.maximum(value, 0.0))
    positive_total = float(cumulative[-1]) if cumulative.size else 0.0
    share = cumulative / positive_total if positive_total > 0 else np.full(value.shape, np.nan)
    return Pareto(
        order=order,
        value=value,
        share=share,
        levels=tuple(levels),
        level_ranks=tuple(_rank_reaching(share, level, positive_total) for level in levels),
        total=float(value.sum()),
        positive_total=positive_total,
        gini=gini(value),
        hhi=hhi(value),
        unknown=int((candidates & np.isnan(measure)).sum()),
    )


def _rank_reaching(share: FloatArray, level: float, positive_total: float) -> int | None:
    if not positive_total > 0:
        return None
    return int(np.searchsorted(share, level - SHARE_TOLERANCE, side="left")) + 1


def gini(values: ArrayLike) -> float:
    """Gini coefficient (0 = all equal, (n−1)/n = one account has all), values floored at 0; NaN when all are.

    Source: K2.
    """
    ascending = np.sort(np.maximum(_known(values), 0.0))
    total = float(ascending.sum())
    count = ascending.size
    if not total > 0:
        return float("nan")
    weights = 2.0 * np.arange(1, count + 1) - count - 1
    return float(weights @ ascending / (count * total))


def hhi(values: ArrayLike) -> float:
    """Herfindahl index (1/n … 1): the sum of squared shares, values floored at 0; NaN when all are (K2)."""
    floored = np.maximum(_known(values), 0.0)
    total = float(floored.sum())
    if not total > 0:
        return float("nan")
    shares = floored / total
    return float(shares @ shares)


def _known(values: ArrayLike) -> FloatArray:
    measure = floats(values)
    known: FloatArray = measure[~np.isnan(measure)]
    return known


def whale_curve(
    contribution: ArrayLike, external_id: ArrayLike, *, ranked: ArrayLike | None = None
) -> WhaleCurve:
    """The whale curve of a contribution measure, unknown contributions left out (K2).

    Shapes: inputs (n,), result arrays (known accounts,).
    """
    measure = floats(contribution)
    known = ~np.isnan(measure)
    if ranked is not None:
        known &= booleans(ranked)
    positions = np.flatnonzero(known)
    order = positions[rank_order(measure[positions], np.asarray(external_id)[positions])]
    value = measure[order]
    cumulative = np.cumsum(value)
    peak_rank = int((value > 0).sum())
    peak = float(cumulative[peak_rank - 1]) if peak_rank else 0.0
    total = float(cumulative[-1]) if cumulative.size else 0.0
    return WhaleCurve(
        order=order,
        value=value,
        cumulative=cumulative,
        peak_rank=peak_rank,
        peak=peak,
        total=total,
        destroyed=peak - total,
        peak_ratio=peak / total if total > 0 else float("nan"),
    )


def volume_class(
    net_sales: ArrayLike,
    external_id: ArrayLike,
    *,
    ranked: ArrayLike | None = None,
    cuts: tuple[float, float] = VOLUME_CUTS,
) -> CodeArray:
    """A/B/C by net sales of 36 months (K9), as codes into ``VOLUME_CLASSES``; -1 without a line.

    A while the cumulative share *before* the account is below the first cut, B below the second, else C.
    Shapes: inputs (n,), result (n,).
    """
    ranking = pareto(net_sales, external_id, ranked=ranked)
    codes = np.full(floats(net_sales).shape, UNKNOWN_CODE, dtype=np.int8)
    if not ranking.positive_total > 0:
        codes[ranking.order] = VOLUME_CLASSES.index("C")
        return codes
    before = np.concatenate(([0.0], ranking.share[:-1]))
    below_a: BoolArray = before < cuts[0] - SHARE_TOLERANCE
    below_b: BoolArray = before < cuts[1] - SHARE_TOLERANCE
    codes[ranking.order] = np.where(below_a, 0, np.where(below_b, 1, 2)).astype(np.int8)
    return codes
