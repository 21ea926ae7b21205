"""The Open Space of one account as a grid (K6, with K4): Le Bon & Herman ch. 1, figs 1.1 and 1.2.

Put together in memory from `open_space_facts`, so that what is pending can be shown like what is stored.
"""

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

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


def grid_of(facts: Facts) -> dict[str, Any]:
    """The grid that some facts make."""
    cells = _cells(facts)
    _rank(cells)
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
        "position_factors": {word: float(settings.position_factor(word)) for word in Position.values},
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
        "cells": cells,
        "totals": _totals(facts, cells),
        "lists": _lists(facts, cells),
    }


def grid_tag(grid: Mapping[str, Any]) -> str:
    """The strong entity tag of a grid: of all that it shows, so that no change goes unseen."""
    return f'"{hashlib.sha256(json_bytes(grid)).hexdigest()[:32]}"'


def cell_at(facts: Facts, grid: Mapping[str, Any], key: Key) -> dict[str, Any]:
    """One cell of a grid of these facts; one that holds nothing is made for the question."""
    for cell in grid["cells"]:
        if cell["product_line"] == key[1] and cell["segment"] == key[0]:
            found: dict[str, Any] = cell
            return found
    ideas = {line.id for line in facts.lines if line.kind == ProductLine.Kind.IDEA}
    return _cell(facts, key, idea=key[1] in ideas, factors=grid["position_factors"])


def _cells(facts: Facts) -> list[dict[str, Any]]:
    keys = {key for key, entry in facts.entered.items() if entry.says_something}
    keys |= set(facts.sales) | {(None, line) for line in facts.estimates}
    row_order = {row.id: number for number, row in enumerate(facts.rows)}
    line_order = {line.id: number for number, line in enumerate(facts.lines)}
    ideas = {line.id for line in facts.lines if line.kind == ProductLine.Kind.IDEA}
    factors = {position: float(facts.settings.position_factor(position)) for position in Position.values}
    chosen = sorted(
        (key for key in keys if key[0] in row_order and key[1] in line_order),
        key=lambda key: (row_order[key[0]], line_order[key[1]]),
    )
    return [_cell(facts, key, idea=key[1] in ideas, factors=factors) for key in chosen]


def _cell(facts: Facts, key: Key, *, idea: bool, factors: Mapping[str, float]) -> dict[str, Any]:
    segment, line = key
    entry = facts.entered.get(key, EMPTY)
    sales = facts.sales.get(key, NO_SALES)
    estimate = facts.estimates.get(line) if segment is None else None
    potential, gap, probability, basis = entry.potential, None, entry.probability, None
    assumed = False
    if potential is not None:
        basis = "entered"
        gap = max(potential - max(sales.year, ZERO), ZERO)
        assumed = probability is None
        probability = facts.settings.potential_probability_entered if probability is None else probability
    elif estimate is not None:
        potential, gap, basis = estimate.potential.quantize(CENT), estimate.gap.quantize(CENT), "estimated"
        probability, assumed = estimate.probability, True
    factor = factors[entry.position]
    return {
        "segment": segment,
        "product_line": line,
        "current": sales.year,
        "current_fiscal_year": sales.fiscal,
        "potential": potential,
        "probability": probability,
        "probability_assumed": assumed,
        "gap": gap,
        "growth_type": entry.growth_type_override or growth_type(idea=idea, bought=line in facts.bought),
        "growth_type_override": entry.growth_type_override or None,
        "position": entry.position,
        "position_factor": factor,
        "competitor": entry.competitor or None,
        "csfs": entry.csfs,
        "priority": None if gap is None else float(gap) * (1 + len(entry.csfs)) * factor,
        "rank": None,
        "basis": basis,
        "buyers": estimate.buyers if basis == "estimated" and estimate is not None else None,
        "contract_end": entry.contract_end,
        "opportunity": entry.opportunity,
        **who(entry),
    }


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


def _rank(cells: list[dict[str, Any]]) -> None:
    """Ranks from 1 by priority; ties stand in the order of the grid; nothing to do = no rank (K6)."""
    todo = [cell for cell in cells if cell["priority"]]
    todo.sort(key=lambda cell: -cell["priority"])
    for rank, cell in enumerate(todo, start=1):
        cell["rank"] = rank


@dataclass
class _Sum:
    """Totals of some cells; None = no cell has one."""

    current: Decimal = ZERO
    current_fiscal_year: Decimal = ZERO
    potential: Decimal | None = None
    potential_entered: Decimal | None = None
    gap: Decimal | None = None

    def add(self, cell: Mapping[str, Any]) -> None:
        self.current += cell["current"]
        self.current_fiscal_year += cell["current_fiscal_year"]
        if cell["potential"] is not None:
            self.potential = (self.potential or ZERO) + cell["potential"]
            self.gap = (self.gap or ZERO) + cell["gap"]
            if cell["basis"] == "entered":
                self.potential_entered = (self.potential_entered or ZERO) + cell["potential"]

    def merge(self, other: "_Sum") -> None:
        self.current += other.current
        self.current_fiscal_year += other.current_fiscal_year
        for name in ("potential", "potential_entered", "gap"):
            theirs = getattr(other, name)
            if theirs is not None:
                setattr(self, name, (getattr(self, name) or ZERO) + theirs)

    def show(self) -> dict[str, Decimal | None]:
        return {
            "current": self.current,
            "current_fiscal_year": self.current_fiscal_year,
            "potential": self.potential,
            "potential_entered": self.potential_entered,
            "gap": self.gap,
        }


def _totals(facts: Facts, cells: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    rows = {row.id: _Sum() for row in facts.rows}
    columns = {line.id: _Sum() for line in facts.lines}
    for cell in cells:
        rows[cell["segment"]].add(cell)
        columns[cell["product_line"]].add(cell)
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
        "rows": [{"segment": row.id, **rows[row.id].show()} for row in facts.rows],
        "columns": [{"product_line": line.id, **columns[line.id].show()} for line in facts.lines],
        "business_units": [
            {"business_unit": unit, "name": names[unit], **total.show()} for unit, total in units.items()
        ],
        "grand": grand.show(),
    }


def _lists(facts: Facts, cells: list[dict[str, Any]]) -> dict[str, Any]:
    """The three lists of the enhanced view, in the order of their ranks (K6)."""

    def open_here(cell: Mapping[str, Any]) -> bool:
        # An estimate stands for the line in all segments.
        sales = (
            facts.by_line.get(cell["product_line"], ZERO) if cell["basis"] == "estimated" else cell["current"]
        )
        return sales <= 0

    def chosen(found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        ranked = sorted(found, key=lambda cell: (cell["rank"] is None, cell["rank"] or 0))
        return [{name: cell[name] for name in ("segment", "product_line")} for cell in ranked]

    return {
        "unserved": chosen(cell for cell in cells if open_here(cell) and (cell["potential"] or ZERO) > 0),
        "strategic_open": chosen(cell for cell in cells if open_here(cell) and cell["csfs"]),
        "competitor_advantaged": chosen(
            cell for cell in cells if cell["position"] == Position.COMPETITOR.value
        ),
    }
