"""What the engine reads: one set-based query per kind of row for a whole range of accounts (ARCHITECTURE §5).

The month rollup is summed by quarter (three months counted back from the reference month) in SQL: every
window of the engine is made of whole quarters, and a third of the rows is sent. Money is summed as `numeric`.
"""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection
from numpy.typing import NDArray

from accounts.models import AccountMonth, ExchangeRate, ProductLine
from kam.tenancy.context import current_tenant_id
from metrics.engine import month_index
from metrics.engine.windows import QUARTER
from metrics.selectors.copying import CODES, MONEY, TEXT, copy_out

FIRST_MONTH = datetime.date(1970, 1, 1)
# Codes of the windows among the quarter numbers of `read_months`.
LAST_12M, PRIOR_12M, LAST_36M = -1, -2, -3


@dataclass(frozen=True)
class Scope:
    """Which accounts are read: a range of ids (both ends included), or the ids themselves."""

    first: uuid.UUID | None = None
    last: uuid.UUID | None = None
    ids: Sequence[uuid.UUID] | None = None

    def where(self, column: str) -> tuple[str, list[Any]]:
        """The condition on an id column, with its parameters."""
        if self.ids is not None:
            return f"{column} = ANY(%s::uuid[])", [[str(i) for i in self.ids]]
        if self.first is None or self.last is None:
            return "true", []
        return f"{column} BETWEEN %s AND %s", [str(self.first), str(self.last)]


EVERY_ACCOUNT = Scope()


def month_start(month: int) -> datetime.date:
    """The first day of an engine month."""
    return datetime.date(month // 12, month % 12 + 1, 1)


def read_accounts(scope: Scope) -> pa.Table:
    """The accounts of a scope with everything about them that the engine needs, in the order of their ids.

    `industry` "" = not known. Amounts are in the account's currency (`currency` "" = base).
    """
    where, params = scope.where("id")
    return copy_out(
        f"""
        SELECT id, coalesce(external_id, id::text), industry, currency, customer_since, acquisition_cost,
               category_spend, is_key_account::int, clv_retention, clv_discount_rate, clv_growth,
               clv_horizon_years
        FROM accounts_account WHERE tenant_id = %s AND {where} ORDER BY id
        """,
        [str(current_tenant_id()), *params],
        {
            "id": TEXT,
            "external_id": TEXT,
            "industry": TEXT,
            "currency": TEXT,
            "customer_since": pa.date32(),
            "acquisition_cost": pa.float64(),
            "category_spend": pa.float64(),
            "is_key_account": pa.int8(),
            "clv_retention": pa.float64(),
            "clv_discount_rate": pa.float64(),
            "clv_growth": pa.float64(),
            "clv_horizon_years": pa.float64(),
        },
    )


def read_months(account_ids: Sequence[str], scope: Scope, reference: datetime.date) -> pa.Table:
    """The month rollup up to the reference month, per account and quarter, and per account and window.

    `account`: position in `account_ids`. `block`: quarters counted back (0 = newest), or the negative code
    of a window. Money columns are exact sums in the base currency: `net_sales`, `unknown_sales` (no cost
    known), `cogs`, `cogs_estimated` (the part of it that a default margin stands for), `cost_to_serve`;
    `known_margin` = net − unknown − cogs and `contribution` = that − cost_to_serve. `first_sale`,
    `last_sale`: days in months with a sale (positive net sales on some day); `sale_months`: how many such
    months; `lines`; `unknown_lines`.
    """
    tenant = str(current_tenant_id())
    reference_month = month_index(reference)
    oldest = (
        AccountMonth.objects.filter(tenant_id=tenant)
        .order_by("month")
        .values_list("month", flat=True)
        .first()
    )
    first = max(month_index(max(oldest or reference, FIRST_MONTH)), 0)
    months = list(range(first, reference_month + 1))
    where, params = scope.where("m.account_id")
    return copy_out(
        f"""
        WITH quarters AS MATERIALIZED (
            SELECT a.position, w.block,
                   sum(m.net_sales) AS net_sales, sum(m.unknown_sales) AS unknown_sales,
                   sum(m.cogs) AS cogs, sum(m.cogs_estimated) AS cogs_estimated,
                   sum(m.cost_to_serve) AS cost_to_serve,
                   sum(m.lines) AS lines, sum(m.unknown_lines) AS unknown_lines,
                   count(*) FILTER (WHERE m.positive_days > 0) AS sale_months,
                   min(m.first_sale) FILTER (WHERE m.positive_days > 0) AS first_sale,
                   max(m.last_sale) FILTER (WHERE m.positive_days > 0) AS last_sale
            FROM accounts_accountmonth m
            JOIN unnest(%s::uuid[]) WITH ORDINALITY AS a(id, position) ON a.id = m.account_id
            JOIN unnest(%s::date[], %s::int[]) AS w(month, block) ON w.month = m.month
            WHERE m.tenant_id = %s AND {where}
            GROUP BY a.position, w.block
        )
        SELECT position - 1, block, net_sales, unknown_sales, cogs, cogs_estimated, cost_to_serve, NULL, NULL,
               lines, unknown_lines, sale_months, first_sale, last_sale
        FROM quarters
        UNION ALL
        SELECT q.position - 1, v.code, sum(net_sales), sum(unknown_sales), sum(cogs), sum(cogs_estimated),
               sum(cost_to_serve), sum(net_sales - unknown_sales - cogs),
               sum(net_sales - unknown_sales - cogs - cost_to_serve),
               sum(lines), sum(unknown_lines), sum(sale_months), min(first_sale), max(last_sale)
        FROM quarters q
        JOIN (VALUES (%s, 0, 3), (%s, 4, 7), (%s, 0, 11)) AS v(code, first, last)
          ON q.block BETWEEN v.first AND v.last
        GROUP BY q.position, v.code
        """,
        [
            list(account_ids),
            [month_start(month) for month in months],
            [(reference_month - month) // QUARTER for month in months],
            tenant,
            *params,
            *(LAST_12M, PRIOR_12M, LAST_36M),
        ],
        {
            "account": pa.int64(),
            "block": pa.int64(),
            "net_sales": MONEY,
            "unknown_sales": MONEY,
            "cogs": MONEY,
            "cogs_estimated": MONEY,
            "cost_to_serve": MONEY,
            "known_margin": MONEY,
            "contribution": MONEY,
            "lines": pa.int64(),
            "unknown_lines": pa.int64(),
            "sale_months": pa.int64(),
            "first_sale": pa.date32(),
            "last_sale": pa.date32(),
        },
    )


def read_contribution_since(
    account_ids: Sequence[str], first_months: Sequence[datetime.date], reference: datetime.date
) -> dict[str, Decimal | None]:
    """Contribution of each account from its first month of sales to the reference month (K3, base currency).

    None where a line without a known cost makes it not known. Accounts without a row are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT m.account_id::text,
                   CASE WHEN sum(m.unknown_lines) = 0 THEN sum(m.net_sales - m.cogs - m.cost_to_serve) END
            FROM accounts_accountmonth m
            JOIN unnest(%s::uuid[], %s::date[]) AS a(id, month) ON a.id = m.account_id AND m.month >= a.month
            WHERE m.tenant_id = %s AND m.month <= %s
            GROUP BY m.account_id
            """,
            [list(account_ids), list(first_months), str(current_tenant_id()), reference],
        )
        return dict(cursor.fetchall())


def read_cells(
    account_ids: Sequence[str], scope: Scope, lines: Sequence[str], reference: datetime.date
) -> pa.Table:
    """The ledger by account × product line × segment × co-created over 24 months (K4, K5), base currency.

    `account`, `line`: positions in `account_ids` and `lines`. `segment` "" = none. `current`, `previous`: net
    sales of the trailing 12 months and of the 12 before; `known` and `cogs`: of the trailing 12 months, net
    sales with a known cost and that cost.
    """
    month = month_index(reference)
    where, params = scope.where("c.account_id")
    year = month_start(month - 11)
    return copy_out(
        f"""
        SELECT a.position - 1, l.position - 1, coalesce(c.segment_id::text, '-'), p.co_created::int,
               coalesce(sum(c.net_sales) FILTER (WHERE c.month >= %s), 0)::float8,
               coalesce(sum(c.net_sales) FILTER (WHERE c.month < %s), 0)::float8,
               coalesce(sum(c.net_sales - c.unknown_sales) FILTER (WHERE c.month >= %s), 0)::float8,
               coalesce(sum(c.cogs) FILTER (WHERE c.month >= %s), 0)::float8
        FROM accounts_cellmonth c
        JOIN unnest(%s::uuid[]) WITH ORDINALITY AS a(id, position) ON a.id = c.account_id
        JOIN accounts_product p ON p.tenant_id = %s AND p.id = c.product_id
        JOIN unnest(%s::uuid[]) WITH ORDINALITY AS l(id, position) ON l.id = p.product_line_id
        WHERE c.tenant_id = %s AND {where} AND c.month BETWEEN %s AND %s
        GROUP BY a.position, l.position, c.segment_id, p.co_created
        """,
        [
            *[year] * 4,
            list(account_ids),
            str(current_tenant_id()),
            list(lines),
            str(current_tenant_id()),
            *params,
            month_start(month - 23),
            month_start(month),
        ],
        {
            "account": pa.int64(),
            "line": pa.int64(),
            "segment": CODES,
            "co_created": pa.int8(),
            "current": pa.float64(),
            "previous": pa.float64(),
            "known": pa.float64(),
            "cogs": pa.float64(),
        },
    )


def read_entered(account_ids: Sequence[str], scope: Scope, lines: Sequence[str]) -> pa.Table:
    """The entered potentials of the Open Space (K6): one row per cell with a potential, base currency per year.

    `override`: the growth type that a person chose, null = computed. `probability` null = tenant default.
    """
    where, params = scope.where("o.account_id")
    return copy_out(
        f"""
        SELECT a.position - 1, l.position - 1, coalesce(o.segment_id::text, '-'), o.potential::float8,
               o.probability, nullif(o.growth_type_override, '')
        FROM planning_openspacecell o
        JOIN unnest(%s::uuid[]) WITH ORDINALITY AS a(id, position) ON a.id = o.account_id
        JOIN unnest(%s::uuid[]) WITH ORDINALITY AS l(id, position) ON l.id = o.product_line_id
        WHERE o.tenant_id = %s AND {where} AND o.potential IS NOT NULL
        """,
        [list(account_ids), list(lines), str(current_tenant_id()), *params],
        {
            "account": pa.int64(),
            "line": pa.int64(),
            "segment": CODES,
            "potential": pa.float64(),
            "probability": pa.float64(),
            "override": TEXT,
        },
    )


def read_purchases(
    account_ids: Sequence[str], scope: Scope, reference: datetime.date, base_currency: str
) -> pa.Table:
    """Purchases of each account (K3): days with positive sales in the base currency, up to the reference date.

    `frequency`: purchases after the first; `recency`, `age`: days; `mean_value`: of the repeat purchases.
    Accounts that never bought have no row.
    """
    where, params = scope.where("s.account_id")
    tenant = str(current_tenant_id())
    return copy_out(
        f"""
        WITH days AS (
            SELECT a.position, s.date,
                   sum(s.net_sales * CASE WHEN s.currency = %s THEN 1 ELSE r.rate END)::float8 AS value
            FROM accounts_salesline s
            JOIN unnest(%s::uuid[]) WITH ORDINALITY AS a(id, position) ON a.id = s.account_id
            LEFT JOIN accounts_exchangerate r
              ON r.tenant_id = %s AND r.currency = s.currency AND r.month = date_trunc('month', s.date)::date
            WHERE s.tenant_id = %s AND {where} AND s.date <= %s
            GROUP BY a.position, s.date
        ), purchases AS (
            SELECT position, date, value, min(date) OVER (PARTITION BY position) AS first
            FROM days WHERE value > 0
        )
        SELECT position - 1, (count(*) - 1)::float8, (max(date) - min(date))::float8, (%s - min(date))::float8,
               coalesce(avg(value) FILTER (WHERE date > first), 0)
        FROM purchases GROUP BY position
        """,
        [base_currency, list(account_ids), tenant, tenant, *params, reference, reference],
        {
            "account": pa.int64(),
            "frequency": pa.float64(),
            "recency": pa.float64(),
            "age": pa.float64(),
            "mean_value": pa.float64(),
        },
    )


@dataclass(frozen=True)
class Lines:
    """Product lines: the catalogue's first, then the co-creation ideas of the accounts in scope.

    `slot` (all lines,): the column of a line in arrays by line. An idea belongs to one account, so ideas share
    columns: an account's first idea has the first column after the catalogue, and so on.
    """

    ids: list[str]
    slot: NDArray[np.int64]
    catalogue: int
    slots: int

    @property
    def is_idea(self) -> NDArray[np.bool_]:
        """Which columns hold ideas, shape (slots,)."""
        ideas: NDArray[np.bool_] = np.arange(self.slots) >= self.catalogue
        return ideas


def read_catalogue() -> list[str]:
    """Ids of the catalogue's product lines, in a fixed order."""
    rows = ProductLine.objects.filter(tenant_id=current_tenant_id(), account__isnull=True)
    return [str(line) for line in rows.order_by("id").values_list("id", flat=True)]


def read_lines(catalogue: Sequence[str], scope: Scope) -> Lines:
    """The catalogue (as a run fixed it) and the ideas of the accounts in scope."""
    ideas = ProductLine.objects.filter(tenant_id=current_tenant_id(), account__isnull=False)
    if scope.ids is not None:
        ideas = ideas.filter(account__in=scope.ids)
    elif scope.first is not None and scope.last is not None:
        ideas = ideas.filter(account_id__gte=scope.first, account_id__lte=scope.last)
    ids, slots, seen = list(catalogue), list(range(len(catalogue))), dict[uuid.UUID, int]()
    for line, account in ideas.order_by("account_id", "id").values_list("id", "account_id"):
        seen[account] = seen.get(account, -1) + 1
        ids.append(str(line))
        slots.append(len(catalogue) + seen[account])
    most = max(seen.values(), default=-1) + 1
    return Lines(
        ids=ids, slot=np.array(slots, dtype=np.int64), catalogue=len(catalogue), slots=len(catalogue) + most
    )


def read_rates(reference: datetime.date) -> dict[str, Decimal]:
    """The newest rate of each currency up to the reference month: what yearly amounts of accounts convert at."""
    rows = (
        ExchangeRate.objects.filter(tenant_id=current_tenant_id(), month__lte=reference)
        .order_by("currency", "-month")
        .distinct("currency")
        .values_list("currency", "rate")
    )
    return dict(rows)
