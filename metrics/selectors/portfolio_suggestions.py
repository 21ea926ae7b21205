"""Which accounts a person should decide about, and the figures that say so (K8 advice, K34 suggestions).

The engine only suggests; who decides, and why, is kept in `AccountDecision`.
"""

import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
from django.db import connection
from numpy.typing import NDArray

from kam.tenancy.context import current_tenant_id
from metrics.engine import month_index
from metrics.selectors.portfolio_totals import as_floats, is_hollow
from metrics.selectors.reading import month_start

PER_KIND: Final = 5
"""At most so many accounts of a kind wait at a time: a list nobody finishes helps nobody."""
# Below this share of the portfolio's sales a decision is not worth a person's time.
_MATERIAL = 0.0001
_KINDS: Final = ("reprice", "reduce", "win_back", "promote", "invest")
_BLAMED: Final = frozenset({"reprice", "reduce"})
_TAKEN: Final = (
    "account_id",
    "name",
    "country",
    "is_key_account",
    "net_sales_12m",
    "net_sales_prior_12m",
    "contribution_12m",
    "contribution_prior_12m",
    "potential_contribution",
    "potential_basis",
    "upv_expected_annual",
    "active_share",
    "loyalty_class",
    "dubinsky_ingram_class",
    "last_sale",
)
_MONEY: Final = tuple(
    name for name in _TAKEN if name.startswith(("net_sales", "contribution", "potential_c", "upv"))
)


def suggestions_of(table: pa.Table, *, reference: datetime.date) -> list[dict[str, Any]]:
    """The suggestions over a set of accounts and what each stands on; kinds take turns, largest stake first.

    [{kind, stake, account, name, country, net_sales_12m, …, worst_line, worst_share}]: `stake` is what is
    lost or could be had, currency a year; `worst_line` is the product line with the largest gross loss and
    `worst_share` its part of the account's gross losses (only where a loss is the reason).
    """
    chosen = _candidates(table)
    rows = [_facts(table, position, kind, stake) for kind, position, stake in chosen]
    blamed = [row["account"] for row in rows if row["kind"] in _BLAMED]
    if blamed:
        worst = _worst_lines(blamed, reference)
        for row in rows:
            if row["account"] in worst:
                row["worst_line"], row["worst_share"] = worst[row["account"]]
    return rows


def _candidates(table: pa.Table) -> list[tuple[str, int, float]]:
    sales, prior = as_floats(table["net_sales_12m"]), as_floats(table["net_sales_prior_12m"])
    now, before = as_floats(table["contribution_12m"]), as_floats(table["contribution_prior_12m"])
    potential, expected = as_floats(table["potential_contribution"]), as_floats(table["upv_expected_annual"])
    sold = table["sold_12m"].to_numpy() != 0
    key = table["is_key_account"].to_numpy() != 0
    entered = ~np.asarray(is_hollow(table).to_pylist(), dtype=np.bool_)
    quadrant = np.asarray(table["dubinsky_ingram_class"].fill_null("").to_pylist(), dtype=object)
    loyalty = np.asarray(table["loyalty_class"].fill_null("").to_pylist(), dtype=object)
    with np.errstate(invalid="ignore"):
        loses = sold & (now < 0) & (quadrant != "undeveloped")
        grew = loses & (now < np.nan_to_num(np.minimum(before, 0.0)))
        covered = potential >= 0
        rules: dict[str, tuple[NDArray[np.bool_], NDArray[np.float64]]] = {
            "reprice": (grew & (sales >= prior), -now),
            "reduce": (loses & (sales < prior) & ~covered, -now),
            "win_back": (~sold & (before > 0), before),
            "promote": ((loyalty == "friend") & (quadrant == "desirable") & ~key & (now > 0), now),
            # An estimate alone about somebody who buys nothing is no reason to spend time there.
            "invest": ((quadrant == "undeveloped") & (expected > 0) & (sold | entered), expected),
        }
    least = _MATERIAL * float(np.nansum(np.maximum(sales, 0)))
    queues: list[list[tuple[str, int, float]]] = []
    for kind in _KINDS:
        holds, stake = rules[kind]
        positions = np.flatnonzero(holds & (np.nan_to_num(stake) > least))
        order = positions[np.argsort(-stake[positions], kind="stable")][:PER_KIND]
        queues.append([(kind, int(position), float(stake[position])) for position in order])
    turns = max((len(queue) for queue in queues), default=0)
    return [
        entry
        for turn in range(turns)
        for entry in sorted((queue[turn] for queue in queues if turn < len(queue)), key=lambda item: -item[2])
    ]


def _facts(table: pa.Table, position: int, kind: str, stake: float) -> dict[str, Any]:
    row = {name: table[name][position].as_py() for name in _TAKEN}
    facts: dict[str, Any] = {
        name: (None if row[name] is None else float(row[name])) if name in _MONEY else row[name]
        for name in _TAKEN
    }
    facts["account"] = facts.pop("account_id")
    facts["is_key_account"] = bool(facts["is_key_account"])
    facts["last_sale"] = facts["last_sale"].isoformat() if facts["last_sale"] else None
    return {"kind": kind, "stake": round(stake, 4), **facts, "worst_line": None, "worst_share": None}


def _worst_lines(accounts: list[str], reference: datetime.date) -> dict[str, tuple[str, float]]:
    """Per account: the product line with the largest gross loss of 12 months and its share of all losses."""
    month = month_index(reference)
    tenant = str(current_tenant_id())
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.account_id, l.name, sum(c.net_sales - c.cogs)::float8
            FROM accounts_cellmonth c
            JOIN accounts_product p ON p.tenant_id = c.tenant_id AND p.id = c.product_id
            JOIN accounts_productline l ON l.tenant_id = p.tenant_id AND l.id = p.product_line_id
            WHERE c.tenant_id = %s AND c.account_id = ANY(%s::uuid[]) AND c.month BETWEEN %s AND %s
            GROUP BY c.account_id, l.name
            HAVING sum(c.unknown_lines) = 0 AND sum(c.net_sales - c.cogs) < 0
            ORDER BY c.account_id, 3, l.name
            """,
            [tenant, accounts, month_start(month - 11), month_start(month)],
        )
        rows = cursor.fetchall()
    losses: dict[str, list[tuple[str, float]]] = {}
    for account, line, margin in rows:
        losses.setdefault(str(account), []).append((line, margin))
    return {
        account: (lines[0][0], lines[0][1] / sum(margin for _, margin in lines))
        for account, lines in losses.items()
    }


__all__ = ["PER_KIND", "suggestions_of"]
