"""Open Space in money (K4): what extra sales are worth per line, what peers buy, what each account could grow.

Two steps: what all accounts together say (`TenantPotentials`), then the value of each account's cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from metrics.engine import (
    GROWTH_TYPES,
    POTENTIAL_BASES,
    Cells,
    LineRatios,
    PeerTable,
    dubinsky_ingram_potential,
    exceeds_clv,
    line_ratios,
    line_totals,
    peer_table,
    ratio,
    upv,
    value_cells,
)
from metrics.selectors.copying import key_of
from metrics.selectors.reading import CellSums, Lines, Products
from metrics.services.columns import Columns, floats, of_floats, of_labels
from metrics.services.parameters import Parameters

# Arrays of the engine are dense (accounts × lines); beyond this many cells the accounts go in portions.
_DENSE_CELLS = 4_000_000


@dataclass(frozen=True)
class SpaceCells:
    """The cells of a range of accounts: sales and entries (rows), and sums by column of lines.

    `sums` (catalogue + 1, 8): net sales, net sales with a known cost, that cost, lines without one, over the
    trailing 12 months, and the same over the 12 before; the last row holds all ideas together.
    """

    account: NDArray[np.int64]
    line: NDArray[np.int64]
    current: NDArray[np.float64]
    potential: NDArray[np.float64]
    probability: NDArray[np.float64]
    override: NDArray[np.int8]
    sums: NDArray[np.float64]
    slots: int

    def part(self, first: int, last: int) -> Cells:
        """The cells of accounts `first` … `last` − 1 as the engine reads them, positions counted from 0."""
        low, high = np.searchsorted(self.account, [first, last])
        rows = slice(low, high)
        return Cells(
            account=self.account[rows] - first,
            line=self.line[rows],
            current=self.current[rows],
            potential=self.potential[rows],
            probability=self.probability[rows],
            growth_override=self.override[rows],
        )


def space_cells(cells: CellSums, entered: pa.Table, lines: Lines, products: Products) -> SpaceCells:
    """Join sales and entries by account × segment × line; one row where there is either."""
    sold, typed = np.flatnonzero(cells.is_recent), entered.num_rows
    codes = {segment: code for code, segment in enumerate(cells.segments)}
    segment = np.concatenate(
        [
            cells.segment[sold],
            np.array(
                [codes.setdefault(key_of(key), len(codes)) for key in entered["segment"].to_pylist()],
                dtype=np.int64,
            ),
        ]
    )
    account = np.concatenate([cells.account[sold], entered["account"].to_numpy()])
    line = lines.slot[np.concatenate([products.line[cells.product[sold]], entered["line"].to_numpy()])]
    slots, width = max(lines.slots, 1), int(segment.max(initial=0)) + 1
    keys, row = np.unique((account * width + segment) * slots + line, return_inverse=True)
    from_sales, from_entry = row[: len(sold)], row[len(sold) :]
    current = np.bincount(from_sales, weights=cells.recent.net_sales[sold], minlength=len(keys))
    potential, probability = np.full(len(keys), np.nan), np.full(len(keys), np.nan)
    override = np.full(len(keys), -1, dtype=np.int8)
    if typed:
        potential[from_entry] = floats(entered["potential"])
        probability[from_entry] = floats(entered["probability"])
        words = {name: code for code, name in enumerate(GROWTH_TYPES)}
        override[from_entry] = [words.get(word, -1) for word in entered["override"].to_pylist()]
    return SpaceCells(
        account=keys // (width * slots),
        line=keys % slots,
        current=current.astype(np.float64),
        potential=potential,
        probability=probability,
        override=override,
        sums=_line_sums(cells, lines, products),
        slots=lines.slots,
    )


def _line_sums(cells: CellSums, lines: Lines, products: Products) -> NDArray[np.float64]:
    column = np.minimum(lines.slot[products.line[cells.product]], lines.catalogue)
    values = [
        value
        for year in (cells.recent, cells.prior)
        for value in (year.net_sales, year.net_sales - year.unknown_sales, year.cogs, year.unknown_lines)
    ]
    return np.column_stack(
        [np.bincount(column, weights=value, minlength=lines.catalogue + 1) for value in values]
    ).astype(np.float64)


@dataclass(frozen=True)
class TenantPotentials:
    """What all accounts together say about potentials (K4).

    `catalogue`: line ids. `ratio`, `known_share` (catalogue,), `overall`: contribution per currency unit of
    sales, NaN = not known. `industries`: names. Percentiles and buyers: (industries, catalogue) and
    (catalogue,).
    """

    catalogue: list[str]
    ratio: NDArray[np.float64]
    known_share: NDArray[np.float64]
    overall: float
    industries: list[str]
    by_industry: NDArray[np.float64]
    industry_buyers: NDArray[np.int64]
    by_all: NDArray[np.float64]
    all_buyers: NDArray[np.int64]

    def ratios(self, slots: int) -> LineRatios:
        """The ratios by column of lines: ideas are worth the tenant's overall ratio."""
        ideas = slots - len(self.catalogue)
        values = np.concatenate([self.ratio, np.full(ideas, self.overall)])
        shares = np.concatenate([self.known_share, np.full(ideas, np.nan)])
        with np.errstate(invalid="ignore"):
            return LineRatios(
                ratio=values, unprofitable=values <= 0, known_share=shares, overall=self.overall
            )

    def peers(self, slots: int) -> PeerTable:
        """The percentiles by column of lines; nobody else buys an idea."""
        ideas = slots - len(self.catalogue)
        rows = self.by_industry.shape[0]
        return PeerTable(
            by_industry=np.hstack([self.by_industry, np.full((rows, ideas), np.nan)]),
            industry_buyers=np.hstack([self.industry_buyers, np.zeros((rows, ideas), dtype=np.int64)]),
            by_all=np.concatenate([self.by_all, np.full(ideas, np.nan)]),
            all_buyers=np.concatenate([self.all_buyers, np.zeros(ideas, dtype=np.int64)]),
        )

    def industry_codes(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Positions of industries; -1 where not known or without peers."""
        table = {name: code for code, name in enumerate(self.industries)}
        return np.array([table.get(name, -1) for name in names], dtype=np.int64)


@dataclass
class PotentialsGatherer:
    """Collects from range after range what `TenantPotentials` needs, and lets go of everything else."""

    catalogue: list[str]
    sums: NDArray[np.float64] = field(init=False)
    cost_to_serve: float = 0.0
    industries: dict[str, int] = field(default_factory=dict)
    _line: list[NDArray[np.int64]] = field(default_factory=list)
    _industry: list[NDArray[np.int64]] = field(default_factory=list)
    _sales: list[NDArray[np.float64]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sums = np.zeros((len(self.catalogue) + 1, 8))

    def add(self, cells: SpaceCells, industries: Sequence[str], cost_to_serve: float) -> None:
        """Take in one range of accounts; `cost_to_serve`: of its trailing 12 months, currency."""
        self.sums += cells.sums
        self.cost_to_serve += cost_to_serve
        account, line, sales = line_totals(cells.account, cells.line, cells.current, max(cells.slots, 1))
        chosen = (line < len(self.catalogue)) & (sales > 0)
        codes = np.array(
            [self.industries.setdefault(name, len(self.industries)) if name else -1 for name in industries],
            dtype=np.int64,
        )
        self._line.append(line[chosen])
        self._industry.append(codes[account[chosen]] if len(codes) else np.zeros(0, dtype=np.int64))
        self._sales.append(sales[chosen])

    def result(self, parameters: Parameters) -> TenantPotentials:
        """The ratios and percentiles over everything that was taken in."""
        lines = len(self.catalogue)
        is_idea = np.arange(lines + 1) >= lines
        ratios = line_ratios(
            self.sums[:, 0],
            self.sums[:, 1],
            self.sums[:, 2],
            cost_to_serve=self.cost_to_serve,
            is_idea=is_idea,
        )
        sales = np.concatenate([*self._sales, np.zeros(0)])
        industry = np.concatenate([*self._industry, np.zeros(0, dtype=np.int64)])
        settings = parameters.settings
        table = peer_table(
            # One row is one buying account of one line, so the row itself can stand for the account.
            np.arange(len(sales)),
            np.concatenate([*self._line, np.zeros(0, dtype=np.int64)]),
            sales,
            industry,
            industries=len(self.industries),
            lines=lines,
            percentile=settings.potential_estimate_percentile,
            min_peers=settings.potential_estimate_min_peers,
        )
        return TenantPotentials(
            catalogue=self.catalogue,
            ratio=ratios.ratio[:lines],
            known_share=ratio(self.sums[:lines, 1], self.sums[:lines, 0]),
            overall=ratios.overall,
            industries=list(self.industries),
            # Rounded as they are stored, so that a run over few accounts gives the same estimates.
            by_industry=np.round(table.by_industry, 4),
            industry_buyers=table.industry_buyers,
            by_all=np.round(table.by_all, 4),
            all_buyers=table.all_buyers,
        )


def stored_potentials(
    stored: dict[str, Any], catalogue: list[str], peers: Sequence[tuple[str, str, float, int]]
) -> TenantPotentials:
    """The ratios and percentiles of the published run; a line it did not know is worth the overall ratio.

    `stored`: the snapshot's `line_ratios`; `peers`: the rows of `read_peers`.
    """

    def number(value: float | None) -> float:
        return float("nan") if value is None else float(value)

    overall = number(stored.get("overall"))
    position = {line: code for code, line in enumerate(catalogue)}
    industries: dict[str, int] = {}
    for industry, _, _, _ in peers:
        if industry:
            industries.setdefault(industry, len(industries))
    shape = (max(len(industries), 1), len(catalogue))
    by_industry, industry_buyers = np.full(shape, np.nan), np.zeros(shape, dtype=np.int64)
    by_all, all_buyers = np.full(shape[1], np.nan), np.zeros(shape[1], dtype=np.int64)
    for industry, line, amount, buyers in peers:
        column = position.get(line)
        if column is None:
            continue
        if industry:
            by_industry[industries[industry], column] = amount
            industry_buyers[industries[industry], column] = buyers
        else:
            by_all[column], all_buyers[column] = amount, buyers
    ratios = stored.get("lines", {})
    shares = stored.get("known_share", {})
    return TenantPotentials(
        catalogue=catalogue,
        ratio=np.array(
            [number(ratios[line]) if line in ratios else overall for line in catalogue], dtype=float
        ),
        known_share=np.array([number(shares.get(line)) for line in catalogue], dtype=float),
        overall=overall,
        industries=list(industries),
        by_industry=by_industry,
        industry_buyers=industry_buyers,
        by_all=by_all,
        all_buyers=all_buyers,
    )


def add_potentials(
    columns: Columns,
    cells: SpaceCells,
    industries: Sequence[str],
    tenant: TenantPotentials,
    parameters: Parameters,
) -> None:
    """Add UPV and the potential contribution of every account to its columns (K4, K34)."""
    n = len(columns["account_id"])
    slots = max(cells.slots, 1)
    step = max(1, _DENSE_CELLS // slots)
    codes = tenant.industry_codes(industries)
    multipliers, clv = floats(columns["clv_multiplier"]), floats(columns["clv"])
    ratios, peers = tenant.ratios(cells.slots), tenant.peers(cells.slots)
    settings, is_idea = parameters.settings, np.arange(cells.slots) >= len(tenant.catalogue)
    parts: list[dict[str, NDArray[Any]]] = []
    for first in range(0, n, step):
        last = min(first + step, n)
        valued = value_cells(
            cells.part(first, last),
            ratios,
            accounts=last - first,
            is_idea=is_idea,
            peers=peers if settings.potential_estimates_enabled else None,
            industry=codes[first:last],
            default_probability=settings.potential_probability_entered,
            estimate_probability=settings.potential_probability_estimated,
        )
        worth = upv(valued, multipliers[first:last], accounts=last - first)
        counts = np.bincount(valued.account, minlength=last - first)
        parts.append(
            {
                "upv_annual": worth.annual,
                "upv": worth.value,
                "upv_expected_annual": worth.expected_annual,
                "upv_up_sell": worth.up_sell,
                "upv_cross_sell": worth.cross_sell,
                "upv_co_creation": worth.co_creation,
                "upv_entered": worth.entered,
                "upv_estimated": worth.estimated,
                "cells": counts,
                "estimated": np.bincount(valued.account[valued.basis == 1], minlength=last - first),
                "assumed": np.bincount(
                    valued.account[(valued.basis == 0) & valued.probability_assumed], minlength=last - first
                ),
                "gap": np.bincount(valued.account, weights=valued.gap, minlength=last - first),
                "worthless": np.bincount(
                    valued.account[(valued.gap > 0) & ratios.unprofitable[valued.line]],
                    minlength=last - first,
                ),
            }
        )
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}
    if not joined:
        return
    for name in list(joined)[:8]:
        columns[name] = of_floats(joined[name])
    columns["upv_exceeds_clv"] = pa.array(
        exceeds_clv(joined["upv"], clv) == 1, mask=exceeds_clv(joined["upv"], clv) < 0
    )
    columns["upv_detail"] = pa.array(
        [
            orjson.dumps(
                {
                    "cells": c,
                    "estimated_cells": e,
                    "assumed_probabilities": a,
                    "gap": g,
                    "unprofitable_cells": w,
                }
            ).decode()
            for c, e, a, g, w in zip(
                joined["cells"].tolist(),
                joined["estimated"].tolist(),
                joined["assumed"].tolist(),
                np.round(joined["gap"], 4).tolist(),
                joined["worthless"].tolist(),
                strict=True,
            )
        ]
    )
    present = floats(columns["contribution_12m"])
    potential, basis = dubinsky_ingram_potential(
        present, joined["upv_expected_annual"], joined["upv_entered"], joined["upv_estimated"]
    )
    columns["potential_contribution"] = of_floats(potential)
    columns["potential_gap"] = of_floats(potential - present)
    columns["potential_basis"] = of_labels(basis, POTENTIAL_BASES)
