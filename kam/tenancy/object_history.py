"""The history of one row as data: who, when, through which door, which field from what to what."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model

from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import Membership

_SILENT = frozenset({"id", "tenant", "version", "created_at", "updated_at"})
_ACTIONS = {"insert": "created", "update": "changed", "delete": "deleted"}


@dataclass(frozen=True)
class Change:
    """One field of one entry. `before` is None for a new row."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Entry:
    """One event of a row. `member_id` None = nobody of the tenant (a system task, a command)."""

    id: int
    at: datetime
    action: str
    member_id: uuid.UUID | None
    member_name: str | None
    via: str
    changes: list[Change]


def history_count(model: type[Model], pk: uuid.UUID) -> int:
    """How many events a row of a tracked model has."""
    return _events(model, pk).count()


def history_entries(model: type[Model], pk: uuid.UUID, *, offset: int = 0, limit: int = 50) -> list[Entry]:
    """Events of one row of a `@tracked` model, newest first, each with what it changed. Two queries.

    The caller has proved that the reader may see the row. Runs inside the tenant's context.
    """
    fields = [field for field in model._meta.concrete_fields if field.name not in _SILENT]
    events = list(_events(model, pk).order_by("-pgh_id")[offset : offset + limit + 1])
    names = _member_names(events)
    entries = []
    for number, event in enumerate(events[:limit]):
        earlier = events[number + 1] if number + 1 < len(events) else None
        context = event.pgh_context or {}
        member = context.get("member")
        entries.append(
            Entry(
                id=event.pgh_id,
                at=event.pgh_created_at,
                action=_ACTIONS.get(event.pgh_label, event.pgh_label),
                member_id=uuid.UUID(member) if member else None,
                member_name=names.get(member or ""),
                via=context.get("via", ""),
                changes=[] if event.pgh_label == "delete" else _changes(fields, earlier, event),
            )
        )
    return entries


def _events(model: Any, pk: uuid.UUID) -> Any:
    event_model = model._meta.get_field("history").related_model
    return event_model.objects.filter(tenant_id=current_tenant_id(), pgh_obj_id=pk)


def _member_names(events: list[Any]) -> dict[str, str]:
    ids = {context["member"] for event in events if (context := event.pgh_context) and context.get("member")}
    members = Membership.objects.select_related("user").filter(tenant_id=current_tenant_id(), id__in=ids)
    return {str(member.id): member.user.display_name for member in members}


def _changes(fields: list[Any], earlier: Any, event: Any) -> list[Change]:
    changes = []
    for field in fields:
        before = getattr(earlier, field.attname) if earlier is not None else None
        after = getattr(event, field.attname)
        if before != after and (earlier is not None or after not in ("", False)):
            changes.append(
                Change(field.name, before if before != "" else None, after if after != "" else None)
            )
    return changes
