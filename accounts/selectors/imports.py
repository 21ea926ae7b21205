"""Reads of import jobs and of their faults."""

import csv
import io
import tempfile
from typing import Any, BinaryIO, cast

from django.db.models import Exists, QuerySet

from accounts.models import Account, CostEntry, ImportJob, ImportProblem, Product, SalesLine
from kam.common.exports import safe_cell
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import TenantSettings

SHOWN_PROBLEMS = 1_000


def import_job_list() -> QuerySet[ImportJob]:
    """Import jobs of the tenant, newest first, with the member who started each; without drafts."""
    return import_job_list_all().exclude(status=ImportJob.Status.DRAFT)


def import_job_list_all() -> QuerySet[ImportJob]:
    """Import jobs of the tenant, newest first, drafts too."""
    return (
        ImportJob.objects.select_related("member__user")
        .filter(tenant_id=current_tenant_id())
        .order_by("-created_at", "-id")
    )


def import_problem_list(*, job: ImportJob) -> QuerySet[ImportProblem]:
    """All faults of a job, by row."""
    return ImportProblem.objects.filter(tenant_id=current_tenant_id(), job_id=job.id).order_by("row", "id")


def import_answer(*, job: ImportJob) -> dict[str, Any]:
    """A job as REST and the command answer it (INTERFACE §2); `errors` are the first 1,000 faults."""
    faults = import_problem_list(job=job).values_list("row", "field", "code", "message")[:SHOWN_PROBLEMS]
    return {
        "id": job.id,
        "kind": job.kind,
        "file_name": job.file_name,
        "status": job.status,
        "phase": job.phase,
        "progress": job.progress,
        "dry_run": job.dry_run,
        "on_error": job.on_error,
        "door": job.door,
        "rows_total": job.rows_total,
        "rows_done": job.rows_done,
        "created": job.created,
        "updated": job.updated,
        "unchanged": job.unchanged,
        "rejected": job.rejected,
        "ignored_columns": job.report.get("ignored", []),
        "detail": job.failure,
        "errors": [
            {"row": row, "field": field, "code": code, "message": message}
            for row, field, code, message in faults
        ],
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }


def import_problems_csv(*, job: ImportJob) -> BinaryIO:
    """All faults of a job as a CSV file for a spreadsheet, at its beginning; formulas are neutralised.

    Written whole, because a lazy stream would run outside of the tenant's context and see no rows."""
    target = tempfile.SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115 - the answer closes it
    text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
    text.write("\ufeff")
    writer = csv.writer(text)
    writer.writerow(["row", "field", "code", "value", "message"])
    faults = import_problem_list(job=job).values_list("row", "field", "code", "value", "message")
    for fault in faults.iterator(chunk_size=5_000):
        writer.writerow([safe_cell(cell) for cell in fault])
    text.detach()
    target.seek(0)
    return cast(BinaryIO, target)


def ledger_steps() -> tuple[bool, bool, bool, bool]:
    """Whether the tenant has any account, product, sales line and cost-to-serve entry; one query."""
    tenant_id = current_tenant_id()
    found = [
        Exists(model.objects.filter(tenant_id=tenant_id))
        for model in (Account, Product, SalesLine, CostEntry)
    ]
    # One row of a table that has one for every tenant carries the four answers.
    row = TenantSettings.objects.filter(tenant_id=tenant_id).values_list(*found).first()
    return row or (False, False, False, False)
