"""Recomputations as jobs: queued, run one after another per tenant, safe to be killed at any line.

A run begins (claims marks, fixes its inputs, cuts shards), its shards are computed each in a transaction of
their own, and one transaction publishes. Every step may be delivered several times: advisory locks keep
two deliveries apart, and the run's row says what is left to do. These functions enter the tenant themselves.
"""

import datetime
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.conf import settings as django_settings
from django.db import connection, models
from django.utils import timezone

from accounts.models import Account
from kam.tenancy.context import current_tenant_id, tenant_context
from kam.tenancy.models import TenantSettings
from kam.tenancy.reference import reference_date
from kam.tenancy.selectors import tenant_settings
from metrics.engine import ENGINE_VERSION
from metrics.models import Recomputation, RecomputationShard
from metrics.selectors.reading import EVERY_ACCOUNT, Scope, read_accounts, read_catalogue, read_purchases
from metrics.services.gathering import Figures, gather, pack, unpack
from metrics.services.marks import claim_marks, forget_marks, oldest_unclaimed, release_marks
from metrics.services.parameters import ENGINE_SETTINGS, Parameters
from metrics.services.publish import publish_all, publish_some, refresh_ranks
from metrics.services.purchases import fit
from metrics.services.snapshot import current_snapshot

Status, Kind = Recomputation.Status, Recomputation.Kind
# Below this many accounts everything happens in one process: fanning out would cost more than it saves.
INLINE_BELOW: int = django_settings.METRICS_INLINE_BELOW
SHARD_ACCOUNTS: int = django_settings.METRICS_SHARD_ACCOUNTS
MAX_ATTEMPTS = 20


class Next(Enum):
    """What is to be done after a step."""

    NOTHING = "nothing"
    WAIT = "wait"
    COMPUTE = "compute"
    SHARDS = "shards"
    PUBLISH = "publish"


class Published(Enum):
    """What became of a call to `run_publish`."""

    NOW = "now"
    BUSY = "busy"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Step:
    """The outcome of `run_begin`: what comes next, and the shards that are still to be computed."""

    next: Next
    shards: tuple[uuid.UUID, ...] = ()


def _lock(name: str, *, wait: bool) -> bool:
    """Take an advisory lock until the transaction ends; False when another holds it and we do not wait."""
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [name])
        return wait or bool(cursor.fetchone()[0])


def run_begin(*, tenant_id: uuid.UUID, run_id: uuid.UUID) -> Step:
    """Start a queued run, or find out what is left of one that was started.

    A tenant's runs happen one after another: while another one runs this answers WAIT, and the other one's
    end calls the next.
    """
    with tenant_context(tenant_id, via="task"):
        _lock(f"kam.recompute:{tenant_id}", wait=True)
        run = Recomputation.objects.select_for_update().filter(tenant_id=tenant_id, pk=run_id).first()
        if run is None or run.status in (Status.SUCCEEDED, Status.FAILED):
            return Step(Next.NOTHING)
        if run.status == Status.QUEUED:
            busy = Recomputation.objects.filter(tenant_id=tenant_id, status=Status.RUNNING).exclude(pk=run_id)
            if busy.exists():
                return Step(Next.WAIT)
            _begin(run)
        if not run.context.get("sharded"):
            return Step(Next.COMPUTE)
        left = tuple(
            RecomputationShard.objects.filter(
                tenant_id=tenant_id, recomputation_id=run_id, status=RecomputationShard.Status.QUEUED
            )
            .order_by("number")
            .values_list("id", flat=True)
        )
        return Step(Next.SHARDS, left) if left else Step(Next.PUBLISH)


def _begin(run: Recomputation) -> None:
    """Fix what the run stands on, so that every shard and every repetition computes the same."""
    tenant_id = current_tenant_id()
    settings = tenant_settings()
    if run.kind == Kind.STALE:
        run.reference_date = reference_date(settings)
    count = Account.objects.filter(tenant_id=tenant_id).count()
    marked = (
        claim_marks(run.pk, run.account_ids if run.kind == Kind.ACCOUNTS else None) if run.publish else []
    )
    everything = _needs_everything(run, marked, count)
    asked = run.account_ids if run.kind == Kind.ACCOUNTS else marked
    chosen = sorted(
        Account.objects.filter(
            tenant_id=tenant_id, id__in=[account for account in asked or () if account is not None]
        ).values_list("id", flat=True)
    )
    run.context = run.context | {
        "lines": read_catalogue(),
        "settings": _settings_as_json(settings),
        "everything": everything,
        "chosen": [] if run.kind == Kind.FULL else [str(account) for account in chosen],
        "sharded": everything and count > INLINE_BELOW,
        "small": count <= INLINE_BELOW,
    }
    run.status, run.started_at, run.engine_version = Status.RUNNING, timezone.now(), ENGINE_VERSION
    run.accounts_total = len(chosen) if run.kind == Kind.ACCOUNTS or not everything else count
    run.accounts_done = 0
    if run.context["sharded"]:
        _cut_shards(run)
    if everything and settings.clv_method == TenantSettings.ClvMethod.BUY_TILL_YOU_DIE:
        run.context["purchase_model"] = _purchase_model(run)
    elif settings.clv_method == TenantSettings.ClvMethod.BUY_TILL_YOU_DIE:
        snapshot = current_snapshot()
        run.context["purchase_model"] = (snapshot.cuts if snapshot else {}).get("purchase_model")
    run.save()


def _needs_everything(run: Recomputation, marked: Sequence[uuid.UUID | None], count: int) -> bool:
    """Whether a run over some accounts must look at all of them.

    It must when a setting or the reference date changed, when there is nothing published to measure them
    against, or when looking at all of them is quick.
    """
    if run.kind == Kind.FULL:
        return True
    snapshot = current_snapshot()
    unusable = (
        snapshot is None
        or snapshot.reference_date != run.reference_date
        or snapshot.engine_version != ENGINE_VERSION
    )
    if run.kind == Kind.ACCOUNTS:
        return unusable or not run.publish
    return unusable or None in marked or count <= INLINE_BELOW or len(marked) * 4 > count


def _cut_shards(run: Recomputation) -> None:
    """Ranges of account ids that cover every account of the tenant."""
    ids = list(Account.objects.filter(tenant_id=run.tenant_id).order_by("id").values_list("id", flat=True))
    pieces = max(1, -(-len(ids) // SHARD_ACCOUNTS))
    size = -(-len(ids) // pieces)
    RecomputationShard.objects.bulk_create(
        RecomputationShard(
            tenant_id=run.tenant_id,
            recomputation_id=run.pk,
            number=number,
            first_account=ids[start],
            last_account=ids[min(start + size, len(ids)) - 1],
            accounts=min(start + size, len(ids)) - start,
        )
        for number, start in enumerate(range(0, len(ids), size))
    )


def _purchase_model(run: Recomputation) -> dict[str, Any]:
    """The first pass over all accounts that `buy_till_you_die` needs (K3)."""
    ids = read_accounts(EVERY_ACCOUNT)["id"].to_pylist()
    rows = read_purchases(ids, EVERY_ACCOUNT, run.reference_date, run.context["settings"]["base_currency"])
    return fit(rows, len(ids))


def _settings_as_json(settings: TenantSettings) -> dict[str, Any]:
    values = {name: getattr(settings, name) for name in sorted(ENGINE_SETTINGS)}
    return {name: str(value) if name.startswith("matrix_cut_p") and value is not None else value
            for name, value in values.items()}  # fmt: skip


def run_parameters(run: Recomputation) -> Parameters:
    """The settings as the run fixed them at its start."""
    return Parameters(run.reference_date, TenantSettings(tenant_id=run.tenant_id, **run.context["settings"]))


@dataclass(frozen=True)
class ShardOutcome:
    """`busy`: another delivery computes this shard now. `complete`: the run, when no shard of it is left."""

    busy: bool = False
    complete: uuid.UUID | None = None


def run_shard(*, tenant_id: uuid.UUID, shard_id: uuid.UUID) -> ShardOutcome:
    """Compute one shard and keep its figures. A shard that is done, or gone with its run, is left alone."""
    with tenant_context(tenant_id, via="task"):
        if not _lock(f"kam.shard:{shard_id}", wait=False):
            return ShardOutcome(busy=True)
        shard = RecomputationShard.objects.filter(tenant_id=tenant_id, pk=shard_id).defer("result").first()
        if shard is None:
            return ShardOutcome()
        run = Recomputation.objects.get(tenant_id=tenant_id, pk=shard.recomputation_id)
        if run.status == Status.RUNNING and shard.status == RecomputationShard.Status.QUEUED:
            started = time.monotonic()
            scope = Scope(first=shard.first_account, last=shard.last_account)
            shard.result = pack(gather(scope, run_parameters(run), run.context))
            shard.status = RecomputationShard.Status.DONE
            shard.seconds = time.monotonic() - started
            shard.save(update_fields=["result", "status", "seconds"])
            Recomputation.objects.filter(pk=run.pk).update(
                accounts_done=models.F("accounts_done") + shard.accounts, updated_at=timezone.now()
            )
    # Only after the commit can the last of several shards see that it is the last.
    with tenant_context(tenant_id, via="task"):
        waiting = Recomputation.objects.filter(
            tenant_id=tenant_id, pk=shard.recomputation_id, status=Status.RUNNING
        ).exclude(
            shards__in=RecomputationShard.objects.filter(
                tenant_id=tenant_id,
                recomputation_id=shard.recomputation_id,
                status=RecomputationShard.Status.QUEUED,
            )
        )
        return ShardOutcome(complete=shard.recomputation_id if waiting.exists() else None)


def run_publish(*, tenant_id: uuid.UUID, run_id: uuid.UUID) -> Published:
    """Compute what is left of a run and publish it, in one transaction.

    BUSY when another delivery is at it now; NOTHING for a run that is not running, or whose shards are not
    all there.
    """
    with tenant_context(tenant_id, via="task"):
        if not _lock(f"kam.run:{run_id}", wait=False):
            return Published.BUSY
        run = Recomputation.objects.filter(tenant_id=tenant_id, pk=run_id).first()
        if run is None or run.status != Status.RUNNING:
            return Published.NOTHING
        started = time.monotonic()
        parameters = run_parameters(run)
        chosen = [uuid.UUID(account) for account in run.context["chosen"]]
        snapshot = current_snapshot()
        if run.context["everything"]:
            loads = _loads(run, parameters)
            if loads is None:
                return Published.NOTHING
            written = publish_all(
                loads,
                run_id=run.pk,
                parameters=parameters,
                catalogue=run.context["lines"],
                publish=run.publish,
                only=chosen if run.kind == Kind.ACCOUNTS and not run.publish else None,
            )
            if run.publish and "purchase_model" in run.context:
                _keep_model(run)
        elif snapshot is not None:
            figures = gather(Scope(ids=chosen), parameters, run.context)
            written = publish_some(
                figures,
                run_id=run.pk,
                parameters=parameters,
                catalogue=run.context["lines"],
                snapshot=snapshot,
            )
            if run.context["small"]:
                refresh_ranks(parameters)
        else:
            raise RuntimeError("a run over some accounts needs a published snapshot")
        forget_marks(run.pk)
        _finish(run, written, time.monotonic() - started)
    return Published.NOW


def _loads(run: Recomputation, parameters: Parameters) -> "list[Any] | None":
    """One function per range of accounts; None when a shard is missing."""
    if not run.context["sharded"]:
        figures = gather(EVERY_ACCOUNT, parameters, run.context)
        return [lambda: figures]
    shards = RecomputationShard.objects.filter(tenant_id=run.tenant_id, recomputation_id=run.pk)
    states = list(shards.order_by("number").values_list("id", "status"))
    if any(status != RecomputationShard.Status.DONE for _, status in states):
        return None

    def load(shard_id: uuid.UUID) -> Figures:
        packed = shards.values_list("result", flat=True).get(pk=shard_id)
        if packed is None:
            raise RuntimeError(f"shard {shard_id} is done but holds no figures")
        return unpack(packed)

    return [lambda shard_id=shard_id: load(shard_id) for shard_id, _ in states]


def _keep_model(run: Recomputation) -> None:
    snapshot = current_snapshot()
    if snapshot is not None:
        snapshot.cuts["purchase_model"] = run.context["purchase_model"]
        snapshot.save(update_fields=["cuts"])


def _finish(run: Recomputation, written: int, publish_seconds: float) -> None:
    spent: list[float] = []
    if run.context["sharded"]:
        shards = RecomputationShard.objects.filter(tenant_id=run.tenant_id, recomputation_id=run.pk)
        spent = [seconds or 0.0 for seconds in shards.values_list("seconds", flat=True)]
        shards.update(result=None)
    run.status, run.finished_at = Status.SUCCEEDED, timezone.now()
    run.accounts_done = run.accounts_total
    begun = run.started_at or run.finished_at
    run.seconds = (run.finished_at - begun).total_seconds()
    run.timing = {
        "publish": round(publish_seconds, 4),
        "shards": [round(s, 4) for s in spent],
        "rows": written,
    }
    # Ids of lines and accounts are only needed while the run lasts.
    run.context = {"settings": run.context["settings"]}
    run.save()


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
        _lock(f"kam.recompute:{tenant_id}", wait=True)
        run = (
            Recomputation.objects.filter(
                tenant_id=tenant_id,
                status__in=[Status.RUNNING, Status.QUEUED],
                updated_at__lt=timezone.now() - quiet,
            )
            .order_by(models.Case(models.When(status=Status.RUNNING, then=0), default=1), "created_at")
            .first()
        )
        if run is None or not _lock(f"kam.run:{run.pk}", wait=False):
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
        _lock(f"kam.recompute:{tenant_id}", wait=True)
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
