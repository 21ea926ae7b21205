"""Scheduled work of planning: reminders of reviews. Each task may be delivered twice, or killed at any line."""

from celery import shared_task
from django.utils import timezone

from kam.tenancy.context import current_tenant_id
from kam.tenancy.selectors import tenant_list
from kam.tenancy.tasks import TenantTask, enqueue, notifications_mail_task
from planning.services.reminders import reviews_remind


@shared_task(base=TenantTask, name="planning.reviews_remind")
def reviews_remind_task(*, tenant_id: str) -> int:
    """Tell one tenant's people which reviews are due, and send the e-mails of it."""
    told = reviews_remind(today=timezone.localdate())
    if told:
        enqueue(notifications_mail_task, tenant_id=current_tenant_id())
    return told


@shared_task(name="planning.reviews_remind_everywhere")
def reviews_remind_everywhere() -> None:
    """One task per tenant (scheduled several times a day: a day on which nothing ran is made up for)."""
    for tenant in tenant_list():
        reviews_remind_task.apply_async(kwargs={"tenant_id": str(tenant.id)})
