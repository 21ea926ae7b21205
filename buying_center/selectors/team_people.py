"""Whom one could put into a selling centre, and what has happened in it (K10)."""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Q
from django.utils import timezone

from accounts.models import ProductLine, Segment
from buying_center.models import Employee, SellingCenterMember, SellingRole
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import Membership, Role
from kam.tenancy.selectors import member_names

OFFERED = 8
# Read for the panel: more than it shows, since a change is told by comparing with the event before.
_EVENTS_READ = 60
_TOLD = {
    "role": "role",
    "is_lead": "lead",
    "title": "title",
    "function": "function",
    "level": "level",
    "is_temporary": "duration",
    "reason": "reason",
    "valid_from": "first day",
    "valid_to": "last day",
}


@dataclass(frozen=True)
class Candidate:
    """Somebody who can be chosen. `value` is what the form sends; `roles` are those they hold here already."""

    value: str
    name: str
    detail: str
    has_login: bool
    roles: tuple[str, ...] = ()


def candidates(
    account_id: uuid.UUID, text: str, *, chosen: str = "", limit: int = OFFERED
) -> list[Candidate]:
    """Members and employees whose name, address or title holds every word; `chosen` stays on top. Three queries."""
    tenant_id = current_tenant_id()
    words = text.replace("\x00", "").split()[:6]
    members = Membership.objects.select_related("user").filter(tenant_id=tenant_id, is_active=True)
    members = members.exclude(role=Role.INTEGRATION)
    today = timezone.localdate()
    employees = Employee.objects.filter(Q(left_on__isnull=True) | Q(left_on__gt=today), tenant_id=tenant_id)
    for word in words:
        members = members.filter(Q(user__name__icontains=word) | Q(user__email__icontains=word))
        employees = employees.filter(
            Q(name__icontains=word) | Q(email__icontains=word) | Q(title__icontains=word)
        )
    kept = chosen.partition(":")
    if kept[0] == "user" and _is_id(kept[2]):
        members = members | _members_of(tenant_id, kept[2])
    if kept[0] == "employee" and _is_id(kept[2]):
        employees = employees | Employee.objects.filter(tenant_id=tenant_id, pk=kept[2])
    held: dict[Any, list[str]] = {}
    here = SellingCenterMember.objects.filter(tenant_id=tenant_id, account_id=account_id)
    for member_id, employee_id, role in here.values_list("member_id", "employee_id", "role"):
        held.setdefault(member_id or employee_id, []).append(SellingRole(role).label.lower())
    found = [
        Candidate(
            f"user:{member.user_id}", member.user.display_name, Role(member.role).label, True,
            tuple(held.get(member.pk, ())),
        )
        for member in members.order_by("user__name", "user__email")[: limit + 1]
    ]  # fmt: skip
    found += [
        Candidate(f"employee:{row.pk}", row.name, row.title, False, tuple(held.get(row.pk, ())))
        for row in employees.order_by("name", "id")[: limit + 1]
    ]
    found.sort(key=lambda one: (one.value != chosen, one.name.casefold()))
    return found[: limit + 1]


def _members_of(tenant_id: uuid.UUID, user_id: str) -> Any:
    rows = Membership.objects.select_related("user").filter(
        tenant_id=tenant_id, is_active=True, user_id=user_id
    )
    return rows.exclude(role=Role.INTEGRATION)


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def lines_to_answer_for(account_id: uuid.UUID) -> list[tuple[str, str]]:
    """Product lines of the catalogue and the account's own ideas: id and name; one query."""
    rows = ProductLine.objects.filter(
        Q(account_id__isnull=True) | Q(account_id=account_id), tenant_id=current_tenant_id()
    )
    return [(str(pk), name) for pk, name in rows.order_by("name", "id").values_list("id", "name")]


def segments_to_answer_for(account_id: uuid.UUID) -> list[tuple[str, str]]:
    """The customer's segments: id and name; one query."""
    rows = Segment.objects.filter(tenant_id=current_tenant_id(), account_id=account_id)
    return [(str(pk), name) for pk, name in rows.order_by("name", "id").values_list("id", "name")]


@dataclass(frozen=True)
class Happening:
    """One change of a selling centre, as a sentence without its subject: `who` did it."""

    at: datetime.datetime
    who: str
    text: str


def team_history(account_id: uuid.UUID, *, limit: int = 6) -> list[Happening]:
    """Who joined, changed and left, the latest first; three queries."""
    events: Any = apps.get_model("buying_center", "SellingCenterMemberEvent")
    rows = list(
        events.objects.filter(tenant_id=current_tenant_id(), account_id=account_id).order_by("-pgh_id")[
            :_EVENTS_READ
        ]
    )
    if not rows:
        return []
    members = member_names()
    employees = _employee_names({row.employee_id for row in rows if row.employee_id})
    told = []
    for number, row in enumerate(rows):
        person = members.get(row.member_id) or employees.get(row.employee_id) or "somebody"
        earlier = next((other for other in rows[number + 1 :] if other.pgh_obj_id == row.pgh_obj_id), None)
        text = _sentence(row, earlier, person)
        if text:
            author = (row.pgh_context or {}).get("member") or ""
            who = members.get(uuid.UUID(author), "") if _is_id(author) else ""
            told.append(Happening(row.pgh_created_at, who, text))
        if len(told) == limit:
            break
    return told


def _employee_names(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Names of employees, of those deleted since too: the trail remembers them."""
    events: Any = apps.get_model("buying_center", "EmployeeEvent")
    rows = events.objects.filter(tenant_id=current_tenant_id(), pgh_obj_id__in=ids).order_by("pgh_id")
    return dict(rows.values_list("pgh_obj_id", "name"))


def _sentence(row: Any, earlier: Any, person: str) -> str:
    role = SellingRole(row.role).label.lower()
    if row.pgh_label == "insert":
        return f"named {person} {'lead KAM' if row.is_lead else role}"
    if row.pgh_label == "delete":
        return f"took {person} out, {role}"
    if earlier is None:
        return f"changed {person}’s place"
    changed = [word for name, word in _TOLD.items() if getattr(row, name) != getattr(earlier, name)]
    if not changed:
        return ""
    if row.is_lead != earlier.is_lead:
        return f"made {person} the lead" if row.is_lead else f"let {person} step back from the lead"
    if row.role != earlier.role:
        return f"made {person} {role}"
    return f"changed {person}’s {', '.join(changed)}"
