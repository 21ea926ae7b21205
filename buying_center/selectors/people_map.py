"""What the people map draws, of today or of an earlier moment: the same shape from the tables and from the past."""

import datetime
import uuid
from operator import itemgetter
from typing import Any

from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import NullIf
from django.utils import timezone

from buying_center.models import ZONES, Contact, InfluenceLink
from buying_center.network.model import Tie
from buying_center.selectors.centre import (
    LINK_COLUMNS,
    CentreRows,
    our_places,
    our_rows,
    registered_ties,
    roles_held,
    ties_between,
    zones_inside,
)
from buying_center.selectors.our_side import OurSide
from kam.common.json_rows import json_rows, json_text
from kam.tenancy.context import current_tenant_id

# Column → the name that it has on the map.
_COLUMNS = {
    "id": "id",
    "person_id": "person",
    "reports_to_id": "reports_to",
    "covered_by_id": "covered_by",
    "left_on": "left_on",
    "attitude": "attitude",
    "power": "power",
    "receptiveness": "receptiveness",
    "strength": "strength",
    "is_opponent": "is_opponent",
    "map_x": "x",
    "map_y": "y",
    "is_parked": "is_parked",
    "version": "version",
    **{f"zone_{zone}": f"zone_{zone}" for zone in ZONES},
}
# Text columns: the map knows no empty text, only null.
_TEXTS = ("title", "department", "level", "competitor")
_PERSON = ("name", "is_placeholder")
_PASSING = (*(f"zone_{zone}" for zone in ZONES), "person_version")
_LINK_TEXTS = ("topic", "note")


def map_now(account_id: uuid.UUID) -> dict[str, Any]:
    """Nodes, links, our side and ties of today: four queries and those of registered ties, whatever the size.

    The lines come as a finished piece of JSON: nothing here looks into them. The caller has proved that the account
    is visible.
    """
    today, places, roles = timezone.localdate(), our_places(account_id), roles_held(account_id)
    ours = our_rows(places)
    nodes = _nodes(account_id)
    for node in nodes:
        node["roles"] = roles.get(node["id"], [])
        node["zones"] = zones_inside(node)
        node["version"] += node["person_version"]
        for name in _PASSING:
            del node[name]
    ties = ties_between(nodes, registered_ties(account_id), OurSide.of(places, today))
    return {
        "today": today,
        "nodes": nodes,
        "links": json_text(_links(account_id), *_LINK_PLAIN, keys=_LINK_KEYS, **_LINK_MORE),
        "ours": ours,
        "ties": _shown_ties(ties, ours, _here(nodes, today)),
    }


def map_of(rows: CentreRows) -> dict[str, Any]:
    """The same of a centre that was read whole, as of an earlier moment."""
    names = [name for name in _COLUMNS.values() if not name.startswith("zone_") and name not in ("x", "y")]
    nodes = []
    for row in sorted(rows.people.values(), key=itemgetter("id")):
        node = {name: row[name] for name in (*names, *_PERSON, "roles")}
        node |= {name: row[name] or None for name in _TEXTS}
        nodes.append(node | {"x": row["map_x"], "y": row["map_y"], "zones": zones_inside(row)})
    return {
        "today": rows.today,
        "nodes": nodes,
        "links": [
            row | {name: row[name] or None for name in _LINK_TEXTS}
            for row in sorted(rows.links, key=itemgetter("id"))
        ],
        "ours": rows.ours,
        "ties": _shown_ties(rows.ties, rows.ours, rows.here),
    }


def _nodes(account_id: uuid.UUID) -> list[dict[str, Any]]:
    tenant_id = current_tenant_id()
    rows = Contact.objects.filter(tenant_id=tenant_id, person__tenant_id=tenant_id, account_id=account_id)
    more: dict[str, Any] = {
        f"{name}_or_null": NullIf(name, Value(""), output_field=TextField()) for name in _TEXTS
    }
    more |= {name: F(f"person__{name}") for name in _PERSON}
    keys = (*_COLUMNS.values(), *_TEXTS, *_PERSON, "person_version")
    return json_rows(rows.order_by("id"), *_COLUMNS, keys=keys, **more, person_version=F("person__version"))


_LINK_PLAIN = tuple(name for name in LINK_COLUMNS if name not in _LINK_TEXTS)
_LINK_MORE: dict[str, Any] = {
    "from_id": F("source_id"),
    "to_id": F("target_id"),
    **{f"{name}_or_null": NullIf(name, Value(""), output_field=TextField()) for name in _LINK_TEXTS},
}
_LINK_KEYS = (*_LINK_PLAIN, "from", "to", *_LINK_TEXTS)


def _links(account_id: uuid.UUID) -> "QuerySet[InfluenceLink, InfluenceLink]":
    rows = InfluenceLink.objects.filter(tenant_id=current_tenant_id(), account_id=account_id)
    return rows.order_by("id")


def _here(nodes: list[dict[str, Any]], today: datetime.date) -> set[str]:
    day = today.isoformat()
    return {node["id"] for node in nodes if node["left_on"] is None or node["left_on"] > day}


def _shown_ties(ties: tuple[Tie, ...], ours: list[dict[str, Any]], here: set[str]) -> list[dict[str, Any]]:
    """Ties between somebody of ours and somebody who is still there."""
    known = {row["id"] for row in ours}
    return [
        {"ours": tie.ours, "contact": tie.theirs, "strength": tie.strength}
        for tie in ties
        if tie.ours in known and tie.theirs in here
    ]
