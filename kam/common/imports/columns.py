"""Column types of import files: text in, checked text out, a whole batch at a time.

Values stay text until PostgreSQL reads them, so money never passes through a binary float. Numbers are
checked by one pattern; columns with few different values (dates, codes) are checked value by value.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kam.common.imports.problems import Problem, row_problem, shown

Rows = np.ndarray[tuple[int], np.dtype[np.int64]]
Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]


class ValueFaultError(ValueError):
    """One value is not what its column expects."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True)
class ParsedColumn:
    """A checked column: `values` with faulty ones null, `bad` marks the rows at fault."""

    values: pa.Array
    bad: Mask
    problems: list[Problem]


@dataclass(frozen=True, kw_only=True)
class Column(ABC):
    """One column of an import kind: its name in files, what it holds, what to say when it does not.

    `hint` is read by people choosing a mapping; `synonyms` are headers of other systems (normalised)."""

    name: str
    required: bool = False
    hint: str = ""
    synonyms: tuple[str, ...] = ()
    sql_type: str = "text"
    # Values of the API are taken as its schema says; files are read as people write them.
    exact: bool = False

    def parse(self, raw: pa.Array, rows: Rows) -> ParsedColumn:
        """Check a batch of text. Empty means null, and is a fault where the column is required."""
        values = raw
        if not self.exact:
            values = pc.utf8_trim_whitespace(raw)
        if not self.exact or isinstance(self, TextColumn):
            empty = pc.equal(values, "")
            if pc.any(empty).as_py():
                values = pc.if_else(empty, pa.scalar(None, pa.string()), values)
        problems: list[Problem] = []
        bad = np.zeros(len(values), dtype=bool)
        if self.required and values.null_count:
            bad |= values.is_null().to_numpy(zero_copy_only=False)
            problems += [
                row_problem(int(row), self.name, "required", "", f"no value. Expected {self.expected}.")
                for row in rows[bad]
            ]
        values, wrong = self._check(values)
        if wrong:
            at = np.fromiter(wrong, dtype=np.int64, count=len(wrong))
            bad[at] = True
            problems += [
                row_problem(int(rows[place]), self.name, fault.code, value, fault.sentence)
                for place, (value, fault) in wrong.items()
            ]
        return ParsedColumn(values, bad, problems)

    @property
    def expected(self) -> str:
        """What a value looks like, to be read after "Expected"."""
        return "a value"

    @abstractmethod
    def _check(self, values: pa.Array) -> tuple[pa.Array, dict[int, tuple[str, ValueFaultError]]]:
        """The values as they are stored, and what is wrong with which of them."""


Wrong = dict[int, tuple[str, ValueFaultError]]


def without(values: pa.Array, wrong: Wrong) -> pa.Array:
    """The array with the faulty places null."""
    if not wrong:
        return values
    mask = np.zeros(len(values), dtype=bool)
    mask[np.fromiter(wrong, dtype=np.int64, count=len(wrong))] = True
    return pc.if_else(pa.array(mask), pa.scalar(None, values.type), values)


def each(values: pa.Array, matches: pa.Array, judge: Callable[[str], ValueFaultError]) -> Wrong:
    """The faults of the values that do not match (null neither matches nor is at fault)."""
    at = np.flatnonzero(~matches.fill_null(True).to_numpy(zero_copy_only=False))
    found = values.take(pa.array(at)).to_pylist()
    return {int(place): (value, judge(value)) for place, value in zip(at, found, strict=True)}


@dataclass(frozen=True, kw_only=True)
class TextColumn(Column):
    """Any text up to `max_length` characters."""

    max_length: int = 200

    @property
    def expected(self) -> str:
        return f"text of at most {self.max_length:,} characters"

    def _check(self, values: pa.Array) -> tuple[pa.Array, Wrong]:
        fits = pc.less_equal(pc.utf8_length(values), self.max_length)
        clean = pc.invert(pc.match_substring(values, "\x00"))
        wrong = each(values, pc.and_(fits, clean), self._fault)
        return without(values, wrong), wrong

    def _fault(self, value: str) -> ValueFaultError:
        if "\x00" in value:
            return ValueFaultError(
                "null_character", "the text holds the character U+0000. Expected text without it."
            )
        return ValueFaultError(
            "too_long", f"the text has {len(value):,} characters. Expected at most {self.max_length:,}."
        )


@dataclass(frozen=True, kw_only=True)
class KeyColumn(TextColumn):
    """An external id."""

    max_length: int = 100


@dataclass(frozen=True, kw_only=True)
class EmailColumn(TextColumn):
    """An e-mail address, in lower case."""

    max_length: int = 254

    @property
    def expected(self) -> str:
        return "an e-mail address"

    def _check(self, values: pa.Array) -> tuple[pa.Array, Wrong]:
        return super()._check(pc.utf8_lower(values))


@dataclass
class ParsedBatch:
    """A batch after its columns were checked: what the kind resolves and stages."""

    rows: Rows
    values: dict[str, pa.Array]
    bad: Mask
    problems: list[Problem] = field(default_factory=list)

    def reject(
        self, mask: Mask, field_name: str, code: str, values: pa.Array | None, sentence: Callable[[str], str]
    ) -> None:
        """Add one fault for each marked row; `sentence` is made from its value."""
        places = np.flatnonzero(mask)
        if not len(places):
            return
        found = [""] * len(places) if values is None else values.take(pa.array(places)).to_pylist()
        self.problems += [
            row_problem(int(self.rows[place]), field_name, code, value or "", sentence(shown(value or "")))
            for place, value in zip(places, found, strict=True)
        ]
        self.bad |= mask


def parse_batch(
    columns: dict[str, Column], raw: dict[str, pa.Array], rows: Rows, *, keep_empty: bool = False
) -> ParsedBatch:
    """Check every column of a batch. Rows without any value at all (blank lines) are left out."""
    if raw and len(rows) and not keep_empty:
        some = np.zeros(len(rows), dtype=bool)
        for values in raw.values():
            if not values.null_count:
                break
            some |= values.is_valid().to_numpy(zero_copy_only=False)
        else:
            if not some.all():
                keep = pa.array(some)
                rows = rows[some]
                raw = {name: values.filter(keep) for name, values in raw.items()}
    batch = ParsedBatch(rows=rows, values={}, bad=np.zeros(len(rows), dtype=bool))
    for name, values in raw.items():
        parsed = columns[name].parse(values, rows)
        batch.values[name] = parsed.values
        batch.bad |= parsed.bad
        batch.problems += parsed.problems
    return batch
