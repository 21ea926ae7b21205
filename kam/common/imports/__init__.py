"""Reading files into typed batches: what every import kind of every app stands on."""

from collections.abc import Callable
from pathlib import Path

from kam.common.imports.delimited import DelimitedReader
from kam.common.imports.parquet import ParquetReader
from kam.common.imports.problems import ImportFileError, Problem, row_problem
from kam.common.imports.source import MAX_COLUMNS, LimitedStream, Limits, RawBatch, RowReader, is_gzip, unpack
from kam.common.imports.workbook import WorkbookReader

__all__ = ["ImportFileError", "Limits", "Problem", "RawBatch", "RowReader", "open_rows", "row_problem"]


def open_rows(path: Path, *, limits: Limits | None = None) -> RowReader:
    """Open a file of rows, whatever its name: CSV, XLSX or Parquet, each also in gzip.

    Raises ImportFileError for files that are empty, binary, damaged, in another encoding or too large.
    """
    limits = limits or Limits()
    with path.open("rb") as file:
        head = file.read(8)
    packed = is_gzip(head)
    if packed:
        with LimitedStream(path, limit=limits.unpacked, packed=True) as stream:
            head = stream.read(8)
    reader: RowReader
    if head[:4] == b"PAR1":
        source = unpack(path, limit=limits.unpacked) if packed else path
        reader = _opened(lambda: ParquetReader(source, limits=limits, temporary=packed), source, packed)
    elif head[:4] == b"PK\x03\x04":
        source = unpack(path, limit=limits.workbook) if packed else path
        reader = _opened(lambda: WorkbookReader(source, limits=limits, temporary=packed), source, packed)
    else:
        reader = DelimitedReader(path, packed=packed, limits=limits)
    if len(reader.header) > MAX_COLUMNS:
        reader.close()
        raise ImportFileError(
            f"The file has {len(reader.header):,} columns. Expected at most {MAX_COLUMNS}.",
            code="too_many_columns",
        )
    return reader


def _opened(make: Callable[[], RowReader], source: Path, temporary: bool) -> RowReader:
    try:
        return make()
    except BaseException:
        if temporary:
            source.unlink(missing_ok=True)
        raise
