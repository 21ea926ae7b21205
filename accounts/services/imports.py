"""Import jobs: taking a file in, confirming its columns, and clearing up afterwards (K1)."""

import hashlib
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from accounts.models import ImportJob, ImportProblem
from kam.common.errors import ApplicationError, ConflictError, InvalidInputError
from kam.common.ids import uuid7
from kam.common.imports import Limits, open_rows
from kam.common.imports.headers import normalised, suggest
from kam.common.imports.problems import shown
from kam.common.imports.registry import ImportKind, kind_of, kinds
from kam.tenancy.context import current_tenant_id

log = structlog.get_logger(__name__)

PREVIEW_ROWS = 8
_CHUNK = 1 << 20
_KEEP_FAILED = timedelta(days=7)
_KEEP_DRAFTS = timedelta(days=1)


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
        stored_path(job.file_path).unlink(missing_ok=True)
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
        if not job.file_path or not stored_path(job.file_path).exists():
            raise ConflictError("The file is not kept any more. Choose it again.", code="file_gone")
        if job.status == ImportJob.Status.SUCCEEDED and not job.dry_run:
            raise ConflictError("This file is imported already.", code="import_done")
        job.kind, job.mapping, job.dry_run, job.on_error = kind, _clean_mapping(mapping), dry_run, on_error
        import_reset(job)
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
    path = stored_path(relative)
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


def stored_path(relative: str) -> Path:
    """Where the file of a job stands (`ImportJob.file_path`)."""
    return Path(settings.MEDIA_ROOT) / relative


def import_limits() -> Limits:
    """What files may unpack to on this installation."""
    return Limits(
        unpacked=settings.IMPORT_MAX_UNPACKED_BYTES,
        workbook=min(settings.IMPORT_MAX_UNPACKED_BYTES, settings.IMPORT_MAX_WORKBOOK_BYTES),
        rows=settings.IMPORT_MAX_ROWS,
    )


def import_preview(*, job: ImportJob) -> "Preview":
    """The header and first rows of a job's file, kept with the job once read. Raises ImportFileError."""
    kept = job.report.get("preview")
    if kept is None:
        kept = _read_preview(stored_path(job.file_path))
        job.report = {**job.report, "preview": kept}
        ImportJob.objects.filter(pk=job.pk, tenant_id=job.tenant_id).update(report=job.report)
    return Preview(header=kept["header"], rows=kept["rows"])


def _read_preview(path: Path) -> dict[str, Any]:
    reader = open_rows(path, limits=import_limits())
    try:
        header = [shown(name, length=200) for name in reader.header]
        batch = next(iter(reader.batches(list(range(len(header))))), None)
        columns = (
            [] if batch is None else [column.slice(0, PREVIEW_ROWS).to_pylist() for column in batch.columns]
        )
        rows = [[shown(cell or "") for cell in row] for row in zip(*columns, strict=True)]
        return {"header": header, "rows": rows}
    finally:
        reader.close()


@dataclass(frozen=True)
class Preview:
    """What a person sees before an import starts. Texts are shortened and hold printable characters only."""

    header: list[str]
    rows: list[list[str]]

    def suggestions(self, kind: type[ImportKind]) -> dict[int, str]:
        """Our column for each position that looks like one."""
        return suggest(self.header, kind.columns)

    def likely_kind(self) -> type[ImportKind]:
        """The kind whose required columns the header covers best; own names count twice as much as synonyms,
        and of two that fit alike the one that makes use of more columns is taken."""

        def fit(kind: type[ImportKind]) -> tuple[float, int]:
            own = {normalised(name) for name in self.header}
            found = set(self.suggestions(kind).values())
            required = [column.name for column in kind.columns if column.required]
            share = sum((name in found) + (name in own) for name in required) / len(required)
            return share, len(found)

        return max(kinds(), key=fit)


def import_reset(job: ImportJob) -> None:
    """Take back what an earlier attempt of a job reported (the caller saves it); its preview stays."""
    ImportProblem.objects.filter(tenant_id=job.tenant_id, job_id=job.id).delete()
    job.rows_total, job.rows_done, job.progress, job.phase, job.failure = None, 0, 0.0, "", ""
    job.created = job.updated = job.unchanged = job.rejected = 0
    job.started_at = job.finished_at = None
    job.report = {name: value for name, value in job.report.items() if name == "preview"}


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
        with only_one(job_id) as free:
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
        stored_path(job.file_path).unlink(missing_ok=True)
        job.delete()
        count += 1
    kept = ImportJob.objects.filter(
        tenant_id=tenant_id,
        status__in=(ImportJob.Status.FAILED, ImportJob.Status.SUCCEEDED),
        finished_at__lt=now - _KEEP_FAILED,
    ).exclude(file_path="")
    for job in kept:
        stored_path(job.file_path).unlink(missing_ok=True)
        ImportJob.objects.filter(pk=job.pk, tenant_id=tenant_id).update(file_path="")
        count += 1
    return count


def import_discard(*, job: ImportJob) -> None:
    """Throw a draft away, with its file. Raises ConflictError for a job that was started."""
    if job.status != ImportJob.Status.DRAFT:
        raise ConflictError("Only a draft can be thrown away.", code="import_started")
    stored_path(job.file_path).unlink(missing_ok=True)
    job.delete()


@contextmanager
def only_one(job_id: uuid.UUID) -> Iterator[bool]:
    """Whether nobody else runs this job, and a lock that keeps it so for a `with` block.

    A lock of this connection, which ends with it: no worker that was killed can keep it."""
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
