"""The few array shapes and aggregations that every metric of the engine stands on.

Conventions of the whole package: one row per account unless said otherwise; ``account`` arrays hold
positions 0 … n-1; money is float64 in the base currency; a ratio of 0.25 means 25 %; "not known" is NaN in
a float array and -1 in an array of class codes. Money that people compare with the ledger to the cent is
summed in SQL; float64 is used here for figures that are derived from it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
CodeArray = NDArray[np.int8]
ObjectArray = NDArray[np.object_]

UNKNOWN_CODE = -1
# Sums of shares carry rounding in the last bits; a share this close to a cut has reached it.
SHARE_TOLERANCE = 1e-12
# A lookup table up to this many times the rows is cheaper than sorting them.
_DENSE = 8


def floats(values: ArrayLike) -> FloatArray:
    """The values as a float64 array (no copy when they already are one)."""
    return np.asarray(values, dtype=np.float64)


def integers(values: ArrayLike) -> IntArray:
    """The values as an int64 array (no copy when they already are one)."""
    return np.asarray(values, dtype=np.int64)


def booleans(values: ArrayLike) -> BoolArray:
    """The values as a boolean array (no copy when they already are one)."""
    return np.asarray(values, dtype=np.bool_)


def sum_by(index: IntArray, values: FloatArray | BoolArray, n: int) -> FloatArray:
    """Sums of ``values`` per position of ``index``; positions without a row are 0.

    Shapes: ``index`` and ``values`` (rows,), result (n,).
    """
    # bincount of no rows at all answers integers, whatever the weights.
    return np.bincount(index, weights=values, minlength=n).astype(np.float64, copy=False)


def count_by(index: IntArray, n: int) -> IntArray:
    """Rows per position of ``index``, shape (n,)."""
    return np.bincount(index, minlength=n).astype(np.int64, copy=False)


def any_by(index: IntArray, flags: BoolArray, n: int) -> BoolArray:
    """Whether any row of a position carries the flag, shape (n,)."""
    found = np.zeros(n, dtype=np.bool_)
    found[index[flags]] = True
    return found


def first_by(index: IntArray, values: IntArray, n: int) -> FloatArray:
    """The smallest value per position, NaN where a position has no row, shape (n,)."""
    lowest = np.full(n, np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(lowest, index, values)
    return np.where(lowest == np.iinfo(np.int64).max, np.nan, lowest.astype(np.float64))


def group_ids(keys: IntArray) -> tuple[IntArray, IntArray]:
    """Dense group numbers of non-negative keys: ``(group of each row, key of each group, ascending)``.

    Sorts only where it must: keys that arrive sorted (as a COPY from an index does) need one pass, and keys
    from a small range are looked up.
    """
    if keys.size == 0:
        return keys.astype(np.int64), keys.astype(np.int64)
    steps = np.diff(keys)
    if steps.size == 0 or steps.min() >= 0:
        starts = np.concatenate(([True], steps != 0))
        return np.cumsum(starts, dtype=np.int64) - 1, keys[starts]
    highest = int(keys.max())
    if highest < _DENSE * keys.size:
        present = np.zeros(highest + 1, dtype=np.bool_)
        present[keys] = True
        group = np.cumsum(present, dtype=np.int64) - 1
        return group[keys], np.flatnonzero(present)
    unique, inverse = np.unique(keys, return_inverse=True)
    return inverse.astype(np.int64, copy=False), unique


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> FloatArray:
    """Numerator / denominator, NaN unless the denominator is > 0 (K1: null, never 0)."""
    top, bottom = np.broadcast_arrays(floats(numerator), floats(denominator))
    result: FloatArray = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)
    return result


def labels(codes: CodeArray, names: Sequence[str]) -> ObjectArray:
    """Class codes as names, ``None`` where the class is not known."""
    table = np.array([*names, None], dtype=object)
    return table[codes]


def check_lengths(*arrays: NDArray[Any]) -> int:
    """The common first length of the arrays.

    Raises ValueError when they differ, because numpy would broadcast a wrong answer out of it.
    """
    lengths = {len(array) for array in arrays}
    if len(lengths) > 1:
        raise ValueError(f"expected equal-length arrays, got lengths {sorted(lengths)}")
    return lengths.pop() if lengths else 0
