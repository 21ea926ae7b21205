"""Columns by account: the shape in which figures travel from the shards to the table.

A `Columns` table has one row per account, in the order of account ids. Money sums stay Arrow decimals (exact);
what the engine computes is float64 with NaN for "not known".
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Columns = dict[str, pa.Array]
# Room for sums of rollup amounts (12 decimals), and for their differences beside it.
SUM = pa.decimal128(34, 12)


def floats(column: pa.Array | pa.ChunkedArray) -> NDArray[np.float64]:
    """A numeric column as float64, null as NaN."""
    values: NDArray[np.float64] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values


def zero_floats(column: pa.Array | pa.ChunkedArray) -> NDArray[np.float64]:
    """A numeric column as float64, null as 0."""
    return np.nan_to_num(floats(column), nan=0.0)


def minus(a: pa.Array, b: pa.Array) -> pa.Array:
    """The exact difference of two decimal columns of type `SUM`."""
    return pc.subtract(a, b).cast(SUM)


def scatter(column: pa.Array | pa.ChunkedArray, rows: NDArray[np.int64], n: int) -> pa.Array:
    """The column's values at positions `rows` of a column of length n; null elsewhere."""
    source = np.zeros(n, dtype=np.int64)
    missing = np.ones(n, dtype=np.bool_)
    source[rows] = np.arange(len(rows))
    missing[rows] = False
    taken = column.take(pa.array(source, mask=missing))
    return taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken


def known(column: pa.Array, unknown: NDArray[np.bool_]) -> pa.Array:
    """The column with null where the value is not known."""
    return pc.if_else(pa.array(unknown), pa.scalar(None, column.type), column)


def of_floats(values: NDArray[Any]) -> pa.Array:
    """Float64 with NaN as null; an infinite value cannot be stored and is a bug here, so it raises ValueError."""
    array = np.asarray(values, dtype=np.float64)
    if np.isinf(array).any():
        raise ValueError("an infinite figure")
    return pa.array(array, from_pandas=True)


def of_integers(values: NDArray[Any], missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """Integers, null where `missing`."""
    return pa.array(np.asarray(values, dtype=np.int64), mask=missing)


def of_labels(codes: NDArray[np.int8], names: tuple[str, ...]) -> pa.Array:
    """Class codes as words, "" where there is no class."""
    return pa.array([*names, ""]).take(pa.array(np.where(codes < 0, len(names), codes).astype(np.int64)))


def of_json(rows: list[bytes]) -> pa.Array:
    """JSON documents, already encoded."""
    return pa.array(rows, pa.binary()).cast(pa.string())


def zeros_as(column: pa.Array) -> pa.Array:
    """Null as 0: a sum over no rows."""
    return column.fill_null(pa.scalar(0).cast(column.type))
