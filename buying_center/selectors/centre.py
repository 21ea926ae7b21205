"""Reading one account's whole buying centre, set by set, for the map, the table and what is computed (K13)."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from buying_center.models import ZONES, Contact, ContactRole, InfluenceLink, SellingCenterMember, SellingRole
from buying_center.network import Analysis, Centre, Line, Ours, Someone, Tie, analyse
from buying_center.network.model import Id
from buying_center.network.zones import ZoneMark, suggested_zones
from buying_center.selectors.our_side import OurSide
from buying_center.selectors.selling_center import selling_center_list
from kam.tenancy.context import current_tenant_id

_PERSON = ("name", "external_id", "email", "phone", "is_placeholder", "version")
_CONTACT = (
    "id",
    "person_id",
    "title",
    "department",
    "level",
    "reports_to_id",
    "left_on",
    "promoter_type",
    "is_dominant_advisor",
    "is_opponent",
    "competitor",
    "attitude",
    "power",
    "receptiveness",
    "strength",
    "assessed_on",
    "next_assessment",
    "covered_by_id",
    "last_contact",
    "map_x",
    "map_y",
    "is_parked",
    "version",
    *(f"zone_{zone}{part}" for zone in ZONES for part in ("", "_reason")),
)
CONTACT_COLUMNS = (*_CONTACT, *(f"person__{name}" for name in _PERSON))

# Somebody covers a contact and nobody has judged the relationship: there is at least that much.
_COVERED_AT_LEAST = 1


@dataclass(frozen=True)
class CentreRows:
    """Everything read about one buying centre. `people` are rows by contact id, in the order of the table; `ours`
    every place of the selling centre, `our_side` the humans behind those that hold today."""

    account_id: uuid.UUID
    today: datetime.date
    people: dict[Id, dict[str, Any]]
    links: list[dict[str, Any]]
    ours: list[dict[str, Any]]
    our_side: OurSide
    more_ties: tuple[Tie, ...] = ()

    @cached_property
    def centre(self) -> Centre:
        """The same as plain data for the network module; of our side one id per human."""
        return Centre(
            today=self.today,
            people=tuple(_someone(row) for row in self.people.values()),
            lines=tuple(
                Line(row["from"], row["to"], row["strength"], row["topic"], row["kind"] == "conflict")
                for row in self.links
            ),
            ours=tuple(
                Ours(
                    str(human.id),
                    human.name,
                    human.role_label,
                    human.level,
                    human.function,
                    human.is_lead,
                    human.is_senior,
                )
                for human in self.our_side.humans
            ),
            ties=self._ties(),
        )

    @cached_property
    def analysis(self) -> Analysis:
        return analyse(self.centre)

    @cached_property
    def zones(self) -> dict[Id, dict[str, ZoneMark]]:
        """Per contact and zone what is suggested and what was overridden."""
        found = {}
        for someone in self.centre.people:
            row, suggested = self.people[someone.id], suggested_zones(someone)
            found[someone.id] = {
                zone: ZoneMark(suggested[zone], row[f"zone_{zone}"], row[f"zone_{zone}_reason"])
                for zone in ZONES
            }
        return found

    def _ties(self) -> tuple[Tie, ...]:
        """One tie for each two people, of connections the strongest. Where none is judged between the two, whoever
        covers a contact knows them as well as our relationship was judged."""
        found: dict[tuple[Id, Id], Tie] = {}
        for tie in self.more_ties:
            human = self.our_side.canonical.get(tie.ours)
            if human is None:
                continue
            known = found.get((human, tie.theirs))
            if known is None or known.strength < tie.strength:
                found[human, tie.theirs] = Tie(human, tie.theirs, tie.strength)
        for who, row in self.people.items():
            human = self.our_side.canonical.get(row["covered_by"] or "")
            if human is not None and row["strength"] != 0 and (human, who) not in found:
                strength = _COVERED_AT_LEAST if row["strength"] is None else row["strength"]
                found[human, who] = Tie(human, who, strength, is_cover=True)
        return tuple(found.values())


TieReader = Callable[[uuid.UUID], "list[Tie]"]
_tie_readers: list[TieReader] = []


def register_ties(reader: TieReader) -> None:
    """Let person-to-person connections (K11) count as ties: `reader(account_id)`, one query, ids as text."""
    _tie_readers.append(reader)


def centre_rows(account_id: uuid.UUID, *, today: datetime.date | None = None) -> CentreRows:
    """Read one account's buying centre: five queries (people, roles, lines, our side, connections), whatever its
    size.

    The caller has proved that the account is visible.
    """
    tenant_id = current_tenant_id()
    day = today or timezone.localdate()
    roles: dict[uuid.UUID, list[str]] = defaultdict(list)
    held = ContactRole.objects.filter(
        tenant_id=tenant_id, contact__tenant_id=tenant_id, contact__account_id=account_id
    )
    for contact_id, role in held.order_by("role").values_list("contact_id", "role"):
        roles[contact_id].append(role)
    places: list[SellingCenterMember] = list(selling_center_list(account_id=account_id))
    ours: list[dict[str, Any]] = [
        {
            "id": str(member.pk),
            "name": member.name,
            "role": SellingRole(member.role).label,
            "is_lead": member.is_lead,
        }
        for member in places
    ]
    names = {str(row["id"]): str(row["name"]) for row in ours}
    return CentreRows(
        account_id=account_id,
        today=day,
        people={str(row[0]): contact_row(row, roles, names) for row in _people(account_id)},
        links=_links(account_id),
        ours=ours,
        our_side=OurSide.of(places, day),
        more_ties=tuple(tie for reader in _tie_readers for tie in reader(account_id)),
    )


def _people(account_id: uuid.UUID) -> "QuerySet[Any, tuple[Any, ...]]":
    tenant_id = current_tenant_id()
    rows = Contact.objects.filter(tenant_id=tenant_id, person__tenant_id=tenant_id, account_id=account_id)
    return rows.order_by("person__name", "id").values_list(*CONTACT_COLUMNS)


def contact_row(
    values: tuple[Any, ...], roles: dict[uuid.UUID, list[str]], members: dict[Id, str]
) -> dict[str, Any]:
    """One person of a centre from the values of CONTACT_COLUMNS; ids as text."""
    row = dict(zip(CONTACT_COLUMNS, values, strict=True))
    covered = _text(row.pop("covered_by_id"))
    for name in _PERSON:
        if name != "version":
            row[name] = row.pop(f"person__{name}")
    return {
        **row,
        "id": str(row["id"]),
        "person": str(row.pop("person_id")),
        "reports_to": _text(row.pop("reports_to_id")),
        "covered_by": covered,
        "covered_by_name": members.get(covered) if covered else None,
        "roles": roles.get(row["id"], []),
        "version": row["version"] + row.pop("person__version"),
    }


def _links(account_id: uuid.UUID) -> list[dict[str, Any]]:
    columns = ("id", "source_id", "target_id", "kind", "topic", "strength", "note", "version")
    rows = InfluenceLink.objects.filter(tenant_id=current_tenant_id(), account_id=account_id)
    return [
        {
            "id": str(row[0]),
            "from": str(row[1]),
            "to": str(row[2]),
            **dict(zip(columns[3:], row[3:], strict=True)),
        }
        for row in rows.order_by("-strength", "id").values_list(*columns)
    ]


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _someone(row: dict[str, Any]) -> Someone:
    return Someone(
        id=row["id"],
        name=row["name"],
        roles=frozenset(row["roles"]),
        power=row["power"],
        attitude=row["attitude"],
        receptiveness=row["receptiveness"],
        strength=row["strength"],
        covered_by=row["covered_by"],
        reports_to=row["reports_to"],
        department=row["department"],
        level=row["level"],
        promoter_type=row["promoter_type"],
        is_opponent=row["is_opponent"],
        competitor=row["competitor"],
        is_dominant_advisor=row["is_dominant_advisor"],
        is_placeholder=row["is_placeholder"],
        left_on=row["left_on"],
        next_assessment=row["next_assessment"],
    )
