"""Every error of the API as problem details (RFC 9457), whatever raised it and wherever."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

import orjson
from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DataError, IntegrityError, OperationalError
from django.db.models import CheckConstraint, UniqueConstraint
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults
from rest_framework import exceptions as drf
from rest_framework.response import Response

from kam.common.errors import ApplicationError, FieldError

CONTENT_TYPE = "application/problem+json"
API_PREFIX = "/api/"
_TRY_AGAIN = frozenset({"40001", "40P01", "55P03"})  # serialisation, deadlock, lock not available


def problem(
    status: int,
    detail: str,
    *,
    code: str = "error",
    errors: Iterable[FieldError] = (),
    extra: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The body of a problem answer. `extra` adds members of its own (RFC 9457 §3.2), never replaces ours."""
    return {
        **(extra or {}),
        "type": f"urn:kam:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": [error.as_dict() for error in errors],
    }


def problem_http_response(status: int, detail: str, *, code: str) -> HttpResponse:
    """A problem answer outside of a REST view: middleware, unknown paths, crashes."""
    return HttpResponse(
        orjson.dumps(problem(status, detail, code=code)), status=status, content_type=CONTENT_TYPE
    )


def problem_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's `EXCEPTION_HANDLER`. None for what is nobody's fault but ours: that becomes a 500."""
    headers: dict[str, str] = {}
    if isinstance(exc, ApplicationError):
        body = problem(exc.status, exc.message, code=exc.code, errors=exc.errors, extra=exc.extra)
    elif isinstance(exc, drf.ValidationError):
        body = _invalid(list(_flatten(exc.get_full_details())))
    elif isinstance(exc, ModelValidationError):
        body = _invalid(model_errors(exc))
    elif isinstance(exc, Http404 | drf.NotFound):
        body = problem(404, "There is no such object.", code="not_found")
    elif isinstance(exc, PermissionDenied):
        body = problem(403, str(exc) or "Your role does not allow this.", code="permission_denied")
    elif isinstance(exc, IntegrityError):
        body = integrity_problem(exc)
    elif isinstance(exc, OperationalError) and getattr(exc.__cause__, "pgcode", "") in _TRY_AGAIN:
        headers["Retry-After"] = "1"
        body = problem(409, "Somebody else was writing here at this moment. Try again.", code="busy")
    elif isinstance(exc, DataError):
        body = problem(400, "A value is outside of what can be stored.", code="out_of_range")
    elif isinstance(exc, drf.APIException):
        if getattr(exc, "auth_header", None):
            headers["WWW-Authenticate"] = exc.auth_header  # type: ignore[attr-defined]
        wait = getattr(exc, "wait", None)
        if wait is not None:
            headers["Retry-After"] = str(int(wait) + 1)
        detail = exc.detail if isinstance(exc.detail, str) else str(exc)
        code = str(getattr(exc.detail, "code", None) or exc.default_code)
        body = problem(exc.status_code, str(detail), code=code)
    else:
        return None
    return Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)


def _invalid(errors: list[FieldError]) -> dict[str, Any]:
    named = [error for error in errors if error.field]
    detail = (
        f"{named[0].field}: {named[0].message}"
        if len(named) == 1
        else (errors[0].message if len(errors) == 1 else f"{len(errors)} values are not as expected.")
    )
    return problem(400, detail, code="invalid", errors=errors)


def _flatten(details: Any, path: str = "") -> Iterator[FieldError]:
    """DRF's nested details as one list; the field of an inner error is a path such as `cells.3.potential`."""
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        yield FieldError(path, str(details["message"]), str(details["code"]))
    elif isinstance(details, dict):
        for name, inner in details.items():
            step = "" if name == "non_field_errors" else str(name)
            yield from _flatten(inner, ".".join(part for part in (path, step) if part))
    elif isinstance(details, list):
        leaves = all(isinstance(inner, dict) and set(inner) == {"message", "code"} for inner in details)
        for number, inner in enumerate(details):
            yield from _flatten(inner, path if leaves else f"{path}.{number}".lstrip("."))


def model_errors(exc: ModelValidationError) -> list[FieldError]:
    """The faults of Django's model validation, by field."""
    if not hasattr(exc, "error_dict"):
        return [FieldError("", message, exc.error_list[0].code or "invalid") for message in exc.messages]
    return [
        FieldError("" if name == NON_FIELD_ERRORS else name, message, fault.code or "invalid")
        for name, faults in exc.error_dict.items()
        for fault in faults
        for message in fault.messages
    ]


def integrity_problem(exc: IntegrityError) -> dict[str, Any]:
    """A database constraint as a problem: 409 for what exists already or is in use, 400 for a check."""
    diagnostics = getattr(exc.__cause__, "diag", None)
    name = getattr(diagnostics, "constraint_name", None) or ""
    state = getattr(exc.__cause__, "pgcode", "") or ""
    fields = _constraint_fields(name)
    if state == "23514":
        message = "This value is not allowed."
        faults = [FieldError(field, message, "check") for field in fields]
        return problem(400, "The values do not go together.", code="invalid", errors=faults)
    if state == "23505":
        faults = [FieldError(field, "Another one has this value already.", "unique") for field in fields]
        return problem(409, "There is one with these values already.", code="unique", errors=faults)
    if state == "23503":
        return problem(
            409, "Something this refers to is gone, or something refers to this.", code="reference"
        )
    return problem(409, "This does not go together with what is stored.", code="conflict")


def _constraint_fields(name: str) -> list[str]:
    """The fields of one of our constraints, without the tenant."""
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if constraint.name != name:
                continue
            if isinstance(constraint, UniqueConstraint):
                return [field for field in constraint.fields if field != "tenant"]
            if isinstance(constraint, CheckConstraint):
                return sorted(_condition_fields(constraint.condition))
    return []


def _condition_fields(condition: Any) -> set[str]:
    found: set[str] = set()
    for child in getattr(condition, "children", []):
        if isinstance(child, tuple):
            found.add(child[0].split("__")[0])
        else:
            found |= _condition_fields(child)
    return found


def api_aware_404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler404`: problem details below /api/, the page elsewhere."""
    if request.path.startswith(API_PREFIX):
        return problem_http_response(404, "There is no such path.", code="not_found")
    return defaults.page_not_found(request, exception)


def api_aware_500(request: HttpRequest) -> HttpResponse:
    """`handler500`: problem details below /api/, the page elsewhere. Says nothing about the inside."""
    if request.path.startswith(API_PREFIX):
        return problem_http_response(500, "Something went wrong on our side.", code="server_error")
    return defaults.server_error(request)


def api_aware_400(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler400`: requests that Django itself finds suspicious or too large."""
    if request.path.startswith(API_PREFIX):
        return problem_http_response(400, "The request is malformed.", code="bad_request")
    return defaults.bad_request(request, exception)


def api_aware_403(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler403`: refusals outside of a REST view."""
    if request.path.startswith(API_PREFIX):
        return problem_http_response(403, "This is not allowed.", code="permission_denied")
    return defaults.permission_denied(request, exception)
