"""Reads of the activity log, and what it says about the last contact (K11, K38)."""

import datetime
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Max, OuterRef, Prefetch, Q, QuerySet

from accounts.selectors.accounts import of_visible_accounts
from buying_center.models import Activity, ActivityPerson
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id

# What counts as contact. A note is written by us alone.
CONTACT_KINDS = (Activity.Kind.MEETING, Activity.Kind.CALL, Activity.Kind.EMAIL)
# The door in the history of what activities write, so that it is not taken for typed (`typed_last_contacts`).
DOOR = "activity"


def activity_list() -> "QuerySet[Activity, Activity]":
    """Every activity of the current tenant."""
    tenant_id = current_tenant_id()
    return Activity.objects.filter(tenant_id=tenant_id, account__tenant_id=tenant_id)


def activity_visible(principal: Principal) -> "QuerySet[Activity, Activity]":
    """Activities of the accounts this member may see, each with the ids of its people (`contacts`, `places`)."""
    rows = of_visible_accounts(activity_list(), principal)
    people = ActivityPerson.objects.filter(tenant_id=principal.tenant.id, activity_id=OuterRef("pk"))
    return rows.annotate(
        contacts=ArraySubquery(people.filter(contact__isnull=False).order_by("id").values("contact_id")),
        places=ArraySubquery(people.filter(place__isnull=False).order_by("id").values("place_id")),
    )


def activities_of(account_id: uuid.UUID) -> "QuerySet[Activity, Activity]":
    """An account's log with its people, the newest first; three queries, however long a page of it."""
    tenant_id = current_tenant_id()
    people = (
        ActivityPerson.objects.select_related("contact__person", "place__member__user", "place__employee")
        .filter(Q(contact__isnull=True) | Q(contact__person__tenant_id=tenant_id), tenant_id=tenant_id)
        .order_by("id")
    )
    rows = activity_list().select_related("author__user").filter(account_id=account_id)
    return rows.prefetch_related(Prefetch("people", queryset=people)).order_by("-happened_on", "-id")


Pair = tuple[uuid.UUID, uuid.UUID]


@dataclass(frozen=True)
class LastContacts:
    """The latest day of contact per contact, per contact and human of ours, and of meetings of the two."""

    of: dict[uuid.UUID, datetime.date]
    with_human: dict[Pair, datetime.date]
    met: dict[Pair, datetime.date]


def last_contacts(account_id: uuid.UUID, contact_ids: Collection[uuid.UUID]) -> LastContacts:
    """What the log of an account says about the last contact with some of its people; two queries."""
    tenant_id = current_tenant_id()
    rows = ActivityPerson.objects.filter(
        tenant_id=tenant_id,
        contact_id__in=contact_ids,
        activity__tenant_id=tenant_id,
        activity__account_id=account_id,
        activity__kind__in=CONTACT_KINDS,
    ).order_by()
    of = dict(rows.values_list("contact_id").annotate(Max("activity__happened_on")))
    with_human: dict[Pair, datetime.date] = {}
    met: dict[Pair, datetime.date] = {}
    pairs = rows.filter(activity__people__tenant_id=tenant_id, activity__people__place__isnull=False)
    for contact_id, employee_id, member_id, kind, day in pairs.values_list(
        "contact_id",
        "activity__people__place__employee_id",
        "activity__people__place__member_id",
        "activity__kind",
    ).annotate(Max("activity__happened_on")):
        pair = contact_id, employee_id or member_id
        with_human[pair] = max(day, with_human.get(pair, day))
        if kind == Activity.Kind.MEETING:
            met[pair] = day
    return LastContacts(of=of, with_human=with_human, met=met)


def typed_last_contacts(contact_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, datetime.date]:
    """The last contact that somebody typed last for each contact, from the history; what activities wrote is left
    out. One query."""
    events: Any = apps.get_model("buying_center", "ContactEvent")
    rows = events.objects.filter(tenant_id=current_tenant_id(), pgh_obj_id__in=contact_ids).order_by("pgh_id")
    before: dict[uuid.UUID, datetime.date | None] = {}
    typed: dict[uuid.UUID, datetime.date] = {}
    for contact_id, day, context in rows.values_list("pgh_obj_id", "last_contact", "pgh_context"):
        if day != before.get(contact_id) and (context or {}).get("via") != DOOR:
            if day is None:
                typed.pop(contact_id, None)
            else:
                typed[contact_id] = day
        before[contact_id] = day
    return typed
