"""Growth of the key accounts against the rest, from the ledger (K31)."""

import datetime
from typing import Any

import pyarrow as pa

from kam.tenancy.context import current_tenant_id
from metrics.engine import control_group, month_index
from metrics.engine.control_group import Group
from metrics.selectors.copying import copy_out
from metrics.selectors.portfolio_rows import PortfolioFilter
from metrics.selectors.portfolio_totals import nullable
from metrics.selectors.reading import month_start

MEASURES = ("net_sales", "contribution")
_SUM = {"net_sales": "m.net_sales", "contribution": "m.net_sales - m.cogs - m.cost_to_serve"}
# Before any date: a key account whose "since" nobody entered.
_ALWAYS = 1.0


def control_group_growth(
    measure: str, *, start: datetime.date, end: datetime.date, chosen: PortfolioFilter | None = None
) -> dict[str, Any]:
    """12 months to `end` against 12 months to `start` of the key accounts and of the rest (K31); one query.

    {key, rest, late_joiners: {accounts, before, after, growth}, ratio, difference, interval: [lo, hi] or null,
    unknown}. Accounts without a sales line in both windows are left out. Base currency; ratios.
    """
    where, params = (chosen or PortfolioFilter()).without_business_unit().where()
    first, last = month_index(start), month_index(end)
    window = [
        month_start(max(first - 11, 12)),
        month_start(first),
        month_start(max(last - 11, 12)),
        month_start(last),
    ]
    before, after = "m.month BETWEEN %s AND %s", "m.month BETWEEN %s AND %s"
    needs_cost = measure != "net_sales"

    def total(part: str) -> str:
        plain = f"coalesce(sum({_SUM[measure]}) FILTER (WHERE {part}), 0)::float8"
        if not needs_cost:
            return plain
        return f"CASE WHEN coalesce(sum(m.unknown_lines) FILTER (WHERE {part}), 0) = 0 THEN {plain} END"

    halves = 2 if needs_cost else 1
    table = copy_out(
        f"""
        SELECT {total(before)}, {total(after)},
               CASE WHEN a.is_key_account THEN coalesce(a.key_since - date '0001-01-01', {_ALWAYS}) END
        FROM accounts_accountmonth m
        JOIN accounts_account a ON a.tenant_id = %s AND a.id = m.account_id
        WHERE m.tenant_id = %s AND (({before}) OR ({after})) {where}
        GROUP BY a.id, a.is_key_account, a.key_since
        HAVING sum(m.lines) > 0
        ORDER BY a.id
        """,
        [
            *window[:2] * halves,
            *window[2:] * halves,
            str(current_tenant_id()),
            str(current_tenant_id()),
            *window,
            *params,
        ],
        {"before": pa.float64(), "after": pa.float64(), "key_since": pa.float64()},
    )
    columns = [table[name].to_numpy() for name in ("before", "after", "key_since")]
    found = control_group(
        columns[0], columns[1], columns[2], float(start.toordinal() - datetime.date(1, 1, 1).toordinal())
    )
    interval = [nullable(bound) for bound in found.interval]
    return {
        "measure": measure,
        "from": start,
        "to": end,
        "key": _group(found.key),
        "rest": _group(found.rest),
        "late_joiners": _group(found.late_joiners),
        "ratio": nullable(found.ratio),
        "difference": nullable(found.difference),
        "interval": None if None in interval else interval,
        "unknown": found.unknown,
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "accounts": group.accounts,
        "before": f"{group.before:.4f}",
        "after": f"{group.after:.4f}",
        "growth": nullable(group.growth),
    }
