"""`imports/`: files into the tenant over REST (INTERFACE §2, §3)."""

import json
import uuid
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ImportJob
from accounts.selectors.imports import import_answer, import_job_list, import_problems_csv
from accounts.services.imports import import_create
from accounts.tasks import import_enqueue
from kam.common.api.etag import version_tag
from kam.common.api.fields import Choice, Id, Text
from kam.common.api.filters import Filter, ListQuery
from kam.common.api.views import KamApi, ListApi
from kam.common.errors import InvalidInputError
from kam.common.imports.registry import kinds

STATUSES = [(status.value, status.label) for status in ImportJob.Status if status != ImportJob.Status.DRAFT]
_FIELDS = ("kind", "file", "dry_run", "on_error", "mapping")


class ImportRowOutput(serializers.Serializer[Any]):
    """An import without its faults, as lists show it. `progress` is 0–1; `rows_total` is null until the file
    was read to its end; counts are 0 until the import has ended."""

    id = Id()
    version = serializers.IntegerField()
    kind = Text()
    file_name = Text()
    status = Choice(choices=STATUSES)
    phase = Text()
    progress = serializers.FloatField()
    dry_run = serializers.BooleanField()
    on_error = Choice(choices=ImportJob.OnError.choices)
    door = Choice(choices=ImportJob.Door.choices)
    rows_total = serializers.IntegerField(allow_null=True)
    rows_done = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    rejected = serializers.IntegerField()
    detail = Text(source="failure")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class ImportFault(serializers.Serializer[Any]):
    """One fault of one row; the header is row 1. `field` is empty for the row or the file as a whole."""

    row = serializers.IntegerField()
    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    message = serializers.CharField()


class ImportOutput(ImportRowOutput):
    """An import. `errors` are the first 1,000 faults by row; `errors.csv` has all of them."""

    ignored_columns = serializers.ListField(child=serializers.CharField())
    errors = ImportFault(many=True)  # type: ignore[assignment]


class ImportInput(serializers.Serializer[Any]):
    """A file. `mapping` is a JSON object of header → column name, for files with other headers."""

    kind = Choice(choices=[(kind.name, kind.label) for kind in kinds()])
    file = serializers.FileField(allow_empty_file=True)
    dry_run = serializers.BooleanField(required=False)
    on_error = Choice(choices=ImportJob.OnError.choices, required=False)
    mapping = serializers.CharField(required=False, allow_blank=True)


class ImportListApi(ListApi):
    permissions = {"GET": "imports.view", "POST": "imports.run"}
    Input, Output = ImportInput, ImportRowOutput
    parser_classes = [MultiPartParser]
    success = 202
    query = ListQuery(
        filters={
            "status": Filter("status", [status for status, _ in STATUSES]),
            "kind": Filter("kind", [kind.name for kind in kinds()]),
            "door": Filter("door", ImportJob.Door.values),
        },
        ordering={"created_at": "created_at", "kind": "kind", "status": "status"},
        default="-created_at",
    )

    def rows(self) -> Any:
        return import_job_list()

    @extend_schema(request={"multipart/form-data": ImportInput}, responses={202: ImportOutput})
    def post(self, request: Request) -> Response:
        values = _parse(request)
        job = import_create(**values, door=ImportJob.Door.API, member_id=self.principal.member.id)
        import_enqueue(job=job)
        return Response(_answer(job), status=202, headers={"Location": f"{request.path}{job.id}/"})


class ImportDetailApi(KamApi):
    permissions = {"GET": "imports.view"}
    Output = ImportOutput
    tagged_object = True

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        job = _job(pk)
        return self.tagged(request, _answer(job), version_tag(job.id, job.version))


class ImportErrorsApi(KamApi):
    """All faults as CSV; cells that a spreadsheet would compute are neutralised."""

    permissions = {"GET": "imports.view"}

    @extend_schema(responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR)})
    def get(self, request: Request, pk: uuid.UUID) -> FileResponse:
        return problems_response(_job(pk))


def problems_response(job: ImportJob) -> FileResponse:
    """The download of a job's faults."""
    return FileResponse(
        import_problems_csv(job=job),
        as_attachment=True,
        filename=f"import-{job.id}-errors.csv",
        content_type="text/csv; charset=utf-8",
    )


def _answer(job: ImportJob) -> dict[str, Any]:
    return {**import_answer(job=job), "version": job.version}


def _job(pk: uuid.UUID) -> ImportJob:
    job = import_job_list().filter(pk=pk).first()
    if job is None:
        raise Http404
    return job


def _parse(request: Request) -> dict[str, Any]:
    """The form's fields. Raises InvalidInputError naming the first that is not as expected."""
    data = request.data
    assert isinstance(data, QueryDict), "A multipart form."
    for name in data:
        if name not in _FIELDS:
            raise InvalidInputError.of(name[:100], "There is no such field.", "unknown")
        if len(data.getlist(name)) > 1:
            raise InvalidInputError.of(name, "Given more than once.")
    file = data.get("file")
    if not isinstance(file, UploadedFile):
        raise InvalidInputError.of("file", "No file. Expected one in a multipart form.", "required")
    for name in ("kind", "dry_run", "on_error", "mapping"):
        if name in data and (not isinstance(data[name], str) or "\x00" in data[name]):
            raise InvalidInputError.of(name, "Expected text.")
    if not data.get("kind"):
        raise InvalidInputError.of("kind", "No kind of file is named.", "required")
    if data.get("dry_run", "false") not in ("true", "false"):
        raise InvalidInputError.of("dry_run", "Expected true or false.")
    return {
        "kind": data["kind"],
        "file": file,
        "file_name": file.name or "file",
        "dry_run": data.get("dry_run") == "true",
        "on_error": data.get("on_error", ImportJob.OnError.ABORT.value),
        "mapping": _mapping(data.get("mapping")),
    }


def _mapping(raw: str | None) -> dict[str, str] | None:
    if raw is None:
        return None
    try:
        mapping = json.loads(raw)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InvalidInputError.of("mapping", "Expected a JSON object of header → column name.") from error
    if not isinstance(mapping, dict):
        raise InvalidInputError.of("mapping", "Expected a JSON object of header → column name.")
    return mapping
