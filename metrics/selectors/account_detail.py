"""What the pages of one account read: its record, its months, its lines. Few queries, whatever the size."""

import datetime
import uuid
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, OuterRef, QuerySet, Subquery
from psycopg2.sql import SQL

from accounts.models import Account, AccountMonth
from accounts.selectors.accounts import account_visible, sees_all_accounts
from accounts.selectors.ledger_sql import MONTH, costs_sql
from kam.common.prepared import Prepared
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id
from metrics.models import AccountMetrics
from metrics.selectors.account_metrics import metrics_of

ZERO = Decimal(0)


def account_metrics(*, account_id: uuid.UUID) -> AccountMetrics | None:
    """The published record of an account, or None while nothing was computed for it."""
    row = metrics_of(account_id)
    return row if row is not None and row.engine_version else None


@dataclass(frozen=True)
class Month:
    """One calendar month of an account, base currency. `contribution` None = a line without a known cost.

    `estimated`: part of the cost of goods stands on the product line's default margin."""

    month: datetime.date
    net_sales: Decimal = ZERO
    gross_margin: Decimal | None = ZERO
    cost_to_serve: Decimal = ZERO
    contribution: Decimal | None = ZERO
    estimated: bool = False


def month_start(day: datetime.date, offset: int = 0) -> datetime.date:
    """The first day of the month `offset` months after that of `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 + offset, 12)
    return datetime.date(year, month + 1, 1)


_MONTHS = Prepared(
    lambda tenant, account, last: AccountMonth.objects.filter(
        tenant_id=tenant, account_id=account, month__lte=last
    ).values_list("month", "net_sales", "cogs", "cogs_estimated", "unknown_lines", "cost_to_serve"),
    tenant=uuid.UUID,
    account=uuid.UUID,
    last=datetime.date,
)


def account_months(*, account_id: uuid.UUID, reference_date: datetime.date, least: int = 36) -> list[Month]:
    """Every calendar month from the first in the ledger to the reference month, oldest first; one query.

    At least `least` months; those without a row are 0. Whole months of the rollup equal the ledger's lines.
    """
    rows = _MONTHS(tenant=current_tenant_id(), account=account_id, last=month_start(reference_date))
    found = {}
    for month, net_sales, cogs, estimated, unknown_lines, cost_to_serve in rows:
        margin = None if unknown_lines else net_sales - cogs
        found[month] = Month(
            month=month,
            net_sales=net_sales,
            gross_margin=margin,
            cost_to_serve=cost_to_serve,
            contribution=None if margin is None else margin - cost_to_serve,
            estimated=bool(estimated),
        )
    first = min([*found, month_start(reference_date, 1 - least)])
    span = (reference_date.year - first.year) * 12 + reference_date.month - first.month + 1
    days = [month_start(first, index) for index in range(span)]
    return [found.get(day) or Month(month=day) for day in days]


def account_costs(
    *, account_id: uuid.UUID, reference_date: datetime.date, base_currency: str
) -> dict[datetime.date, dict[str, Decimal]]:
    """Cost-to-serve by month and category up to the reference date, base currency; one query."""
    query = SQL("SELECT {month}, category, sum(amount) FROM ({costs}) l GROUP BY 1, 2").format(
        month=MONTH, costs=costs_sql(where=SQL("AND l.account_id = %(account)s AND l.date <= %(to)s"))
    )
    found: dict[datetime.date, dict[str, Decimal]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            query,
            {
                "tenant": current_tenant_id(),
                "base": base_currency,
                "account": account_id,
                "to": reference_date,
            },
        )
        for month, category, amount in cursor.fetchall():
            found[month][category] = amount
    return found


class Quarter(NamedTuple):
    """Three months counted back from the reference month; ratio None without sales or with unknown margin."""

    first: datetime.date
    last: datetime.date
    net_sales: Decimal
    contribution: Decimal | None
    ratio: float | None


def quarters_of(months: list[Month], count: int = 12) -> list[Quarter]:
    """Blocks of three months, oldest first, counted back from the last month."""
    blocks: list[Quarter] = []
    for end in range(len(months), 0, -3):
        block = months[max(0, end - 3) : end]
        if len(block) < 3 or len(blocks) == count:
            break
        sales = sum((month.net_sales for month in block), ZERO)
        known = [month.contribution for month in block if month.contribution is not None]
        contribution = sum(known, ZERO) if len(known) == 3 else None
        ratio = float(contribution / sales) if contribution is not None and sales > 0 else None
        blocks.append(Quarter(block[0].month, block[-1].month, sales, contribution, ratio))
    return blocks[::-1]


class Totals(NamedTuple):
    """Sums of a run of months. Margins are None as soon as one month's is not known (K1)."""

    net_sales: Decimal
    gross_margin: Decimal | None
    cost_to_serve: Decimal
    contribution: Decimal | None


def totals_of(months: list[Month]) -> Totals:
    """Sum of some months, base currency."""
    margins = [month.gross_margin for month in months]
    known = None if None in margins else sum((value for value in margins if value is not None), ZERO)
    served = sum((month.cost_to_serve for month in months), ZERO)
    return Totals(
        net_sales=sum((month.net_sales for month in months), ZERO),
        gross_margin=known,
        cost_to_serve=served,
        contribution=None if known is None else known - served,
    )


class Cell(NamedTuple):
    """Sales of one segment × product line in the 12 months and the 12 before, base currency (K5)."""

    line: str
    line_id: uuid.UUID
    business_unit: str
    segment: str
    segment_id: uuid.UUID | None
    co_created: bool
    current: Decimal
    previous: Decimal
    margin: Decimal | None


_CELLS = """
    SELECT l.name, l.id, coalesce(u.name, ''), coalesce(s.name, ''), c.segment_id, p.co_created,
           coalesce(sum(c.net_sales) FILTER (WHERE c.month >= %(recent)s), 0),
           coalesce(sum(c.net_sales) FILTER (WHERE c.month < %(recent)s), 0),
           coalesce(sum(c.cogs) FILTER (WHERE c.month >= %(recent)s), 0),
           coalesce(sum(c.unknown_lines) FILTER (WHERE c.month >= %(recent)s), 0)
    FROM accounts_cellmonth c
    JOIN accounts_product p ON p.tenant_id = %(tenant)s AND p.id = c.product_id
    JOIN accounts_productline l ON l.tenant_id = %(tenant)s AND l.id = p.product_line_id
    LEFT JOIN accounts_businessunit u ON u.tenant_id = %(tenant)s AND u.id = l.business_unit_id
    LEFT JOIN accounts_segment s ON s.tenant_id = %(tenant)s AND s.id = c.segment_id
    WHERE c.tenant_id = %(tenant)s AND c.account_id = %(account)s AND c.month BETWEEN %(first)s AND %(last)s
    GROUP BY l.name, l.id, u.name, s.name, c.segment_id, p.co_created
"""


def account_cells(*, account_id: uuid.UUID, reference_date: datetime.date) -> list[Cell]:
    """Sales by segment × product line, co-created products apart; one query.

    `margin` is the gross margin of the 12 months, None where a line's cost is not known."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CELLS,
            {
                "tenant": current_tenant_id(),
                "account": account_id,
                "first": month_start(reference_date, -23),
                "recent": month_start(reference_date, -11),
                "last": month_start(reference_date),
            },
        )
        return [
            Cell._make((*row, now, before, None if unknown else now - cogs))
            for *row, now, before, cogs, unknown in cursor.fetchall()
        ]


class LineSales(NamedTuple):
    """One product line of an account: net sales now and before, gross margin now (None = not known)."""

    line: str
    business_unit: str
    current: Decimal
    previous: Decimal
    margin: Decimal | None


def line_mix(cells: list[Cell]) -> list[LineSales]:
    """Cells added up by product line, the largest sales first."""
    grouped: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        grouped[cell.line].append(cell)
    lines = []
    for line, parts in grouped.items():
        margins = [cell.margin for cell in parts]
        lines.append(
            LineSales(
                line=line,
                business_unit=parts[0].business_unit,
                current=sum((cell.current for cell in parts), ZERO),
                previous=sum((cell.previous for cell in parts), ZERO),
                margin=None if None in margins else sum((m for m in margins if m is not None), ZERO),
            )
        )
    return sorted(lines, key=lambda item: (-item.current, item.line))


def growth_sources(cells: list[Cell]) -> dict[str, list[tuple[str, Decimal]]]:
    """Which lines stand behind each source of growth (K5), the largest change first.

    The rules are those of `metrics.engine.growth`: co-created first, sold in both windows is organic, a known
    line in a new segment is up-sell, a line new to the account is cross-sell, sold only before is loss.
    """
    known_lines = {cell.line_id for cell in cells if cell.previous > 0}
    several_segments = len({cell.segment_id for cell in cells}) > 1
    plain: dict[tuple[uuid.UUID, uuid.UUID | None], list[Cell]] = defaultdict(list)
    found: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
    for cell in cells:
        if cell.co_created:
            found["co_creation"].append((_cell_name(cell, several_segments), cell.current - cell.previous))
        else:
            plain[cell.line_id, cell.segment_id].append(cell)
    for (line_id, _), parts in plain.items():
        now = sum((cell.current for cell in parts), ZERO)
        before = sum((cell.previous for cell in parts), ZERO)
        if (now > 0) == (before > 0):
            source = "organic"
        elif now > 0:
            source = "up_sell" if line_id in known_lines else "cross_sell"
        else:
            source = "loss"
        found[source].append((_cell_name(parts[0], several_segments), now - before))
    return {source: sorted(items, key=lambda item: -abs(item[1])) for source, items in found.items()}


def _cell_name(cell: Cell, several_segments: bool) -> str:
    if not several_segments:
        return cell.line
    return f"{cell.line}, {cell.segment or 'whole account'}"


class Child(NamedTuple):
    """An account below another one, with its net sales of 12 months (None = not computed)."""

    id: uuid.UUID
    name: str
    country: str
    net_sales: Decimal | None
    contribution: Decimal | None


CHILDREN = 50


def _children_of(accounts: "QuerySet[Account, Any]", tenant: uuid.UUID, account: uuid.UUID) -> Any:
    own = AccountMetrics.objects.filter(tenant_id=tenant, account_id=OuterRef("pk"))
    return (
        accounts.filter(parent_id=account)
        .annotate(
            sales=Subquery(own.values("net_sales_12m")[:1]),
            earned=Subquery(own.values("contribution_12m")[:1]),
        )
        .order_by(F("earned").asc(nulls_last=True), "name", "id")
        .values_list("id", "name", "country", "sales", "earned")[:CHILDREN]
    )


_CHILDREN = Prepared(
    lambda tenant, account: _children_of(Account.objects.filter(tenant_id=tenant), tenant, account),
    tenant=uuid.UUID,
    account=uuid.UUID,
)


def account_children(*, principal: Principal, account_id: uuid.UUID) -> list[Child]:
    """The visible accounts directly below an account, the weakest contribution first; at most `CHILDREN`."""
    tenant = current_tenant_id()
    rows = (
        _CHILDREN(tenant=tenant, account=account_id)
        if sees_all_accounts(principal)
        else _children_of(account_visible(principal), tenant, account_id)
    )
    return [Child(*row) for row in rows]
