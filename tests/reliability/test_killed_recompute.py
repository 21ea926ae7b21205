"""Promise 7: a killed worker loses nothing. Real Celery workers, real Redis, kill -9 in the middle."""

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import redis
from django.conf import settings
from kombu import Connection

from accounts.models import Account, Product, SalesLine
from kam.celery import app
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Tenant
from kam.tenancy.services import tenant_create
from metrics.models import AccountMetrics, AccountMetricsHistory, PortfolioSnapshot, Recomputation
from tests.metrics.ledgers import REFERENCE, catalogue, compute, figures, pin

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("workers")]
ROOT = Path(__file__).resolve().parent.parent.parent
ACCOUNTS, SHARD = 480, 20
KILLS = int(os.environ.get("KAM_KILLS", "10"))
AGAIN_WITHIN = 15.0


def _broker() -> str:
    """A Redis database of this process alone: two test processes must not work off each other's queue."""
    number = 3 + os.getpid() % 12
    return urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}").geturl()


class Worker:
    """A Celery worker of its own with two children, on this process's database and queue."""

    def __init__(self, broker: str, log: Path) -> None:
        database = settings.DATABASES["default"]
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "kam.settings.dev",
            "DATABASE_URL": (
                f"postgres://{database['USER']}:{quote(database['PASSWORD'], safe='')}"
                f"@{database['HOST']}:{database['PORT']}/{database['NAME']}"
            ),
            "CELERY_BROKER_URL": broker,
            "KAM_METRICS_INLINE_BELOW": "50",
            "KAM_METRICS_SHARD_ACCOUNTS": str(SHARD),
            "PYTHONDONTWRITEBYTECODE": "",
        }
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "kam.celery", "worker", "--concurrency", "2",
             "--loglevel", "INFO", "--without-gossip", "--without-mingle"],
            cwd=ROOT, env=self.environment, stdout=self.log.open("ab"), stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip

    def children(self) -> list[int]:
        assert self.process is not None
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def restart(self) -> None:
        """Start again and wait until it takes work: how long Python takes to start is another matter."""
        ready = self.log.read_text().count(" ready.")
        self.start()
        _until(lambda: self.log.read_text().count(" ready.") > ready, 90, self.log.read_text)

    def kill_child(self) -> None:
        os.kill(random.choice(self.children()), signal.SIGKILL)

    def kill_tree(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill_tree()


@pytest.fixture
def worker(committed_db: None, tmp_path: Path) -> Iterator[Worker]:
    if not os.environ.get("REDIS_URL"):
        pytest.fail("this promise is about Redis, and there is none")
    broker = _broker()
    redis.Redis.from_url(broker).flushdb()
    one = Worker(broker, tmp_path / "worker.log")
    one.start()
    try:
        yield one
    finally:
        one.stop()
        redis.Redis.from_url(broker).flushdb()


@pytest.fixture
def tenant(committed_db: None) -> Tenant:
    tenant = tenant_create(name="Killed", slug=f"killed-{uuid.uuid4().hex[:8]}", base_currency="USD")
    chance = random.Random(1)
    with tenant_context(tenant.id):
        pin()
        products: list[Product] = list(catalogue({f"Line {i}": 0.4 for i in range(12)}).values())
        accounts = Account.objects.bulk_create(
            Account(tenant_id=tenant.id, external_id=f"A{i:04}", name=f"Account {i}", industry=f"I{i % 4}")
            for i in range(ACCOUNTS)
        )
        SalesLine.objects.bulk_create(
            SalesLine(
                tenant_id=tenant.id,
                account=one,
                product=chance.choice(products),
                date=REFERENCE - timedelta(days=chance.randrange(1400)),
                net_sales=Decimal(chance.randrange(-1000, 100_000)) / 100,
                cogs=Decimal(chance.randrange(60_000)) / 100,
                currency="USD",
            )
            for one in accounts
            for _ in range(20)
        )
        compute()
    return tenant


def _send(broker: str, task: str, **kwargs: str) -> None:
    with Connection(broker) as connection:
        app.send_task(task, kwargs=kwargs, connection=connection, queue="kam")


def _state(tenant: Tenant, run: uuid.UUID) -> tuple[str, int]:
    with tenant_context(tenant.id):
        return Recomputation.objects.values_list("status", "accounts_done").get(pk=run)


def _until(condition: Callable[[], bool], seconds: float, what: Callable[[], str]) -> float:
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > seconds:
            pytest.fail(f"not within {seconds} s: {what()}")
        time.sleep(0.02)
    return time.monotonic() - started


def _until_state(
    tenant: Tenant, run: uuid.UUID, worker: Worker, condition: Callable[[str, int], bool]
) -> None:
    _until(lambda: condition(*_state(tenant, run)), 60, worker.log.read_text)


def _forget(tenant: Tenant) -> None:
    with tenant_context(tenant.id):
        AccountMetricsHistory.objects.filter(tenant_id=tenant.id).delete()
        AccountMetrics.objects.filter(tenant_id=tenant.id).update(net_sales_12m=-1, clv=-1)


def _run(tenant: Tenant) -> uuid.UUID:
    with tenant_context(tenant.id):
        return Recomputation.objects.create(tenant_id=tenant.id, reference_date=REFERENCE).pk


@pytest.mark.parametrize("what", ["child", "tree"])
def test_a_killed_worker_loses_nothing(worker: Worker, tenant: Tenant, what: str) -> None:
    broker, chance = worker.environment["CELERY_BROKER_URL"], random.Random(what)
    with tenant_context(tenant.id):
        clean = figures()
    waits, in_the_middle = [], 0
    for _ in range(KILLS):
        _forget(tenant)
        run = _run(tenant)
        _send(broker, "metrics.recompute", tenant_id=str(tenant.id), run_id=str(run))
        point = chance.randrange(SHARD, ACCOUNTS + 1, SHARD)
        _until_state(tenant, run, worker, lambda _, done, point=point: done >= point)  # type: ignore[misc]
        status, done = _state(tenant, run)
        in_the_middle += status == "running"
        if what == "child":
            worker.kill_child()
        else:
            worker.kill_tree()
            worker.restart()
        with tenant_context(tenant.id):
            untouched = AccountMetrics.objects.filter(net_sales_12m=-1).count()
            # Either nothing is published yet, or all of it.
            assert untouched in (0, ACCOUNTS)

        def moved(run: uuid.UUID = run, done: int = done) -> bool:
            status, now = _state(tenant, run)
            return status == "succeeded" or now > done

        waits.append(_until(moved, AGAIN_WITHIN, worker.log.read_text))
        _until_state(tenant, run, worker, lambda status, _: status != "running")
        assert _state(tenant, run) == ("succeeded", ACCOUNTS)
        with tenant_context(tenant.id):
            assert figures() == clean
            assert AccountMetricsHistory.objects.filter(tenant_id=tenant.id).count() == ACCOUNTS
            assert PortfolioSnapshot.objects.filter(tenant_id=tenant.id, current=True).count() == 1
    assert in_the_middle >= KILLS // 2
    print(f"{what}: running again after at most {max(waits):.1f} s")  # noqa: T201


def test_a_wiped_redis_forgets_no_run(worker: Worker, tenant: Tenant) -> None:
    broker = worker.environment["CELERY_BROKER_URL"]
    worker.kill_tree()
    with tenant_context(tenant.id):
        clean = figures()
    _forget(tenant)
    run = _run(tenant)
    _send(broker, "metrics.recompute", tenant_id=str(tenant.id), run_id=str(run))
    redis.Redis.from_url(broker).flushdb()
    worker.start()
    _until(lambda: _state(tenant, run)[0] == "succeeded", 60, worker.log.read_text)
    with tenant_context(tenant.id):
        assert figures() == clean
