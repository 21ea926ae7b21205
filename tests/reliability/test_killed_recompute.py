"""Promise 7: a killed worker loses nothing. Real Celery workers, real Redis, kill -9 in the middle."""

import random
import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
import redis

from accounts.models import Account, Product, SalesLine
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Tenant
from kam.tenancy.services import tenant_create
from metrics.models import AccountMetrics, AccountMetricsHistory, PortfolioSnapshot, Recomputation
from tests.metrics.ledgers import REFERENCE, catalogue, compute, figures, pin
from tests.reliability.workers import AGAIN_WITHIN, KILLS, Worker, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("workers")]
ACCOUNTS, SHARD = 480, 20


@pytest.fixture
def worker(worker_of: Callable[..., Worker]) -> Worker:
    return worker_of(KAM_METRICS_INLINE_BELOW="50", KAM_METRICS_SHARD_ACCOUNTS=str(SHARD))


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


def _state(tenant: Tenant, run: uuid.UUID) -> tuple[str, int]:
    with tenant_context(tenant.id):
        return Recomputation.objects.values_list("status", "accounts_done").get(pk=run)


def _until_state(
    tenant: Tenant, run: uuid.UUID, worker: Worker, condition: Callable[[str, int], bool]
) -> None:
    until(lambda: condition(*_state(tenant, run)), 60, worker.log.read_text)


def _forget(tenant: Tenant) -> None:
    with tenant_context(tenant.id):
        AccountMetricsHistory.objects.filter(tenant_id=tenant.id).delete()
        AccountMetrics.objects.filter(tenant_id=tenant.id).update(net_sales_12m=-1, clv=-1)


def _run(tenant: Tenant) -> uuid.UUID:
    with tenant_context(tenant.id):
        return Recomputation.objects.create(tenant_id=tenant.id, reference_date=REFERENCE).pk


@pytest.mark.parametrize("what", ["child", "tree"])
def test_a_killed_worker_loses_nothing(worker: Worker, tenant: Tenant, what: str) -> None:
    chance = random.Random(what)
    with tenant_context(tenant.id):
        clean = figures()
    waits, in_the_middle = [], 0
    for _ in range(KILLS):
        _forget(tenant)
        run = _run(tenant)
        worker.send("metrics.recompute", tenant_id=str(tenant.id), run_id=str(run))
        point = chance.randrange(SHARD, ACCOUNTS + 1, SHARD)
        _until_state(tenant, run, worker, lambda _, done, point=point: done >= point)  # type: ignore[misc]
        status, done = _state(tenant, run)
        in_the_middle += status == "running"
        worker.kill(what)
        with tenant_context(tenant.id):
            untouched = AccountMetrics.objects.filter(net_sales_12m=-1).count()
            # Either nothing is published yet, or all of it.
            assert untouched in (0, ACCOUNTS)

        def moved(run: uuid.UUID = run, done: int = done) -> bool:
            status, now = _state(tenant, run)
            return status == "succeeded" or now > done

        waits.append(until(moved, AGAIN_WITHIN, worker.log.read_text))
        _until_state(tenant, run, worker, lambda status, _: status != "running")
        assert _state(tenant, run) == ("succeeded", ACCOUNTS)
        with tenant_context(tenant.id):
            assert figures() == clean
            assert AccountMetricsHistory.objects.filter(tenant_id=tenant.id).count() == ACCOUNTS
            assert PortfolioSnapshot.objects.filter(tenant_id=tenant.id, current=True).count() == 1
    assert in_the_middle >= KILLS // 2
    print(f"{what}: running again after at most {max(waits):.1f} s")  # noqa: T201


def test_a_wiped_redis_forgets_no_run(worker: Worker, tenant: Tenant) -> None:
    worker.kill_tree()
    with tenant_context(tenant.id):
        clean = figures()
    _forget(tenant)
    run = _run(tenant)
    worker.send("metrics.recompute", tenant_id=str(tenant.id), run_id=str(run))
    redis.Redis.from_url(worker.broker).flushdb()
    worker.start()
    until(lambda: _state(tenant, run)[0] == "succeeded", 60, worker.log.read_text)
    with tenant_context(tenant.id):
        assert figures() == clean
