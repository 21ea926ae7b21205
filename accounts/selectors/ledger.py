"""Reads of the ledger: profit and loss from the lines themselves, and what it lacks (K1)."""

import uuid
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from psycopg2 import sql

from accounts.models import CostCategory, CostEntry, SalesLine
from accounts.selectors.ledger_sql import MONTH, costs_sql, hash_joins, lines_sql
from kam.tenancy.context import current_tenant_id
from kam.tenancy.selectors import tenant_settings

ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Pnl:
    """A profit and loss account for a range of days, in the tenant's base currency, unrounded.

    `cogs_known` holds what the lines say plus what default margins estimate (`cogs_estimated` of it);
    `unknown_sales` are the net sales of lines with neither. Where there is such a line, cost of goods and
    every margin are null; `known_margin` is the part that is known, `known_share` its share of net sales.
    """

    currency: str
    date_from: date
    date_to: date
    net_sales: Decimal = ZERO
    cogs_known: Decimal = ZERO
    cogs_estimated: Decimal = ZERO
    unknown_sales: Decimal = ZERO
    lines: int = 0
    unknown_lines: int = 0
    cost_to_serve: dict[str, Decimal] = field(default_factory=dict)

    @property
    def cogs(self) -> Decimal | None:
        """Cost of goods sold; null when it is not known for every line."""
        return self.cogs_known if self.unknown_lines == 0 else None

    @property
    def gross_margin(self) -> Decimal | None:
        """Net sales − cost of goods (K1)."""
        return None if self.cogs is None else self.net_sales - self.cogs

    @property
    def cost_to_serve_total(self) -> Decimal:
        return sum(self.cost_to_serve.values(), ZERO)

    @property
    def contribution_margin(self) -> Decimal | None:
        """Gross margin − cost-to-serve (K1)."""
        return None if self.gross_margin is None else self.gross_margin - self.cost_to_serve_total

    @property
    def contribution_ratio(self) -> float | None:
        """Contribution margin / net sales, a ratio; null unless net sales are above zero."""
        margin = self.contribution_margin
        return None if margin is None or self.net_sales <= 0 else float(margin / self.net_sales)

    @property
    def known_margin(self) -> Decimal:
        """Gross margin of the lines whose cost of goods is known or estimated."""
        return self.net_sales - self.unknown_sales - self.cogs_known

    @property
    def known_share(self) -> float | None:
        """Share of net sales whose margin is known, a ratio; null unless net sales are above zero."""
        return float(1 - self.unknown_sales / self.net_sales) if self.net_sales > 0 else None


_TOTALS = sql.SQL(
    """
    SELECT {key}, sum(net_sales), coalesce(sum(cogs), 0), coalesce(sum(cogs) FILTER (WHERE no_cogs), 0),
           coalesce(sum(net_sales) FILTER (WHERE cogs IS NULL), 0), count(*),
           count(*) FILTER (WHERE cogs IS NULL)
    FROM ({lines}) l GROUP BY 1
    """
)
_COST_TOTALS = sql.SQL("SELECT {key}, category, sum(amount) FROM ({costs}) l GROUP BY 1, 2")
_ALL = sql.SQL("NULL")


def account_pnl(*, account_id: uuid.UUID, date_from: date, date_to: date) -> Pnl:
    """The P&L of an account for a range of days, both included, read from the lines."""
    return _pnl_by(_ALL, date_from=date_from, date_to=date_to, account_id=account_id).get(
        None, _empty(date_from, date_to)
    )


def tenant_pnl(*, date_from: date, date_to: date) -> Pnl:
    """The P&L of all accounts together: the sum of their P&Ls."""
    return _pnl_by(_ALL, date_from=date_from, date_to=date_to).get(None, _empty(date_from, date_to))


def pnl_by_account(*, date_from: date, date_to: date) -> dict[uuid.UUID, Pnl]:
    """The P&L of every account with a line or an entry in the range."""
    return _pnl_by(sql.SQL("account_id"), date_from=date_from, date_to=date_to)


def account_pnl_by_month(*, account_id: uuid.UUID, date_from: date, date_to: date) -> list[Pnl]:
    """One P&L per calendar month that has a line or an entry, oldest first; months are cut to the range."""
    found = _pnl_by(MONTH, date_from=date_from, date_to=date_to, account_id=account_id)
    return [
        _ranged(pnl, max(month, date_from), min(_month_end(month), date_to))
        for month, pnl in sorted(found.items())
    ]


def account_pnl_by_year(
    *, account_id: uuid.UUID, date_from: date | None = None, date_to: date | None = None
) -> list[Pnl]:
    """One P&L per fiscal year from the account's first day in the ledger to its last, oldest first.

    Fiscal years begin with the tenant's `fiscal_year_start`; years without a row in between are there, empty.
    """
    first, last = ledger_span(account_id=account_id)
    first, last = date_from or first, date_to or last
    if first is None or last is None:
        return []
    start = tenant_settings().fiscal_year_start
    shift = sql.SQL("(date_part('year', l.date)::int - (date_part('month', l.date)::int < {})::int)").format(
        sql.Literal(start)
    )
    found = _pnl_by(shift, date_from=first, date_to=last, account_id=account_id)
    years = []
    for year in range(first.year - (first.month < start), last.year - (last.month < start) + 1):
        begin = max(date(year, start, 1), first) if date_from else date(year, start, 1)
        end = date(year + 1, start, 1) - timedelta(days=1)
        years.append(
            _ranged(found.get(year, _empty(begin, end)), begin, min(end, date_to) if date_to else end)
        )
    return years


def ledger_span(*, account_id: uuid.UUID | None = None) -> tuple[date | None, date | None]:
    """First and last day with a line or an entry, of an account or of the tenant."""
    where = sql.SQL("AND account_id = %(account)s") if account_id else sql.SQL("")
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "SELECT min(first), max(last) FROM ("
                "SELECT min(date) AS first, max(date) AS last FROM accounts_salesline "
                "WHERE tenant_id = %(tenant)s {where} UNION ALL "
                "SELECT min(date), max(date) FROM accounts_costentry WHERE tenant_id = %(tenant)s {where}) span"
            ).format(where=where),
            {"tenant": current_tenant_id(), "account": account_id},
        )
        row = cursor.fetchone()
    return row[0], row[1]


def rate_gaps(*, base_currency: str | None = None) -> list[tuple[str, date]]:
    """Currencies and months that the ledger needs and the rate table lacks, with this base currency
    (default: the tenant's own). Empty means that every amount can be converted."""
    base = base_currency or tenant_settings().base_currency
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                """
                SELECT used.currency, used.month FROM (
                    SELECT l.currency, {month} AS month FROM accounts_salesline l
                    WHERE l.tenant_id = %(tenant)s AND l.currency <> %(base)s GROUP BY 1, 2
                    UNION
                    SELECT l.currency, {month} FROM accounts_costentry l
                    WHERE l.tenant_id = %(tenant)s AND l.currency <> %(base)s GROUP BY 1, 2
                ) used
                LEFT JOIN accounts_exchangerate x
                  ON x.tenant_id = %(tenant)s AND x.currency = used.currency AND x.month = used.month
                WHERE x.id IS NULL ORDER BY 1, 2
                """
            ).format(month=MONTH),
            {"tenant": current_tenant_id(), "base": base},
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]


def sales_line_list(*, account_id: uuid.UUID | None = None) -> QuerySet[SalesLine]:
    """Sales lines of the tenant (of one account), newest key last, with what they name."""
    tenant_id = current_tenant_id()
    lines = SalesLine.objects.select_related("account", "product", "segment").filter(
        tenant_id=tenant_id, account__tenant_id=tenant_id, product__tenant_id=tenant_id
    )
    return (lines.filter(account_id=account_id) if account_id else lines).order_by("id")


def cost_entry_list(*, account_id: uuid.UUID | None = None) -> QuerySet[CostEntry]:
    """Cost-to-serve entries of the tenant (of one account), newest key last."""
    tenant_id = current_tenant_id()
    entries = CostEntry.objects.select_related("account").filter(
        tenant_id=tenant_id, account__tenant_id=tenant_id
    )
    return (entries.filter(account_id=account_id) if account_id else entries).order_by("id")


def _pnl_by(
    key: sql.Composable, *, date_from: date, date_to: date, account_id: uuid.UUID | None = None
) -> dict[Any, Pnl]:
    where = "AND l.date >= %(from)s AND l.date <= %(to)s" + (
        " AND l.account_id = %(account)s" if account_id else ""
    )
    base = tenant_settings().base_currency
    parameters: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "base": base,
        "from": date_from,
        "to": date_to,
        "account": account_id,
    }
    sales: dict[Any, tuple[Any, ...]] = {}
    costs: dict[Any, dict[str, Decimal]] = {}
    with connection.cursor() as cursor, nullcontext() if account_id else hash_joins(cursor):
        cursor.execute(_TOTALS.format(key=key, lines=lines_sql(where=sql.SQL(where))), parameters)
        for row in cursor.fetchall():
            sales[row[0]] = row[1:]
        cursor.execute(_COST_TOTALS.format(key=key, costs=costs_sql(where=sql.SQL(where))), parameters)
        for found, category, amount in cursor.fetchall():
            costs.setdefault(found, {})[category] = amount
    result = {}
    for found in sales.keys() | costs.keys():
        net, cogs, estimated, unknown, lines, unknown_lines = sales.get(found, (ZERO, ZERO, ZERO, ZERO, 0, 0))
        by_category = costs.get(found, {})
        result[found] = Pnl(
            currency=base,
            date_from=date_from,
            date_to=date_to,
            net_sales=net,
            cogs_known=cogs,
            cogs_estimated=estimated,
            unknown_sales=unknown,
            lines=lines,
            unknown_lines=unknown_lines,
            cost_to_serve={name: by_category[name] for name in CostCategory.values if name in by_category},
        )
    return result


def _empty(date_from: date, date_to: date) -> Pnl:
    return Pnl(currency=tenant_settings().base_currency, date_from=date_from, date_to=date_to)


def _ranged(pnl: Pnl, date_from: date, date_to: date) -> Pnl:
    return replace(pnl, date_from=date_from, date_to=date_to)


def _month_end(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
