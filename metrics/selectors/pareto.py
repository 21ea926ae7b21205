"""Concentration by any measure over any window (K2)."""

import datetime
from typing import Any

import pyarrow as pa

from kam.tenancy.context import current_tenant_id
from metrics.engine import month_index
from metrics.selectors.copying import TEXT, copy_out
from metrics.selectors.portfolio_rows import MONEY, PortfolioFilter
from metrics.selectors.portfolio_totals import pareto_of
from metrics.selectors.reading import month_start

WINDOW_MEASURES = ("net_sales", "gross_margin", "contribution")
VALUE_MEASURES = ("clv", "upv")
MEASURES = WINDOW_MEASURES + VALUE_MEASURES
_SUMS = {
    "net_sales": "sum(m.net_sales)",
    "gross_margin": "CASE WHEN sum(m.unknown_lines) = 0 THEN sum(m.net_sales - m.cogs) END",
    "contribution": "CASE WHEN sum(m.unknown_lines) = 0 THEN sum(m.net_sales - m.cogs - m.cost_to_serve) END",
}


def read_measure(
    measure: str, *, months: int, reference: datetime.date, chosen: PortfolioFilter | None = None
) -> pa.Table:
    """One row per account that takes part in a Pareto ranking; one query (K2).

    Columns: `account_id`, `external_id`, `name`, `value` (base currency, null = not known). Measures of the
    window (`WINDOW_MEASURES`) are exact sums of the months that end with the reference month, over the
    accounts with a sales line in them; `clv` and `upv` ignore the window and take every account.
    """
    where, params = (chosen or PortfolioFilter()).where()
    columns = {"account_id": TEXT, "external_id": TEXT, "name": TEXT, "value": MONEY}
    tenant = str(current_tenant_id())
    identity = "a.id, coalesce(a.external_id, a.id::text), a.name"
    if measure in VALUE_MEASURES:
        return copy_out(
            f"SELECT {identity}, m.{measure} FROM metrics_accountmetrics m "
            "JOIN accounts_account a ON a.tenant_id = m.tenant_id AND a.id = m.account_id "
            f"WHERE m.tenant_id = %s AND a.tenant_id = %s {where}",
            [tenant, tenant, *params],
            columns,
        )
    month = month_index(reference)
    where = where.replace("m.reference_date", "%s::date")
    window = [month_start(max(month - months + 1, 12)), month_start(month)]
    return copy_out(
        f"""
        SELECT {identity}, round(w.value, 4)
        FROM (
            SELECT m.account_id, {_SUMS[measure]} AS value
            FROM accounts_accountmonth m
            WHERE m.tenant_id = %s AND m.month BETWEEN %s AND %s
            GROUP BY m.account_id HAVING sum(m.lines) > 0
        ) w
        JOIN accounts_account a ON a.tenant_id = %s AND a.id = w.account_id
        WHERE true {where}
        """,
        [tenant, *window, tenant, *params, *([reference] * where.count("%s::date"))],
        columns,
    )


def portfolio_pareto(
    measure: str,
    *,
    months: int,
    reference: datetime.date,
    chosen: PortfolioFilter | None = None,
    full: bool = False,
) -> dict[str, Any]:
    """The Pareto description of a measure (K2); the curve thinned for a picture unless `full`."""
    return pareto_of(
        read_measure(measure, months=months, reference=reference, chosen=chosen), "value", full=full
    )
