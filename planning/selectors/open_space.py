"""The Open Space of one account as a grid (K6, with K4): Le Bon & Herman ch. 1, figs 1.1 and 1.2.

Put together in memory from `open_space_facts`, so that what is pending can be shown like what is stored.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from accounts.models import Account, ProductLine
from planning.models import GrowthType, Position
from planning.selectors.open_space_facts import (
    CENT,
    EMPTY,
    ZERO,
    Entry,
    Facts,
    Key,
    open_space_facts,
)
from planning.selectors.open_space_sales import Sales, fiscal_year, twelve_months

NO_SALES = Sales(ZERO, ZERO)
Money = Callable[[Decimal], Any]


def _as_it_is(value: Decimal) -> Decimal:
    return value


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


def grid_of(facts: Facts, *, money: Money = _as_it_is) -> dict[str, Any]:
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
        "cells": cells.show(figures, ranks, money),
        "totals": _totals(facts, figures, money),
        "lists": _lists(facts, figures, [*ranked, *(spot for spot in figures if spot not in ranks)]),
    }


def cell_at(facts: Facts, grid: Mapping[str, Any], key: Key) -> dict[str, Any]:
    """One cell of a grid of these facts; one that holds nothing is made for the question."""
    for cell in grid["cells"]:
        if cell["product_line"] == key[1] and cell["segment"] == key[0]:
            found: dict[str, Any] = cell
            return found
    spot = facts.spots.of(key)
    assert spot is not None, "The caller asks for a row and a column of this grid."
    cells = _Cells(facts)
    return cells.show(cells.figures([spot]), {}, _as_it_is)[0]


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

    def figures(self, spots: Iterable[int] | None = None) -> dict[int, _Figures]:
        """Of some cells by their spot; of all that hold something, in the order of the grid, unless told."""
        entered, sales, factors = self.facts.entered, self.facts.sales, self.factors
        found = {}
        for spot in self._filled() if spots is None else spots:
            entry = entered.get(spot, EMPTY)
            year, fiscal = sales.get(spot, NO_SALES)
            potential, probability = entry.potential, entry.probability
            assumed, basis, buyers = False, None, None
            if potential is not None:
                basis = "entered"
                gap = max(potential - year, ZERO) if year > 0 else potential
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
                found[spot] = _Figures(year, fiscal, None, None, probability, False, None, None, None)
                continue
            priority = float(gap) * (1 + len(entry.csfs)) * factors[entry.position]
            found[spot] = _Figures(
                year, fiscal, potential, gap, probability, assumed, priority, basis, buyers
            )
        return found

    def _filled(self) -> list[int]:
        spots = {spot for spot, entry in self.facts.entered.items() if entry.says_something}
        spots.update(self.facts.sales)
        # An estimate stands in the first row, whose spots are the numbers of the columns.
        spots.update(spot for spot, estimate in enumerate(self.estimates) if estimate is not None)
        return sorted(spots)

    def show(
        self, figures: Mapping[int, _Figures], ranks: Mapping[int, int], money: Money
    ) -> list[dict[str, Any]]:
        """Cells as they are answered."""
        entered, factors = self.facts.entered, self.factors
        shown = []
        for spot, (
            current,
            fiscal,
            potential,
            gap,
            probability,
            assumed,
            priority,
            basis,
            buyers,
        ) in figures.items():
            row, column = divmod(spot, self.width)
            entry = entered.get(spot, EMPTY)
            position = entry.position
            shown.append(
                {
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
                    "position": position,
                    "position_factor": factors[position],
                    "competitor": entry.competitor or None,
                    "csfs": entry.csfs,
                    "priority": priority,
                    "rank": ranks.get(spot),
                    "basis": basis,
                    "buyers": buyers,
                    "contract_end": entry.contract_end,
                    "opportunity": entry.opportunity,
                    **who(entry),
                }
            )
        return shown


def position_factors(facts: Facts) -> dict[str, float]:
    """The tenant's factor of each position (K6)."""
    return {word: float(facts.settings.position_factor(word)) for word in Position.values}


_NOBODY = dict.fromkeys(
    ("note", "owner", "owner_name", "version", "changed_by", "changed_by_name", "changed_at")
)


def who(entry: Entry) -> Mapping[str, Any]:
    """Note, owner, version and last editor of a cell, all null where nobody entered anything."""
    if entry is EMPTY:
        return _NOBODY
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


def stored_cells(facts: Facts, keys: Iterable[Key], *, money: Money = _as_it_is) -> list[dict[str, Any]]:
    """What people entered about some cells, with who and when; nothing that follows from it."""
    answers = []
    for segment, line in keys:
        spot = facts.spots.of((segment, line))
        now = EMPTY if spot is None else facts.entered.get(spot, EMPTY)
        answers.append(
            {
                "segment": segment,
                "product_line": line,
                "potential": None if now.potential is None else money(now.potential),
                "probability": now.probability,
                "competitor": now.competitor or None,
                "position": now.position if now.version else None,
                "contract_end": now.contract_end,
                "growth_type_override": now.growth_type_override or None,
                "csfs": now.csfs,
                "opportunity": now.opportunity,
                **who(now),
            }
        )
    return answers


def growth_type(*, idea: bool, bought: bool) -> str:
    """Where growth in a cell comes from unless a person says otherwise (K4)."""
    if idea:
        return GrowthType.CO_CREATION.value
    return GrowthType.UP_SELL.value if bought else GrowthType.CROSS_SELL.value


def _ranked(figures: Mapping[int, _Figures]) -> list[int]:
    """Spots by priority, the highest first; ties stand in the order of the grid; nothing to do = no rank (K6)."""
    todo = [(-found.priority, spot) for spot, found in figures.items() if found.priority]
    return [spot for _, spot in sorted(todo)]


class _Sums:
    """Totals of some groups of cells, by the group's number. None = no cell of the group has one."""

    def __init__(self, count: int) -> None:
        self.current = [ZERO] * count
        self.fiscal = [ZERO] * count
        self.potential: list[Decimal | None] = [None] * count
        self.entered: list[Decimal | None] = [None] * count
        self.gap: list[Decimal | None] = [None] * count

    def merge(self, group: int, other: "_Sums", number: int) -> None:
        """Put another group's totals into one of these."""
        self.current[group] += other.current[number]
        self.fiscal[group] += other.fiscal[number]
        for ours, theirs in (
            (self.potential, other.potential),
            (self.entered, other.entered),
            (self.gap, other.gap),
        ):
            value = theirs[number]
            if value is not None:
                ours[group] = (ours[group] or ZERO) + value

    def show(self, group: int, money: Money) -> dict[str, Any]:
        potential, entered, gap = self.potential[group], self.entered[group], self.gap[group]
        return {
            "current": money(self.current[group]),
            "current_fiscal_year": money(self.fiscal[group]),
            "potential": None if potential is None else money(potential),
            "potential_entered": None if entered is None else money(entered),
            "gap": None if gap is None else money(gap),
        }


def _sum(figures: Mapping[int, _Figures], facts: Facts) -> tuple[_Sums, _Sums]:
    """Totals of every row's own cells, and of every column."""
    width = facts.spots.width
    rows, columns = _Sums(len(facts.rows)), _Sums(width)
    for spot, (current, fiscal, potential, gap, _, _, _, basis, _) in figures.items():
        for sums, group in zip((rows, columns), divmod(spot, width), strict=True):
            if current is not ZERO:
                sums.current[group] += current
                sums.fiscal[group] += fiscal
            if potential is not None and gap is not None:
                sums.potential[group] = (sums.potential[group] or ZERO) + potential
                sums.gap[group] = (sums.gap[group] or ZERO) + gap
                if basis == "entered":
                    sums.entered[group] = (sums.entered[group] or ZERO) + potential
    return rows, columns


def _totals(facts: Facts, figures: Mapping[int, _Figures], money: Money) -> dict[str, Any]:
    rows, columns = _sum(figures, facts)
    grand = _Sums(1)
    for column in range(len(facts.lines)):
        grand.merge(0, columns, column)
    numbers = {row.id: number for number, row in enumerate(facts.rows)}
    # Rows stand parents first, so that walking them backwards has every child complete before its parent.
    for number in range(len(facts.rows) - 1, 0, -1):
        parent = facts.rows[number].parent
        if parent is not None and parent in numbers:
            rows.merge(numbers[parent], rows, number)
    units: dict[uuid.UUID | None, int] = {}
    for line in facts.lines:
        units.setdefault(line.business_unit_id, len(units))
    names = {line.business_unit_id: line.business_unit_name for line in facts.lines}
    by_unit = _Sums(len(units))
    for column, line in enumerate(facts.lines):
        by_unit.merge(units[line.business_unit_id], columns, column)
    return {
        "rows": [{"segment": row.id, **rows.show(number, money)} for number, row in enumerate(facts.rows)],
        "columns": [
            {"product_line": line.id, **columns.show(number, money)}
            for number, line in enumerate(facts.lines)
        ],
        "business_units": [
            {"business_unit": unit, "name": names[unit], **by_unit.show(number, money)}
            for unit, number in units.items()
        ],
        "grand": grand.show(0, money),
    }


def _lists(facts: Facts, figures: Mapping[int, _Figures], ordered: Iterable[int]) -> dict[str, Any]:
    """The three lists of the enhanced view, in the order of their ranks (K6)."""
    segments, lines = [row.id for row in facts.rows], [line.id for line in facts.lines]
    lists: dict[str, list[dict[str, Any]]] = {
        "unserved": [],
        "strategic_open": [],
        "competitor_advantaged": [],
    }
    entered, width = facts.entered, facts.spots.width
    for spot in ordered:
        cell, entry = figures[spot], entered.get(spot, EMPTY)
        # An estimate stands for the line in all segments.
        sales = facts.by_line[lines[spot]] if cell.basis == "estimated" else cell.current
        unserved = bool(cell.potential) and sales <= 0
        strategic = bool(entry.csfs) and sales <= 0
        competitor = entry.position == _COMPETITOR
        if unserved or strategic or competitor:
            row, column = divmod(spot, width)
            key = {"segment": segments[row], "product_line": lines[column]}
            if unserved:
                lists["unserved"].append(key)
            if strategic:
                lists["strategic_open"].append(key)
            if competitor:
                lists["competitor_advantaged"].append(key)
    return lists
