"""What the map of people already knows about a question of strategic reflection (K17, BANK A4), in words.

Only people who are known by name and have not left; one line per person, role or influence.
"""

import datetime
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.utils import timezone

from accounts.models import Account
from buying_center.models import BuyingRole, Contact, ContactRole, InfluenceLink
from kam.common import formatting

CHART, ROLES, SWAY = "ABS-1", "ABS-2", "ABS-3"
MAP_CODES = frozenset({CHART, ROLES, SWAY})
# An answer holds 4,000 characters; a chart of hundreds is read on the map.
LINES = 30


@dataclass(frozen=True)
class MapAnswer:
    """A proposal: its words and the day on which the map said so."""

    text: str
    on: datetime.date

    @property
    def since(self) -> datetime.date:
        return self.on

    @property
    def until(self) -> datetime.date:
        return self.on

    @property
    def source(self) -> str:
        return f"Map of people, {formatting.date(self.on)}"


def map_answers(*, account: Account, codes: Collection[str] = MAP_CODES) -> dict[str, MapAnswer]:
    """Proposals by question code, only for `codes`, only where the map knows. At most three queries.

    Chart: who holds which job under whom. Roles: who fills each of the seven, and which nobody fills.
    Sway: the lines of influence, the strongest first, with their topic.
    """
    wanted = MAP_CODES & set(codes)
    if not wanted:
        return {}
    people = {
        contact.pk: contact
        for contact in Contact.objects.select_related("person").filter(
            tenant_id=account.tenant_id,
            person__tenant_id=account.tenant_id,
            person__is_placeholder=False,
            account_id=account.pk,
            left_on__isnull=True,
        )
    }
    if not people:
        return {}
    found = {}
    if CHART in wanted:
        found[CHART] = _chart(people)
    if ROLES in wanted:
        found[ROLES] = _roles(account, people)
    if SWAY in wanted:
        found[SWAY] = _sway(account, people)
    today = timezone.localdate()
    return {code: MapAnswer(text, today) for code, text in found.items() if text}


def _chart(people: dict[uuid.UUID, Contact]) -> str:
    below: dict[uuid.UUID | None, list[Contact]] = {}
    for contact in sorted(people.values(), key=lambda each: (each.person.name, each.pk)):
        above = contact.reports_to_id if contact.reports_to_id in people else None
        below.setdefault(above, []).append(contact)
    rows: list[str] = []
    waiting = list(reversed(below.get(None, [])))
    while waiting:
        contact = waiting.pop()
        boss = people.get(contact.reports_to_id) if contact.reports_to_id else None
        job = contact.title or "job not known"
        rows.append(f"{contact.person.name}: {job}{f', under {boss.person.name}' if boss else ''}")
        waiting.extend(reversed(below.get(contact.pk, [])))
    return _text(rows)


def _roles(account: Account, people: dict[uuid.UUID, Contact]) -> str:
    names: dict[str, list[str]] = {}
    held = ContactRole.objects.filter(
        tenant_id=account.tenant_id, contact__tenant_id=account.tenant_id, contact__account_id=account.pk
    ).order_by("contact__person__name", "id")
    for role in held:
        if role.contact_id in people:
            names.setdefault(role.role, []).append(people[role.contact_id].person.name)
    if not names:
        return ""
    return _text(f"{role.label}: {', '.join(names.get(role, [])) or 'nobody known'}" for role in BuyingRole)


def _sway(account: Account, people: dict[uuid.UUID, Contact]) -> str:
    links = InfluenceLink.objects.filter(
        tenant_id=account.tenant_id, account_id=account.pk, kind=InfluenceLink.Kind.INFLUENCE
    ).order_by("-strength", "id")
    return _text(
        f"{people[link.source_id].person.name} sways {people[link.target_id].person.name}"
        f"{f' on {link.topic}' if link.topic else ''}, strength {link.strength} of 5"
        for link in links
        if link.source_id in people and link.target_id in people
    )


def _text(rows: Iterable[str]) -> str:
    lines = list(rows)
    more = len(lines) - LINES
    return "\n".join([*lines[:LINES], *([f"And {more} more on the map."] if more > 0 else [])])
