"""The Open Space of an account as tables for a spreadsheet (K6).

The first one is a file of potentials (INTERFACE §3) that can be imported again; the others are for reading.
"""

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from accounts.models import Account
from planning.models import GrowthType

# The columns of the import, by their names; what follows is for the reader and ignored by the import.
IMPORTED = (
    "account_external_id",
    "segment_external_id",
    "product_line",
    "potential",
    "probability",
    "competitor",
    "position",
    "contract_end",
    "note",
)
READABLE = (
    "Account",
    "Segment",
    "Business unit",
    "Currency",
    "Current 12 months",
    "Current fiscal year",
    "Gap",
    "Growth type",
    "Basis",
    "Priority",
    "Rank",
    "Success factors",
    "Owner",
    "Opportunity",
    "Changed by",
    "Changed at",
)
MATRICES = (("Current", "current"), ("Potential", "potential"), ("Gap", "gap"))


class Table(NamedTuple):
    """One sheet."""

    title: str
    header: Sequence[str]
    rows: list[list[Any]]


def potentials_table(account: Account, grid: Mapping[str, Any]) -> Table:
    """Every entered potential, as the import kind `potentials` reads it, and what a person wants beside it."""
    names = _Names(account, grid)
    rows = [names.row(cell) for cell in grid["cells"] if cell["basis"] == "entered"]
    return Table("Potentials", (*IMPORTED, *READABLE), rows)


def open_space_tables(account: Account, grid: Mapping[str, Any]) -> list[Table]:
    """All sheets: potentials to import again, all cells, and current, potential and gap as matrices."""
    names = _Names(account, grid)
    cells = Table("All cells", (*IMPORTED, *READABLE), [names.row(cell) for cell in grid["cells"]])
    matrices = [_matrix(title, field, grid) for title, field in MATRICES]
    return [potentials_table(account, grid), cells, *matrices]


class _Names:
    """What ids of the grid are called."""

    def __init__(self, account: Account, grid: Mapping[str, Any]) -> None:
        self.account = account
        self.currency = grid["currency"]
        self.segments = {row["id"]: row for row in grid["segments"]}
        self.lines = {line["id"]: line for line in grid["product_lines"]}
        self.factors = {factor["id"]: factor["title"] for factor in grid["success_factors"]}

    def row(self, cell: Mapping[str, Any]) -> list[Any]:
        segment, line = self.segments[cell["segment"]], self.lines[cell["product_line"]]
        assumed = cell["probability_assumed"] and cell["basis"] == "entered"
        return [
            # What has no external id goes by its own, which the import understands.
            self.account.external_id or str(self.account.pk),
            segment["external_id"] or _text(segment["id"]),
            line["name"],
            cell["potential"],
            None if assumed or cell["probability"] is None else _plain(cell["probability"]),
            cell["competitor"],
            cell["position"],
            cell["contract_end"],
            cell["note"],
            self.account.name,
            segment["name"],
            line["business_unit_name"] or "Idea",
            self.currency,
            cell["current"],
            cell["current_fiscal_year"],
            cell["gap"],
            GrowthType(cell["growth_type"]).label,
            cell["basis"],
            cell["priority"],
            cell["rank"],
            "; ".join(self.factors[factor] for factor in cell["csfs"]),
            cell["owner_name"],
            _text(cell["opportunity"]),
            cell["changed_by_name"],
            cell["changed_at"].isoformat(timespec="seconds") if cell["changed_at"] else None,
        ]


def _matrix(title: str, field: str, grid: Mapping[str, Any]) -> Table:
    """Segments by product lines with their totals; the tree of segments by indentation."""
    values = {(cell["segment"], cell["product_line"]): cell[field] for cell in grid["cells"]}
    lines = [line["id"] for line in grid["product_lines"]]
    totals = grid["totals"]
    by_row = {row["segment"]: row[field] for row in totals["rows"]}
    depth: dict[uuid.UUID | None, int] = {}
    rows: list[list[Any]] = [
        ["Business unit", *(line["business_unit_name"] or "Idea" for line in grid["product_lines"]), None]
    ]
    for row in grid["segments"]:
        depth[row["id"]] = depth[row["parent"]] + 1 if row["parent"] in depth and row["parent"] else 0
        own = [values.get((row["id"], line)) for line in lines]
        rows.append([f"{'    ' * depth[row['id']]}{row['name']}", *own, by_row[row["id"]]])
    by_column = {column["product_line"]: column[field] for column in totals["columns"]}
    rows.append(["Total", *(by_column[line] for line in lines), totals["grand"][field]])
    header = (
        f"{title}, {grid['currency']} a year",
        *(line["name"] for line in grid["product_lines"]),
        "Total with segments below",
    )
    return Table(title, header, rows)


def _plain(value: float) -> Decimal:
    """A ratio with the digits that give it back."""
    return Decimal(repr(value))


def _text(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)
