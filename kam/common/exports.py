"""Tables for download as CSV or XLSX. Text that a spreadsheet would run as a formula is neutralised.

Cells beginning with `= + - @` (or a tab or carriage return before them) are data (INTERFACE §3); figures stay figures.
"""

import csv
import datetime
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

from django.http import HttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
CSV_TYPE: Final = "text/csv; charset=utf-8"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def safe_cell(value: Any) -> Any:
    """The value as a cell may hold it: text that could be a formula gets an apostrophe, the rest is unchanged."""
    if isinstance(value, str) and value.startswith(DANGEROUS):
        return f"'{value}"
    return value


def _csv_value(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return safe_cell(value)


def csv_response(*, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A CSV file (UTF-8 with BOM, so that spreadsheets read names right). `name` without its ending."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([safe_cell(text) for text in header])
    writer.writerows([_csv_value(value) for value in row] for row in rows)
    return _download("\ufeff" + buffer.getvalue(), CSV_TYPE, f"{name}.csv")


def xlsx_response(
    *, name: str, title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> HttpResponse:
    """An XLSX file of one sheet with a bold, frozen head. Figures are numbers; unknown ones are empty."""
    return xlsx_sheets_response(name=name, sheets=[(title, header, rows)])


def xlsx_sheets_response(
    *, name: str, sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Any]]]]
) -> HttpResponse:
    """An XLSX file of several sheets (title, header, rows), each with a bold, frozen head."""
    book = Workbook(write_only=True)
    for title, header, rows in sheets:
        sheet = book.create_sheet(title=title[:31])
        sheet.freeze_panes = "A2"
        head = []
        for text in header:
            cell = WriteOnlyCell(sheet, value=safe_cell(text))
            cell.font = Font(bold=True)
            head.append(cell)
        sheet.append(head)
        for row in rows:
            sheet.append([safe_cell(value) for value in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return _download(buffer.getvalue(), XLSX_TYPE, f"{name}.xlsx")


def _download(content: str | bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
