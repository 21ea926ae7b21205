"""What changed in a buying centre over time, said in words and gathered into the marks of the history slider."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from buying_center.models import BuyingRole
from buying_center.network.model import Id
from buying_center.selectors.replay import Event

_ROLES = dict(BuyingRole.choices)
# A centre that was built within so few days is replayed minute by minute.
DAYS_BY_MINUTE = 2
_JUDGED = {
    "attitude": "attitude",
    "power": "power",
    "receptiveness": "receptiveness",
    "strength": "relationship",
}


@dataclass(frozen=True)
class Change:
    """One change in words. `contact`: whom it concerns; `by`: id of the member who made it."""

    at: datetime.datetime
    kind: str
    contact: Id
    words: str
    by: Id | None


@dataclass(frozen=True)
class Mark:
    """What changed on one day (or in one minute): the moment after the last of it."""

    at: datetime.datetime
    changes: tuple[Change, ...]


def marks_of(events: Sequence[Event], team: Mapping[Id, str], zone: ZoneInfo) -> list[Mark]:
    """The marks of a history, the oldest first. `team`: names of our side by id; days are those of `zone`."""
    changes = changes_of(events, team)
    if not changes:
        return []
    span = changes[-1].at - changes[0].at
    by_minute = span < datetime.timedelta(days=DAYS_BY_MINUTE)
    gathered: dict[str, list[Change]] = {}
    for change in changes:
        local = change.at.astimezone(zone)
        key = local.strftime("%Y-%m-%d %H:%M") if by_minute else local.date().isoformat()
        gathered.setdefault(key, []).append(change)
    return [Mark(group[-1].at, tuple(_without_echo(group))) for group in gathered.values()]


def changes_of(events: Sequence[Event], team: Mapping[Id, str]) -> list[Change]:
    """Every change that a person would name, in the order in which it happened."""
    names = _names(events)
    found: list[Change] = []
    before: dict[tuple[str, Id], Event] = {}
    for event in events:
        last = before.get((event.what, event.key))
        before[event.what, event.key] = event
        found += [
            Change(event.at, kind, event.who, words, event.member)
            for kind, words in _SAY[event.what](event, last, names, team)
        ]
    return found


def _without_echo(changes: list[Change]) -> list[Change]:
    """Roles and judgements that came with somebody's arrival are part of the arrival."""
    new = {change.contact for change in changes if change.kind == "joined"}
    return [
        change for change in changes if change.contact not in new or change.kind in ("joined", "left", "line")
    ]


def _names(events: Sequence[Event]) -> dict[Id, str]:
    """The latest name of everybody: a sentence about the past names people as one knows them today."""
    return {event.who: event.values["name"] for event in events if event.what == "person"}


Words = list[tuple[str, str]]
Names = Mapping[Id, str]


def _contact(event: Event, last: Event | None, names: Names, team: Names) -> Words:
    name, now = names.get(event.who, "Somebody"), event.values
    if event.label == "insert" or last is None:
        return [("joined", f"{name} joined")] if event.label == "insert" else []
    if event.label == "delete":
        return [("left", f"{name} was removed")]
    then, found = last.values, []
    if now["left_on"] != then["left_on"]:
        found.append(("left", f"{name} left") if now["left_on"] else ("joined", f"{name} is back"))
    if now["reports_to_id"] != then["reports_to_id"]:
        boss = names.get(now["reports_to_id"] or "", "")
        found.append(
            ("moved", f"{name} reports to {boss}" if boss else f"{name} stands at the top of the chart")
        )
    if now["covered_by_id"] != then["covered_by_id"]:
        member = team.get(now["covered_by_id"] or "", "")
        found.append(("cover", f"{member} covers {name}" if member else f"nobody covers {name} any more"))
    if now["title"] != then["title"] and now["title"]:
        found.append(("title", f"{name} is now {now['title']}"))
    if now["is_opponent"] != then["is_opponent"]:
        found.append(
            ("judged", f"{name} is {'an opponent' if now['is_opponent'] else 'no longer an opponent'}")
        )
    for field, word in _JUDGED.items():
        if now[field] != then[field]:
            found.append(("judged", f"{name}: {word} {_figure(field, then[field], now[field])}"))
    return found


def _figure(field: str, then: int | None, now: int | None) -> str:
    if now is None:
        return "no longer judged"
    if then is None:
        return f"judged {_signed(field, now)}"
    return f"{_signed(field, then)} → {_signed(field, now)}"


def _signed(field: str, value: int) -> str:
    if field != "attitude" or value == 0:
        return str(value)
    return f"+{value}" if value > 0 else f"\u2212{-value}"


def _person(event: Event, last: Event | None, names: Names, team: Names) -> Words:
    if event.label != "update" or last is None:
        return []
    if last.values["is_placeholder"] and not event.values["is_placeholder"]:
        return [("named", f"{last.values['name']} is known: {event.values['name']}")]
    return []


def _role(event: Event, last: Event | None, names: Names, team: Names) -> Words:
    name, role = names.get(event.who, "Somebody"), _ROLES.get(event.values["role"], "").lower()
    if event.label == "update":
        return []
    return [("role", f"{name} is {'no longer ' if event.label == 'delete' else ''}{role}")]


def _link(event: Event, last: Event | None, names: Names, team: Names) -> Words:
    now = event.values
    source, target = names.get(event.who), names.get(now["target_id"])
    if source is None or target is None:
        return []
    topic = f" on {now['topic']}" if now["topic"] else ""
    conflict = now["kind"] == "conflict"
    if event.label == "insert":
        words = (
            f"{source} and {target} are in conflict{topic}"
            if conflict
            else f"{source} influences {target}{topic}, {now['strength']} of 5"
        )
    elif event.label == "delete":
        words = (
            f"{source} and {target} are no longer in conflict{topic}"
            if conflict
            else f"{source} no longer influences {target}{topic}"
        )
    elif last is not None and last.values["strength"] != now["strength"]:
        words = f"{source} to {target}{topic}: {last.values['strength']} → {now['strength']} of 5"
    elif last is not None and (last.values["kind"], last.values["topic"]) != (now["kind"], now["topic"]):
        words = f"the line from {source} to {target} reads {now['topic'] or now['kind']} now"
    else:
        return []
    return [("line", words)]


_SAY: dict[str, Callable[[Event, Event | None, Names, Names], Words]] = {
    "contact": _contact,
    "person": _person,
    "role": _role,
    "link": _link,
}
