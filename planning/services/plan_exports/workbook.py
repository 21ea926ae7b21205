"""A plan as an Excel workbook: one sheet a section, figures as numbers, charts that can be edited (K32)."""

import datetime
import io
import re
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from kam.common import formatting
from kam.common.exports import safe_cell
from planning.selectors.plan_parts import Chart, Column, Figure, Kind, PlanDocument, Section, Table, Value
from planning.services.plan_exports.markdown import markdown_blocks
from planning.services.plan_exports.words import as_of, clean, cover_facts, stamp

_TITLE = Font(size=16, bold=True)
_FINDING = Font(size=13, bold=True, color="2B57C9")
_HEAD = Font(bold=True)
_QUIET = Font(color="636A78", italic=True)
_FILL = PatternFill("solid", fgColor="EEEEE9")
_RULE = Border(bottom=Side(style="thin", color="CFCEC7"))
_TEXT = Alignment(wrap_text=True, vertical="top")
_FORMATS: dict[str, str] = {
    "money": "#,##0;\u2212#,##0",
    "number": "#,##0.##;\u2212#,##0.##",
    "ratio": "0.0%",
    "day": "d mmm yyyy",
}
_WIDTHS: dict[str, int] = {"long": 48, "list": 48, "text": 26, "choice": 18, "day": 14}
_TEXT_COLUMNS = 6


def plan_workbook(document: PlanDocument) -> bytes:
    """The bytes of the .xlsx. Unknown figures say "not known"; text that looks like a formula is neutralised."""
    book = Workbook()
    cover = book.active
    assert isinstance(cover, Worksheet), "A new workbook has a sheet."
    cover.title = "Plan"
    _cover(cover, document)
    names = {"plan"}
    for section in document.sections:
        sheet = book.create_sheet(_sheet_name(section.title, names))
        _Writer(sheet, document).section(section)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _cover(sheet: Worksheet, document: PlanDocument) -> None:
    writer = _Writer(sheet, document)
    writer.line(document.title, _TITLE)
    writer.line(document.account, _FINDING)
    writer.line(document.tenant)
    writer.row += 1
    for label, value in cover_facts(document):
        writer.put(1, label).font = _HEAD
        writer.put(2, value)
        writer.row += 1
    writer.row += 1
    writer.line("Sections", _HEAD)
    for section in document.sections:
        writer.put(1, section.title)
        writer.put(2, section.finding)
        writer.row += 1
    sheet.column_dimensions["A"].width = 44
    sheet.column_dimensions["B"].width = 90


def _sheet_name(title: str, names: set[str]) -> str:
    """At most 31 characters, none of those Excel refuses, and no name twice."""
    base = re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:31] or "Section"
    name, number = base, 2
    while name.lower() in names:
        name = f"{base[: 31 - len(str(number)) - 1]} {number}"
        number += 1
    names.add(name.lower())
    return name


class _Writer:
    """Writes one sheet from top to bottom; `row` is the next free one."""

    def __init__(self, sheet: Worksheet, document: PlanDocument) -> None:
        self.sheet = sheet
        self.document = document
        self.row = 1
        self.widths: dict[int, int] = {}

    def section(self, section: Section) -> None:
        """Title, finding, text, figures, tables, charts, and the stamp that says as of when."""
        self.line(section.title, _TITLE)
        if section.finding:
            self.line(section.finding, _FINDING)
        self.line(as_of(self.document), _QUIET)
        self.row += 1
        if section.text.strip():
            for block in markdown_blocks(section.text):
                mark = {"bullet": "• ", "number": f"{block.number}. "}.get(block.kind, "")
                self.paragraph(f"{'   ' * block.level if mark else ''}{mark}{block.text}")
            self.row += 1
        if section.figures:
            self.figures(section.figures)
        for table in section.tables:
            self.table(table)
        for chart in section.charts:
            self.chart(chart)
        if section.changed_by and section.changed_at:
            self.line(f"Changed by {section.changed_by}, {section.changed_at[:10]}", _QUIET)
        self.finish()

    def put(self, column: int, value: Any) -> Cell:
        cell = self.sheet.cell(
            row=self.row, column=column, value=safe_cell(clean(value) if isinstance(value, str) else value)
        )
        assert isinstance(cell, Cell), "Nothing is written into merged cells."
        return cell

    def line(self, text: str, font: Font | None = None) -> None:
        cell = self.put(1, text)
        if font is not None:
            cell.font = font
        self.row += 1

    def paragraph(self, text: str) -> None:
        cell = self.put(1, text)
        cell.alignment = _TEXT
        self.sheet.merge_cells(start_row=self.row, end_row=self.row, start_column=1, end_column=_TEXT_COLUMNS)
        self.sheet.row_dimensions[self.row].height = 15 * max(
            1, sum(-(-len(line) // 130) for line in text.split("\n"))
        )
        self.row += 1

    def figures(self, figures: tuple[Figure, ...]) -> None:
        for figure in figures:
            self.put(1, figure.label).font = _HEAD
            self.value(2, figure.value, figure.kind)
            self.put(3, figure.note).font = _QUIET
            self.row += 1
        self.row += 1

    def value(self, column: int, value: Value, kind: Kind) -> None:
        cell = self.put(column, _typed(value, kind))
        cell.alignment = _TEXT
        if value is not None and kind in _FORMATS:
            cell.number_format = _FORMATS[kind]

    def table(self, table: Table) -> None:
        self.line(table.title, _HEAD)
        if not table.rows:
            self.line(table.empty, _QUIET)
            self.row += 1
            return
        for number, column in enumerate(table.columns, 1):
            cell = self.put(number, self.head(column))
            cell.font, cell.fill, cell.border = _HEAD, _FILL, _RULE
            width = max(_WIDTHS.get(column.kind, 14), min(len(column.label) + 2, 30))
            self.widths[number] = max(self.widths.get(number, 0), width)
        self.row += 1
        for row in table.rows:
            for number, column in enumerate(table.columns, 1):
                self.value(number, row.cells.get(column.key), column.kind)
            self.row += 1
        self.row += 1

    def head(self, column: Column) -> str:
        return f"{column.label} ({self.document.currency})" if column.kind == "money" else column.label

    def chart(self, chart: Chart) -> None:
        """The chart's numbers as a block of cells, and a native chart that draws them."""
        self.line(chart.title, _HEAD)
        self.line(chart.caption, _QUIET)
        first = self.row
        for number, line in enumerate(chart.lines, 2):
            self.put(number, line.label).font = _HEAD
        self.row += 1
        for index, category in enumerate(chart.categories):
            self.put(1, category)
            for number, line in enumerate(chart.lines, 2):
                cell = self.put(number, line.values[index])
                cell.number_format = _FORMATS.get(chart.measure, "General")
            self.row += 1
        drawn: BarChart | LineChart = LineChart() if chart.kind == "line" else BarChart()
        if isinstance(drawn, BarChart):
            drawn.type = "bar" if chart.kind == "bar" else "col"
            if chart.kind == "bar":
                drawn.grouping, drawn.overlap = "stacked", 100
        drawn.title = clean(chart.title)
        drawn.height, drawn.width = 8.5, 18
        last = first + len(chart.categories)
        columns = len(chart.lines) + 1
        drawn.add_data(
            Reference(self.sheet, min_col=2, max_col=columns, min_row=first, max_row=last),
            titles_from_data=True,
        )
        drawn.set_categories(Reference(self.sheet, min_col=1, min_row=first + 1, max_row=last))
        self.sheet.add_chart(drawn, f"{get_column_letter(columns + 2)}{first}")
        self.row = max(self.row, first + 18) + 1

    def finish(self) -> None:
        for number in range(1, max([*self.widths, 3]) + 1):
            width = max(self.widths.get(number, 14), 34 if number == 1 else 0)
            self.sheet.column_dimensions[get_column_letter(number)].width = width
        footer: Any = self.sheet.oddFooter
        footer.left.text = stamp(self.document).replace("&", "&&")
        self.sheet.page_setup.orientation = "landscape"
        self.sheet.page_setup.fitToWidth, self.sheet.page_setup.fitToHeight = 1, 0
        self.sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _typed(value: Value, kind: Kind) -> Any:
    if value is None or value == "":
        return formatting.NOT_KNOWN
    match kind:
        case "money" | "number" | "ratio":
            return Decimal(str(value))
        case "day":
            return datetime.date.fromisoformat(str(value))
    return value
