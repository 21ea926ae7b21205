"""The ledger in the tenant's base currency, as SQL: the one definition that rollups and P&L share (K1).

Parameters: %(tenant)s, %(base)s. Amounts are converted unrounded: 4 decimals times a rate of 8 are exact in 12.
An estimated cost of goods is rounded to the same 12 decimals line by line, so that sums add up exactly.
"""

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
    FROM accounts_salesline l
    {touched}
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
    FROM accounts_costentry l
    {touched}
    LEFT JOIN accounts_exchangerate x
      ON x.tenant_id = %(tenant)s AND x.currency = l.currency AND x.month = {month}
    WHERE l.tenant_id = %(tenant)s {where}
    """
)


def lines_sql(*, touched: sql.Composable = NOTHING, where: sql.Composable = NOTHING) -> sql.Composed:
    """One row per sales line in the base currency; `cogs` is null where neither the line nor the default
    margin of its product line knows it. `touched` is a further JOIN, `where` begins with AND; the ledger is `l`."""
    return _LINES.format(month=MONTH, touched=touched, where=where)


def costs_sql(*, touched: sql.Composable = NOTHING, where: sql.Composable = NOTHING) -> sql.Composed:
    """One row per cost-to-serve entry in the base currency."""
    return _COSTS.format(month=MONTH, touched=touched, where=where)
