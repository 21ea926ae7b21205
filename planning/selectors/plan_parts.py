"""The parts of a plan as a document: typed, frozen, and the same on the screen, in a version and in an export.

Cells hold JSON values, so that a document survives being kept as a version: money is a decimal string in the
document's currency, a day YYYY-MM-DD, a ratio a number, null = not known. `show` writes them for people.
"""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Literal

from kam.common import formatting

Value = str | int | float | bool | None
# text: a line; long: several lines; list: one entry per line; the others as `show` writes them.
Kind = Literal["text", "long", "list", "choice", "day", "money", "number", "ratio"]


@dataclass(frozen=True)
class Figure:
    """One number with its name; `note` says window, basis or source."""

    key: str
    label: str
    value: Value
    kind: Kind = "text"
    note: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    key: str
    label: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Row:
    """A row of a table; `key` stays the same from version to version."""

    key: str
    cells: Mapping[str, Value]


@dataclass(frozen=True)
class Table:
    """Rows of one kind. `empty` is what to say when there are none."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    empty: str = "Nothing is entered yet."


@dataclass(frozen=True)
class Line:
    """One series of a chart, as long as its categories; null leaves a gap."""

    key: str
    label: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Chart:
    """Series to draw; `title` is the finding, `caption` measure, window and unit."""

    key: str
    title: str
    caption: str
    categories: tuple[str, ...]
    lines: tuple[Line, ...]
    kind: Literal["column", "bar", "line"] = "column"
    measure: Kind = "money"


@dataclass(frozen=True)
class Section:
    """One section: a sentence that says what is true, Markdown, figures, tables, charts.

    `layout` board: the tables are the quadrants of a SWOT or PEST board.
    """

    key: str
    title: str
    group: str
    finding: str = ""
    text: str = ""
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    layout: Literal["flow", "board"] = "flow"
    changed_at: str | None = None
    changed_by: str | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing to show but its title."""
        return not (self.text.strip() or self.figures or self.charts or any(t.rows for t in self.tables))


@dataclass(frozen=True)
class PlanDocument:
    """A plan, whole. `version` null = as it stands now; days and moments are ISO strings, money in `currency`."""

    plan_id: str
    account_id: str
    account: str
    tenant: str
    title: str
    state: str
    starts_on: str
    ends_on: str
    reference_date: str
    currency: str
    made_at: str
    version: int | None = None
    version_reason: str = ""
    owner: str | None = None
    submitted_by: str | None = None
    approved_by: str | None = None
    approved_at: str | None = None
    sections: tuple[Section, ...] = field(default_factory=tuple)

    def section(self, key: str) -> Section | None:
        """The section of a key; None where this document has none (an older version)."""
        return next((section for section in self.sections if section.key == key), None)

    def show(self, value: Value, kind: Kind = "text") -> str:
        """A value as a person reads it, in this document's currency; "not known" for null."""
        return show(value, kind, self.currency)

    def as_json(self) -> dict[str, Any]:
        """The document as JSON values, to be kept as a version."""
        return asdict(self)


def show(value: Value, kind: Kind, currency: str) -> str:
    """A value of a document as a person reads it."""
    if value is None or value == "":
        return formatting.NOT_KNOWN
    match kind:
        case "money":
            return formatting.money_full(Decimal(str(value)), currency, decimals=0)
        case "number":
            return formatting.number(Decimal(str(value)))
        case "ratio":
            return formatting.percent(float(value))
        case "day":
            return formatting.date(datetime.date.fromisoformat(str(value)))
    return str(value)


def document_from_json(data: Mapping[str, Any]) -> PlanDocument:
    """A kept version as the document that it was. Members that it does not have yet take their defaults."""
    values = dict(data)
    values["sections"] = tuple(_section(section) for section in values.get("sections", ()))
    return PlanDocument(**_known(PlanDocument, values))


def _section(data: Mapping[str, Any]) -> Section:
    values = dict(data)
    values["figures"] = tuple(Figure(**_known(Figure, figure)) for figure in data.get("figures", ()))
    values["tables"] = tuple(_table(table) for table in data.get("tables", ()))
    values["charts"] = tuple(_chart(chart) for chart in data.get("charts", ()))
    return Section(**_known(Section, values))


def _table(data: Mapping[str, Any]) -> Table:
    values = dict(data)
    values["columns"] = tuple(Column(**_known(Column, column)) for column in data["columns"])
    values["rows"] = tuple(Row(row["key"], row["cells"]) for row in data["rows"])
    return Table(**_known(Table, values))


def _chart(data: Mapping[str, Any]) -> Chart:
    values = dict(data)
    values["categories"] = tuple(data["categories"])
    values["lines"] = tuple(Line(line["key"], line["label"], tuple(line["values"])) for line in data["lines"])
    return Chart(**_known(Chart, values))


def _known(part: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in part.__dataclass_fields__ if name in values}


def money(value: Decimal | None) -> str | None:
    """Money as a document keeps it."""
    return None if value is None else f"{value:f}"


def day(value: datetime.date | None) -> str | None:
    """A day as a document keeps it."""
    return None if value is None else value.isoformat()


def key(value: uuid.UUID | str) -> str:
    """A row's key."""
    return str(value)
