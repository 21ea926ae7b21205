"""Rows about the engine: a full recomputation against the bare sums, a few stale accounts, growth."""

import os
import statistics
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.pool import Pool

from django.db import connection, connections

from kam.tenancy.context import tenant_context
from kam.tenancy.reference import reference_date
from kam.tenancy.selectors import tenant_settings
from metrics.models import Recomputation
from metrics.services.few import few_publish
from metrics.services.marks import mark_stale
from metrics.services.parameters import Parameters
from metrics.services.publish import refresh_ranks
from metrics.services.runs import Next, run_begin, run_publish
from tests.bench.data import Supplier
from tests.bench.database import settle_tables
from tests.bench.measure import Report, median_of, say, timed
from tests.bench.worker import compute_shard, get_ready

RESULT_TABLES = (
    "metrics_accountmetrics",
    "metrics_accountmetricshistory",
    "metrics_portfoliosnapshot",
    "metrics_recomputationshard",
    "metrics_recomputation",
    "metrics_staleaccount",
    "planning_peerpotential",
)
_BARE = """
    SELECT count(*) FROM (
        SELECT account_id, product_id, segment_id, date_trunc('month', date), sum(net_sales)
        FROM accounts_salesline GROUP BY 1, 2, 3, 4) sums
"""


@contextmanager
def worker_processes() -> Iterator[Pool]:
    """As many processes as an installation has workers (`kam/supervisor.py`), started and connected."""
    count, start = int(os.environ.get("KAM_WORKERS", "2")), get_context("spawn")
    barrier = start.Barrier(count + 1)
    with start.Pool(count, initializer=get_ready, initargs=(barrier,)) as pool:
        barrier.wait(timeout=120)
        yield pool


def drive(tenant_id: uuid.UUID, run_id: uuid.UUID, workers: Pool | None = None) -> None:
    """What the workers do with a run: its shards fanned out over `workers`, or one after another here."""
    step = run_begin(tenant_id=tenant_id, run_id=run_id)
    shards = [(tenant_id, shard) for shard in step.shards]
    if workers is not None:
        workers.starmap(compute_shard, shards, chunksize=1)
    else:
        for each in shards:
            compute_shard(*each)
    run_publish(tenant_id=tenant_id, run_id=run_id)
    if step.next not in (Next.SHARDS, Next.COMPUTE, Next.PUBLISH):
        raise RuntimeError(f"the run should be computed, but the next step is {step.next}")


def succeeded(tenant_id: uuid.UUID, run_id: uuid.UUID) -> Recomputation:
    """The run, which must have ended well: raises RuntimeError otherwise."""
    with tenant_context(tenant_id):
        run = Recomputation.objects.get(tenant_id=tenant_id, pk=run_id)
        if run.status != Recomputation.Status.SUCCEEDED:
            raise RuntimeError(f"the run ended as {run.status}: {run.failure}")
        return run


def run_full(supplier: Supplier, workers: Pool | None = None) -> None:
    """A full recomputation, from the request to the published figures."""
    tenant_id = supplier.tenant.id
    with tenant_context(tenant_id):
        run = Recomputation.objects.create(tenant_id=tenant_id, reference_date=reference_date())
    drive(tenant_id, run.pk, workers)
    succeeded(tenant_id, run.pk)


def _bare_sums(supplier: Supplier) -> int:
    # The same memory for sorting and hashing as the recomputation gives itself.
    with tenant_context(supplier.tenant.id), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('work_mem', '64MB', true)")
        cursor.execute(_BARE)
        return int(cursor.fetchone()[0])


def forget_results(supplier: Supplier) -> None:
    """Take what was published away, so that the next run writes every row; let the tables settle."""
    with connections["owner"].cursor() as cursor:
        for table in RESULT_TABLES:
            cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s", [str(supplier.tenant.id)])
    settle_tables(*RESULT_TABLES)


def full_against_bare(report: Report, supplier: Supplier, lines: int) -> float:
    """Row `recompute`. Returns the median seconds of a full recomputation."""
    say(f"full recomputation of {supplier.accounts:,} accounts with {lines:,} lines")
    cells = _bare_sums(supplier)
    floor, full = [], []
    with worker_processes() as workers:
        for _ in range(3):
            forget_results(supplier)
            floor.append(timed(lambda: _bare_sums(supplier)))
            full.append(timed(lambda: run_full(supplier, workers)))
        again = timed(lambda: run_full(supplier, workers))
    seconds, bare = statistics.median(full), statistics.median(floor)
    report.add(
        "recompute",
        f"full recomputation, {supplier.accounts:,} accounts / {lines:,} lines, against the bare sums",
        seconds / bare,
        bar=0.5,
        aim=0.2,
        detail=f"{seconds:.2f} s / {bare:.2f} s, {cells:,} sums",
    )
    report.add("recompute", "the same again, where no figure changed", again / bare, detail=f"{again:.2f} s")
    return seconds


def full_seconds(supplier: Supplier) -> float:
    """Median seconds of a full recomputation that writes every row."""
    with worker_processes() as workers:
        return median_of(3, lambda: run_full(supplier, workers), before=lambda: forget_results(supplier))


def _stale(supplier: Supplier) -> uuid.UUID:
    """What the task `metrics.recompute_stale` does with a few marks, from the marks to the published figures."""
    run_id = few_publish(tenant_id=supplier.tenant.id)
    if run_id is None:
        raise RuntimeError("the marked accounts were not computed at once")
    return run_id


def _stale_seconds(supplier: Supplier, account_ids: list[str]) -> float:
    """Median seconds of a recomputation of these accounts; each of them is checked once the clock has stopped."""
    runs: list[uuid.UUID] = []
    _mark(supplier, account_ids)
    runs.append(_stale(supplier))
    seconds = median_of(5, lambda: runs.append(_stale(supplier)), before=lambda: _mark(supplier, account_ids))
    for run in runs:
        if (rows := succeeded(supplier.tenant.id, run).timing["rows"]) != len(account_ids):
            raise RuntimeError(f"{rows} accounts were written, not {len(account_ids)}")
    return seconds


def _mark(supplier: Supplier, account_ids: list[str]) -> None:
    with tenant_context(supplier.tenant.id):
        mark_stale([uuid.UUID(account) for account in account_ids])


def _refresh_ranks(supplier: Supplier) -> None:
    with tenant_context(supplier.tenant.id):
        refresh_ranks(Parameters(reference_date(), tenant_settings()))


def stale_against_full(report: Report, supplier: Supplier, full: float) -> None:
    """Row `stale`: ten accounts from all sizes, the ten largest, and the ranks in their own pass."""
    settle_tables(*RESULT_TABLES)
    step = supplier.accounts // 10
    chosen = {
        "10 stale accounts": supplier.account_ids[step // 2 :: step][:10],
        "the 10 largest": supplier.account_ids[:10],
    }
    for what, ids in chosen.items():
        seconds = _stale_seconds(supplier, ids)
        report.add(
            "stale",
            f"recomputation of {what} against the full one",
            seconds / full,
            unit="%",
            bar=0.02,
            aim=0.005,
            detail=f"{1000 * seconds:.0f} ms / {full:.2f} s",
        )
    seconds = median_of(3, lambda: _refresh_ranks(supplier))
    report.add(
        "stale",
        "ranks, medians and totals of all accounts afterwards, against the full one",
        seconds / full,
        unit="%",
        detail=f"{1000 * seconds:.0f} ms, a task of its own",
    )


def growth(report: Report, large: Supplier, small: Supplier, full: float) -> None:
    """Row `growth`: time; the memory of one shard is in `memory.py`."""
    say(f"growth from {small.accounts:,} to {large.accounts:,} accounts")
    seconds = full_seconds(small)
    report.add(
        "growth",
        f"full recomputation, {small.accounts:,} → {large.accounts:,} accounts",
        full / seconds,
        bar=1.05 * large.accounts / small.accounts,
        aim=float(large.accounts) / small.accounts,
        detail=f"{full:.2f} s / {seconds:.2f} s",
    )
