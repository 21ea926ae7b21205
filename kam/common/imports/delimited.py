"""CSV: the header by Python's own reader, the rows by Arrow's, in blocks."""

import codecs
import csv
import io
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from kam.common.imports.problems import ImportFileError, Problem, row_problem, shown
from kam.common.imports.source import (
    HEAD_BYTES,
    LimitedStream,
    Limits,
    RawBatch,
    guess_encoding,
    refuse_foreign,
    too_many_rows,
    wrong_encoding,
)

_DELIMITERS = ",;\t|"
_BLOCK = 2 << 20


@dataclass(frozen=True, slots=True)
class Ragged:
    """A row with another number of values than the header; `number` counts from 1 below the header."""

    number: int
    text: str
    found: int
    has_newline: bool


class _CheckedText(io.RawIOBase):
    """What is left of the file after the header, proved to be UTF-8 as it passes."""

    def __init__(self, head: bytes, stream: LimitedStream, first_row: int) -> None:
        self._pending = head
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._row = first_row
        self._count = 0
        self.has_null = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises ImportFileError where they are not UTF-8."""
        if self._pending:
            data, self._pending = (
                self._pending[:size] if size >= 0 else self._pending,
                (self._pending[size:] if size >= 0 else b""),
            )
        else:
            data = self._stream.read(size)
        if not data.isascii() or self._decoder.getstate()[0]:
            self._check(data)
        elif not data:
            self._check(b"")
        if not self.has_null and b"\x00" in data:
            self.has_null = True
        self._row += data.count(b"\n")
        return data

    def _check(self, data: bytes) -> None:
        try:
            self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            row = self._row + data[: error.start].count(b"\n")
            around = data[max(0, error.start - 20_000) : error.start + 20_000]
            raise wrong_encoding(guess_encoding(around), row=row) from error


class DelimitedReader:
    """Comma, semicolon, tab or bar separated text in UTF-8, with or without a byte order mark."""

    format = "csv"

    def __init__(self, path: Path, *, packed: bool, limits: Limits) -> None:
        self._limits = limits
        self._stream = LimitedStream(path, limit=limits.unpacked, packed=packed)
        try:
            self._open()
        except BaseException:
            self._stream.close()
            raise

    def _open(self) -> None:
        head = b""
        while len(head) < HEAD_BYTES and (chunk := self._stream.read(HEAD_BYTES - len(head))):
            head += chunk
        if not head:
            raise ImportFileError(
                "The file is empty (0 bytes). Expected a header row and rows below it.", code="empty_file"
            )
        refuse_foreign(head)
        head = head.removeprefix(codecs.BOM_UTF8)
        try:
            text = codecs.getincrementaldecoder("utf-8")().decode(head)
        except UnicodeDecodeError as error:
            row = 1 + head[: error.start].count(b"\n")
            raise wrong_encoding(guess_encoding(head), row=row) from error
        body = self._directive(text)
        self.delimiter = self._named or _sniff(body)
        self.header_row, self.header, used = _read_header(body, self.delimiter)
        consumed = len(text[: len(text) - len(body) + used].encode())
        self._text = _CheckedText(head[consumed:], self._stream, self.header_row + 1)

    def _directive(self, text: str) -> str:
        """Excel's own first line `sep=;`, which it does not show and does not count."""
        self._named = ""
        first, _, rest = text.partition("\n")
        if first.lower().startswith("sep=") and len(first.strip("\r")) == 5 and first[4] in _DELIMITERS:
            self._named = first[4]
            return rest
        return text

    def fraction(self) -> float:
        return self._stream.fraction()

    def close(self) -> None:
        self._stream.close()

    def batches(self, wanted: list[int]) -> Iterator[RawBatch]:
        names = [str(position) for position in range(len(self.header))]
        ragged: list[Ragged] = []

        def remember(row: Any) -> str:
            ragged.append(Ragged(row.number, shown(row.text), row.actual_columns, "\n" in row.text))
            return "skip"

        try:
            reader = arrow_csv.open_csv(
                self._text,
                read_options=arrow_csv.ReadOptions(column_names=names, block_size=_BLOCK, use_threads=False),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.delimiter,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=remember,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=[names[position] for position in wanted],
                    column_types={name: pa.string() for name in names},
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid as error:
            if "Empty CSV file" in str(error):
                return
            raise self._cut(error, self.header_row + 1) from error
        done = 0
        while True:
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                break
            except pa.ArrowInvalid as error:
                raise self._cut(error, self.header_row + 1 + done) from error
            numbers, done, skipped = _number(batch.num_rows, done, ragged)
            if done > self._limits.rows:
                raise too_many_rows(self._limits.rows)
            yield RawBatch(
                rows=numbers + self.header_row,
                columns=list(batch.columns),
                problems=[self._problem(fault) for fault in skipped],
            )
        if ragged:
            yield RawBatch(
                rows=np.empty(0, dtype=np.int64),
                columns=[pa.array([], pa.string()) for _ in wanted],
                problems=[self._problem(fault) for fault in ragged],
            )

    def _problem(self, fault: Ragged) -> Problem:
        sentence = (
            f"{fault.found} value{'s' if fault.found != 1 else ''} where the header has {len(self.header)}. "
            "Expected one value per column"
        )
        if fault.has_newline:
            sentence += "; a quote may have been opened and never closed"
        return row_problem(fault.number + self.header_row, "", "column_count", fault.text, sentence + ".")

    def _cut(self, error: Exception, row: int) -> ImportFileError:
        if "straddling" in str(error):
            return ImportFileError(
                f"From row {row:,} on, a value is longer than {_BLOCK >> 20} MB: a quote is probably opened and "
                "never closed. Expected quotes in pairs.",
                code="unclosed_quote",
                row=row,
            )
        return ImportFileError(
            f"The file cannot be read as CSV near row {row:,}.", code="unreadable", row=row
        )


def _number(
    count: int, done: int, ragged: list[Ragged]
) -> tuple["np.ndarray[tuple[int], np.dtype[np.int64]]", int, list[Ragged]]:
    """Numbers of the next `count` good rows, stepping over those that were skipped among them.

    `ragged` holds skipped rows by number, in order; those passed are taken off it. Returns the numbers,
    the number of the last row passed, and the skipped ones."""
    positions = [fault.number for fault in ragged]
    start, end, inside = done + 1, done + count, 0
    while (found := bisect_right(positions, end)) != inside:
        end, inside = end + found - inside, found
    while inside < len(positions) and positions[inside] == end + 1:
        end, inside = end + 1, inside + 1
    numbers = np.arange(start, end + 1, dtype=np.int64)
    if inside:
        numbers = np.setdiff1d(numbers, np.array(positions[:inside], dtype=np.int64), assume_unique=True)
    skipped = ragged[:inside]
    del ragged[:inside]
    return numbers, end, skipped


def _sniff(text: str) -> str:
    """The separator that the first line with something on it uses most, outside of quotes."""
    line = next((line for line in text.split("\n", 50) if line.strip()), "")
    bare = "".join(line.split('"')[0::2])
    best = max(_DELIMITERS, key=lambda mark: (bare.count(mark), -_DELIMITERS.index(mark)))
    return best if bare.count(best) else ","


def _read_header(text: str, delimiter: str) -> tuple[int, list[str], int]:
    """Row number, names and length in characters of the header: the first row with something on it."""
    taken = 0

    def lines() -> Iterator[str]:
        nonlocal taken
        for line in io.StringIO(text, newline=""):
            taken += len(line)
            yield line

    try:
        for number, row in enumerate(csv.reader(lines(), delimiter=delimiter, strict=False), start=1):
            if any(cell.strip() for cell in row):
                return number, row, taken
    except csv.Error as error:
        raise ImportFileError("The header row cannot be read as CSV.", code="unreadable") from error
    raise ImportFileError("The file is empty. Expected a header row and rows below it.", code="empty_file")
