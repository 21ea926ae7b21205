"""Background work on the people of buying centres."""

from celery import shared_task
from django.utils import timezone

from buying_center.services.personal_data import leavers_erase
from kam.tenancy.selectors import tenant_list
from kam.tenancy.tasks import TenantTask


@shared_task(base=TenantTask, name="buying_center.leavers_erase")
def leavers_erase_task(*, tenant_id: str) -> int:
    """Erase a tenant's leavers whose time is up; again finds nobody."""
    return leavers_erase(today=timezone.localdate())


@shared_task(name="buying_center.leavers_erase_everywhere")
def leavers_erase_everywhere() -> None:
    """One task per tenant (scheduled daily)."""
    for tenant in tenant_list():
        leavers_erase_task.apply_async(kwargs={"tenant_id": str(tenant.id)})
