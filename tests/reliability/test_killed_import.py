"""Promise 7 for imports: a killed worker loses nothing and stores nothing twice. Real workers, kill -9."""

import io
import random
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Count, Sum
from django.utils import timezone

from accounts.models import AccountMonth, CellMonth, ImportJob, SalesLine
from accounts.services.imports import import_create
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Tenant
from kam.tenancy.services import tenant_create
from tests.factories import AccountFactory, ProductFactory
from tests.reliability.workers import AGAIN_WITHIN, KILLS, Worker, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("workers")]
ROWS = 8_000
HEADER = "external_id,account_external_id,product_external_id,date,net_sales,cogs\n"


@pytest.fixture
def supplier(committed_db: None, settings: Any, tmp_path: Path) -> Tenant:
    settings.MEDIA_ROOT = tmp_path / "media"
    tenant = tenant_create(name="Killed", slug="killed-import", base_currency="USD")
    with tenant_context(tenant.id):
        for number in range(50):
            AccountFactory(external_id=f"A{number}")
        for number in range(7):
            ProductFactory(external_id=f"P{number}")
    return tenant


@pytest.fixture
def worker(supplier: Tenant, worker_of: Callable[..., Worker]) -> Worker:
    # After the supplier, whose folder of uploads the worker reads. One child: the one that is killed works.
    return worker_of(children=1)


def _file(turn: int) -> tuple[bytes, Decimal]:
    """The same lines with other amounts each turn: what is stored says of which file it came. With their sum."""
    amounts = [Decimal(number % 997 + 1000 * turn) + Decimal("0.25") for number in range(ROWS)]
    lines = (
        f"L{number},A{number % 50},P{number % 7},202{number % 5}-{number % 12 + 1:02}-{number % 28 + 1:02},{amount},1"
        for number, amount in enumerate(amounts)
    )
    return (HEADER + "\n".join(lines) + "\n").encode(), sum(amounts, Decimal(0))


def _queue(tenant: Tenant, worker: Worker, content: bytes) -> ImportJob:
    with tenant_context(tenant.id):
        job = import_create(kind="sales_lines", file=io.BytesIO(content), file_name="big.csv", door="page")
    worker.send("accounts.import_run", tenant_id=str(tenant.id), job_id=str(job.id))
    return job


def _job(tenant: Tenant, job: ImportJob) -> ImportJob:
    with tenant_context(tenant.id):
        return ImportJob.objects.get(pk=job.pk, tenant_id=tenant.id)


def _reached(tenant: Tenant, job: ImportJob, phase: str) -> bool:
    now = _job(tenant, job)
    return now.phase == phase or now.status not in ("queued", "running")


def _stored(tenant: Tenant) -> tuple[int, Decimal, Decimal, Decimal]:
    """Lines, and net sales by the ledger and by both rollups, in one look."""
    with tenant_context(tenant.id):
        ledger = SalesLine.objects.filter(tenant_id=tenant.id).aggregate(
            lines=Count("id"), total=Sum("net_sales")
        )
        months, cells = (
            model.objects.filter(tenant_id=tenant.id).aggregate(total=Sum("net_sales"))["total"] or Decimal(0)
            for model in (AccountMonth, CellMonth)
        )
    return ledger["lines"], ledger["total"] or Decimal(0), months, cells


@pytest.mark.parametrize("what", ["child", "tree"])
def test_an_import_killed_at_any_moment_is_stored_once(supplier: Tenant, worker: Worker, what: str) -> None:
    chance = random.Random(what)
    usual = 0.0
    for turn in range(2):
        content, total = _file(turn)
        clean = _queue(supplier, worker, content)
        until(lambda job=clean: _job(supplier, job).status == "succeeded", 120, worker.log.read_text)  # type: ignore[misc]
        # The second file changes every line, as those that are killed do.
        clean = _job(supplier, clean)
        usual = (clean.finished_at - clean.started_at).total_seconds()  # type: ignore[operator]
    before = (ROWS, total, total, total)
    assert _stored(supplier) == before
    waits, in_the_middle = [], 0
    for turn in range(2, KILLS + 2):
        content, total = _file(turn)
        after = (ROWS, total, total, total)
        job = _queue(supplier, worker, content)
        phase = chance.choice(["reading", "checking", "writing"])
        until(lambda job=job, phase=phase: _reached(supplier, job, phase), 60, worker.log.read_text)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.3) * usual)
        in_the_middle += _job(supplier, job).status == "running"
        killed = timezone.now()
        worker.kill(what)
        # All of the file or nothing of it, in the ledger as in the rollups.
        assert _stored(supplier) in (before, after)

        def again(job: ImportJob = job, killed: Any = killed) -> bool:
            now = _job(supplier, job)
            return now.status == "succeeded" or (now.started_at is not None and now.started_at > killed)

        waits.append(until(again, AGAIN_WITHIN, worker.log.read_text))
        until(lambda job=job: _job(supplier, job).status == "succeeded", 60, worker.log.read_text)  # type: ignore[misc]
        done = _job(supplier, job)
        assert (done.created, done.updated, done.rejected) == (0, ROWS, 0)
        assert _stored(supplier) == after
        before = after
    assert in_the_middle >= KILLS // 2
    print(f"{what}: {in_the_middle} of {KILLS} in the middle, running again after at most {max(waits):.1f} s")  # noqa: T201
