"""The errors that services raise. Each has a machine-readable code, and becomes a problem detail or a notice."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FieldError:
    """One fault of one field, as RFC 9457 answers carry it in `errors`."""

    field: str
    message: str
    code: str = "invalid"

    def as_dict(self) -> dict[str, str]:
        return {"field": self.field, "code": self.code, "message": self.message}


class ApplicationError(Exception):
    """A rule of the product was not met. `message` is a sentence for a person."""

    code = "error"
    status = 400

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        errors: list[FieldError] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.errors = errors or []
        self.extra = extra or {}


class InvalidInputError(ApplicationError):
    """Something entered is wrong; `errors` names the fields."""

    code = "invalid"
    status = 400

    @classmethod
    def of(cls, field: str, message: str, code: str = "invalid") -> "InvalidInputError":
        return cls(message, errors=[FieldError(field, message, code)])


class UnprocessableError(ApplicationError):
    """Well formed, but it cannot be carried out."""

    code = "unprocessable"
    status = 422


class ConflictError(ApplicationError):
    """Something else is under way or stands in the way."""

    code = "conflict"
    status = 409


class StaleWriteError(ApplicationError):
    """The object changed since it was read (If-Match does not match)."""

    code = "stale"
    status = 412


class PreconditionRequiredError(ApplicationError):
    """This write needs an If-Match header."""

    code = "precondition_required"
    status = 428


class NotAllowedError(ApplicationError):
    """The person's role does not allow it."""

    code = "permission_denied"
    status = 403


class NotFoundError(ApplicationError):
    """There is no such object, for this person."""

    code = "not_found"
    status = 404
