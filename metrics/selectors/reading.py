"""What the engine reads: one set-based query per kind of row for a whole range of accounts (ARCHITECTURE §5).

Money that people compare with the ledger is read as decimals and summed exactly; what the engine derives other
figures from is float64.
"""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection
from numpy.typing import NDArray

from accounts.models.ledger import PACKED_AMOUNTS, PACKED_COUNTS
from kam.tenancy.context import current_tenant_id
from metrics.engine import month_index, month_indexes
from metrics.selectors.amounts import Amounts, exactly_addable, large_amounts
from metrics.selectors.copying import (
    CODES,
    DAY,
    FIRST_DAY,
    FLAG,
    FLOAT,
    INTEGER,
    KEY,
    MONEY,
    NO_KEY,
    SHORT,
    TEXT,
    Query,
    copy_out,
    copy_out_bytes,
    copy_out_fixed,
    key_codes,
    key_of,
)


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


def accounts_query(scope: Scope) -> Query:
    """The accounts of a scope with everything about them that the engine needs, in the order of their ids.

    `industry` "" = not known. Amounts are in the account's currency (`currency` "" = base).
    """
    where, params = scope.where("id")
    return Query(
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


@dataclass(frozen=True)
class Months:
    """The month rollup: arrays (rows,), one row per account and month with any entry; base currency.

    `account`: position in the ids it was read for; `month`: as the engine counts. `money`: exact, `net_sales`,
    `unknown_sales` (no cost known), `cogs`, `cogs_estimated` (the part of it that a default margin stands for),
    `cost_to_serve`. `lines`, `unknown_lines`: counts. `sold`: there is a day with positive net sales;
    `first_sale`, `last_sale`: days since 1970-01-01, of no meaning in a month without one.
    """

    account: NDArray[np.int64]
    month: NDArray[np.int64]
    money: dict[str, Amounts]
    lines: NDArray[np.int64]
    unknown_lines: NDArray[np.int64]
    sold: NDArray[np.bool_]
    first_sale: NDArray[np.int64]
    last_sale: NDArray[np.int64]


# The layout of `AccountMonth.packed` (`accounts.models.ledger.packed_month`).
_PACKED = np.dtype(
    [
        ("month", DAY),
        *((name, [("units", FLOAT), ("rest", INTEGER)]) for name in PACKED_AMOUNTS),
        *((name, SHORT) for name in PACKED_COUNTS),
        ("first_sale", DAY),
        ("last_sale", DAY),
    ]
)


def read_months(account_ids: Sequence[str], scope: Scope, reference: datetime.date) -> Months:
    """The month rollup of a scope up to the reference month, one query.

    An account's months come in one piece: a message per row would cost as much as the row.
    """
    where, params = scope.where("account_id")
    source = f"FROM accounts_accountmonth WHERE tenant_id = %s AND {where} AND month <= %s"
    values = [str(current_tenant_id()), *params, reference]
    keys, pieces = copy_out_bytes(
        f"SELECT account_id, string_agg(packed, ''::bytea) {source} GROUP BY account_id", values
    )
    positions = positions_of(keys, [key_of(account) for account in account_ids])
    # Rows of ids that came up meanwhile are left out.
    known = [(position, piece) for position, piece in zip(positions, pieces, strict=True) if position >= 0]
    rows = np.frombuffer(b"".join(piece for _, piece in known), _PACKED)
    account = np.repeat(
        np.array([position for position, _ in known], dtype=np.int64),
        np.array([len(piece) // _PACKED.itemsize for _, piece in known], dtype=np.int64),
    )
    money = {
        name: Amounts(rows[name]["units"].astype(np.float64), rows[name]["rest"].astype(np.float64))
        for name in PACKED_AMOUNTS
    }
    months = Months(
        account=account,
        month=month_indexes(_days(rows["month"]).view("datetime64[D]")),
        money=money,
        lines=rows["lines"].astype(np.int64),
        unknown_lines=rows["unknown_lines"].astype(np.int64),
        sold=rows["positive_days"] > 0,
        first_sale=_days(rows["first_sale"]),
        last_sale=_days(rows["last_sale"]),
    )
    if exactly_addable(money.values()):
        return months
    return replace(months, money=_read_large(months, account_ids, source, values))


def _days(days: NDArray[Any]) -> NDArray[np.int64]:
    """Days since 1970-01-01, from dates as PostgreSQL sends them."""
    return days.astype(np.int64) + FIRST_DAY


def _read_large(
    months: Months, account_ids: Sequence[str], source: str, values: list[Any]
) -> dict[str, Amounts]:
    """The money of these months where it is so much that float64 would round its sums; one query."""
    table = copy_out(
        f"SELECT account_id, month, {', '.join(PACKED_AMOUNTS)} {source}",
        values,
        {"account": TEXT, "month": pa.date32(), **dict.fromkeys(PACKED_AMOUNTS, MONEY)},
    )
    position = {key: number for number, key in enumerate(account_ids)}
    row = {
        (position.get(account), month_index(month)): number
        for number, (account, month) in enumerate(
            zip(table["account"].to_pylist(), table["month"].to_pylist(), strict=True)
        )
    }
    order = pa.array([row[key] for key in zip(months.account.tolist(), months.month.tolist(), strict=True)])
    return {name: large_amounts(table[name].take(order)) for name in PACKED_AMOUNTS}


@dataclass(frozen=True)
class CellSums:
    """Sums of the product rollup by account, product and segment (K4, K5): arrays (cells,), ordered by account.

    `account`, `product`: positions in the ids they were read for; `segment`: position in `segments`,
    whose ids are bytes (`key_of`).
    `recent`, `prior`: `YearSums` of the trailing 12 months and of the 12 before. `is_recent`: there is an entry
    in the trailing 12 months.
    """

    account: NDArray[np.int64]
    product: NDArray[np.int64]
    segment: NDArray[np.int64]
    segments: list[bytes]
    recent: "YearSums"
    prior: "YearSums"
    is_recent: NDArray[np.bool_]


@dataclass(frozen=True)
class YearSums:
    """12 months of each cell, 0 without an entry; base currency. `unknown_*`: of lines without a known cost."""

    net_sales: NDArray[np.float64]
    unknown_sales: NDArray[np.float64]
    cogs: NDArray[np.float64]
    unknown_lines: NDArray[np.int64]


_CELL_SUMS = {
    "net_sales": ("net_sales_float", FLOAT),
    "unknown_sales": ("unknown_sales_float", FLOAT),
    "cogs": ("cogs_float", FLOAT),
    "unknown_lines": ("unknown_lines", INTEGER),
}


def read_cells(
    account_ids: Sequence[str], scope: Scope, products: "Products", reference: datetime.date
) -> CellSums:
    """The product rollup of a scope, summed over two years to the reference month; one query.

    A cell adds at most twelve float8 a year: the error stays far below a cent.
    """
    month = month_index(reference)
    where, params = scope.where("account_id")
    sums = [
        f"coalesce(sum({column}) FILTER (WHERE month {side} %s), 0)"
        for side in (">=", "<")
        for column, _ in _CELL_SUMS.values()
    ]
    rows = copy_out_fixed(
        f"""
        SELECT account_id, product_id, coalesce(segment_id, %s::uuid), bool_or(month >= %s), {", ".join(sums)}
        FROM accounts_cellmonth
        WHERE tenant_id = %s AND {where} AND month BETWEEN %s AND %s
        GROUP BY account_id, product_id, segment_id
        """,
        [
            str(uuid.UUID(bytes=NO_KEY)),
            *[month_start(month - 11)] * (1 + len(sums)),
            str(current_tenant_id()),
            *params,
            month_start(month - 23),
            month_start(month),
        ],
        {
            "account": KEY,
            "product": KEY,
            "segment": KEY,
            "is_recent": FLAG,
            **{year + name: kind for year in ("recent ", "prior ") for name, (_, kind) in _CELL_SUMS.items()},
        },
    )
    segment, segments = key_codes(rows["segment"])
    account, product = _positions(rows["account"], account_ids), _positions(rows["product"], products.ids)
    # Rows of ids that came up meanwhile are left out; by account, because a hash gives them in any order.
    found = np.flatnonzero((account >= 0) & (product >= 0))
    found = found[np.argsort(account[found], kind="stable")]
    return CellSums(
        account=account[found],
        product=product[found],
        segment=segment[found],
        segments=segments,
        recent=YearSums(**{name: rows[f"recent {name}"][found] for name in _CELL_SUMS}),
        prior=YearSums(**{name: rows[f"prior {name}"][found] for name in _CELL_SUMS}),
        is_recent=rows["is_recent"][found],
    )


def _positions(keys: NDArray[Any], ids: Sequence[str]) -> NDArray[np.int64]:
    """Keys as positions in `ids`; -1 for one that is not in it."""
    codes, names = key_codes(keys)
    return np.array(positions_of(names, [key_of(each) for each in ids]), dtype=np.int64)[codes]


def positions_of(keys: Sequence[Any], ids: Sequence[Any]) -> list[int]:
    """Keys as positions in `ids`; -1 for one that is not in it."""
    known = {key: position for position, key in enumerate(ids)}
    return [known.get(key, -1) for key in keys]


def entered_query(scope: Scope) -> Query:
    """The entered potentials of the Open Space (K6): one row per cell with a potential, base currency per year.

    `account`, `line`, `segment`: ids. `override`: the growth type that a person chose, null = computed.
    `probability` null = tenant default.
    """
    where, params = scope.where("account_id")
    return Query(
        f"""
        SELECT account_id, product_line_id, segment_id, potential::float8, probability,
               nullif(growth_type_override, '')
        FROM planning_openspacecell
        WHERE tenant_id = %s AND {where} AND potential IS NOT NULL
        """,
        [str(current_tenant_id()), *params],
        {
            "account": CODES,
            "line": CODES,
            "segment": CODES,
            "potential": pa.float64(),
            "probability": pa.float64(),
            "override": TEXT,
        },
    )


def entered_of(rows: pa.Table, account_ids: Sequence[str], lines: Sequence[str]) -> pa.Table:
    """The rows of `entered_query` with `account` and `line` as positions in these ids."""
    positions = {
        name: np.array(positions_of(rows[name].to_pylist(), ids), dtype=np.int64)
        for name, ids in (("account", account_ids), ("line", lines))
    }
    for name, position in positions.items():
        rows = rows.set_column(rows.column_names.index(name), name, pa.array(position))
    # Rows of ids that came up meanwhile are left out.
    return rows.filter(pa.array((positions["account"] >= 0) & (positions["line"] >= 0)))


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
class Products:
    """Products with their line (a position in `Lines.ids`) and whether they were co-created with a customer."""

    ids: list[str]
    line: NDArray[np.int64]
    co_created: NDArray[np.bool_]


def read_products(lines: "Lines") -> Products:
    """Every product of the lines in scope, one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id::text, product_line_id::text, co_created FROM accounts_product WHERE tenant_id = %s",
            [current_tenant_id()],
        )
        return products_of(cursor.fetchall(), lines)


def products_of(rows: Sequence[tuple[str, str, bool]], lines: "Lines") -> Products:
    """The products of the lines in scope, from rows of (id, line, co-created)."""
    position = {line: code for code, line in enumerate(lines.ids)}
    known = [(key, position[line], co_created) for key, line, co_created in rows if line in position]
    return Products(
        ids=[row[0] for row in known],
        line=np.array([row[1] for row in known], dtype=np.int64),
        co_created=np.array([row[2] for row in known], dtype=np.bool_),
    )


def read_peers() -> list[tuple[str, str, float, int]]:
    """The percentiles that estimates are read from (K4): industry ("" = all), line, potential, buyers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT industry, product_line_id::text, potential::float8, buyers FROM planning_peerpotential "
            "WHERE tenant_id = %s ORDER BY industry, product_line_id",
            [current_tenant_id()],
        )
        return list(cursor.fetchall())


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
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id::text FROM accounts_productline WHERE tenant_id = %s AND account_id IS NULL ORDER BY id",
            [current_tenant_id()],
        )
        return [row[0] for row in cursor.fetchall()]


def ideas_query(scope: Scope) -> Query:
    """The co-creation ideas of the accounts in scope."""
    where, params = scope.where("account_id")
    return Query(
        f"SELECT id, account_id FROM accounts_productline WHERE tenant_id = %s "
        f"AND account_id IS NOT NULL AND {where} ORDER BY account_id, id",
        [str(current_tenant_id()), *params],
        {"line": TEXT, "account": TEXT},
    )


def lines_of(catalogue: Sequence[str], ideas: pa.Table) -> Lines:
    """The catalogue (as a run fixed it) and the rows of `ideas_query`."""
    ids, slots, seen = list(catalogue), list(range(len(catalogue))), dict[str, int]()
    for line, account in zip(ideas["line"].to_pylist(), ideas["account"].to_pylist(), strict=True):
        seen[account] = seen.get(account, -1) + 1
        ids.append(line)
        slots.append(len(catalogue) + seen[account])
    most = max(seen.values(), default=-1) + 1
    return Lines(
        ids=ids, slot=np.array(slots, dtype=np.int64), catalogue=len(catalogue), slots=len(catalogue) + most
    )


def read_rates(reference: datetime.date) -> dict[str, Decimal]:
    """The newest rate of each currency up to the reference month: what yearly amounts of accounts convert at."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (currency) currency, rate FROM accounts_exchangerate "
            "WHERE tenant_id = %s AND month <= %s ORDER BY currency, month DESC",
            [current_tenant_id(), reference],
        )
        return dict(cursor.fetchall())
