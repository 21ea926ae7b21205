"""Answers already given to an Idempotency-Key, kept 24 hours per tenant (RELIABILITY 5)."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from kam.common.errors import ConflictError, UnprocessableError
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import IdempotencyRecord

KEPT = timedelta(hours=24)
KEPT_HEADERS = ("Location", "ETag")


class TenantAnswerStore:
    """Keeps the first answer in the transaction of its own work, so that both stand or neither does.

    While the first request runs, an advisory lock of its transaction refuses the others (409). Errors are not
    kept: their transaction is rolled back, and asking again simply finds them again.
    """

    def answer_once(self, request: Request, key: str, work: Callable[[], Any]) -> Any:
        """Raises ConflictError (409) in flight, UnprocessableError (422) for a key of another request."""
        self._lock(key)
        fingerprint = request_fingerprint(request)
        records = IdempotencyRecord.objects.filter(tenant_id=current_tenant_id(), key=key)
        record = records.first()
        if record is not None and record.created_at < timezone.now() - KEPT:
            records.delete()
            record = None
        if record is not None:
            return _replay(record, fingerprint)
        response = work()
        if hasattr(response, "add_post_render_callback"):
            response.add_post_render_callback(lambda rendered: _keep(key, fingerprint, rendered))
        else:
            _keep(key, fingerprint, response)
        return response

    @staticmethod
    def _lock(key: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))",
                [f"idempotency:{current_tenant_id()}:{key}"],
            )
            (free,) = cursor.fetchone()
        if not free:
            raise ConflictError(
                "The first request with this Idempotency-Key is still running.", code="in_flight"
            )


def request_fingerprint(request: Request) -> str:
    """What makes two requests the same: who, where and what. Raises ParseError for a body that is no JSON.

    The member belongs to it: a key that leaks shows nobody another person's answer.
    """
    digest = hashlib.sha256()
    member = request.principal.member.id  # type: ignore[attr-defined]
    for part in (member, request.method, request.get_full_path()):
        digest.update(f"{part}\n".encode())
    if hasattr(request.data, "lists"):
        for name, values in sorted(request.data.lists()):
            for value in values:
                digest.update(f"{name}={_file_digest(value)}\n".encode())
    else:
        digest.update(json.dumps(request.data, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def _file_digest(value: Any) -> str:
    if not isinstance(value, UploadedFile):
        return str(value)
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return f"{value.name}:{digest.hexdigest()}"


def _keep(key: str, fingerprint: str, response: HttpResponse) -> None:
    if response.status_code >= 400:
        return
    IdempotencyRecord.objects.create(
        tenant_id=current_tenant_id(),
        key=key,
        fingerprint=fingerprint,
        status=response.status_code,
        content_type=response.headers.get("Content-Type", ""),
        headers={name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
        body=response.content,
    )


def _replay(record: IdempotencyRecord, fingerprint: str) -> HttpResponse:
    if record.fingerprint != fingerprint:
        raise UnprocessableError("This Idempotency-Key was used for another request.", code="key_reused")
    response = HttpResponse(
        bytes(record.body),
        status=record.status,
        content_type=record.content_type or None,
        headers={**record.headers, "Idempotent-Replayed": "true"},
    )
    if not record.content_type:
        del response.headers["Content-Type"]
    return response


def answers_forget() -> int:
    """Delete the current tenant's answers older than 24 hours. Returns how many."""
    return IdempotencyRecord.objects.filter(
        tenant_id=current_tenant_id(), created_at__lt=timezone.now() - KEPT
    ).delete()[0]
