"""Reading one account's whole buying centre, set by set, for the map, the table and what is computed (K13)."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any

from django.db.models import F
from django.utils import timezone

from accounts.models import Account
from buying_center.models import ZONES, Contact, ContactRole, InfluenceLink, SellingCenterMember, SellingRole
from buying_center.network import Analysis, Centre, Line, Ours, Someone, Tie, analyse
from buying_center.network.model import Id
from buying_center.network.zones import ZoneMark, suggested_zones
from buying_center.selectors.our_side import OurSide
from buying_center.selectors.selling_center import places_of
from kam.common.json_rows import json_rows, json_rows_of
from kam.common.prepared import Prepared
from kam.tenancy.context import current_tenant_id

_PERSON = ("name", "external_id", "email", "phone", "is_placeholder")
CONTACT_COLUMNS = (
    "id",
    "person_id",
    "reports_to_id",
    "covered_by_id",
    "title",
    "department",
    "level",
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
    "last_contact",
    "map_x",
    "map_y",
    "is_parked",
    "version",
    *(f"zone_{zone}{part}" for zone in ZONES for part in ("", "_reason")),
)
_DAYS = ("left_on", "assessed_on", "next_assessment", "last_contact")
# Keys that rows of a centre name shorter than their columns.
_SHORTER = ("person", "reports_to", "covered_by")
PERSON_COLUMNS = (*_PERSON, "version")
LINK_COLUMNS = ("id", "kind", "topic", "strength", "note", "version")
LINK_ENDS: dict[str, Any] = {"from": F("source_id"), "to": F("target_id")}

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
            ties=self.ties,
        )

    @property
    def ties(self) -> tuple[Tie, ...]:
        """Who of ours knows whom, of those who left too."""
        return ties_between(self.people.values(), self.more_ties, self.our_side)

    @cached_property
    def here(self) -> set[Id]:
        """Those who have not left."""
        return {
            who for who, row in self.people.items() if row["left_on"] is None or row["left_on"] > self.today
        }

    @cached_property
    def analysis(self) -> Analysis:
        return analyse(self.centre)

    @cached_property
    def zones(self) -> dict[Id, dict[str, ZoneMark]]:
        """Per contact and zone what is suggested and what was overridden."""
        found = {}
        for someone in self.centre.people:
            row, suggested = (
                self.people[someone.id],
                suggested_zones(someone.power, someone.attitude, someone.receptiveness, someone.is_opponent),
            )
            found[someone.id] = {
                zone: ZoneMark(suggested[zone], row[f"zone_{zone}"], row[f"zone_{zone}_reason"])
                for zone in ZONES
            }
        return found


def ties_between(
    people: Iterable[Mapping[str, Any]], connections: Iterable[Tie], side: OurSide
) -> tuple[Tie, ...]:
    """One tie for each two people, of connections the strongest. Where none is judged between the two, whoever
    covers a contact knows them as well as our relationship was judged. Of those who left, too."""
    found: dict[tuple[Id, Id], Tie] = {}
    for tie in connections:
        human = side.canonical.get(tie.ours)
        if human is None:
            continue
        known = found.get((human, tie.theirs))
        if known is None or known.strength < tie.strength:
            found[human, tie.theirs] = Tie(human, tie.theirs, tie.strength)
    for row in people:
        human = side.canonical.get(row["covered_by"] or "")
        if human is not None and row["strength"] != 0 and (human, row["id"]) not in found:
            strength = _COVERED_AT_LEAST if row["strength"] is None else row["strength"]
            found[human, row["id"]] = Tie(human, row["id"], strength, is_cover=True)
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
    day = today or timezone.localdate()
    roles, places = roles_held(account_id), our_places(account_id)
    ours = our_rows(places)
    names = {str(row["id"]): str(row["name"]) for row in ours}
    return CentreRows(
        account_id=account_id,
        today=day,
        people={row["id"]: whole_row(row, roles, names) for row in _people(account_id)},
        links=_links(account_id),
        ours=ours,
        our_side=OurSide.of(places, day),
        more_ties=registered_ties(account_id),
    )


def centre_of(account: Account) -> CentreRows:
    """The centre of a visible account, read once for the object: a page asks for it from several sides."""
    if "_centre" not in account.__dict__:
        account.__dict__["_centre"] = centre_rows(account.pk)
    found: CentreRows = account.__dict__["_centre"]
    return found


_ROLES = Prepared(
    lambda tenant, account: (
        ContactRole.objects.filter(tenant_id=tenant, contact__tenant_id=tenant, contact__account_id=account)
        .order_by("role")
        .values("contact_id", "role")
    ),
    tenant=uuid.UUID,
    account=uuid.UUID,
)


def roles_held(account_id: uuid.UUID) -> dict[Id, list[str]]:
    """The roles of everybody in a centre, by contact. One query."""
    statement = _ROLES.statement(tenant=current_tenant_id(), account=account_id)
    roles: dict[Id, list[str]] = defaultdict(list)
    for row in json_rows_of(statement, ("contact_id", "role")):
        roles[row["contact_id"]].append(row["role"])
    return roles


_PLACES = Prepared(
    lambda tenant, account: (
        places_of(tenant).filter(account_id=account).select_related("member__user", "employee")
    ),
    tenant=uuid.UUID,
    account=uuid.UUID,
)


def our_places(account_id: uuid.UUID) -> list[SellingCenterMember]:
    """Every place of the account's selling centre, with the person behind it. One query."""
    return _PLACES(tenant=current_tenant_id(), account=account_id)


def our_rows(places: Iterable[SellingCenterMember]) -> list[dict[str, Any]]:
    """Places as the pages and the API name them."""
    return [
        {
            "id": str(member.pk),
            "name": member.name,
            "role": SellingRole(member.role).label,
            "is_lead": member.is_lead,
        }
        for member in places
    ]


def registered_ties(account_id: uuid.UUID) -> tuple[Tie, ...]:
    """What the registered readers know of person-to-person connections."""
    return tuple(tie for reader in _tie_readers for tie in reader(account_id))


def _people(account_id: uuid.UUID) -> list[dict[str, Any]]:
    tenant_id = current_tenant_id()
    rows = Contact.objects.filter(tenant_id=tenant_id, person__tenant_id=tenant_id, account_id=account_id)
    persons: dict[str, Any] = {name: F(f"person__{name}") for name in _PERSON}
    rows = rows.order_by("person__name", "id")
    return json_rows(rows, *CONTACT_COLUMNS, **persons, person_version=F("person__version"))


def whole_row(row: dict[str, Any], roles: dict[Id, list[str]], members: dict[Id, str]) -> dict[str, Any]:
    """One person of a centre from the columns of contact and person; the given row is used up."""
    for name in _SHORTER:
        row[name] = row.pop(f"{name}_id")
    for name in _DAYS:
        if row[name] is not None:
            row[name] = datetime.date.fromisoformat(row[name])
    row["covered_by_name"] = members.get(row["covered_by"])
    row["roles"] = roles.get(row["id"], [])
    row["version"] += row.pop("person_version")
    return row


def zones_inside(row: dict[str, Any]) -> list[str]:
    """The zones that somebody lies in: a person's override, else what the figures suggest."""
    overrides = tuple(row[f"zone_{zone}"] for zone in ZONES)
    return list(
        _zones_inside(
            row["power"], row["attitude"], row["receptiveness"], row["is_opponent"], overrides=overrides
        )
    )


# Hundreds of people share a few judgements.
@lru_cache(maxsize=4096)
def _zones_inside(*judged: Any, overrides: tuple[bool | None, ...]) -> tuple[str, ...]:
    suggested = suggested_zones(*judged)
    return tuple(
        zone
        for zone, override in zip(ZONES, overrides, strict=True)
        if (suggested[zone] if override is None else override)
    )


def _links(account_id: uuid.UUID) -> list[dict[str, Any]]:
    rows = InfluenceLink.objects.filter(tenant_id=current_tenant_id(), account_id=account_id)
    return json_rows(rows.order_by("-strength", "id"), *LINK_COLUMNS, **LINK_ENDS)


_rest_of = itemgetter(*Someone._fields[3:])


def _someone(row: dict[str, Any]) -> Someone:
    return Someone(row["id"], row["name"], frozenset(row["roles"]), *_rest_of(row))
