"""Background work inside a tenant."""

import uuid
from typing import Any

from celery import Task, shared_task
from django.db import transaction

from kam.tenancy.context import tenant_context
from kam.tenancy.idempotency import answers_forget
from kam.tenancy.selectors import tenant_list
from kam.tenancy.services import notifications_mail


class TenantTask(Task):
    """Base of every task that touches a tenant's rows.

    Arguments are ids only. The body runs inside the tenant's context and transaction; a task that must commit
    as it goes (progress, batches) is declared with `own_transactions=True` and enters the context itself.
    Delivery is at least once (`acks_late`), so bodies are idempotent and safe to be killed at any line.
    """

    abstract = True
    own_transactions = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        tenant_id = uuid.UUID(str(kwargs["tenant_id"]))
        if self.own_transactions:
            return super().__call__(*args, **kwargs)
        with tenant_context(tenant_id, via="task"):
            return super().__call__(*args, **kwargs)


def enqueue(task: Task, *, tenant_id: uuid.UUID, **ids: Any) -> None:
    """Start a tenant task once the open transaction is committed. Ids are sent as strings."""
    sendable = {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in ids.items()}
    transaction.on_commit(lambda: task.apply_async(kwargs={"tenant_id": str(tenant_id), **sendable}))


@shared_task(base=TenantTask, name="tenancy.answers_forget")
def answers_forget_task(*, tenant_id: str) -> int:
    """Delete a tenant's kept answers to Idempotency-Keys that are older than 24 hours."""
    return answers_forget()


@shared_task(name="tenancy.answers_forget_everywhere")
def answers_forget_everywhere() -> None:
    """One task per tenant (scheduled every hour)."""
    for tenant in tenant_list():
        answers_forget_task.apply_async(kwargs={"tenant_id": str(tenant.id)})


@shared_task(base=TenantTask, name="tenancy.notifications_mail")
def notifications_mail_task(*, tenant_id: str) -> int:
    """Send the e-mails that wait in one tenant. Run twice or four at once it sends each once."""
    return notifications_mail()


@shared_task(name="tenancy.notifications_mail_everywhere")
def notifications_mail_everywhere() -> None:
    """One task per tenant (scheduled): what a lost message or a killed worker left unsent goes out."""
    for tenant in tenant_list():
        notifications_mail_task.apply_async(kwargs={"tenant_id": str(tenant.id)})
