"""Writes to the ledger other than files: rows of the REST API, corrections, deletions (K1).

Each goes through the same engine as a file, and keeps the rollups in step inside the same transaction.
"""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection, transaction
from psycopg2 import sql

from accounts.imports.ledger import CostEntries, LedgerKind, SalesLines
from accounts.imports.trees import reject_rows
from accounts.models import CostEntry, SalesLine
from accounts.services.import_engine import Engine
from accounts.services.rollups import ledger_lock, rollups_refresh
from kam.common.errors import FieldError, InvalidInputError
from kam.common.imports.problems import Problem, row_problem
from kam.common.imports.registry import ImportContext
from kam.common.imports.staging import STAGE
from kam.common.imports.workbook import number_text
from kam.tenancy.context import current_tenant_id
from kam.tenancy.selectors import tenant_settings

MAX_ROWS = 10_000
_SHOWN = 1_000


@dataclass(frozen=True, kw_only=True)
class ImportOutcome:
    """What became of rows. `problems` are the first 1,000 faults, by row; `ids` are the stored rows' ids in the
    order of the input (null for rejected rows, empty when nothing was stored)."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    problems: list[Problem] = field(default_factory=list)
    ids: list[uuid.UUID | None] = field(default_factory=list)

    @property
    def stored(self) -> bool:
        """Whether the good rows are in the ledger (with `abort`, one fault keeps all of them out)."""
        return bool(self.ids)


def sales_lines_store(*, rows: list[dict[str, Any]], on_error: str = "abort") -> ImportOutcome:
    """Create or update sales lines (at most 10,000), as a file of the kind `sales_lines` would.

    Keys are those of INTERFACE §3; `account`, `product`, `segment` may carry ids instead of external ids, and
    `external_id` may be missing (then the line is new). Amounts are decimal strings, Decimals or whole numbers.
    A fault's `row` is the place in the list, from 1. With `abort` one fault and nothing is stored; with `skip`
    the good rows are. Raises InvalidInputError only for more rows than are taken at once.
    """
    return _store(SalesLines, rows, on_error)


def cost_entries_store(*, rows: list[dict[str, Any]], on_error: str = "abort") -> ImportOutcome:
    """Create or update cost-to-serve entries (at most 10,000); like `sales_lines_store`."""
    return _store(CostEntries, rows, on_error)


def sales_line_update(*, line: SalesLine, changes: Mapping[str, Any]) -> SalesLine:
    """Change one line. `changes` has the keys of `sales_lines_store`; what it does not name stays.

    Raises InvalidInputError with one entry per fault."""
    current = {
        "account": line.account_id,
        "product": line.product_id,
        "segment": line.segment_id,
        "date": line.date,
        "currency": line.currency,
        "quantity": line.quantity,
        "net_sales": line.net_sales,
        "cogs": line.cogs,
    }
    _update_one(SalesLines, line, current, changes)
    line.refresh_from_db()
    return line


def cost_entry_update(*, entry: CostEntry, changes: Mapping[str, Any]) -> CostEntry:
    """Change one entry; like `sales_line_update`."""
    current = {
        "account": entry.account_id,
        "date": entry.date,
        "category": entry.category,
        "currency": entry.currency,
        "amount": entry.amount,
    }
    _update_one(CostEntries, entry, current, changes)
    entry.refresh_from_db()
    return entry


@transaction.atomic
def sales_line_delete(*, line: SalesLine) -> None:
    """Take one line out of the ledger."""
    with connection.cursor() as cursor:
        ledger_lock(cursor)
    stored = SalesLine.objects.select_for_update().filter(tenant_id=current_tenant_id(), pk=line.pk).first()
    if stored is not None:
        stored.delete()
        rollups_refresh(account_months=[(stored.account_id, stored.date)])


@transaction.atomic
def cost_entry_delete(*, entry: CostEntry) -> None:
    """Take one cost-to-serve entry out of the ledger."""
    with connection.cursor() as cursor:
        ledger_lock(cursor)
    stored = CostEntry.objects.select_for_update().filter(tenant_id=current_tenant_id(), pk=entry.pk).first()
    if stored is not None:
        stored.delete()
        rollups_refresh(account_months=[(stored.account_id, stored.date)])


def _store(kind: type[LedgerKind], rows: list[dict[str, Any]], on_error: str) -> ImportOutcome:
    if len(rows) > MAX_ROWS:
        raise InvalidInputError(
            f"{len(rows):,} rows at once. Expected at most {MAX_ROWS:,}.", code="too_many_rows"
        )
    if not rows:
        return ImportOutcome()
    with transaction.atomic(), connection.cursor() as cursor:
        engine, rejected = _staged(cursor, kind, rows)
        problems = engine.problems(limit=_SHOWN) if rejected else []
        if rejected and on_error != "skip":
            outcome = ImportOutcome(rejected=rejected, problems=problems)
        else:
            counts = engine.store()
            outcome = ImportOutcome(
                created=counts.created,
                updated=counts.updated,
                unchanged=counts.unchanged,
                rejected=rejected,
                problems=problems,
                ids=_ids(cursor, kind, len(rows)),
            )
        engine.close()
    return outcome


def _staged(cursor: Any, kind: type[LedgerKind], rows: list[dict[str, Any]]) -> tuple[Engine, int]:
    """An engine with the rows staged and checked, and the number of rejected ones."""
    # A row of the API may name its account, product and segment by id, and may have no external id of its own.
    columns = [
        replace(column, required=column.required and not column.name.endswith("external_id"), exact=True)
        for column in (*kind.columns, *kind.reference_columns)
    ]
    names = {column.name for column in columns}
    given = {name for row in rows for name in row}
    context = ImportContext(
        cursor=cursor,
        tenant_id=current_tenant_id(),
        job_id=None,
        base_currency=tenant_settings().base_currency,
        present=frozenset(given & names),
    )
    engine = Engine(kind, context, columns=columns)
    engine.open()
    problems: list[Problem] = []
    values = {
        column.name: pa.array(
            [
                _text(row.get(column.name), place, column.name, problems)
                for place, row in enumerate(rows, start=1)
            ],
            pa.string(),
        )
        for column in columns
        if column.name in given or column.required or column.name == "external_id"
    }
    for place, row in enumerate(rows, start=1):
        problems += [
            row_problem(
                place, name, "unknown_field", "", "there is no such field. Expected one of the kind's."
            )
            for name in sorted(row.keys() - names)
        ]
    engine.add(np.arange(1, len(rows) + 1, dtype=np.int64), values, keep_empty=True)
    reject_rows(cursor, problems)
    return engine, engine.check()


def _text(value: Any, row: int, name: str, problems: list[Problem]) -> str | None:
    """A JSON value as the text that a file would hold."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() and abs(value.adjusted()) < 400 else str(value)
    if isinstance(value, int | uuid.UUID | datetime.date):
        return str(value)
    if isinstance(value, float):
        return number_text(value)
    problems.append(row_problem(row, name, "not_a_value", "", "a list or an object. Expected one value."))
    return None


def _ids(cursor: Any, kind: type[LedgerKind], count: int) -> list[uuid.UUID | None]:
    cursor.execute(
        sql.SQL(
            "SELECT r.row, coalesce(l.id, r.id) FROM pg_temp.{stage} r LEFT JOIN {table} l "
            "ON l.tenant_id = %s AND l.external_id = r.external_id WHERE NOT r.bad"
        ).format(stage=sql.Identifier(STAGE), table=sql.Identifier(kind.table)),
        [current_tenant_id()],
    )
    found = dict(cursor.fetchall())
    return [found.get(place) for place in range(1, count + 1)]


def _update_one(
    kind: type[LedgerKind], row: Any, current: dict[str, Any], changes: Mapping[str, Any]
) -> None:
    merged = {"external_id": row.external_id, **current}
    for name, value in changes.items():
        merged[name] = value
        if name.endswith("_external_id"):
            merged.pop(name.removesuffix("_external_id"), None)
    with transaction.atomic(), connection.cursor() as cursor:
        ledger_lock(cursor)
        engine, rejected = _staged(cursor, kind, [merged])
        if rejected:
            problems = engine.problems(limit=_SHOWN)
            raise InvalidInputError(
                problems[0].message,
                errors=[FieldError(problem.field, problem.message, problem.code) for problem in problems],
            )
        names = [sql.Identifier(name) for name in engine.kind.stage_columns()]
        cursor.execute(
            sql.SQL(
                "UPDATE {table} l SET {assign} FROM pg_temp.{stage} r WHERE l.tenant_id = %s AND l.id = %s "
                "RETURNING OLD.account_id, OLD.date, NEW.account_id, NEW.date"
            ).format(
                table=sql.Identifier(kind.table),
                assign=sql.SQL(", ").join(sql.SQL("{0} = r.{0}").format(name) for name in names),
                stage=sql.Identifier(STAGE),
            ),
            [current_tenant_id(), row.pk],
        )
        touched = cursor.fetchone()
        engine.close()
        if touched is not None:
            rollups_refresh(account_months=[(touched[0], touched[1]), (touched[2], touched[3])])
