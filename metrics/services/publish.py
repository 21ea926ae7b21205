"""From the figures of all ranges to what people see, in one transaction: nobody ever reads half a run.

Two ways: `publish_all` after every account was gathered (it also finds ratios, peers, ranks and medians), and
`publish_some` for a few accounts against what the last full run found; ranks then follow in `refresh_ranks`.
"""

import datetime
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection
from django.utils import timezone
from numpy.typing import NDArray

from kam.tenancy.context import current_tenant_id
from metrics.models import AccountMetrics, PortfolioSnapshot
from metrics.selectors.portfolio_page import line_table
from metrics.selectors.portfolio_rows import read_portfolio, read_staged
from metrics.selectors.reading import read_peers
from metrics.selectors.trends import TREND_SPAN, trend_of
from metrics.services.beside import Beside
from metrics.services.columns import Columns
from metrics.services.gathering import Figures
from metrics.services.parameters import Parameters
from metrics.services.potentials import (
    PotentialsGatherer,
    TenantPotentials,
    add_potentials,
    stored_potentials,
)
from metrics.services.ranking import Standing, cuts, matrix_columns, rank_columns
from metrics.services.snapshot import (
    current_snapshot,
    describe,
    movers_of_staged,
    ratios_of,
    snapshot_store,
)
from metrics.services.storing import (
    RunStamp,
    published_count,
    stage_add,
    stage_open,
    staged_count,
    store_current,
    store_history,
)
from planning.models import PeerPotential


def publish_all(
    ranges: Iterable[Figures],
    *,
    run_id: uuid.UUID,
    parameters: Parameters,
    catalogue: list[str],
    publish: bool,
    only: Sequence[uuid.UUID] | None = None,
) -> int:
    """Publish a run over every account; `publish` False only adds history (of the accounts `only`).

    `ranges`: the figures of one range after the other, in the order of account ids. Returns how many accounts
    were written.
    """
    gatherer = PotentialsGatherer(catalogue)
    monthly = np.zeros((TREND_SPAN, 4))
    kept: list[Figures] = []
    for figures in ranges:
        monthly += figures.monthly
        gatherer.add(figures.cells, figures.industries, figures.cost_to_serve)
        kept.append(figures)
    potentials = gatherer.result(parameters)
    parts: list[Columns] = []
    for figures in kept:
        add_potentials(figures.columns, figures.cells, figures.industries, potentials, parameters)
        if figures.n:
            parts.append(figures.columns)
    standing = _standing(parts)
    cut = cuts(standing, parameters)
    judged = rank_columns(standing, parameters) | matrix_columns(standing, cut)
    stamp = RunStamp(run_id, parameters.reference, timezone.now())
    lines, trend = line_table(catalogue, gatherer.sums), trend_of(monthly, parameters.reference)
    stage_open()
    with Beside() as beside:
        start = 0
        for part in parts:
            size = len(part["account_id"])
            stage_add(part | {name: column.slice(start, size) for name, column in judged.items()}, beside)
            start += size
        beside.wait()
        if only is not None:
            _keep_staged(only)
        if not publish:
            store_history(stamp, beside)
            return staged_count()
        movers, table = movers_of_staged(current_snapshot(), parameters.reference), read_staged()
        store_history(stamp, beside)
        store_current(stamp, beside, all_accounts=True)
        description = describe(table, parameters, lines=lines)
        beside.wait()
        _store_peers(potentials)
        if published_count() != table.num_rows:
            # Accounts that came up while the run lasted have a row, too.
            description = describe(read_portfolio(), parameters, lines=lines)
        snapshot_store(
            description,
            stamp=stamp,
            parameters=parameters,
            cut=cut,
            ratios=ratios_of(potentials),
            movers=movers,
            trend=trend,
        )
    return table.num_rows


def _standing(parts: list[Columns]) -> Standing:
    names = (
        "external_id",
        "net_sales_12m",
        "net_sales_36m",
        "contribution_12m",
        "potential_contribution",
        "sold_12m",
        "traded_36m",
    )
    types = {"external_id": pa.string(), "sold_12m": pa.bool_(), "traded_36m": pa.bool_()}
    return Standing.of(
        {
            name: pa.concat_arrays([part[name] for part in parts])
            if parts
            else pa.array([], types.get(name, pa.float64()))
            for name in names
        }
    )


def _keep_staged(only: Sequence[uuid.UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM staged_metrics WHERE NOT account_id = ANY(%s::uuid[])", [[str(i) for i in only]]
        )


def _store_peers(potentials: TenantPotentials) -> None:
    """Replace the percentiles that estimates are read from (K4)."""
    tenant = current_tenant_id()
    PeerPotential.objects.filter(tenant_id=tenant).delete()
    rows = []
    groups = [
        ("", potentials.by_all, potentials.all_buyers),
        *zip(potentials.industries, potentials.by_industry, potentials.industry_buyers, strict=False),
    ]
    for industry, amounts, buyers in groups:
        rows += [
            PeerPotential(
                tenant_id=tenant,
                industry=industry,
                product_line_id=potentials.catalogue[line],
                potential=f"{amounts[line]:.4f}",
                buyers=int(buyers[line]),
            )
            for line in np.flatnonzero(~np.isnan(amounts))
        ]
    PeerPotential.objects.bulk_create(rows, batch_size=2000)


def publish_some(
    figures: Figures,
    *,
    run_id: uuid.UUID,
    parameters: Parameters,
    catalogue: list[str],
    snapshot: PortfolioSnapshot,
) -> int:
    """Publish a few accounts against the ratios, peers and cuts of the current snapshot.

    Their rank and volume class stay until `refresh_ranks`, which the snapshot is marked for. Returns how many
    accounts were written.
    """
    potentials = stored_potentials(snapshot.line_ratios, catalogue, read_peers())
    columns = figures.columns
    add_potentials(columns, figures.cells, figures.industries, potentials, parameters)
    stamp = RunStamp(run_id, parameters.reference, timezone.now())
    stage_open()
    with Beside() as beside:
        if figures.n:
            standing = Standing.of(columns)
            cut = parameters.fixed_cuts or (snapshot.cuts["present"], snapshot.cuts["potential"])
            stage_add(columns | matrix_columns(standing, cut) | _ranks_so_far(columns), beside)
        beside.wait()
        movers = movers_of_staged(snapshot, parameters.reference)
        store_current(stamp, beside, all_accounts=False)
        store_history(stamp, beside)
    snapshot.movers = movers
    snapshot.computed_at = stamp.computed_at
    snapshot.recomputation = run_id
    if snapshot.ranks_stale_since is None:
        snapshot.ranks_stale_since = stamp.computed_at
    snapshot.save(update_fields=["movers", "computed_at", "recomputation", "ranks_stale_since"])
    return figures.n


def _ranks_so_far(columns: Columns) -> Columns:
    ids = columns["account_id"].to_pylist()
    rows = AccountMetrics.objects.filter(tenant_id=current_tenant_id(), account_id__in=ids)
    known = {
        str(account): (volume, rank)
        for account, volume, rank in rows.values_list("account_id", "volume_class", "sales_rank")
    }
    return {
        "volume_class": pa.array([known.get(account, ("", None))[0] for account in ids], pa.string()),
        "sales_rank": pa.array([known.get(account, ("", None))[1] for account in ids], pa.int64()),
    }


def refresh_ranks(parameters: Parameters) -> int:
    """Ranks, volume classes, medians and the classes that follow, over the published rows; then the totals.

    Writes only what changed, to the current row and to its record in the history. Returns how many accounts
    changed. Does nothing without a current snapshot at the reference date.
    """
    snapshot = current_snapshot()
    if snapshot is None or snapshot.reference_date != parameters.reference:
        return 0
    table = read_portfolio()
    standing = Standing.of(table)
    cut = cuts(standing, parameters)
    judged = rank_columns(standing, parameters) | matrix_columns(standing, cut)
    changed: NDArray[np.bool_] = np.zeros(table.num_rows, dtype=np.bool_)
    for name, column in judged.items():
        old = table[name].combine_chunks().cast(column.type).to_pylist()
        changed |= np.array([a != b for a, b in zip(column.to_pylist(), old, strict=True)], dtype=np.bool_)
    rows = np.flatnonzero(changed)
    if len(rows):
        _update_ranks(table["account_id"].combine_chunks(), judged, rows, parameters.reference)
    for name, column in judged.items():
        table = table.set_column(table.column_names.index(name), name, column.cast(table[name].type))
    stamp = RunStamp(snapshot.recomputation, parameters.reference, snapshot.computed_at)
    snapshot_store(
        describe(table, parameters),
        stamp=stamp,
        parameters=parameters,
        cut=cut,
        ratios=snapshot.line_ratios,
        movers=snapshot.movers,
        recomputed=False,
    )
    return len(rows)


def _update_ranks(ids: pa.Array, judged: Columns, rows: NDArray[np.int64], reference: datetime.date) -> None:
    names = ("volume_class", "sales_rank", "dubinsky_ingram_class", "dubinsky_ingram_reason")
    taken: list[Any] = [ids.take(pa.array(rows)).to_pylist()]
    taken += [judged[name].take(pa.array(rows)).to_pylist() for name in names]
    given = (
        "unnest(%s::uuid[], %s::text[], %s::int[], %s::text[], %s::text[]) "
        "AS g(account, volume, rank, class, reason)"
    )
    with connection.cursor() as cursor:
        for table, condition, params in (
            ("metrics_accountmetrics", "", []),
            ("metrics_accountmetricshistory", "AND m.reference_date = %s", [reference]),
        ):
            cursor.execute(
                f"UPDATE {table} m SET volume_class = g.volume, sales_rank = g.rank, "
                f"dubinsky_ingram_class = g.class, dubinsky_ingram_reason = g.reason FROM {given} "
                f"WHERE m.tenant_id = %s AND m.account_id = g.account {condition}",
                [*taken, str(current_tenant_id()), *params],
            )
