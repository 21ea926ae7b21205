"""Column types of import files: text in, checked text out, a whole batch at a time.

Values stay text until PostgreSQL reads them, so money never passes through a binary float. Numbers are
checked by one pattern; columns with few different values (dates, codes) are checked value by value.
"""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from babel import Locale
from babel.numbers import list_currencies

from kam.common.imports.problems import Problem, row_problem, shown

Rows = np.ndarray[tuple[int], np.dtype[np.int64]]
Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]

FIRST_DAY = datetime.date(1900, 1, 1)
LAST_DAY = datetime.date(2199, 12, 31)
_MONEY = r"^[+-]?(?:0*[0-9]{1,15}(?:\.[0-9]{0,4}0*)?|\.[0-9]{1,4}0*)$"
_DATE = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})", re.ASCII)
_TRUE = frozenset({"true", "yes", "y", "1", "t"})
_FALSE = frozenset({"false", "no", "n", "0", "f"})


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
class Column:
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

    def _check(self, values: pa.Array) -> tuple[pa.Array, dict[int, tuple[str, ValueFaultError]]]:
        raise NotImplementedError


Wrong = dict[int, tuple[str, ValueFaultError]]


def _without(values: pa.Array, wrong: Wrong) -> pa.Array:
    """The array with the faulty places null."""
    if not wrong:
        return values
    mask = np.zeros(len(values), dtype=bool)
    mask[np.fromiter(wrong, dtype=np.int64, count=len(wrong))] = True
    return pc.if_else(pa.array(mask), pa.scalar(None, values.type), values)


def _each(values: pa.Array, matches: pa.Array, judge: Callable[[str], ValueFaultError]) -> Wrong:
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
        wrong = _each(values, pc.and_(fits, clean), self._fault)
        return _without(values, wrong), wrong

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
class MoneyColumn(Column):
    """An amount or a quantity: up to 15 digits before and 4 after the decimal point."""

    minimum: Decimal | None = None
    sql_type: str = "numeric(19,4)"
    pattern: str = _MONEY
    decimals: int = 4
    digits: int = 15
    unit: str = "a number"

    @property
    def expected(self) -> str:
        return f"{self.unit} with at most {self.decimals} decimals, such as 1234.50"

    def _check(self, values: pa.Array) -> tuple[pa.Array, Wrong]:
        pattern = (
            rf"^-?[0-9]{{1,{self.digits}}}(\.[0-9]{{1,{self.decimals}}})?$" if self.exact else self.pattern
        )
        wrong = _each(values, pc.match_substring_regex(values, pattern), self._fault)
        if self.minimum is not None:
            negative = pc.starts_with(values, "-").fill_null(False).to_numpy(zero_copy_only=False)
            for place in np.flatnonzero(negative):
                value = values[int(place)].as_py()
                if int(place) not in wrong and Decimal(value) < self.minimum:
                    wrong[int(place)] = (value, self._below(value))
        return _without(values, wrong), wrong

    def _below(self, value: str) -> ValueFaultError:
        return ValueFaultError(
            "out_of_range", f"“{shown(value)}” is below {self.minimum}. Expected {self.expected}."
        )

    def _fault(self, value: str) -> ValueFaultError:
        try:
            number = Decimal(value) if len(value) <= 400 else None
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite():
            return ValueFaultError(
                "not_a_number", f"“{shown(value)}” is not a number. Expected {self.expected}."
            )
        if abs(number.adjusted()) > 400 or abs(number) >= Decimal(10) ** self.digits:
            return ValueFaultError(
                "out_of_range",
                f"“{shown(value)}” is too large. Expected at most {self.digits} digits before the decimal point.",
            )
        if number != round(number, self.decimals):
            return ValueFaultError(
                "too_many_decimals",
                f"“{shown(value)}” has more than {self.decimals} decimals. Expected {self.expected}.",
            )
        return ValueFaultError(
            "not_a_number", f"“{shown(value)}” is not written plainly. Expected {self.expected}."
        )


@dataclass(frozen=True, kw_only=True)
class RateColumn(MoneyColumn):
    """An exchange rate: above zero, up to 8 decimals."""

    sql_type: str = "numeric(18,8)"
    pattern: str = r"^\+?(?:0*[0-9]{1,10}(?:\.[0-9]{0,8}0*)?|\.[0-9]{1,8}0*)$"
    decimals: int = 8
    digits: int = 10
    unit: str = "a rate above 0"

    @property
    def expected(self) -> str:
        return "a rate above 0 with at most 8 decimals, such as 1.0834"

    def _check(self, values: pa.Array) -> tuple[pa.Array, Wrong]:
        values, wrong = super()._check(values)
        zero = pc.match_substring_regex(values, r"^[+]?[0.]+$").fill_null(False)
        for at in np.flatnonzero(zero.to_numpy(zero_copy_only=False)):
            value = values[int(at)].as_py()
            wrong[int(at)] = (
                value,
                ValueFaultError(
                    "out_of_range", f"“{shown(value)}” is not above 0. Expected {self.expected}."
                ),
            )
        return _without(values, wrong), wrong

    def _fault(self, value: str) -> ValueFaultError:
        if value.startswith("-"):
            return ValueFaultError(
                "out_of_range", f"“{shown(value)}” is not above 0. Expected {self.expected}."
            )
        return super()._fault(value)


@dataclass(frozen=True, kw_only=True)
class FewValuesColumn(Column):
    """A column whose values repeat: each different value is looked at once."""

    def _check(self, values: pa.Array) -> tuple[pa.Array, Wrong]:
        encoded = values.dictionary_encode()
        if pa.types.is_null(encoded.type):
            return values, {}
        clean: list[str | None] = []
        faults: dict[int, ValueFaultError] = {}
        for place, value in enumerate(encoded.dictionary.to_pylist()):
            try:
                clean.append(self.convert(value))
            except ValueFaultError as fault:
                clean.append(None)
                faults[place] = fault
        result = pa.array(clean, pa.string()).take(encoded.indices)
        wrong: Wrong = {}
        if faults:
            indices = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            for at in np.flatnonzero(np.isin(indices, np.fromiter(faults, dtype=np.int64))):
                index = int(indices[at])
                wrong[int(at)] = (encoded.dictionary[index].as_py(), faults[index])
        return result, wrong

    def convert(self, value: str) -> str | None:
        """The value as it is stored. Raises ValueFaultError."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class DateColumn(FewValuesColumn):
    """A calendar day in ISO 8601; a time of day behind it is left out."""

    sql_type: str = "date"

    @property
    def expected(self) -> str:
        return "YYYY-MM-DD"

    def convert(self, value: str) -> str:
        match = (_DAY if self.exact else _DATE).fullmatch(value)
        try:
            day = datetime.date.fromisoformat(match[1]) if match else None
        except ValueError:
            day = None
        if day is None:
            raise ValueFaultError("not_a_date", f"“{shown(value)}” is not a date. Expected YYYY-MM-DD.")
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ValueFaultError(
                "out_of_range", f"“{shown(value)}” is out of range. Expected {FIRST_DAY} to {LAST_DAY}."
            )
        return day.isoformat()


@dataclass(frozen=True, kw_only=True)
class MonthColumn(DateColumn):
    """A calendar month, kept as its first day."""

    @property
    def expected(self) -> str:
        return "a month, YYYY-MM"

    def convert(self, value: str) -> str:
        try:
            day = super().convert(f"{value}-01" if len(value) == 7 else value)
        except ValueFaultError as fault:
            raise ValueFaultError(
                fault.code, f"“{shown(value)}” is not a month. Expected YYYY-MM."
            ) from fault
        return day[:8] + "01"


@dataclass(frozen=True, kw_only=True)
class ChoiceColumn(FewValuesColumn):
    """One word of a list; capitals and blanks do not matter."""

    choices: tuple[str, ...]

    @property
    def expected(self) -> str:
        return "one of " + ", ".join(self.choices)

    def convert(self, value: str) -> str:
        word = value if self.exact else re.sub(r"[\s\-/&]+", "_", value.strip().lower())
        if word not in self.choices:
            raise ValueFaultError(
                "unknown_choice", f"“{shown(value)}” is not known. Expected {self.expected}."
            )
        return word


@dataclass(frozen=True, kw_only=True)
class FlagColumn(FewValuesColumn):
    """true or false."""

    sql_type: str = "boolean"

    @property
    def expected(self) -> str:
        return "true or false"

    def convert(self, value: str) -> str:
        word = value.lower()
        if word not in _TRUE | _FALSE:
            raise ValueFaultError(
                "not_a_flag", f"“{shown(value)}” is neither true nor false. Expected true or false."
            )
        return "true" if word in _TRUE else "false"


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Names and codes of countries (folded) → alpha-2 code."""
    names = Locale("en").territories
    codes = {code: name for code, name in names.items() if len(code) == 2 and code.isalpha()}
    unreal = {"EU", "EZ", "UN", "QO", "ZZ", "XA", "XB"}
    return {name.casefold(): code for code, name in codes.items() if code not in unreal} | {
        code.casefold(): code for code in codes if code not in unreal
    }


@dataclass(frozen=True, kw_only=True)
class CurrencyColumn(FewValuesColumn):
    """An ISO 4217 code."""

    @property
    def expected(self) -> str:
        return "an ISO 4217 code such as EUR"

    def convert(self, value: str) -> str:
        code = value if self.exact else value.upper()
        if code not in _currencies():
            raise ValueFaultError(
                "unknown_currency", f"“{shown(value)}” is not a currency. Expected {self.expected}."
            )
        return code


@dataclass(frozen=True, kw_only=True)
class CountryColumn(FewValuesColumn):
    """An ISO 3166 alpha-2 code; the English name of a country is understood too."""

    @property
    def expected(self) -> str:
        return "an ISO 3166 code of two letters such as NO"

    def convert(self, value: str) -> str:
        code = _countries().get(value.casefold())
        if code is None:
            raise ValueFaultError(
                "unknown_country", f"“{shown(value)}” is not a country. Expected {self.expected}."
            )
        return code


@dataclass(frozen=True, kw_only=True)
class EmailColumn(TextColumn):
    """An e-mail address, in lower case."""

    max_length: int = 254

    @property
    def expected(self) -> str:
        return "an e-mail address"

    def _check(self, values: pa.Array) -> tuple[pa.Array, Wrong]:
        return super()._check(pc.utf8_lower(values))


@dataclass(frozen=True, kw_only=True)
class IdColumn(FewValuesColumn):
    """A UUID."""

    @property
    def expected(self) -> str:
        return "a UUID"

    def convert(self, value: str) -> str:
        if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value, re.ASCII):
            raise ValueFaultError("not_an_id", f"“{shown(value)}” is not a UUID. Expected a UUID.")
        return value.lower()


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
