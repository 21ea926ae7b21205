"""The sentence that opens Open Space (LOOK §1, §8): computed from the grid, true for any account."""

import datetime
import uuid
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from kam.common import formatting
from planning.models import Position

LARGE_SHARE = Decimal("0.15")
"""A row that holds less of the gap than this is not worth naming."""


def open_space_finding(grid: Mapping[str, Any], name: str) -> str:
    """What the grid says in one or two sentences: the gap, who holds most of it, whose contract ends there (K6).

    `grid` as `open_space_grid` answers it; `name` is the account's.
    """
    gap = grid["totals"]["grand"]["gap"]
    if gap is None:
        return f"Nobody has entered yet what {name} could buy."
    if gap <= 0:
        return f"{name} buys all that was entered: its Open Space looks unfinished."
    entered = [cell for cell in grid["cells"] if cell["gap"] and cell["basis"] == "entered"]
    if not entered:
        guess = formatting.estimate(formatting.money(gap, grid["currency"]))
        return f"Comparable customers suggest {guess} more a year; nobody has checked that yet."
    names = {row["id"]: row["name"] for row in grid["segments"]}
    by_row: dict[uuid.UUID | None, Decimal] = {}
    for cell in entered:
        by_row[cell["segment"]] = by_row.get(cell["segment"], Decimal(0)) + cell["gap"]
    total = sum(by_row.values(), Decimal(0))
    first = f"They could buy {formatting.money(total, grid['currency'])} more a year."
    row, largest = max(by_row.items(), key=lambda item: item[1])
    if len(by_row) < 2 or row is None or largest < total * LARGE_SHARE:
        contract = _contract(entered, grid["reference_date"], "")
        return f"{first} {contract[0].upper()}{contract[1:]}." if contract else first
    share = formatting.percent(float(largest / total), decimals=0)
    own = (cell for cell in entered if cell["segment"] == row)
    contract = _contract(own, grid["reference_date"], " there")
    return f"{first} {names[row]} holds {share} of it{f', and {contract}' if contract else ''}."


def open_space_estimate(grid: Mapping[str, Any]) -> Decimal:
    """The part of the gap that nobody entered: estimated from comparable customers, per year (K4)."""
    return sum((cell["gap"] for cell in grid["cells"] if cell["basis"] == "estimated"), Decimal(0))


def _contract(cells: Iterable[Mapping[str, Any]], reference: datetime.date, where: str) -> str:
    """The next contract of a rival to end: where it ends later than a year from now there is nothing to say."""
    ends = [
        cell
        for cell in cells
        if cell["contract_end"] is not None
        and cell["position"] in (Position.COMPETITOR.value, Position.CONTESTED.value)
        and reference <= cell["contract_end"] <= reference + datetime.timedelta(days=366)
    ]
    if not ends:
        return ""
    cell = min(ends, key=lambda found: (found["contract_end"], -found["gap"]))
    whose = f"{cell['competitor']}’s contract" if cell["competitor"] else "a rival’s contract"
    return f"{whose}{where} ends in {formatting.month(cell['contract_end'])}"
