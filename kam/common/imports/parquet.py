"""Parquet: exact decimals and dates as they are typed in the file, the rest as text."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kam.common.imports.problems import ImportFileError
from kam.common.imports.source import MAX_VALUE_LENGTH, Limits, RawBatch, too_many_rows
from kam.common.imports.workbook import number_text

_BATCH = 32_768


class ParquetReader:
    """A Parquet file, numbered as if its names stood in row 1."""

    format = "parquet"
    header_row = 1

    def __init__(self, path: Path, *, limits: Limits, temporary: bool) -> None:
        self._path = path if temporary else None
        try:
            names = pq.read_schema(path).names
            # Repeated text stays a dictionary, so that a small file cannot swell in memory.
            self._file = pq.ParquetFile(path, read_dictionary=names, pre_buffer=False)
        except (pa.ArrowException, OSError) as error:
            raise ImportFileError("The Parquet file is damaged.", code="damaged_archive") from error
        self.header = list(names)
        self._total = self._file.metadata.num_rows
        self._done = 0
        if self._total > limits.rows:
            raise too_many_rows(limits.rows)

    def fraction(self) -> float:
        return min(self._done / max(self._total, 1), 1.0)

    def close(self) -> None:
        self._file.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def batches(self, wanted: list[int]) -> Iterator[RawBatch]:
        names = [self.header[place] for place in wanted]
        number = self.header_row
        try:
            for batch in self._file.iter_batches(batch_size=_BATCH, columns=names):
                rows = np.arange(number + 1, number + 1 + batch.num_rows, dtype=np.int64)
                number += batch.num_rows
                self._done += batch.num_rows
                columns = [_as_text(batch.column(batch.schema.get_field_index(name)), name) for name in names]
                yield RawBatch(rows=rows, columns=columns, problems=[])
        except (pa.ArrowException, OSError) as error:
            raise ImportFileError(
                f"The Parquet file is damaged near row {number:,}.", code="damaged_archive", row=number
            ) from error


def _as_text(column: pa.Array, name: str) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        longest = pc.max(pc.binary_length(column.dictionary)).as_py() or 0
        if longest > MAX_VALUE_LENGTH:
            raise ImportFileError(
                f"Column {name} holds a value of {longest:,} bytes. Expected at most {MAX_VALUE_LENGTH:,}.",
                code="too_long",
                column=name,
            )
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        try:
            return column.cast(pa.string())
        except pa.ArrowInvalid as error:
            raise ImportFileError(
                f"Column {name} holds bytes that are not UTF-8 text.", code="wrong_encoding", column=name
            ) from error
    if pa.types.is_floating(kind):
        return pa.array(
            [None if value is None else number_text(value) for value in column.to_pylist()], pa.string()
        )
    if pa.types.is_timestamp(kind):
        text = pc.strftime(column.cast(pa.timestamp("s", tz=kind.tz), safe=False), format="%Y-%m-%d %H:%M:%S")
        return pc.replace_substring_regex(text, pattern=" 00:00:00$", replacement="")
    if pa.types.is_nested(kind):
        raise ImportFileError(
            f"Column {name} is nested. Expected one value per cell.", code="unreadable", column=name
        )
    return column.cast(pa.string())
