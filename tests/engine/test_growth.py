"""Where growth came from (K5)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.engine import SOURCES, GrowthSplit, SalesCells, split_growth

# account, segment, line, product, previous, current, co-created
Row = tuple[int, int, int, int, float, float, bool]


def cells(rows: Iterable[Row]) -> SalesCells:
    table = list(rows)
    columns = list(zip(*table, strict=True)) if table else [()] * 7
    kinds = [np.int64, np.int64, np.int64, np.int64, np.float64, np.float64, np.bool_]
    return SalesCells(*(np.array(c, dtype=kind) for c, kind in zip(columns, kinds, strict=True)))


def slow_split(rows: Iterable[Row], accounts: int) -> list[dict[str, float]]:
    """K5 as written, one cell after the other."""
    answer: list[dict[str, float]] = []
    for account in range(accounts):
        own = [row for row in rows if row[0] == account]
        parts = dict.fromkeys((*SOURCES, "organic_new_products"), 0.0)
        lines_before = {row[2] for row in own if row[4] > 0}
        products_before = {row[3] for row in own if row[4] > 0}
        grid: dict[tuple[int, int], list[Row]] = defaultdict(list)
        for row in own:
            if row[6]:
                parts["co_creation"] += row[5] - row[4]
            else:
                grid[row[1], row[2]].append(row)
        for (_, line), inside in grid.items():
            before, now = sum(row[4] for row in inside), sum(row[5] for row in inside)
            if (before > 0) == (now > 0):
                parts["organic"] += now - before
                parts["organic_new_products"] += sum(
                    row[5] - row[4] for row in inside if row[3] not in products_before
                )
            elif before > 0:
                parts["loss"] += now - before
            elif line in lines_before:
                parts["up_sell"] += now - before
            else:
                parts["cross_sell"] += now - before
        answer.append(parts)
    return answer


def parts_of(split: GrowthSplit, account: int) -> dict[str, float]:
    return {name: float(getattr(split, name)[account]) for name in (*SOURCES, "organic_new_products")}


def test_a_hand_worked_account() -> None:
    rows: list[Row] = [
        (0, 1, 1, 10, 100, 130, False),  # same line, same segment: organic +30
        (0, 1, 1, 11, 0, 40, False),  # ... a product new to the account there: organic +40
        (0, 2, 1, 10, 0, 25, False),  # known line, new segment: up-sell +25
        (0, 1, 2, 20, 0, 60, False),  # line new to the account: cross-sell +60
        (0, 2, 3, 30, 45, 0, False),  # bought before only: loss −45
        (0, 2, 3, 31, 10, 90, True),  # co-created, whatever its line and segment: +80
    ]
    split = split_growth(cells(rows), 1)
    assert parts_of(split, 0) == {
        "organic": 70, "up_sell": 25, "cross_sell": 60, "co_creation": 80, "loss": -45,
        "organic_new_products": 40,
    }  # fmt: skip
    assert (split.previous[0], split.current[0], split.change[0]) == (155, 345, 190)


def test_shrinking_business_in_the_same_cell_is_organic_too() -> None:
    assert parts_of(split_growth(cells([(0, 0, 0, 0, 100, 60, False)]), 1), 0)["organic"] == -40


def test_a_new_account_grows_by_cross_selling_only() -> None:
    split = split_growth(cells([(1, 0, 0, 0, 0, 5, False), (1, 1, 2, 3, 0, 7, False)]), 2)
    assert split.cross_sell.tolist() == [0, 12]
    assert split.change.tolist() == [0, 12]


def test_a_credit_is_no_sale_but_its_money_is_not_forgotten() -> None:
    rows: list[Row] = [
        (0, 0, 0, 0, 100, -20, False),  # only a credit now: the line is lost, with the credit
        (0, 0, 1, 1, -30, 50, False),  # only a credit before: a line new to the account
        (0, 0, 2, 2, -5, -8, False),  # credits only: no sale in either window
    ]
    parts = parts_of(split_growth(cells(rows), 1), 0)
    assert (parts["loss"], parts["cross_sell"], parts["organic"]) == (-120, 80, -3)


def test_a_line_known_only_through_a_co_created_product_is_not_new_to_the_account() -> None:
    rows: list[Row] = [(0, 0, 4, 1, 50, 50, True), (0, 0, 4, 2, 0, 20, False)]
    assert parts_of(split_growth(cells(rows), 1), 0)["up_sell"] == 20


def test_what_another_account_bought_makes_nothing_known() -> None:
    rows: list[Row] = [(0, 0, 4, 1, 50, 50, False), (1, 1, 4, 1, 0, 20, False)]
    assert split_growth(cells(rows), 2).cross_sell.tolist() == [0, 20]


def test_accounts_without_cells_have_zeros() -> None:
    assert split_growth(cells([]), 3).change.tolist() == [0, 0, 0]


ROWS = st.lists(
    st.tuples(
        st.integers(0, 3), st.integers(0, 2), st.integers(0, 3), st.integers(0, 5),
        st.integers(-50, 100).map(float), st.integers(-50, 100).map(float), st.booleans(),
    ),
    max_size=40,
)  # fmt: skip


@given(ROWS)
def test_the_parts_add_up_to_the_change(rows: list[Row]) -> None:
    split = split_growth(cells(rows), 4)
    total = sum(getattr(split, source) for source in SOURCES)
    np.testing.assert_allclose(total, split.change)
    np.testing.assert_allclose(split.current - split.previous, split.change)


@given(ROWS)
def test_the_split_equals_a_slow_obvious_one(rows: list[Row]) -> None:
    for order in (rows, sorted(rows)):
        split = split_growth(cells(order), 4)
        for account, expected in enumerate(slow_split(rows, 4)):
            assert parts_of(split, account) == pytest.approx(expected)


def test_columns_of_unequal_length_are_refused() -> None:
    good = cells([(0, 0, 0, 0, 1, 1, False)])
    with pytest.raises(ValueError, match="equal-length"):
        replace(good, current=np.zeros(2))
