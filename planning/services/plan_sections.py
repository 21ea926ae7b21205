"""Writing a plan's sections: their text and their rows (K32). Nobody overwrites anybody silently."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, FieldError, InvalidInputError, NotFoundError, StaleWriteError
from kam.common.saving import lock_row, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise
from kam.tenancy.selectors import member_ids_of_users
from planning.models import (
    MAX_QUESTIONS,
    ActionStatus,
    Objective,
    Plan,
    PlanAction,
    PlanRow,
    PlanSection,
    PlanState,
    PlanTarget,
)
from planning.selectors.plan_gaps import own_gaps
from planning.selectors.plan_layout import BY_KEY, RowKind, SectionSpec, may_write
from planning.selectors.plan_rows import section_rows
from planning.selectors.plans import section_blank, section_matches, text_digest

MAX_ROWS = 200
MAX_TEXT = 20_000


@transaction.atomic
def section_save(
    *,
    principal: Principal,
    plan: Plan,
    key: str,
    text: str | None = None,
    rows: Sequence[Mapping[str, Any]] | None = None,
    if_match: IfMatch | None = None,
    base: str | None = None,
) -> PlanSection:
    """Write a section: its Markdown, and with `rows` all of its rows (one with `id` stays, one without is new,
    one that is not named goes).

    `if_match` names the section's version, `base` the digest of the text that the writer began with (an
    editor who only writes text need not mind that somebody added a row). Raises StaleWriteError (412) with
    `sections`: what is stored and who changed it when; InvalidInputError naming the field; ConflictError
    (`not_writable`) when the plan's state does not let it be written.
    """
    spec, row, section = _open(principal, plan, key)
    if if_match is not None and not section_matches(if_match, section):
        raise stale(section)
    if text is not None and text != section.text:
        _may(spec, row, rows=False)
        if not spec.text:
            raise InvalidInputError.of("text", "This section has no text.", "no_text")
        if len(text) > MAX_TEXT:
            raise InvalidInputError.of("text", f"Expected at most {MAX_TEXT:,} characters.", "max_length")
        if base is not None and base != text_digest(section.text):
            raise stale(section)
        section.text = text
        changed = True
    else:
        changed = False
    if rows is not None:
        _may(spec, row, rows=True)
        changed |= _replace(principal, row, spec, rows)
    if changed:
        _judge(principal, row, spec, section)
    return section


@transaction.atomic
def row_add(*, principal: Principal, plan: Plan, key: str, values: Mapping[str, Any]) -> PlanRow:
    """Add a row at the end of a section. Raises InvalidInputError naming the field, ConflictError."""
    spec, row, section = _open(principal, plan, key)
    kind = _may(spec, row, rows=True)
    stored = section_rows(row, kind)
    if stored.count() >= MAX_ROWS:
        raise InvalidInputError.of("rows", f"A section holds at most {MAX_ROWS} rows.", "too_many")
    last = stored.order_by().aggregate(last=Max("position"))["last"]
    new = _new(principal, row, kind, values, 0 if last is None else last + 1)
    _save(new)
    _judge(principal, row, spec, section)
    return new


@transaction.atomic
def row_update(
    *,
    principal: Principal,
    plan: Plan,
    key: str,
    row_id: uuid.UUID,
    values: Mapping[str, Any],
    if_match: IfMatch | None = None,
) -> PlanRow:
    """Change a row. Raises NotFoundError, StaleWriteError (412), InvalidInputError, ConflictError."""
    spec, row, section = _open(principal, plan, key)
    kind = _may(spec, row, rows=True)
    found = lock_row(section_rows(row, kind), row_id, if_match)
    if _change(principal, row, kind, found, values):
        _save(found)
        _judge(principal, row, spec, section)
    return found


@transaction.atomic
def row_delete(
    *, principal: Principal, plan: Plan, key: str, row_id: uuid.UUID, if_match: IfMatch | None = None
) -> None:
    """Take a row out; history keeps it. Raises NotFoundError, StaleWriteError, ConflictError."""
    spec, row, section = _open(principal, plan, key)
    found = lock_row(section_rows(row, _may(spec, row, rows=True)), row_id, if_match)
    found.delete()
    _judge(principal, row, spec, section)


@transaction.atomic
def row_move(
    *,
    principal: Principal,
    plan: Plan,
    key: str,
    row_id: uuid.UUID,
    before: uuid.UUID | None = None,
    quadrant: str | None = None,
) -> PlanRow:
    """Put a row before another one (None = last), on a board also into another quadrant.

    Raises NotFoundError, InvalidInputError (`quadrant`), ConflictError.
    """
    spec, row, section = _open(principal, plan, key)
    kind = _may(spec, row, rows=True)
    stored = list(section_rows(row, kind).select_for_update(of=("self",), no_key=True))
    moved = next((each for each in stored if each.pk == row_id), None)
    if moved is None:
        raise NotFoundError("It has been deleted.")
    if quadrant is not None:
        if quadrant not in [each.value for each in kind.quadrants]:
            raise InvalidInputError.of("quadrant", "There is no such quadrant on this board.", "unknown")
        moved.quadrant = quadrant
    rest = [each for each in stored if each.pk != row_id]
    place = next((number for number, each in enumerate(rest) if each.pk == before), len(rest))
    now = timezone.now()
    for number, each in enumerate([*rest[:place], moved, *rest[place:]]):
        names = []
        if each.position != number:
            each.position = number
            names.append("position")
        if each is moved and quadrant is not None:
            names.append("quadrant")
        if names:
            each.updated_at = now
            if each is moved:
                each.changed_by = principal.member
                names.append("changed_by")
            each.save(update_fields=[*names, "updated_at"])
    _judge(principal, row, spec, section)
    return moved


def stale(section: PlanSection) -> StaleWriteError:
    """The refusal of a write to a section that changed meanwhile: what is stored, by whom, when."""
    spec, editor = BY_KEY[section.key], section.changed_by
    rows = list(section_rows(section.plan, spec.rows)) if spec.rows else []
    stored = {
        "key": section.key,
        "text": section.text,
        "rows": [stored_row(spec.rows, row) for row in rows] if spec.rows else [],
        "version": section.version,
        "changed_by": editor.user_id if editor else None,
        "changed_by_name": editor.user.display_name if editor else None,
        "changed_at": section.updated_at,
    }
    return StaleWriteError(
        "The section was changed since you read it. Compare both, then write again with the new ETag.",
        extra={"sections": [stored]},
    )


def stored_row(kind: RowKind, row: Any) -> dict[str, Any]:
    """A row as REST answers it: the fields of its kind, people as user ids, objectives as ids."""
    found: dict[str, Any] = {"id": row.pk, "version": row.version}
    for field in kind.fields:
        value = getattr(row, field.name)
        if field.kind == "member":
            found[field.name] = value.user_id if value else None
        elif field.kind == "objective":
            found[field.name] = getattr(row, f"{field.name}_id")
        else:
            found[field.name] = None if value == "" else value
    return found


def _open(principal: Principal, plan: Plan, key: str) -> tuple[SectionSpec, Plan, PlanSection]:
    """The plan and its section, locked; whoever writes to the same plan waits."""
    spec = BY_KEY.get(key)
    if spec is None:
        raise NotFoundError("There is no such section.")
    row = lock_row(Plan.objects.filter(tenant_id=principal.tenant.id), plan.pk)
    authorise(principal, "accounts.change", row)
    stored = PlanSection.objects.filter(tenant_id=row.tenant_id, plan_id=row.pk, key=key)
    section = stored.select_for_update(of=("self",), no_key=True).select_related("changed_by__user").first()
    if section is None:
        section = section_blank(row, key)
        PlanSection.objects.bulk_create([section])
        section.version = 0  # as whoever read it before has seen it
    section.plan = row
    return spec, row, section


def _may(spec: SectionSpec, plan: Plan, *, rows: bool) -> Any:
    """The kind of the section's rows. Raises ConflictError when the plan's state forbids the write."""
    if rows and spec.rows is None:
        raise InvalidInputError.of("rows", "This section has no rows.", "no_rows")
    if may_write(spec, plan.state, row=rows):
        return spec.rows
    reason = {
        PlanState.IN_REVIEW: "Somebody reviews this plan; take it back to change it.",
        PlanState.SUPERSEDED: "A newer plan has taken this one's place.",
    }.get(PlanState(plan.state), "This part was approved. Begin a new draft to change it.")
    raise ConflictError(reason, code="not_writable")


def _judge(principal: Principal, plan: Plan, spec: SectionSpec, section: PlanSection) -> None:
    """Count what the section says now, and let its version follow what was written."""
    rows = list(section_rows(plan, spec.rows)) if spec.rows else []
    section.score, section.missing = own_gaps(spec.key.value, section.text, rows)
    section.changed_by = principal.member
    section.save(update_fields=["text", "score", "missing", "changed_by", "updated_at"])
    section.refresh_from_db(fields=["version"])


def _replace(principal: Principal, plan: Plan, spec: SectionSpec, rows: Sequence[Mapping[str, Any]]) -> bool:
    kind = spec.rows
    assert kind is not None, "Whoever replaces rows has asked for their kind."
    if len(rows) > MAX_ROWS:
        raise InvalidInputError.of("rows", f"A section holds at most {MAX_ROWS} rows.", "too_many")
    stored = {row.pk: row for row in section_rows(plan, kind)}
    faults: list[FieldError] = []
    kept: list[tuple[Any, bool]] = []
    changed = False
    for number, values in enumerate(rows):
        given = {name: value for name, value in values.items() if name not in ("id", "version")}
        try:
            row = stored.pop(values["id"], None) if values.get("id") is not None else None
            if row is None:
                if values.get("id") is not None:
                    raise InvalidInputError.of("id", "There is no such row in this section.", "unknown")
                kept.append((_new(principal, plan, kind, given, number), True))
            else:
                differs = _change(principal, plan, kind, row, given) or row.position != number
                row.position = number
                kept.append((row, differs))
        except InvalidInputError as error:
            faults += [
                FieldError(f"rows.{number}.{fault.field}", fault.message, fault.code)
                for fault in error.errors
            ]
    if faults:
        raise InvalidInputError(f"{faults[0].field}: {faults[0].message}", errors=faults)
    for row in stored.values():
        row.delete()
        changed = True
    for row, differs in kept:
        if differs:
            _save(row)
            changed = True
    return changed


def _new(principal: Principal, plan: Plan, kind: RowKind, values: Mapping[str, Any], position: int) -> Any:
    row = kind.model(
        tenant_id=plan.tenant_id,
        plan=plan,
        position=position,
        changed_by=principal.member,
        **dict(kind.fixed),
    )
    for field in kind.fields:
        if field.required and values.get(field.name) in (None, ""):
            raise InvalidInputError.of(field.name, "This field may not be blank.", "blank")
    _change(principal, plan, kind, row, values)
    return row


def _change(principal: Principal, plan: Plan, kind: RowKind, row: Any, values: Mapping[str, Any]) -> bool:
    known = {field.name: field for field in kind.fields}
    given: dict[str, Any] = {}
    for name, value in values.items():
        field = known.get(name)
        if field is None:
            raise InvalidInputError.of(name, "There is no such field.", "unknown")
        if field.required and value in (None, ""):
            raise InvalidInputError.of(name, "This field may not be blank.", "blank")
        given[name] = _reference(plan, field.kind, name, value)
        if value is None and field.kind in ("choice", "list"):
            model_field: Any = kind.model._meta.get_field(name)
            given[name] = model_field.get_default()
    if kind.quadrants and given.get("quadrant", kind.quadrants[0].value) not in {
        quadrant.value for quadrant in kind.quadrants
    }:
        raise InvalidInputError.of("quadrant", "There is no such quadrant on this board.", "unknown")
    if len(given.get("questions", ())) > MAX_QUESTIONS:
        raise InvalidInputError.of("questions", f"At most {MAX_QUESTIONS} questions.", "too_many")
    changed = set_values(row, given)
    if isinstance(row, PlanAction) and "status" in changed:
        row.done_on = timezone.localdate() if row.status == ActionStatus.DONE else None
        changed.add("done_on")
    if changed:
        row.changed_by = principal.member
    return bool(changed)


def _reference(plan: Plan, kind: str, name: str, value: Any) -> Any:
    """Ids of people and objectives as the row keeps them. Raises InvalidInputError for unknown ones."""
    if value is None or kind not in ("member", "objective"):
        return value
    if kind == "member":
        member_id = member_ids_of_users([value]).get(value)
        if member_id is None:
            raise InvalidInputError.of(name, "There is no such member. Expected a user's id.", "unknown")
        return member_id
    own = Objective.objects.filter(tenant_id=plan.tenant_id, account_id=plan.account_id, pk=value)
    if not own.exists():
        raise InvalidInputError.of(name, "There is no such objective of this account.", "unknown")
    return value


def _save(row: PlanRow) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if isinstance(row, PlanTarget):
            raise InvalidInputError.of(
                "year", "There is a target of this measure for this year already.", "unique"
            ) from error
        raise
    row.refresh_from_db(fields=["version"])
