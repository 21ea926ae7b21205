"""Columns of amounts: checked by one pattern, never through a binary float."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kam.common.imports.columns import Column, ValueFaultError, Wrong, each, without
from kam.common.imports.problems import shown

_MONEY = r"^[+-]?(?:0*[0-9]{1,15}(?:\.[0-9]{0,4}0*)?|\.[0-9]{1,4}0*)$"


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
        wrong = each(values, pc.match_substring_regex(values, pattern), self._fault)
        if self.minimum is not None:
            negative = pc.starts_with(values, "-").fill_null(False).to_numpy(zero_copy_only=False)
            for place in np.flatnonzero(negative):
                value = values[int(place)].as_py()
                if int(place) not in wrong and Decimal(value) < self.minimum:
                    wrong[int(place)] = (value, self._below(value))
        return without(values, wrong), wrong

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
        return without(values, wrong), wrong

    def _fault(self, value: str) -> ValueFaultError:
        if value.startswith("-"):
            return ValueFaultError(
                "out_of_range", f"“{shown(value)}” is not above 0. Expected {self.expected}."
            )
        return super()._fault(value)


@dataclass(frozen=True, kw_only=True)
class RatioColumn(MoneyColumn):
    """A share between 0 and 1."""

    sql_type: str = "float8"
    pattern: str = r"^\+?(?:0*[01](?:\.[0-9]{0,17}0*)?|\.[0-9]{1,17}0*)$"
    decimals: int = 17
    digits: int = 1
    unit: str = "a number between 0 and 1"

    @property
    def expected(self) -> str:
        return "a number between 0 and 1, such as 0.35"

    def _check(self, values: pa.Array) -> tuple[pa.Array, Wrong]:
        values, wrong = super()._check(values)
        above = pc.match_substring_regex(values, r"^\+?0*1\.0*[1-9]").fill_null(False)
        for at in np.flatnonzero(above.to_numpy(zero_copy_only=False)):
            value = values[int(at)].as_py()
            wrong[int(at)] = (value, self._outside(value))
        return without(values, wrong), wrong

    def _fault(self, value: str) -> ValueFaultError:
        try:
            number = Decimal(value) if len(value) <= 400 else None
        except InvalidOperation:
            number = None
        if number is not None and number.is_finite() and not 0 <= number <= 1:
            return self._outside(value)
        return super()._fault(value)

    def _outside(self, value: str) -> ValueFaultError:
        return ValueFaultError(
            "out_of_range", f"“{shown(value)}” is not between 0 and 1. Expected {self.expected}."
        )
