"""One buying centre as plain data, on the day that is looked at."""

import datetime
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

# Text, because hashing a UUID costs Python ten times as much, and graphs hash all day.
Id = str

# A relationship carries weight from 3 of 5 on (K16: a role is "reached" at strength ≥ 3).
REACHED = 3


# Tuples: a thousand people and three thousand lines are made for every look at a large centre.
class Someone(NamedTuple):
    """A person on the customer's side. null = nobody has judged it: never read as 0.

    `strength` 0–5 is our relationship; `power`, `receptiveness` and the three tests of a facilitator 0–10;
    `attitude` −2…+2.
    """

    id: Id
    name: str
    roles: frozenset[str] = frozenset()
    power: int | None = None
    attitude: int | None = None
    receptiveness: int | None = None
    strength: int | None = None
    covered_by: Id | None = None
    reports_to: Id | None = None
    department: str = ""
    level: str = ""
    promoter_type: str = ""
    is_opponent: bool = False
    competitor: str = ""
    is_dominant_advisor: bool = False
    is_placeholder: bool = False
    left_on: datetime.date | None = None
    next_assessment: datetime.date | None = None

    @property
    def is_hostile(self) -> bool:
        """Against us: attitude ≤ −1, or an opponent (K14, threat zone)."""
        return self.is_opponent or (self.attitude is not None and self.attitude <= -1)

    def has(self, role: str) -> bool:
        return role in self.roles


class Line(NamedTuple):
    """`source` influences `target` on a topic, strength 1–5; or the two are in conflict."""

    source: Id
    target: Id
    strength: int
    topic: str = ""
    is_conflict: bool = False


class Ours(NamedTuple):
    """Somebody of our selling centre: one human, whatever number of places they hold in it.

    `is_senior`: they can face the customer's executives and senior managers as equals (K9).
    """

    id: Id
    name: str
    role: str = ""
    level: str = ""
    function: str = ""
    is_lead: bool = False
    is_senior: bool = False


class Tie(NamedTuple):
    """One of ours knows one of theirs, strength 1–5.

    `is_cover`: nobody has judged the connection itself, but ours answers for the contact.
    """

    ours: Id
    theirs: Id
    strength: int
    is_cover: bool = False


@dataclass(frozen=True)
class Centre:
    """Everybody of one account on `today`, both charts, and our side."""

    today: datetime.date
    people: tuple[Someone, ...]
    lines: tuple[Line, ...] = ()
    ours: tuple[Ours, ...] = ()
    ties: tuple[Tie, ...] = field(default=())

    @cached_property
    def by_id(self) -> dict[Id, Someone]:
        return {someone.id: someone for someone in self.people}

    @cached_property
    def ours_by_id(self) -> dict[Id, Ours]:
        return {member.id: member for member in self.ours}

    @cached_property
    def here(self) -> dict[Id, Someone]:
        """Those who have not left."""
        return {
            someone.id: someone
            for someone in self.people
            if someone.left_on is None or someone.left_on > self.today
        }

    @cached_property
    def leavers(self) -> list[Someone]:
        return [someone for someone in self.people if someone.id not in self.here]

    def with_role(self, role: str) -> list[Someone]:
        """Those still here who have a role, the most powerful first."""
        found = [someone for someone in self.here.values() if role in someone.roles]
        return sorted(found, key=lambda someone: (-(someone.power or 0), someone.name))

    @cached_property
    def influence(self) -> list[Line]:
        """Lines of influence between people who are here."""
        here = self.here
        return [
            line
            for line in self.lines
            if not line.is_conflict and line.source in here and line.target in here
        ]

    @cached_property
    def live_ties(self) -> list[Tie]:
        """Ties between somebody of ours and somebody who is still there."""
        return [tie for tie in self.ties if tie.ours in self.ours_by_id and tie.theirs in self.here]

    @cached_property
    def connections(self) -> list[Tie]:
        """Ties that are connections of their own (K11), not only somebody's duty to cover a contact."""
        return [tie for tie in self.live_ties if not tie.is_cover]

    def without(self, gone: Id) -> "Centre":
        """The same centre after one person, on either side, has left."""
        return Centre(
            today=self.today,
            people=tuple(someone for someone in self.people if someone.id != gone),
            lines=tuple(line for line in self.lines if gone not in (line.source, line.target)),
            ours=tuple(member for member in self.ours if member.id != gone),
            ties=tuple(tie for tie in self.ties if gone not in (tie.ours, tie.theirs)),
        )
