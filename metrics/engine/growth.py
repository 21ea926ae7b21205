"""Where an account's growth came from (K5): the change of its sales split by segment × product line.

Le Bon & Herman ch. 1 name four sources: organic, up-selling, cross-selling, co-creation.
"""

from dataclasses import dataclass

import numpy as np

from metrics.engine.arrays import (
    BoolArray,
    CodeArray,
    FloatArray,
    IntArray,
    any_by,
    check_lengths,
    group_ids,
    sum_by,
)

SOURCES = ("organic", "up_sell", "cross_sell", "co_creation", "loss")
ORGANIC, UP_SELL, CROSS_SELL, CO_CREATION, LOSS = range(len(SOURCES))


@dataclass(frozen=True)
class SalesCells:
    """Net sales of two windows, one row per account × segment × product (equal-length arrays).

    ``segment`` and ``line`` and ``product``: non-negative numbers (give "no segment" one of its own).
    ``previous``/``current``: currency in the 12 months before and in the 12 months; rows with both 0 may be
    left out. ``co_created``: the product was co-created with a customer.
    """

    account: IntArray
    segment: IntArray
    line: IntArray
    product: IntArray
    previous: FloatArray
    current: FloatArray
    co_created: BoolArray

    def __post_init__(self) -> None:
        """Refuse columns of unequal length (ValueError)."""
        check_lengths(
            self.account, self.segment, self.line, self.product, self.previous, self.current, self.co_created
        )


@dataclass(frozen=True)
class GrowthSplit:
    """The change of sales per account, arrays (n,), currency; the five parts add up to ``change``.

    ``organic_new_products``: the part of ``organic`` from products new to the account, the candidates for
    "dearer products to the same segment".
    """

    previous: FloatArray
    current: FloatArray
    change: FloatArray
    organic: FloatArray
    up_sell: FloatArray
    cross_sell: FloatArray
    co_creation: FloatArray
    loss: FloatArray
    organic_new_products: FloatArray


def split_growth(cells: SalesCells, accounts: int) -> GrowthSplit:
    """Split every account's change of sales into its sources (K5).

    Order: a co-created product is ``co_creation``; a segment × line with sales (> 0) in both windows is
    ``organic``; sales only now are ``up_sell`` when the account bought the line anywhere in the earlier
    window, else ``cross_sell``; sales only before are ``loss``. What has sales in neither (credits only)
    counts as organic, so that the parts always add up. Result arrays (accounts,).
    """
    change = cells.current - cells.previous
    catalogue = ~cells.co_created
    account = cells.account[catalogue]
    cell_of_row, cell_account, cell_line_known = _cells(cells, catalogue)
    cell_count = len(cell_account)
    previous = sum_by(cell_of_row, cells.previous[catalogue], cell_count)
    current = sum_by(cell_of_row, cells.current[catalogue], cell_count)
    source = classify_cells(previous, current, cell_line_known)
    key = cell_account * len(SOURCES) + source
    parts = sum_by(key, current - previous, accounts * len(SOURCES)).reshape(accounts, len(SOURCES))
    new_product = _product_is_new(cells)[catalogue] & (source[cell_of_row] == ORGANIC)
    return GrowthSplit(
        previous=sum_by(cells.account, cells.previous, accounts),
        current=sum_by(cells.account, cells.current, accounts),
        change=sum_by(cells.account, change, accounts),
        organic=parts[:, ORGANIC],
        up_sell=parts[:, UP_SELL],
        cross_sell=parts[:, CROSS_SELL],
        co_creation=sum_by(cells.account[cells.co_created], change[cells.co_created], accounts),
        loss=parts[:, LOSS],
        organic_new_products=sum_by(account[new_product], change[catalogue][new_product], accounts),
    )


def classify_cells(previous: FloatArray, current: FloatArray, line_known: BoolArray) -> CodeArray:
    """The source of each segment × line cell as a code into ``SOURCES`` (co-created products apart).

    ``line_known``: the account bought the cell's line somewhere in the earlier window. Equal shapes.
    """
    before, now = previous > 0, current > 0
    new = np.where(line_known, UP_SELL, CROSS_SELL)
    one_sided = np.where(now, new, LOSS)
    return np.where(before == now, ORGANIC, one_sided).astype(np.int8)


def _cells(cells: SalesCells, catalogue: BoolArray) -> tuple[IntArray, IntArray, BoolArray]:
    """Cell number of each catalogue row; account of each cell; whether its line was bought before."""
    lines = int(cells.line.max(initial=0)) + 1
    segments = int(cells.segment.max(initial=0)) + 1
    line_of_row, _ = group_ids(cells.account * lines + cells.line)
    line_count = int(line_of_row.max(initial=-1)) + 1
    # A line whose only earlier sales were co-created products is not new to the account either.
    bought_before = any_by(line_of_row, cells.previous > 0, line_count)
    keys = (cells.account * segments + cells.segment) * lines + cells.line
    cell_of_row, cell_keys = group_ids(keys[catalogue])
    known = np.zeros(len(cell_keys), dtype=np.bool_)
    known[cell_of_row] = bought_before[line_of_row[catalogue]]
    return cell_of_row, cell_keys // (lines * segments), known


def _product_is_new(cells: SalesCells) -> BoolArray:
    """Whether the account bought the row's product nowhere in the earlier window."""
    products = int(cells.product.max(initial=0)) + 1
    product_of_row, keys = group_ids(cells.account * products + cells.product)
    bought = any_by(product_of_row, cells.previous > 0, len(keys))
    new: BoolArray = ~bought[product_of_row]
    return new
