"""The ledger in the tenant's base currency, as SQL: the one definition that rollups and P&L share (K1).

Parameters: %(tenant)s, %(base)s. Amounts are converted unrounded: 4 decimals times a rate of 8 are exact in 12.
An estimated cost of goods is rounded to the same 12 decimals line by line, so that sums add up exactly.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg2 import sql

NOTHING = sql.SQL("")

# First day of the month of the date in `l`, without a detour over time zones.
MONTH = sql.SQL("(l.date - (date_part('day', l.date)::int - 1))")

_LINES = sql.SQL(
    """
    SELECT l.account_id, l.product_id, l.segment_id, l.date,
           CASE WHEN l.currency = %(base)s THEN l.net_sales ELSE l.net_sales * x.rate END AS net_sales,
           CASE WHEN l.cogs IS NULL THEN round(
                    CASE WHEN l.currency = %(base)s THEN l.net_sales ELSE l.net_sales * x.rate END
                    * (1 - m.default_gross_margin::numeric), 12)
                WHEN l.currency = %(base)s THEN l.cogs
                ELSE l.cogs * x.rate END AS cogs,
           l.cogs IS NULL AS no_cogs
    FROM {source} l
    LEFT JOIN accounts_exchangerate x
      ON x.tenant_id = %(tenant)s AND x.currency = l.currency AND x.month = {month}
    LEFT JOIN (
        SELECT p.id, pl.default_gross_margin
        FROM accounts_product p
        JOIN accounts_productline pl ON pl.tenant_id = %(tenant)s AND pl.id = p.product_line_id
        WHERE p.tenant_id = %(tenant)s AND pl.default_gross_margin IS NOT NULL
    ) m ON m.id = l.product_id
    WHERE l.tenant_id = %(tenant)s {where}
    """
)

_COSTS = sql.SQL(
    """
    SELECT l.account_id, l.date, l.category,
           CASE WHEN l.currency = %(base)s THEN l.amount ELSE l.amount * x.rate END AS amount
    FROM {source} l
    LEFT JOIN accounts_exchangerate x
      ON x.tenant_id = %(tenant)s AND x.currency = l.currency AND x.month = {month}
    WHERE l.tenant_id = %(tenant)s {where}
    """
)


def lines_sql(*, source: sql.Composable | None = None, where: sql.Composable = NOTHING) -> sql.Composed:
    """One row per sales line in the base currency; `cogs` is null where neither the line nor the default
    margin of its product line knows it. `where` begins with AND; the ledger's table, or the `source` in its
    place, is `l`."""
    return _LINES.format(month=MONTH, source=source or sql.Identifier("accounts_salesline"), where=where)


def costs_sql(*, source: sql.Composable | None = None, where: sql.Composable = NOTHING) -> sql.Composed:
    """One row per cost-to-serve entry in the base currency."""
    return _COSTS.format(month=MONTH, source=source or sql.Identifier("accounts_costentry"), where=where)


@contextmanager
def hash_joins(cursor: Any) -> Iterator[None]:
    """No nested loops for a `with` block (of the open transaction).

    Right after an import the statistics still speak of an empty ledger: the planner then looks rates and
    margins up line by line, at worst in a scan each (127 s instead of 0.2 s were seen for 60,000 lines)."""
    cursor.execute("SELECT set_config('enable_nestloop', 'off', true)")
    yield
    cursor.execute("SELECT set_config('enable_nestloop', 'on', true)")
