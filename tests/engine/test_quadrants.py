"""Dubinsky–Ingram and Fiocca (K34): every boundary, one class per account."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.engine import (
    DUBINSKY_INGRAM_CLASSES,
    FIOCCA_CLASSES,
    LOYALTY_CLASSES,
    POTENTIAL_BASES,
    SUGGESTIONS,
    DubinskyIngram,
    dubinsky_ingram,
    dubinsky_ingram_potential,
    fiocca,
    is_young,
    labels,
    median_cuts,
    suggestion,
    weighted_score,
)

NAN = math.nan


def place(present: list[float], potential: list[float], cut: float, potential_cut: float) -> DubinskyIngram:
    basis = np.zeros(len(present), dtype=np.int8)
    return dubinsky_ingram(present, potential, basis, present_cut=cut, potential_cut=potential_cut)


def names(result: DubinskyIngram) -> list[str | None]:
    answer: list[str | None] = labels(result.code, DUBINSKY_INGRAM_CLASSES).tolist()
    return answer


def test_the_four_classes_and_values_exactly_on_the_cut_are_high() -> None:
    result = place([99.99, 99.99, 100, 100], [499.99, 500, 500, 499.99], 100, 500)
    assert names(result) == ["undesirable", "undeveloped", "desirable", "developed"]
    np.testing.assert_allclose(result.gain, [400, 400.01, 400, 399.99])


def test_high_needs_more_than_zero_even_where_the_cut_is_below_it() -> None:
    result = place([0, -5, 0.01, -1], [0, 0.01, 0, -2], -10, -10)
    assert names(result) == ["undesirable", "undeveloped", "developed", "undesirable"]


def test_no_basis_for_a_potential_and_no_known_present_have_no_class() -> None:
    assert names(place([100, NAN, NAN], [NAN, 100, NAN], 0, 0)) == [None, None, None]


def test_potential_is_present_plus_expected_or_the_entered_forecast() -> None:
    potential, basis = dubinsky_ingram_potential(
        [100, 100, 100, 100, 100, NAN, NAN],
        [20, 20, 20, NAN, 20, 20, NAN],
        [80, NAN, 80, NAN, 80, 80, NAN],
        [NAN, 60, 60, NAN, NAN, NAN, NAN],
        [NAN, NAN, NAN, NAN, 90, NAN, 70],
    )
    np.testing.assert_array_equal(potential, [120, 120, 120, NAN, 90, NAN, NAN])
    expected = ["entered", "estimated", "mixed", None, "forecast", None, None]
    assert labels(basis, POTENTIAL_BASES).tolist() == expected
    without, _ = dubinsky_ingram_potential([1], [2], [2], [NAN])
    assert without.tolist() == [3]


def test_default_cuts_are_medians_of_the_accounts_that_sold() -> None:
    cuts = median_cuts([10, 20, 30, 1000, NAN], [5, NAN, 15, 1000, 25], [True, True, True, False, True])
    assert cuts == (20, 15)
    assert median_cuts([1], [2], [False]) == (0, 0)


def test_half_of_an_even_portfolio_lies_on_or_above_its_median() -> None:
    present = [10.0, 20, 30, 40]
    cut, potential_cut = median_cuts(present, present, [True] * 4)
    assert names(place(present, present, cut, potential_cut)) == ["undesirable"] * 2 + ["desirable"] * 2


@given(
    st.lists(st.tuples(st.floats(-1e3, 1e3) | st.just(NAN), st.floats(-1e3, 1e3) | st.just(NAN)), min_size=1),
    st.floats(-100, 100),
    st.floats(-100, 100),
)
def test_every_known_account_has_exactly_one_class(
    points: list[tuple[float, float]], cut: float, potential_cut: float
) -> None:
    result = place([p for p, _ in points], [q for _, q in points], cut, potential_cut)
    for (present, potential), found in zip(points, names(result), strict=True):
        if math.isnan(present) or math.isnan(potential):
            assert found is None
            continue
        now, future = present >= cut and present > 0, potential >= potential_cut and potential > 0
        assert (found in ("desirable", "developed")) == now
        assert (found in ("desirable", "undeveloped")) == future


def test_suggestions_look_at_key_accounts_and_vultures() -> None:
    code = np.array([0, 0, 1, 2, 3, 3, -1], dtype=np.int8)
    vulture = LOYALTY_CLASSES.index("vulture")
    loyalty_class = np.array([-1, vulture, vulture, 0, 0, 0, vulture], dtype=np.int8)
    result = suggestion(
        code, is_key=[True, True, False, False, True, False, True], loyalty_class=loyalty_class
    )
    expected = ["reduce", "cease", "increase", "maintain", "maintain", "reduce", None]
    assert labels(result, SUGGESTIONS).tolist() == expected


@pytest.mark.parametrize(
    ("importance", "difficulty", "expected"),
    [
        (5, 5, "key_difficult"),
        (4.99, 5, "non_key_difficult"),
        (5, 4.99, "key_easy"),
        (4.99, 4.99, "non_key_easy"),
        (NAN, 9, None),
        (9, NAN, None),
    ],
)
def test_fiocca_quadrants_and_their_boundaries(
    importance: float, difficulty: float, expected: str | None
) -> None:
    assert labels(fiocca([importance], [difficulty]), FIOCCA_CLASSES).tolist() == [expected]


def test_criteria_that_nobody_judged_do_not_count_as_zero() -> None:
    scores: list[list[float]] = [[8, 2, NAN], [NAN, NAN, NAN], [10, 0, 4]]
    np.testing.assert_allclose(weighted_score(scores, [1, 3, 2]), [3.5, NAN, 3.0])
    assert np.isnan(weighted_score([[5.0, NAN]], [0, 1]))[0]


def test_relationships_below_twelve_months_are_young() -> None:
    assert is_young([11, 12, NAN]).tolist() == [True, False, False]
