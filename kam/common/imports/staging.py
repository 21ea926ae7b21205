"""A batch on its way into a temporary table: COPY into a table under row level security is refused."""

import io
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.csv as arrow_csv
from psycopg2 import sql

from kam.common.imports.columns import Rows
from kam.common.imports.keys import uuid7_batch
from kam.common.imports.problems import Problem

STAGE = "kam_import_rows"
PROBLEMS = "kam_import_problems"


def stage_open(cursor: Any, columns: Mapping[str, str]) -> None:
    """Make the temporary tables anew: rows (`row`, `id`, `bad` and the kind's columns) and problems.

    They outlive a commit and belong to this connection only; `stage_close` drops them."""
    stage_close(cursor)
    parts = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in columns.items()]
    cursor.execute(
        sql.SQL(
            "CREATE TEMP TABLE {} (row bigint NOT NULL, id uuid NOT NULL, bad boolean NOT NULL, {})"
        ).format(sql.Identifier(STAGE), sql.SQL(", ").join(parts))
    )
    cursor.execute(
        sql.SQL(
            "CREATE TEMP TABLE {} (row bigint NOT NULL, field text NOT NULL, code text NOT NULL, "
            "value text NOT NULL, message text NOT NULL)"
        ).format(sql.Identifier(PROBLEMS))
    )


def stage_close(cursor: Any) -> None:
    """Drop the temporary tables of the last import on this connection."""
    for name in (STAGE, PROBLEMS):
        cursor.execute(sql.SQL("DROP TABLE IF EXISTS pg_temp.{}").format(sql.Identifier(name)))


def stage_rows(cursor: Any, *, rows: Rows, bad: Any, values: Mapping[str, pa.Array]) -> None:
    """COPY a batch into the rows table. Columns that are not given stay null."""
    if not len(rows):
        return
    table = pa.table({"row": pa.array(rows), "id": uuid7_batch(len(rows)), "bad": pa.array(bad), **values})
    buffer = io.BytesIO()
    arrow_csv.write_csv(table, buffer, arrow_csv.WriteOptions(include_header=False))
    buffer.seek(0)
    _copy(cursor, STAGE, table.column_names, buffer)


def stage_problems(cursor: Any, problems: Iterable[Problem]) -> None:
    """COPY faults into the problems table."""
    found = list(problems)
    if not found:
        return
    table = pa.table(
        {
            "row": pa.array([problem.row for problem in found], pa.int64()),
            **{
                name: pa.array([getattr(problem, name) for problem in found], pa.string())
                for name in ("field", "code", "value", "message")
            },
        }
    )
    buffer = io.BytesIO()
    arrow_csv.write_csv(table, buffer, arrow_csv.WriteOptions(include_header=False))
    buffer.seek(0)
    _copy(cursor, PROBLEMS, table.column_names, buffer)


def _copy(cursor: Any, table: str, names: Iterable[str], buffer: io.BytesIO) -> None:
    statement = sql.SQL("COPY pg_temp.{} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(table), sql.SQL(", ").join(sql.Identifier(name) for name in names)
    )
    cursor.copy_expert(statement, buffer)
