"""Running an import job (RELIABILITY 7 and 8).

A worker may be killed at any line. What it staged is gone with its connection, the tenant's tables change in
one transaction together with the job's own success, and the job simply starts over.
"""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from time import monotonic
from typing import Any

import structlog
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from accounts.models import ImportJob, ImportProblem
from accounts.services.import_engine import Engine
from accounts.services.imports import import_limits, import_reset, only_one, stored_path
from kam.common.errors import ApplicationError, ConflictError, InvalidInputError
from kam.common.imports import ImportFileError, RowReader, open_rows
from kam.common.imports.headers import resolve
from kam.common.imports.problems import shown
from kam.common.imports.registry import Counts, ImportContext, ImportKind, kind_of
from kam.common.imports.staging import stage_close
from kam.common.statistics import statistics_refresh
from kam.tenancy.context import tenant_context
from kam.tenancy.selectors import tenant_settings

log = structlog.get_logger(__name__)

_PROGRESS_SECONDS = 0.5
_READING_SHARE = 0.6

OnProgress = Callable[[str, float, int], None]


def import_run(
    *, tenant_id: uuid.UUID, job_id: uuid.UUID, on_progress: OnProgress | None = None, via: str = "task"
) -> bool:
    """Run a job to its end. False when another worker is at it (then nothing was done).

    Enters the tenant's context itself and commits as it goes. A job found running without a worker starts
    over; one that is finished stays as it is.
    """
    with only_one(job_id) as mine:
        if not mine:
            return False
        runner = _Runner(tenant_id=tenant_id, job_id=job_id, on_progress=on_progress, via=via)
        runner.run()
    return True


class _Runner:
    def __init__(
        self, *, tenant_id: uuid.UUID, job_id: uuid.UUID, on_progress: OnProgress | None, via: str
    ) -> None:
        self.tenant_id = tenant_id
        self.job_id = job_id
        self.on_progress = on_progress
        self.via = via
        self.member_id: uuid.UUID | None = None
        self.last_told = 0.0

    def context(self) -> AbstractContextManager[uuid.UUID]:
        return tenant_context(self.tenant_id, member_id=self.member_id, via=self.via)

    def run(self) -> None:
        job = self._begin()
        if job is None:
            return
        try:
            self._import(job)
        except ImportFileError as error:
            self._fail(error.message, problem=error)
        except ApplicationError as error:
            self._fail(error.message)
        except IntegrityError:
            log.exception("import.conflict", job=str(self.job_id))
            self._fail(
                "Nothing was imported: something that the file refers to was changed or removed meanwhile. "
                "Import it again."
            )
        except (OperationalError, InterfaceError):
            # The database went away: the job stays as it is and runs again.
            raise
        except Exception:
            log.exception("import.crashed", job=str(self.job_id))
            self._fail(
                "Nothing was imported: the import stopped with an internal error. It is in the server's log."
            )
            raise
        finally:
            self._drop_staging()

    def _begin(self) -> ImportJob | None:
        with tenant_context(self.tenant_id, via=self.via):
            job = (
                ImportJob.objects.select_for_update().filter(tenant_id=self.tenant_id, pk=self.job_id).first()
            )
            if job is None or job.status not in (ImportJob.Status.QUEUED, ImportJob.Status.RUNNING):
                return None
            self.member_id = job.member_id
            import_reset(job)
            job.status, job.phase, job.started_at = ImportJob.Status.RUNNING, "reading", timezone.now()
            job.save()
            return job

    def _import(self, job: ImportJob) -> None:
        kind = kind_of(job.kind)
        if kind is None:
            raise InvalidInputError.of("kind", f"“{job.kind}” is not a kind of file.")
        path = stored_path(job.file_path)
        if not job.file_path or not path.exists():
            raise ConflictError("Nothing was imported: the file is not there any more. Choose it again.")
        reader = open_rows(path, limits=import_limits())
        try:
            found = resolve(reader.header, kind.columns, job.mapping)
            job.report |= {
                "columns": found.positions,
                "ignored": found.ignored,
                "header": [shown(h) for h in reader.header],
            }
            with connection.cursor() as cursor:
                engine = self._stage(job, kind, reader, found.positions, cursor)
                self._finish(job, engine)
        finally:
            reader.close()

    def _stage(
        self,
        job: ImportJob,
        kind: type[ImportKind],
        reader: RowReader,
        positions: dict[str, int],
        cursor: Any,
    ) -> Engine:
        with self.context():
            context = ImportContext(
                cursor=cursor,
                tenant_id=self.tenant_id,
                job_id=job.id,
                base_currency=tenant_settings().base_currency,
                present=frozenset(positions),
            )
            engine = Engine(kind, context)
            engine.open()
        names = list(positions)
        for batch in reader.batches([positions[name] for name in names]):
            with self.context():
                engine.add(batch.rows, dict(zip(names, batch.columns, strict=True)), batch.problems)
                self._tell("reading", _READING_SHARE * reader.fraction(), engine.rows)
        if not engine.rows:
            raise ImportFileError(
                "The file has a header and no rows. Expected at least one row below the header.",
                code="no_rows",
                row=reader.header_row,
            )
        return engine

    def _finish(self, job: ImportJob, engine: Engine) -> None:
        path = stored_path(job.file_path)
        with self.context():
            self._tell("checking", _READING_SHARE, engine.rows, force=True)
        with self.context():
            rejected = engine.check()
            if rejected:
                engine.keep_problems()
            if rejected and job.on_error == ImportJob.OnError.ABORT:
                self._end(
                    job,
                    ImportJob.Status.FAILED,
                    Counts(),
                    engine.rows,
                    rejected,
                    _nothing(engine.rows, rejected),
                )
                return
            if job.dry_run:
                self._end(job, ImportJob.Status.SUCCEEDED, engine.count(), engine.rows, rejected)
                return
            self._tell("writing", 0.7, engine.rows, force=True)
        with self.context():
            counts = engine.store()
            self._end(job, ImportJob.Status.SUCCEEDED, counts, engine.rows, rejected)
        # Committed: a worker killed from here on has lost nothing but a little speed.
        statistics_refresh(*engine.kind.tables, rows=counts.created + counts.updated)
        path.unlink(missing_ok=True)

    def _end(
        self, job: ImportJob, status: str, counts: Counts, rows: int, rejected: int, failure: str = ""
    ) -> None:
        """The last words about a job, in the same transaction as what it stored."""
        job.status, job.failure, job.phase, job.progress = status, failure[:1000], "", 1.0
        job.rows_total = job.rows_done = rows
        job.created, job.updated, job.unchanged = counts.created, counts.updated, counts.unchanged
        job.rejected = rejected
        job.finished_at = timezone.now()
        if status == ImportJob.Status.SUCCEEDED and not job.dry_run:
            job.file_path = ""
        job.save()
        if self.on_progress is not None:
            self.on_progress("", 1.0, rows)

    def _fail(self, message: str, problem: ImportFileError | None = None) -> None:
        with self.context():
            job = ImportJob.objects.select_for_update().get(pk=self.job_id, tenant_id=self.tenant_id)
            ImportProblem.objects.filter(tenant_id=self.tenant_id, job_id=job.id).delete()
            if problem is not None:
                fault = problem.as_problem()
                ImportProblem.objects.create(
                    tenant_id=self.tenant_id,
                    job_id=job.id,
                    row=fault.row,
                    field=fault.field,
                    code=fault.code,
                    message=fault.message,
                )
            self._end(job, ImportJob.Status.FAILED, Counts(), 0, 0, message)

    def _drop_staging(self) -> None:
        if connection.connection is None or connection.connection.closed or connection.needs_rollback:
            return
        with transaction.atomic(), connection.cursor() as cursor:
            stage_close(cursor)

    def _tell(self, phase: str, progress: float, rows: int, *, force: bool = False) -> None:
        now = monotonic()
        if not force and now - self.last_told < _PROGRESS_SECONDS:
            return
        self.last_told = now
        ImportJob.objects.filter(tenant_id=self.tenant_id, pk=self.job_id).update(
            phase=phase, progress=progress, rows_done=rows, updated_at=timezone.now()
        )
        if self.on_progress is not None:
            self.on_progress(phase, progress, rows)


def _nothing(rows: int, rejected: int) -> str:
    return f"Nothing was imported: {rejected:,} of {rows:,} rows {'is' if rejected == 1 else 'are'} wrong."
