"""Pareto, Gini, Herfindahl, the whale curve (K2) and volume classes (K9)."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.engine import VOLUME_CLASSES, gini, hhi, labels, pareto, volume_class, whale_curve

money = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 4))
ledgers = st.lists(money, min_size=1, max_size=40)


def ids(values: list[float]) -> list[str]:
    return [f"A{number:03d}" for number in range(len(values))]


def test_accounts_are_ranked_best_first_with_ties_by_external_id() -> None:
    result = pareto([10, 30, 10, 30], ["d", "b", "c", "a"])
    assert result.order.tolist() == [3, 1, 2, 0]
    assert result.value.tolist() == [30, 30, 10, 10]


def test_external_ids_of_any_array_type_break_ties_alike() -> None:
    names = ["x10", "x9", "x1"]
    orders = [pareto([5, 5, 5], np.array(names, dtype=kind)).order.tolist() for kind in (str, object)]
    assert orders == [[2, 0, 1], [2, 0, 1]]


def test_negative_accounts_rank_last_and_the_curve_stays_at_one() -> None:
    result = pareto([-20, 60, 40, -1, 0], ["a", "b", "c", "d", "e"])
    assert result.order.tolist() == [1, 2, 4, 3, 0]
    assert result.share.tolist() == [0.6, 1.0, 1.0, 1.0, 1.0]
    assert result.total == 79
    assert result.positive_total == 100


def test_a_level_is_reached_at_the_first_rank_whose_share_is_not_below_it() -> None:
    result = pareto([50, 30, 14, 6], ids([1, 2, 3, 4]), levels=(0.2, 0.5, 0.64, 0.8, 0.81, 1.0))
    assert result.level_ranks == (1, 1, 2, 2, 3, 4)


def test_a_share_that_reaches_a_level_only_up_to_rounding_reaches_it() -> None:
    # 13.68 of 17.10 are exactly 80 %, but 0.7999999999999999 in binary.
    assert pareto([13.68, 3.42], ["a", "b"], levels=(0.8,)).level_ranks == (1,)
    assert labels(volume_class([13.68, 3.42], ["a", "b"]), VOLUME_CLASSES).tolist() == ["A", "B"]


def test_the_share_of_the_top_accounts() -> None:
    result = pareto([50, 30, 15, 5], ids([1, 2, 3, 4]))
    assert [result.top_share(count) for count in (0, 1, 2, 99)] == [0.0, 0.5, 0.8, 1.0]


def test_accounts_without_a_line_in_the_window_are_not_ranked_and_unknown_ones_are_counted() -> None:
    result = pareto([10, math.nan, 0, 5], ids([1, 2, 3, 4]), ranked=[True, True, False, True])
    assert result.order.tolist() == [0, 3]
    assert result.unknown == 1


@pytest.mark.parametrize("values", [[], [0.0], [-5.0, -1.0]])
def test_without_a_positive_value_nothing_is_claimed(values: list[float]) -> None:
    result = pareto(values, ids(values))
    assert result.accounts == len(values)
    assert result.level_ranks == (None,) * 5
    assert np.isnan(result.share).all()
    assert math.isnan(result.gini)
    assert math.isnan(result.hhi)
    assert math.isnan(result.top_share(1))


def test_gini_and_herfindahl_by_hand() -> None:
    # Ascending 1, 3, 6: Gini = (−2·1 + 0·3 + 2·6) / (3·10) = 1/3; Herfindahl = .01 + .09 + .36.
    assert gini([6, 1, 3]) == pytest.approx(1 / 3)
    assert hhi([6, 1, 3]) == pytest.approx(0.46)
    assert gini([5, 5, 5, 5]) == pytest.approx(0)
    assert hhi([5, 5, 5, 5]) == pytest.approx(0.25)
    assert gini([9, 0, 0, -7]) == pytest.approx(0.75)
    assert hhi([9, 0, 0, -7]) == pytest.approx(1)


@given(ledgers)
def test_gini_equals_the_mean_absolute_difference_definition(values: list[float]) -> None:
    floored = [max(value, 0.0) for value in values]
    total = sum(floored)
    if total == 0:
        assert math.isnan(gini(values))
        return
    n = len(floored)
    slow = sum(abs(one - other) for one in floored for other in floored) / (2 * n * total)
    assert gini(values) == pytest.approx(slow, abs=1e-9)
    assert 0 <= hhi(values) <= 1 + 1e-12


@given(ledgers)
def test_shares_rise_to_one(values: list[float]) -> None:
    result = pareto(values, ids(values))
    if result.positive_total > 0:
        assert (np.diff(result.share) >= 0).all()
        assert result.share[-1] == 1.0
    assert sorted(result.order.tolist()) == list(range(len(values)))


@given(ledgers)
def test_pareto_equals_a_slow_obvious_ranking(values: list[float]) -> None:
    names = ids(values)[::-1]
    expected = sorted(range(len(values)), key=lambda place: (-values[place], names[place]))
    result = pareto(values, names)
    assert result.order.tolist() == expected
    total = math.fsum(max(value, 0) for value in values)
    if total > 0:
        for level, rank in zip(result.levels, result.level_ranks, strict=True):
            assert rank is not None
            reached = math.fsum(max(values[place], 0) for place in expected[:rank]) / total
            before = math.fsum(max(values[place], 0) for place in expected[: rank - 1]) / total
            assert reached >= level - 1e-9
            assert before < level + 1e-9


def test_the_whale_curve_peaks_and_falls_where_accounts_destroy_value() -> None:
    curve = whale_curve([50, -30, 100, math.nan, 0], ids([1] * 5))
    assert curve.order.tolist() == [2, 0, 4, 1]
    assert curve.cumulative.tolist() == [100, 150, 150, 120]
    assert (curve.peak_rank, curve.peak, curve.total, curve.destroyed) == (2, 150, 120, 30)
    assert curve.peak_ratio == 1.25


def test_a_whale_curve_of_losses_never_rises() -> None:
    curve = whale_curve([-1, -2], ids([1, 2]))
    assert (curve.peak_rank, curve.peak, curve.total, curve.destroyed) == (0, 0, -3, 3)
    assert math.isnan(curve.peak_ratio)
    assert whale_curve([], []).total == 0


def test_volume_classes_look_at_the_share_before_the_account() -> None:
    # Shares before: 0, .80 (not below .80), .95 (not below .95), 1.
    codes = volume_class([80, 15, 5, -3], ids([1] * 4))
    assert labels(codes, VOLUME_CLASSES).tolist() == ["A", "B", "C", "C"]
    codes = volume_class([79, 16, 5], ids([1] * 3))
    assert labels(codes, VOLUME_CLASSES).tolist() == ["A", "A", "C"]


def test_a_single_giant_is_in_class_a_and_accounts_without_lines_in_none() -> None:
    codes = volume_class([0, 100], ["a", "b"], ranked=[False, True])
    assert labels(codes, VOLUME_CLASSES).tolist() == [None, "A"]
    assert labels(volume_class([-5.0], ["a"]), VOLUME_CLASSES).tolist() == ["C"]


@given(ledgers)
def test_every_account_has_one_volume_class_and_classes_follow_the_rank(values: list[float]) -> None:
    codes = volume_class(values, ids(values))
    assert set(codes.tolist()) <= {0, 1, 2}
    assert (np.diff(codes[pareto(values, ids(values)).order]) >= 0).all()
