"""`import_data`: a file into a tenant from the command line (INTERFACE §1)."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import ImportJob
from accounts.selectors.imports import import_answer
from accounts.services.import_run import import_run
from accounts.services.imports import import_create
from kam.common.api.renderers import json_bytes
from kam.common.errors import ApplicationError
from kam.common.imports.registry import kinds
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Tenant

_WIDTH = 28
_PHASES = {"reading": "Reading", "checking": "Checking", "writing": "Storing", "": "Done"}


class Command(BaseCommand):
    help = "Import a file (CSV, XLSX or Parquet, each also in gzip) and print what became of it as one JSON line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--kind", required=True, choices=[kind.name for kind in kinds()])
        parser.add_argument("--dry-run", action="store_true", help="check and count, store nothing")
        parser.add_argument("--on-error", choices=["abort", "skip"], default="abort")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="HEADER=COLUMN",
            help="read the file's column HEADER as COLUMN; may stand several times",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant “{options['tenant']}”.")
        path: Path = options["file"]
        pairs = [pair.partition("=") for pair in options["map"]]
        if any(not middle for _, middle, _ in pairs):
            raise CommandError("--map expects HEADER=COLUMN.")
        bar = _Bar()
        try:
            with path.open("rb") as file, tenant_context(tenant.id, via="command"):
                job = import_create(
                    kind=options["kind"],
                    file=file,
                    file_name=path.name,
                    door=ImportJob.Door.COMMAND,
                    dry_run=options["dry_run"],
                    on_error=options["on_error"],
                    mapping={header: column for header, _, column in pairs},
                )
            import_run(tenant_id=tenant.id, job_id=job.id, on_progress=bar.show, via="command")
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except ApplicationError as error:
            raise CommandError(error.message) from error
        finally:
            bar.end()
        with tenant_context(tenant.id, via="command"):
            job = ImportJob.objects.get(pk=job.pk, tenant_id=tenant.id)
            answer = import_answer(job=job)
        self.stdout.write(json_bytes(answer).decode())
        if job.status != ImportJob.Status.SUCCEEDED:
            first = f" {answer['errors'][0]['message']}" if answer["errors"] else ""
            raise CommandError(job.failure if job.failure in first else f"{job.failure}{first}")


class _Bar:
    """A progress bar on a terminal; silent elsewhere."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._began = monotonic()

    def show(self, phase: str, progress: float, rows: int) -> None:
        if not self._on:
            return
        full = round(progress * _WIDTH)
        bar = "█" * full + "·" * (_WIDTH - full)
        seconds = monotonic() - self._began
        sys.stderr.write(f"\r{_PHASES[phase]:9} {bar} {progress:4.0%}  {rows:>11,} rows  {seconds:5.1f} s ")
        sys.stderr.flush()

    def end(self) -> None:
        if self._on:
            sys.stderr.write("\n")
