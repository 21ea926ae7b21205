"""Customer lifetime value: closed forms, hand-worked cases, properties (K3)."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from metrics.engine import (
    METHODS,
    NOTES,
    ClvParameters,
    DivergesError,
    ParameterError,
    acquisition_cost,
    clv_historic,
    clv_retention,
    clv_trend,
    fit_trend,
    labels,
    multiplier,
    yearly,
)
from metrics.engine.clv import TIMINGS, Timing

TIMING = st.sampled_from(TIMINGS)
RETENTION = st.floats(0, 1)
DISCOUNT = st.floats(0, 0.5)
GROWTH = st.floats(-0.5, 0.3)
YEARS = st.integers(1, 30)


def slow_clv(m0: float, r: float, d: float, g: float, years: int, timing: Timing, ac: float) -> float:
    """K3 as written: one year after the other."""
    total = 0.0
    for t in range(1, years + 1):
        margin = m0 * (1 + g) ** (t - 1)
        if timing == "retained_end":
            total += margin * r**t / (1 + d) ** t
        elif timing == "certain_end":
            total += margin * r ** (t - 1) / (1 + d) ** t
        else:
            total += margin * r ** (t - 1) / (1 + d) ** (t - 1)
    return total - ac


def one(**parameters: Any) -> ClvParameters:
    return ClvParameters.of(1, **parameters)


@pytest.mark.parametrize(
    ("timing", "forever", "five_years"),
    [
        ("retained_end", 266.667, 2.463279),
        ("certain_end", 333.333, 2.897976),
        ("certain_now", 366.667, 3.187773),
    ],
)
def test_published_closed_forms(timing: Timing, forever: float, five_years: float) -> None:
    endless = one(retention=0.8, discount_rate=0.1, horizon_years=None, timing=timing)
    assert clv_retention(100, 0, endless).value[0] == pytest.approx(forever, abs=5e-4)
    assert multiplier(one(timing=timing))[0] == pytest.approx(five_years, abs=5e-7)


@pytest.mark.parametrize("retention", [0.6, 0.7, 0.8, 0.9])
@pytest.mark.parametrize("discount", [0.10, 0.12, 0.14, 0.16])
def test_margin_multiples_for_ever(retention: float, discount: float) -> None:
    parameters = one(retention=retention, discount_rate=discount, horizon_years=None)
    assert multiplier(parameters)[0] == pytest.approx(retention / (1 + discount - retention), rel=1e-12)


def test_published_table_of_multiples() -> None:
    # Two decimals, as the marketing literature prints them.
    table = [
        [round(float(multiplier(one(retention=r, discount_rate=d, horizon_years=None))[0]), 2)
         for d in (0.10, 0.12, 0.14, 0.16)]
        for r in (0.6, 0.7, 0.8, 0.9)
    ]  # fmt: skip
    assert table == [
        [1.20, 1.15, 1.11, 1.07],
        [1.75, 1.67, 1.59, 1.52],
        [2.67, 2.50, 2.35, 2.22],
        [4.50, 4.09, 3.75, 3.46],
    ]


def test_five_years_with_growth_and_acquisition_cost_by_hand() -> None:
    # m0 = 1000, r = .9, d = .1, g = .05, T = 5. Margins 1000, 1050, 1102.5, 1157.625, 1215.50625;
    # (r/(1+d))^t = .818182, .669421, .547708, .448125, .366648.
    parameters = one(retention=0.9, discount_rate=0.1, growth=0.05, horizon_years=5)
    table = yearly(1000, parameters)
    np.testing.assert_allclose(table.margin[0], [1000, 1050, 1102.5, 1157.625, 1215.50625])
    np.testing.assert_allclose(table.retained[0], [0.9, 0.81, 0.729, 0.6561, 0.59049])
    np.testing.assert_allclose(
        table.present_value[0], [818.1818, 702.8926, 603.8486, 518.7609, 445.6628], atol=5e-5
    )
    # The customer cost 2,000 to win and has brought 1,200 since: 800 are still to be earned back.
    cost = acquisition_cost(2000, 1200)
    assert cost.tolist() == 800
    assert clv_retention(1000, cost, parameters).value[0] == pytest.approx(3089.3467 - 800, abs=5e-4)


def test_acquisition_cost_rule() -> None:
    entered = [np.nan, 100, 100, 100, 0, 100, np.nan]
    since_first_sale = [50, 40, 100, 250, 10, -20, np.nan]
    np.testing.assert_array_equal(acquisition_cost(entered, since_first_sale), [0, 60, 0, 0, 0, 120, 0])
    assert np.isnan(acquisition_cost([100], [np.nan]))[0]


def test_a_negative_margin_gives_a_negative_value_and_an_unknown_one_gives_none() -> None:
    result = clv_retention([-100, np.nan, 0], 10, ClvParameters.of(3))
    assert result.value[0] == pytest.approx(-246.3279 - 10, abs=1e-3)
    assert np.isnan(result.value[1])
    assert result.value[2] == -10
    assert labels(result.note, NOTES).tolist() == [None, "margin_unknown", None]


def test_every_account_uses_its_own_parameters() -> None:
    parameters = ClvParameters.of(
        3,
        retention=[0.8, 0.9, 0.5],
        discount_rate=[0.1, 0.05, 0.2],
        growth=[0.0, 0.02, -0.1],
        horizon_years=[math.inf, 3, 7],
    )
    expected = [800 / 3, slow_clv(50, 0.9, 0.05, 0.02, 3, "retained_end", 5)]
    expected.append(slow_clv(70, 0.5, 0.2, -0.1, 7, "retained_end", 0))
    np.testing.assert_allclose(clv_retention([100, 50, 70], [0, 5, 0], parameters).value, expected)


def test_a_sum_for_ever_that_grows_without_end_is_refused() -> None:
    at_the_edge: dict[str, Any] = {"retention": 1.0, "discount_rate": 0.1, "growth": 0.1}
    with pytest.raises(DivergesError):
        multiplier(one(**at_the_edge, horizon_years=None))
    assert multiplier(one(**at_the_edge, horizon_years=7))[0] == pytest.approx(7 / 1.1)
    quiet = clv_retention([100, 100], 0, ClvParameters.of(2, **at_the_edge, horizon_years=[math.inf, 1]),
                          raise_on_divergence=False)  # fmt: skip
    assert np.isnan(quiet.value).tolist() == [True, False]
    assert labels(quiet.note, NOTES).tolist() == ["diverges", None]


def test_a_growth_just_below_the_edge_converges() -> None:
    assert multiplier(one(retention=1.0, discount_rate=0.1, growth=0.0999, horizon_years=None))[0] > 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("retention", -0.1),
        ("retention", 1.01),
        ("retention", math.nan),
        ("discount_rate", -0.01),
        ("discount_rate", math.inf),
        ("growth", -1.5),
        ("growth", math.nan),
        ("horizon_years", 0),
        ("horizon_years", 2.5),
        ("horizon_years", math.nan),
        ("timing", "whenever"),
    ],
)
def test_parameters_out_of_range_are_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(ParameterError) as refusal:
        one(**{field: value})
    assert refusal.value.field == field


@given(st.floats(-1e6, 1e6), RETENTION, DISCOUNT, GROWTH, YEARS, TIMING, st.floats(0, 1e5))
def test_the_closed_form_equals_the_year_by_year_sum(
    m0: float, r: float, d: float, g: float, years: int, timing: Timing, ac: float
) -> None:
    parameters = one(retention=r, discount_rate=d, growth=g, horizon_years=years, timing=timing)
    expected = slow_clv(m0, r, d, g, years, timing, ac)
    assert clv_retention(m0, ac, parameters).value[0] == pytest.approx(expected, rel=1e-9, abs=1e-6)
    total = yearly(m0, parameters).present_value.sum() - ac
    assert total == pytest.approx(expected, rel=1e-9, abs=1e-6)


@given(st.integers(1, 60), st.floats(-1e-7, 1e-7))
def test_no_digits_are_lost_where_growth_and_discount_cancel(years: int, off: float) -> None:
    parameters = one(retention=1.0, discount_rate=0.1, growth=0.1 + off, horizon_years=years)
    expected = slow_clv(1, 1.0, 0.1, 0.1 + off, years, "retained_end", 0)
    assert multiplier(parameters)[0] == pytest.approx(expected, rel=1e-9)


@given(st.floats(1, 1e6), RETENTION, RETENTION, DISCOUNT, GROWTH, YEARS, TIMING)
def test_value_of_a_positive_margin_never_falls_when_retention_rises(
    m0: float, one_r: float, other_r: float, d: float, g: float, years: int, timing: Timing
) -> None:
    low, high = sorted((one_r, other_r))
    assume(high - low > 1e-6)
    parameters = ClvParameters.of(
        2, retention=[low, high], discount_rate=d, growth=g, horizon_years=years, timing=timing
    )
    worse, better = clv_retention(m0, 0, parameters).value
    if timing != "retained_end" and years == 1:
        assert better == pytest.approx(worse)
    else:
        assert better > worse


@given(st.floats(1, 1e6), st.floats(0.1, 1), DISCOUNT, DISCOUNT, GROWTH, YEARS, TIMING)
def test_value_of_a_positive_margin_falls_when_the_discount_rate_rises(
    m0: float, r: float, one_d: float, other_d: float, g: float, years: int, timing: Timing
) -> None:
    low, high = sorted((one_d, other_d))
    assume(high - low > 1e-6)
    parameters = ClvParameters.of(
        2, retention=r, discount_rate=[low, high], growth=g, horizon_years=years, timing=timing
    )
    cheap, dear = clv_retention(m0, 0, parameters).value
    if timing == "certain_now" and years == 1:
        assert dear == pytest.approx(cheap)
    else:
        assert dear < cheap


@given(st.floats(0.1, 0.95), DISCOUNT, st.floats(-0.5, 0.0), TIMING)
def test_for_ever_is_the_limit_of_long_horizons(r: float, d: float, g: float, timing: Timing) -> None:
    parameters = ClvParameters.of(
        2, retention=r, discount_rate=d, growth=g, horizon_years=[2000, math.inf], timing=timing
    )
    long, endless = multiplier(parameters)
    assert endless == pytest.approx(long, rel=1e-9)


def test_a_horizon_without_end_lists_ten_years_and_shorter_ones_stop() -> None:
    table = yearly([100, 100], ClvParameters.of(2, horizon_years=[math.inf, 2]))
    assert table.year.tolist() == list(range(1, 11))
    assert np.isfinite(table.present_value).sum(axis=1).tolist() == [10, 2]


def test_historic_is_what_was_earned_undiscounted() -> None:
    result = clv_historic([120.5, -3, np.nan])
    np.testing.assert_array_equal(result.value, [120.5, -3, np.nan])
    assert labels(result.method, METHODS).tolist() == ["historic"] * 3


def test_trend_through_three_years_by_hand() -> None:
    # Margins 100, 120, 140 (newest last): the line says 160, 180 for the next two years.
    parameters = one(retention=0.9, discount_rate=0.1, horizon_years=2, growth=0.5)
    result = clv_trend(np.array([[140.0, 120, 100]]), [3], 10, parameters)
    expected = 160 * 0.9 / 1.1 + 180 * (0.9 / 1.1) ** 2 - 10
    assert result.value[0] == pytest.approx(expected)
    assert result.margin_first_year[0] == pytest.approx(160)
    assert labels(result.method, METHODS).tolist() == ["trend"]
    assert labels(result.note, NOTES).tolist() == [None]


def test_trend_is_a_least_squares_line_through_scattered_years() -> None:
    margins = np.array([[90.0, 140, 60, 100, 5000]])
    line = fit_trend(margins, [4])
    slope, level = np.polyfit([0, -1, -2, -3], margins[0, :4], 1)
    assert (line.slope[0], line.level[0]) == pytest.approx((slope, level))


def test_the_first_negative_year_of_a_trend_and_all_later_ones_count_nothing() -> None:
    # 50, 30, 10 → −10: nothing is left after the newest year. 70, 50, 30 → 10, −10: one year is.
    parameters = ClvParameters.of(3, retention=1.0, discount_rate=0.0, horizon_years=5)
    margins = np.array([[10.0, 30, 50], [30.0, 50, 70], [20.0, 40, 60]])
    result = clv_trend(margins, [3, 3, 3], 0, parameters)
    np.testing.assert_allclose(result.value, [0, 10, 0], atol=1e-9)
    table = yearly(margins[:, 0], parameters, trend=fit_trend(margins, [3, 3, 3]))
    np.testing.assert_allclose(table.present_value.sum(axis=1), [0, 10, 0], atol=1e-9)


def test_a_rising_trend_whose_next_year_is_still_negative_counts_nothing() -> None:
    # The line through 0, −90, −9000·… rises, but lies below zero in the first year ahead.
    margins = np.array([[0.0, -400, 100]])
    line = fit_trend(margins, [3])
    assert line.level[0] + line.slope[0] < 0
    assert clv_trend(margins, [3], 0, one()).value[0] == 0


def test_where_no_trend_can_be_drawn_retention_stands_in_and_says_so() -> None:
    margins = np.array(
        [[100.0, 90, 80], [-5.0, 90, 80], [100.0, np.nan, 80], [np.nan, 90, 80], [100.0, 90, np.nan]]
    )
    result = clv_trend(margins, [2, 3, 3, 3, 2], 7, ClvParameters.of(5))
    np.testing.assert_allclose(result.value, clv_retention(margins[:, 0], 7, ClvParameters.of(5)).value)
    assert labels(result.method, METHODS).tolist() == ["retention"] * 5
    assert labels(result.note, NOTES).tolist() == [
        "too_few_years", "negative_margin", "margin_unknown_in_a_year", "margin_unknown", "too_few_years",
    ]  # fmt: skip


def test_a_trend_for_ever_converges_to_its_long_sum_or_is_refused() -> None:
    margins = np.array([[140.0, 120, 100]])
    parameters = {"retention": 0.8, "discount_rate": 0.1}
    endless = clv_trend(margins, [3], 0, one(**parameters, horizon_years=None)).value[0]
    long = clv_trend(margins, [3], 0, one(**parameters, horizon_years=400)).value[0]
    assert endless == pytest.approx(long)
    with pytest.raises(DivergesError):
        clv_trend(margins, [3], 0, one(retention=1.0, discount_rate=0.0, horizon_years=None))


def test_a_falling_trend_for_ever_ends_where_its_margin_does_even_without_discount() -> None:
    parameters = one(retention=1.0, discount_rate=0.0, horizon_years=None)
    # 100, 80, 60 → 40, 20, 0.
    assert clv_trend(np.array([[60.0, 80, 100]]), [3], 0, parameters).value[0] == pytest.approx(60)


@given(
    st.lists(st.integers(-500, 500), min_size=3, max_size=8), st.integers(1, 12), RETENTION, DISCOUNT, TIMING
)
def test_trend_equals_a_slow_obvious_extrapolation(
    newest_first: list[int], years: int, r: float, d: float, timing: Timing
) -> None:
    assume(newest_first[0] >= 0)
    slope, level = np.polyfit([-float(place) for place in range(len(newest_first))], newest_first, 1)
    ahead = [level + slope * t for t in range(1, years + 1)]
    assume(all(abs(margin) > 1e-6 for margin in ahead))
    expected = 0.0
    for t, margin in enumerate(ahead, start=1):
        if margin < 0:
            break
        survived = t if timing == "retained_end" else t - 1
        waited = t - 1 if timing == "certain_now" else t
        expected += margin * r**survived / (1 + d) ** waited
    parameters = one(retention=r, discount_rate=d, horizon_years=years, timing=timing)
    margins = np.array([newest_first], dtype=float)
    result = clv_trend(margins, [len(newest_first)], 0, parameters)
    assert result.value[0] == pytest.approx(expected, rel=1e-6, abs=1e-6)
    table = yearly(margins[:, 0], parameters, trend=fit_trend(margins, [len(newest_first)]))
    assert table.present_value.sum() == pytest.approx(expected, rel=1e-6, abs=1e-6)
