"""What makes figures old, who computes them anew, and how often (RELIABILITY 8)."""

import datetime
import io
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Account
from accounts.services.accounts import account_delete, account_update
from accounts.services.rollups import rollups_refresh
from accounts.signals import account_inputs_changed
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Membership, Tenant, TenantSettings
from kam.tenancy.services.settings import settings_update
from metrics import tasks
from metrics.models import AccountMetrics, PortfolioSnapshot, Recomputation, StaleAccount
from metrics.services import runs
from metrics.services.marks import claim_marks, mark_stale
from planning.signals import open_space_changed
from tests.metrics.ledgers import account, catalogue, compute, metrics, pin, sell

pytestmark = pytest.mark.django_db
Committed = Callable[..., Any]


@pytest.fixture
def ledger(in_tenant: uuid.UUID) -> list[Account]:
    pin()
    product = catalogue({"Bikes": None})["Bikes"]
    accounts = [account(f"A{n}") for n in range(4)]
    for n, one in enumerate(accounts, start=1):
        sell(one, product, "2025-06-01", str(100 * n), str(60 * n))
    compute()
    StaleAccount.objects.all().delete()
    return accounts


def marked() -> set[uuid.UUID | None]:
    return set(StaleAccount.objects.values_list("account_id", flat=True))


def test_a_sale_marks_its_account(ledger: list[Account]) -> None:
    line = sell(ledger[0], _product(), "2025-07-01", "5", "1")
    rollups_refresh(account_months=[(line.account_id, line.date)])
    assert marked() == {ledger[0].pk}


def _product() -> Any:
    from accounts.models import Product

    return Product.objects.get(external_id="Bikes")


def test_open_space_marks_its_account(ledger: list[Account], in_tenant: uuid.UUID) -> None:
    open_space_changed.send(sender=None, tenant_id=in_tenant, account_ids=[ledger[2].pk])
    assert marked() == {ledger[2].pk}


def test_only_inputs_of_the_figures_mark_an_account(
    ledger: list[Account], members: dict[str, Membership]
) -> None:
    admin = Principal(member=members["admin"])
    account_update(principal=admin, account=ledger[1], values={"region": "North"}, if_match=None)
    assert marked() == set()
    account_update(principal=admin, account=ledger[1], values={"industry": "Energy"}, if_match=None)
    assert marked() == {ledger[1].pk}


def test_a_new_account_is_in_the_lists_at_once(ledger: list[Account], in_tenant: uuid.UUID) -> None:
    one = account("new")
    account_inputs_changed.send(sender=None, tenant_id=in_tenant, account_ids=[one.pk])
    assert metrics(one).engine_version == ""
    compute()
    assert metrics(one).engine_version != ""


def test_a_deleted_account_leaves_the_portfolio(
    ledger: list[Account], members: dict[str, Membership]
) -> None:
    one = account("gone")
    compute()
    assert AccountMetrics.objects.filter(account_id=one.pk).exists()
    account_delete(principal=Principal(member=members["admin"]), account=one, if_match=None)
    assert not AccountMetrics.objects.filter(account_id=one.pk).exists()
    assert marked() >= {None}
    compute()
    assert PortfolioSnapshot.objects.get(current=True).summary["accounts"] == 4


@pytest.mark.parametrize(
    ("values", "marks"),
    [({"clv_retention": 0.5}, {None}), ({"kam_account_limit": 3}, set()), ({"nightly_hour": 4}, set())],
)
def test_settings_mark_everything_only_where_figures_stand_on_them(
    ledger: list[Account], members: dict[str, Membership], values: dict[str, Any], marks: set[None]
) -> None:
    settings_update(principal=Principal(member=members["admin"]), version=None, values=values)
    assert marked() == marks


def test_an_edit_is_recomputed_after_its_commit(
    ledger: list[Account], in_tenant: uuid.UUID, django_capture_on_commit_callbacks: Committed
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(3):
            line = sell(ledger[0], _product(), "2025-07-01", "5", "1")
            rollups_refresh(account_months=[(line.account_id, line.date)])
    assert metrics(ledger[0]).net_sales_12m == 115
    assert marked() == set()
    # Three edits, one run.
    assert Recomputation.objects.filter(kind=Recomputation.Kind.STALE).count() == 1


def test_a_failed_run_says_why_and_gives_its_marks_back(
    ledger: list[Account],
    in_tenant: uuid.UUID,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Committed,
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise ValueError("an infinite figure")

    monkeypatch.setattr(runs, "gather", broken)
    mark_stale([ledger[0].pk])
    run = Recomputation.objects.create(tenant_id=in_tenant, reference_date=datetime.date(2025, 12, 31))
    tasks.recompute.apply(kwargs={"tenant_id": str(in_tenant), "run_id": str(run.pk)})
    run.refresh_from_db()
    assert (run.status, run.failure) == (Recomputation.Status.FAILED, "ValueError: an infinite figure")
    assert StaleAccount.objects.get().claimed_by is None


def test_marks_of_one_account_are_claimed_once(ledger: list[Account]) -> None:
    mark_stale([ledger[0].pk, ledger[1].pk])
    first, second = uuid.uuid4(), uuid.uuid4()
    assert set(claim_marks(first)) == {ledger[0].pk, ledger[1].pk}
    mark_stale([ledger[1].pk])
    assert StaleAccount.objects.get(account=ledger[1].pk).claimed_by is None
    assert StaleAccount.objects.get(account=ledger[0].pk).claimed_by == first
    assert set(claim_marks(second, [ledger[1].pk])) == {ledger[1].pk}


def test_the_night_recomputes_once(
    ledger: list[Account], in_tenant: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = datetime.datetime(2026, 3, 1, 2, 7, tzinfo=datetime.UTC)
    monkeypatch.setattr(tasks.timezone, "localtime", lambda: night)
    asked = {"tenant_id": str(in_tenant)}
    for _ in range(4):
        tasks.nightly_tenant.apply(kwargs=asked)
    nightly = Recomputation.objects.filter(nightly_day=night.date())
    assert [(run.kind, run.status) for run in nightly] == [("full", "succeeded")]
    monkeypatch.setattr(tasks.timezone, "localtime", lambda: night + datetime.timedelta(hours=1))
    tasks.nightly_tenant.apply(kwargs=asked)
    assert nightly.count() == 1
    TenantSettings.objects.filter(tenant_id=in_tenant).update(nightly_recompute=False)
    monkeypatch.setattr(tasks.timezone, "localtime", lambda: night + datetime.timedelta(days=1))
    tasks.nightly_tenant.apply(kwargs=asked)
    assert Recomputation.objects.filter(nightly_day__isnull=False).count() == 1


def test_the_watchdog_finds_runs_and_marks_that_nobody_took(
    ledger: list[Account], in_tenant: uuid.UUID, tenant: Tenant
) -> None:
    run = Recomputation.objects.create(tenant_id=in_tenant, reference_date=datetime.date(2025, 12, 31))
    mark_stale([ledger[0].pk])
    assert tasks.watchdog() == 0
    assert tasks.watchdog(quiet_seconds=0) == 1
    run.refresh_from_db()
    assert run.status == Recomputation.Status.SUCCEEDED
    assert marked() == set()
    mark_stale([ledger[1].pk])
    assert tasks.watchdog(quiet_seconds=0) == 1
    assert marked() == set()


def _command(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("recompute", *arguments, stdout=out)
    lines = out.getvalue().splitlines()
    assert len(lines) == 1
    return dict(json.loads(lines[0]))


def test_the_command_prints_one_line(ledger: list[Account], tenant: Tenant) -> None:
    report = _command("--tenant", tenant.slug)
    assert (report["status"], report["accounts_total"], report["progress"]) == ("succeeded", 4, 1.0)
    report = _command("--tenant", tenant.slug, "--date", "2024-02-10")
    assert report["reference_date"] == "2024-02-29"
    with tenant_context(tenant.id):
        assert TenantSettings.objects.get().pinned_reference_date == datetime.date(2024, 2, 29)
    assert _command("--tenant", tenant.slug, "--accounts", "A1", str(ledger[0].pk))["accounts_total"] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["--tenant", "nobody"],
        ["--tenant", "northwind", "--accounts", "nothing"],
        ["--tenant", "northwind", "--date", "2024-02-10", "--accounts", "A1"],
    ],
)
def test_the_command_refuses_in_one_sentence(ledger: list[Account], arguments: list[str]) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("recompute", *arguments)
    assert "\n" not in str(refused.value)
