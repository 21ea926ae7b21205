"""What an account was sold, by segment and product line, in the two windows that the grid shows (K1, K6)."""

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from accounts.models import Account
from kam.tenancy.models import TenantSettings
from kam.tenancy.reference import reference_date


def twelve_months(reference: date) -> tuple[date, date]:
    """First day of the first and of the last month of the trailing 12 months (K1)."""
    last = reference.replace(day=1)
    return _months_before(last, 11), last


def fiscal_year(reference: date, *, start_month: int) -> tuple[date, date]:
    """First day of the first and of the last month of the last fiscal year that is over at `reference`.

    `start_month` 1–12 is the month in which the tenant's year begins; `reference` a last day of a month.
    """
    month = reference.replace(day=1)
    # How many months of the running year are over; a year that ends with the reference is over.
    into = (month.month - start_month) % 12 + 1
    last = month if into == 12 else _months_before(month, into)
    return _months_before(last, 11), last


def _months_before(month: date, count: int) -> date:
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


class Sales(NamedTuple):
    """Net sales of a cell, credits included: of the trailing 12 months, and of the last fiscal year."""

    year: Decimal
    fiscal: Decimal


class Sold(NamedTuple):
    """Net sales of a segment and line in both windows, credits included; ids and amounts as text."""

    segment: str | None
    line: str
    year: str
    fiscal: str


# Sums by product come in the order of the rollup's key; the few that are left are brought together by line.
_SALES = """
    WITH sold AS MATERIALIZED (
        SELECT product_id, segment_id,
               coalesce(sum(net_sales) FILTER (WHERE month >= %(first)s), 0) AS year,
               coalesce(sum(net_sales) FILTER (WHERE month BETWEEN %(fiscal_first)s AND %(fiscal_last)s), 0)
                   AS fiscal
        FROM accounts_cellmonth
        WHERE tenant_id = %(tenant)s AND account_id = %(account)s
            AND month BETWEEN least(%(first)s, %(fiscal_first)s) AND %(last)s
        GROUP BY product_id, segment_id
    )
    SELECT s.segment_id::text, p.product_line_id::text, sum(s.year)::text, sum(s.fiscal)::text
    FROM sold s
    JOIN accounts_product p ON p.tenant_id = %(tenant)s AND p.id = s.product_id
    GROUP BY s.segment_id, p.product_line_id
"""


def windows_of(settings: TenantSettings) -> dict[str, date]:
    """First and last months of both windows, as statements name them: `first`, `last`, `fiscal_first`,
    `fiscal_last`."""
    reference = reference_date(settings)
    first, last = twelve_months(reference)
    fiscal_first, fiscal_last = fiscal_year(reference, start_month=settings.fiscal_year_start)
    return {"first": first, "last": last, "fiscal_first": fiscal_first, "fiscal_last": fiscal_last}


def read_sales(account: Account, settings: TenantSettings) -> list[Sold]:
    """What an account was sold. One query."""
    values: dict[str, Any] = {"tenant": account.tenant_id, "account": account.pk, **windows_of(settings)}
    with connection.cursor() as cursor:
        cursor.execute(_SALES, values)
        return [Sold(*row) for row in cursor.fetchall()]
