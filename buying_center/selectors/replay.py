"""A buying centre as it stood on an earlier day, and what changed since, from the audit trail (K14)."""

import datetime
import uuid
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.db.models import F, QuerySet
from django.utils import timezone

from buying_center.models import Contact
from buying_center.network.model import Id
from buying_center.selectors.centre import CONTACT_COLUMNS, CentreRows, centre_rows, contact_row
from kam.tenancy.context import current_tenant_id

# Beyond this many events the oldest are left out of the list of changes; a state of any day is still read whole.
MOST_EVENTS = 20_000
_LINK = ("pgh_obj_id", "source_id", "target_id", "kind", "topic", "strength", "note", "version")
_CONTACT_OWN = tuple(name for name in CONTACT_COLUMNS if not name.startswith("person__"))
_PERSON_OWN = tuple(name.removeprefix("person__") for name in CONTACT_COLUMNS if name.startswith("person__"))
# What a replay tells of a contact. Where a card lies on the map is no news.
TOLD = (
    "reports_to_id",
    "covered_by_id",
    "left_on",
    "attitude",
    "power",
    "receptiveness",
    "strength",
    "title",
    "is_opponent",
)


@dataclass(frozen=True)
class Event:
    """One entry of the audit trail of a centre. `what`: contact, person, role or link; `who`: whose row it is."""

    at: datetime.datetime
    what: str
    label: str
    key: Id
    who: Id
    values: dict[str, Any]
    member: Id | None


def centre_rows_at(account_id: uuid.UUID, moment: datetime.datetime) -> CentreRows:
    """The centre as it stood at a moment: people, roles and lines from their histories; our side as it is today.

    Eight queries, whatever the size. Somebody removed altogether was a mistake and is not replayed; somebody who
    left is. Connections (K11) keep no past here and are left out. The caller has proved that the account is visible.
    """
    present = centre_rows(account_id)
    ids = _contact_ids(account_id)
    contacts = {
        row[0]: row
        for row in _last(_events("Contact").filter(pgh_obj_id__in=ids), moment).values_list(
            *_CONTACT_OWN, "pgh_label"
        )
        if row[-1] != "delete"
    }
    persons = _persons_at({row[1] for row in contacts.values()}, moment)
    roles: dict[uuid.UUID, list[str]] = defaultdict(list)
    held = _last(_events("ContactRole").filter(contact_id__in=ids), moment)
    for contact_id, role, label in held.values_list("contact_id", "role", "pgh_label"):
        if label != "delete":
            roles[contact_id].append(role)
    for words in roles.values():
        words.sort()
    names = {str(member["id"]): str(member["name"]) for member in present.ours}
    rows = [
        contact_row((*row[:-1], *persons[row[1]]), roles, names)
        for row in contacts.values()
        if row[1] in persons
    ]
    rows.sort(key=lambda row: (row["name"], row["id"]))
    people = {row["id"]: row for row in rows}
    for row in rows:
        if row["reports_to"] not in people:
            row["reports_to"] = None
    return replace(
        present,
        today=timezone.localdate(moment),
        people=people,
        links=_links_at(account_id, people, moment),
        more_ties=(),
    )


def centre_events(account_id: uuid.UUID) -> list[Event]:
    """The audit trail of a centre, the oldest first: five queries."""
    ids = _contact_ids(account_id)
    persons = dict(
        Contact.objects.filter(tenant_id=current_tenant_id(), account_id=account_id).values_list(
            "person_id", "id"
        )
    )
    found = [
        *_read("Contact", "contact", "pgh_obj_id", TOLD, pgh_obj_id__in=ids),
        *_read("Person", "person", "pgh_obj_id", ("name", "is_placeholder"), pgh_obj_id__in=list(persons)),
        *_read("ContactRole", "role", "contact_id", ("role",), contact_id__in=ids),
        *_read(
            "InfluenceLink",
            "link",
            "source_id",
            ("target_id", "kind", "topic", "strength"),
            account_id=account_id,
        ),
    ]
    found = [
        replace(event, who=str(persons[uuid.UUID(event.who)])) if event.what == "person" else event
        for event in found
    ]
    return sorted(found, key=lambda event: event.at)


def _contact_ids(account_id: uuid.UUID) -> list[uuid.UUID]:
    rows = Contact.objects.filter(tenant_id=current_tenant_id(), account_id=account_id)
    return list(rows.values_list("id", flat=True))


def _events(model: str) -> "QuerySet[Any, Any]":
    events: Any = apps.get_model("buying_center", f"{model}Event")
    rows: QuerySet[Any, Any] = events.objects.filter(tenant_id=current_tenant_id())
    return rows


def _last(rows: "QuerySet[Any, Any]", moment: datetime.datetime) -> "QuerySet[Any, Any]":
    """The last event of each object up to a moment."""
    return (
        rows.filter(pgh_created_at__lte=moment)
        .order_by("pgh_obj_id", "-pgh_created_at", "-pgh_id")
        .distinct("pgh_obj_id")
    )


def _persons_at(ids: set[uuid.UUID], moment: datetime.datetime) -> dict[uuid.UUID, tuple[Any, ...]]:
    """Person columns as they were; a person known only from later on is called as they were called first."""
    rows = _events("Person").filter(pgh_obj_id__in=list(ids)).order_by("pgh_created_at", "pgh_id")
    found: dict[uuid.UUID, tuple[Any, ...]] = {}
    for key, at, *values in rows.values_list("pgh_obj_id", "pgh_created_at", *_PERSON_OWN):
        if key not in found or at <= moment:
            found[key] = tuple(values)
    return found


def _links_at(
    account_id: uuid.UUID, people: dict[Id, dict[str, Any]], moment: datetime.datetime
) -> list[dict[str, Any]]:
    rows = _last(_events("InfluenceLink").filter(account_id=account_id), moment)
    found = [
        {
            "id": str(row[0]),
            "from": str(row[1]),
            "to": str(row[2]),
            **dict(zip(_LINK[3:], row[3:-1], strict=True)),
        }
        for row in rows.values_list(*_LINK, "pgh_label")
        if row[-1] != "delete" and str(row[1]) in people and str(row[2]) in people
    ]
    return sorted(found, key=lambda row: (-row["strength"], row["id"]))


def _read(model: str, what: str, who: str, columns: tuple[str, ...], **chosen: Any) -> list[Event]:
    rows = _events(model).filter(**chosen).order_by("-pgh_created_at", "-pgh_id")
    read = rows.values_list(
        "pgh_created_at", "pgh_label", F("pgh_obj_id"), who, "pgh_context__member", *columns
    )[:MOST_EVENTS]
    found = [
        Event(
            at=at,
            what=what,
            label=label,
            key=str(key),
            who=str(owner),
            values=dict(zip(columns, map(_plain, values), strict=True)),
            member=member,
        )
        for at, label, key, owner, member, *values in read
    ]
    return found[::-1]


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, uuid.UUID) else value
