"""Unrealised potential value and the estimates from peers (K4)."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.engine import (
    GROWTH_TYPES,
    Cells,
    ClvParameters,
    LineRatios,
    PeerTable,
    Upv,
    Valued,
    exceeds_clv,
    gap,
    growth_types,
    labels,
    line_ratios,
    line_totals,
    multiplier,
    peer_table,
    upv,
    value_cells,
)

NAN = math.nan
# account, line, current, potential, probability, override
Row = tuple[int, int, float, float, float, int]


def cells(*rows: Row) -> Cells:
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    kinds = [np.int64, np.int64, np.float64, np.float64, np.float64, np.int8]
    return Cells(*(np.array(c, dtype=kind) for c, kind in zip(columns, kinds, strict=True)))


def ratios(*values: float) -> LineRatios:
    ratio = np.array(values)
    return LineRatios(ratio=ratio, unprofitable=ratio <= 0, known_share=np.ones(len(ratio)), overall=0.1)


def value(
    rows: Cells,
    line_ratio: LineRatios,
    *,
    accounts: int = 1,
    ideas: list[bool] | None = None,
    peers: PeerTable | None = None,
    industry: list[int] | None = None,
) -> tuple[Valued, Upv]:
    valued = value_cells(
        rows,
        line_ratio,
        accounts=accounts,
        is_idea=ideas or [False] * len(line_ratio.ratio),
        peers=peers,
        industry=industry or [0] * accounts,
    )
    return valued, upv(valued, multiplier(ClvParameters.of(accounts)), accounts=accounts)


def test_a_hand_worked_account() -> None:
    rows = cells(
        (0, 0, 100, 300, 0.6, -1),  # sold here: up-sell, gap 200 × .2 = 40
        (0, 0, 0, 50, NAN, -1),  # same line in another segment: up-sell, gap 50 × .2 = 10
        (0, 1, 0, 400, 0.1, -1),  # sold nowhere: cross-sell, gap 400 × .3 = 120
        (0, 2, 0, 1000, 0.2, -1),  # an idea: co-creation, gap 1000 × .1 = 100
        (0, 3, 80, 60, 0.9, -1),  # potential below what is sold: gap 0
    )
    valued, result = value(rows, ratios(0.2, 0.3, 0.1, 0.5), ideas=[False, False, True, False])
    assert valued.gap.tolist() == [200, 50, 400, 1000, 0]
    types = ["up_sell", "up_sell", "cross_sell", "co_creation", "up_sell"]
    assert labels(valued.growth_type, GROWTH_TYPES).tolist() == types
    assert result.annual[0] == pytest.approx(270)
    assert (result.up_sell[0], result.cross_sell[0], result.co_creation[0]) == pytest.approx((50, 120, 100))
    # 40·.6 + 10·.5 (assumed) + 120·.1 + 100·.2
    assert result.expected_annual[0] == pytest.approx(24 + 5 + 12 + 20)
    assert valued.probability_assumed.tolist() == [False, True, False, False, False]
    assert result.value[0] == pytest.approx(270 * 2.463279, abs=1e-3)
    assert result.entered[0] == pytest.approx(270)
    assert np.isnan(result.estimated[0])


def test_credits_are_floored_at_zero_before_the_gap() -> None:
    assert gap([100, 100, 100, NAN], [-50, 30, 130, 0]).tolist()[:3] == [100, 70, 0]
    assert np.isnan(gap([NAN], [0]))[0]


def test_a_person_overrides_the_growth_type_and_a_bought_idea_stays_an_idea() -> None:
    rows = cells((0, 0, 10, 50, NAN, 1), (0, 1, 10, 50, NAN, -1), (0, 2, 0, 5, NAN, 2))
    types, _ = growth_types(rows, accounts=1, lines=3, is_idea=np.array([False, True, False]))
    assert labels(types, GROWTH_TYPES).tolist() == ["cross_sell", "co_creation", "co_creation"]


def test_a_line_with_credits_only_was_not_bought() -> None:
    rows = cells((0, 0, -10, 50, NAN, -1))
    types, _ = growth_types(rows, accounts=1, lines=1, is_idea=np.array([False]))
    assert labels(types, GROWTH_TYPES).tolist() == ["cross_sell"]


def test_an_unprofitable_line_is_worth_nothing_and_is_named() -> None:
    line_ratio = ratios(-0.2, 0.0, 0.3)
    rows = cells((0, 0, 0, 100, NAN, -1), (0, 1, 0, 100, NAN, -1), (0, 2, 0, 100, NAN, -1))
    valued, result = value(rows, line_ratio)
    assert valued.worth.tolist() == [0, 0, 30]
    assert line_ratio.unprofitable.tolist() == [True, True, False]
    assert result.annual.tolist() == [30]


def test_line_ratios_by_hand() -> None:
    # Cost-to-serve 60 on sales of 600: 10 %. Overall: (600 − 420 − 60)/600 = 20 %.
    result = line_ratios(
        [400, 200, 0, 0],
        [400, 200, 0, 0],
        [280, 140, 0, 0],
        cost_to_serve=60,
        is_idea=[False, True, False, False],
    )
    assert result.overall == pytest.approx(0.2)
    np.testing.assert_allclose(result.ratio, [0.2, 0.2, 0.2, 0.2])
    result = line_ratios([400, 200], [400, 200], [340, 80], cost_to_serve=120, is_idea=[False, False])
    np.testing.assert_allclose(result.ratio, [-0.05, 0.4])
    assert result.unprofitable.tolist() == [True, False]
    nothing_left = line_ratios([100, 100], [100, 100], [100, 50], cost_to_serve=0, is_idea=[False, False])
    assert nothing_left.unprofitable.tolist() == [True, False]


def test_a_line_with_sales_of_unknown_cost_speaks_from_its_known_part() -> None:
    result = line_ratios([100, 100], [25, 0], [10, 0], cost_to_serve=0, is_idea=[False, False])
    np.testing.assert_allclose(result.ratio, [0.6, 0.6])
    assert result.known_share.tolist() == [0.25, 0]


def test_without_any_sales_no_ratio_is_known_and_a_gap_has_no_worth() -> None:
    result = line_ratios([0], [0], [0], cost_to_serve=10, is_idea=[False])
    assert np.isnan(result.ratio[0])
    _, account = value(cells((0, 0, 0, 100, NAN, -1)), result)
    assert np.isnan(account.annual[0])
    _, account = value(cells((0, 0, 0, 0, NAN, -1)), result)
    assert account.annual[0] == 0


def test_upv_is_null_when_nothing_is_entered_or_estimated_and_zero_when_zero_is_entered() -> None:
    rows = cells((0, 0, 50, NAN, NAN, -1), (1, 0, 50, 0, NAN, -1))
    _, result = value(rows, ratios(0.5), accounts=2)
    for part in (result.annual, result.expected_annual, result.value, result.up_sell):
        assert np.isnan(part[0])
        assert part[1] == 0


def peers_of(sales: dict[int, float], industry: list[int], *, lines: int = 1) -> PeerTable:
    account = np.array(list(sales), dtype=np.int64)
    return peer_table(
        account,
        np.zeros(len(account), dtype=np.int64),
        np.array(list(sales.values()), dtype=float),
        np.array(industry, dtype=np.int64),
        industries=3,
        lines=lines,
    )


def test_an_estimate_is_the_75th_percentile_of_the_buyers_of_the_industry() -> None:
    industry = [0, 0, 0, 0, 0, 0, 1]
    table = peers_of({0: 100, 1: 200, 2: 300, 3: 400, 4: 500, 6: 9000}, industry)
    # Of 100 … 500 it is the fourth; of all six it lies three quarters of the way from 400 to 500.
    np.testing.assert_allclose(table.potential(np.array(industry))[:, 0], [400] * 6 + [475])
    assert table.buyers(np.array(industry))[:, 0].tolist() == [5] * 6 + [6]


def test_fewer_than_five_buyers_of_the_industry_fall_back_to_all_buyers_and_then_to_nothing() -> None:
    industry = [0, 0, 0, 0, 1, -1]
    four = {0: 1.0, 1: 2.0, 2: 3.0, 3: 4.0}
    assert np.isnan(peers_of(four, industry).potential(np.array(industry))).all()
    five = peers_of({**four, 4: 5.0}, industry)
    assert five.potential(np.array(industry))[:, 0].tolist() == [4.0] * 6
    assert np.isnan(five.by_industry).all()


def test_credits_and_zeros_make_no_buyer() -> None:
    industry = [0] * 6
    table = peers_of({0: 1.0, 1: 2.0, 2: 3.0, 3: 4.0, 4: -5.0, 5: 0.0}, industry)
    assert np.isnan(table.potential(np.array(industry))).all()
    assert table.all_buyers.tolist() == [4]


@given(st.lists(st.tuples(st.integers(-1, 2), st.floats(-10, 1000)), min_size=1, max_size=40))
def test_peer_potentials_equal_numpys_percentile(accounts: list[tuple[int, float]]) -> None:
    industry = [group for group, _ in accounts]
    table = peers_of(dict(enumerate(sales for _, sales in accounts)), industry)
    answers = table.potential(np.array(industry, dtype=np.int64))[:, 0]
    everyone = [sales for _, sales in accounts if sales > 0]
    for group, answer in zip(industry, answers, strict=True):
        same = [sales for other, sales in accounts if other == group != -1 and sales > 0]
        basis = same if len(same) >= 5 else everyone
        expected = np.percentile(basis, 75) if len(basis) >= 5 else NAN
        assert answer == pytest.approx(expected, nan_ok=True)


def test_an_estimate_stands_in_only_where_it_exceeds_the_sales_and_nothing_is_entered() -> None:
    table = peers_of(dict.fromkeys(range(5), 100.0), [0] * 5)
    rows = cells(
        (0, 0, 30, NAN, NAN, -1),  # two segments, 70 together: estimated gap 30
        (0, 0, 40, NAN, NAN, -1),
        (1, 0, 100, NAN, NAN, -1),  # sells what its peers do: no estimate
        (2, 0, 20, NAN, NAN, -1),  # entered in another cell of the line: replaces the estimate
        (2, 0, 0, 0, NAN, -1),
        # account 3 never bought the line: cross-sell of 100
        (4, 0, -50, NAN, NAN, -1),  # credits only: floored, gap 100
    )
    valued, result = value(rows, ratios(0.5), accounts=5, peers=table)
    np.testing.assert_array_equal(result.annual, [15, NAN, 0, 50, 50])
    np.testing.assert_array_equal(result.estimated, [15, NAN, NAN, 50, 50])
    np.testing.assert_array_equal(result.entered, [NAN, NAN, 0, NAN, NAN])
    np.testing.assert_array_equal(result.up_sell, [15, NAN, 0, 0, 0])
    np.testing.assert_array_equal(result.cross_sell, [0, NAN, 0, 50, 50])
    np.testing.assert_array_equal(result.expected_annual, [3.75, NAN, 0, 12.5, 12.5])
    estimates = valued.basis == 1
    assert valued.account[estimates].tolist() == [0, 3, 4]
    assert valued.cell[estimates].tolist() == [-1, -1, -1]
    assert valued.peers[estimates].tolist() == [5, 5, 5]
    assert valued.probability_assumed[estimates].all()


def test_estimates_are_switched_off_without_a_peer_table() -> None:
    _, result = value(cells((0, 0, 30, NAN, NAN, -1)), ratios(0.5), peers=None)
    assert np.isnan(result.annual[0])


def test_ideas_are_never_estimated() -> None:
    table = peers_of(dict.fromkeys(range(5), 100.0), [0] * 6)
    _, result = value(cells(), ratios(0.5), accounts=6, ideas=[True], peers=table)
    assert np.isnan(result.annual).all()


def test_entered_and_estimated_parts_stay_apart_and_add_up() -> None:
    account = np.repeat(np.arange(5), 2)
    line = np.tile([0, 1], 5)
    table = peer_table(account, line, np.full(10, 100.0), np.zeros(5, dtype=np.int64), industries=1, lines=2)
    rows = cells((0, 0, 20, 500, 0.5, -1), (0, 1, 40, NAN, NAN, -1))
    _, result = value(rows, ratios(0.1, 0.5), accounts=5, peers=table)
    assert (result.entered[0], result.estimated[0], result.annual[0]) == (48, 30, 78)
    assert result.expected_annual[0] == 48 * 0.5 + 30 * 0.25


CELL = st.tuples(
    st.integers(0, 3), st.integers(0, 2), st.integers(-20, 100).map(float),
    st.one_of(st.just(NAN), st.integers(0, 200).map(float)),
    st.one_of(st.just(NAN), st.floats(0, 1)), st.integers(-1, 2),
)  # fmt: skip


@given(st.lists(CELL, max_size=25), st.lists(st.floats(-0.5, 1), min_size=3, max_size=3))
def test_upv_equals_a_slow_obvious_sum(rows: list[Row], line_ratio: list[float]) -> None:
    ideas = [False, False, True]
    table = PeerTable(
        by_industry=np.array([[60.0, NAN, 60.0]]),
        industry_buyers=np.array([[5, 0, 5]]),
        by_all=np.array([60.0, NAN, 60.0]),
        all_buyers=np.array([5, 0, 5]),
    )
    _, result = value(cells(*rows), ratios(*line_ratio), accounts=4, ideas=ideas, peers=table)
    for account in range(4):
        own = [row for row in rows if row[0] == account]
        parts: list[tuple[str, str, float, float]] = []
        for _, line, current, potential, probability, override in own:
            if math.isnan(potential):
                continue
            bought = any(row[1] == line and row[2] > 0 for row in own)
            kind = "co_creation" if ideas[line] else "up_sell" if bought else "cross_sell"
            kind = kind if override == -1 else GROWTH_TYPES[override]
            worth = max(potential - max(current, 0), 0) * max(line_ratio[line], 0)
            parts.append((kind, "entered", worth, 0.5 if math.isnan(probability) else probability))
        sales = max(sum(row[2] for row in own if row[1] == 0), 0)
        if sales < 60 and all(math.isnan(row[3]) for row in own if row[1] == 0):
            bought = any(row[1] == 0 and row[2] > 0 for row in own)
            worth = (60 - sales) * max(line_ratio[0], 0)
            parts.append(("up_sell" if bought else "cross_sell", "estimated", worth, 0.25))
        if not parts:
            assert np.isnan(result.annual[account])
            continue
        assert result.annual[account] == pytest.approx(sum(part[2] for part in parts))
        assert result.expected_annual[account] == pytest.approx(sum(part[2] * part[3] for part in parts))
        for kind in GROWTH_TYPES:
            total = sum(part[2] for part in parts if part[0] == kind)
            assert getattr(result, kind)[account] == pytest.approx(total)
        for basis in ("entered", "estimated"):
            found = [part[2] for part in parts if part[1] == basis]
            expected = sum(found) if found else NAN
            assert getattr(result, basis)[account] == pytest.approx(expected, nan_ok=True)


def test_the_open_space_looks_unfinished_where_upv_does_not_exceed_clv() -> None:
    assert exceeds_clv([10, 10, NAN, 5], [5, 10, 5, NAN]).tolist() == [1, 0, -1, -1]


def test_segments_of_a_line_are_summed_before_peers_are_compared() -> None:
    account, line, sums = line_totals(
        np.array([1, 0, 1, 1]), np.array([2, 0, 2, 1]), np.array([5.0, 1.0, 6.0, 7.0]), 3
    )
    assert list(zip(account.tolist(), line.tolist(), sums.tolist(), strict=True)) == [
        (0, 0, 1.0), (1, 1, 7.0), (1, 2, 11.0),
    ]  # fmt: skip
