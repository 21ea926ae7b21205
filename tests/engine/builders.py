"""Small ledgers written as tuples, turned into the arrays the engine reads."""

from collections.abc import Iterable, Mapping

import numpy as np

from metrics.engine import Rollup

REFERENCE = 2025 * 12 + 11  # December 2025


Row = Mapping[str, float | None]


def rollup(rows: Iterable[Row]) -> Rollup:
    """A rollup from rows of account, month, net_sales and optionally cogs (None = unknown), cost_to_serve."""
    table = list(rows)

    def column(name: str) -> list[float]:
        return [row.get(name) or 0.0 for row in table]

    net = np.array(column("net_sales"), dtype=float)
    unknown = np.array([row.get("cogs", 0.0) is None for row in table], dtype=bool)
    cogs = np.array([row.get("cogs") or 0.0 for row in table], dtype=float)
    known = np.where(unknown, np.array(column("known_net_sales")), net)
    sold = np.array([(row.get("net_sales") or 0.0) > 0 for row in table], dtype=bool)
    return Rollup(
        account=np.array(column("account"), dtype=np.int64),
        month=np.array(column("month"), dtype=np.int64),
        net_sales=net,
        known_net_sales=known,
        cogs=cogs,
        unknown=unknown,
        cost_to_serve=np.array(column("cost_to_serve"), dtype=float),
        sold=sold,
        has_line=net != 0,
    )
