"""What a set of accounts adds up to (K2, K3, K4, K8, K34): the same sums for the snapshot and for a filter."""

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from metrics.engine import (
    DUBINSKY_INGRAM_CLASSES,
    LEVELS,
    LOYALTY_CLASSES,
    VOLUME_CLASSES,
    pareto,
    whale_curve,
)

_ZERO = Decimal("0.0000")
# A curve is drawn from at most this many points; the ends and every level keep theirs.
CURVE_POINTS = 400
_SUMMED = (
    "net_sales_12m",
    "net_sales_prior_12m",
    "cost_to_serve_12m",
    "gross_margin_12m",
    "contribution_12m",
    "contribution_prior_12m",
    "clv",
    "upv",
    "upv_annual",
    "upv_expected_annual",
    "upv_entered",
    "upv_estimated",
)


def money(column: pa.ChunkedArray) -> Decimal:
    """Exact sum of the known values; 0 of none."""
    total = pc.sum(column).as_py()
    return _ZERO if total is None else total


def as_floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """A numeric column as float64, null as NaN."""
    values: NDArray[np.float64] = column.cast(pa.float64()).to_numpy()
    return values


def is_hollow(table: pa.Table) -> pa.ChunkedArray:
    """Whether nobody has entered a potential for the account: at most an estimate stands there."""
    basis = pc.fill_null(table["potential_basis"], "")
    return pc.is_in(basis, value_set=pa.array(["", "estimated"]))


def portfolio_totals(table: pa.Table) -> dict[str, Any]:
    """Totals of a set of accounts, ready for JSON: money as decimal strings, ratios as numbers.

    Sums run over the accounts whose figure is known; `unknown` says how many are not, per measure. Sums of
    nothing known are null. `key`/`rest`: the same for key accounts and the others.
    """
    key = pa.array(table["is_key_account"].to_numpy() != 0)
    summed = table.select([*_SUMMED, "sold_12m", "margin_estimated"])
    return {
        **_sums(summed),
        "key": _sums(summed.filter(key)),
        "rest": _sums(summed.filter(pc.invert(key))),
        "loyalty": _classes(table, "loyalty_class", LOYALTY_CLASSES),
        "loyalty_reasons": _counts(table, "loyalty_reason"),
        "dubinsky_ingram": _classes(table, "dubinsky_ingram_class", DUBINSKY_INGRAM_CLASSES),
        "dubinsky_ingram_reasons": _counts(table, "dubinsky_ingram_reason"),
        "volume": _classes(table, "volume_class", VOLUME_CLASSES),
    }


def _sums(table: pa.Table) -> dict[str, Any]:
    n = table.num_rows
    sums: dict[str, Any] = {"accounts": n, "accounts_sold_12m": int(pc.sum(table["sold_12m"]).as_py() or 0)}
    unknown = {}
    for name in _SUMMED:
        missing = table[name].null_count
        sums[name] = None if missing == n and n else str(money(table[name]))
        unknown[name] = missing
    sums["unknown"] = unknown
    sums["margin_unknown_sold"] = int(
        np.sum(table["contribution_12m"].is_null().to_numpy() & (table["sold_12m"].to_numpy() != 0))
    )
    sums["margin_estimated_accounts"] = int(pc.sum(table["margin_estimated"]).as_py() or 0)
    sums["negative_margin_accounts"] = int(np.sum(as_floats(table["gross_margin_12m"]) < 0))
    sums["negative_contribution_accounts"] = int(np.sum(as_floats(table["contribution_12m"]) < 0))
    sums["potential_entered_accounts"] = n - unknown["upv_entered"]
    sums["potential_estimated_accounts"] = n - unknown["upv_estimated"]
    known = table.select(["net_sales_12m", "contribution_12m"]).filter(table["contribution_12m"].is_valid())
    sales, contribution = money(known["net_sales_12m"]), money(known["contribution_12m"])
    sums["contribution_ratio"] = float(contribution / sales) if sales > 0 else None
    for name in ("net_sales", "contribution"):
        sums[f"{name}_growth"] = growth(table, f"{name}_12m", f"{name}_prior_12m")
    return sums


def growth(table: pa.Table, now: str, before: str) -> float | None:
    """Growth of a measure over the accounts where both years are known, ratio; null unless before > 0."""
    both = table.select([now, before]).filter(pc.and_(table[now].is_valid(), table[before].is_valid()))
    start = money(both[before])
    return float(money(both[now]) / start) - 1 if start > 0 else None


def _classes(table: pa.Table, name: str, words: tuple[str, ...]) -> dict[str, Any]:
    found = {}
    money_columns = table.select(["net_sales_12m", "contribution_12m"])
    for word in words:
        part = money_columns.filter(pc.equal(table[name], word))
        found[word] = {
            "accounts": part.num_rows,
            "net_sales_12m": str(money(part["net_sales_12m"])),
            "contribution_12m": str(money(part["contribution_12m"])),
        }
    return found


def _counts(table: pa.Table, name: str) -> dict[str, int]:
    return {
        entry["values"]: entry["counts"]
        for entry in pc.value_counts(table[name]).to_pylist()
        if entry["values"]
    }


def pareto_of(
    table: pa.Table, measure: str, *, ranked: NDArray[np.bool_] | None = None, full: bool = False
) -> dict[str, Any]:
    """The Pareto description of a measure over a set of accounts (K2), ready for JSON.

    The curve is thinned for a picture unless `full`. Money is exact: decimal strings. `levels[].account`: id
    of the account that reaches the level. `top`: share of the top 1, 5, 10, 20.
    """
    described = pareto(
        as_floats(table[measure]), np.asarray(table["external_id"].to_pylist(), dtype=object), ranked=ranked
    )
    ids, names = table["account_id"].to_pylist(), table["name"].to_pylist()
    ranks = [rank for rank in described.level_ranks if rank]
    shown = range(described.accounts) if full else thinned(described.accounts, [rank - 1 for rank in ranks])
    exact = table[measure].take(pa.array(described.order[list(shown)])).to_pylist()
    total = money(table[measure] if ranked is None else table[measure].filter(pa.array(ranked)))
    return {
        "accounts": described.accounts,
        "unknown": described.unknown,
        "total": str(total),
        "gini": nullable(described.gini),
        "hhi": nullable(described.hhi),
        "levels": [
            {
                "level": level,
                "rank": rank,
                "account": ids[described.order[rank - 1]] if rank else None,
                "name": names[described.order[rank - 1]] if rank else None,
            }
            for level, rank in zip(LEVELS, described.level_ranks, strict=True)
        ],
        "top": {str(count): nullable(described.top_share(count)) for count in (1, 5, 10, 20)},
        "curve": [
            {
                "rank": rank + 1,
                "account": ids[described.order[rank]],
                "name": names[described.order[rank]],
                "value": str(value),
                "share": nullable(float(described.share[rank])),
            }
            for rank, value in zip(shown, exact, strict=True)
        ],
    }


def whale_of(table: pa.Table, measure: str = "contribution_12m") -> dict[str, Any]:
    """The whale curve of a measure over the accounts with sales in the trailing 12 months (K2), thinned."""
    curve = whale_curve(
        as_floats(table[measure]),
        np.asarray(table["external_id"].to_pylist(), dtype=object),
        ranked=table["sold_12m"].to_numpy() != 0,
    )
    ids, names = table["account_id"].to_pylist(), table["name"].to_pylist()
    return {
        "accounts": len(curve.order),
        "peak_rank": curve.peak_rank,
        "peak": round(curve.peak, 4),
        "total": round(curve.total, 4),
        "destroyed": round(curve.destroyed, 4),
        "peak_ratio": nullable(curve.peak_ratio),
        "curve": [
            {
                "rank": rank + 1,
                "account": ids[curve.order[rank]],
                "name": names[curve.order[rank]],
                "value": round(float(curve.value[rank]), 4),
                "cumulative": round(float(curve.cumulative[rank]), 4),
            }
            for rank in thinned(len(curve.order), [curve.peak_rank - 1])
        ],
    }


def thinned(count: int, keep: list[int]) -> list[int]:
    """Positions of at most about `CURVE_POINTS` of `count` points: all where few, the head dense where many."""
    if count <= CURVE_POINTS:
        return list(range(count))
    head = np.arange(CURVE_POINTS // 2)
    tail = np.linspace(CURVE_POINTS // 2, count - 1, CURVE_POINTS - len(head)).astype(int)
    chosen = {*head.tolist(), *tail.tolist(), *(position for position in keep if 0 <= position < count)}
    return sorted(chosen)


def nullable(value: float) -> float | None:
    """NaN as None: not known."""
    return None if np.isnan(value) else value
