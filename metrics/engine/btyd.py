"""Method ``buy_till_you_die`` of K3: BG/NBD purchases × Gamma-Gamma value, for non-contractual accounts.

Fader, Hardie & Lee (2005), "Counting Your Customers the Easy Way"; Fader & Hardie (2013), "The Gamma-Gamma
Model of Monetary Value". The likelihoods are maximised by the library ``clvkit``. Two things are ours: the
library reports no optimiser failure, so every fit is judged here before anybody sees a figure; and its
scoring formula loses all digits for accounts with some hundred purchases, so it is evaluated in an
equivalent stable form. Heavy-tailed business ledgers often do not converge: then the method is refused for
that tenant with the reason, and ``retention`` stands.
"""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, hyp2f1, logsumexp

from metrics.engine.arrays import UNKNOWN_CODE, FloatArray, IntArray, check_lengths, floats, sum_by
from metrics.engine.clv import (
    BUY_TILL_YOU_DIE,
    DIVERGES,
    MARGIN_UNKNOWN,
    NEEDS_FINITE_HORIZON,
    NEVER_PURCHASED,
    RETENTION,
    ClvParameters,
    ClvResult,
    clv_retention,
)
from metrics.engine.errors import DivergesError, NotConverged

if TYPE_CHECKING:
    import pandas as pd
    from clvkit import CustomerBase

DAYS_PER_MONTH = 365.25 / 12
MONTHS_PER_YEAR = 12
MIN_REPEAT_BUYERS = 30
# Estimates beyond these (with time scaled so that the longest history is 40) describe no population: one of
# the two distributions has collapsed to a point.
_SMALLEST, _LARGEST = 1e-3, 1e3
_SCALED_HISTORY = 40.0
_MAX_GRADIENT = 1e-3
_POLE = 1e-6
_FIT_RATIO = (0.5, 2.0)


@dataclass(frozen=True)
class Purchases:
    """What the models need to know of every account, arrays (n,) (K3: a purchase = a day with sales > 0).

    ``frequency``: purchases after the first. ``recency``: days from the first to the last purchase. ``age``:
    days from the first purchase to the reference date. ``mean_value``: mean sale of the repeat purchases,
    currency, 0 without one. ``bought``: at least one purchase; the others hold zeros.
    """

    frequency: FloatArray
    recency: FloatArray
    age: FloatArray
    mean_value: FloatArray
    bought: NDArray[np.bool_]


def summarise_purchases(
    account: IntArray, day: IntArray, net_sales: FloatArray, *, accounts: int, reference_day: int
) -> Purchases:
    """Purchases of every account from its daily net sales (rows: one per account and day).

    ``day``: any day number; ``reference_day``: on the same scale, later rows are ignored.
    """
    check_lengths(account, day, net_sales)
    inside = (net_sales > 0) & (day <= reference_day)
    who, when, value = account[inside], day[inside], net_sales[inside]
    days = np.bincount(who, minlength=accounts)
    first = np.full(accounts, np.iinfo(np.int64).max, dtype=np.int64)
    last = np.full(accounts, np.iinfo(np.int64).min, dtype=np.int64)
    np.minimum.at(first, who, when)
    np.maximum.at(last, who, when)
    bought = days > 0
    first = np.where(bought, first, 0)
    repeat = when > first[who]
    frequency = np.maximum(days - 1, 0).astype(np.float64)
    value_sum = sum_by(who[repeat], value[repeat], accounts)
    return Purchases(
        frequency=frequency,
        recency=np.where(bought, last - first, 0).astype(np.float64),
        age=np.where(bought, reference_day - first, 0).astype(np.float64),
        mean_value=np.divide(value_sum, frequency, out=np.zeros(accounts), where=frequency > 0),
        bought=bought,
    )


@dataclass(frozen=True)
class PurchaseModel:
    """Fitted BG/NBD (r, alpha, a, b; alpha in the time unit of the data) and Gamma-Gamma (p, q, v)."""

    r: float
    alpha: float
    a: float
    b: float
    p: float
    q: float
    v: float
    log_likelihood: float

    def expected_purchases(self, purchases: Purchases, ahead: ArrayLike) -> FloatArray:
        """Expected purchases within ``ahead`` time units from now, shape (n, len(ahead)).

        Fader, Hardie & Lee (2005), eq. 10, after Euler's transformation of the hypergeometric function,
        which keeps its value near 1 where the published form multiplies 0 by infinity.
        """
        t = floats(ahead)[None, :]
        x, age = purchases.frequency[:, None], purchases.age[:, None]
        now = self.alpha + age
        c = self.a + self.b + x - 1.0
        series = hyp2f1(self.a + self.b - 1.0 - self.r, self.a - 1.0, c, t / (now + t))
        left = (now / (now + t)) ** (self.a - 1.0)
        expected: FloatArray = c / (self.a - 1.0) * (1.0 - left * series) * self.alive(purchases)[:, None]
        return expected

    def alive(self, purchases: Purchases) -> FloatArray:
        """Probability that each account still buys, (n,); 1 for an account without a repeat purchase."""
        x = purchases.frequency
        log_growth = np.log((self.alpha + purchases.age) / (self.alpha + purchases.recency))
        log_odds = np.log(self.a) - np.log(self.b + np.maximum(x, 1.0) - 1.0) + (self.r + x) * log_growth
        alive: FloatArray = np.where(x > 0, np.exp(-np.logaddexp(0.0, log_odds)), 1.0)
        return alive

    def expected_value(self, purchases: Purchases) -> FloatArray:
        """Expected mean sale, currency, (n,): the own mean drawn towards the population's where few."""
        x = purchases.frequency
        mean: FloatArray = self.p * (self.v + x * purchases.mean_value) / (self.p * x + self.q - 1.0)
        return mean

    def expected_from_start(self, age: FloatArray) -> FloatArray:
        """Repeat purchases a random account makes in its first ``age`` time units (eq. 9), (n,)."""
        c = self.a + self.b - 1.0
        share = age / (self.alpha + age)
        series = hyp2f1(c - self.r, self.a - 1.0, c, share)
        expected: FloatArray = c / (self.a - 1.0) * (1.0 - (1.0 - share) ** (self.a - 1.0) * series)
        return expected


def fit_purchase_model(purchases: Purchases) -> PurchaseModel:
    """Fit BG/NBD and Gamma-Gamma to a tenant's accounts, or refuse with a reason (K3).

    Raises NotConverged when there are too few repeat buyers, the optimiser does not reach a maximum, an
    estimate runs to the edge of what describes a population, or the fitted model contradicts the ledger.
    Time unit free (days, weeks): ``alpha`` comes back in it.
    """
    repeaters = int((purchases.bought & (purchases.frequency > 0)).sum())
    if repeaters < MIN_REPEAT_BUYERS:
        raise NotConverged(
            f"only {repeaters} accounts bought more than once; at least {MIN_REPEAT_BUYERS} are needed"
        )
    base = _select(purchases, purchases.bought)
    (r, alpha, a, b), log_likelihood = _fit_purchases(base)
    if abs(a - 1.0) < _POLE:
        # The expectation is smooth at a = 1 but its formula is 0/0 there.
        a = 1.0 + _POLE
    p, q, v = _fit_value(base)
    model = PurchaseModel(r=r, alpha=alpha, a=a, b=b, p=p, q=q, v=v, log_likelihood=log_likelihood)
    implied, observed = float(model.expected_from_start(base.age).sum()), float(base.frequency.sum())
    if not _FIT_RATIO[0] <= implied / observed <= _FIT_RATIO[1]:
        raise NotConverged(
            f"the fitted model expects {implied:,.0f} repeat purchases where the ledger has {observed:,.0f}"
        )
    return model


def _select(purchases: Purchases, chosen: NDArray[np.bool_]) -> Purchases:
    return Purchases(
        frequency=purchases.frequency[chosen],
        recency=purchases.recency[chosen],
        age=purchases.age[chosen],
        mean_value=purchases.mean_value[chosen],
        bought=purchases.bought[chosen],
    )


def _fit_purchases(base: Purchases) -> tuple[tuple[float, float, float, float], float]:
    # Loaded here because only tenants that chose this method need pandas in the worker's memory.
    import pandas as pd
    from clvkit import BGNBD

    # The optimiser starts at alpha = 1, so a history of thousands of days must be brought near that.
    scale = float(base.age.max()) / _SCALED_HISTORY
    frequency, recency, age = base.frequency, base.recency / scale, base.age / scale
    frame = pd.DataFrame({"frequency": frequency, "recency": recency, "T": age})
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            fitted = BGNBD().fit(_customer_base(frame, has_monetary=False)).params_
        except (RuntimeError, ValueError, ArithmeticError) as error:
            raise NotConverged(f"the purchase model could not be fitted: {error}") from error
    assert fitted is not None
    values = np.array([float(fitted[name]) for name in ("r", "alpha", "a", "b")])
    r, alpha, a, b = values
    if not np.all(np.isfinite(values)):
        raise NotConverged("the purchase model has no finite estimate")
    if a < _SMALLEST or b > _LARGEST:
        raise NotConverged(
            "hardly any account looks as if it had stopped buying, so that cannot be estimated"
        )
    if r > _LARGEST or alpha > _LARGEST:
        raise NotConverged("all accounts buy at nearly the same rhythm, so its spread cannot be estimated")
    if np.any(values < _SMALLEST) or np.any(values > _LARGEST):
        raise NotConverged("an estimate of the purchase model runs to the edge of its range")
    if _steepness(values, frequency, recency, age) > _MAX_GRADIENT:
        raise NotConverged("the search for the purchase model stopped before it reached a maximum")
    log_likelihood = float(_log_likelihood(values, frequency, recency, age).sum())
    # Densities of time shrink by the scale once per observed repeat purchase.
    log_likelihood -= float(np.log(scale) * frequency.sum())
    return (float(r), float(alpha * scale), float(a), float(b)), log_likelihood


def _fit_value(base: Purchases) -> tuple[float, float, float]:
    import pandas as pd
    from clvkit import GammaGamma

    repeat = (base.frequency > 0) & (base.mean_value > 0)
    scale = float(base.mean_value[repeat].mean())
    frame = pd.DataFrame(
        {"frequency": base.frequency[repeat], "monetary_value": base.mean_value[repeat] / scale}
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            fitted = GammaGamma().fit(_customer_base(frame, has_monetary=True)).params_
        except (RuntimeError, ValueError, ArithmeticError) as error:
            raise NotConverged(f"the value of a purchase could not be estimated: {error}") from error
    assert fitted is not None
    p, q, v = (float(fitted[name]) for name in ("p", "q", "gamma"))
    if not all(np.isfinite([p, q, v])) or not all(_SMALLEST < value < _LARGEST for value in (p, q, v)):
        raise NotConverged("an estimate of the value of a purchase runs to the edge of its range")
    if q <= 1:
        raise NotConverged("the sales are so heavy-tailed that an average purchase has no finite value")
    return p, q, v * scale


def _customer_base(frame: "pd.DataFrame", *, has_monetary: bool) -> "CustomerBase":
    """The library's container around finished statistics; the labels it insists on have no effect here."""
    import pandas as pd
    from clvkit import CustomerBase

    return CustomerBase(
        frame,
        time_unit="D",
        observation_period_end=pd.Timestamp(0),
        has_monetary=has_monetary,
        on_negative="net",
    )


def _log_likelihood(
    parameters: FloatArray, frequency: FloatArray, recency: FloatArray, age: FloatArray
) -> FloatArray:
    """Log-likelihood of each account (Fader, Hardie & Lee 2005, eq. 6), to judge the library's answer by."""
    r, alpha, a, b = parameters
    x = frequency
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    common = common + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    still = -(r + x) * np.log(alpha + age)
    gone = np.log(a) - np.log(b + np.maximum(x, 1.0) - 1.0) - (r + x) * np.log(alpha + recency)
    total: FloatArray = common + logsumexp(np.stack([still, np.where(x > 0, gone, -np.inf)]), axis=0)
    return total


def _steepness(values: FloatArray, frequency: FloatArray, recency: FloatArray, age: FloatArray) -> float:
    """Largest slope of the mean log-likelihood along a relative change of one parameter; 0 at a maximum."""
    step = 1e-4
    slopes = []
    for place in range(len(values)):
        shift = np.zeros(len(values))
        shift[place] = step
        above = _log_likelihood(values * np.exp(shift), frequency, recency, age).mean()
        below = _log_likelihood(values * np.exp(-shift), frequency, recency, age).mean()
        slopes.append(abs(float(above - below)) / (2 * step))
    return max(slopes)


@dataclass(frozen=True)
class PurchaseForecast:
    """What the model expects of every account, arrays (n,): currency and counts before any margin.

    ``discounted_purchases``: over the account's horizon. ``yearly_purchases``/``yearly_discounted``
    (n, years), NaN beyond the horizon.
    """

    alive: FloatArray
    expected_value: FloatArray
    discounted_purchases: FloatArray
    yearly_purchases: FloatArray
    yearly_discounted: FloatArray


def forecast_purchases(
    model: PurchaseModel,
    purchases: Purchases,
    parameters: ClvParameters,
    *,
    units_per_month: float = DAYS_PER_MONTH,
) -> PurchaseForecast:
    """Purchases of the coming months, each discounted from the end of its month (K3); finite horizons only.

    An account with an endless horizon gets NaN. ``units_per_month``: how many time units of the data make a
    month.
    """
    n = parameters.n
    horizon = np.where(parameters.forever, 0.0, parameters.horizon_years)
    years = int(horizon.max(initial=0.0))
    months = np.arange(1, years * MONTHS_PER_YEAR + 1, dtype=np.float64)
    cumulative = model.expected_purchases(purchases, months * units_per_month)
    monthly = np.diff(cumulative, axis=1, prepend=0.0)
    factor = (1.0 + parameters.discount_rate[:, None]) ** (-months / MONTHS_PER_YEAR)
    inside = np.arange(1, years + 1) <= horizon[:, None]
    shape = (n, years, MONTHS_PER_YEAR)
    plain = monthly.reshape(shape).sum(axis=2)
    discounted = (monthly * factor).reshape(shape).sum(axis=2)
    total = np.where(inside, discounted, 0.0).sum(axis=1)
    return PurchaseForecast(
        alive=model.alive(purchases),
        expected_value=model.expected_value(purchases),
        discounted_purchases=np.where(parameters.forever, np.nan, total),
        yearly_purchases=np.where(inside, plain, np.nan),
        yearly_discounted=np.where(inside, discounted, np.nan),
    )


def clv_buy_till_you_die(
    forecast: PurchaseForecast,
    purchases: Purchases,
    *,
    margin: ArrayLike,
    contribution_ratio: ArrayLike,
    acquisition: ArrayLike,
    parameters: ClvParameters,
    raise_on_divergence: bool = True,
) -> ClvResult:
    """Method ``buy_till_you_die``: discounted purchases × expected sale × contribution ratio − AC (K3).

    No r and no g. An account that never bought, or whose horizon is endless, is valued by ``retention`` from
    its ``margin`` of the trailing 12 months, and ``note`` says so. ``contribution_ratio``: of the trailing 12
    months, or of a longer time for an account that sold nothing in them; NaN gives NaN. Arrays (n,). Raises
    NotConverged when the model answers something that is no number, DivergesError as ``retention``.
    """
    base = clv_retention(margin, acquisition, parameters, raise_on_divergence=False)
    modelled = purchases.bought & ~parameters.forever
    sales = forecast.discounted_purchases * forecast.expected_value
    if not np.all(np.isfinite(sales[modelled])):
        raise NotConverged("the fitted model gives no finite forecast for some accounts")
    if raise_on_divergence and np.any(~modelled & (base.note == DIVERGES)):
        raise DivergesError(
            "a value for ever is infinite for an account that the purchase model cannot value"
        )
    earned = np.broadcast_to(floats(contribution_ratio), (parameters.n,))
    present = np.where(modelled, sales * earned, base.present_value)
    first_year = forecast.yearly_purchases[:, :1].sum(axis=1) * forecast.expected_value * earned
    value = present - base.acquisition_cost
    fallback = np.where(parameters.forever, NEEDS_FINITE_HORIZON, NEVER_PURCHASED)
    note = np.where(modelled, UNKNOWN_CODE, np.where(base.note == UNKNOWN_CODE, fallback, base.note))
    note = np.where(modelled & np.isnan(value), MARGIN_UNKNOWN, note)
    return ClvResult(
        value=value,
        present_value=present,
        acquisition_cost=base.acquisition_cost,
        margin_first_year=np.where(modelled, first_year, base.margin_first_year),
        method=np.where(modelled, BUY_TILL_YOU_DIE, RETENTION).astype(np.int8),
        note=note.astype(np.int8),
    )
