"""What the people map draws, of today or of an earlier moment: the same shape from the tables and from the past."""

import datetime
import uuid
from operator import itemgetter
from typing import Any

import orjson
from django.db import connection
from django.db.models import F, TextField, Value
from django.db.models.functions import NullIf
from django.utils import timezone

from buying_center.models import ZONES, Contact
from buying_center.network.model import Tie
from buying_center.selectors.centre import (
    CentreRows,
    our_places,
    our_rows,
    registered_ties,
    roles_held,
    ties_between,
    zones_inside,
)
from buying_center.selectors.our_side import OurSide
from kam.common.json_rows import json_rows_of
from kam.common.prepared import Prepared
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
        "links": _links(account_id),
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


_OR_NULL: dict[str, Any] = {
    f"{name}_or_null": NullIf(name, Value(""), output_field=TextField()) for name in _TEXTS
}
_OF_PERSON: dict[str, Any] = {name: F(f"person__{name}") for name in (*_PERSON, "version")}
_NODES = Prepared(
    lambda tenant, account: (
        Contact.objects.filter(tenant_id=tenant, person__tenant_id=tenant, account_id=account)
        .order_by("id")
        .values(*_COLUMNS, **_OR_NULL, **{f"person_{name}": column for name, column in _OF_PERSON.items()})
    ),
    tenant=uuid.UUID,
    account=uuid.UUID,
)
_NODE_COLUMNS = (*_COLUMNS, *_OR_NULL, *(f"person_{name}" for name in _OF_PERSON))
_NODE_KEYS = (*_COLUMNS.values(), *_TEXTS, *_PERSON, "person_version")


def _nodes(account_id: uuid.UUID) -> list[dict[str, Any]]:
    statement = _NODES.statement(tenant=current_tenant_id(), account=account_id)
    return json_rows_of(statement, _NODE_COLUMNS, keys=_NODE_KEYS)


# Three thousand lines as JSON: half of what `json_build_object` takes, because only texts are looked through for what
# must be escaped. Kinds are words of the program.
_LINKS = """
    SELECT '[' || string_agg(format(
        '{"id":"%%s","kind":"%%s","strength":%%s,"version":%%s,"from":"%%s","to":"%%s","topic":%%s,"note":%%s}',
        id, kind, strength, version, source_id, target_id,
        coalesce(to_json(nullif(topic, ''))::text, 'null'), coalesce(to_json(nullif(note, ''))::text, 'null')
    ), ',' ORDER BY id) || ']'
    FROM buying_center_influencelink WHERE tenant_id = %s AND account_id = %s
"""


def _links(account_id: uuid.UUID) -> orjson.Fragment:
    with connection.cursor() as cursor:
        cursor.execute(_LINKS, [current_tenant_id(), account_id])
        return orjson.Fragment(cursor.fetchone()[0] or "[]")


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
