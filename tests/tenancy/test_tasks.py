"""Background work enters its tenant, starts after the commit, and carries ids only."""

import uuid
from typing import Any

import pytest
from celery import current_app, shared_task
from django.db import transaction

from accounts.models import Account
from kam.tenancy.context import NoTenantError, current_tenant_id, tenant_context
from kam.tenancy.models import Tenant
from kam.tenancy.tasks import TenantTask, enqueue
from tests.factories import AccountFactory

seen: list[Any] = []


@shared_task(base=TenantTask, name="tests.note")
def note(*, tenant_id: str, account_id: str = "", fail: bool = False) -> None:
    seen.append((current_tenant_id(), account_id))
    AccountFactory(name="made by a task")
    if fail:
        raise ValueError("on purpose")


@shared_task(base=TenantTask, own_transactions=True, name="tests.own")
def own(*, tenant_id: str) -> None:
    with pytest.raises(NoTenantError):
        current_tenant_id()
    with tenant_context(tenant_id):
        seen.append(current_tenant_id())


@pytest.fixture(autouse=True)
def _forget() -> None:
    seen.clear()


@pytest.mark.django_db
def test_a_task_runs_inside_its_tenant(tenant: Tenant, other_tenant: Tenant) -> None:
    note.apply(kwargs={"tenant_id": str(tenant.id)}, throw=True)
    assert seen == [(tenant.id, "")]
    with tenant_context(tenant.id):
        assert Account.objects.count() == 1
    with tenant_context(other_tenant.id):
        assert Account.objects.count() == 0


@pytest.mark.django_db
def test_a_task_that_fails_leaves_nothing(tenant: Tenant) -> None:
    with pytest.raises(ValueError, match="on purpose"):
        note.apply(kwargs={"tenant_id": str(tenant.id), "fail": True}, throw=True)
    with tenant_context(tenant.id):
        assert Account.objects.count() == 0


@pytest.mark.django_db
def test_a_task_without_a_tenant_does_not_run(tenant: Tenant) -> None:
    with pytest.raises(KeyError):
        note.apply(kwargs={}, throw=True)
    assert seen == []


@pytest.mark.django_db
def test_own_transactions_enter_by_themselves(tenant: Tenant) -> None:
    own.apply(kwargs={"tenant_id": str(tenant.id)}, throw=True)
    assert seen == [tenant.id]


@pytest.mark.django_db
def test_work_starts_after_the_commit_with_ids_as_text(
    tenant: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    account_id = uuid.uuid4()
    with django_capture_on_commit_callbacks(execute=True):
        enqueue(note, tenant_id=tenant.id, account_id=account_id)
        assert seen == []
    assert seen == [(tenant.id, str(account_id))]


@pytest.mark.django_db
def test_work_of_a_transaction_that_was_rolled_back_never_starts(
    tenant: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    with (  # noqa: PT012
        django_capture_on_commit_callbacks(execute=True),
        pytest.raises(ValueError, match="on purpose"),
        transaction.atomic(),
    ):
        enqueue(note, tenant_id=tenant.id)
        raise ValueError("on purpose")
    assert seen == []


def test_delivery_is_at_least_once() -> None:
    """Without these a killed worker loses its task (RELIABILITY, "Celery 5.7 on Redis, as measured")."""
    conf = current_app.conf
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.worker_prefetch_multiplier == 1
    assert conf.broker_transport_options["visibility_timeout"] == 10
    assert conf.broker_transport_options["unacked_restore_interval"] == 2
    assert conf.broker_transport_options["unacked_restore_throttle"] == 1


def test_every_task_of_ours_that_knows_a_tenant_is_a_tenant_task() -> None:
    """`tenant_id` in a task's signature means that it enters the tenant's context."""
    import inspect

    current_app.loader.import_default_modules()
    plain = [
        name
        for name, task in current_app.tasks.items()
        if "tenant_id" in inspect.signature(task.run).parameters and not isinstance(task, TenantTask)
    ]
    assert plain == []
