"""The Open Space of one account as a grid (K6, with K4): Le Bon & Herman ch. 1, figs 1.1 and 1.2.

Put together in memory from `open_space_facts`, so that what is pending can be shown like what is stored.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from accounts.models import Account, ProductLine
from kam.common.api.renderers import json_bytes
from planning.models import GrowthType, Position
from planning.selectors.open_space_facts import (
    CENT,
    EMPTY,
    ZERO,
    Entry,
    Facts,
    Key,
    Sales,
    fiscal_year,
    open_space_facts,
    twelve_months,
)

NO_SALES = Sales(ZERO, ZERO)
Money = Callable[[Decimal], Any]
_COMPETITOR = Position.COMPETITOR.value


def open_space_grid(*, account: Account) -> dict[str, Any]:
    """The grid of one account, ready to be answered; only cells that hold something are listed.

    `cells`: `current` (trailing 12 months), `potential` and `gap` = max(potential − max(current, 0), 0), each
    per year in the base currency; `current_fiscal_year` is for display only. `basis` entered or estimated (the
    estimate stands on the whole-account row, its gap against the account's sales of the line in all
    segments); `priority` = gap × (1 + linked open success factors) × position factor, with its `rank` from 1;
    null where there is no potential (K4, K6).
    `totals`: rows (a parent is its own plus its children), columns, business units, grand.
    """
    return grid_of(open_space_facts(account))


def grid_of(facts: Facts, *, money: Money = lambda value: value) -> dict[str, Any]:
    """The grid that some facts make. `money` turns every amount into what the reader wants: a Decimal unless told."""
    cells = _Cells(facts)
    figures = cells.figures()
    ranked = _ranked(figures)
    ranks = {spot: rank for rank, spot in enumerate(ranked, start=1)}
    settings = facts.settings
    windows = {
        "trailing": twelve_months(facts.reference),
        "fiscal_year": fiscal_year(facts.reference, start_month=settings.fiscal_year_start),
    }
    return {
        "account": facts.account.pk,
        "currency": settings.base_currency,
        "reference_date": facts.reference,
        "windows": {
            name: {"first_month": first, "last_month": last} for name, (first, last) in windows.items()
        },
        "position_factors": cells.factors,
        "default_probability": settings.potential_probability_entered,
        "success_factors": [factor._asdict() for factor in facts.factors],
        "segments": [row._asdict() for row in facts.rows],
        "product_lines": [
            {
                "id": line.id,
                "external_id": line.external_id,
                "name": line.name,
                "kind": line.kind,
                "business_unit": line.business_unit_id,
                "business_unit_name": line.business_unit_name,
            }
            for line in facts.lines
        ],
        "cells": [cells.show(spot, found, ranks.get(spot), money) for spot, found in figures.items()],
        "totals": _totals(facts, figures, money),
        "lists": _lists(facts, figures, [*ranked, *(spot for spot in figures if spot not in ranks)]),
    }


# Counts up when the answer made of the same facts changes.
_FORM = 1


def facts_tag(facts: Facts) -> str:
    """The strong entity tag of the grid that some facts make: of all that it shows, so that no change goes unseen.

    A stored cell is told by its version, which the database counts; everything else is in it as it is.
    """
    settings = facts.settings
    sets = (facts.rows, facts.lines, facts.factors, sorted(facts.people.values()))
    shown = [
        _FORM,
        facts.account.pk,
        [settings.base_currency, facts.reference, settings.fiscal_year_start],
        [settings.potential_probability_entered, *map(settings.position_factor, Position.values)],
        [estimate.__dict__ for estimate in facts.estimates.values()],
        [
            tuple(item)
            for part in (facts.rows, facts.lines, facts.factors, sorted(facts.people.values()))
            for item in part
        ],
        [(spot, *map(str, sales)) for spot, sales in sorted(facts.sales.items())],
        [(spot, entry.id, entry.version, entry.csfs) for spot, entry in sorted(facts.entered.items())],
    ]
    return f'"{hashlib.sha256(json_bytes(shown)).hexdigest()[:32]}"'


def cell_at(facts: Facts, grid: Mapping[str, Any], key: Key) -> dict[str, Any]:
    """One cell of a grid of these facts; one that holds nothing is made for the question."""
    for cell in grid["cells"]:
        if cell["product_line"] == key[1] and cell["segment"] == key[0]:
            found: dict[str, Any] = cell
            return found
    spot = facts.spots.of(key)
    assert spot is not None, "The caller asks for a row and a column of this grid."
    cells = _Cells(facts)
    return cells.show(spot, cells.figures_at(spot), None, lambda value: value)


class _Figures(NamedTuple):
    """What one cell comes to. `rank`: by priority from 1, None = nothing to do."""

    current: Decimal
    current_fiscal_year: Decimal
    potential: Decimal | None
    gap: Decimal | None
    probability: float | None
    probability_assumed: bool
    priority: float | None
    basis: str | None
    buyers: int | None


class _Cells:
    """Makes the cells of one grid. What is the same for a whole column is worked out once."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.width = facts.spots.width
        self.segments = [row.id for row in facts.rows]
        self.lines = [line.id for line in facts.lines]
        self.estimates = [facts.estimates.get(line) for line in self.lines]
        self.growth_types = [
            growth_type(idea=line.kind == ProductLine.Kind.IDEA, bought=line.id in facts.bought)
            for line in facts.lines
        ]
        self.factors = position_factors(facts)
        self.usual_probability = facts.settings.potential_probability_entered

    def figures(self) -> dict[int, _Figures]:
        """Of the cells that hold something, by their spot, in the order of the grid."""
        facts = self.facts
        spots = {spot for spot, entry in facts.entered.items() if entry.says_something}
        spots.update(facts.sales)
        # An estimate stands in the first row, whose spots are the numbers of the columns.
        spots.update(spot for spot, estimate in enumerate(self.estimates) if estimate is not None)
        return {spot: self.figures_at(spot) for spot in sorted(spots)}

    def figures_at(self, spot: int) -> _Figures:
        """Of the cell of one spot."""
        entry = self.facts.entered.get(spot, EMPTY)
        sales = self.facts.sales.get(spot, NO_SALES)
        potential, probability, assumed, basis, buyers = entry.potential, entry.probability, False, None, None
        if potential is not None:
            basis = "entered"
            gap = max(potential - max(sales.year, ZERO), ZERO)
            if probability is None:
                probability, assumed = self.usual_probability, True
        elif spot < self.width and (estimate := self.estimates[spot]) is not None:
            potential, gap, basis = (
                estimate.potential.quantize(CENT),
                estimate.gap.quantize(CENT),
                "estimated",
            )
            probability, assumed, buyers = estimate.probability, True, estimate.buyers
        else:
            return _Figures(*sales, None, None, probability, False, None, None, None)
        priority = float(gap) * (1 + len(entry.csfs)) * self.factors[entry.position]
        return _Figures(*sales, potential, gap, probability, assumed, priority, basis, buyers)

    def show(self, spot: int, figures: _Figures, rank: int | None, money: Money) -> dict[str, Any]:
        """The cell of one spot as it is answered."""
        row, column = divmod(spot, self.width)
        entry = self.facts.entered.get(spot, EMPTY)
        current, fiscal, potential, gap, probability, assumed, priority, basis, buyers = figures
        return {
            "segment": self.segments[row],
            "product_line": self.lines[column],
            "current": money(current),
            "current_fiscal_year": money(fiscal),
            "potential": None if potential is None else money(potential),
            "probability": probability,
            "probability_assumed": assumed,
            "gap": None if gap is None else money(gap),
            "growth_type": entry.growth_type_override or self.growth_types[column],
            "growth_type_override": entry.growth_type_override or None,
            "position": entry.position,
            "position_factor": self.factors[entry.position],
            "competitor": entry.competitor or None,
            "csfs": entry.csfs,
            "priority": priority,
            "rank": rank,
            "basis": basis,
            "buyers": buyers,
            "contract_end": entry.contract_end,
            "opportunity": entry.opportunity,
            **who(entry),
        }


def position_factors(facts: Facts) -> dict[str, float]:
    """The tenant's factor of each position (K6)."""
    return {word: float(facts.settings.position_factor(word)) for word in Position.values}


def who(entry: Entry) -> dict[str, Any]:
    """Note, owner, version and last editor of a cell, all null where nobody entered anything."""
    owner, editor = entry.owner, entry.changed_by
    return {
        "note": entry.note or None,
        "owner": owner.user_id if owner else None,
        "owner_name": owner.name if owner else None,
        "version": entry.version,
        "changed_by": editor.user_id if editor else None,
        "changed_by_name": editor.name if editor else None,
        "changed_at": entry.changed_at,
    }


def growth_type(*, idea: bool, bought: bool) -> str:
    """Where growth in a cell comes from unless a person says otherwise (K4)."""
    if idea:
        return GrowthType.CO_CREATION.value
    return GrowthType.UP_SELL.value if bought else GrowthType.CROSS_SELL.value


def _ranked(figures: Mapping[int, _Figures]) -> list[int]:
    """Spots by priority, the highest first; ties stand in the order of the grid; nothing to do = no rank (K6)."""
    todo = [(-found.priority, spot) for spot, found in figures.items() if found.priority]
    return [spot for _, spot in sorted(todo)]


@dataclass
class _Sum:
    """Totals of some cells; None = no cell has one."""

    current: Decimal = ZERO
    current_fiscal_year: Decimal = ZERO
    potential: Decimal | None = None
    potential_entered: Decimal | None = None
    gap: Decimal | None = None

    @classmethod
    def of(cls, cells: list[_Figures]) -> "_Sum":
        """The sum of some cells."""
        known = [cell for cell in cells if cell.potential is not None]
        entered = [cell.potential for cell in known if cell.basis == "entered"]
        return cls(
            sum([cell.current for cell in cells], ZERO),
            sum([cell.current_fiscal_year for cell in cells], ZERO),
            sum([cell.potential for cell in known], ZERO) if known else None,
            sum(entered, ZERO) if entered else None,
            sum([cell.gap for cell in known], ZERO) if known else None,
        )

    def merge(self, other: "_Sum") -> None:
        self.current += other.current
        self.current_fiscal_year += other.current_fiscal_year
        for name in ("potential", "potential_entered", "gap"):
            theirs = getattr(other, name)
            if theirs is not None:
                setattr(self, name, (getattr(self, name) or ZERO) + theirs)

    def show(self, money: Money) -> dict[str, Any]:
        return {
            "current": money(self.current),
            "current_fiscal_year": money(self.current_fiscal_year),
            "potential": None if self.potential is None else money(self.potential),
            "potential_entered": None if self.potential_entered is None else money(self.potential_entered),
            "gap": None if self.gap is None else money(self.gap),
        }


def _totals(facts: Facts, figures: Mapping[int, _Figures], money: Money) -> dict[str, Any]:
    by_row: list[list[_Figures]] = [[] for _ in facts.rows]
    by_column: list[list[_Figures]] = [[] for _ in facts.lines]
    for spot, cell in figures.items():
        row, column = divmod(spot, facts.spots.width)
        by_row[row].append(cell)
        by_column[column].append(cell)
    rows = {row.id: _Sum.of(found) for row, found in zip(facts.rows, by_row, strict=True)}
    columns = {line.id: _Sum.of(found) for line, found in zip(facts.lines, by_column, strict=True)}
    grand = _Sum()
    for total in columns.values():
        grand.merge(total)
    # Rows stand parents first, so that walking them backwards has every child complete before its parent.
    for row in reversed(facts.rows):
        if row.parent is not None and row.parent in rows:
            rows[row.parent].merge(rows[row.id])
    units: dict[uuid.UUID | None, _Sum] = {}
    names: dict[uuid.UUID | None, str | None] = {}
    for line in facts.lines:
        units.setdefault(line.business_unit_id, _Sum()).merge(columns[line.id])
        names[line.business_unit_id] = line.business_unit_name
    return {
        "rows": [{"segment": row.id, **rows[row.id].show(money)} for row in facts.rows],
        "columns": [{"product_line": line.id, **columns[line.id].show(money)} for line in facts.lines],
        "business_units": [
            {"business_unit": unit, "name": names[unit], **total.show(money)} for unit, total in units.items()
        ],
        "grand": grand.show(money),
    }


def _lists(facts: Facts, figures: Mapping[int, _Figures], ordered: Iterable[int]) -> dict[str, Any]:
    """The three lists of the enhanced view, in the order of their ranks (K6)."""
    segments, lines = [row.id for row in facts.rows], [line.id for line in facts.lines]
    lists: dict[str, list[dict[str, Any]]] = {
        "unserved": [],
        "strategic_open": [],
        "competitor_advantaged": [],
    }
    for spot in ordered:
        row, column = divmod(spot, facts.spots.width)
        cell, entry = figures[spot], facts.entered.get(spot, EMPTY)
        key = {"segment": segments[row], "product_line": lines[column]}
        # An estimate stands for the line in all segments.
        sales = facts.by_line[lines[column]] if cell.basis == "estimated" else cell.current
        if sales <= 0:
            if cell.potential:
                lists["unserved"].append(key)
            if entry.csfs:
                lists["strategic_open"].append(key)
        if entry.position == _COMPETITOR:
            lists["competitor_advantaged"].append(key)
    return lists
