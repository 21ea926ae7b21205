"""Windows of whole calendar months (K1), and the sums of a monthly rollup over them.

A month is the integer ``year * 12 + month - 1``. A reference date means the last day of its month, so a
window is a range of months that ends with the reference month; later rows are ignored.
"""

import datetime
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.engine.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    any_by,
    check_lengths,
    first_by,
    floats,
    ratio,
    sum_by,
)

YEAR = 12
QUARTER = 3
_EPOCH_MONTH = 1970 * 12


@dataclass(frozen=True)
class Window:
    """Months ``first`` … ``last``, both included."""

    first: int
    last: int

    @property
    def months(self) -> int:
        """How many months the window spans."""
        return self.last - self.first + 1

    def contains(self, month: IntArray) -> BoolArray:
        """Which of the months lie in the window."""
        return (month >= self.first) & (month <= self.last)


def month_index(day: datetime.date) -> int:
    """The month of a date as ``year * 12 + month - 1``."""
    return day.year * YEAR + day.month - 1


def month_indexes(days: NDArray[np.datetime64]) -> IntArray:
    """The months of an array of datetime64 days."""
    return days.astype("datetime64[M]").astype(np.int64) + _EPOCH_MONTH


def month_end(month: int) -> datetime.date:
    """The last day of a month."""
    year, zero_based = divmod(month + 1, YEAR)
    return datetime.date(year, zero_based + 1, 1) - datetime.timedelta(days=1)


def last_completed_month(today: datetime.date) -> int:
    """The reference month when none is set: the last month that is over on ``today``.

    The last day of a month still belongs to a month that is not over.
    """
    return month_index(today) - 1


def trailing(reference_month: int, months: int = YEAR) -> Window:
    """The ``months`` months that end with the reference month."""
    return Window(reference_month - months + 1, reference_month)


def year_before(window: Window) -> Window:
    """The same window, 12 months earlier."""
    return Window(window.first - YEAR, window.last - YEAR)


def blocks_back(month: IntArray, reference_month: int, width: int) -> IntArray:
    """Block number counted back from the reference month: 0 = the newest; negative = after it."""
    return (reference_month - month) // width


def complete_blocks(first_month: ArrayLike, reference_month: int, width: int = YEAR) -> IntArray:
    """Complete blocks of ``width`` months since each account's first month; 0 where that is NaN."""
    span = reference_month - floats(first_month) + 1
    return np.maximum(np.nan_to_num(span, nan=0.0) // width, 0).astype(np.int64)


@dataclass(frozen=True)
class Rollup:
    """The account × month rollup as equal-length columns (one row per account and month with any entry).

    ``net_sales``: net sales, credits included. ``cogs``: known or estimated cost of the goods.
    ``known_net_sales``: net sales of the lines that have such a cost. ``unknown``: the month holds a line
    with neither a cost nor a default margin. ``cost_to_serve``: all categories. ``sold``: the month holds a
    line with positive net sales. ``has_line``: the month holds any sales line (a row may hold costs only).
    """

    account: IntArray
    month: IntArray
    net_sales: FloatArray
    known_net_sales: FloatArray
    cogs: FloatArray
    unknown: BoolArray
    cost_to_serve: FloatArray
    sold: BoolArray
    has_line: BoolArray

    def __post_init__(self) -> None:
        """Refuse columns of unequal length (ValueError)."""
        check_lengths(
            self.account, self.month, self.net_sales, self.known_net_sales, self.cogs, self.unknown,
            self.cost_to_serve, self.sold, self.has_line,
        )  # fmt: skip


@dataclass(frozen=True)
class Totals:
    """Sums of one window, one row per account, currency units; NaN = not known (K1).

    ``contribution`` and ``gross_margin`` are NaN as soon as one line of the window has no known cost; the
    known part stands beside them with ``known_share``, its share of net sales.
    """

    net_sales: FloatArray
    cogs: FloatArray
    gross_margin: FloatArray
    cost_to_serve: FloatArray
    contribution: FloatArray
    contribution_ratio: FloatArray
    known_gross_margin: FloatArray
    known_share: FloatArray
    sold: BoolArray
    has_line: BoolArray


def totals(rollup: Rollup, accounts: int, window: Window) -> Totals:
    """The P&L of every account over a window (K1). Shapes: result arrays (accounts,)."""
    inside = window.contains(rollup.month)
    account = rollup.account[inside]
    net_sales = sum_by(account, rollup.net_sales[inside], accounts)
    known_sales = sum_by(account, rollup.known_net_sales[inside], accounts)
    known_cogs = sum_by(account, rollup.cogs[inside], accounts)
    cost_to_serve = sum_by(account, rollup.cost_to_serve[inside], accounts)
    unknown = any_by(account, rollup.unknown[inside], accounts)
    known_margin = known_sales - known_cogs
    gross_margin = np.where(unknown, np.nan, known_margin)
    contribution = gross_margin - cost_to_serve
    return Totals(
        net_sales=net_sales,
        cogs=np.where(unknown, np.nan, known_cogs),
        gross_margin=gross_margin,
        cost_to_serve=cost_to_serve,
        contribution=contribution,
        contribution_ratio=ratio(contribution, net_sales),
        known_gross_margin=known_margin,
        known_share=ratio(known_sales, net_sales),
        sold=any_by(account, rollup.sold[inside], accounts),
        has_line=any_by(account, rollup.has_line[inside], accounts),
    )


def first_sale_month(rollup: Rollup, accounts: int, reference_month: int) -> FloatArray:
    """The month of each account's first positive sale up to the reference month; NaN without one."""
    seen = rollup.sold & (rollup.month <= reference_month)
    return first_by(rollup.account[seen], rollup.month[seen], accounts)


def contribution_until(
    rollup: Rollup, accounts: int, reference_month: int, first_month: FloatArray | None = None
) -> FloatArray:
    """Contribution up to the reference month, per account, currency; NaN when any part is not known.

    With ``first_month`` (accounts,) only months from it on count (K3: "contribution since the first sale");
    an account whose first month is NaN has 0.
    """
    inside = rollup.month <= reference_month
    if first_month is not None:
        inside &= rollup.month >= first_month[rollup.account]
    account = rollup.account[inside]
    margin = rollup.known_net_sales[inside] - rollup.cogs[inside] - rollup.cost_to_serve[inside]
    unknown = any_by(account, rollup.unknown[inside], accounts)
    return np.where(unknown, np.nan, sum_by(account, margin, accounts))


def contribution_blocks(
    rollup: Rollup, accounts: int, reference_month: int, *, blocks: int, width: int = YEAR
) -> FloatArray:
    """Contribution per block of ``width`` months counted back, shape (accounts, blocks); column 0 is newest.

    NaN where a line of the block has no known cost.
    """
    block = blocks_back(rollup.month, reference_month, width)
    inside = (block >= 0) & (block < blocks)
    cell = rollup.account[inside] * blocks + block[inside]
    size = accounts * blocks
    margin = rollup.known_net_sales[inside] - rollup.cogs[inside] - rollup.cost_to_serve[inside]
    unknown = any_by(cell, rollup.unknown[inside], size)
    return np.where(unknown, np.nan, sum_by(cell, margin, size)).reshape(accounts, blocks)


def sales_blocks(
    rollup: Rollup, accounts: int, reference_month: int, *, blocks: int, width: int = QUARTER
) -> FloatArray:
    """Net sales per block of ``width`` months counted back, shape (accounts, blocks); column 0 is newest."""
    block = blocks_back(rollup.month, reference_month, width)
    inside = (block >= 0) & (block < blocks)
    cell = rollup.account[inside] * blocks + block[inside]
    return sum_by(cell, rollup.net_sales[inside], accounts * blocks).reshape(accounts, blocks)
