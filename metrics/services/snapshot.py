"""The tenant's totals at one reference date: what portfolio pages read instead of ten thousand accounts.

Shapes: `summary` as `portfolio_totals`; `pareto` as `pareto_of` for net sales of the tenant's window; `whale` as
`whale_of`; `facets` {industry | country | owner | key | loyalty | …: {value: accounts}}; `trend` {months,
net_sales, gross_margin, contribution}: rolling 12 months at the end of each of 24 months; `cuts` {present,
potential, loyalty_x, hurdle, method}; `line_ratios` {overall, lines: {id: ratio}, known_share: {id: share}};
`movers` {since, reference_date, rows}; `page` as `page_figures`.
"""

import datetime
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection
from django.utils import timezone

from kam.tenancy.context import current_tenant_id
from metrics.engine import ENGINE_VERSION
from metrics.models import PortfolioSnapshot
from metrics.selectors.pareto import portfolio_pareto
from metrics.selectors.portfolio_page import page_figures
from metrics.selectors.portfolio_totals import pareto_of, portfolio_totals, whale_of
from metrics.selectors.trends import rolling_year
from metrics.services.parameters import Parameters
from metrics.services.potentials import TenantPotentials
from metrics.services.storing import MOVED, RunStamp

_FACETS = {
    "industry": "industry",
    "country": "country",
    "owner": "owner_id",
    "key": "is_key_account",
    "loyalty": "loyalty_class",
    "dubinsky_ingram": "dubinsky_ingram_class",
    "volume": "volume_class",
}


def facets_of(table: pa.Table) -> dict[str, dict[str, int]]:
    """How many accounts carry each value that lists filter by; "" = not known.

    `sold`: of the accounts with sales in 12 months, how many there are, and whose contribution is negative or
    not known.
    """
    sold = table.filter(pc.not_equal(pc.cast(table["sold_12m"], pa.int8()), 0))["contribution_12m"]
    found: dict[str, dict[str, int]] = {
        "all": {"": table.num_rows},
        "sold": {
            "selling": len(sold),
            "negative": pc.sum(pc.less(sold, 0)).as_py() or 0,
            "unknown": sold.null_count,
        },
    }
    for name, column in _FACETS.items():
        counts = pc.value_counts(table[column]).to_pylist()
        found[name] = {
            "" if entry["values"] is None else str(entry["values"]): entry["counts"] for entry in counts
        }
    return found


def ratios_of(potentials: TenantPotentials) -> dict[str, Any]:
    """What a currency unit of extra sales is worth per line, as JSON (NaN = null)."""

    def known(value: float) -> float | None:
        return None if value != value else value

    return {
        "overall": known(potentials.overall),
        "lines": {
            line: known(float(value))
            for line, value in zip(potentials.catalogue, potentials.ratio, strict=True)
        },
        "known_share": {
            line: known(float(value))
            for line, value in zip(potentials.catalogue, potentials.known_share, strict=True)
        },
    }


def describe(
    table: pa.Table, parameters: Parameters, *, lines: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """What a snapshot says of the published rows `table`: `summary`, `pareto`, `whale`, `facets`, `page`.

    `lines` (margins by product line): where the caller has them; else they are read. Queries come last.
    """
    summary, whale, facets = portfolio_totals(table), whale_of(table), facets_of(table)
    pareto = _pareto(table, parameters)
    page = page_figures(
        table,
        pareto=pareto,
        months=parameters.settings.pareto_months,
        reference=parameters.reference,
        lines=lines,
    )
    return {"summary": summary, "pareto": pareto, "whale": whale, "facets": facets, "page": page}


def snapshot_store(
    description: dict[str, Any],
    *,
    stamp: RunStamp,
    parameters: Parameters,
    cut: tuple[float, float],
    ratios: dict[str, Any],
    movers: dict[str, Any],
    trend: dict[str, Any] | None = None,
    recomputed: bool = True,
) -> PortfolioSnapshot:
    """Make a description the tenant's current snapshot; inside the publishing transaction.

    `trend`: where the caller has it; else it is read. `recomputed` False: only ranks and totals were refreshed,
    so the time of computation stays.
    """
    values: dict[str, Any] = description | {
        "engine_version": ENGINE_VERSION,
        "recomputation": stamp.recomputation,
        "trend": rolling_year(parameters.reference) if trend is None else trend,
        "cuts": {
            "present": cut[0],
            "potential": cut[1],
            "loyalty_x": 1.0,
            "hurdle": parameters.settings.profitability_hurdle,
            "method": parameters.settings.matrix_cut_method,
        },
        "line_ratios": ratios,
        "ranks_stale_since": None,
        "movers": movers,
        "current": True,
    }
    if recomputed:
        values["computed_at"] = stamp.computed_at
    tenant = current_tenant_id()
    PortfolioSnapshot.objects.filter(tenant_id=tenant, current=True).exclude(
        reference_date=stamp.reference
    ).update(current=False)
    snapshot, _ = PortfolioSnapshot.objects.update_or_create(
        tenant_id=tenant,
        reference_date=stamp.reference,
        defaults=values,
        create_defaults={"computed_at": stamp.computed_at, **values},
    )
    return snapshot


def _pareto(table: pa.Table, parameters: Parameters) -> dict[str, Any]:
    """Concentration of net sales over the tenant's window; 36 months are in the rows already."""
    months = parameters.settings.pareto_months
    if months != 36:
        return portfolio_pareto("net_sales", months=months, reference=parameters.reference)
    return pareto_of(table, "net_sales_36m", ranked=table["traded_36m"].to_numpy() != 0)


def current_snapshot() -> PortfolioSnapshot | None:
    """The published snapshot of the current tenant; what only pages read of it is left in the database."""
    return (
        PortfolioSnapshot.objects.filter(tenant_id=current_tenant_id(), current=True)
        .defer("summary", "pareto", "whale", "facets", "trend", "page")
        .first()
    )


def movers_of_staged(previous: PortfolioSnapshot | None, reference: datetime.date) -> dict[str, Any]:
    """What changed most against the published rows, before the staged ones replace them.

    {since, reference_date, rows: [{account, measure, before, after}]}: the accounts whose net sales,
    contribution or CLV changed, largest change of contribution (or else of net sales) first, in the base
    currency. A run that changed nothing keeps the movers that were found before.
    """
    if previous is None:
        return {}
    with connection.cursor() as cursor:
        both = (
            "staged_metrics s "
            "JOIN metrics_accountmetrics m ON m.tenant_id = %s AND m.account_id = s.account_id"
        )
        cursor.execute(MOVED.format(staged_and_published=both), [str(current_tenant_id())])
        rows = cursor.fetchall()
    return movers_of(rows, previous.movers, previous.computed_at, previous.reference_date, reference)


def movers_of(
    rows: Sequence[tuple[Any, ...]],
    before: dict[str, Any],
    since: datetime.datetime,
    since_reference_date: datetime.date,
    reference: datetime.date,
) -> dict[str, Any]:
    """The rows of `MOVED` as a snapshot keeps them; what it kept `before` where nothing moved."""
    if not rows:
        return before
    names = ("net_sales_12m", "contribution_12m", "clv")

    def text(value: object) -> str | None:
        return None if value is None else str(value)

    return {
        "since": since.isoformat(),
        "since_reference_date": since_reference_date.isoformat(),
        "reference_date": reference.isoformat(),
        "found_at": timezone.now().isoformat(),
        "rows": [
            {
                "account": str(row[0]),
                **{
                    name: {"before": text(row[1 + 2 * i]), "after": text(row[2 + 2 * i])}
                    for i, name in enumerate(names)
                },
            }
            for row in rows
        ],
    }
