"""The tenant's ledger over time, for lines that show where the totals come from (K1)."""

import datetime
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from kam.tenancy.context import current_tenant_id
from metrics.engine import month_end, month_index
from metrics.selectors.portfolio_rows import PortfolioFilter
from metrics.selectors.reading import month_start

TREND_MONTHS = 24
# Months whose sums a trend of rolling years needs.
TREND_SPAN = TREND_MONTHS + 11


def rolling_year(reference: datetime.date, chosen: PortfolioFilter | None = None) -> dict[str, Any]:
    """Trailing-12-month totals at the end of each of the last 24 months; one query.

    {months: [day], net_sales, gross_margin, contribution: [money as numbers]}; a margin is null where a line
    of its 12 months has no known cost. Base currency.
    """
    where, params = (chosen or PortfolioFilter()).without_business_unit().where()
    join = "JOIN accounts_account a ON a.tenant_id = m.tenant_id AND a.id = m.account_id" if where else ""
    month = month_index(reference)
    first = max(month - TREND_SPAN + 1, 12)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT m.month, sum(m.net_sales)::float8, sum(m.net_sales - m.unknown_sales - m.cogs)::float8,
                   sum(m.cost_to_serve)::float8, sum(m.unknown_lines)
            FROM accounts_accountmonth m {join}
            WHERE m.tenant_id = %s AND m.month BETWEEN %s AND %s {where}
            GROUP BY m.month
            """,
            [str(current_tenant_id()), month_start(first), month_start(month), *params],
        )
        rows = cursor.fetchall()
    monthly = np.zeros((TREND_SPAN, 4))
    for day, *values in rows:
        monthly[month_index(day) - (month - TREND_SPAN + 1)] = [float(value) for value in values]
    return trend_of(monthly, reference)


def trend_of(monthly: NDArray[np.float64], reference: datetime.date) -> dict[str, Any]:
    """The rolling years of `rolling_year` from sums by month (`TREND_SPAN`, 4), the newest last.

    Columns: net sales, known gross margin, cost-to-serve, lines without a known cost.
    """
    month = month_index(reference)
    cumulative = np.vstack([np.zeros(4), monthly.cumsum(axis=0)])
    years = cumulative[12:] - cumulative[:-12]
    known = np.round(years[:, 3]) == 0
    return {
        "months": [month_end(month - TREND_MONTHS + 1 + i).isoformat() for i in range(len(years))],
        "net_sales": np.round(years[:, 0], 2).tolist(),
        "gross_margin": [
            round(v, 2) if k else None for v, k in zip(years[:, 1].tolist(), known, strict=True)
        ],
        "contribution": [
            round(v, 2) if k else None
            for v, k in zip((years[:, 1] - years[:, 2]).tolist(), known, strict=True)
        ],
    }
