"""Two-by-two portfolio matrices (K34): Dubinsky–Ingram from contributions, Fiocca from judged criteria.

Le Bon & Herman ch. 4, figs 4.1 and 4.2: a class is never final, and a person decides.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metrics.engine.arrays import UNKNOWN_CODE, BoolArray, CodeArray, FloatArray, booleans, floats, ratio
from metrics.engine.loyalty import VULTURE

DUBINSKY_INGRAM_CLASSES = ("undesirable", "undeveloped", "desirable", "developed")
UNDESIRABLE, UNDEVELOPED, DESIRABLE, DEVELOPED = range(len(DUBINSKY_INGRAM_CLASSES))
SUGGESTIONS = ("maintain", "increase", "reduce", "cease")
MAINTAIN, INCREASE, REDUCE, CEASE = range(len(SUGGESTIONS))
POTENTIAL_BASES = ("entered", "estimated", "mixed", "forecast")
BASIS_ENTERED, BASIS_ESTIMATED, BASIS_MIXED, BASIS_FORECAST = range(len(POTENTIAL_BASES))
FIOCCA_CLASSES = ("key_difficult", "non_key_difficult", "key_easy", "non_key_easy")
FIOCCA_CUT = 5.0
YOUNG_MONTHS = 12


def quadrant(
    x_high: BoolArray, y_high: BoolArray, known: BoolArray, codes: tuple[int, int, int, int]
) -> CodeArray:
    """The class of each account: codes of (low x, low y), (low x, high y), (high x, high y), (high x, low y).

    -1 where not known. Arrays (n,).
    """
    low_low, low_high, high_high, high_low = codes
    code = np.where(x_high, np.where(y_high, high_high, high_low), np.where(y_high, low_high, low_low))
    return np.where(known, code, UNKNOWN_CODE).astype(np.int8)


@dataclass(frozen=True)
class DubinskyIngram:
    """Present × potential contribution of every account, arrays (n,), currency per year (K34).

    ``potential``: NaN = potential not entered (or the present contribution is not known). ``gain`` =
    potential − present. ``code``: into ``DUBINSKY_INGRAM_CLASSES``, -1 = none. ``basis``: code into
    ``POTENTIAL_BASES``, -1 = none. Cuts: amounts.
    """

    present: FloatArray
    potential: FloatArray
    gain: FloatArray
    code: CodeArray
    basis: CodeArray
    present_cut: float
    potential_cut: float


def dubinsky_ingram_potential(
    present: ArrayLike,
    expected_annual: ArrayLike,
    entered: ArrayLike,
    estimated: ArrayLike,
    forecast: ArrayLike | None = None,
) -> tuple[FloatArray, CodeArray]:
    """Potential contribution and the basis it stands on, arrays (n,) (K34).

    present + ``expected_annual`` of K4, or the entered forecast (a contribution per year) where there is one.
    ``entered``/``estimated``: UPV by basis, NaN where nothing stands on it.
    """
    now = floats(present)
    potential = now + floats(expected_annual)
    has_entered, has_estimated = ~np.isnan(floats(entered)), ~np.isnan(floats(estimated))
    basis = np.where(
        has_entered & has_estimated,
        BASIS_MIXED,
        np.where(has_entered, BASIS_ENTERED, np.where(has_estimated, BASIS_ESTIMATED, UNKNOWN_CODE)),
    )
    if forecast is not None:
        predicted = floats(forecast)
        has_forecast = ~np.isnan(predicted)
        potential = np.where(has_forecast, np.where(np.isnan(now), np.nan, predicted), potential)
        basis = np.where(has_forecast, BASIS_FORECAST, basis)
    return potential, np.where(np.isnan(potential), UNKNOWN_CODE, basis).astype(np.int8)


def median_cuts(present: ArrayLike, potential: ArrayLike, sold: ArrayLike) -> tuple[float, float]:
    """The tenant's default cuts: medians over the accounts with sales in the trailing 12 months (K34).

    Values that are not known are left out; 0 when none is left, so that "high" then means > 0.
    """
    selling = booleans(sold)
    return _median(floats(present)[selling]), _median(floats(potential)[selling])


def _median(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else 0.0


def dubinsky_ingram(
    present: ArrayLike, potential: ArrayLike, basis: CodeArray, *, present_cut: float, potential_cut: float
) -> DubinskyIngram:
    """Class of every account (K34, Le Bon & Herman fig. 4.2): high = at or above the cut **and** > 0.

    Class -1 where the present contribution or the potential is not known. Arrays (n,), currency per year.
    """
    now, future = floats(present), floats(potential)
    known = ~np.isnan(now) & ~np.isnan(future)
    with np.errstate(invalid="ignore"):
        now_high = (now >= present_cut) & (now > 0)
        future_high = (future >= potential_cut) & (future > 0)
    return DubinskyIngram(
        present=now,
        potential=future,
        gain=future - now,
        code=quadrant(now_high, future_high, known, (UNDESIRABLE, UNDEVELOPED, DESIRABLE, DEVELOPED)),
        basis=basis,
        present_cut=present_cut,
        potential_cut=potential_cut,
    )


def suggestion(code: CodeArray, *, is_key: ArrayLike, loyalty_class: CodeArray) -> CodeArray:
    """What the class suggests, as codes into ``SUGGESTIONS``; -1 without a class (K34). A person decides.

    desirable → maintain, undeveloped → increase, developed → maintain (reduce if not a key account),
    undesirable → reduce (cease if also a vulture).
    """
    key = booleans(is_key)
    undesirable = np.where(loyalty_class == VULTURE, CEASE, REDUCE)
    developed = np.where(key, MAINTAIN, REDUCE)
    result = np.select(
        [code == UNDESIRABLE, code == UNDEVELOPED, code == DESIRABLE, code == DEVELOPED],
        [undesirable, np.full(code.shape, INCREASE), np.full(code.shape, MAINTAIN), developed],
        default=UNKNOWN_CODE,
    )
    return result.astype(np.int8)


def weighted_score(scores: ArrayLike, weights: ArrayLike) -> FloatArray:
    """Weighted mean of criteria 0–10 per account, over the criteria that were judged; NaN when none was.

    ``scores`` (n, criteria) with NaN = not judged, ``weights`` (criteria,) ≥ 0. Result (n,).
    """
    judged = floats(scores)
    weight = np.where(np.isnan(judged), 0.0, floats(weights))
    total = weight.sum(axis=1)
    weighted = (np.nan_to_num(judged, nan=0.0) * weight).sum(axis=1)
    return ratio(weighted, total)


def fiocca(importance: ArrayLike, difficulty: ArrayLike, *, cut: float = FIOCCA_CUT) -> CodeArray:
    """Strategic importance × difficulty of managing the account (K34, Le Bon & Herman fig. 4.1).

    Scores 0–10, at or above ``cut`` is high; codes into ``FIOCCA_CLASSES``, -1 where a score is missing.
    """
    key, hard = floats(importance), floats(difficulty)
    known = ~np.isnan(key) & ~np.isnan(hard)
    with np.errstate(invalid="ignore"):
        return quadrant(key >= cut, hard >= cut, known, (3, 1, 0, 2))


def is_young(tenure_months: ArrayLike) -> BoolArray:
    """Relationships below 12 months: a difficulty that may fade, flagged and never changed (K34)."""
    with np.errstate(invalid="ignore"):
        young: BoolArray = floats(tenure_months) < YOUNG_MONTHS
    return young
