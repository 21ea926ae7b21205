"""Recomputation: sums against the ledger, sharded like inline, incremental like full, tenant by tenant."""

import datetime
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account, SalesLine
from accounts.services.rollups import rollups_refresh
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Tenant, TenantSettings
from metrics.models import (
    AccountMetrics,
    AccountMetricsHistory,
    PortfolioSnapshot,
    Recomputation,
    RecomputationShard,
    StaleAccount,
)
from metrics.services import runs
from metrics.services.few import few_publish
from metrics.services.marks import mark_stale
from metrics.services.parameters import Parameters
from metrics.services.publish import refresh_ranks
from metrics.services.run_queue import run_stale_create
from metrics.services.runs import Next, run_begin
from planning.models import OpenSpaceCell, PeerPotential
from tests.metrics.ledgers import (
    REFERENCE,
    account,
    compute,
    drive,
    figures,
    metrics,
    pin,
    sell,
    spend,
)
from tests.metrics.seeded import assert_same, close, seeded

pytestmark = pytest.mark.django_db


def test_the_tenant_is_the_sum_of_its_ledger(in_tenant: uuid.UUID) -> None:
    pin()
    seeded(20, default_margin=None)
    compute()
    first = REFERENCE.replace(year=REFERENCE.year - 1) + datetime.timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(net_sales), sum(cogs) FROM accounts_salesline WHERE tenant_id = %s AND date BETWEEN %s AND %s",
            [str(in_tenant), first, REFERENCE],
        )
        net_sales, cogs = cursor.fetchone()
        cursor.execute(
            "SELECT coalesce(sum(amount), 0) FROM accounts_costentry WHERE tenant_id = %s AND date BETWEEN %s AND %s",
            [str(in_tenant), first, REFERENCE],
        )
        (costs,) = cursor.fetchone()
    rows = list(AccountMetrics.objects.all())
    summary = PortfolioSnapshot.objects.get(current=True).summary
    assert sum(row.net_sales_12m for row in rows) == net_sales == Decimal(summary["net_sales_12m"])
    assert sum(row.cost_to_serve_12m for row in rows) == costs == Decimal(summary["cost_to_serve_12m"])
    known = [row for row in rows if row.contribution_12m is not None]
    assert 0 < len(known) < len(rows)
    for row in known:
        assert row.contribution_12m == row.gross_margin_12m - row.cost_to_serve_12m
        assert row.gross_margin_12m == row.net_sales_12m - row.cogs_12m
    assert Decimal(summary["contribution_12m"]) == sum(row.contribution_12m for row in known)
    assert cogs >= sum(row.cogs_12m for row in known)


def test_shards_give_the_same_figures_as_one_piece(
    in_tenant: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(potential_estimate_min_peers=2)
    seeded(20)
    compute()
    whole, snapshot = figures(), PortfolioSnapshot.objects.get(current=True)
    assert PeerPotential.objects.exists()
    monkeypatch.setattr(runs, "INLINE_BELOW", 0)
    monkeypatch.setattr(runs, "SHARD_ACCOUNTS", 3)
    run = compute()
    assert len(run.timing["shards"]) == 7
    assert_same(figures(), whole)
    again = PortfolioSnapshot.objects.get(current=True)
    assert close(again.summary, snapshot.summary)
    assert close(again.page, snapshot.page)
    assert close(again.trend, snapshot.trend)
    assert RecomputationShard.objects.exclude(result=None).count() == 0


@pytest.mark.parametrize("method", ["trend", "historic", "buy_till_you_die"])
def test_every_clv_method_is_kept_with_its_name(in_tenant: uuid.UUID, method: str) -> None:
    pin(clv_method=method)
    seeded(12, default_margin=0.3)
    compute()
    rows = list(AccountMetrics.objects.all())
    assert {row.clv_inputs["asked_method"] for row in rows} == {method}
    used = {row.clv_method for row in rows}
    if method == "buy_till_you_die":
        # Twelve accounts describe no population: refused, with the reason.
        assert used == {"retention"}
        assert all("accounts bought more than once" in row.clv_inputs["refusal"] for row in rows)
    elif method == "historic":
        assert used == {"historic"}
        assert all(row.clv_yearly == {"margin": [], "retained": [], "present_value": []} for row in rows)
    else:
        assert used <= {"trend", "retention"}
        assert "trend" in used


def test_only_what_changed_is_written(in_tenant: uuid.UUID) -> None:
    # Without potentials, which every sale revalues for every account; the first in rank stays the first.
    pin(potential_estimates_enabled=False)
    accounts = seeded(8)
    OpenSpaceCell.objects.all().delete()
    first = compute()
    accounts.sort(key=lambda one: metrics(one).sales_rank or 99)
    sell(accounts[0], SalesLine.objects.first().product, "2025-12-01", "1000", "1")
    second = compute()
    stamps = dict(AccountMetrics.objects.values_list("account_id", "recomputation"))
    assert stamps[accounts[0].pk] == second.pk
    assert first.pk in stamps.values()
    assert PortfolioSnapshot.objects.get(current=True).recomputation == second.pk
    movers = PortfolioSnapshot.objects.get(current=True).movers["rows"]
    assert movers[0]["account"] == str(accounts[0].pk)
    before, after = (Decimal(movers[0]["net_sales_12m"][side]) for side in ("before", "after"))
    assert after - before == 1000


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["sale", "credit", "cost", "delete", "customer_since", "retention", "potential"]),
        st.integers(0, 11),
        st.integers(0, 1400),
        st.integers(1, 500_000),
    ),
    min_size=1,
    max_size=6,
)


def _edit(accounts: list[Account], kind: str, which: int, days: int, size: int) -> uuid.UUID | None:
    """One change to one account, with everything that its service would do; returns the account."""
    one, day = accounts[which], REFERENCE - datetime.timedelta(days=days)
    product = SalesLine.objects.filter(tenant_id=one.tenant_id).first().product
    amount = Decimal(size).scaleb(-2)
    if kind in ("sale", "credit"):
        sell(one, product, day.isoformat(), str(amount if kind == "sale" else -amount), str(amount / 2))
        rollups_refresh(account_months=[(one.pk, day)])
    elif kind == "cost":
        spend(one, day.isoformat(), str(amount))
        rollups_refresh(account_months=[(one.pk, day)])
    elif kind == "delete":
        line = SalesLine.objects.filter(account=one).order_by("external_id", "id").first()
        if line is None:
            return None
        line.delete()
        rollups_refresh(account_months=[(one.pk, line.date)])
    elif kind == "customer_since":
        Account.objects.filter(pk=one.pk).update(customer_since=day)
    elif kind == "retention":
        Account.objects.filter(pk=one.pk).update(clv_retention=size / 1_000_000)
    else:
        OpenSpaceCell.objects.update_or_create(
            tenant_id=one.tenant_id,
            account=one,
            product_line=product.product_line,
            segment=None,
            defaults={"potential": amount},
        )
    mark_stale([one.pk])
    return one.pk


LEDGER_EDITS = {"sale", "credit", "cost", "delete"}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS, at_once=st.booleans())
def test_incremental_equals_full(
    tenant: Tenant, many_shards: None, edits: list[Any], *, at_once: bool
) -> None:
    """Whatever is edited: the few accounts alone, then the ranks, give what a run over everything gives; whether
    they are published at once or by a run of their own.

    What peers and lines are worth is found by full runs only. Edits of the ledger change both, so there UPV
    is compared with estimates switched off and no potential entered.
    """
    with tenant_context(tenant.id), connection.cursor() as cursor:
        cursor.execute("SAVEPOINT example")
        pin(potential_estimate_min_peers=2)
        accounts = seeded(12)
        if any(kind in LEDGER_EDITS for kind, *_ in edits):
            edits = [edit for edit in edits if edit[0] != "potential"]
            OpenSpaceCell.objects.all().delete()
            pin(potential_estimates_enabled=False)
        compute()
        StaleAccount.objects.all().delete()
        for edit in edits:
            _edit(accounts, *edit)
        marked = StaleAccount.objects.count()
        published = few_publish(tenant_id=tenant.id) if at_once else None
        run_id = run_stale_create(tenant_id=tenant.id)
        if published is not None:
            assert (run_id, Recomputation.objects.get(pk=published).timing["rows"]) == (None, marked)
            refresh_ranks(Parameters(REFERENCE, TenantSettings.objects.get(tenant_id=tenant.id)))
        elif run_id is not None:
            assert not at_once or marked * 4 > len(accounts)
            begun = run_begin(tenant_id=tenant.id, run_id=run_id)
            alone = marked * 4 <= len(accounts)
            assert begun.next == (Next.COMPUTE if alone else Next.SHARDS)
            run = drive(tenant.id, run_id)
            assert run.status == Recomputation.Status.SUCCEEDED, run.failure
            if alone:
                assert run.timing["rows"] == marked
            refresh_ranks(Parameters(REFERENCE, TenantSettings.objects.get(tenant_id=tenant.id)))
        alone_rows, alone_history = figures(), figures(AccountMetricsHistory)
        alone_summary = PortfolioSnapshot.objects.get(current=True).summary
        AccountMetrics.objects.all().delete()
        AccountMetricsHistory.objects.all().delete()
        PortfolioSnapshot.objects.all().delete()
        compute(rebuild=False)
        assert_same(alone_rows, figures())
        assert_same(alone_history, figures(AccountMetricsHistory))
        assert close(alone_summary, PortfolioSnapshot.objects.get(current=True).summary)
        assert not StaleAccount.objects.exists()
        cursor.execute("ROLLBACK TO SAVEPOINT example")


@pytest.mark.parametrize("accounts", [0, 1])
def test_empty_and_tiny_tenants_have_figures_too(in_tenant: uuid.UUID, accounts: int) -> None:
    pin()
    for one in range(accounts):
        account(f"only{one}")
    compute()
    snapshot = PortfolioSnapshot.objects.get(current=True)
    assert snapshot.summary["accounts"] == accounts
    assert snapshot.pareto["curve"] == []


def test_the_other_tenant_keeps_its_figures(
    tenant: Tenant, other_tenant: Tenant, as_tenant: Callable[[Tenant], Any]
) -> None:
    with as_tenant(other_tenant):
        pin()
        seeded(5, seed=3)
        compute()
        theirs = figures()
    with as_tenant(tenant):
        pin()
        seeded(5)
        compute()
        AccountMetrics.objects.all().delete()
        compute()
    with as_tenant(other_tenant):
        assert figures() == theirs
