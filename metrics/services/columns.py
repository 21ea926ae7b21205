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


def floats(column: pa.Array | pa.ChunkedArray) -> NDArray[np.float64]:
    """A numeric column as float64, null as NaN."""
    if column.type != pa.float64():
        column = column.cast(pa.float64())
    values: NDArray[np.float64] = column.to_numpy(zero_copy_only=False)
    return values


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


def of_days(days: NDArray[np.int64], missing: NDArray[np.bool_]) -> pa.Array:
    """Dates from days since 1970-01-01, null where `missing`."""
    return pa.array(np.where(missing, 0, days).astype(np.int32), pa.int32(), mask=missing).cast(pa.date32())


def of_labels(codes: NDArray[np.int8], names: tuple[str, ...]) -> pa.Array:
    """Class codes as words, "" where there is no class."""
    # Code -1 takes the last one.
    return pa.array(np.array([*names, ""], dtype=object)[codes], pa.string())


def of_json(rows: list[bytes]) -> pa.Array:
    """JSON documents, already encoded."""
    return pa.array(rows, pa.string())
