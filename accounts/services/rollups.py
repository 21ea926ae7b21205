"""The two monthly rollups, kept in step with the ledger for the touched keys only (ARCHITECTURE §5).

Whoever writes the ledger takes `ledger_lock` first: rollups are recomputed from the lines, so writers of one
tenant stand in a queue and none of them misses the other's lines.
"""

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connection
from psycopg2 import sql
from psycopg2.extras import execute_values

from accounts.selectors.ledger import rate_gaps
from accounts.selectors.ledger_sql import MONTH, costs_sql, hash_joins, lines_sql
from accounts.signals import ledger_changed
from kam.common.errors import UnprocessableError
from kam.common.ids import uuid7_prefix
from kam.tenancy.context import current_tenant_id
from kam.tenancy.selectors import tenant_settings


class MissingRateError(UnprocessableError):
    """Amounts of the ledger cannot be converted: a rate is missing."""

    code = "missing_rate"


TOUCHED = "kam_touched_months"
# Rebuilding all of a tenant's months reads the ledger once; scattered keys cost about four times as much each.
_REBUILD_SHARE = 0.25
_REBUILD_MINIMUM = 3_000
_NAMED_ACCOUNTS = 100_000

# The index decides which lines belong to a touched month, whatever the planner thinks of the table.
_OF_TOUCHED = sql.SQL(
    "pg_temp.{touched} t CROSS JOIN LATERAL (SELECT s.* FROM {table} s WHERE s.tenant_id = %(tenant)s "
    "AND s.account_id = t.account_id AND s.date >= t.month AND s.date < t.next_month OFFSET 0)"
)

# Rows come in the order of the unique index, so that it grows at one place at a time (a third of the cost).
# A version 7 key of its own per row would cost a system call each: one per statement, and a counter behind it.
_KEY = sql.SQL("(%(key)s || lpad(to_hex(row_number() OVER ()), 8, '0'))::uuid")

_ACCOUNT_MONTHS = sql.SQL(
    """
    INSERT INTO accounts_accountmonth (
        id, tenant_id, account_id, month, net_sales, cogs, cogs_estimated, unknown_sales, lines, unknown_lines,
        cost_to_serve, first_sale, last_sale, positive_days)
    SELECT {key}, %(tenant)s, account_id, date_trunc('month', date::timestamp)::date,
           coalesce(sum(net_sales), 0), coalesce(sum(cogs), 0), coalesce(sum(cogs_estimated), 0),
           coalesce(sum(unknown_sales), 0), coalesce(sum(lines), 0), coalesce(sum(unknown_lines), 0),
           coalesce(sum(cost), 0), min(date) FILTER (WHERE lines > 0), max(date) FILTER (WHERE lines > 0),
           count(*) FILTER (WHERE net_sales > 0)
    FROM (
        SELECT account_id, date, sum(net_sales) AS net_sales, sum(cogs) AS cogs,
               sum(cogs) FILTER (WHERE no_cogs) AS cogs_estimated,
               sum(net_sales) FILTER (WHERE cogs IS NULL) AS unknown_sales,
               count(*) AS lines, count(*) FILTER (WHERE cogs IS NULL) AS unknown_lines, NULL::numeric AS cost
        FROM ({lines}) line GROUP BY account_id, date
        UNION ALL
        SELECT account_id, date, NULL, NULL, NULL, NULL, NULL, NULL, sum(amount)
        FROM ({costs}) cost GROUP BY account_id, date
    ) day
    GROUP BY account_id, date_trunc('month', date::timestamp)::date
    ORDER BY 3, 4
    """
)

_CELL_MONTHS = sql.SQL(
    """
    INSERT INTO accounts_cellmonth (
        id, tenant_id, account_id, month, product_id, segment_id,
        net_sales, cogs, cogs_estimated, unknown_sales, lines, unknown_lines)
    SELECT {key}, %(tenant)s, account_id, month, product_id, segment_id,
           sum(net_sales), coalesce(sum(cogs), 0), coalesce(sum(cogs) FILTER (WHERE no_cogs), 0),
           coalesce(sum(net_sales) FILTER (WHERE cogs IS NULL), 0),
           count(*), count(*) FILTER (WHERE cogs IS NULL)
    FROM (SELECT line.*, date - (date_part('day', date)::int - 1) AS month FROM ({lines}) line) line
    GROUP BY account_id, month, product_id, segment_id
    ORDER BY 3, 5, 6, 4
    """
)


def ledger_lock(cursor: Any) -> None:
    """Wait until no other transaction writes this tenant's ledger; held until this one ends."""
    cursor.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('kam.ledger:' || %s, 0))", [str(current_tenant_id())]
    )


def touched_open(cursor: Any) -> None:
    """Make the table of touched (account, month) keys anew; it goes with the transaction."""
    cursor.execute(sql.SQL("DROP TABLE IF EXISTS pg_temp.{}").format(sql.Identifier(TOUCHED)))
    cursor.execute(
        sql.SQL(
            "CREATE TEMP TABLE {} (account_id uuid NOT NULL, month date NOT NULL, next_month date) "
            "ON COMMIT DROP"
        ).format(sql.Identifier(TOUCHED))
    )


def rollups_refresh_touched(cursor: Any) -> list[uuid.UUID] | None:
    """Refresh the rollups of the keys in the touched table, tell `ledger_changed`, and drop the table.

    The table may hold a key several times, or none. Returns the account ids, None when there are too many
    to name. The caller holds `ledger_lock`.
    """
    table = sql.Identifier(TOUCHED)
    cursor.execute(
        sql.SQL(
            "CREATE TEMP TABLE kam_touched_once ON COMMIT DROP AS SELECT DISTINCT account_id, month FROM pg_temp.{}"
        ).format(table)
    )
    cursor.execute(sql.SQL("DROP TABLE pg_temp.{}").format(table))
    cursor.execute(
        sql.SQL(
            "CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT account_id, month, "
            "(month + interval '1 month')::date AS next_month FROM pg_temp.kam_touched_once"
        ).format(table)
    )
    keys = cursor.rowcount
    cursor.execute("DROP TABLE pg_temp.kam_touched_once")
    accounts: list[uuid.UUID] | None = []
    if keys:
        cursor.execute(sql.SQL("ANALYZE pg_temp.{}").format(table))
        cursor.execute(
            sql.SQL("SELECT DISTINCT account_id FROM pg_temp.{} LIMIT %s").format(table),
            [_NAMED_ACCOUNTS + 1],
        )
        accounts = [row[0] for row in cursor.fetchall()]
        if len(accounts) > _NAMED_ACCOUNTS:
            accounts = None
        cursor.execute(
            "SELECT count(*) FROM accounts_accountmonth WHERE tenant_id = %s", [current_tenant_id()]
        )
        if keys >= max(_REBUILD_MINIMUM, _REBUILD_SHARE * cursor.fetchone()[0]):
            _rebuild(cursor)
        else:
            _refresh(cursor)
        ledger_changed.send(sender=None, tenant_id=current_tenant_id(), account_ids=accounts)
    cursor.execute(sql.SQL("DROP TABLE pg_temp.{}").format(table))
    return accounts


def rollups_refresh(*, account_months: Iterable[tuple[uuid.UUID, date]]) -> None:
    """Recompute both rollups for these accounts and months (any day of the month), from the lines.

    Sends `ledger_changed` inside the transaction. Takes the ledger lock of the tenant."""
    with connection.cursor() as cursor:
        ledger_lock(cursor)
        touched_open(cursor)
        keys = {(str(account_id), day.replace(day=1)) for account_id, day in account_months}
        if keys:
            execute_values(
                cursor.cursor,
                sql.SQL("INSERT INTO pg_temp.{} (account_id, month) VALUES %s").format(
                    sql.Identifier(TOUCHED)
                ),
                sorted(keys),
                template="(%s::uuid, %s)",
                page_size=1000,
            )
        rollups_refresh_touched(cursor)


def rollups_refresh_currency(*, currency: str, months: Iterable[date] | None = None) -> None:
    """Recompute what depends on the rates of a currency (in these months; None = all). Call it after the
    rate was written, in the same transaction. Raises MissingRateError when a rate that is needed is gone."""
    _require_rates()
    chosen = None if months is None else [day.replace(day=1) for day in months]
    _refresh_where(
        sql.SQL(
            "l.currency = %(currency)s AND (%(months)s::date[] IS NULL OR {month} = ANY(%(months)s::date[]))"
        ),
        {"currency": currency, "months": chosen},
    )


def rollups_refresh_products(*, product_ids: Iterable[uuid.UUID], every_line: bool = False) -> None:
    """Recompute the months in which these products have lines without a cost of goods (their estimate hangs
    on the default margin of the product line); `every_line` takes all their months and so marks the accounts
    as changed, which a move to another product line needs."""
    _refresh_where(
        sql.SQL("l.product_id = ANY(%(products)s::uuid[]) AND (%(every)s OR l.cogs IS NULL)"),
        {"products": [str(product_id) for product_id in product_ids], "every": every_line},
        costs=False,
    )


def rollups_refresh_product_line(*, product_line_id: uuid.UUID) -> None:
    """Recompute after the default gross margin of a product line was changed."""
    _refresh_where(
        sql.SQL(
            "l.cogs IS NULL AND l.product_id IN (SELECT id FROM accounts_product "
            "WHERE tenant_id = %(tenant)s AND product_line_id = %(line)s)"
        ),
        {"line": str(product_line_id)},
        costs=False,
    )


def rollups_rebuild() -> None:
    """Make both rollups of the tenant anew from the ledger, and tell `ledger_changed` for every account.

    Raises MissingRateError when the ledger holds a currency and month without a rate."""
    _require_rates()
    with connection.cursor() as cursor:
        ledger_lock(cursor)
        _rebuild(cursor)
        ledger_changed.send(sender=None, tenant_id=current_tenant_id(), account_ids=None)


def _refresh_where(condition: sql.SQL, parameters: dict[str, Any], *, costs: bool = True) -> None:
    """Refresh the (account, month) keys of the ledger rows `l` that meet a condition."""
    where = condition.format(month=MONTH)
    tables = ["accounts_salesline", "accounts_costentry"] if costs else ["accounts_salesline"]
    with connection.cursor() as cursor:
        ledger_lock(cursor)
        touched_open(cursor)
        for table in tables:
            cursor.execute(
                sql.SQL(
                    "INSERT INTO pg_temp.{touched} (account_id, month) SELECT DISTINCT l.account_id, {month} "
                    "FROM {table} l WHERE l.tenant_id = %(tenant)s AND {where}"
                ).format(
                    touched=sql.Identifier(TOUCHED), month=MONTH, table=sql.Identifier(table), where=where
                ),
                {"tenant": current_tenant_id(), **parameters},
            )
        rollups_refresh_touched(cursor)


def _require_rates() -> None:
    gaps = rate_gaps()
    if gaps:
        named = ", ".join(f"{currency} in {month:%Y-%m}" for currency, month in gaps[:5])
        more = f" and {len(gaps) - 5} more" if len(gaps) > 5 else ""
        raise MissingRateError(
            f"The ledger holds amounts in currencies without an exchange rate: {named}{more}. Enter the rates first."
        )


def _parameters() -> dict[str, Any]:
    return {"tenant": current_tenant_id(), "base": tenant_settings().base_currency}


def _write(cursor: Any, *, lines: sql.Composable, costs: sql.Composable) -> None:
    with hash_joins(cursor):
        for statement in (
            _ACCOUNT_MONTHS.format(key=_KEY, lines=lines, costs=costs),
            _CELL_MONTHS.format(key=_KEY, lines=lines),
        ):
            cursor.execute(statement, {**_parameters(), "key": uuid7_prefix()})


def _touched_rows(table: str) -> sql.Composable:
    return _OF_TOUCHED.format(touched=sql.Identifier(TOUCHED), table=sql.Identifier(table))


def _refresh(cursor: Any) -> None:
    parameters = _parameters()
    for table in ("accounts_accountmonth", "accounts_cellmonth"):
        cursor.execute(
            sql.SQL(
                "DELETE FROM {} a USING pg_temp.{} t "
                "WHERE a.tenant_id = %(tenant)s AND a.account_id = t.account_id AND a.month = t.month"
            ).format(sql.Identifier(table), sql.Identifier(TOUCHED)),
            parameters,
        )
    _write(
        cursor,
        lines=lines_sql(source=_touched_rows("accounts_salesline")),
        costs=costs_sql(source=_touched_rows("accounts_costentry")),
    )


def _rebuild(cursor: Any) -> None:
    parameters = _parameters()
    for table in ("accounts_accountmonth", "accounts_cellmonth"):
        cursor.execute(
            sql.SQL("DELETE FROM {} WHERE tenant_id = %(tenant)s").format(sql.Identifier(table)), parameters
        )
    # The hash of every key of the tenant would spill to disk with the default of 4 MB.
    cursor.execute("SELECT set_config('work_mem', '128MB', true)")
    _write(cursor, lines=lines_sql(), costs=costs_sql())
    cursor.execute("SELECT set_config('work_mem', '4MB', true)")
