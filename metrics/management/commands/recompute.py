"""`manage.py recompute --tenant S [--date YYYY-MM-DD] [--accounts …]`: computes here, without a worker."""

import argparse
import datetime
import json
import time
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from accounts.models import Account
from kam.common.errors import ApplicationError
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Tenant
from metrics.models import Recomputation
from metrics.services.publish import refresh_ranks
from metrics.services.requests import Keep, recomputation_create
from metrics.services.run_queue import run_fail, run_next
from metrics.services.runs import Next, Published, run_begin, run_parameters, run_publish, run_shard

WAIT_SECONDS = 0.5


def _date(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is not a date; expected YYYY-MM-DD") from None


class Command(BaseCommand):
    help = "Recompute a tenant's figures. A given date is pinned as its reference date."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument(
            "--date", type=_date, metavar="YYYY-MM-DD", help="pinned as the tenant's reference date"
        )
        parser.add_argument("--no-pin", action="store_true", help="only add history")
        parser.add_argument("--accounts", nargs="+", metavar="ID", help="external ids or ids")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant “{options['tenant']}”.")
        try:
            with tenant_context(tenant.id, via="command"):
                run = recomputation_create(
                    date=options["date"] or Keep.DATE,
                    account_ids=_accounts(options["accounts"]),
                    pin=not options["no_pin"],
                )
        except ApplicationError as error:
            raise CommandError(error.message) from error
        self._drive(tenant.id, run.pk)
        with tenant_context(tenant.id, via="command"):
            run.refresh_from_db()
        self.stdout.write(json.dumps(_report(run)))
        if run.status != Recomputation.Status.SUCCEEDED:
            raise CommandError(run.failure or f"The recomputation is {run.status}.")

    def _drive(self, tenant_id: uuid.UUID, run_id: uuid.UUID) -> None:
        """Do the run's steps here; what a worker does meanwhile is left to it."""
        console = Console(stderr=True)
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        ) as progress:
            bar = progress.add_task("recomputing", total=None)
            while True:
                current = run_id
                step = run_begin(tenant_id=tenant_id, run_id=current)
                if step.next == Next.NOTHING:
                    break
                if step.next == Next.WAIT:
                    # Another run comes first; a dead worker's is finished here too.
                    other = run_next(tenant_id=tenant_id)
                    if other is not None and other != run_id:
                        current, step = other, run_begin(tenant_id=tenant_id, run_id=other)
                self._advance(tenant_id, current, step.next, step.shards)
                done, total = self._state(tenant_id, run_id)
                progress.update(bar, completed=done, total=total or None)
        self._ranks(tenant_id, run_id)

    def _advance(
        self, tenant_id: uuid.UUID, run_id: uuid.UUID, step: Next, shards: tuple[uuid.UUID, ...]
    ) -> None:
        try:
            if step == Next.SHARDS:
                run_shard(tenant_id=tenant_id, shard_id=shards[0])
            elif step in (Next.COMPUTE, Next.PUBLISH):
                if run_publish(tenant_id=tenant_id, run_id=run_id) != Published.NOW:
                    time.sleep(WAIT_SECONDS)
            else:
                time.sleep(WAIT_SECONDS)
        except Exception as error:
            run_fail(tenant_id=tenant_id, run_id=run_id, reason=f"{type(error).__name__}: {error}")
            raise

    def _state(self, tenant_id: uuid.UUID, run_id: uuid.UUID) -> tuple[int, int]:
        with tenant_context(tenant_id, via="command"):
            return Recomputation.objects.values_list("accounts_done", "accounts_total").get(pk=run_id)

    def _ranks(self, tenant_id: uuid.UUID, run_id: uuid.UUID) -> None:
        """A run over some accounts leaves ranks and medians to a pass of their own."""
        with tenant_context(tenant_id, via="command"):
            run = Recomputation.objects.get(pk=run_id)
            if run.status == Recomputation.Status.SUCCEEDED and run.publish and run.account_ids:
                refresh_ranks(run_parameters(run))


def _accounts(given: list[str] | None) -> list[uuid.UUID] | None:
    """Accounts by external id, else by id; inside the tenant's context."""
    if not given:
        return None
    by_external = dict(Account.objects.filter(external_id__in=given).values_list("external_id", "id"))
    found = []
    for name in given:
        if name in by_external:
            found.append(by_external[name])
            continue
        try:
            found.append(uuid.UUID(name))
        except ValueError:
            raise CommandError(f"There is no account “{name}”.") from None
    return found


def _report(run: Recomputation) -> dict[str, Any]:
    return {
        "id": str(run.pk),
        "status": run.status,
        "reference_date": run.reference_date.isoformat(),
        "progress": run.progress,
        "accounts_total": run.accounts_total,
        "accounts_done": run.accounts_done,
        "seconds": run.seconds,
        "engine_version": run.engine_version,
    }
