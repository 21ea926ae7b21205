"""From the staging table into a tenant's table, set by set: changed rows first, then new ones (ARCHITECTURE §5)."""

import uuid
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg2 import sql

from kam.common.imports.registry import Counts, ImportKind
from kam.common.imports.staging import STAGE

# Below this many rows an index look-up per row is quicker, above it an underestimate would be ruinous.
_NESTED_LOOPS_UP_TO = 2_000


@dataclass(frozen=True, kw_only=True)
class Upsert:
    """One target table.

    `columns` stand under the same name in the staging table and are compared and written; `key` decides which
    row is meant (in those of `nullable` null is a value); `stamps` are set on every row that is written,
    `defaults` only on new ones. `replace` gives an expression (of `l`, the stored row, and `r`, the staged
    one) in place of `r.column` on rows that exist already; `wrap_update` may put a statement around the UPDATE.
    """

    table: str
    columns: Sequence[str]
    key: Sequence[str] = ("external_id",)
    nullable: Sequence[str] = ()
    stamps: dict[str, sql.Composable] = field(default_factory=dict)
    defaults: dict[str, sql.Composable] = field(default_factory=dict)
    replace: dict[str, sql.Composable] = field(default_factory=dict)
    wrap_update: Callable[[sql.Composable], sql.Composable] | None = None

    def classify(self, cursor: Any, *, tenant_id: uuid.UUID, rows: int) -> Counts:
        """How many staged rows are new, changed and the same."""
        plan_for(cursor, rows)
        cursor.execute(
            sql.SQL(
                "SELECT count(*) FILTER (WHERE l.id IS NULL), count(*) FILTER (WHERE l.id IS NOT NULL AND {differs}), "
                "count(*) FROM pg_temp.{stage} r LEFT JOIN {table} l ON l.tenant_id = %(tenant)s AND {key} "
                "WHERE NOT r.bad"
            ).format(**self._parts()),
            {"tenant": tenant_id},
        )
        created, updated, total = cursor.fetchone()
        return Counts(created=created, updated=updated, unchanged=total - created - updated)

    def apply(self, cursor: Any, *, tenant_id: uuid.UUID, counts: Counts, rows: int) -> None:
        """Write what `classify` counted. The caller keeps other writers of these rows away in between."""
        plan_for(cursor, rows)
        parts = self._parts()
        if counts.updated:
            update: sql.Composable = sql.SQL(
                "UPDATE {table} l SET {assign} FROM pg_temp.{stage} r "
                "WHERE l.tenant_id = %(tenant)s AND {key} AND NOT r.bad AND {differs}"
            ).format(**parts)
            if self.wrap_update is not None:
                update = self.wrap_update(update)
            cursor.execute(update, {"tenant": tenant_id})
        if counts.created:
            new: sql.Composable = sql.SQL("")
            if counts.updated or counts.unchanged:
                new = sql.SQL(
                    "AND NOT EXISTS (SELECT 1 FROM {table} l WHERE l.tenant_id = %(tenant)s AND {key})"
                ).format(**parts)
            cursor.execute(
                sql.SQL(
                    "INSERT INTO {table} (id, tenant_id, {names}) SELECT r.id, %(tenant)s, {values} "
                    "FROM pg_temp.{stage} r WHERE NOT r.bad {new}"
                ).format(**parts, new=new),
                {"tenant": tenant_id},
            )

    def differs(self) -> sql.Composable:
        """Condition: the stored row `l` is not what the staged row `r` says."""
        return self._parts()["differs"]

    def _parts(self) -> dict[str, sql.Composable]:
        names = [sql.Identifier(name) for name in self.columns]
        staged = [sql.SQL("r.{}").format(name) for name in names]
        target = [self.replace.get(column, value) for column, value in zip(self.columns, staged, strict=True)]
        keys = list(dict.fromkeys([*self.key, *self.columns]))
        return {
            "table": sql.Identifier(self.table),
            "stage": sql.Identifier(STAGE),
            "key": sql.SQL(" AND ").join(
                sql.SQL(
                    "l.{0} IS NOT DISTINCT FROM r.{0}" if name in self.nullable else "l.{0} = r.{0}"
                ).format(sql.Identifier(name))
                for name in self.key
            ),
            "differs": sql.SQL("({}) IS DISTINCT FROM ({})").format(
                sql.SQL(", ").join(sql.SQL("l.{}").format(name) for name in names), sql.SQL(", ").join(target)
            ),
            "assign": sql.SQL(", ").join(
                [
                    *(
                        sql.SQL("{} = {}").format(name, value)
                        for name, value in zip(names, target, strict=True)
                    ),
                    *(sql.SQL("{} = {}").format(sql.Identifier(n), v) for n, v in self.stamps.items()),
                ]
            ),
            "names": sql.SQL(", ").join(
                sql.Identifier(name) for name in [*keys, *self.stamps, *self.defaults]
            ),
            "values": sql.SQL(", ").join(
                [
                    *(sql.SQL("r.{}").format(sql.Identifier(name)) for name in keys),
                    *self.stamps.values(),
                    *self.defaults.values(),
                ]
            ),
        }


def plan_for(cursor: Any, rows: int) -> None:
    """Tell the planner what it cannot know about the staging table, for this transaction."""
    cursor.execute(
        "SELECT set_config('enable_nestloop', %s, true), set_config('work_mem', %s, true)",
        ["on" if rows <= _NESTED_LOOPS_UP_TO else "off", "4MB" if rows <= _NESTED_LOOPS_UP_TO else "64MB"],
    )


class UpsertKind(ImportKind):
    """A kind whose rows become rows of one table."""

    @abstractmethod
    def upsert(self) -> Upsert:
        """What is written of which columns."""

    def count(self) -> Counts:
        return self.upsert().classify(
            self.context.cursor, tenant_id=self.context.tenant_id, rows=self.context.rows_staged
        )
