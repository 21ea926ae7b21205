"""Recomputations as jobs: queued, run one after another per tenant, safe to be killed at any line.

A run begins (claims marks, fixes its inputs, cuts shards), its shards are computed each in a transaction of
their own, and one transaction publishes. Every step may be delivered several times: advisory locks keep
two deliveries apart, and the run's row says what is left to do. These functions enter the tenant themselves.
"""

import time
import uuid
from collections.abc import Iterable, Sequence
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
from metrics.selectors.copying import read_each
from metrics.selectors.reading import EVERY_ACCOUNT, Scope, accounts_query, read_catalogue, read_purchases
from metrics.services.gathering import Figures, gather, pack, unpack
from metrics.services.marks import claim_marks, forget_marks
from metrics.services.parameters import Parameters, settings_as_json
from metrics.services.publish import publish_all, publish_some, refresh_ranks
from metrics.services.purchases import fit
from metrics.services.run_queue import advisory_lock
from metrics.services.snapshot import current_snapshot

Status, Kind = Recomputation.Status, Recomputation.Kind
# Below this many accounts everything happens in one process: fanning out would cost more than it saves.
INLINE_BELOW: int = django_settings.METRICS_INLINE_BELOW
SHARD_ACCOUNTS: int = django_settings.METRICS_SHARD_ACCOUNTS


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


def run_begin(*, tenant_id: uuid.UUID, run_id: uuid.UUID) -> Step:
    """Start a queued run, or find out what is left of one that was started.

    A tenant's runs happen one after another: while another one runs this answers WAIT, and the other one's
    end calls the next.
    """
    with tenant_context(tenant_id, via="task"):
        advisory_lock(f"kam.recompute:{tenant_id}", wait=True)
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
        "settings": settings_as_json(settings),
        "everything": everything,
        "chosen": [] if run.kind == Kind.FULL else [str(account) for account in chosen],
        "sharded": everything and count > INLINE_BELOW,
        "small": count <= INLINE_BELOW,
    }
    run.status, run.started_at, run.engine_version = Status.RUNNING, timezone.now(), ENGINE_VERSION
    run.accounts_total = len(chosen) if run.kind == Kind.ACCOUNTS or not everything else count
    run.accounts_done = 0
    if run.context["sharded"]:
        _cut_shards(run, count)
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


def _cut_shards(run: Recomputation, count: int) -> None:
    """Ranges of account ids, of equal length, that cover every account of the tenant (there are `count`)."""
    size = -(-count // max(1, -(-count // SHARD_ACCOUNTS)))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, number FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS number, "
            "count(*) OVER () AS total FROM accounts_account WHERE tenant_id = %s) numbered "
            "WHERE number %% %s IN (0, %s) OR number = total - 1 ORDER BY number",
            [str(run.tenant_id), size, size - 1],
        )
        ends: dict[int, list[tuple[uuid.UUID, int]]] = {}
        for account_id, number in cursor.fetchall():
            ends.setdefault(number // size, []).append((account_id, number))
    RecomputationShard.objects.bulk_create(
        RecomputationShard(
            tenant_id=run.tenant_id,
            recomputation_id=run.pk,
            number=shard,
            first_account=found[0][0],
            last_account=found[-1][0],
            accounts=found[-1][1] - found[0][1] + 1,
        )
        for shard, found in ends.items()
    )


def _purchase_model(run: Recomputation) -> dict[str, Any]:
    """The first pass over all accounts that `buy_till_you_die` needs (K3)."""
    (accounts,) = read_each([accounts_query(EVERY_ACCOUNT)], few=False)
    ids = accounts["id"].to_pylist()
    rows = read_purchases(ids, EVERY_ACCOUNT, run.reference_date, run.context["settings"]["base_currency"])
    return fit(rows, len(ids))


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
        if not advisory_lock(f"kam.shard:{shard_id}", wait=False):
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
        if not advisory_lock(f"kam.run:{run_id}", wait=False):
            return Published.BUSY
        run = Recomputation.objects.filter(tenant_id=tenant_id, pk=run_id).first()
        if run is None or run.status != Status.RUNNING:
            return Published.NOTHING
        started = time.monotonic()
        parameters = run_parameters(run)
        chosen = [uuid.UUID(account) for account in run.context["chosen"]]
        snapshot = current_snapshot()
        if run.context["everything"]:
            ranges = _ranges(run, parameters)
            if ranges is None:
                return Published.NOTHING
            written = publish_all(
                ranges,
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


def _ranges(run: Recomputation, parameters: Parameters) -> Iterable[Figures] | None:
    """The figures of every range of accounts; None when a shard is missing."""
    if not run.context["sharded"]:
        return [gather(EVERY_ACCOUNT, parameters, run.context)]
    shards = RecomputationShard.objects.filter(tenant_id=run.tenant_id, recomputation_id=run.pk)
    states = list(shards.order_by("number").values_list("id", "status"))
    if any(status != RecomputationShard.Status.DONE for _, status in states):
        return None

    def load(shard_id: uuid.UUID) -> Figures:
        packed = shards.values_list("result", flat=True).get(pk=shard_id)
        if packed is None:
            raise RuntimeError(f"shard {shard_id} is done but holds no figures")
        return unpack(packed)

    return (load(shard_id) for shard_id, _ in states)


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
