"""XLSX: the first sheet, cells as a spreadsheet shows them, dates as dates."""

import datetime
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from kam.common.imports.problems import ImportFileError
from kam.common.imports.source import Limits, RawBatch, check_zip, too_many_rows

_BATCH = 20_000


class WorkbookReader:
    """The first sheet of a workbook. Its cells are in memory while it is open (the format allows no less)."""

    format = "xlsx"

    def __init__(self, path: Path, *, limits: Limits, temporary: bool) -> None:
        self._path = path if temporary else None
        self._limits = limits
        with check_zip(path, limit=limits.workbook) as archive:
            if not any(name.startswith("xl/") for name in archive.namelist()):
                raise ImportFileError(
                    "This is a zip archive, but no Excel workbook. Expected CSV, XLSX or Parquet.",
                    code="binary_file",
                )
        try:
            self._sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        except (CalamineError, ValueError, IndexError, OSError) as error:
            raise ImportFileError(
                "The workbook cannot be read. Save it again as .xlsx.", code="damaged_archive"
            ) from error
        self._total = max(self._sheet.total_height, 1)
        self._done = 0
        self._rows = iter(self._sheet.iter_rows())
        for number, row in enumerate(self._rows, start=1):
            names = [_text(cell) or "" for cell in row]
            if any(names):
                while names and not names[-1]:
                    names.pop()
                self.header, self.header_row = names, number
                break
        else:
            raise ImportFileError(
                "The first sheet is empty. Expected a header row and rows below it.", code="empty_file"
            )
        if self._total > limits.rows:
            raise too_many_rows(limits.rows)

    def fraction(self) -> float:
        return min(self._done / self._total, 1.0)

    def close(self) -> None:
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def batches(self, wanted: list[int]) -> Iterator[RawBatch]:
        number = self.header_row
        while chunk := list(islice(self._rows, _BATCH)):
            rows = np.arange(number + 1, number + 1 + len(chunk), dtype=np.int64)
            number += len(chunk)
            self._done = number
            columns = [
                pa.array([_text(row[place]) if place < len(row) else None for row in chunk], pa.string())
                for place in wanted
            ]
            yield RawBatch(rows=rows, columns=columns, problems=[])


def _text(cell: Any) -> str | None:
    """A cell as text: numbers with the 15 digits that a spreadsheet keeps, dates in ISO 8601."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return number_text(cell)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(sep=" ")
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    return str(cell)


def number_text(value: float) -> str:
    """A binary number as the decimal that was meant: at most 15 significant digits, no exponent."""
    text = f"{value:.15g}"
    if "e" in text and value == value and abs(value) < 1e30:
        text = f"{value:.20f}" if abs(value) < 1 else f"{value:.0f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return text
