"""The history of one object: who changed what, when, and through which door (pghistory's events, read)."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import QuerySet

from kam.common import formatting
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import Membership

Rows = Callable[[Principal], "QuerySet[Any, Any]"]

DOORS = {
    "web": "on a page",
    "api": "over REST",
    "task": "in the background",
    "command": "on the command line",
    "link": "through the customer’s link",
}
KINDS = {"insert": "created", "update": "changed", "delete": "deleted"}
# Kept by the database for its own purposes; a person learns nothing from them.
_TECHNICAL = frozenset({"id", "tenant", "version", "created_at", "updated_at"})
_LONGEST = 200


@dataclass(frozen=True)
class Change:
    """One field of one event, as a person reads it."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Entry:
    """One event: `kind` is created, changed or deleted; `door` says through which door it came."""

    at: datetime.datetime
    who: str
    door: str
    kind: str
    changes: list[Change] = field(default_factory=list)


@dataclass(frozen=True)
class _Registered:
    permission: str
    rows: Rows
    labels: Mapping[str, str]


_registry: dict[str, _Registered] = {}


def register_history(
    model: type[models.Model], *, permission: str, rows: Rows, labels: Mapping[str, str] | None = None
) -> None:
    """Show the history of a tracked model's objects at `tenancy:history`.

    `permission` is asked for the role, `rows(principal)` is the queryset of what this principal may see; an
    object outside of it answers 404. `labels` names fields better than their models do. Called from
    the owning app's `AppConfig.ready()`.
    """
    _registry[model._meta.label_lower] = _Registered(permission, rows, labels or {})


def registered_models() -> list[str]:
    """Labels ("accounts.account") of the models whose history can be opened."""
    return sorted(_registry)


def history_rows(label: str, principal: Principal) -> "QuerySet[Any, Any] | None":
    """What `principal` may see of a registered model; None when it is not registered or not allowed."""
    known = _registry.get(label)
    if known is None or not principal.can(known.permission):
        return None
    return known.rows(principal)


def history_of(obj: models.Model, *, limit: int = 50) -> list[Entry]:
    """The events of one object of the current tenant, the latest first, at most `limit`.

    An update that changed nothing a person sees is left out. Three queries, and one for each kind of object
    that changed fields point to.
    """
    events_model = _events_model(type(obj))
    events = list(
        events_model.objects.filter(tenant_id=current_tenant_id(), pgh_obj_id=obj.pk).order_by("-pgh_id")[
            : limit + 1
        ]
    )
    fields = [
        column
        for column in type(obj)._meta.local_concrete_fields
        if column.name not in _TECHNICAL and hasattr(events_model, column.attname)
    ]
    before = [*events[1:], None]
    found = [
        (event, _differences(event, earlier, fields)) for event, earlier in zip(events, before, strict=True)
    ]
    names = Names((column, value) for _event, changed in found for column, *both in changed for value in both)
    known = _registry.get(type(obj)._meta.label_lower)
    labels = known.labels if known else {}
    members = _members(event.pgh_context for event in events)
    return [
        Entry(
            at=event.pgh_created_at,
            who=members.get((event.pgh_context or {}).get("member", ""), ""),
            door=DOORS.get((event.pgh_context or {}).get("via", ""), ""),
            kind=KINDS.get(event.pgh_label, event.pgh_label),
            changes=[
                Change(
                    labels.get(column.name) or field_label(column),
                    names.text(column, old),
                    names.text(column, new),
                )
                for column, old, new in changed
            ],
        )
        for event, changed in found[:limit]
        if changed or event.pgh_label != "update"
    ]


def _events_model(model: type[models.Model]) -> Any:
    return apps.get_model(model._meta.app_label, f"{model.__name__}Event")


def _differences(event: Any, earlier: Any, fields: list[Any]) -> list[tuple[Any, Any, Any]]:
    """(field, old, new) of what an update changed; nothing for the first and the last event of an object."""
    if event.pgh_label != "update" or earlier is None:
        return []
    pairs = ((column, getattr(earlier, column.attname), getattr(event, column.attname)) for column in fields)
    return [(column, old, new) for column, old, new in pairs if old != new]


def _members(contexts: Iterable[dict[str, Any] | None]) -> dict[str, str]:
    return members_named(context.get("member") or "" for context in contexts if context)


def members_named(member_ids: Iterable[str]) -> dict[str, str]:
    """Names of members of the current tenant by their ids as the audit trail writes them. One query."""
    ids = {member_id for member_id in member_ids if member_id}
    if not ids:
        return {}
    rows = Membership.objects.filter(tenant_id=current_tenant_id(), pk__in=ids).select_related("user")
    return {str(row.pk): row.user.display_name for row in rows}


def field_label(column: Any) -> str:
    """What a field is called where nobody named it better."""
    text = str(column.verbose_name)
    return text[:1].upper() + text[1:]


class Names:
    """Values as text; what a foreign key points to is read once per kind of object."""

    def __init__(self, values: Iterable[tuple[Any, Any]]) -> None:
        wanted: dict[type[models.Model], set[uuid.UUID]] = defaultdict(set)
        for column, value in values:
            if column.is_relation and value is not None:
                wanted[column.remote_field.model].add(value)
        self._names: dict[Any, str] = {}
        for model, ids in wanted.items():
            rows: Any = model._default_manager.filter(tenant_id=current_tenant_id(), pk__in=ids)
            if model is Membership:
                rows = rows.select_related("user")
            for row in rows:
                self._names[row.pk] = row.user.display_name if model is Membership else str(row)

    def text(self, column: Any, value: Any) -> str:
        if value is None or value == "":
            return "empty"
        if column.is_relation:
            return self._names.get(value, "something that is gone")
        if isinstance(value, list):
            words = dict(getattr(column.base_field, "flatchoices", ()))
            return ", ".join(str(words.get(one, one)) for one in value)[:_LONGEST] or "empty"
        if column.choices:
            return str(dict(column.flatchoices).get(value, value))
        return _written(value)[:_LONGEST]


def _written(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime.datetime():
            return formatting.moment(value)
        case datetime.date():
            return formatting.date(value)
        case Decimal():
            return f"{value.normalize():f}"
        case float():
            return f"{value:g}"
    return str(value)
