"""Background work on the people of both sides. Each task may be delivered twice, or killed at any line."""

from celery import shared_task
from django.utils import timezone

from buying_center.services.personal_data import leavers_erase
from buying_center.services.reminders import engagements_remind
from buying_center.services.surveys import customers_views_refresh
from kam.tenancy.context import current_tenant_id
from kam.tenancy.selectors import tenant_list
from kam.tenancy.tasks import TenantTask, enqueue, notifications_mail_task


@shared_task(base=TenantTask, name="buying_center.leavers_erase")
def leavers_erase_task(*, tenant_id: str) -> int:
    """Erase a tenant's leavers whose time is up; again finds nobody."""
    return leavers_erase(today=timezone.localdate())


@shared_task(name="buying_center.leavers_erase_everywhere")
def leavers_erase_everywhere() -> None:
    """One task per tenant (scheduled daily)."""
    for tenant in tenant_list():
        leavers_erase_task.apply_async(kwargs={"tenant_id": str(tenant.id)})


@shared_task(base=TenantTask, name="buying_center.engagements_remind")
def engagements_remind_task(*, tenant_id: str) -> int:
    """Tell one tenant's people which engagement plans are due, and send the e-mails of it."""
    told = engagements_remind(today=timezone.localdate())
    if told:
        enqueue(notifications_mail_task, tenant_id=current_tenant_id())
    return told


@shared_task(name="buying_center.engagements_remind_everywhere")
def engagements_remind_everywhere() -> None:
    """One task per tenant (scheduled several times a day: a day on which nothing ran is made up for)."""
    for tenant in tenant_list():
        engagements_remind_task.apply_async(kwargs={"tenant_id": str(tenant.id)})


@shared_task(base=TenantTask, name="buying_center.customers_views_refresh")
def customers_views_refresh_task(*, tenant_id: str) -> int:
    """Answers older than a year no longer count; again changes nothing."""
    return customers_views_refresh(today=timezone.localdate())


@shared_task(name="buying_center.customers_views_refresh_everywhere")
def customers_views_refresh_everywhere() -> None:
    """One task per tenant (scheduled daily)."""
    for tenant in tenant_list():
        customers_views_refresh_task.apply_async(kwargs={"tenant_id": str(tenant.id)})
