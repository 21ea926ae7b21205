"""Loyalty × profitability with its evidence (K8)."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.engine import (
    LOYALTY_CLASSES,
    REASONS,
    Loyalty,
    LoyaltyThresholds,
    first_sale_month,
    labels,
    loyalty,
    termination_candidate,
    totals,
    trailing,
)

from .builders import REFERENCE, Row, rollup

Rows = list[Row]


def judge(
    rows: Rows, since: float = math.nan, thresholds: LoyaltyThresholds | None = None, accounts: int = 1
) -> Loyalty:
    ledger = rollup(rows)
    return loyalty(
        ledger,
        totals(ledger, accounts, trailing(REFERENCE)),
        first_sale_month(ledger, accounts, REFERENCE),
        REFERENCE,
        customer_since_month=np.full(accounts, since),
        thresholds=thresholds,
    )


def sales(*months_ago: int, net: float = 100, cogs: float | None = 60) -> Rows:
    return [{"account": 0, "month": REFERENCE - ago, "net_sales": net, "cogs": cogs} for ago in months_ago]


def name(result: Loyalty) -> str | None:
    answer: str | None = labels(result.loyalty_class, LOYALTY_CLASSES)[0]
    return answer


EVERY_QUARTER = tuple(range(0, 24, 3))


@pytest.mark.parametrize(("tenure", "expected"), [(23, "butterfly"), (24, "friend"), (25, "friend")])
def test_loyalty_begins_at_24_months_of_tenure(tenure: int, expected: str) -> None:
    result = judge(sales(*EVERY_QUARTER, tenure))
    assert result.tenure.tolist() == [tenure]
    assert name(result) == expected
    assert (result.x[0] >= 1) == (expected == "friend")


@pytest.mark.parametrize(("active", "expected"), [(9, "friend"), (8, "butterfly")])
def test_loyalty_needs_three_quarters_of_the_quarters(active: int, expected: str) -> None:
    # 40 months: twelve quarters count, the first sale lies before them; 9 of 12 are exactly 75 %.
    result = judge(sales(40, *(3 * block for block in range(active))))
    assert (result.quarters[0], result.active_quarters[0]) == (12, active)
    assert name(result) == expected


def test_the_block_of_the_first_sale_counts() -> None:
    # 26 months ago lies in the ninth block back; 7 of 9 active.
    result = judge(sales(0, 3, 6, 9, 12, 15, 26))
    assert (result.quarters[0], result.active_quarters[0]) == (9, 7)
    assert result.active_share[0] == pytest.approx(7 / 9)
    assert np.isnan(result.quarter_sales[0, 9:]).all()
    assert result.quarter_sales[0, :9].tolist() == [100, 100, 100, 100, 100, 100, 0, 0, 100]


def test_quarters_are_counted_back_from_the_reference_month() -> None:
    result = judge(sales(2, 3))
    assert result.quarter_sales[0, :2].tolist() == [100, 100]
    assert judge(sales(0, 2)).quarter_sales[0, 0] == 200


def test_a_quarter_whose_credits_eat_its_sales_is_not_active() -> None:
    result = judge([*sales(0, 4), *sales(5, net=-100, cogs=-60)])
    assert result.active_quarters[0] == 1


def test_an_earlier_customer_since_lengthens_the_tenure_but_not_the_quarters() -> None:
    result = judge(sales(0, 3), since=REFERENCE - 30)
    assert (result.tenure[0], result.quarters[0]) == (30, 2)
    assert name(result) == "friend"
    assert judge(sales(0, 30), since=REFERENCE - 5).tenure[0] == 30


@pytest.mark.parametrize(
    ("cogs", "loyal", "expected"),
    [(60, True, "friend"), (60, False, "butterfly"), (130, True, "vulture"), (130, False, "stranger")],
)
def test_the_four_classes(cogs: float, loyal: bool, expected: str) -> None:
    months = (*EVERY_QUARTER, 24) if loyal else (0, 3)
    assert name(judge(sales(*months, cogs=cogs))) == expected


def test_a_contribution_ratio_on_the_hurdle_is_not_profitable() -> None:
    assert name(judge(sales(0, net=100, cogs=100))) == "stranger"
    assert name(judge(sales(0, net=100, cogs=99.99))) == "butterfly"
    at_hurdle = LoyaltyThresholds(hurdle=0.4)
    assert name(judge(sales(0, net=100, cogs=60), thresholds=at_hurdle)) == "stranger"


def test_no_sales_in_twelve_months_is_dormant() -> None:
    result = judge(sales(12, 15, 40))
    assert name(result) is None
    assert labels(result.reason, REASONS).tolist() == ["dormant"]
    never = judge([])
    assert labels(never.reason, REASONS).tolist() == ["dormant"]
    assert np.isnan(never.tenure[0])
    assert np.isnan(never.active_share[0])


def test_an_unknown_margin_has_no_class() -> None:
    result = judge(sales(0, cogs=None))
    assert name(result) is None
    assert labels(result.reason, REASONS).tolist() == ["margin_unknown"]


def test_sales_that_credits_outweigh_are_unprofitable_and_not_dormant() -> None:
    result = judge([*sales(1), *sales(0, net=-150, cogs=-90)])
    assert name(result) == "stranger"
    assert np.isnan(result.y[0])


def test_axes_by_hand() -> None:
    # 12 of 24 months, 3 of 5 quarters (.6 of .75 = .8): the smaller is .5. Ratio 40 %.
    result = judge(sales(0, 3, 12))
    assert result.x[0] == pytest.approx(0.5)
    assert result.y[0] == pytest.approx(0.4)


def test_thresholds_of_zero_are_always_met() -> None:
    free = LoyaltyThresholds(tenure_months=0, active_share=0)
    result = judge(sales(0), thresholds=free)
    assert name(result) == "friend"
    assert result.x.tolist() == [1.0]


def test_only_vultures_whose_potential_is_known_to_be_nothing_are_candidates_for_termination() -> None:
    vulture, friend = LOYALTY_CLASSES.index("vulture"), LOYALTY_CLASSES.index("friend")
    classes = np.array([vulture, vulture, vulture, friend, -1], dtype=np.int8)
    assert termination_candidate(classes, [0, 5, math.nan, 0, 0]).tolist() == [
        True,
        False,
        False,
        False,
        False,
    ]


LEDGER = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(-2, 60),
        st.integers(-40, 100),
        st.one_of(st.none(), st.integers(-20, 120)),
    ),
    max_size=60,
    unique_by=lambda row: row[:2],
)


@given(LEDGER, st.sampled_from([0.5, 2 / 3, 0.7, 0.75, 1.0]), st.sampled_from([12, 24]))
def test_classes_equal_a_slow_obvious_judgement(
    ledger: list[tuple[int, int, int, int | None]], share: float, tenure: int
) -> None:
    rows: Rows = [
        {"account": account, "month": REFERENCE - ago, "net_sales": net, "cogs": cogs}
        for account, ago, net, cogs in ledger
    ]
    result = judge(rows, thresholds=LoyaltyThresholds(tenure_months=tenure, active_share=share), accounts=5)
    for account in range(5):
        own = [row for row in ledger if row[0] == account and row[1] >= 0]
        year = [row for row in own if row[1] < 12]
        found = labels(result.loyalty_class, LOYALTY_CLASSES)[account]
        if not any(row[2] > 0 for row in year) or any(row[3] is None for row in year):
            assert found is None
            continue
        first = max(row[1] for row in own if row[2] > 0)
        blocks = min(first // 3 + 1, 12)
        active = sum(sum(row[2] for row in own if row[1] // 3 == block) > 0 for block in range(blocks))
        loyal = first >= tenure and active >= share * blocks - 1e-9
        net = sum(row[2] for row in year)
        profitable = net > 0 and net - sum(row[3] or 0 for row in year) > 0
        table = {(False, False): "stranger", (False, True): "butterfly", (True, True): "friend"}
        assert found == table.get((loyal, profitable), "vulture")
        assert (result.x[account] >= 1) == loyal
