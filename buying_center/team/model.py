"""A selling centre as plain data."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from buying_center.models import SellingRole
from kam.common import formatting

ENDED, NOW, LATER = "ended", "now", "later"


@dataclass(frozen=True)
class Scope:
    """What a leader answers for: a product line, a segment or a region. `id` is None for a region."""

    kind: str
    id: Any
    name: str


@dataclass(frozen=True)
class Ties:
    """What hangs on a place. All of it counts: contacts they cover, connections, engagement plans, activities."""

    contacts: int = 0
    connections: int = 0
    engagements: int = 0
    activities: int = 0

    @property
    def open(self) -> int:
        """What somebody else has to take over; past activities stay past."""
        return self.contacts + self.connections + self.engagements

    @property
    def any(self) -> bool:
        return bool(self.open or self.activities)

    @property
    def words(self) -> str:
        """`2 contacts and 1 connection`; empty where nothing is open."""
        counted = (
            (self.contacts, "contact"),
            (self.connections, "connection"),
            (self.engagements, "engagement plan"),
        )
        return joined([formatting.plural(count, one) for count, one in counted if count])


@dataclass(frozen=True)
class Place:
    """One place in the centre. `person` is the same in all places of one human; `is_gone`: no longer with us.

    `touched_on` is the day on which a person last changed the place.
    """

    id: Any
    person: Any
    name: str
    role: str
    is_lead: bool = False
    has_login: bool = True
    is_gone: bool = False
    title: str = ""
    function: str = ""
    level: str = ""
    is_temporary: bool = False
    reason: str = ""
    valid_from: datetime.date | None = None
    valid_to: datetime.date | None = None
    touched_on: datetime.date | None = None
    scopes: Sequence[Scope] = ()
    ties: Ties = Ties()

    @property
    def role_label(self) -> str:
        return str(SellingRole(self.role).label)

    def state(self, today: datetime.date) -> str:
        if self.valid_to is not None and self.valid_to < today:
            return ENDED
        return LATER if self.valid_from is not None and self.valid_from > today else NOW


@dataclass(frozen=True)
class LedAccount:
    """A key account; `family`: the top of its group, so that a parent and its subsidiaries are one client.

    `is_visible`: whether whoever asks may see it; otherwise it counts, and is not named.
    """

    id: Any
    name: str
    industry: str
    family: Any
    is_visible: bool = True


@dataclass(frozen=True)
class OpenLine:
    """A product line with potential entered in this account's Open Space, per year in the base currency."""

    id: Any
    name: str
    potential: Decimal


@dataclass(frozen=True)
class Team:
    """One account's selling centre. `led`: the other key accounts of its lead KAM; `limit`: how many one may have."""

    today: datetime.date
    account: LedAccount
    is_key: bool
    places: Sequence[Place]
    led: Sequence[LedAccount] = ()
    limit: int = 5
    open_lines: Sequence[OpenLine] = ()
    currency: str = ""

    def in_state(self, *states: str) -> list[Place]:
        return [place for place in self.places if place.state(self.today) in states]

    @property
    def serving(self) -> list[Place]:
        """Who serves the account today and still works here."""
        return [place for place in self.in_state(NOW) if not place.is_gone]

    @property
    def people(self) -> int:
        """How many humans serve today; several roles of one count once."""
        return len({place.person for place in self.serving})

    @property
    def lead(self) -> Place | None:
        return next((place for place in self.serving if place.is_lead), None)

    def holders(self, role: str) -> list[Place]:
        """Who holds a role today."""
        return [place for place in self.serving if place.role == role]


def joined(words: Sequence[str]) -> str:
    """`Anna`, `Anna and Bo`, `Anna, Bo and Cleo`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def some(words: Sequence[str], limit: int = 2) -> str:
    """The same, cut: `Anna, Bo and 3 more`."""
    if len(words) <= limit:
        return joined(words)
    return f"{', '.join(words[:limit])} and {len(words) - limit} more"
