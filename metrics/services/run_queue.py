"""Which run is whose turn: queued runs, abandoned ones, failed ones (RELIABILITY 7, 8).

A tenant's runs happen one after another. These functions enter the tenant themselves.
"""

import datetime
import uuid

from django.db import connection, models
from django.utils import timezone

from kam.tenancy.context import tenant_context
from kam.tenancy.reference import reference_date
from metrics.models import Recomputation, RecomputationShard
from metrics.services.marks import oldest_unclaimed, release_marks

Status, Kind = Recomputation.Status, Recomputation.Kind
MAX_ATTEMPTS = 20


def advisory_lock(name: str, *, wait: bool) -> bool:
    """Take an advisory lock until the transaction ends; False when another holds it and we do not wait."""
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [name])
        return wait or bool(cursor.fetchone()[0])


def run_fail(*, tenant_id: uuid.UUID, run_id: uuid.UUID, reason: str) -> None:
    """Close a run that cannot be done; its marks wait for the next one."""
    with tenant_context(tenant_id, via="task"):
        run = Recomputation.objects.select_for_update().filter(tenant_id=tenant_id, pk=run_id).first()
        if run is None or run.status in (Status.SUCCEEDED, Status.FAILED):
            return
        release_marks(run_id)
        RecomputationShard.objects.filter(tenant_id=tenant_id, recomputation_id=run_id).update(result=None)
        run.status, run.failure, run.finished_at = Status.FAILED, reason[:1000], timezone.now()
        run.save(update_fields=["status", "failure", "finished_at", "updated_at"])


def run_next(*, tenant_id: uuid.UUID, running: bool = True) -> uuid.UUID | None:
    """The run whose turn it is: the one that is running, else the oldest queued one.

    `running` False answers only a queued one, and only while none is running: that one has its own messages.
    """
    with tenant_context(tenant_id, via="task"):
        runs = Recomputation.objects.filter(
            tenant_id=tenant_id, status__in=[Status.RUNNING, Status.QUEUED]
        ).order_by(models.Case(models.When(status=Status.RUNNING, then=0), default=1), "created_at", "id")
        found = runs.values_list("id", "status").first()
    if found is None or (found[1] == Status.RUNNING and not running):
        return None
    return found[0]


def run_abandoned(*, tenant_id: uuid.UUID, quiet: datetime.timedelta) -> uuid.UUID | None:
    """A run nobody has worked on for a while; one that was brought back too often without getting any further
    is closed.

    A lock that is held means that somebody works: such a run is left alone.
    """
    with tenant_context(tenant_id, via="task"):
        advisory_lock(f"kam.recompute:{tenant_id}", wait=True)
        run = (
            Recomputation.objects.filter(
                tenant_id=tenant_id,
                status__in=[Status.RUNNING, Status.QUEUED],
                updated_at__lt=timezone.now() - quiet,
            )
            .order_by(models.Case(models.When(status=Status.RUNNING, then=0), default=1), "created_at")
            .first()
        )
        if run is None or not advisory_lock(f"kam.run:{run.pk}", wait=False):
            return None
        attempts = 0
        if run.status == Status.RUNNING:
            stuck = run.context.get("brought_back_at") == run.accounts_done
            attempts = int(run.context.get("attempts", 0)) + 1 if stuck else 1
            run.context = run.context | {"attempts": attempts, "brought_back_at": run.accounts_done}
        run.save(update_fields=["context", "updated_at"])
    if attempts > MAX_ATTEMPTS:
        run_fail(tenant_id=tenant_id, run_id=run.pk, reason="The workers stopped again and again.")
        return None
    return run.pk


def run_stale_create(*, tenant_id: uuid.UUID) -> uuid.UUID | None:
    """Queue one run over what is marked, unless one is queued already; None when nothing is marked."""
    with tenant_context(tenant_id, via="task"):
        advisory_lock(f"kam.recompute:{tenant_id}", wait=True)
        if oldest_unclaimed() is None:
            return None
        queued = Recomputation.objects.filter(
            tenant_id=tenant_id, status=Status.QUEUED, kind__in=[Kind.STALE, Kind.FULL], publish=True
        ).first()
        if queued is not None:
            return queued.pk
        run = Recomputation.objects.create(
            tenant_id=tenant_id, kind=Kind.STALE, reference_date=reference_date()
        )
        return run.pk
