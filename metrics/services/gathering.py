"""One range of accounts from the database to figures, and figures packed so that a shard can be kept.

What a shard keeps is Arrow: exact decimals, no loss, and small (LZ4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection
from numpy.typing import NDArray

from metrics.engine.btyd import PurchaseModel
from metrics.selectors.copying import read_each
from metrics.selectors.reading import (
    Scope,
    accounts_query,
    entered_of,
    entered_query,
    ideas_query,
    lines_of,
    products_of,
    read_cells,
    read_months,
    read_products,
    read_purchases,
    read_rates,
)
from metrics.selectors.trends import TREND_SPAN
from metrics.services.columns import Columns, floats
from metrics.services.figures import (
    AccountLedger,
    account_figures,
    clv_parameters,
    monthly_totals,
    rollup_of,
)
from metrics.services.parameters import Parameters
from metrics.services.potentials import SpaceCells, space_cells
from metrics.services.purchases import PurchaseFigures, purchases_of


@dataclass(frozen=True)
class Figures:
    """The figures of a range of accounts, before what takes all accounts together.

    `monthly`: what they add up to by month (`figures.monthly_totals`), for the trend of the portfolio.
    """

    columns: Columns
    cells: SpaceCells
    industries: list[str]
    monthly: NDArray[np.float64]

    @property
    def n(self) -> int:
        return len(self.columns["account_id"])

    @property
    def cost_to_serve(self) -> float:
        """Of the trailing 12 months, base currency."""
        return float(floats(self.columns["cost_to_serve_12m"]).sum())


def gather(
    scope: Scope,
    parameters: Parameters,
    context: dict[str, Any],
    *,
    products: Sequence[tuple[str, str, bool]] | None = None,
) -> Figures:
    """Read the accounts of a scope and compute their own figures.

    `context`: what the run fixed at its start (`lines`: the catalogue; `purchase_model`). `products`: the rows
    of `products_of` where the caller has them. A constant number of queries whatever the number of accounts.
    """
    if scope.ids is None:
        _plan_for_many()
    queries = [accounts_query(scope), ideas_query(scope), entered_query(scope)]
    accounts, ideas, entered = read_each(queries, few=scope.ids is not None)
    ids, lines = accounts["id"].to_pylist(), lines_of(context["lines"], ideas)
    months = read_months(ids, scope, parameters.reference)
    sold = read_products(lines) if products is None else products_of(products, lines)
    cells = read_cells(ids, scope, sold, parameters.reference)
    entered = entered_of(entered, ids, lines.ids)
    rates = _base_factors(accounts, parameters)
    purchases, refusal = _purchases(scope, accounts, ids, parameters, context)
    ledger = AccountLedger(
        accounts=accounts,
        months=months,
        cells=cells,
        products=sold,
        base_factor=rates,
        purchases=purchases,
        refusal=refusal,
    )
    rollup = rollup_of(ledger)
    columns = account_figures(ledger, rollup, parameters)
    columns["external_id"] = accounts["external_id"].combine_chunks()
    return Figures(
        columns,
        space_cells(cells, entered, lines, sold),
        accounts["industry"].to_pylist(),
        monthly_totals(rollup, months.unknown_lines, parameters.month - TREND_SPAN + 1, TREND_SPAN),
    )


def _plan_for_many() -> None:
    """Keep the planner from row-by-row joins, which it takes for few rows right after an import (until
    statistics are gathered) and which then take minutes; and let sums by key stay in memory."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('enable_nestloop', 'off', true), set_config('work_mem', '64MB', true)"
        )


def _base_factors(accounts: pa.Table, parameters: Parameters) -> NDArray[np.float64]:
    """What one unit of each account's currency is worth in the base currency; NaN without a rate."""
    base = parameters.settings.base_currency
    currencies = [currency or base for currency in accounts["currency"].to_pylist()]
    if all(currency == base for currency in currencies):
        return np.ones(len(currencies))
    rates = {base: Decimal(1), **read_rates(parameters.reference)}
    rates[base] = Decimal(1)
    return np.array([float(rates.get(currency, Decimal("NaN"))) for currency in currencies])


def _purchases(
    scope: Scope, accounts: pa.Table, ids: list[str], parameters: Parameters, context: dict[str, Any]
) -> tuple[PurchaseFigures | None, str]:
    """The tenant's purchase model with these accounts' purchases, where its CLV method asks for it."""
    model = context.get("purchase_model")
    if parameters.settings.clv_method != "buy_till_you_die" or not model:
        return None, ""
    if "refusal" in model:
        return None, model["refusal"]
    rows = read_purchases(scope=scope, account_ids=ids, reference=parameters.reference,
                          base_currency=parameters.settings.base_currency)  # fmt: skip
    figures = PurchaseFigures(
        PurchaseModel(**model), purchases_of(rows, len(ids)), clv_parameters(accounts, parameters)
    )
    return figures, ""


def pack(figures: Figures) -> bytes:
    """Figures as bytes; `unpack` gives the same back."""
    cells = figures.cells
    tables = [
        pa.table({**figures.columns, "industry": pa.array(figures.industries, pa.string())}),
        pa.table(
            {
                name: getattr(cells, name)
                for name in ("account", "line", "current", "potential", "probability", "override")
            },
        ).replace_schema_metadata({"slots": str(cells.slots)}),
        pa.table({f"c{i}": cells.sums[:, i] for i in range(cells.sums.shape[1])}),
        pa.table({f"c{i}": figures.monthly[:, i] for i in range(figures.monthly.shape[1])}),
    ]
    parts = []
    for table in tables:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(
            sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")
        ) as writer:
            writer.write_table(table)
        parts.append(sink.getvalue().to_pybytes())
    head = b"".join(len(part).to_bytes(8, "little") for part in parts)
    return head + b"".join(parts)


def unpack(packed: bytes | memoryview) -> Figures:
    """Figures from the bytes of `pack`."""
    raw = memoryview(packed)
    sizes = [int.from_bytes(raw[8 * i : 8 * i + 8], "little") for i in range(4)]
    tables, start = [], 32
    for size in sizes:
        tables.append(pa.ipc.open_stream(raw[start : start + size]).read_all())
        start += size
    first, second, third, fourth = tables
    industries = first["industry"].to_pylist()
    columns = {name: first[name].combine_chunks() for name in first.column_names if name != "industry"}
    metadata = second.schema.metadata or {}
    cells = SpaceCells(
        **{name: second[name].to_numpy() for name in second.column_names},
        sums=_matrix(third),
        slots=int(metadata[b"slots"]),
    )
    return Figures(columns, cells, industries, _matrix(fourth))


def _matrix(table: pa.Table) -> NDArray[np.float64]:
    return np.column_stack([table[name].to_numpy() for name in table.column_names])
