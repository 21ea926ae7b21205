"""Runs of the recomputation: over chosen accounts, one after another, delivered twice, abandoned; no lost change."""

import datetime
import threading
import uuid

import pytest
from django.db import connections

from accounts.models import SalesLine
from kam.tenancy.context import tenant_context
from metrics.models import (
    AccountMetrics,
    AccountMetricsHistory,
    PortfolioSnapshot,
    Recomputation,
    StaleAccount,
)
from metrics.services import run_queue, runs
from metrics.services.marks import mark_stale
from metrics.services.run_queue import run_abandoned, run_next
from metrics.services.runs import Next, Published, run_begin, run_publish, run_shard
from tests.metrics.ledgers import (
    REFERENCE,
    compute,
    drive,
    figures,
    metrics,
    pin,
    sell,
)
from tests.metrics.seeded import seeded

pytestmark = pytest.mark.django_db


def test_a_run_over_chosen_accounts_leaves_the_others_alone(in_tenant: uuid.UUID, many_shards: None) -> None:
    pin()
    accounts = seeded(9)
    compute()
    for one in accounts:
        sell(one, SalesLine.objects.first().product, "2025-11-11", "77", "7")
    before = {one.pk: metrics(one).net_sales_12m for one in accounts}
    chosen = [accounts[1].pk, accounts[4].pk]
    run = compute(kind="accounts", account_ids=chosen)
    assert (run.accounts_total, run.accounts_done, run.progress) == (2, 2, 1.0)
    for one in accounts:
        expected = before[one.pk] + (77 if one.pk in chosen else 0)
        assert metrics(one).net_sales_12m == expected


def test_history_alone_changes_nothing_that_is_published(in_tenant: uuid.UUID) -> None:
    pin()
    accounts = seeded(6)
    compute()
    rows, snapshot = figures(), PortfolioSnapshot.objects.get(current=True)
    past = datetime.date(2024, 6, 30)
    compute(publish=False, reference_date=past)
    assert figures() == rows
    assert PortfolioSnapshot.objects.get(current=True).reference_date == snapshot.reference_date
    assert AccountMetricsHistory.objects.filter(reference_date=past).count() == 6
    compute(
        publish=False,
        reference_date=datetime.date(2023, 6, 30),
        kind="accounts",
        account_ids=[accounts[0].pk],
    )
    only = AccountMetricsHistory.objects.filter(reference_date=datetime.date(2023, 6, 30))
    assert [row.account_id for row in only] == [accounts[0].pk]


def test_a_change_during_a_run_stays_marked(in_tenant: uuid.UUID) -> None:
    pin()
    accounts = seeded(4)
    compute()
    StaleAccount.objects.all().delete()
    mark_stale([accounts[0].pk, accounts[1].pk])
    run = Recomputation.objects.create(tenant_id=in_tenant, reference_date=REFERENCE)
    run_begin(tenant_id=in_tenant, run_id=run.pk)
    mark_stale([accounts[1].pk, accounts[2].pk])
    run_publish(tenant_id=in_tenant, run_id=run.pk)
    assert set(StaleAccount.objects.values_list("account_id", flat=True)) == {accounts[1].pk, accounts[2].pk}


def test_runs_wait_for_one_another(in_tenant: uuid.UUID) -> None:
    pin()
    seeded(3)
    first = Recomputation.objects.create(tenant_id=in_tenant, reference_date=REFERENCE)
    second = Recomputation.objects.create(tenant_id=in_tenant, reference_date=REFERENCE)
    assert run_begin(tenant_id=in_tenant, run_id=first.pk).next == Next.COMPUTE
    assert run_begin(tenant_id=in_tenant, run_id=second.pk).next == Next.WAIT
    run_publish(tenant_id=in_tenant, run_id=first.pk)
    assert run_next(tenant_id=in_tenant) == second.pk
    assert drive(in_tenant, second.pk).status == Recomputation.Status.SUCCEEDED


def test_every_step_may_be_delivered_again(in_tenant: uuid.UUID, many_shards: None) -> None:
    pin()
    seeded(8)
    compute()
    expected = figures()
    AccountMetrics.objects.all().delete()
    run = Recomputation.objects.create(tenant_id=in_tenant, reference_date=REFERENCE)
    step = run_begin(tenant_id=in_tenant, run_id=run.pk)
    assert run_begin(tenant_id=in_tenant, run_id=run.pk) == step
    for shard in step.shards:
        run_shard(tenant_id=in_tenant, shard_id=shard)
        run_shard(tenant_id=in_tenant, shard_id=shard)
    run.refresh_from_db()
    assert run.accounts_done == 8
    assert run.progress == 0.99
    assert not AccountMetrics.objects.exists()
    outcomes = [run_publish(tenant_id=in_tenant, run_id=run.pk) for _ in range(3)]
    assert outcomes == [Published.NOW, Published.NOTHING, Published.NOTHING]
    assert run_begin(tenant_id=in_tenant, run_id=run.pk).next == Next.NOTHING
    assert figures() == expected
    assert AccountMetricsHistory.objects.count() == 8


def test_four_at_once_give_one_result(committed_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from kam.tenancy.services import tenant_create

    monkeypatch.setattr(runs, "INLINE_BELOW", 0)
    monkeypatch.setattr(runs, "SHARD_ACCOUNTS", 3)
    tenant = tenant_create(name="Four", slug="four", base_currency="USD")
    with tenant_context(tenant.id):
        pin()
        seeded(9)
        compute()
        expected = figures()
        AccountMetrics.objects.all().delete()
        run = Recomputation.objects.create(tenant_id=tenant.id, reference_date=REFERENCE)
    failures: list[BaseException] = []

    def deliver() -> None:
        try:
            for _ in range(200):
                if drive(tenant.id, run.pk).status == Recomputation.Status.SUCCEEDED:
                    return
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not failures
    with tenant_context(tenant.id):
        assert figures() == expected
        assert Recomputation.objects.get(pk=run.pk).accounts_done == 9
        assert PortfolioSnapshot.objects.filter(current=True).count() == 1


def test_an_abandoned_run_is_found_and_a_hopeless_one_closed(
    in_tenant: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin()
    seeded(2)
    mark_stale(None)
    run = Recomputation.objects.create(tenant_id=in_tenant, reference_date=REFERENCE)
    run_begin(tenant_id=in_tenant, run_id=run.pk)
    assert run_abandoned(tenant_id=in_tenant, quiet=datetime.timedelta(minutes=5)) is None
    assert run_abandoned(tenant_id=in_tenant, quiet=datetime.timedelta(0)) == run.pk
    monkeypatch.setattr(run_queue, "MAX_ATTEMPTS", 2)
    run_abandoned(tenant_id=in_tenant, quiet=datetime.timedelta(0))
    assert run_abandoned(tenant_id=in_tenant, quiet=datetime.timedelta(0)) is None
    run.refresh_from_db()
    assert run.status == Recomputation.Status.FAILED
    assert StaleAccount.objects.get().claimed_by is None
