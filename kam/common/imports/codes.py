"""Columns whose values repeat (days, codes, words): each different value is looked at once."""

import datetime
import re
from abc import abstractmethod
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
from babel import Locale
from babel.numbers import list_currencies

from kam.common.imports.columns import Column, ValueFaultError, Wrong
from kam.common.imports.problems import shown

FIRST_DAY = datetime.date(1900, 1, 1)
LAST_DAY = datetime.date(2199, 12, 31)
_DATE = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})", re.ASCII)
_TRUE = frozenset({"true", "yes", "y", "1", "t"})
_FALSE = frozenset({"false", "no", "n", "0", "f"})


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

    @abstractmethod
    def convert(self, value: str) -> str | None:
        """The value as it is stored. Raises ValueFaultError."""


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
class IdColumn(FewValuesColumn):
    """A UUID."""

    @property
    def expected(self) -> str:
        return "a UUID"

    def convert(self, value: str) -> str:
        if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value, re.ASCII):
            raise ValueFaultError("not_an_id", f"“{shown(value)}” is not a UUID. Expected a UUID.")
        return value.lower()
