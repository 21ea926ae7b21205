"""Exact money in arrays: every amount in two parts that float64 holds without loss.

The rollup keeps twelve decimals. An amount is its whole units, and what is left in units of 10^-12. Sums of
whole numbers below 2^53 are exact in float64, so `numpy.bincount` adds money to its last decimal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

DECIMALS = 12
# Beyond this many units, all together, a sum might be more than float64 counts exactly.
LARGEST = 2.0**53
_SCALE = 10**DECIMALS
_TYPE = pa.decimal128(34, DECIMALS)
# The digits of Python's own context would round large amounts.
_DIGITS = Context(prec=60)
_HALF = np.uint64(32)
_LOW = np.uint64(2**32 - 1)


@dataclass(frozen=True)
class Amounts:
    """Amounts of money, arrays of one shape: whole `units`, and the `rest` in units of 10^-12."""

    units: NDArray[Any]
    rest: NDArray[Any]

    def __sub__(self, other: "Amounts") -> "Amounts":
        """The exact differences."""
        return Amounts(self.units - other.units, self.rest - other.rest)

    def sums(self, rows: NDArray[np.int64], index: NDArray[np.int64], n: int) -> "Amounts":
        """The exact sums of some rows by position, shape (n,); 0 without a row. `index`: where each row adds."""
        return Amounts(*(_sum_by(index, part[rows], n) for part in (self.units, self.rest)))

    def are_zero(self) -> NDArray[np.bool_]:
        """Which amounts are 0."""
        zero: NDArray[np.bool_] = self.units * _SCALE + self.rest == 0
        return zero

    def decimals(self) -> pa.Array:
        """The amounts as Arrow decimals of twelve places."""
        if self.units.dtype == object:
            counts = (self.units * _SCALE + self.rest).tolist()
            return pa.array([Decimal(count).scaleb(-DECIMALS, _DIGITS) for count in counts], _TYPE)
        # units × 10^12 + rest in 128 bits, two's complement, from products of 32 bits. `rest` is carried over
        # first, so that it is never negative.
        rest = self.rest.astype(np.int64)
        units = self.units.astype(np.int64) + rest // _SCALE
        rest = (rest % _SCALE).astype(np.uint64)
        high, low = units >> 32, units.astype(np.uint64) & _LOW
        middle = high * (_SCALE % 2**32) + low.astype(np.int64) * (_SCALE >> 32)
        first = low * np.uint64(_SCALE % 2**32)
        second = first + (middle.astype(np.uint64) << _HALF)
        third = second + rest
        carried = (second < first).astype(np.int64) + (third < second).astype(np.int64)
        words = np.empty((len(units), 2), dtype=np.int64)
        words[:, 0] = third.astype(np.int64)
        words[:, 1] = high * (_SCALE >> 32) + (middle >> 32) + carried
        return pa.Array.from_buffers(_TYPE, len(words), [None, pa.py_buffer(words)])


def decimals_of(amounts: Mapping[str, Amounts]) -> dict[str, pa.Array]:
    """`Amounts.decimals` of many arrays of one length, all at once."""
    if not amounts:
        return {}
    joined = Amounts(
        np.concatenate([each.units for each in amounts.values()]),
        np.concatenate([each.rest for each in amounts.values()]),
    ).decimals()
    size = len(joined) // len(amounts)
    return {name: joined.slice(number * size, size) for number, name in enumerate(amounts)}


def floats_of(amounts: Mapping[str, Amounts]) -> dict[str, NDArray[np.float64]]:
    """The nearest float64 of many arrays of amounts of one length, all at once."""
    return {name: each.cast(pa.float64()).to_numpy() for name, each in decimals_of(amounts).items()}


def _sum_by(index: NDArray[np.int64], part: NDArray[Any], n: int) -> NDArray[Any]:
    if part.dtype != object:
        return np.bincount(index, weights=part, minlength=n).astype(np.float64, copy=False)
    sums = np.zeros(n, dtype=object)
    np.add.at(sums, index, part)
    return sums


def exactly_addable(amounts: Iterable[Amounts]) -> bool:
    """Whether float64 counts every sum of these amounts, and of each other's sums, exactly."""
    return sum(float(np.abs(each.units).sum()) for each in amounts) < LARGEST


def large_amounts(decimals: pa.ChunkedArray) -> Amounts:
    """Amounts of any size, as integers of Python: exact wherever float64 would not be, and slow."""
    counts = [int(value.scaleb(DECIMALS, _DIGITS)) for value in decimals.to_pylist()]
    # Cut towards zero, as the database does.
    units = [abs(count) // _SCALE * (1 if count > 0 else -1) for count in counts]
    return Amounts(
        np.array(units, dtype=object),
        np.array([count - unit * _SCALE for count, unit in zip(counts, units, strict=True)], dtype=object),
    )
