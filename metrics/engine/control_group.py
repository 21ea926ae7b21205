"""Growth of the key accounts against a control group (K31): does the program sell more than its absence?

The sources expect key accounts to grow 2–5 times as fast over two years; we report what the ledger says.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metrics.engine.arrays import BoolArray, FloatArray, floats

BOOTSTRAP_SAMPLES = 2000
BOOTSTRAP_SEED = 20150131
CONFIDENCE = 0.95
# Drawing all samples at once would take samples × accounts × 16 bytes.
_CHUNK_CELLS = 2_000_000


@dataclass(frozen=True)
class Group:
    """One group: how many accounts count, their sums (currency) and growth (ratio, NaN unless before > 0)."""

    accounts: int
    before: float
    after: float
    growth: float


@dataclass(frozen=True)
class ControlGroup:
    """Key accounts against the rest (K31).

    ``ratio`` = key growth / rest growth, NaN if the rest's is ≤ 0 or not known. ``difference`` = key − rest.
    ``interval``: 95 % bootstrap interval of the difference over accounts, NaN when a group has fewer than
    two accounts or too many resamples have no growth. ``late_joiners``: became key after ``from``.
    ``unknown``: accounts left out because a measure is not known.
    """

    key: Group
    rest: Group
    late_joiners: Group
    ratio: float
    difference: float
    interval: tuple[float, float]
    unknown: int


def control_group(
    before: ArrayLike,
    after: ArrayLike,
    key_since: ArrayLike,
    from_day: float,
    *,
    samples: int = BOOTSTRAP_SAMPLES,
    seed: int = BOOTSTRAP_SEED,
) -> ControlGroup:
    """Compare the growth of key accounts with the rest (K31).

    ``before``/``after`` (n,): net sales or contribution of the 12 months to ``from`` and to ``to``, currency,
    NaN = not known. ``key_since`` (n,): a number that orders days (an ordinal), NaN = no key account;
    ``from_day`` on the same scale. The same seed gives the same interval.
    """
    first, second, since = floats(before), floats(after), floats(key_since)
    known = ~np.isnan(first) & ~np.isnan(second)
    with np.errstate(invalid="ignore"):
        is_key = known & (since <= from_day)
        is_late = known & (since > from_day)
    is_rest = known & np.isnan(since)
    key, rest = _group(first, second, is_key), _group(first, second, is_rest)
    return ControlGroup(
        key=key,
        rest=rest,
        late_joiners=_group(first, second, is_late),
        ratio=key.growth / rest.growth if rest.growth > 0 else float("nan"),
        difference=key.growth - rest.growth,
        interval=_interval(first, second, is_key, is_rest, samples, seed),
        unknown=int((~known).sum()),
    )


def _group(before: FloatArray, after: FloatArray, members: BoolArray) -> Group:
    start, end = float(before[members].sum()), float(after[members].sum())
    growth = end / start - 1.0 if start > 0 else float("nan")
    return Group(accounts=int(members.sum()), before=start, after=end, growth=growth)


def _interval(
    before: FloatArray, after: FloatArray, is_key: BoolArray, is_rest: BoolArray, samples: int, seed: int
) -> tuple[float, float]:
    nothing = (float("nan"), float("nan"))
    # One account resampled is always itself: its interval would claim a certainty that nobody has.
    if is_key.sum() < 2 or is_rest.sum() < 2:
        return nothing
    generator = np.random.default_rng(seed)
    differences = _resampled_growth(before[is_key], after[is_key], samples, generator)
    differences = differences - _resampled_growth(before[is_rest], after[is_rest], samples, generator)
    usable = differences[~np.isnan(differences)]
    if usable.size < CONFIDENCE * samples:
        return nothing
    tail = 100.0 * (1.0 - CONFIDENCE) / 2.0
    low, high = np.percentile(usable, [tail, 100.0 - tail])
    return float(low), float(high)


def _resampled_growth(
    before: FloatArray, after: FloatArray, samples: int, generator: np.random.Generator
) -> FloatArray:
    count = len(before)
    growth = np.full(samples, np.nan)
    step = max(1, _CHUNK_CELLS // count)
    for start in range(0, samples, step):
        drawn = generator.integers(0, count, size=(min(step, samples - start), count), dtype=np.int32)
        first, second = before[drawn].sum(axis=1), after[drawn].sum(axis=1)
        chunk = np.divide(second, first, out=np.full(len(first), np.nan), where=first > 0) - 1.0
        growth[start : start + len(chunk)] = chunk
    return growth
