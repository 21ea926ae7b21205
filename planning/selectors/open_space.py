"""The Open Space of one account as a grid (K6, with K4): Le Bon & Herman ch. 1, figs 1.1 and 1.2.

Everything is read set by set, seven queries whatever the size, and put together here. Money is Decimal, per
year, in the tenant's base currency.
"""

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Q, Sum

from accounts.models import Account, CellMonth, ProductLine, Segment
from kam.common.api.renderers import json_bytes
from kam.tenancy.models import TenantSettings
from kam.tenancy.reference import reference_date
from kam.tenancy.selectors import tenant_settings
from planning.models import GrowthType, OpenSpaceCell, Position
from planning.selectors.estimates import EstimatedPotential, account_estimates

Key = tuple[uuid.UUID | None, uuid.UUID]
ZERO, CENT = Decimal(0), Decimal("0.0001")
WHOLE_ACCOUNT = "Whole account"


def twelve_months(reference: date) -> tuple[date, date]:
    """First day of the first and of the last month of the trailing 12 months (K1)."""
    last = reference.replace(day=1)
    month = last.year * 12 + last.month - 1 - 11
    return date(month // 12, month % 12 + 1, 1), last


def current_by_cell(*, account: Account, reference: date) -> dict[Key, Decimal]:
    """Net sales of the trailing 12 months by (segment, product line), credits included. One query."""
    first, last = twelve_months(reference)
    rows = (
        CellMonth.objects.filter(
            tenant_id=account.tenant_id,
            account_id=account.pk,
            month__gte=first,
            month__lte=last,
            product__tenant_id=account.tenant_id,
        )
        .values_list("segment_id", "product__product_line_id")
        .annotate(Sum("net_sales"))
    )
    return {(segment, line): sales.quantize(CENT) for segment, line, sales in rows}


class Line(NamedTuple):
    """A column of the grid."""

    id: uuid.UUID
    external_id: str | None
    name: str
    kind: str
    business_unit_id: uuid.UUID | None
    business_unit_name: str | None


class Row(NamedTuple):
    """A row of the grid; `id` None is the whole-account row."""

    id: uuid.UUID | None
    external_id: str | None
    name: str
    kind: str | None
    parent: uuid.UUID | None


@dataclass
class _Sum:
    """Totals of some cells; None = no cell has one."""

    current: Decimal = ZERO
    potential: Decimal | None = None
    potential_entered: Decimal | None = None
    gap: Decimal | None = None

    def add(self, cell: Mapping[str, Any]) -> None:
        self.current += cell["current"]
        if cell["potential"] is not None:
            self.potential = (self.potential or ZERO) + cell["potential"]
            self.gap = (self.gap or ZERO) + cell["gap"]
            if cell["basis"] == "entered":
                self.potential_entered = (self.potential_entered or ZERO) + cell["potential"]

    def merge(self, other: "_Sum") -> None:
        self.current += other.current
        for name in ("potential", "potential_entered", "gap"):
            theirs = getattr(other, name)
            if theirs is not None:
                setattr(self, name, (getattr(self, name) or ZERO) + theirs)

    def show(self) -> dict[str, Decimal | None]:
        return {
            "current": self.current,
            "potential": self.potential,
            "potential_entered": self.potential_entered,
            "gap": self.gap,
        }


@dataclass
class _Facts:
    """What the grid is made of."""

    account: Account
    settings: TenantSettings
    rows: list[Row]
    lines: list[Line]
    current: dict[Key, Decimal]
    entered: dict[Key, OpenSpaceCell]
    by_line: dict[uuid.UUID, Decimal] = field(default_factory=dict)
    bought: set[uuid.UUID] = field(default_factory=set)
    estimates: dict[uuid.UUID, EstimatedPotential] = field(default_factory=dict)


def open_space_lines(account: Account) -> list[Line]:
    """The columns: the catalogue by business unit, then this account's ideas."""
    rows = (
        ProductLine.objects.filter(tenant_id=account.tenant_id)
        .filter(Q(account_id=account.pk) | Q(kind=ProductLine.Kind.CATALOGUE))
        .filter(Q(business_unit__tenant_id=account.tenant_id) | Q(business_unit__isnull=True))
        .order_by("kind", "business_unit__position", "business_unit__name", "position", "name", "id")
        .values_list("id", "external_id", "name", "kind", "business_unit_id", "business_unit__name")
    )
    return [Line(*row) for row in rows]


def open_space_rows(account: Account) -> list[Row]:
    """The rows: the whole account, then the customer's segments as a tree, parents before children."""
    segments = [
        Row(*values)
        for values in Segment.objects.filter(tenant_id=account.tenant_id, account_id=account.pk)
        .order_by("position", "name", "id")
        .values_list("id", "external_id", "name", "kind", "parent_id")
    ]
    below: dict[uuid.UUID | None, list[Row]] = {}
    for segment in segments:
        below.setdefault(segment.parent, []).append(segment)
    ordered, todo = [Row(None, None, WHOLE_ACCOUNT, None, None)], below.get(None, [])[::-1]
    while todo:
        segment = todo.pop()
        ordered.append(segment)
        todo += below.get(segment.id, [])[::-1]
    return ordered


def entered_cells(account: Account) -> dict[Key, OpenSpaceCell]:
    """What people entered, by (segment, product line), with owner and last editor. One query."""
    cells = OpenSpaceCell.objects.select_related("owner__user", "changed_by__user").filter(
        tenant_id=account.tenant_id, account_id=account.pk
    )
    return {(cell.segment_id, cell.product_line_id): cell for cell in cells}


def _facts(account: Account) -> _Facts:
    settings = tenant_settings()
    facts = _Facts(
        account=account,
        settings=settings,
        rows=open_space_rows(account),
        lines=open_space_lines(account),
        current=current_by_cell(account=account, reference=reference_date(settings)),
        entered=entered_cells(account),
    )
    for (_, line), sales in facts.current.items():
        facts.by_line[line] = facts.by_line.get(line, ZERO) + sales
        if sales > 0:
            facts.bought.add(line)
    facts.estimates = account_estimates(
        settings=settings,
        industry=account.industry,
        current_by_line=facts.by_line,
        entered_lines={line for (_, line), cell in facts.entered.items() if cell.potential is not None},
    )
    return facts


def open_space_grid(*, account: Account) -> dict[str, Any]:
    """The grid of one account, ready to be answered; only cells that hold something are listed.

    `cells`: `current` (trailing 12 months), `potential` and `gap` = max(potential − max(current, 0), 0), each
    per year in the base currency; `basis` entered or estimated (the estimate stands on the whole-account row,
    its gap against the account's sales of the line in all segments); `priority` = gap × (1 + linked success
    factors) × position factor, with its `rank` from 1; null where there is no potential (K4, K6).
    `totals`: rows (a parent is its own plus its children), columns, business units, grand.
    """
    facts = _facts(account)
    cells = _cells(facts)
    _rank(cells)
    return {
        "account": account.pk,
        "currency": facts.settings.base_currency,
        "reference_date": reference_date(facts.settings),
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


def _cells(facts: _Facts) -> list[dict[str, Any]]:
    filled = {key for key, cell in facts.entered.items() if holds_something(cell)}
    keys = filled | set(facts.current) | {(None, line) for line in facts.estimates}
    row_order = {row.id: number for number, row in enumerate(facts.rows)}
    line_order = {line.id: number for number, line in enumerate(facts.lines)}
    ideas = {line.id for line in facts.lines if line.kind == ProductLine.Kind.IDEA}
    factors = {position: float(facts.settings.position_factor(position)) for position in Position.values}
    chosen = sorted(
        (key for key in keys if key[0] in row_order and key[1] in line_order),
        key=lambda key: (row_order[key[0]], line_order[key[1]]),
    )
    return [_cell(facts, key, idea=key[1] in ideas, factors=factors) for key in chosen]


def _cell(facts: _Facts, key: Key, *, idea: bool, factors: Mapping[str, float]) -> dict[str, Any]:
    segment, line = key
    stored = facts.entered.get(key)
    current = facts.current.get(key, ZERO)
    estimate = facts.estimates.get(line) if segment is None else None
    potential, gap, probability, basis = None, None, None, None
    assumed = False
    if stored is not None:
        probability = stored.probability
    if stored is not None and stored.potential is not None:
        potential, basis = stored.potential, "entered"
        gap = max(potential - max(current, ZERO), ZERO)
        assumed = probability is None
        probability = facts.settings.potential_probability_entered if probability is None else probability
    elif estimate is not None:
        potential, gap, basis = estimate.potential.quantize(CENT), estimate.gap.quantize(CENT), "estimated"
        probability, assumed = estimate.probability, True
    position = stored.position if stored is not None else Position.UNKNOWN.value
    override = stored.growth_type_override if stored is not None else ""
    return {
        "segment": segment,
        "product_line": line,
        "current": current,
        "potential": potential,
        "probability": probability,
        "probability_assumed": assumed,
        "gap": gap,
        "growth_type": override or growth_type(idea=idea, bought=line in facts.bought),
        "growth_type_override": override or None,
        "position": position,
        "competitor": (stored.competitor or None) if stored is not None else None,
        "csfs": [],
        "priority": None if gap is None else float(gap) * factors[position],
        "rank": None,
        "basis": basis,
        "buyers": estimate.buyers if basis == "estimated" and estimate is not None else None,
        "contract_end": stored.contract_end if stored is not None else None,
        "opportunity": stored.opportunity_id if stored is not None else None,
        **who(stored),
    }


def who(stored: OpenSpaceCell | None) -> dict[str, Any]:
    """Note, owner, version and last editor of a cell, all null where nobody entered anything."""
    if stored is None:
        names = ("note", "owner", "owner_name", "version", "changed_by", "changed_by_name", "changed_at")
        return dict.fromkeys(names)
    owner, editor = stored.owner, stored.changed_by
    return {
        "note": stored.note or None,
        "owner": owner.user_id if owner else None,
        "owner_name": owner.user.display_name if owner else None,
        "version": stored.version,
        "changed_by": editor.user_id if editor else None,
        "changed_by_name": editor.user.display_name if editor else None,
        "changed_at": stored.updated_at,
    }


def growth_type(*, idea: bool, bought: bool) -> str:
    """Where growth in a cell comes from unless a person says otherwise (K4)."""
    if idea:
        return GrowthType.CO_CREATION.value
    return GrowthType.UP_SELL.value if bought else GrowthType.CROSS_SELL.value


def holds_something(cell: OpenSpaceCell) -> bool:
    """Whether a stored cell says anything; one that was emptied stays for its history only."""
    return (
        cell.potential is not None
        or cell.probability is not None
        or cell.position != Position.UNKNOWN
        or cell.contract_end is not None
        or cell.owner_id is not None
        or cell.opportunity_id is not None
        or bool(cell.competitor or cell.note or cell.growth_type_override)
    )


def _rank(cells: list[dict[str, Any]]) -> None:
    todo = [cell for cell in cells if cell["priority"]]
    todo.sort(key=lambda cell: -cell["priority"])
    for rank, cell in enumerate(todo, start=1):
        cell["rank"] = rank


def _totals(facts: _Facts, cells: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    rows = {row.id: _Sum() for row in facts.rows}
    columns = {line.id: _Sum() for line in facts.lines}
    grand = _Sum()
    for cell in cells:
        rows[cell["segment"]].add(cell)
        columns[cell["product_line"]].add(cell)
        grand.add(cell)
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


def _lists(facts: _Facts, cells: list[dict[str, Any]]) -> dict[str, Any]:
    def open_here(cell: Mapping[str, Any]) -> bool:
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
