"""What has changed since a moment, from the audit trail of several tables at once (K33).

Where `history_of` tells every step of one object, this tells the difference of many: what each was at the
moment, what it is now, and who touched it last.
"""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import F, JSONField, Q, Subquery, TextField, Value
from django.db.models.functions import Cast, JSONObject

from kam.tenancy.context import current_tenant_id
from kam.tenancy.history import KINDS, Change, Names, field_label, members_named

# A page that lists more has stopped being read.
MOST_EVENTS = 5_000


@dataclass(frozen=True)
class Source:
    """Fields of one tracked model to watch, among the rows that `where` chooses.

    `naming` are the fields that name an object, joined with ×; `nothing` stands for an empty one of them.
    """

    key: str
    model: type[models.Model]
    where: Mapping[str, Any]
    fields: Sequence[str]
    naming: Sequence[str] = ()
    nothing: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def columns(self) -> list[Any]:
        return [self.model._meta.get_field(name) for name in dict.fromkeys([*self.fields, *self.naming])]


@dataclass(frozen=True)
class Changed:
    """One object that is not what it was: `kind` is created, changed or deleted."""

    name: str
    kind: str
    who: str
    at: datetime.datetime
    changes: list[Change]


@dataclass(frozen=True)
class _Event:
    source: Source
    object_id: uuid.UUID
    label: str
    at: datetime.datetime
    member: str
    values: dict[str, Any]


def changes_since(sources: Sequence[Source], since: datetime.datetime) -> dict[str, list[Changed]]:
    """By the sources' keys, the objects that were created, changed or deleted after `since`, latest first.

    An object that was changed and changed back is not told; nor is one that came and went. One query for all
    events, one for the people, and one for each kind of object that changed fields point to. Runs inside the
    tenant's context; the caller has proved that the reader may see the rows.
    """
    histories: dict[tuple[str, uuid.UUID], list[_Event]] = defaultdict(list)
    for event in _events(sources, since):
        histories[event.source.key, event.object_id].append(event)
    differing = []
    for events in histories.values():
        found = _difference(events, since)
        if found is not None:
            differing.append(found)
    names = Names(
        (column, value)
        for event, _kind, pairs in differing
        for column, *values in [
            *pairs,
            *((named, event.values[named.name]) for named in _naming(event.source)),
        ]
        for value in values
    )
    members = members_named(event.member for event, _kind, _pairs in differing)
    result: dict[str, list[Changed]] = {source.key: [] for source in sources}
    for event, kind, pairs in sorted(differing, key=lambda item: item[0].at, reverse=True):
        labels = event.source.labels
        result[event.source.key].append(
            Changed(
                name=_name(event, names),
                kind=kind,
                who=members.get(event.member, ""),
                at=event.at,
                changes=[
                    Change(
                        labels.get(column.name) or field_label(column),
                        names.text(column, old),
                        names.text(column, new),
                    )
                    for column, old, new in pairs
                ],
            )
        )
    return result


def _events(sources: Sequence[Source], since: datetime.datetime) -> list[_Event]:
    """Each object's events after the moment, and its last one before: what it was. Oldest first."""
    parts = [_query(number, source, since) for number, source in enumerate(sources)]
    if not parts:
        return []
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    found = []
    for number, _id, object_id, label, at, context, values in sorted(
        rows[:MOST_EVENTS], key=lambda row: (row[0], row[1])
    ):
        source = sources[number]
        found.append(
            _Event(
                source=source,
                object_id=object_id,
                label=label,
                at=at,
                member=(context or {}).get("member") or "",
                values={column.name: _python(column, values[column.name]) for column in source.columns()},
            )
        )
    return found


def _query(number: int, source: Source, since: datetime.datetime) -> Any:
    model: Any = apps.get_model(source.model._meta.app_label, f"{source.model.__name__}Event")
    rows = model.objects.filter(tenant_id=current_tenant_id(), **source.where)
    before = (
        rows.filter(pgh_created_at__lte=since)
        .order_by("pgh_obj_id", "-pgh_id")
        .distinct("pgh_obj_id")
        .values("pgh_id")
    )
    shown = {
        # As text, so that no decimal passes through a float.
        column.name: Cast(F(column.attname), TextField())
        if isinstance(column, models.DecimalField)
        else F(column.attname)
        for column in source.columns()
    }
    return (
        rows.filter(Q(pgh_created_at__gt=since) | Q(pgh_id__in=Subquery(before)))
        .order_by()
        .annotate(source_number=Value(number), shown=JSONObject(**shown))
        .values_list(
            "source_number", "pgh_id", "pgh_obj_id", "pgh_label", "pgh_created_at", "pgh_context", "shown"
        )
    )


def _python(column: Any, value: Any) -> Any:
    if value is None or isinstance(column, JSONField) or isinstance(value, list):
        return value
    return (column.target_field if column.is_relation else column).to_python(value)


def _difference(
    events: list[_Event], since: datetime.datetime
) -> tuple[_Event, str, list[tuple[Any, Any, Any]]] | None:
    """The latest event, what became of the object, and (field, old, new) where it was changed."""
    last = events[-1]
    if last.at <= since:
        return None
    first = events[0]
    existed = first.at <= since and first.label != "delete"
    if last.label == "delete":
        return (last, KINDS["delete"], []) if existed else None
    if not existed:
        # Whoever made it is told, not whoever touched it last.
        return replace(last, member=first.member), KINDS["insert"], []
    columns = [last.source.model._meta.get_field(name) for name in last.source.fields]
    pairs = [(column, first.values[column.name], last.values[column.name]) for column in columns]
    changed = [(column, old, new) for column, old, new in pairs if old != new]
    return (last, KINDS["update"], changed) if changed else None


def _naming(source: Source) -> list[Any]:
    return [source.model._meta.get_field(name) for name in source.naming]


def _name(event: _Event, names: Names) -> str:
    parts = []
    for column in _naming(event.source):
        value = event.values[column.name]
        parts.append(names.text(column, value) if value not in (None, "") else event.source.nothing)
    return " × ".join(part for part in parts if part)
