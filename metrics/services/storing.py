"""Results into the database: one COPY into a temporary table, then set by set (COPY is refused under RLS)."""

import datetime
import io
import uuid
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
import pyarrow as pa
from django.db import connection
from pyarrow import csv

from kam.common.ids import uuid7_run
from kam.tenancy.context import current_tenant_id
from metrics.engine import ENGINE_VERSION
from metrics.models import AccountMetrics, AccountMetricsHistory
from metrics.services.beside import Beside
from metrics.services.columns import Columns

# Columns that every row of a run shares are not sent once per row.
_SHARED = ("tenant_id", "reference_date", "computed_at", "recomputation", "engine_version")


MOVERS_KEPT = 12
# What moved between the published rows and staged ones, the largest change first. A change below half a cent is
# rounding, not movement.
MOVED = f"""
    SELECT s.account_id, m.net_sales_12m, s.net_sales_12m, m.contribution_12m, s.contribution_12m, m.clv, s.clv
    FROM {{staged_and_published}}
    WHERE m.engine_version <> ''
      AND (abs(s.net_sales_12m - m.net_sales_12m) > 0.005
           OR abs(s.contribution_12m - m.contribution_12m) > 0.005 OR abs(s.clv - m.clv) > 0.005)
    ORDER BY greatest(abs(coalesce(s.contribution_12m, s.net_sales_12m)
                          - coalesce(m.contribution_12m, m.net_sales_12m)),
                      abs(coalesce(s.clv, 0) - coalesce(m.clv, 0)) / 100) DESC, s.account_id
    LIMIT {MOVERS_KEPT}
"""


@dataclass(frozen=True)
class RunStamp:
    """What all rows of one run have in common."""

    recomputation: uuid.UUID
    reference: datetime.date
    computed_at: datetime.datetime


@cache
def result_columns() -> list[str]:
    """The columns of a metrics row that differ from account to account."""
    skipped = {"id", *_SHARED}
    names = [field.column for field in AccountMetrics._meta.local_concrete_fields]
    return [name for name in names if name is not None and name not in skipped]


def stage_open() -> None:
    """Create the temporary table that results of this transaction are copied into, each with its key."""
    names = ", ".join(["id", *result_columns()])
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.staged_metrics")
        cursor.execute(
            f"CREATE TEMPORARY TABLE staged_metrics ON COMMIT DROP AS "
            f"SELECT {names} FROM metrics_accountmetrics WITH NO DATA"
        )


def stage_add(columns: Columns, beside: Beside) -> None:
    """COPY one range of accounts into the temporary table, while the caller goes on."""
    keys = {"id": pa.array(uuid7_run(len(columns["account_id"])))}
    table = pa.table(keys | {name: _sendable(columns[name]) for name in result_columns()})
    buffer = io.BytesIO()
    csv.write_csv(table, buffer, csv.WriteOptions(include_header=False, quoting_style="all_valid"))
    buffer.seek(0)
    beside.copy_in(f"COPY staged_metrics ({', '.join(table.column_names)}) FROM STDIN (FORMAT csv)", buffer)


def _sendable(column: pa.Array) -> pa.Array:
    """Decimals as text: the CSV writer knows no decimals, and PostgreSQL rounds them to its column."""
    return column.cast(pa.string()) if pa.types.is_decimal(column.type) else column


def staged_count() -> int:
    """How many accounts now stand as staged: those that were not deleted while the run lasted."""
    return _count("staged_metrics s JOIN accounts_account a ON a.tenant_id = %s AND a.id = s.account_id")


def published_count() -> int:
    """How many accounts have a published row."""
    return _count("metrics_accountmetrics WHERE tenant_id = %s")


def _count(rows: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {rows}", [str(current_tenant_id())])
        return int(cursor.fetchone()[0])


def store_current(stamp: RunStamp, beside: Beside, *, all_accounts: bool) -> None:
    """Publish the staged rows; with `all_accounts` also forget accounts that are gone.

    A row whose figures did not change keeps its stamp: it says since when they are what they are.
    """
    if all_accounts:
        beside.execute(
            "DELETE FROM metrics_accountmetrics m WHERE m.tenant_id = %s AND NOT EXISTS "
            "(SELECT FROM accounts_account a WHERE a.tenant_id = m.tenant_id AND a.id = m.account_id)",
            [str(current_tenant_id())],
        )
    _store(AccountMetrics._meta.db_table, stamp, beside, one_per_date=False)


def store_history(stamp: RunStamp, beside: Beside) -> None:
    """One history record per staged account at the reference date."""
    _store(AccountMetricsHistory._meta.db_table, stamp, beside, one_per_date=True)


def _store(table: str, stamp: RunStamp, beside: Beside, *, one_per_date: bool) -> None:
    """Replace the rows of staged accounts that differ and add those that are missing.

    An account that was deleted while the run lasted gets none.
    """
    tenant, names = str(current_tenant_id()), result_columns()
    ours = ", ".join(f"m.{name}" for name in names)
    staged = ", ".join(f"s.{name}" for name in names)
    dated = "AND m.reference_date = %s" if one_per_date else ""
    date = [stamp.reference] if one_per_date else []
    beside.execute(
        f"DELETE FROM {table} m USING staged_metrics s "
        f"WHERE m.tenant_id = %s AND m.account_id = s.account_id {dated} AND NOT ("
        f"m.reference_date = %s AND m.engine_version = %s AND ROW({ours}) IS NOT DISTINCT FROM ROW({staged}))",
        [tenant, *date, stamp.reference, ENGINE_VERSION],
    )
    beside.execute(
        f"INSERT INTO {table} (id, {', '.join(_SHARED)}, {', '.join(names)}) "
        f"SELECT s.id, %s, %s, %s, %s, %s, {staged} "
        "FROM staged_metrics s JOIN accounts_account a ON a.tenant_id = %s AND a.id = s.account_id "
        f"WHERE NOT EXISTS (SELECT FROM {table} m WHERE m.tenant_id = %s AND m.account_id = s.account_id {dated})",
        [
            tenant,
            stamp.reference,
            stamp.computed_at,
            str(stamp.recomputation),
            ENGINE_VERSION,
            tenant,
            tenant,
            *date,
        ],
    )


# Rank and volume class take all accounts to judge: a few keep theirs until the ranks are refreshed.
_RANKED = ("volume_class", "sales_rank")


def store_few(columns: Columns, *, stamp: RunStamp) -> list[tuple[Any, ...]]:
    """Publish a few accounts and put them into the history, all in one statement; returns the rows of `MOVED`.

    As with many: a row whose figures did not change keeps its stamp, and an account that was deleted gets none.
    """
    tenant = str(current_tenant_id())
    with connection.cursor() as cursor:
        cursor.execute(
            _few_statement(),
            [
                _documents(columns),
                tenant,
                *(tenant, stamp.reference, stamp.computed_at, str(stamp.recomputation), ENGINE_VERSION),
                tenant,
                tenant,
            ],
        )
        return list(cursor.fetchall())


@cache
def _few_statement() -> str:
    names = result_columns()
    every = ", ".join(["id", *_SHARED, *names])
    # The row is written with the id it has.
    written = ", ".join(f"{name} = EXCLUDED.{name}" for name in [*_SHARED, *names])
    compared = ["reference_date", "engine_version", *names]
    ours, theirs = (", ".join(f"{alias}.{name}" for name in compared) for alias in ("m", "EXCLUDED"))
    inserts = ", ".join(
        f"{name} AS (INSERT INTO {table} AS m ({every}) SELECT {every} FROM figures "
        f"ON CONFLICT ({key}) DO UPDATE SET {written} WHERE ROW({ours}) IS DISTINCT FROM ROW({theirs}))"
        for name, table, key in (
            ("current", AccountMetrics._meta.db_table, "tenant_id, account_id"),
            ("history", AccountMetricsHistory._meta.db_table, "tenant_id, account_id, reference_date"),
        )
    )
    # One look into the index for each row, whatever the planner thinks of a table that was just filled.
    published = (
        f"SELECT p.* FROM {AccountMetrics._meta.db_table} p "
        "WHERE p.tenant_id = %s AND p.account_id = s.account_id OFFSET 0"
    )
    ranked = {"volume_class": "coalesce(k.volume_class, '') AS volume_class", "sales_rank": "k.sales_rank"}
    chosen = ", ".join(ranked.get(name, f"s.{name}") for name in names)
    return f"""
        WITH staged AS MATERIALIZED (
            SELECT s.* FROM json_populate_recordset(NULL::metrics_accountmetrics, %s) s
            JOIN accounts_account a ON a.tenant_id = %s AND a.id = s.account_id
        ), figures AS MATERIALIZED (
            SELECT s.id, {{stamp}}, {chosen} FROM staged s
            LEFT JOIN LATERAL ({published}) k ON true
        ), {inserts}
        {MOVED.format(staged_and_published=f"staged s JOIN LATERAL ({published}) m ON true")}
    """.format(
        stamp="%s::uuid AS tenant_id, %s::date AS reference_date, %s::timestamptz AS computed_at, "
        "%s::uuid AS recomputation, %s AS engine_version"
    )


def _documents(columns: Columns) -> str:
    """The rows as a JSON array; money as text, which keeps every decimal, and documents as they are."""
    json_columns = {field.column for field in AccountMetrics._meta.local_concrete_fields
                    if field.get_internal_type() == "JSONField"}  # fmt: skip
    named: dict[str, list[Any]] = {"id": uuid7_run(len(columns["account_id"]))}
    for name in result_columns():
        if name not in _RANKED:
            values = _sendable(columns[name]).to_pylist()
            named[name] = [orjson.Fragment(value) for value in values] if name in json_columns else values
    return orjson.dumps(
        [dict(zip(named, row, strict=True)) for row in zip(*named.values(), strict=True)]
    ).decode()


def metrics_rows_ensure(account_ids: "list[uuid.UUID]", reference: datetime.date) -> None:
    """Give accounts that have no row yet an empty one, so that a new account is in every list at once.

    Its engine version is "": nothing has been computed for it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO metrics_accountmetrics (
                tenant_id, account_id, reference_date, computed_at, recomputation, engine_version,
                net_sales_12m, net_sales_prior_12m, net_sales_36m, cost_to_serve_12m, margin_known_part,
                margin_estimated, months_of_sales, traded_36m, sold_12m, clv_method, clv_inputs, clv_yearly,
                upv_detail, potential_basis, loyalty_class, loyalty_reason, loyalty_evidence,
                dubinsky_ingram_class, dubinsky_ingram_reason, volume_class, growth_split)
            SELECT a.tenant_id, a.id, %s, now(), '00000000-0000-0000-0000-000000000000', '',
                   0, 0, 0, 0, 0, false, 0, false, false, '', '{}', '{}', '{}', '', '', 'dormant', '{}', '', '', '',
                   '{}'
            FROM accounts_account a
            WHERE a.tenant_id = %s AND a.id = ANY(%s::uuid[])
            ON CONFLICT (tenant_id, account_id) DO NOTHING
            """,
            [reference, str(current_tenant_id()), [str(account) for account in account_ids]],
        )
