"""Unrealised potential value (K4): how much an account's value could grow over its Open Space.

Le Bon & Herman ch. 1: UPV combines cross-selling, up-selling and co-creation; its ceiling is the customer's
need, and it is nearly always greater than CLV.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metrics.engine.arrays import (
    UNKNOWN_CODE,
    BoolArray,
    CodeArray,
    FloatArray,
    IntArray,
    any_by,
    booleans,
    check_lengths,
    floats,
    ratio,
    sum_by,
)
from metrics.engine.peers import PeerTable

GROWTH_TYPES = ("up_sell", "cross_sell", "co_creation")
UP_SELL, CROSS_SELL, CO_CREATION = range(len(GROWTH_TYPES))
BASES = ("entered", "estimated")
ENTERED, ESTIMATED = range(len(BASES))
DEFAULT_PROBABILITY = 0.5
ESTIMATE_PROBABILITY = 0.25


@dataclass(frozen=True)
class LineRatios:
    """What a currency unit of extra sales on a product line contributes, per line (lines,) (K4).

    ``ratio``: NaN when not even the tenant's overall ratio is known. ``unprofitable``: ratio ≤ 0, so that
    gaps on the line are worth 0 and the screen names it. ``known_share``: share of the line's sales whose
    cost of goods is known. ``overall``: the tenant's contribution ratio.
    """

    ratio: FloatArray
    unprofitable: BoolArray
    known_share: FloatArray
    overall: float


def line_ratios(
    net_sales: ArrayLike,
    known_net_sales: ArrayLike,
    cogs: ArrayLike,
    *,
    cost_to_serve: float,
    is_idea: ArrayLike,
) -> LineRatios:
    """Contribution ratio of every line from the tenant's trailing 12 months (K4); inputs (lines,), currency.

    Gross-margin ratio of the line (over its sales with a known cost) − tenant's cost-to-serve / net sales;
    the tenant's overall ratio where the line has no sales, no known cost, or is an idea. All NaN when the
    tenant sold nothing.
    """
    sales, known, cost = floats(net_sales), floats(known_net_sales), floats(cogs)
    burden = float(ratio(cost_to_serve, sales.sum()))
    overall = float(ratio(known.sum() - cost.sum(), known.sum())) - burden
    own = ratio(known - cost, known) - burden
    own = np.where((sales <= 0) | booleans(is_idea) | np.isnan(own), overall, own)
    return LineRatios(ratio=own, unprofitable=own <= 0, known_share=ratio(known, sales), overall=overall)


@dataclass(frozen=True)
class Cells:
    """Open Space cells, one row per account × segment × line with sales or an entry (equal-length arrays).

    ``current``: net sales of the trailing 12 months, currency, credits included. ``potential``: entered,
    currency per year, NaN = nothing entered. ``probability``: 0–1, NaN = tenant default.
    ``growth_override``: code into ``GROWTH_TYPES``, -1 = computed.
    """

    account: IntArray
    line: IntArray
    current: FloatArray
    potential: FloatArray
    probability: FloatArray
    growth_override: CodeArray

    def __post_init__(self) -> None:
        """Refuse columns of unequal length (ValueError)."""
        check_lengths(
            self.account, self.line, self.current, self.potential, self.probability, self.growth_override
        )


@dataclass(frozen=True)
class Valued:
    """Cells with a potential, valued: the entered ones first, then the estimates on "whole account" rows.

    ``cell``: row in ``Cells``, -1 for an estimate. ``basis``: code into ``BASES``. ``gap`` and ``worth`` (gap
    × ratio, 0 on an unprofitable line): currency per year. ``probability_assumed``: nobody entered it.
    ``peers``: buying accounts behind an estimate, 0 for an entered one.
    """

    account: IntArray
    line: IntArray
    cell: IntArray
    basis: CodeArray
    potential: FloatArray
    gap: FloatArray
    growth_type: CodeArray
    probability: FloatArray
    probability_assumed: BoolArray
    worth: FloatArray
    peers: IntArray


@dataclass(frozen=True)
class Upv:
    """UPV per account, arrays (n,), currency; NaN = nothing entered or estimated, or a ratio not known.

    ``annual``: Σ gap × ratio; ``expected_annual``: × probability; ``value``: annual × the account's CLV
    multiplier. ``up_sell``, ``cross_sell``, ``co_creation``, ``entered``, ``estimated``: parts of ``annual``;
    the last two are NaN where nothing stands on that basis.
    """

    annual: FloatArray
    expected_annual: FloatArray
    value: FloatArray
    up_sell: FloatArray
    cross_sell: FloatArray
    co_creation: FloatArray
    entered: FloatArray
    estimated: FloatArray


def gap(potential: ArrayLike, current: ArrayLike) -> FloatArray:
    """max(potential − current, 0) with current floored at 0, currency per year; NaN without a potential."""
    return np.maximum(floats(potential) - np.maximum(floats(current), 0.0), 0.0)


def growth_types(
    cells: Cells, *, accounts: int, lines: int, is_idea: BoolArray
) -> tuple[CodeArray, BoolArray]:
    """Growth type of each cell, and which account × line (accounts × lines, flat) was bought (K4).

    Order: a person's override; ``co_creation`` for an idea; ``up_sell`` when some cell of that line in the
    account has current sales > 0; else ``cross_sell``.
    """
    key = cells.account * lines + cells.line
    bought = any_by(key, cells.current > 0, accounts * lines)
    computed = _growth_type(is_idea[cells.line], bought[key])
    chosen = np.where(cells.growth_override == UNKNOWN_CODE, computed, cells.growth_override)
    return chosen.astype(np.int8), bought


def _growth_type(idea: BoolArray, bought: BoolArray) -> CodeArray:
    return np.where(idea, CO_CREATION, np.where(bought, UP_SELL, CROSS_SELL)).astype(np.int8)


def value_cells(
    cells: Cells,
    ratios: LineRatios,
    *,
    accounts: int,
    is_idea: ArrayLike,
    peers: PeerTable | None,
    industry: ArrayLike,
    default_probability: float = DEFAULT_PROBABILITY,
    estimate_probability: float = ESTIMATE_PROBABILITY,
) -> Valued:
    """Value every entered cell and every estimate that stands in (K4).

    An estimate stands in for a line of an account where no potential is entered in any of its cells and the
    peers' percentile exceeds the account's sales of the line; its gap is measured against the account's
    sales of the line in all segments, so that nothing is counted twice. ``peers`` None switches estimates
    off. ``is_idea`` (lines,), ``industry`` (accounts,) with -1 = not known.
    """
    idea = booleans(is_idea)
    lines = len(idea)
    growth, bought = growth_types(cells, accounts=accounts, lines=lines, is_idea=idea)
    rows = np.flatnonzero(~np.isnan(cells.potential))
    parts = [_entered(cells, rows, growth, default_probability)]
    if peers is not None:
        key = cells.account * lines + cells.line
        taken = np.zeros(accounts * lines, dtype=np.bool_)
        taken[key[rows]] = True
        current = np.maximum(sum_by(key, cells.current, accounts * lines), 0.0)
        potential = peers.potential(np.asarray(industry, dtype=np.int64)).reshape(-1)
        with np.errstate(invalid="ignore"):
            stands = (potential > current) & ~taken & ~np.tile(idea, accounts)
        slot = np.flatnonzero(stands)
        account, line = slot // lines, slot % lines
        counts = peers.buyers(np.asarray(industry, dtype=np.int64)).reshape(-1)[slot]
        parts.append(
            _Part(
                account=account,
                line=line,
                cell=np.full(len(slot), UNKNOWN_CODE, dtype=np.int64),
                basis=ESTIMATED,
                potential=potential[slot],
                gap=potential[slot] - current[slot],
                growth_type=_growth_type(idea[line], bought[slot]),
                probability=np.full(len(slot), estimate_probability),
                assumed=np.ones(len(slot), dtype=np.bool_),
                peers=counts,
            )
        )
    return _join(parts, ratios)


@dataclass(frozen=True)
class _Part:
    account: IntArray
    line: IntArray
    cell: IntArray
    basis: int
    potential: FloatArray
    gap: FloatArray
    growth_type: CodeArray
    probability: FloatArray
    assumed: BoolArray
    peers: IntArray


def _entered(cells: Cells, rows: IntArray, growth: CodeArray, default_probability: float) -> _Part:
    probability = cells.probability[rows]
    assumed = np.isnan(probability)
    return _Part(
        account=cells.account[rows],
        line=cells.line[rows],
        cell=rows.astype(np.int64),
        basis=ENTERED,
        potential=cells.potential[rows],
        gap=gap(cells.potential[rows], cells.current[rows]),
        growth_type=growth[rows],
        probability=np.where(assumed, default_probability, probability),
        assumed=assumed,
        peers=np.zeros(len(rows), dtype=np.int64),
    )


def _join(parts: list[_Part], ratios: LineRatios) -> Valued:
    line = np.concatenate([part.line for part in parts])
    gaps = np.concatenate([part.gap for part in parts])
    worth_per_unit = np.where(ratios.unprofitable, 0.0, ratios.ratio)[line]
    return Valued(
        account=np.concatenate([part.account for part in parts]),
        line=line,
        cell=np.concatenate([part.cell for part in parts]),
        basis=np.concatenate([np.full(len(part.line), part.basis, dtype=np.int8) for part in parts]),
        potential=np.concatenate([part.potential for part in parts]),
        gap=gaps,
        growth_type=np.concatenate([part.growth_type for part in parts]),
        probability=np.concatenate([part.probability for part in parts]),
        probability_assumed=np.concatenate([part.assumed for part in parts]),
        # No gap is worth nothing even where the line's ratio is not known.
        worth=np.where(gaps > 0, gaps * worth_per_unit, 0.0),
        peers=np.concatenate([part.peers for part in parts]),
    )


def upv(valued: Valued, multipliers: ArrayLike, *, accounts: int) -> Upv:
    """UPV of every account from its valued cells (K4, Le Bon & Herman ch. 1); arrays (accounts,).

    ``multipliers`` (accounts,): ``clv.multiplier`` with the account's own r, d, g, T and timing, so that UPV
    and CLV compare.
    """
    has = _present(valued.account, accounts)
    annual = np.where(has, sum_by(valued.account, valued.worth, accounts), np.nan)
    expected = sum_by(valued.account, valued.worth * valued.probability, accounts)
    by_type = [_part_sum(valued, valued.growth_type == code, accounts) for code in range(len(GROWTH_TYPES))]
    by_basis = [_part_sum(valued, valued.basis == code, accounts) for code in range(len(BASES))]
    on_basis = [_present(valued.account[valued.basis == code], accounts) for code in range(len(BASES))]
    return Upv(
        annual=annual,
        expected_annual=np.where(has, expected, np.nan),
        value=annual * floats(multipliers),
        up_sell=np.where(has, by_type[UP_SELL], np.nan),
        cross_sell=np.where(has, by_type[CROSS_SELL], np.nan),
        co_creation=np.where(has, by_type[CO_CREATION], np.nan),
        entered=np.where(on_basis[ENTERED], by_basis[ENTERED], np.nan),
        estimated=np.where(on_basis[ESTIMATED], by_basis[ESTIMATED], np.nan),
    )


def _part_sum(valued: Valued, part: BoolArray, accounts: int) -> FloatArray:
    return sum_by(valued.account[part], valued.worth[part], accounts)


def _present(account: IntArray, accounts: int) -> BoolArray:
    present: BoolArray = np.bincount(account, minlength=accounts) > 0
    return present


def exceeds_clv(upv_value: ArrayLike, clv_value: ArrayLike) -> CodeArray:
    """1 where UPV > CLV, 0 where it is not ("Open Space looks unfinished"), -1 where either is not known."""
    potential, lifetime = floats(upv_value), floats(clv_value)
    unknown = np.isnan(potential) | np.isnan(lifetime)
    return np.where(unknown, UNKNOWN_CODE, potential > lifetime).astype(np.int8)
