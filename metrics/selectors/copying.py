"""Large reads as columns: COPY out of the database straight into Arrow, without a Python object per value."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from django.db import connection
from pyarrow import csv

# Sums of a rollup keep 12 decimals (4 of the amount, 8 of the rate).
MONEY = pa.decimal128(38, 12)
TEXT = pa.string()
CODES = pa.dictionary(pa.int32(), pa.string())


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
