"""Background work on the ledger: running imports, and finding those that lost their worker."""

import uuid
from typing import Any

from celery import shared_task
from django.db import InterfaceError, OperationalError

from accounts.models import ImportJob
from accounts.services.import_run import import_run
from accounts.services.imports import import_files_purge, import_jobs_forsaken
from kam.tenancy.context import tenant_context
from kam.tenancy.selectors import tenant_list
from kam.tenancy.tasks import TenantTask, enqueue

# Shorter than the broker's visibility timeout, or the waiting message itself would be delivered again.
_LOOK_AGAIN_SECONDS = 5


class ImportTask(TenantTask):
    """A task that commits as it goes."""

    abstract = True
    own_transactions = True


@shared_task(
    base=ImportTask,
    bind=True,
    name="accounts.import_run",
    autoretry_for=(OperationalError, InterfaceError),
    retry_backoff=2,
    retry_backoff_max=30,
    max_retries=None,
)
def import_run_task(self: Any, *, tenant_id: str, job_id: str) -> None:
    """Run an import. A message that comes again while the job runs (the broker thinks it was lost) waits and
    looks again, so that a job whose worker dies later is taken up at once."""
    if not import_run(tenant_id=uuid.UUID(tenant_id), job_id=uuid.UUID(job_id)):
        raise self.retry(countdown=_LOOK_AGAIN_SECONDS)


def import_enqueue(*, job: ImportJob) -> None:
    """Start the job in a worker once the open transaction is committed."""
    enqueue(import_run_task, tenant_id=job.tenant_id, job_id=job.id)


@shared_task(base=TenantTask, name="accounts.imports_resume")
def imports_resume_task(*, tenant_id: str) -> None:
    """Enqueue a tenant's jobs that nobody works on, and clear up old files."""
    for job_id in import_jobs_forsaken():
        enqueue(import_run_task, tenant_id=uuid.UUID(tenant_id), job_id=job_id)
    import_files_purge()


@shared_task(name="accounts.imports_resume_all")
def imports_resume_all_task() -> None:
    """One `imports_resume` per tenant that has anything to resume or clear up; scheduled."""
    for tenant in tenant_list():
        with tenant_context(tenant.id, via="task"):
            enqueue(imports_resume_task, tenant_id=tenant.id)
