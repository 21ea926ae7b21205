"""Customer lifetime value (K3): what the relationship with an account is worth today.

CLV = present value of the expected yearly contribution margins − acquisition cost. Le Bon & Herman ch. 1:
the sum of all CLV is the customer equity; CLV assumes consistent buying and does not look beyond the current
product mix (UPV does, see ``potential``). The purchase model lives in ``btyd``.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from metrics.engine.arrays import UNKNOWN_CODE, BoolArray, CodeArray, FloatArray, IntArray, floats, integers
from metrics.engine.errors import DivergesError, ParameterError

Timing = Literal["retained_end", "certain_end", "certain_now"]
TIMINGS: tuple[Timing, ...] = get_args(Timing)
METHODS = ("retention", "trend", "historic", "buy_till_you_die")
RETENTION, TREND, HISTORIC, BUY_TILL_YOU_DIE = range(len(METHODS))
NOTES = (
    "too_few_years",
    "negative_margin",
    "margin_unknown_in_a_year",
    "never_purchased",
    "needs_finite_horizon",
    "margin_unknown",
    "diverges",
)
(
    TOO_FEW_YEARS,
    NEGATIVE_MARGIN,
    UNKNOWN_YEAR,
    NEVER_PURCHASED,
    NEEDS_FINITE_HORIZON,
    MARGIN_UNKNOWN,
    DIVERGES,
) = range(len(NOTES))
FOREVER = np.inf
FOREVER_LISTED_YEARS = 10
TREND_MIN_BLOCKS = 3


@dataclass(frozen=True)
class ClvParameters:
    """r, d, g, T of every account, arrays (n,): yearly ratios, and whole years (``inf`` = for ever)."""

    retention: FloatArray
    discount_rate: FloatArray
    growth: FloatArray
    horizon_years: FloatArray
    timing: Timing = "retained_end"

    @classmethod
    def of(
        cls,
        n: int,
        *,
        retention: ArrayLike = 0.85,
        discount_rate: ArrayLike = 0.10,
        growth: ArrayLike = 0.0,
        horizon_years: ArrayLike | None = 5,
        timing: Timing = "retained_end",
    ) -> "ClvParameters":
        """Parameters of ``n`` accounts from scalars (tenant defaults) or arrays (overrides).

        ``horizon_years`` None = for ever. Raises ParameterError when 0 ≤ r ≤ 1, d ≥ 0, g ≥ −1 or
        "T a whole number ≥ 1" does not hold, or the timing is not one of ``TIMINGS``.
        """
        if timing not in TIMINGS:
            raise ParameterError("timing", f"must be one of {', '.join(TIMINGS)}")
        horizon = FOREVER if horizon_years is None else horizon_years
        result = cls(
            retention=_spread(retention, n),
            discount_rate=_spread(discount_rate, n),
            growth=_spread(growth, n),
            horizon_years=_spread(horizon, n),
            timing=timing,
        )
        result._check()
        return result

    def _check(self) -> None:
        # Written as "not inside" so that NaN is refused too.
        if not np.all((self.retention >= 0) & (self.retention <= 1)):
            raise ParameterError("retention", "must lie between 0 and 1")
        if not np.all((self.discount_rate >= 0) & np.isfinite(self.discount_rate)):
            raise ParameterError("discount_rate", "must be 0 or more")
        if not np.all((self.growth >= -1) & np.isfinite(self.growth)):
            raise ParameterError("growth", "must be −1 or more")
        whole = (self.horizon_years >= 1) & (np.floor(self.horizon_years) == self.horizon_years)
        if not np.all(whole):
            raise ParameterError("horizon_years", "must be a whole number of years from 1, or for ever")

    @property
    def n(self) -> int:
        """How many accounts."""
        return len(self.retention)

    @property
    def forever(self) -> BoolArray:
        """Which accounts have no horizon."""
        return np.isinf(self.horizon_years)

    def take(self, index: IntArray | BoolArray) -> "ClvParameters":
        """The parameters of some accounts only."""
        return replace(
            self,
            retention=self.retention[index],
            discount_rate=self.discount_rate[index],
            growth=self.growth[index],
            horizon_years=self.horizon_years[index],
        )


@dataclass(frozen=True)
class ClvResult:
    """CLV per account, arrays (n,), with what it takes to explain it.

    ``value``: currency, NaN = margin not known (or ``diverges``). ``present_value``: before the acquisition
    cost. ``method``: code into ``METHODS`` that was really used. ``note``: code into ``NOTES`` that says why
    it is not the asked one, or why the value is NaN; -1 = nothing to say. ``margin_first_year``: the margin
    expected in year 1.
    """

    value: FloatArray
    present_value: FloatArray
    acquisition_cost: FloatArray
    margin_first_year: FloatArray
    method: CodeArray
    note: CodeArray


@dataclass(frozen=True)
class Yearly:
    """Year by year, arrays (n, years), NaN beyond an account's horizon.

    ``margin``: currency expected if the account stays; ``retained``: the probability that it is still there
    (r^t or r^(t−1) by timing); ``retained_margin`` = margin × retained; ``present_value``: that, discounted.
    """

    year: IntArray
    margin: FloatArray
    retained: FloatArray
    retained_margin: FloatArray
    present_value: FloatArray


def acquisition_cost(entered: ArrayLike, contribution_since_first_sale: ArrayLike) -> FloatArray:
    """AC = max(entered − contribution since the first sale, 0), currency (K3); empty (NaN) = 0.

    NaN where a cost was entered but the contribution is not known: how much of it is paid back is not known.
    """
    cost, earned = np.broadcast_arrays(floats(entered), floats(contribution_since_first_sale))
    return np.where(np.isnan(cost), 0.0, np.maximum(cost - earned, 0.0))


def multiplier(parameters: ClvParameters, *, raise_on_divergence: bool = True) -> FloatArray:
    """What one currency unit of yearly margin m₀ is worth over the horizon, array (n,) (K3).

    With q = r·(1+g)/(1+d): Σ q^(t−1) over T years, × r/(1+d) for ``retained_end``, × 1/(1+d) for
    ``certain_end``, × 1 for ``certain_now``. Defaults and T = 5: 2.463279, 2.897976, 3.187773.
    Raises DivergesError when some account has no horizon and q ≥ 1 (or answers NaN there when told not to).
    """
    q_minus_1 = _q_minus_1(parameters)
    diverging = parameters.forever & (q_minus_1 >= 0)
    if raise_on_divergence and np.any(diverging):
        raise DivergesError(
            "a value for ever is infinite here: retention × (1 + growth) must be below 1 + discount rate"
        )
    years = np.where(parameters.forever, 1.0, parameters.horizon_years)
    with np.errstate(divide="ignore", invalid="ignore"):
        # expm1/log1p keep all digits where q is close to 1 and (1 − q^T) would cancel.
        finite = np.expm1(years * np.log1p(q_minus_1)) / q_minus_1
        endless = -1.0 / q_minus_1
    finite = np.where(q_minus_1 == 0, years, finite)
    total = np.where(parameters.forever, np.where(diverging, np.nan, endless), finite)
    return total * _first_factor(parameters)


def _q_minus_1(parameters: ClvParameters) -> FloatArray:
    one_plus_d = 1.0 + parameters.discount_rate
    difference: FloatArray = (parameters.retention * (1.0 + parameters.growth) - one_plus_d) / one_plus_d
    return difference


def _first_factor(parameters: ClvParameters) -> FloatArray:
    one_plus_d = 1.0 + parameters.discount_rate
    if parameters.timing == "retained_end":
        return parameters.retention / one_plus_d
    if parameters.timing == "certain_end":
        return 1.0 / one_plus_d
    return np.ones(parameters.n)


def clv_retention(
    margin: ArrayLike, acquisition: ArrayLike, parameters: ClvParameters, *, raise_on_divergence: bool = True
) -> ClvResult:
    """Method ``retention``: m₀ × multiplier − AC, arrays (n,), currency (K3, Le Bon & Herman ch. 1).

    ``margin``: contribution of the trailing 12 months; negative gives a negative CLV, NaN gives NaN.
    ``acquisition``: as ``acquisition_cost`` answers it. Raises DivergesError as ``multiplier`` does.
    """
    m0 = _spread(margin, parameters.n)
    ac = _spread(acquisition, parameters.n)
    factor = multiplier(parameters, raise_on_divergence=raise_on_divergence)
    present = m0 * factor
    note = np.full(parameters.n, UNKNOWN_CODE, dtype=np.int8)
    note[np.isnan(factor)] = DIVERGES
    note[np.isnan(m0) | np.isnan(ac)] = MARGIN_UNKNOWN
    return ClvResult(
        value=present - ac,
        present_value=present,
        acquisition_cost=ac,
        margin_first_year=m0,
        method=np.full(parameters.n, RETENTION, dtype=np.int8),
        note=note,
    )


def clv_historic(contribution_so_far: ArrayLike) -> ClvResult:
    """Method ``historic``: the undiscounted contribution realised so far, array (n,), currency (K3)."""
    realised = floats(contribution_so_far)
    note = np.where(np.isnan(realised), MARGIN_UNKNOWN, UNKNOWN_CODE).astype(np.int8)
    return ClvResult(
        value=realised,
        present_value=realised,
        acquisition_cost=np.zeros(realised.shape),
        margin_first_year=np.full(realised.shape, np.nan),
        method=np.full(realised.shape, HISTORIC, dtype=np.int8),
        note=note,
    )


@dataclass(frozen=True)
class Trend:
    """A straight line through the yearly margins: margin of year t ahead = ``level`` + ``slope`` × t.

    ``level`` is the line's value in the newest block. ``usable``: a line could be drawn. ``note``: code into
    ``NOTES`` where it could not. ``stops_after``: how many years ahead the margin stays ≥ 0 (``inf`` = all).
    """

    level: FloatArray
    slope: FloatArray
    usable: BoolArray
    note: CodeArray
    stops_after: FloatArray


def fit_trend(yearly_margin: FloatArray, complete: ArrayLike) -> Trend:
    """Ordinary least squares per account over its complete 12-month blocks (K3).

    ``yearly_margin`` (n, blocks): column 0 is the trailing 12 months, column k the block k years before it.
    ``complete`` (n,): how many of them are complete. Needs ≥ 3, all with a known margin, and m₀ ≥ 0.
    """
    blocks = yearly_margin.shape[1]
    used = np.minimum(integers(complete), blocks)
    x = -np.arange(blocks, dtype=np.float64)
    weight = np.arange(blocks) < used[:, None]
    y = np.where(weight, yearly_margin, 0.0)
    count = used.astype(np.float64)
    sum_x, sum_xx = weight @ x, weight @ (x * x)
    sum_y, sum_xy = y.sum(axis=1), y @ x
    spread = count * sum_xx - sum_x * sum_x
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (count * sum_xy - sum_x * sum_y) / spread
        level = (sum_y - slope * sum_x) / count
        # level + slope·t ≥ 0 up to t = −level/slope; a tiny slack keeps a margin of exactly 0 in.
        falling = np.maximum(np.floor(-level / slope * (1 + 1e-12)), 0.0)
    m0 = yearly_margin[:, 0]
    note = np.full(len(used), UNKNOWN_CODE, dtype=np.int8)
    note[np.isnan(y).any(axis=1)] = UNKNOWN_YEAR
    note[m0 < 0] = NEGATIVE_MARGIN
    note[used < TREND_MIN_BLOCKS] = TOO_FEW_YEARS
    note[np.isnan(m0)] = MARGIN_UNKNOWN
    first_year = level + slope
    stops = np.where(slope < 0, falling, np.where(first_year < 0, 0.0, np.inf))
    return Trend(level=level, slope=slope, usable=note == UNKNOWN_CODE, note=note, stops_after=stops)


def clv_trend(
    yearly_margin: FloatArray,
    complete: ArrayLike,
    acquisition: ArrayLike,
    parameters: ClvParameters,
    *,
    raise_on_divergence: bool = True,
) -> ClvResult:
    """Method ``trend``: the margins' straight line extrapolated T years, × retention, discounted, − AC (K3).

    The first year whose margin is negative and all later ones count 0. Where a trend cannot be drawn (fewer
    than 3 complete blocks, m₀ < 0, a year whose margin is not known) ``retention`` stands in and ``note``
    says so. Growth g is not applied on top of a trend; the timing is. Shapes as in ``fit_trend``.
    Raises DivergesError when an account has no horizon and its sum does not converge.
    """
    base = clv_retention(yearly_margin[:, 0], acquisition, parameters, raise_on_divergence=False)
    line = fit_trend(yearly_margin, complete)
    years = np.where(line.usable, np.minimum(parameters.horizon_years, line.stops_after), 0.0)
    q = parameters.retention / (1.0 + parameters.discount_rate)
    endless = np.isinf(years)
    diverging = np.where(line.usable, endless & (q >= 1), base.note == DIVERGES)
    if raise_on_divergence and np.any(diverging):
        raise DivergesError("a trend for ever is infinite here: retention must be below 1 + discount rate")
    present = np.zeros(parameters.n)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Σ (level + slope·t)·q^(t−1) for t = 1, 2, …
        forever = line.level / (1 - q) + line.slope / (1 - q) ** 2
    present[endless] = forever[endless]
    for year in range(1, int(years[~endless].max(initial=0.0)) + 1):
        counted = ~endless & (years >= year)
        present[counted] += ((line.level + line.slope * year) * q ** (year - 1))[counted]
    present = np.where(diverging, np.nan, present * _first_factor(parameters))
    present = np.where(line.usable, present, base.present_value)
    note = np.where(line.usable, base.note, np.where(base.note == UNKNOWN_CODE, line.note, base.note))
    note = np.where(line.usable & ~diverging & (base.note == DIVERGES), UNKNOWN_CODE, note)
    note = np.where(diverging, DIVERGES, note)
    return ClvResult(
        value=present - base.acquisition_cost,
        present_value=present,
        acquisition_cost=base.acquisition_cost,
        margin_first_year=np.where(line.usable, np.where(line.stops_after >= 1, line.level + line.slope, 0.0),
                                   base.margin_first_year),
        method=np.where(line.usable, TREND, RETENTION).astype(np.int8),
        note=note.astype(np.int8),
    )  # fmt: skip


def listed_years(parameters: ClvParameters) -> int:
    """Years a yearly table shows: the longest horizon; 10 for an account without one (INTERFACE §2)."""
    shown = np.where(parameters.forever, FOREVER_LISTED_YEARS, parameters.horizon_years)
    return int(shown.max(initial=0.0))


def yearly(margin: ArrayLike, parameters: ClvParameters, *, trend: Trend | None = None) -> Yearly:
    """The yearly breakdown behind ``clv_retention`` (or ``clv_trend`` with its line), arrays (n, years).

    Its present values add up to ``present_value`` where the horizon is finite; an account without a horizon
    lists 10 years (K3, INTERFACE §2).
    """
    m0 = _spread(margin, parameters.n)
    year = np.arange(1, listed_years(parameters) + 1, dtype=np.int64)
    t = year.astype(np.float64)[None, :]
    with np.errstate(invalid="ignore"):
        expected = m0[:, None] * (1.0 + parameters.growth[:, None]) ** (t - 1)
        if trend is not None:
            line = np.where(
                t <= trend.stops_after[:, None], trend.level[:, None] + trend.slope[:, None] * t, 0.0
            )
            expected = np.where(trend.usable[:, None], line, expected)
    survived = t if parameters.timing == "retained_end" else t - 1
    waited = t - 1 if parameters.timing == "certain_now" else t
    retained = parameters.retention[:, None] ** survived
    inside = t <= np.where(parameters.forever, FOREVER_LISTED_YEARS, parameters.horizon_years)[:, None]
    discounted = expected * retained / (1.0 + parameters.discount_rate[:, None]) ** waited
    return Yearly(
        year=year,
        margin=np.where(inside, expected, np.nan),
        retained=np.where(inside, retained, np.nan),
        retained_margin=np.where(inside, expected * retained, np.nan),
        present_value=np.where(inside, discounted, np.nan),
    )


def _spread(values: ArrayLike, n: int) -> FloatArray:
    return np.broadcast_to(floats(values), (n,))
