"""The rows of a plan's sections, read and shown as tables (K32)."""

import datetime
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet

from accounts.models import Account
from planning.models import Objective, ObjectiveStatus, Plan, PlanMeeting, PlanRow, PlanTarget
from planning.selectors.plan_layout import RowField, RowKind, SectionSpec
from planning.selectors.plan_parts import Column, Kind, Row, Table, Value, day, key, money

_KINDS: dict[str, Kind] = {
    "long": "long",
    "list": "list",
    "choice": "choice",
    "day": "day",
    "money": "money",
    "whole": "number",
}
# What a person reads as a plain number without separators.
_PLAIN = frozenset({"year"})


def section_rows(plan: Plan, kind: RowKind) -> "QuerySet[Any, Any]":
    """The rows of one section in their order, with the owner's and the objective's name. One query."""
    rows: QuerySet[Any, Any] = kind.model._default_manager.filter(
        tenant_id=plan.tenant_id, plan_id=plan.pk, **dict(kind.fixed)
    )
    if kind.quadrants:
        rows = rows.filter(quadrant__in=kind.quadrants)
    joined = [
        {"member": f"{field.name}__user", "objective": field.name}[field.kind]
        for field in kind.fields
        if field.kind in ("member", "objective")
    ]
    rows = rows.select_related("changed_by__user", *joined)
    if kind.model is PlanTarget:
        return rows.order_by("year", "measure")
    if kind.model is PlanMeeting:
        return rows.order_by(F("held_on").asc(nulls_last=True), "position", "id")
    return rows.order_by("position", "id")


def cell(row: PlanRow, field: RowField) -> Value:
    """A field of a row as a document keeps it."""
    value = getattr(row, field.name)
    match field.kind:
        case "choice":
            return str(getattr(row, f"get_{field.name}_display")())
        case "member":
            return value.user.display_name if value is not None else None
        case "objective":
            return value.title if value is not None else None
        case "list":
            return "\n".join(value)
    if field.name in _PLAIN:
        return str(value)
    if isinstance(value, Decimal):
        return money(value)
    if isinstance(value, datetime.date):
        return day(value)
    return value if value != "" else None


def columns(kind: RowKind) -> tuple[Column, ...]:
    """The columns of a section's table."""
    return tuple(
        Column(field.name, field.label, "text" if field.name in _PLAIN else _KINDS.get(field.kind, "text"))
        for field in kind.fields
    )


def section_tables(spec: SectionSpec, rows: Sequence[PlanRow]) -> tuple[Table, ...]:
    """A section's rows as a table, or as one table per quadrant of its board."""
    kind = spec.rows
    if kind is None:
        return ()
    empty = f"No {kind.noun} is entered yet."
    if kind.quadrants:
        shown = tuple(field for field in kind.fields if field.name != "quadrant")
        heads = tuple(column for column in columns(kind) if column.key != "quadrant")
        return tuple(
            Table(
                quadrant.value,
                str(quadrant.label),
                heads,
                _rows((row for row in rows if row.quadrant == quadrant), shown),  # type: ignore[attr-defined]
                empty,
            )
            for quadrant in kind.quadrants
        )
    return (Table(spec.key.value, spec.title, columns(kind), _rows(rows, kind.fields), empty),)


def _rows(rows: Iterable[PlanRow], fields: Iterable[RowField]) -> tuple[Row, ...]:
    chosen = tuple(fields)
    return tuple(Row(key(row.pk), {field.name: cell(row, field) for field in chosen}) for row in rows)


def objective_options(account: Account) -> list[tuple[str, str]]:
    """(id, title) of the open objectives of an account: what an action can serve."""
    rows = Objective.objects.filter(
        tenant_id=account.tenant_id, account_id=account.pk, status=ObjectiveStatus.OPEN
    ).order_by("position", "created_at", "id")
    return [(str(pk), title) for pk, title in rows.values_list("id", "title")]
