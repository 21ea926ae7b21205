"""A buying centre as it stood on an earlier day, and what changed since, from the audit trail (K14)."""

import datetime
import uuid
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.db.models import Case, F, QuerySet, When
from django.utils import timezone

from buying_center.models import Contact
from buying_center.network.model import Id
from buying_center.selectors.centre import (
    CONTACT_COLUMNS,
    LINK_COLUMNS,
    LINK_ENDS,
    PERSON_COLUMNS,
    CentreRows,
    centre_rows,
    whole_row,
)
from kam.common.json_rows import json_rows
from kam.tenancy.context import current_tenant_id

# Beyond this many events the oldest are left out of the list of changes; a state of any day is still read whole.
MOST_EVENTS = 20_000
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
    contacts = _living(_last(_events("Contact").filter(pgh_obj_id__in=ids), moment), *CONTACT_COLUMNS)
    persons = _persons_at({row["person_id"] for row in contacts}, moment)
    roles: dict[Id, list[str]] = defaultdict(list)
    held = _last(_events("ContactRole").filter(contact_id__in=ids), moment)
    for row in _living(held, "contact_id", "role"):
        roles[row["contact_id"]].append(row["role"])
    for words in roles.values():
        words.sort()
    names = {str(member["id"]): str(member["name"]) for member in present.ours}
    rows = [
        whole_row(row | persons[row["person_id"]], roles, names)
        for row in contacts
        if row["person_id"] in persons
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


def _living(rows: "QuerySet[Any, Any]", *columns: str, **expressions: Any) -> list[dict[str, Any]]:
    """Columns of those events after which the row was still there."""
    found = json_rows(rows, *columns, "pgh_label", **expressions)
    return [row for row in found if row.pop("pgh_label") != "delete"]


def _persons_at(ids: set[Id], moment: datetime.datetime) -> dict[Id, dict[str, Any]]:
    """Person columns as they were; a person known only from later on is called as they were called first."""
    rows = _events("Person").filter(pgh_obj_id__in=list(ids)).order_by("pgh_created_at", "pgh_id")
    later = Case(When(pgh_created_at__gt=moment, then=True), default=False)
    found: dict[Id, dict[str, Any]] = {}
    for row in json_rows(rows, "pgh_obj_id", *PERSON_COLUMNS, is_later=later):
        key, is_later = row.pop("pgh_obj_id"), row.pop("is_later")
        row["person_version"] = row.pop("version")
        if key not in found or not is_later:
            found[key] = row
    return found


def _links_at(
    account_id: uuid.UUID, people: dict[Id, dict[str, Any]], moment: datetime.datetime
) -> list[dict[str, Any]]:
    rows = _last(_events("InfluenceLink").filter(account_id=account_id), moment)
    found = [
        row
        for row in _living(rows, *LINK_COLUMNS, **LINK_ENDS)
        if row["from"] in people and row["to"] in people
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
