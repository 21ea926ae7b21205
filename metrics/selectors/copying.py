"""Large reads as columns: COPY out of the database straight into arrays, without a Python object per value."""

import datetime
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from django.db import connection
from numpy.typing import NDArray
from pyarrow import csv

# Sums of a rollup keep 12 decimals (4 of the amount, 8 of the rate).
MONEY = pa.decimal128(38, 12)
TEXT = pa.string()
CODES = pa.dictionary(pa.int32(), pa.string())


# Columns of `copy_out_fixed`: what PostgreSQL sends for float8, int8, int4, date, bool and uuid.
FLOAT, INTEGER, SHORT, DAY, FLAG, KEY = ">f8", ">i8", ">i4", ">i4", "?", "V16"
# A date arrives as days since this one; arrays of days count from 1970 everywhere else.
FIRST_DAY = (datetime.date(2000, 1, 1) - datetime.date(1970, 1, 1)).days
NO_KEY = bytes(16)
# Signature, flags and length of the extension before the rows; the end mark behind them.
_HEAD, _TAIL = 19, 2


def copy_out_fixed(query: str, params: Sequence[Any], columns: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """The rows of a query as arrays by column, for columns of fixed width without nulls.

    Nothing is written as text and read back: over floats and keys this takes a quarter of the time of
    `copy_out`. `columns`: name → one of the kinds above. Raises ValueError when the rows are not of that shape,
    as with a null. Runs in the caller's transaction, under row level security.
    """
    raw = _copied(query, params)
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in columns.items():
        fields += [(f"{name} size", ">i4"), (name, kind)]
    shape = np.dtype(fields)
    count, rest = divmod(len(raw) - _HEAD - _TAIL, shape.itemsize)
    rows = np.frombuffer(raw, shape, count, _HEAD)
    sized = all(bool(np.all(rows[f"{name} size"] == shape[name].itemsize)) for name in columns)
    if rest or not sized or not bool(np.all(rows["fields"] == len(columns))):
        raise ValueError("a column with nulls, or of another width than its kind")
    return {name: rows[name].astype(shape[name].newbyteorder("=")) for name in columns}


def copy_out_bytes(query: str, params: Sequence[Any]) -> tuple[list[bytes], list[memoryview]]:
    """The rows of a query of an id and a bytea, as two lists; for few rows of many bytes.

    Runs in the caller's transaction, under row level security.
    """
    raw = _copied(query, params)
    keys, pieces, at = [], [], _HEAD
    while at < len(raw) - _TAIL:
        # Two bytes say how many fields follow; four before each how long it is.
        end = at + 26 + int.from_bytes(raw[at + 22 : at + 26])
        keys.append(bytes(raw[at + 6 : at + 22]))
        pieces.append(raw[at + 26 : end])
        at = end
    return keys, pieces


def _copied(query: str, params: Sequence[Any]) -> memoryview:
    buffer = io.BytesIO()
    with connection.cursor() as cursor:
        statement = cursor.cursor.mogrify(f"COPY ({query}) TO STDOUT (FORMAT binary)", list(params))
        cursor.cursor.copy_expert(statement.decode(), buffer)
    return buffer.getbuffer()


def key_of(written: str | None) -> bytes:
    """An id in its 16 bytes; `NO_KEY` for none."""
    return bytes.fromhex(written.replace("-", "")) if written else NO_KEY


def key_codes(keys: NDArray[Any]) -> tuple[NDArray[np.int64], list[bytes]]:
    """A column of kind KEY as positions in a list of its distinct ids, in the order of their first row."""
    column = pa.Array.from_buffers(
        pa.binary(16), len(keys), [None, pa.py_buffer(np.ascontiguousarray(keys))]
    ).dictionary_encode()
    return column.indices.to_numpy(zero_copy_only=False).astype(np.int64), column.dictionary.to_pylist()


@dataclass(frozen=True)
class Query:
    """A query with its parameters and the names and types of its columns."""

    sql: str
    params: Sequence[Any]
    columns: Mapping[str, pa.DataType]


def read_each(queries: Sequence[Query], *, few: bool) -> list[pa.Table]:
    """The rows of several queries as Arrow tables; with `few` rows to expect, all in one statement.

    Money among their columns must be asked for as float64.
    """
    if not few:
        return [copy_out(query.sql, query.params, query.columns) for query in queries]
    parts = [
        # The queries are constants of this module's callers; values are parameters.
        f"(SELECT coalesce(json_agg(q), '[]') FROM ({query.sql}) AS q({', '.join(query.columns)}))::text"  # noqa: S608
        for query in queries
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", [value for query in queries for value in query.params])
        answers = [orjson.loads(document) for document in cursor.fetchone()]
    return [
        pa.table({name: _typed([row[name] for row in rows], kind) for name, kind in query.columns.items()})
        for query, rows in zip(queries, answers, strict=True)
    ]


def _typed(values: list[Any], kind: pa.DataType) -> pa.Array:
    if kind == CODES:
        return pa.array(values, TEXT).dictionary_encode()
    if kind == pa.date32():
        return pa.array(
            [None if value is None else datetime.date.fromisoformat(value) for value in values], kind
        )
    return pa.array(values, kind)


def copy_out(query: str, params: Sequence[Any], columns: Mapping[str, pa.DataType]) -> pa.Table:
    """The rows of a query as an Arrow table with the named, typed columns.

    `params` are quoted by the driver: COPY itself takes none. Empty fields are null. Runs in the caller's
    transaction, under row level security.
    """
    buffer = io.BytesIO()
    with connection.cursor() as cursor:
        statement = cursor.cursor.mogrify(f"COPY ({query}) TO STDOUT (FORMAT csv)", list(params))
        cursor.cursor.copy_expert(statement.decode(), buffer)
    if buffer.tell() == 0:
        return pa.schema(list(columns.items())).empty_table()
    buffer.seek(0)
    return csv.read_csv(
        buffer,
        read_options=csv.ReadOptions(column_names=list(columns), use_threads=False),
        convert_options=csv.ConvertOptions(
            column_types=dict(columns),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
        parse_options=csv.ParseOptions(newlines_in_values=True),
    )
