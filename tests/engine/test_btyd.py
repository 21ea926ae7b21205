"""Purchase models: the CDNOW oracle, stable scoring, and guarded refusals (K3 buy_till_you_die)."""

import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike

from metrics.engine import METHODS, NOTES, ClvParameters, DivergesError, NotConverged, clv_retention, labels
from metrics.engine.arrays import floats
from metrics.engine.btyd import (
    DAYS_PER_MONTH,
    PurchaseModel,
    Purchases,
    clv_buy_till_you_die,
    fit_purchase_model,
    forecast_purchases,
    summarise_purchases,
)

DATA = Path(__file__).parent / "data" / "cdnow_calibration.csv"


def purchases(frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, mean_value: ArrayLike) -> Purchases:
    columns = (frequency, recency, age, mean_value)
    x, last, total, value = np.broadcast_arrays(*[np.atleast_1d(floats(column)) for column in columns])
    return Purchases(x, last, total, value, bought=np.ones(len(x), dtype=bool))


def cdnow(unit: float = 1.0) -> Purchases:
    frame = pd.read_csv(DATA)
    return purchases(
        frame["purchases"], frame["recency_weeks"] * unit, frame["age_weeks"] * unit, frame["mean_value"]
    )


@pytest.fixture(scope="module")
def model() -> PurchaseModel:
    return fit_purchase_model(cdnow())


def test_the_published_cdnow_parameters_are_reached(model: PurchaseModel) -> None:
    assert (model.r, model.alpha, model.a, model.b) == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=5e-4)
    assert model.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    assert (model.p, model.q) == pytest.approx((6.25, 3.74), abs=0.01)
    assert model.v == pytest.approx(15.44, abs=0.02)


def test_the_time_unit_only_scales_alpha(model: PurchaseModel) -> None:
    in_days = fit_purchase_model(cdnow(unit=7))
    assert (in_days.r, in_days.alpha / 7, in_days.a, in_days.b) == pytest.approx(
        (model.r, model.alpha, model.a, model.b), rel=1e-3
    )
    weeks = model.expected_purchases(cdnow(), [10.0, 52.0])
    np.testing.assert_allclose(in_days.expected_purchases(cdnow(unit=7), [70.0, 364.0]), weeks, rtol=2e-3)


def test_the_published_example_customer(model: PurchaseModel) -> None:
    # Fader, Hardie & Lee (2005), §5: x = 2, t_x = 30.43, T = 38.86 buys 1.226 times in the next 39 weeks.
    customer = purchases(2, 30.43, 38.86, 22.35)
    assert model.expected_purchases(customer, [39.0])[0, 0] == pytest.approx(1.226, abs=1e-3)


def test_scoring_equals_the_library_where_the_library_has_digits(model: PurchaseModel) -> None:
    from clvkit import BGNBD, CustomerBase, GammaGamma

    data = cdnow()
    frame = pd.DataFrame(
        {
            "frequency": data.frequency,
            "recency": data.recency,
            "T": data.age,
            "monetary_value": data.mean_value,
        }
    )
    base = CustomerBase(
        frame, time_unit="W", observation_period_end=pd.Timestamp(0), has_monetary=True, on_negative="net"
    )
    library, value = BGNBD().fit(base), GammaGamma().fit(base)
    expected = library.predict(26.0).to_pandas()["expected_purchases"]
    np.testing.assert_allclose(model.expected_purchases(data, [26.0])[:, 0], expected, rtol=1e-3)
    np.testing.assert_allclose(
        model.alive(data), library.probability_alive().to_pandas().iloc[:, 0], rtol=1e-3
    )
    np.testing.assert_allclose(model.expected_value(data), value.predict().to_pandas().iloc[:, 0], rtol=1e-3)


def test_accounts_with_thousands_of_purchases_keep_their_digits(model: PurchaseModel) -> None:
    busy = purchases([50, 500, 5000, 50000], 38.5, 38.6, 100)
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        expected = model.expected_purchases(busy, [0.01, 1.0])
    assert np.isfinite(expected).all()
    # In an instant too short to stop, an account buys at its own rate while it is alive.
    rate = (model.r + busy.frequency) / (model.alpha + busy.age)
    np.testing.assert_allclose(expected[:3, 0], (rate * 0.01 * model.alive(busy))[:3], rtol=0.05)
    assert (expected[:, 1] > expected[:, 0]).all()


def test_purchases_are_days_with_positive_sales_up_to_the_reference() -> None:
    account = np.array([0, 0, 0, 0, 0, 1, 2], dtype=np.int64)
    day = np.array([30, 10, 20, 25, 99, 40, 5], dtype=np.int64)
    value = np.array([300.0, 100, 200, -50, 999, 70, -1])
    result = summarise_purchases(account, day, value, accounts=4, reference_day=50)
    assert result.frequency.tolist() == [2, 0, 0, 0]
    assert result.recency.tolist() == [20, 0, 0, 0]
    assert result.age.tolist() == [40, 10, 0, 0]
    assert result.mean_value.tolist() == [250, 0, 0, 0]
    assert result.bought.tolist() == [True, True, False, False]


def test_value_is_the_discounted_sum_of_the_coming_months(model: PurchaseModel) -> None:
    data = purchases([2, 0], [30.43, 0], [38.86, 10], [22.35, 0])
    parameters = ClvParameters.of(2, discount_rate=0.1, horizon_years=[1, 2])
    per_month = DAYS_PER_MONTH / 7
    forecast = forecast_purchases(model, data, parameters, units_per_month=per_month)
    for account, months in ((0, 12), (1, 24)):
        before, total = 0.0, 0.0
        one = purchases(data.frequency[account], data.recency[account], data.age[account], 0)
        for month in range(1, months + 1):
            until = float(model.expected_purchases(one, [month * per_month])[0, 0])
            total += (until - before) / 1.1 ** (month / 12)
            before = until
        assert forecast.discounted_purchases[account] == pytest.approx(total)
    assert np.isfinite(forecast.yearly_purchases).tolist() == [[True, False], [True, True]]
    result = clv_buy_till_you_die(
        forecast,
        data,
        margin=[500, 500],
        contribution_ratio=[0.3, -0.1],
        acquisition=[5, 0],
        parameters=parameters,
    )
    sales = forecast.discounted_purchases * model.expected_value(data)
    np.testing.assert_allclose(result.value, [sales[0] * 0.3 - 5, sales[1] * -0.1])
    assert labels(result.method, METHODS).tolist() == ["buy_till_you_die"] * 2


def test_accounts_the_model_cannot_value_fall_back_to_retention_and_say_so(model: PurchaseModel) -> None:
    data = purchases([2, 0, 3, 2], [30, 0, 20, 30], [38, 0, 38, 38], [22, 0, 30, 22])
    data = Purchases(
        data.frequency, data.recency, data.age, data.mean_value, np.array([True, False, True, True])
    )
    parameters = ClvParameters.of(4, horizon_years=[5, 5, math.inf, 5])
    result = clv_buy_till_you_die(
        forecast_purchases(model, data, parameters), data,
        margin=[1, 2, 3, 4], contribution_ratio=[0.3, 0.3, 0.3, math.nan], acquisition=0,
        parameters=parameters,
    )  # fmt: skip
    assert labels(result.method, METHODS).tolist() == [
        "buy_till_you_die", "retention", "retention", "buy_till_you_die",
    ]  # fmt: skip
    assert labels(result.note, NOTES).tolist() == [
        None, "never_purchased", "needs_finite_horizon", "margin_unknown",
    ]  # fmt: skip
    by_retention = clv_retention([1, 2, 3, 4], 0, parameters).value
    np.testing.assert_allclose(result.value[1:3], by_retention[1:3])
    assert np.isnan(result.value[3])


def test_a_fallback_that_diverges_is_refused(model: PurchaseModel) -> None:
    data = purchases([2], [30], [38], [22])
    parameters = ClvParameters.of(1, retention=1.0, discount_rate=0.0, horizon_years=None)
    forecast = forecast_purchases(model, data, parameters)
    arguments = {"margin": 1.0, "contribution_ratio": 0.3, "acquisition": 0.0, "parameters": parameters}
    with pytest.raises(DivergesError):
        clv_buy_till_you_die(forecast, data, **arguments)  # type: ignore[arg-type]
    quiet = clv_buy_till_you_die(forecast, data, **arguments, raise_on_divergence=False)  # type: ignore[arg-type]
    assert labels(quiet.note, NOTES).tolist() == ["diverges"]


def test_a_forecast_that_is_no_number_is_refused() -> None:
    broken = PurchaseModel(r=0.2, alpha=4.0, a=0.8, b=2.4, p=6.0, q=math.nan, v=15.0, log_likelihood=0.0)
    data, parameters = purchases([2], [30], [38], [22]), ClvParameters.of(1)
    with pytest.raises(NotConverged, match="no finite forecast"):
        clv_buy_till_you_die(
            forecast_purchases(broken, data, parameters), data,
            margin=1, contribution_ratio=0.3, acquisition=0, parameters=parameters,
        )  # fmt: skip


def simulate(n: int, r: float, alpha: float, a: float, b: float, *, value_shape: float = 4.0) -> Purchases:
    """Accounts that behave exactly as BG/NBD and Gamma-Gamma say."""
    generator, age = np.random.default_rng(5), 150.0
    rate, stop = generator.gamma(r, 1 / alpha, n), generator.beta(a, b, n)
    frequency, recency, clock = np.zeros(n), np.zeros(n), np.zeros(n)
    alive = np.ones(n, dtype=bool)
    while alive.any():
        clock[alive] += generator.exponential(1 / np.maximum(rate[alive], 1e-9))
        alive &= clock <= age
        frequency[alive] += 1
        recency[alive] = clock[alive]
        alive &= generator.random(n) >= stop
    nu = generator.gamma(value_shape, 1 / 500.0, n)
    mean = np.where(frequency > 0, generator.gamma(5.0 * np.maximum(frequency, 1), 1 / nu), 0)
    return purchases(frequency, recency, np.full(n, age), mean / np.maximum(frequency, 1))


def test_parameters_behind_simulated_accounts_are_found_again() -> None:
    found = fit_purchase_model(simulate(6000, 1.5, 10.0, 0.7, 4.0))
    assert (found.r, found.alpha, found.a, found.b) == pytest.approx((1.5, 10.0, 0.7, 4.0), rel=0.25)
    assert (found.p, found.q, found.v) == pytest.approx((5.0, 4.0, 500.0), rel=0.15)


def test_too_few_repeat_buyers_are_refused_with_their_number() -> None:
    with pytest.raises(NotConverged, match="only 2 accounts bought more than once"):
        fit_purchase_model(purchases([1, 3, 0], [2, 5, 0], [9, 9, 9], [10, 20, 0]))


def test_accounts_that_never_stop_are_refused() -> None:
    endless = simulate(400, 3.0, 10.0, 1e-6, 1e3)
    with pytest.raises(NotConverged, match="stopped buying"):
        fit_purchase_model(endless)


def test_clockwork_buyers_are_refused() -> None:
    # Everyone buys every ten days and is still there: no spread to estimate anything from.
    n = 200
    with pytest.raises(NotConverged):
        fit_purchase_model(purchases(np.full(n, 15), np.full(n, 150), np.full(n, 151), np.full(n, 80)))


def test_sales_without_a_finite_mean_are_refused() -> None:
    heavy = simulate(2000, 1.5, 10.0, 0.7, 4.0, value_shape=0.6)
    with pytest.raises(NotConverged, match="heavy-tailed") as refusal:
        fit_purchase_model(heavy)
    assert refusal.value.code == "not_converged"


class StoppedEarly:
    """An optimiser that gives up where it stands and, as the library's, does not say so."""

    def fit(self, _base: object) -> "StoppedEarly":
        self.params_ = {"r": 0.5, "alpha": 1.0, "a": 1.5, "b": 1.0}
        return self


def test_a_search_that_stopped_early_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clvkit.BGNBD", StoppedEarly)
    with pytest.raises(NotConverged, match="before it reached a maximum"):
        fit_purchase_model(cdnow())


def test_a_model_that_contradicts_the_ledger_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dreamer(StoppedEarly):
        def fit(self, _base: object) -> "Dreamer":
            self.params_ = {"r": 5.0, "alpha": 1.0, "a": 0.1, "b": 50.0}
            return self

    monkeypatch.setattr("clvkit.BGNBD", Dreamer)
    monkeypatch.setattr("metrics.engine.btyd._MAX_GRADIENT", math.inf)
    with pytest.raises(NotConverged, match=r"expects \d+,\d+ repeat purchases where the ledger has 2,457"):
        fit_purchase_model(cdnow())


def test_a_library_that_fails_is_a_refusal_and_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("abnormal termination")

    monkeypatch.setattr("clvkit.GammaGamma.fit", fail)
    with pytest.raises(NotConverged, match="abnormal termination"):
        fit_purchase_model(cdnow())


def test_the_real_reseller_ledger_is_refused_with_a_reason() -> None:
    path = Path(__file__).parents[3] / "shared" / "data" / "adventureworks" / "sales_lines.csv.gz"
    if not path.exists():
        pytest.skip("the AdventureWorks ledger lies outside the repository")
    frame = pd.read_csv(path, parse_dates=["date"])
    daily = frame.groupby(["account_external_id", "date"], as_index=False)["net_sales"].sum()
    account, names = pd.factorize(daily["account_external_id"])
    days = daily["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    data = summarise_purchases(
        account.astype(np.int64), days, daily["net_sales"].to_numpy(dtype=float),
        accounts=len(names), reference_day=int(np.datetime64("2013-11-30").astype(np.int64)),
    )  # fmt: skip
    assert int(data.bought.sum()) == 635
    with pytest.raises(NotConverged, match="stopped buying"):
        fit_purchase_model(data)
