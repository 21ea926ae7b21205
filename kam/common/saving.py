"""What every service does to a row: lock it, prove its version, check its fields, save what changed."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet, TextField

from kam.common.api.etag import IfMatch
from kam.common.api.exceptions import model_errors
from kam.common.errors import ConflictError, FieldError, InvalidInputError, NotFoundError

M = TypeVar("M", bound=Model)


def lock_row(rows: "QuerySet[M, M]", pk: Any, if_match: IfMatch | None = None) -> M:
    """The row, locked until the transaction ends. Whoever waited for the lock sees what the other wrote.

    The lock leaves the key alone, so that rows which refer to this one need not wait for it.

    Raises NotFoundError when it is gone, StaleWriteError (412) when `if_match` names another version.
    """
    row = rows.select_for_update(of=("self",), no_key=True).filter(pk=pk).first()
    if row is None:
        raise NotFoundError("It has been deleted.")
    if if_match is not None:
        if_match.check(row)
    return row


def set_values(row: Model, values: Mapping[str, Any]) -> set[str]:
    """Put values on a row and return the fields that changed. Null becomes "" on text that knows no null.

    The fields' own validators run on those. Raises InvalidInputError naming the fields.
    """
    changed = set()
    for name, value in values.items():
        field: Any = row._meta.get_field(name)
        if value is None and not field.null and getattr(field, "empty_strings_allowed", False):
            value = ""
        elif value == "" and field.null:
            value = None
        if getattr(row, field.attname) != value:
            setattr(row, field.attname, value)
            changed.add(field.name)
    check_fields(row, changed)
    return changed


def check_fields(row: Model, names: Iterable[str]) -> None:
    """Run the fields' validators, choices and lengths. Raises InvalidInputError naming the fields."""
    chosen = set(names)
    for name in sorted(chosen):
        field: Any = row._meta.get_field(name)
        _check_length(field, getattr(row, field.attname))
    skipped = {field.name for field in row._meta.fields if field.name not in chosen or field.is_relation}
    try:
        row.clean_fields(exclude=skipped)
    except ValidationError as error:
        faults = model_errors(error)
        raise InvalidInputError(f"{faults[0].field}: {faults[0].message}", errors=faults) from error


def check_values(model: type[Model], values: Mapping[str, Any]) -> None:
    """The same for values that stand on no row: a set of many is checked without making a row for each."""
    for name, value in values.items():
        field: Any = model._meta.get_field(name)
        _check_length(field, value)
        if field.blank and value in field.empty_values:
            continue
        try:
            field.clean(value, None)
        except ValidationError as error:
            faults = model_errors(ValidationError({name: error.error_list}))
            raise InvalidInputError(f"{faults[0].field}: {faults[0].message}", errors=faults) from error


def _check_length(field: Any, value: Any) -> None:
    """Django knows the longest text of a TextField only in its own forms."""
    longest = field.max_length if isinstance(field, TextField) else None
    if longest and len(value or "") > longest:
        raise InvalidInputError.of(field.name, f"Expected at most {longest:,} characters.", "max_length")


def save_changes(row: Model, changed: set[str]) -> None:
    """UPDATE only what changed; the database counts the version."""
    if changed:
        row.save(update_fields=[*changed, "updated_at"])


def refuse_duplicate(rows: "QuerySet[Any, Any]", row: Model, **fields: Any) -> None:
    """Raise ConflictError (409, code `unique`) naming the fields when another row has these values."""
    if any(value in (None, "") for value in fields.values()):
        return
    if rows.filter(**fields).exclude(pk=row.pk).exists():
        message = "Another one has this value already."
        raise ConflictError(
            f"There is one with {', '.join(f'{name} “{value}”' for name, value in fields.items())} already.",
            code="unique",
            errors=[FieldError(name, message, "unique") for name in fields],
        )
