"""A few changed accounts are published in one transaction: all of it or nothing, and no change is lost."""

import datetime
import threading
import time
import uuid
from typing import Any

import pytest
from django.db import DataError, connection, connections

from accounts.models import Account, SalesLine
from accounts.services.rollups import rollups_refresh
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Tenant
from metrics import tasks
from metrics.models import (
    AccountMetrics,
    AccountMetricsHistory,
    PortfolioSnapshot,
    Recomputation,
    StaleAccount,
)
from metrics.services import few
from metrics.services.beside import Beside
from metrics.services.few import few_publish
from metrics.services.marks import mark_stale
from tests.metrics.ledgers import REFERENCE, compute, figures, metrics, pin, sell
from tests.metrics.seeded import seeded

pytestmark = pytest.mark.django_db


def _computed(count: int = 12) -> list[Account]:
    pin()
    accounts = seeded(count)
    compute()
    StaleAccount.objects.all().delete()
    return accounts


def _sell_more(account: Account) -> None:
    """A sale of 1000 with everything that its service would do."""
    day = datetime.date(2025, 11, 11)
    sell(account, SalesLine.objects.first().product, day.isoformat(), "1000", "400")  # type: ignore[union-attr]
    rollups_refresh(account_months=[(account.pk, day)])


def _marked() -> set[uuid.UUID | None]:
    return set(StaleAccount.objects.values_list("account_id", flat=True))


def test_a_sale_shows_at_once(in_tenant: uuid.UUID, many_shards: None) -> None:
    accounts = _computed()
    before = figures()
    _sell_more(accounts[3])
    run = Recomputation.objects.get(pk=few_publish(tenant_id=in_tenant))
    assert (run.kind, run.status, run.progress, run.timing["rows"]) == ("stale", "succeeded", 1.0, 1)
    assert run.seconds is not None and run.seconds > 0
    after = figures()
    key = (accounts[3].pk, REFERENCE)
    assert after.pop(key)["net_sales_12m"] == before.pop(key)["net_sales_12m"] + 1000
    assert after == before
    assert _marked() == set()
    record = AccountMetricsHistory.objects.get(account_id=accounts[3].pk, reference_date=REFERENCE)
    assert (record.net_sales_12m, record.recomputation) == (metrics(accounts[3]).net_sales_12m, run.pk)
    snapshot = PortfolioSnapshot.objects.get(current=True)
    assert snapshot.ranks_stale_since is not None
    assert [row["account"] for row in snapshot.movers["rows"]] == [str(accounts[3].pk)]


def test_what_did_not_change_keeps_its_stamp(in_tenant: uuid.UUID, many_shards: None) -> None:
    accounts = _computed()
    before = AccountMetrics.objects.get(account_id=accounts[0].pk)
    mark_stale([accounts[0].pk])
    assert few_publish(tenant_id=in_tenant) is not None
    after = AccountMetrics.objects.get(account_id=accounts[0].pk)
    assert (after.recomputation, after.computed_at) == (before.recomputation, before.computed_at)
    assert _marked() == set()


def test_a_deleted_account_gets_no_row(in_tenant: uuid.UUID, many_shards: None) -> None:
    _computed()
    mark_stale([uuid.uuid4()])
    assert few_publish(tenant_id=in_tenant) is not None
    assert AccountMetrics.objects.count() == 12
    assert _marked() == set()


@pytest.mark.parametrize(
    "why", ["nothing", "everything", "many", "busy", "another date", "small", "unpublished"]
)
def test_what_takes_a_run_of_its_own_is_left_alone(
    in_tenant: uuid.UUID, many_shards: None, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    accounts = _computed()
    marks: list[uuid.UUID] | None = [accounts[0].pk]
    if why == "everything":
        marks = None
    elif why == "many":
        marks = [one.pk for one in accounts[:4]]
    elif why == "busy":
        Recomputation.objects.create(tenant_id=in_tenant, reference_date=REFERENCE)
    elif why == "another date":
        pin(datetime.date(2025, 11, 30))
    elif why == "small":
        monkeypatch.setattr("metrics.services.runs.INLINE_BELOW", 100)
    elif why == "unpublished":
        PortfolioSnapshot.objects.all().delete()
    if why != "nothing":
        mark_stale(marks)
    before = _marked()
    assert few_publish(tenant_id=in_tenant) is None
    assert _marked() == before


def test_an_end_in_the_middle_leaves_nothing_behind(
    in_tenant: uuid.UUID, many_shards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = _computed()
    before, runs = figures(), Recomputation.objects.count()
    _sell_more(accounts[3])

    def ended(*args: Any) -> None:
        raise RuntimeError("ended")

    # After the rows were written, before the transaction ends.
    monkeypatch.setattr(few, "movers_of", ended)
    with pytest.raises(RuntimeError):
        few_publish(tenant_id=in_tenant)
    assert figures() == before
    assert Recomputation.objects.count() == runs
    assert _marked() == {accounts[3].pk}


def test_what_fails_is_queued_and_says_why(
    in_tenant: uuid.UUID, many_shards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = _computed()
    _sell_more(accounts[3])

    def broken(*args: Any, **kwargs: Any) -> None:
        raise ValueError("an infinite figure")

    monkeypatch.setattr(few, "gather", broken)
    monkeypatch.setattr("metrics.services.runs.gather", broken)
    queued = uuid.UUID(tasks.recompute_stale.apply(kwargs={"tenant_id": str(in_tenant)}).get())
    run = Recomputation.objects.get(pk=queued)
    assert (run.status, run.failure) == ("failed", "ValueError: an infinite figure")
    assert StaleAccount.objects.get().claimed_by is None


def _elsewhere(work: Any) -> None:
    """Do something in a thread with a connection of its own, and wait for its commit."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=30)
    assert not thread.is_alive()


@pytest.fixture
def committed(committed_db: None, many_shards: None) -> tuple[Tenant, list[Account]]:
    from kam.tenancy.services import tenant_create

    tenant = tenant_create(name="Few", slug=f"few-{uuid.uuid4().hex[:8]}", base_currency="USD")
    with tenant_context(tenant.id):
        return tenant, _computed()


def test_a_change_meanwhile_keeps_its_mark(
    committed: tuple[Tenant, list[Account]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant, accounts = committed
    with tenant_context(tenant.id):
        mark_stale([accounts[0].pk, accounts[1].pk])
    gather = few.gather

    def mark() -> None:
        with tenant_context(tenant.id):
            mark_stale([accounts[1].pk, accounts[2].pk])

    def gather_then_mark(*args: Any, **kwargs: Any) -> Any:
        figures = gather(*args, **kwargs)
        _elsewhere(mark)
        return figures

    monkeypatch.setattr(few, "gather", gather_then_mark)
    assert few_publish(tenant_id=tenant.id) is not None
    with tenant_context(tenant.id):
        assert _marked() == {accounts[1].pk, accounts[2].pk}


def test_four_at_once_publish_once(committed: tuple[Tenant, list[Account]]) -> None:
    tenant, accounts = committed
    with tenant_context(tenant.id):
        # A sale would be computed as it is committed.
        mark_stale([accounts[3].pk])
    done: list[uuid.UUID | None] = []
    threads = [
        threading.Thread(
            target=lambda: (done.append(few_publish(tenant_id=tenant.id)), connections.close_all())
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(done) == 4
    assert sum(run is not None for run in done) == 1
    assert [run for run in done if run is not None] == [
        run.pk for run in _runs(tenant) if run.kind == Recomputation.Kind.STALE
    ]


def _runs(tenant: Tenant) -> list[Recomputation]:
    with tenant_context(tenant.id):
        return list(Recomputation.objects.filter(tenant_id=tenant.id))


def test_statements_beside_come_in_their_order_and_tell_their_errors(in_tenant: uuid.UUID) -> None:
    with Beside() as beside:
        beside.execute("CREATE TEMPORARY TABLE beside (n int) ON COMMIT DROP", [])
        for number in range(3):
            beside.execute("INSERT INTO beside SELECT coalesce(max(n), 0) + %s FROM beside", [number])
        beside.wait()
        with connection.cursor() as cursor:
            cursor.execute("SELECT n FROM beside ORDER BY n")
            assert cursor.fetchall() == [(0,), (1,), (3,)]
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT beside")
        with pytest.raises(DataError), Beside() as beside:
            beside.execute("SELECT 1 / %s", [0])
        cursor.execute("ROLLBACK TO SAVEPOINT beside")

        def go_on() -> None:
            with Beside() as beside:
                beside.execute("SELECT 1 / %s", [0])
                # Waits its turn, and finds the transaction broken.
                time.sleep(0.2)
                cursor.execute("SELECT 1")

        with pytest.raises(DataError):
            go_on()
        cursor.execute("ROLLBACK TO SAVEPOINT beside")
