"""What follows from the activity log: last contacts, and the next date of engagement plans (K11).

The rule of the last contact. Calls, meetings and e-mails are contact; notes are not. A connection's last contact
is the latest such day that both took part in. A contact's is the later of the latest such day with anybody of ours
and of what somebody typed last. When an activity is changed or goes, both are reckoned anew; a typed day that
an activity had outdone comes back from the history.
"""

import datetime
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.utils import timezone

from buying_center.models import Activity, Connection, Contact, Engagement, SellingCenterMember
from buying_center.selectors.activities import (
    CONTACT_KINDS,
    DOOR,
    LastContacts,
    last_contacts,
    typed_last_contacts,
)
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id, tenant_context


@dataclass(frozen=True)
class Happened:
    """One activity as far as others hang on it: what, when, with whom (contacts, and humans of ours)."""

    kind: str
    day: datetime.date
    contacts: frozenset[uuid.UUID]
    humans: frozenset[uuid.UUID]

    def satisfies(self, engagement: Engagement, human: uuid.UUID) -> bool:
        """Whether a plan was kept by it: both were there, and an executive review was a meeting."""
        if engagement.contact_id not in self.contacts or human not in self.humans:
            return False
        if engagement.kind == Engagement.Kind.EXECUTIVE_REVIEW:
            return self.kind == Activity.Kind.MEETING
        return self.kind in CONTACT_KINDS


def follow_activity(
    *, principal: Principal, account_id: uuid.UUID, before: Happened | None, after: Happened | None
) -> None:
    """Keep true what hangs on an activity that was added, changed or removed. The account is locked.

    The number of queries does not depend on how many people or activities there are.
    """
    contacts = (before.contacts if before else frozenset()) | (after.contacts if after else frozenset())
    if not contacts:
        return
    # The history says that the log wrote it, not the person.
    tenant_id = principal.tenant.id
    with tenant_context(tenant_id, member_id=principal.member.pk, via=DOOR):
        last = last_contacts(account_id, contacts)
        _connections(tenant_id, contacts, last)
        _contacts(tenant_id, contacts, last, before)
        _engagements(tenant_id, contacts, last, before, after)


def _connections(tenant_id: uuid.UUID, contacts: Collection[uuid.UUID], last: LastContacts) -> None:
    rows = Connection.objects.select_related("place").filter(
        tenant_id=tenant_id, place__tenant_id=tenant_id, contact_id__in=contacts
    )
    changed = []
    for row in rows:
        day = last.with_human.get((row.contact_id, row.place.person_key))
        if row.last_contact != day:
            row.last_contact = day
            changed.append(row)
    _save(Connection, changed, ["last_contact"])


def _contacts(
    tenant_id: uuid.UUID, contacts: Collection[uuid.UUID], last: LastContacts, before: Happened | None
) -> None:
    rows = list(Contact.objects.filter(tenant_id=tenant_id, pk__in=contacts))
    lowered = {
        row.pk
        for row in rows
        if before is not None
        and row.last_contact == before.day
        and (row.pk not in last.of or last.of[row.pk] < before.day)
    }
    typed = typed_last_contacts(lowered) if lowered else {}
    changed = []
    for row in rows:
        known = typed.get(row.pk) if row.pk in lowered else row.last_contact
        day = max(filter(None, (known, last.of.get(row.pk))), default=None)
        if row.last_contact != day:
            row.last_contact = day
            changed.append(row)
    _save(Contact, changed, ["last_contact"])


def _engagements(
    tenant_id: uuid.UUID,
    contacts: Collection[uuid.UUID],
    last: LastContacts,
    before: Happened | None,
    after: Happened | None,
) -> None:
    rows = list(
        Engagement.objects.select_related("place").filter(
            tenant_id=tenant_id, contact__tenant_id=tenant_id, contact_id__in=contacts
        )
    )
    # The activity that had moved the date is no longer what it was: back to the date before.
    undone = {
        row.pk: row.next_on
        for row in rows
        if before is not None
        and before.satisfies(row, row.place.person_key)
        and row.next_on == before.day + datetime.timedelta(weeks=row.every_weeks)
    }
    earlier = _dates_before(undone) if undone else {}
    changed = []
    for row in rows:
        pair = row.contact_id, row.place.person_key
        day = earlier.get(row.pk, row.next_on)
        kept = (last.met if row.kind == Engagement.Kind.EXECUTIVE_REVIEW else last.with_human).get(pair)
        touched = row.pk in undone or (after is not None and after.satisfies(row, row.place.person_key))
        if touched and kept is not None:
            day = max(day, kept + datetime.timedelta(weeks=row.every_weeks))
        if day != row.next_on:
            row.next_on = day
            changed.append(row)
    _save(Engagement, changed, ["next_on"])


def _dates_before(now: Mapping[uuid.UUID, datetime.date]) -> dict[uuid.UUID, datetime.date]:
    """The date that each plan had before it was moved to its present one, from the history; one query."""
    events: Any = apps.get_model("buying_center", "EngagementEvent")
    rows = events.objects.filter(tenant_id=current_tenant_id(), pgh_obj_id__in=now).order_by("pgh_id")
    # In the order of time: the last one that differs from today's stays.
    return {plan_id: day for plan_id, day in rows.values_list("pgh_obj_id", "next_on") if day != now[plan_id]}


def _save(model: type[Any], rows: list[Any], fields: list[str]) -> None:
    if rows:
        for row in rows:
            row.updated_at = timezone.now()
        model.objects.bulk_update(rows, [*fields, "updated_at"])


def humans_of(place_ids: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Who holds some places; one query."""
    rows = SellingCenterMember.objects.filter(tenant_id=current_tenant_id(), pk__in=place_ids)
    return frozenset(employee or member for employee, member in rows.values_list("employee_id", "member_id"))
