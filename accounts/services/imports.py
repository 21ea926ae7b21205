"""Import jobs: taking a file in, running it, and clearing up after it (K1, RELIABILITY 7 and 8).

A worker may be killed at any line. What it staged is gone with its connection, the tenant's tables change in
one transaction together with the job's own success, and the job simply starts over.
"""

import hashlib
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO

import structlog
from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from accounts.models import ImportJob, ImportProblem
from accounts.services.import_engine import Engine
from kam.common.errors import ApplicationError, ConflictError, InvalidInputError
from kam.common.ids import uuid7
from kam.common.imports import ImportFileError, Limits, RowReader, open_rows
from kam.common.imports.headers import resolve, suggest
from kam.common.imports.problems import shown
from kam.common.imports.registry import Counts, ImportContext, ImportKind, kind_of, kinds
from kam.common.imports.staging import stage_close
from kam.tenancy.context import current_tenant_id, tenant_context
from kam.tenancy.selectors import tenant_settings

log = structlog.get_logger(__name__)

PREVIEW_ROWS = 8
_CHUNK = 1 << 20
_PROGRESS_SECONDS = 0.5
_READING_SHARE = 0.6
_KEEP_FAILED = timedelta(days=7)
_KEEP_DRAFTS = timedelta(days=1)

OnProgress = Callable[[str, float, int], None]


class ImportTooLargeError(ApplicationError):
    """The file is larger than the installation takes."""

    code = "too_large"
    status = 413


def import_create(
    *,
    kind: str,
    file: BinaryIO,
    file_name: str,
    door: str,
    member_id: uuid.UUID | None = None,
    dry_run: bool = False,
    on_error: str = "abort",
    mapping: Mapping[str, str] | None = None,
    draft: bool = False,
) -> ImportJob:
    """Keep an uploaded file and make its job, waiting (or a draft whose columns are confirmed first).

    Runs in the tenant's context. The caller enqueues it (`accounts.tasks.import_enqueue`) or runs it.
    Raises InvalidInputError for an unknown kind or choice, ImportTooLargeError above `IMPORT_MAX_BYTES`.
    """
    if kind_of(kind) is None and not (draft and not kind):
        known = ", ".join(each.name for each in kinds())
        raise InvalidInputError.of("kind", f"“{shown(kind)}” is not a kind of file. Expected one of {known}.")
    if on_error not in ImportJob.OnError.values:
        raise InvalidInputError.of("on_error", f"“{shown(on_error)}” is not known. Expected abort or skip.")
    job = ImportJob(
        tenant_id=current_tenant_id(),
        kind=kind,
        file_name=shown(os.path.basename(file_name.replace("\\", "/")) or "file", length=255),
        mapping=_clean_mapping(mapping),
        dry_run=dry_run,
        on_error=on_error,
        door=door,
        member_id=member_id,
        status=ImportJob.Status.DRAFT if draft else ImportJob.Status.QUEUED,
    )
    job.file_path, job.file_size, job.file_sha256 = _keep_file(file)
    try:
        job.save(force_insert=True)
    except BaseException:
        _stored_path(job.file_path).unlink(missing_ok=True)
        raise
    return job


def import_confirm(
    *, job: ImportJob, kind: str, mapping: Mapping[str, str], dry_run: bool, on_error: str
) -> ImportJob:
    """Make a draft, or a finished job whose file is still there, wait again with these choices.

    Raises ConflictError while it waits or runs and when its file is gone, InvalidInputError for bad choices.
    """
    if kind_of(kind) is None:
        raise InvalidInputError.of("kind", f"“{shown(kind)}” is not a kind of file.")
    if on_error not in ImportJob.OnError.values:
        raise InvalidInputError.of("on_error", f"“{shown(on_error)}” is not known. Expected abort or skip.")
    with transaction.atomic():
        job = ImportJob.objects.select_for_update().get(pk=job.pk, tenant_id=current_tenant_id())
        if job.status in (ImportJob.Status.QUEUED, ImportJob.Status.RUNNING):
            raise ConflictError("This import is under way.", code="import_running")
        if not job.file_path or not _stored_path(job.file_path).exists():
            raise ConflictError("The file is not kept any more. Choose it again.", code="file_gone")
        if job.status == ImportJob.Status.SUCCEEDED and not job.dry_run:
            raise ConflictError("This file is imported already.", code="import_done")
        job.kind, job.mapping, job.dry_run, job.on_error = kind, _clean_mapping(mapping), dry_run, on_error
        _reset(job)
        job.status = ImportJob.Status.QUEUED
        job.save()
    return job


def _clean_mapping(mapping: Mapping[str, str] | None) -> dict[str, str]:
    if mapping is None:
        return {}
    if len(mapping) > 500:
        raise InvalidInputError.of("mapping", "The mapping has more than 500 entries.")
    for header, column in mapping.items():
        if not isinstance(header, str) or not isinstance(column, str) or "\x00" in header + column:
            raise InvalidInputError.of("mapping", "Expected an object of header → column name, both text.")
    return {header.strip()[:300]: column.strip()[:100] for header, column in mapping.items()}


def _keep_file(file: BinaryIO) -> tuple[str, int, str]:
    """Copy the upload below MEDIA_ROOT, into the tenant's folder, under a name of ours; count and digest it."""
    relative = f"imports/{current_tenant_id()}/{uuid7()}.upload"
    path = _stored_path(relative)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as target:
            while chunk := file.read(_CHUNK):
                size += len(chunk)
                if size > settings.IMPORT_MAX_BYTES:
                    raise ImportTooLargeError(
                        f"The file is larger than {settings.IMPORT_MAX_BYTES >> 20:,} MB. "
                        "Split it, or pack it with gzip."
                    )
                digest.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return relative, size, digest.hexdigest()


def _stored_path(relative: str) -> Path:
    return Path(settings.MEDIA_ROOT) / relative


def import_limits() -> Limits:
    """What files may unpack to on this installation."""
    return Limits(
        unpacked=settings.IMPORT_MAX_UNPACKED_BYTES,
        workbook=min(settings.IMPORT_MAX_UNPACKED_BYTES, settings.IMPORT_MAX_WORKBOOK_BYTES),
        rows=settings.IMPORT_MAX_ROWS,
    )


def import_preview(*, job: ImportJob) -> "Preview":
    """The header and first rows of a job's file, with suggestions. Raises ImportFileError."""
    reader = open_rows(_stored_path(job.file_path), limits=import_limits())
    try:
        names = reader.header
        batch = next(iter(reader.batches(list(range(len(names))))), None)
        rows: list[list[str]] = []
        if batch is not None:
            columns = [column.slice(0, PREVIEW_ROWS).to_pylist() for column in batch.columns]
            rows = [[shown(cell or "") for cell in row] for row in zip(*columns, strict=True)]
        return Preview(header=[shown(name) for name in names], rows=rows, raw_header=names)
    finally:
        reader.close()


class Preview:
    """What a person sees before an import starts."""

    def __init__(self, *, header: list[str], rows: list[list[str]], raw_header: list[str]) -> None:
        self.header = header
        self.rows = rows
        self.raw_header = raw_header

    def suggestions(self, kind: type[ImportKind]) -> dict[int, str]:
        """Our column for each position that looks like one."""
        return suggest(self.raw_header, kind.columns)

    def likely_kind(self) -> type[ImportKind]:
        """The kind whose required columns the header covers best; the more specific one where two tie."""

        def fit(kind: type[ImportKind]) -> tuple[float, int]:
            found = set(self.suggestions(kind).values())
            required = [column.name for column in kind.columns if column.required]
            return sum(name in found for name in required) / len(required), len(found)

        return max(kinds(), key=fit)


# --- running


def import_run(
    *, tenant_id: uuid.UUID, job_id: uuid.UUID, on_progress: OnProgress | None = None, via: str = "task"
) -> bool:
    """Run a job to its end. False when another worker is at it (then nothing was done).

    Enters the tenant's context itself and commits as it goes. A job found running without a worker starts
    over; one that is finished stays as it is.
    """
    with _only_one(job_id) as mine:
        if not mine:
            return False
        runner = _Runner(tenant_id=tenant_id, job_id=job_id, on_progress=on_progress, via=via)
        runner.run()
    return True


@contextmanager
def _only_one(job_id: uuid.UUID) -> Iterator[bool]:
    """A lock of this connection, which ends with it: no worker that was killed can keep it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended('kam.import:' || %s, 0))", [str(job_id)])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine and connection.connection is not None and not connection.connection.closed:
            try:
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT pg_advisory_unlock(hashtextextended('kam.import:' || %s, 0))", [str(job_id)]
                    )
            except (OperationalError, InterfaceError, transaction.TransactionManagementError):
                log.warning("import.unlock_failed", job=str(job_id))


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
            _reset(job)
            job.status, job.phase, job.started_at = ImportJob.Status.RUNNING, "reading", timezone.now()
            job.save()
            return job

    def _import(self, job: ImportJob) -> None:
        kind = kind_of(job.kind)
        if kind is None:
            raise InvalidInputError.of("kind", f"“{job.kind}” is not a kind of file.")
        path = _stored_path(job.file_path)
        if not job.file_path or not path.exists():
            raise ConflictError("Nothing was imported: the file is not there any more. Choose it again.")
        reader = open_rows(path, limits=import_limits())
        try:
            found = resolve(reader.header, kind.columns, job.mapping)
            job.report = {
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
        path = _stored_path(job.file_path)
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


def _reset(job: ImportJob) -> None:
    ImportProblem.objects.filter(tenant_id=job.tenant_id, job_id=job.id).delete()
    job.rows_total, job.rows_done, job.progress, job.phase, job.failure = None, 0, 0.0, "", ""
    job.created = job.updated = job.unchanged = job.rejected = 0
    job.started_at = job.finished_at = None
    job.report = {}


def _nothing(rows: int, rejected: int) -> str:
    return f"Nothing was imported: {rejected:,} of {rows:,} rows {'is' if rejected == 1 else 'are'} wrong."


# --- clearing up


def import_jobs_forsaken(*, older_than: timedelta = timedelta(seconds=20)) -> list[uuid.UUID]:
    """Jobs of the tenant that wait or run without a worker at them: to be enqueued again.

    A wiped broker or a machine that went down leaves such jobs behind."""
    waiting = ImportJob.objects.filter(
        tenant_id=current_tenant_id(),
        status__in=(ImportJob.Status.QUEUED, ImportJob.Status.RUNNING),
        updated_at__lt=timezone.now() - older_than,
    ).values_list("id", flat=True)
    forsaken = []
    for job_id in waiting:
        with _only_one(job_id) as free:
            if free:
                forsaken.append(job_id)
    return forsaken


def import_files_purge() -> int:
    """Delete drafts after a day and kept files of finished jobs after a week. Returns how many."""
    tenant_id, now = current_tenant_id(), timezone.now()
    count = 0
    old = ImportJob.objects.filter(
        tenant_id=tenant_id, status=ImportJob.Status.DRAFT, created_at__lt=now - _KEEP_DRAFTS
    )
    for job in old:
        _stored_path(job.file_path).unlink(missing_ok=True)
        job.delete()
        count += 1
    kept = ImportJob.objects.filter(
        tenant_id=tenant_id,
        status__in=(ImportJob.Status.FAILED, ImportJob.Status.SUCCEEDED),
        finished_at__lt=now - _KEEP_FAILED,
    ).exclude(file_path="")
    for job in kept:
        _stored_path(job.file_path).unlink(missing_ok=True)
        ImportJob.objects.filter(pk=job.pk, tenant_id=tenant_id).update(file_path="")
        count += 1
    return count


def import_discard(*, job: ImportJob) -> None:
    """Throw a draft away, with its file. Raises ConflictError for a job that was started."""
    if job.status != ImportJob.Status.DRAFT:
        raise ConflictError("Only a draft can be thrown away.", code="import_started")
    _stored_path(job.file_path).unlink(missing_ok=True)
    job.delete()
