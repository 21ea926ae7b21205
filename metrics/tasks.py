"""Recomputation as Celery tasks: each may be delivered twice, or killed at any line (RELIABILITY 7, 8).

Messages only say "look at this run"; the database says what is left. If every message is lost (Redis wiped),
the watchdog finds the runs and the marks in the database and starts them again.
"""

import uuid
from datetime import timedelta
from importlib import import_module
from typing import Any

import structlog
from celery import current_app, shared_task
from celery.signals import worker_init, worker_ready
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.utils import timezone

from kam.common.statistics import statistics_refresh
from kam.tenancy.context import tenant_context
from kam.tenancy.reference import reference_date
from kam.tenancy.selectors import tenant_list, tenant_settings
from kam.tenancy.tasks import TenantTask
from metrics.models import PortfolioSnapshot, Recomputation
from metrics.services.few import few_publish
from metrics.services.marks import oldest_unclaimed
from metrics.services.parameters import Parameters
from metrics.services.publish import refresh_ranks
from metrics.services.run_queue import run_abandoned, run_fail, run_next, run_stale_create
from metrics.services.runs import Next, Published, run_begin, run_publish, run_shard

log = structlog.get_logger(__name__)

# Edits come in bursts; one run takes them all.
DEBOUNCE_SECONDS = 2
# Shorter than the broker's visibility timeout: a message that waits longer is delivered again and again.
RANKS_DELAY_SECONDS = 6
RETRY_SECONDS = 3
QUIET = timedelta(seconds=20)
_CONNECTION_LOST = (OperationalError, InterfaceError)
# What a computation may end with: it would end so again.
_REFUSED = (DatabaseError, ArithmeticError, ValueError, LookupError, TypeError, RuntimeError)


def _send(task: Any, *, tenant_id: uuid.UUID, countdown: float = 0, **ids: uuid.UUID) -> None:
    arguments = {"tenant_id": str(tenant_id), **{name: str(value) for name, value in ids.items()}}
    # A task that is sent inside a task must not run inside it when tests run tasks at once.
    task.apply_async(kwargs=arguments, countdown=countdown or None)


def _look_again(task: Any, *, tenant_id: uuid.UUID, **ids: uuid.UUID) -> None:
    """Somebody else is at it. Should they be killed, this message brings the work back."""
    if not current_app.conf.task_always_eager:
        _send(task, tenant_id=tenant_id, countdown=RETRY_SECONDS, **ids)


def recompute_start(*, tenant_id: uuid.UUID, run_id: uuid.UUID) -> None:
    """Start a run once the open transaction is committed."""
    transaction.on_commit(lambda: _send(recompute, tenant_id=tenant_id, run_id=run_id))


def recompute_stale_soon(*, tenant_id: uuid.UUID) -> None:
    """Recompute what is marked, soon after the open transaction is committed; bursts become one run."""

    def after_commit() -> None:
        if current_app.conf.task_always_eager:
            _send(recompute_stale, tenant_id=tenant_id)
        elif cache.add(f"metrics.stale.{tenant_id}", 1, timeout=DEBOUNCE_SECONDS):
            # The key is gone when the task looks at the marks, so a change after it sends a message of its own.
            _send(recompute_stale, tenant_id=tenant_id, countdown=DEBOUNCE_SECONDS + 0.5)

    transaction.on_commit(after_commit)


@shared_task(base=TenantTask, own_transactions=True, name="metrics.recompute", bind=True, max_retries=None)
def recompute(self: Any, *, tenant_id: str, run_id: str) -> str:
    """Take a run one step further: begin it, compute it, or fan out its shards."""
    tenant, run = uuid.UUID(tenant_id), uuid.UUID(run_id)
    try:
        step = run_begin(tenant_id=tenant, run_id=run)
        if step.next == Next.SHARDS:
            for shard in step.shards:
                _send(recompute_shard, tenant_id=tenant, shard_id=shard)
        elif step.next in (Next.COMPUTE, Next.PUBLISH):
            _publish(tenant, run)
        elif step.next == Next.WAIT:
            # The end of the run that is at work starts the next.
            log.info("recompute_waits", run=run_id)
    except _CONNECTION_LOST as error:
        raise self.retry(exc=error, countdown=RETRY_SECONDS) from error
    except _REFUSED as error:
        _give_up(tenant, run, error)
    return run_id


@shared_task(
    base=TenantTask, own_transactions=True, name="metrics.recompute_shard", bind=True, max_retries=None
)
def recompute_shard(self: Any, *, tenant_id: str, shard_id: str) -> str:
    """Compute one shard; whoever finishes the last one calls for publishing."""
    tenant = uuid.UUID(tenant_id)
    try:
        outcome = run_shard(tenant_id=tenant, shard_id=uuid.UUID(shard_id))
        if outcome.busy:
            _look_again(recompute_shard, tenant_id=tenant, shard_id=uuid.UUID(shard_id))
        elif outcome.complete is not None:
            _send(recompute_publish, tenant_id=tenant, run_id=outcome.complete)
    except _CONNECTION_LOST as error:
        raise self.retry(exc=error, countdown=RETRY_SECONDS) from error
    except _REFUSED as error:
        _give_up_shard(tenant, uuid.UUID(shard_id), error)
    return shard_id


@shared_task(
    base=TenantTask, own_transactions=True, name="metrics.recompute_publish", bind=True, max_retries=None
)
def recompute_publish(self: Any, *, tenant_id: str, run_id: str) -> str:
    """Publish a run whose shards are all there."""
    tenant, run = uuid.UUID(tenant_id), uuid.UUID(run_id)
    try:
        _publish(tenant, run)
    except _CONNECTION_LOST as error:
        raise self.retry(exc=error, countdown=RETRY_SECONDS) from error
    except _REFUSED as error:
        _give_up(tenant, run, error)
    return run_id


def _publish(tenant: uuid.UUID, run: uuid.UUID) -> None:
    outcome = run_publish(tenant_id=tenant, run_id=run)
    if outcome == Published.BUSY:
        _look_again(recompute_publish, tenant_id=tenant, run_id=run)
    elif outcome == Published.NOW:
        with tenant_context(tenant, via="task"):
            written = Recomputation.objects.values_list("accounts_done", flat=True).get(
                tenant_id=tenant, pk=run
            )
        statistics_refresh("metrics_accountmetrics", "metrics_accountmetricshistory", rows=written)
        _after(tenant)


def _after(tenant: uuid.UUID) -> None:
    """What a finished run leaves to do: the next run, newer marks, ranks."""
    if _start_next(tenant):
        return
    with tenant_context(tenant, via="task"):
        marked = oldest_unclaimed() is not None
        ranks = PortfolioSnapshot.objects.filter(
            tenant_id=tenant, current=True, ranks_stale_since__isnull=False
        ).exists()
    if marked:
        _send(recompute_stale, tenant_id=tenant)
    elif ranks and cache.add(f"metrics.ranks.{tenant}", 1, timeout=RANKS_DELAY_SECONDS):
        _send(ranks_refresh, tenant_id=tenant, countdown=RANKS_DELAY_SECONDS + 0.5)


def _start_next(tenant: uuid.UUID) -> bool:
    following = run_next(tenant_id=tenant, running=False)
    if following is not None:
        _send(recompute, tenant_id=tenant, run_id=following)
    return following is not None


def _give_up(tenant: uuid.UUID, run: uuid.UUID, error: Exception) -> None:
    log.exception("recompute_failed", run=str(run), tenant=str(tenant))
    run_fail(tenant_id=tenant, run_id=run, reason=f"{type(error).__name__}: {error}")
    _start_next(tenant)


def _give_up_shard(tenant: uuid.UUID, shard: uuid.UUID, error: Exception) -> None:
    with tenant_context(tenant, via="task"):
        run = (
            Recomputation.objects.filter(tenant_id=tenant, shards__id=shard, shards__tenant_id=tenant)
            .values_list("id", flat=True)
            .first()
        )
    if run is not None:
        _give_up(tenant, run, error)


@shared_task(
    base=TenantTask, own_transactions=True, name="metrics.recompute_stale", bind=True, max_retries=None
)
def recompute_stale(self: Any, *, tenant_id: str) -> str | None:
    """Compute the marked accounts: a few at once, many in a run of their own."""
    tenant = uuid.UUID(tenant_id)
    try:
        done = few_publish(tenant_id=tenant)
    except _CONNECTION_LOST as error:
        raise self.retry(exc=error, countdown=RETRY_SECONDS) from error
    except _REFUSED:
        # The run that is queued instead fails in the same way, and says why.
        log.exception("recompute_few_failed", tenant=tenant_id)
        done = None
    if done is not None:
        _after(tenant)
        return str(done)
    run = run_stale_create(tenant_id=tenant)
    if run is not None:
        _send(recompute, tenant_id=tenant, run_id=run)
    return str(run) if run else None


@shared_task(base=TenantTask, own_transactions=True, name="metrics.ranks_refresh")
def ranks_refresh(*, tenant_id: str) -> int:
    """Ranks, medians and totals over the published rows, when accounts were computed alone."""
    tenant = uuid.UUID(tenant_id)
    with tenant_context(tenant, via="task"):
        stale = PortfolioSnapshot.objects.select_for_update().filter(
            tenant_id=tenant, current=True, ranks_stale_since__isnull=False
        )
        if not stale.exists():
            return 0
        return refresh_ranks(Parameters(reference_date(), tenant_settings()))


@shared_task(name="metrics.nightly")
def nightly() -> None:
    """Every hour: one task per tenant."""
    for tenant in tenant_list():
        _send(nightly_tenant, tenant_id=tenant.id)


@shared_task(base=TenantTask, own_transactions=True, name="metrics.nightly_tenant")
def nightly_tenant(*, tenant_id: str) -> str | None:
    """A full recomputation in the tenant's nightly hour, once per day however often this is delivered."""
    tenant, now = uuid.UUID(tenant_id), timezone.localtime()
    with tenant_context(tenant, via="task"):
        settings = tenant_settings()
        if not settings.nightly_recompute or settings.nightly_hour != now.hour:
            return None
        run, created = Recomputation.objects.get_or_create(
            tenant_id=tenant,
            nightly_day=now.date(),
            defaults={"reference_date": reference_date(settings)},
        )
    if created or run.status == Recomputation.Status.QUEUED:
        _send(recompute, tenant_id=tenant, run_id=run.pk)
    return str(run.pk)


@shared_task(name="metrics.watchdog")
def watchdog(*, quiet_seconds: float = QUIET.total_seconds()) -> int:
    """Bring back runs that nobody works on and marks that nobody took; returns how many were found."""
    found, quiet = 0, timedelta(seconds=quiet_seconds)
    for tenant in tenant_list():
        run = run_abandoned(tenant_id=tenant.id, quiet=quiet)
        if run is not None:
            found += 1
            _send(recompute, tenant_id=tenant.id, run_id=run)
            continue
        with tenant_context(tenant.id, via="task"):
            since = oldest_unclaimed()
            ranks = PortfolioSnapshot.objects.filter(
                tenant_id=tenant.id, current=True, ranks_stale_since__lt=timezone.now() - 3 * QUIET
            ).exists()
        if since is not None and since < timezone.now() - quiet:
            found += 1
            _send(recompute_stale, tenant_id=tenant.id)
        elif ranks:
            found += 1
            _send(ranks_refresh, tenant_id=tenant.id)
    return found


@worker_init.connect
def _load_libraries(**kwargs: Any) -> None:
    """What Arrow loads when it is first used takes longer than ten accounts: before the workers are forked it is
    loaded once, and shared."""
    for name in ("pandas", "pyarrow.acero", "pyarrow.dataset"):
        import_module(name)


@worker_ready.connect
def _look_around(**kwargs: Any) -> None:
    """A worker that starts after a crash need not wait for the scheduler."""
    watchdog.apply_async(kwargs={"quiet_seconds": 0}, expires=60)
