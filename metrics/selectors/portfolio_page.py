"""What the portfolio page says beyond plain totals, computed once when figures are published or filtered.

`page_figures` gives one JSON-ready dictionary; the snapshot keeps it as `page`, so that opening the page
reads one row whatever the number of accounts. Sums of accounts are in `portfolio_totals`.
"""

import datetime
import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection
from numpy.typing import NDArray

from accounts.models import ProductLine
from kam.tenancy.context import current_tenant_id
from metrics.engine import DUBINSKY_INGRAM_CLASSES, LOYALTY_CLASSES, month_index
from metrics.selectors.pareto import read_measure
from metrics.selectors.portfolio_rows import PortfolioFilter
from metrics.selectors.portfolio_suggestions import suggestions_of
from metrics.selectors.portfolio_totals import as_floats, is_hollow
from metrics.selectors.reading import month_start

CHANGES_SHOWN = 5
# Relative: the multiplier of K3 has 15 digits; a difference beyond this is another input, not rounding.
_SAME = 1e-9


def page_figures(
    table: pa.Table,
    *,
    pareto: dict[str, Any],
    months: int,
    reference: datetime.date,
    chosen: PortfolioFilter | None = None,
    lines: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Everything that the page's sentences, tables and small charts need (shapes: the functions below).

    `table`: `read_portfolio` of the same filter. `lines`: `line_margins` where they are known. `pareto`:
    `pareto_of` net sales over `months`. At most three queries (product lines; what the suggestions stand on;
    margins where the window is not 36 months).
    """
    plain = {
        "accounts": table.num_rows,
        "concentration": concentration_of(table, pareto, months=months, reference=reference, chosen=chosen),
        "whale": whale_summary(table),
        "quadrants": {
            "dubinsky_ingram": quadrant_sums(table, "dubinsky_ingram_class", DUBINSKY_INGRAM_CLASSES),
            "loyalty": quadrant_sums(table, "loyalty_class", LOYALTY_CLASSES),
        },
        "hollow": _hollow(table),
        "lines": line_margins(reference, chosen) if lines is None else lines,
        "risers": changes_of(table, rising=True),
        "falls": changes_of(table, rising=False),
        "multiplier": common_multiplier(table),
    }
    # Last, because its query waits for what the connection is at work on.
    return plain | {"suggestions": suggestions_of(table, reference=reference)}


def concentration_of(
    table: pa.Table,
    pareto: dict[str, Any],
    *,
    months: int,
    reference: datetime.date,
    chosen: PortfolioFilter | None = None,
) -> dict[str, Any]:
    """How few accounts make the sales, and how many lose money over the same window.

    {months, ranked, total, gini, levels: [{level, rank}], half, top_share, top_name, top_account, losing,
    unknown}: `ranked` accounts have a line in the window; `half`: how many bring half of the positive sales
    (null without any); `losing`/`unknown`: of them with a negative / not known gross margin.
    """
    if months == 36:
        margin = as_floats(table["gross_margin_36m"])[table["traded_36m"].to_numpy() != 0]
    else:
        margin = as_floats(
            read_measure("gross_margin", months=months, reference=reference, chosen=chosen)["value"]
        )
    curve = pareto["curve"]
    levels = [{"level": entry["level"], "rank": entry["rank"]} for entry in pareto["levels"]]
    return {
        "months": months,
        "ranked": pareto["accounts"],
        "total": pareto["total"],
        "gini": pareto["gini"],
        "levels": levels,
        "half": next((entry["rank"] for entry in levels if entry["level"] == 0.5), None),
        "top_share": pareto["top"].get("1"),
        "top_name": curve[0]["name"] if curve else None,
        "top_account": curve[0]["account"] if curve else None,
        "losing": int(np.sum(margin < 0)),
        "unknown": int(np.sum(np.isnan(margin))),
    }


def whale_summary(table: pa.Table) -> dict[str, Any]:
    """The whale curve in figures (K2): over the accounts with sales in 12 months and a known contribution.

    {accounts, earning, losing, peak, peak_rank, total, zero_rank, unknown}: `peak` is what the earning ones
    bring, `zero_rank` the rank where the sum falls through zero (null when it does not). Currency.
    """
    sold = table["sold_12m"].to_numpy() != 0
    every = as_floats(table["contribution_12m"])[sold]
    values = np.sort(every[~np.isnan(every)])[::-1]
    cumulative = values.cumsum()
    below = np.flatnonzero((cumulative < 0) & (np.arange(len(values)) > 0))
    peak_rank = int(np.sum(values > 0))
    fell = peak_rank > 0 and len(below) > 0
    return {
        "accounts": len(values),
        "earning": peak_rank,
        "losing": int(np.sum(values < 0)),
        "peak": round(float(values[:peak_rank].sum()), 4),
        "peak_rank": peak_rank,
        "total": round(float(values.sum()), 4),
        "zero_rank": int(below[0]) + 1 if fell else None,
        "unknown": int(np.sum(np.isnan(every))),
    }


def quadrant_sums(table: pa.Table, column: str, classes: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Per class: how many accounts, their contribution now, the expected potential and net sales, a year.

    Sums of the known values, currency; `expected` null where none is known.
    """
    found = {}
    money = table.select(["upv_expected_annual", "contribution_12m", "net_sales_12m"])
    for name in classes:
        part = money.filter(pc.equal(table[column], name))
        expected = part["upv_expected_annual"]
        found[name] = {
            "accounts": part.num_rows,
            "now": _sum(part["contribution_12m"]),
            "expected": None if expected.null_count == part.num_rows else _sum(expected),
            "net_sales": _sum(part["net_sales_12m"]),
        }
    return found


def _sum(column: pa.ChunkedArray) -> float:
    total = pc.sum(column).as_py()
    return 0.0 if total is None else round(float(total), 4)


def _hollow(table: pa.Table) -> int:
    """Accounts drawn hollow: their present contribution is known, but nobody has entered a potential."""
    return int(pc.sum(pc.and_(table["contribution_12m"].is_valid(), is_hollow(table))).as_py() or 0)


def line_margins(reference: datetime.date, chosen: PortfolioFilter | None = None) -> list[dict[str, Any]]:
    """Net sales and gross margin of every product line, 12 months and the year before; one query.

    [{id, name, sales, margin, sales_prior, margin_prior}], largest margin first, lines without sales in both
    years left out. A margin is null where a line has no known cost. Base currency.
    """
    where, params = (chosen or PortfolioFilter()).without_business_unit().where()
    accounts = "JOIN accounts_account a ON a.tenant_id = c.tenant_id AND a.id = c.account_id" if where else ""
    month = month_index(reference)
    tenant = str(current_tenant_id())
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT l.id, l.name,
                   sum(s.sales)::float8, CASE WHEN sum(s.unknown) = 0 THEN sum(s.margin)::float8 END,
                   sum(s.sales_prior)::float8,
                   CASE WHEN sum(s.unknown_prior) = 0 THEN sum(s.margin_prior)::float8 END
            FROM (
                SELECT c.product_id,
                       coalesce(sum(c.net_sales) FILTER (WHERE c.month >= %s), 0) AS sales,
                       coalesce(sum(c.net_sales - c.cogs) FILTER (WHERE c.month >= %s), 0) AS margin,
                       coalesce(sum(c.unknown_lines) FILTER (WHERE c.month >= %s), 0) AS unknown,
                       coalesce(sum(c.net_sales) FILTER (WHERE c.month < %s), 0) AS sales_prior,
                       coalesce(sum(c.net_sales - c.cogs) FILTER (WHERE c.month < %s), 0) AS margin_prior,
                       coalesce(sum(c.unknown_lines) FILTER (WHERE c.month < %s), 0) AS unknown_prior
                FROM accounts_cellmonth c {accounts}
                WHERE c.tenant_id = %s AND c.month BETWEEN %s AND %s {where}
                GROUP BY c.product_id
            ) s
            JOIN accounts_product p ON p.tenant_id = %s AND p.id = s.product_id
            JOIN accounts_productline l ON l.tenant_id = %s AND l.id = p.product_line_id
            GROUP BY l.id, l.name
            ORDER BY 4 DESC NULLS LAST, l.name
            """,  # noqa: S608 - the pieces are constants, values are parameters
            [
                *[month_start(month - 11)] * 6,
                tenant,
                month_start(max(month - 23, 12)),
                month_start(month),
                *params,
                tenant,
                tenant,
            ],
        )
        rows = cursor.fetchall()
    return [
        {
            "id": str(line),
            "name": name,
            "sales": round(sales, 4),
            "margin": _rounded(margin),
            "sales_prior": round(sales_prior, 4),
            "margin_prior": _rounded(margin_prior),
        }
        for line, name, sales, margin, sales_prior, margin_prior in rows
        if sales or sales_prior or margin or margin_prior
    ]


def line_table(catalogue: Sequence[str], sums: NDArray[np.float64]) -> list[dict[str, Any]]:
    """`line_margins` from the sums that a recomputation gathered (`SpaceCells.sums`); one query for names."""
    names = dict(
        ProductLine.objects.filter(tenant_id=current_tenant_id(), account__isnull=True).values_list(
            "id", "name"
        )
    )

    def margin(row: NDArray[np.float64]) -> float | None:
        return None if row[3] else round(float(row[1] - row[2]), 4)

    rows = [
        {
            "id": line,
            "name": names.get(uuid.UUID(line), ""),
            "sales": round(float(row[0]), 4),
            "margin": margin(row[:4]),
            "sales_prior": round(float(row[4]), 4),
            "margin_prior": margin(row[4:]),
        }
        for line, row in zip(catalogue, sums, strict=False)
        if row.any()
    ]
    return sorted(rows, key=lambda row: (row["margin"] is None, -(row["margin"] or 0.0), row["name"]))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def changes_of(table: pa.Table, *, rising: bool, count: int = CHANGES_SHOWN) -> list[dict[str, Any]]:
    """The accounts whose net sales rose (or fell) most against the year before, the largest change first.

    [{account, name, country, change, sales, contribution, sold, last_sale}]; currency, dates ISO.
    """
    change = as_floats(table["net_sales_12m"]) - as_floats(table["net_sales_prior_12m"])
    score = change if rising else -change
    order = [int(i) for i in np.argsort(-score, kind="stable")[:count] if score[i] > 0]
    part = table.select(
        ["account_id", "name", "country", "net_sales_12m", "contribution_12m", "sold_12m", "last_sale"]
    ).take(pa.array(order, pa.int64()))
    return [
        {
            "account": row["account_id"],
            "name": row["name"],
            "country": row["country"] or "",
            "change": round(float(change[position]), 4),
            "sales": float(row["net_sales_12m"]),
            "contribution": None if row["contribution_12m"] is None else float(row["contribution_12m"]),
            "sold": bool(row["sold_12m"]),
            "last_sale": row["last_sale"].isoformat() if row["last_sale"] else None,
        }
        for position, row in zip(order, part.to_pylist(), strict=True)
    ]


def common_multiplier(table: pa.Table) -> float | None:
    """The multiplier of K3 where every lifetime value is contribution × one and the same; else null.

    Then customer equity over time is the rolling contribution times it, which the page draws.
    """
    known = table.filter(table["clv"].is_valid())
    multipliers = as_floats(known["clv_multiplier"])
    unvalued = table["clv"].null_count != table["contribution_12m"].null_count
    if known.num_rows == 0 or unvalued or np.isnan(multipliers).any():
        return None
    low, high = float(multipliers.min()), float(multipliers.max())
    expected, actual = as_floats(known["contribution_12m"]) * high, as_floats(known["clv"])
    # An acquisition cost or another method shows as a value that the product does not give.
    same = high - low <= _SAME * max(abs(high), 1.0) and bool(np.all(np.abs(expected - actual) <= 0.01))
    return high if same else None
