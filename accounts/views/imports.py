"""Importing files: the list, choosing a file, confirming its columns, and what became of it."""

import csv
import io
import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.models import ImportJob
from accounts.selectors.imports import (
    import_job_list_all,
    import_problem_list,
    import_problems_csv,
    ledger_steps,
)
from accounts.services.imports import Preview, import_confirm, import_create, import_discard, import_preview
from accounts.tasks import import_enqueue
from accounts.views.import_words import (
    Steps,
    fault_sentence,
    job_detail,
    job_finding,
    list_finding,
    phase_words,
)
from kam.common.errors import ApplicationError
from kam.common.imports import ImportFileError
from kam.common.imports.headers import resolve
from kam.common.imports.registry import ImportKind, kind_of, kinds
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires

PAGE_SIZE = 50
SHOWN_PROBLEMS = 200
_UNDER_WAY = (ImportJob.Status.QUEUED, ImportJob.Status.RUNNING)


@requires("imports.view")
def import_list(request: HttpRequest) -> HttpResponse:
    """All imports, the newest first; without any, the four steps to a ledger."""
    jobs = import_job_list_all()
    page = Paginator(jobs, PAGE_SIZE).get_page(request.GET.get("page"))
    newest = next((job for job in page.object_list if job.status != ImportJob.Status.DRAFT), None)
    failed = newest if newest is not None and newest.status == ImportJob.Status.FAILED else None
    running = sum(job.status in _UNDER_WAY for job in page.object_list)
    steps = Steps(*ledger_steps())
    context = {
        "page": page,
        "labels": {kind.name: kind.label for kind in kinds()},
        "finding": list_finding(total=page.paginator.count, running=running, failed_last=failed, steps=steps),
        "steps": _step_cards(steps),
        "steps_done": steps.done,
        "can_run": _principal(request).can("imports.run"),
    }
    return render(request, "accounts/import_list.html", context)


@requires("imports.view", write="imports.run")
def import_create_page(request: HttpRequest) -> HttpResponse:
    """Choose a file. It is kept as a draft until its columns are confirmed."""
    fault = ""
    chosen = request.POST.get("kind", request.GET.get("kind", ""))
    chosen = chosen if kind_of(chosen) else ""
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None:
            fault = "No file was chosen."
        else:
            try:
                job = import_create(
                    kind=chosen,
                    file=file,  # type: ignore[arg-type]
                    file_name=file.name or "file",
                    door=ImportJob.Door.PAGE,
                    member_id=_principal(request).member.id,
                    draft=True,
                )
                return _preview_or_discard(job, chosen)
            except ApplicationError as error:
                fault = error.message
    context = {"kinds": kinds(), "chosen": chosen, "fault": fault}
    return render(request, "accounts/import_create.html", context, status=422 if fault else 200)


def _preview_or_discard(job: ImportJob, chosen: str) -> HttpResponse:
    try:
        preview = import_preview(job=job)
    except ImportFileError:
        import_discard(job=job)
        raise
    if not chosen:
        ImportJob.objects.filter(pk=job.pk, tenant_id=job.tenant_id).update(kind=preview.likely_kind().name)
    return redirect("accounts:import_detail", job.pk)


@requires("imports.view", write="imports.run")
def import_detail(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """One import: its columns to confirm, its progress, or its result."""
    job = _job(job_id)
    if request.method == "POST":
        return _act(request, job)
    if job.status == ImportJob.Status.DRAFT or ("columns" in request.GET and job.file_path):
        return _columns(request, job)
    return render(request, "accounts/import_detail.html", _result(request, job))


@requires("imports.view")
def import_progress(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """How far a running import is; when it has ended, the page is asked to show the result."""
    job = _job(job_id)
    response = render(
        request, "accounts/import_detail.html#progress", {"job": job, "phase": phase_words(job)}
    )
    if job.status not in _UNDER_WAY:
        response["HX-Refresh"] = "true"
    return response


@requires("imports.view")
def import_problems(request: HttpRequest, job_id: uuid.UUID) -> FileResponse:
    """All faults as CSV."""
    job = _job(job_id)
    return FileResponse(
        import_problems_csv(job=job),
        as_attachment=True,
        filename=f"import-{job.id}-errors.csv",
        content_type="text/csv; charset=utf-8",
    )


@requires("imports.view")
def import_template(request: HttpRequest, kind: str) -> HttpResponse:
    """An empty file of a kind: its header row."""
    found = kind_of(kind)
    if found is None:
        raise Http404
    buffer = io.StringIO()
    csv.writer(buffer).writerow([column.name for column in found.columns])
    response = HttpResponse(buffer.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.name}.csv"'
    return response


def _principal(request: HttpRequest) -> Principal:
    return request.principal  # type: ignore[attr-defined]


def _job(job_id: uuid.UUID) -> ImportJob:
    job = import_job_list_all().filter(pk=job_id).first()
    if job is None:
        raise Http404
    return job


def _act(request: HttpRequest, job: ImportJob) -> HttpResponse:
    if request.POST.get("action") == "discard":
        try:
            import_discard(job=job)
        except ApplicationError as error:
            messages.error(request, error.message)
            return redirect("accounts:import_detail", job.pk)
        messages.success(request, "The file was thrown away. Nothing was imported.")
        return redirect("accounts:import_list")
    if request.POST.get("action") == "as_checked":
        return _start(request, job, job.kind, job.mapping, dry_run=False, on_error=job.on_error)
    kind = kind_of(request.POST.get("kind", ""))
    if kind is None:
        return _columns(request, job, fault="Choose what the file holds.")
    preview = import_preview(job=job)
    mapping = {
        f"#{place}": request.POST.get(f"column-{place}", "") for place in range(1, len(preview.header) + 1)
    }
    on_error = request.POST.get("on_error", "abort")
    dry_run = request.POST.get("action") == "check"
    try:
        resolve(preview.header, kind.columns, mapping)
    except ImportFileError as error:
        return _columns(request, job, fault=error.message, kind=kind, mapping=mapping)
    return _start(request, job, kind.name, mapping, dry_run=dry_run, on_error=on_error)


def _start(
    request: HttpRequest, job: ImportJob, kind: str, mapping: dict[str, str], *, dry_run: bool, on_error: str
) -> HttpResponse:
    try:
        job = import_confirm(job=job, kind=kind, mapping=mapping, dry_run=dry_run, on_error=on_error)
    except ApplicationError as error:
        messages.error(request, error.message)
    else:
        import_enqueue(job=job)
    return redirect("accounts:import_detail", job.pk)


def _columns(
    request: HttpRequest,
    job: ImportJob,
    *,
    fault: str = "",
    kind: type[ImportKind] | None = None,
    mapping: dict[str, str] | None = None,
) -> HttpResponse:
    """The form that says which column is which."""
    try:
        preview = import_preview(job=job)
    except (ImportFileError, OSError) as error:
        messages.error(request, error.message if isinstance(error, ImportFileError) else "The file is gone.")
        return redirect("accounts:import_create")
    kind = kind or kind_of(request.GET.get("kind", "")) or kind_of(job.kind) or preview.likely_kind()
    context = {
        "job": job,
        "kind": kind,
        "kinds": kinds(),
        "columns": _column_rows(preview, kind, mapping if mapping is not None else _kept(job, kind)),
        "rows_shown": len(preview.rows),
        "fault": fault,
        "required": [column.name for column in kind.columns if column.required],
        "on_error": request.POST.get("on_error", job.on_error),
    }
    name = "accounts/import_columns.html"
    if request.headers.get("HX-Target") == "import-columns":
        name += "#columns"
    return render(request, name, context, status=422 if fault else 200)


def _kept(job: ImportJob, kind: type[ImportKind]) -> dict[str, str] | None:
    return job.mapping if job.mapping and job.kind == kind.name else None


def _column_rows(
    preview: Preview, kind: type[ImportKind], mapping: dict[str, str] | None
) -> list[dict[str, Any]]:
    suggested = preview.suggestions(kind)
    rows = []
    for place, header in enumerate(preview.header):
        chosen = (
            suggested.get(place, "")
            if mapping is None
            else mapping.get(f"#{place + 1}", mapping.get(header, ""))
        )
        values = [row[place] for row in preview.rows if place < len(row)]
        rows.append(
            {
                "number": place + 1,
                "header": header,
                "values": [value for value in values if value][:3],
                "chosen": chosen,
                "by_name": chosen == header.strip(),
                "suggested": bool(chosen) and mapping is None and chosen != header.strip(),
            }
        )
    return rows


def _result(request: HttpRequest, job: ImportJob) -> dict[str, Any]:
    found = kind_of(job.kind)
    problems = list(import_problem_list(job=job)[:SHOWN_PROBLEMS])
    return {
        "job": job,
        "kind": found,
        "under_way": job.status in _UNDER_WAY,
        "finding": job_finding(job),
        "detail": job_detail(job, problems[0].message if problems else ""),
        "phase": phase_words(job),
        "problems": [
            (fault, fault_sentence(row=fault.row, field=fault.field, message=fault.message))
            for fault in problems
        ],
        "more_problems": len(problems) == SHOWN_PROBLEMS,
        "ignored": job.report.get("ignored", []),
        "can_run": _principal(request).can("imports.run"),
        "can_store": job.status == ImportJob.Status.SUCCEEDED and job.dry_run and bool(job.file_path),
        "can_repeat": job.status == ImportJob.Status.FAILED and bool(job.file_path),
    }


def _step_cards(steps: Steps) -> list[dict[str, Any]]:
    """The four files of a ledger, in their order; the first that is not there is the next one."""
    found = []
    waiting = True
    for name, done in zip(("accounts", "products", "sales_lines", "cost_entries"), steps, strict=True):
        kind = kind_of(name)
        assert kind is not None, "The app registers its kinds."
        found.append({"kind": kind, "done": done, "next": waiting and not done})
        waiting = waiting and done
    return found
