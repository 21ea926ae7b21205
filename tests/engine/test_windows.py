"""Windows of whole calendar months and the P&L over them (K1)."""

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.engine import (
    Rollup,
    complete_blocks,
    contribution_blocks,
    contribution_until,
    first_sale_month,
    last_completed_month,
    month_end,
    month_index,
    month_indexes,
    sales_blocks,
    totals,
    trailing,
    year_before,
)
from metrics.engine.arrays import group_ids, ratio

from .builders import REFERENCE, rollup


@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2200, 12, 31)))
def test_a_month_ends_on_its_last_day(day: datetime.date) -> None:
    end = month_end(month_index(day))
    assert (end.year, end.month) == (day.year, day.month)
    assert (end + datetime.timedelta(days=1)).month != day.month
    assert month_indexes(np.array([day], dtype="datetime64[D]"))[0] == month_index(day)


def test_the_default_reference_is_the_last_month_that_is_over() -> None:
    assert month_end(last_completed_month(datetime.date(2026, 1, 1))) == datetime.date(2025, 12, 31)
    assert month_end(last_completed_month(datetime.date(2026, 1, 31))) == datetime.date(2025, 12, 31)


def test_trailing_twelve_months_end_with_the_reference_month() -> None:
    window = trailing(REFERENCE)
    assert (window.first, window.last, window.months) == (2025 * 12, 2025 * 12 + 11, 12)
    assert year_before(window).last == window.first - 1


def test_only_rows_inside_the_window_count() -> None:
    ledger = rollup(
        [
            {"account": 0, "month": REFERENCE - 12, "net_sales": 1},
            {"account": 0, "month": REFERENCE - 11, "net_sales": 10},
            {"account": 0, "month": REFERENCE, "net_sales": 100},
            {"account": 0, "month": REFERENCE + 1, "net_sales": 1000},
        ]
    )
    assert totals(ledger, 1, trailing(REFERENCE)).net_sales.tolist() == [110]


def test_the_pnl_of_a_window_adds_up() -> None:
    ledger = rollup(
        [
            {"account": 0, "month": REFERENCE, "net_sales": 200, "cogs": 120, "cost_to_serve": 30},
            {"account": 0, "month": REFERENCE - 1, "net_sales": -50, "cogs": -30},
            {"account": 1, "month": REFERENCE, "net_sales": 0, "cost_to_serve": 5},
        ]
    )
    pnl = totals(ledger, 3, trailing(REFERENCE))
    assert pnl.net_sales.tolist() == [150, 0, 0]
    assert pnl.gross_margin.tolist() == [60, 0, 0]
    assert pnl.contribution.tolist() == [30, -5, 0]
    np.testing.assert_allclose(pnl.contribution_ratio, [0.2, np.nan, np.nan])


def test_one_line_without_cost_makes_the_margin_unknown_beside_its_known_part() -> None:
    ledger = rollup(
        [
            {"account": 0, "month": REFERENCE, "net_sales": 300, "cogs": 100},
            {"account": 0, "month": REFERENCE - 1, "net_sales": 100, "cogs": None},
            {"account": 1, "month": REFERENCE, "net_sales": 100, "cogs": 40},
        ]
    )
    pnl = totals(ledger, 2, trailing(REFERENCE))
    np.testing.assert_array_equal(pnl.contribution, [np.nan, 60])
    np.testing.assert_array_equal(pnl.cogs, [np.nan, 40])
    assert pnl.known_gross_margin[0] == 200
    assert pnl.known_share[0] == 0.75


def test_the_first_sale_is_the_first_positive_month_up_to_the_reference() -> None:
    ledger = rollup(
        [
            {"account": 0, "month": REFERENCE - 9, "net_sales": -5},
            {"account": 0, "month": REFERENCE - 7, "net_sales": 5},
            {"account": 0, "month": REFERENCE - 3, "net_sales": 5},
            {"account": 1, "month": REFERENCE + 1, "net_sales": 5},
        ]
    )
    np.testing.assert_array_equal(first_sale_month(ledger, 3, REFERENCE), [REFERENCE - 7, np.nan, np.nan])


@pytest.mark.parametrize(("months_ago", "complete"), [(0, 0), (10, 0), (11, 1), (22, 1), (23, 2), (35, 3)])
def test_a_block_is_complete_once_its_twelve_months_lie_after_the_first_sale(
    months_ago: int, complete: int
) -> None:
    assert complete_blocks([REFERENCE - months_ago], REFERENCE).tolist() == [complete]


def test_an_account_without_a_sale_has_no_complete_block() -> None:
    assert complete_blocks([np.nan, REFERENCE + 2.0], REFERENCE).tolist() == [0, 0]


def test_yearly_blocks_are_counted_back_from_the_reference() -> None:
    ledger = rollup(
        [
            {"account": 0, "month": REFERENCE, "net_sales": 10, "cogs": 4},
            {"account": 0, "month": REFERENCE - 11, "net_sales": 10, "cogs": 4, "cost_to_serve": 1},
            {"account": 0, "month": REFERENCE - 12, "net_sales": 7, "cogs": 0},
            {"account": 1, "month": REFERENCE - 23, "net_sales": 7, "cogs": None},
            {"account": 1, "month": REFERENCE - 24, "net_sales": 7, "cogs": 0},
        ]
    )
    blocks = contribution_blocks(ledger, 2, REFERENCE, blocks=2)
    np.testing.assert_array_equal(blocks, [[11, 7], [0, np.nan]])
    assert sales_blocks(ledger, 2, REFERENCE, blocks=5)[0].tolist() == [10, 0, 0, 10, 7]


def test_contribution_until_counts_from_the_first_sale_when_asked() -> None:
    ledger = rollup(
        [
            {"account": 0, "month": REFERENCE - 30, "net_sales": 0, "cost_to_serve": 50},
            {"account": 0, "month": REFERENCE - 20, "net_sales": 100, "cogs": 40},
            {"account": 0, "month": REFERENCE + 1, "net_sales": 999, "cogs": 0},
            {"account": 1, "month": REFERENCE - 5, "net_sales": 0, "cost_to_serve": 9},
            {"account": 2, "month": REFERENCE - 5, "net_sales": 10, "cogs": None},
        ]
    )
    np.testing.assert_array_equal(contribution_until(ledger, 3, REFERENCE), [10, -9, np.nan])
    first = first_sale_month(ledger, 3, REFERENCE)
    np.testing.assert_array_equal(contribution_until(ledger, 3, REFERENCE, first), [60, 0, np.nan])


def test_an_empty_ledger_answers_zeros_for_every_account() -> None:
    pnl = totals(rollup([]), 2, trailing(REFERENCE))
    assert pnl.net_sales.tolist() == [0, 0]
    assert pnl.net_sales.dtype == np.float64
    assert contribution_blocks(rollup([]), 2, REFERENCE, blocks=3).tolist() == [[0] * 3] * 2


def test_columns_of_unequal_length_are_refused() -> None:
    one = np.zeros(1)
    with pytest.raises(ValueError, match="equal-length"):
        Rollup(
            account=np.zeros(2, dtype=np.int64),
            month=np.zeros(1, dtype=np.int64),
            net_sales=one,
            known_net_sales=one,
            cogs=one,
            unknown=one > 0,
            cost_to_serve=one,
            sold=one > 0,
            has_line=one > 0,
        )


@given(st.lists(st.integers(0, 5) | st.integers(0, 10**12)))
def test_group_numbers_are_the_same_for_sorted_and_unsorted_keys(keys: list[int]) -> None:
    unsorted_keys = np.array(keys, dtype=np.int64)
    for array in (unsorted_keys, np.sort(unsorted_keys)):
        group, names = group_ids(array)
        assert names[group].tolist() == array.tolist()
        assert len(set(names.tolist())) == len(names) == len(set(keys))


def test_a_ratio_is_unknown_unless_its_denominator_is_positive() -> None:
    np.testing.assert_array_equal(ratio([1, 1, 1, np.nan], [2, 0, -1, 1]), [0.5, np.nan, np.nan, np.nan])
