"""One engine behind every door: batches of text → checked → staged → compared → stored (ARCHITECTURE §5)."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
from psycopg2 import sql

from kam.common.imports.columns import Column, Rows, parse_batch
from kam.common.imports.problems import Problem
from kam.common.imports.registry import Counts, ImportContext, ImportKind
from kam.common.imports.staging import (
    PROBLEMS,
    STAGE,
    stage_close,
    stage_open,
    stage_problems,
    stage_rows,
)

_STAGE = sql.Identifier(STAGE)
_PROBLEMS = sql.Identifier(PROBLEMS)
_ANALYZE_FROM = 500


class Engine:
    """One import on one connection. Call `open`, `add` for each batch, `check`, then `count` or `store`, `close`.

    Every call runs inside the tenant's context; staging survives commits in between, so that progress can be
    seen, and nothing is in the tenant's tables before `store`.
    """

    def __init__(
        self, kind: type[ImportKind], context: ImportContext, *, columns: Sequence[Column] | None = None
    ) -> None:
        self.context = context
        self.kind = kind(context)
        self._columns = {column.name: column for column in columns or kind.columns}
        self.rows = 0

    def open(self) -> None:
        """Make the staging tables."""
        stage_open(self.context.cursor, self.kind.stage_columns())

    def close(self) -> None:
        """Drop the staging tables."""
        stage_close(self.context.cursor)

    def add(
        self,
        rows: Rows,
        values: Mapping[str, pa.Array],
        problems: list[Problem] | None = None,
        *,
        keep_empty: bool = False,
    ) -> None:
        """Check a batch of text columns and stage it. `problems` are rows that never became values;
        rows without any value are blank lines and left out, unless `keep_empty`."""
        cursor = self.context.cursor
        batch = parse_batch(self._columns, dict(values), rows, keep_empty=keep_empty)
        if len(batch.rows):
            staged = self.kind.resolve(batch)
            stage_rows(cursor, rows=batch.rows, bad=batch.bad, values=staged)
        stage_problems(cursor, [*(problems or []), *batch.problems])
        self.rows += len(batch.rows) + len(problems or [])

    def check(self) -> int:
        """The checks that need the whole file. Returns how many rows are rejected."""
        cursor = self.context.cursor
        self.context.rows_staged = self.rows
        if self.rows >= _ANALYZE_FROM:
            cursor.execute(sql.SQL("ANALYZE pg_temp.{}").format(_STAGE))
        self._reject_duplicates()
        self.kind.check()
        cursor.execute(sql.SQL("SELECT count(DISTINCT row) FROM pg_temp.{}").format(_PROBLEMS))
        return int(cursor.fetchone()[0])

    def _reject_duplicates(self) -> None:
        """Every row but the first of those with one key."""
        cursor, key = self.context.cursor, self.kind.key
        names = sql.SQL(", ").join(sql.Identifier(name) for name in key)
        same = sql.SQL(" AND ").join(sql.SQL("r.{0} = d.{0}").format(sql.Identifier(name)) for name in key)
        shown = sql.SQL(" || ' ' || ").join(
            sql.SQL("r.{}::text").format(sql.Identifier(name)) for name in key
        )
        present = sql.SQL(" AND ").join(
            sql.SQL("{} IS NOT NULL").format(sql.Identifier(name)) for name in key
        )
        cursor.execute("SELECT set_config('work_mem', '64MB', true)")
        cursor.execute(
            sql.SQL(
                "INSERT INTO pg_temp.{problems} (row, field, code, value, message) "
                "SELECT r.row, %(field)s, 'duplicate', left({shown}, 80), "
                "format('Row %%s, %%s: “%%s” stands in row %%s already. Expected each %%s once.', "
                "to_char(r.row, 'FM999,999,999,990'), %(field)s, left({shown}, 100), "
                "to_char(d.first, 'FM999,999,999,990'), %(key)s) "
                "FROM pg_temp.{stage} r JOIN ("
                "SELECT {names}, min(row) AS first FROM pg_temp.{stage} WHERE {present} "
                "GROUP BY {names} HAVING count(*) > 1) d ON {same} WHERE r.row > d.first"
            ).format(problems=_PROBLEMS, shown=shown, names=names, stage=_STAGE, present=present, same=same),
            {"field": key[0], "key": " and ".join(key)},
        )
        if not cursor.rowcount:
            return
        cursor.execute(
            sql.SQL(
                "UPDATE pg_temp.{stage} r SET bad = true FROM pg_temp.{problems} p "
                "WHERE p.row = r.row AND p.code = 'duplicate' AND NOT r.bad"
            ).format(stage=_STAGE, problems=_PROBLEMS)
        )

    def count(self) -> Counts:
        """What storing would do."""
        return self.kind.count()

    def store(self) -> Counts:
        """Store the good rows, in the open transaction."""
        return self.kind.store()

    def problems(self, *, limit: int) -> list[Problem]:
        """The first faults, by row."""
        self.context.cursor.execute(
            sql.SQL(
                "SELECT row, field, code, value, message FROM pg_temp.{} ORDER BY row, field LIMIT %s"
            ).format(_PROBLEMS),
            [limit],
        )
        return [Problem(*found) for found in self.context.cursor.fetchall()]

    def keep_problems(self) -> None:
        """Copy all faults into the job's list."""
        self.context.cursor.execute(
            sql.SQL(
                "INSERT INTO accounts_importproblem (tenant_id, job_id, row, field, code, value, message) "
                "SELECT %s, %s, row, left(field, 100), left(code, 40), left(value, 200), left(message, 500) "
                "FROM pg_temp.{} ORDER BY row, field"
            ).format(_PROBLEMS),
            [self.context.tenant_id, self.context.job_id],
        )
