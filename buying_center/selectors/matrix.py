"""The relationship matrix of one account: customer people × our people (K11)."""

import datetime
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from buying_center.models import Connection
from buying_center.network.model import REACHED, Id
from buying_center.selectors.centre import CentreRows
from buying_center.selectors.connections import connection_list
from buying_center.selectors.our_side import OurHuman

# After so many days without contact a connection counts as cold (BANK D4: made checkable by us).
COLD_DAYS = 90


@dataclass(frozen=True)
class Cell:
    """What is between one of ours and one of theirs; `connection` None = nothing is known or wanted."""

    human: OurHuman
    contact: dict[str, Any]
    connection: Connection | None
    covers: bool
    today: datetime.date

    @property
    def strength(self) -> int | None:
        return self.connection.strength if self.connection else None

    @property
    def desired(self) -> int | None:
        return self.connection.desired if self.connection else None

    @property
    def version(self) -> int | None:
        return self.connection.version if self.connection else None

    @property
    def gap(self) -> int:
        """By how much it falls short of what is wanted."""
        return max(0, (self.desired or 0) - (self.strength or 0))

    @property
    def meaning(self) -> str:
        """keep = as wanted (or reached where nobody said); grow = one short; cut = two or more short, or wanted
        and not there; none = weak, and nobody said what is wanted."""
        return meaning_of(self.strength, self.desired)

    @property
    def age(self) -> int | None:
        """Days since the last contact of the two."""
        last = self.connection.last_contact if self.connection else None
        return None if last is None else (self.today - last).days

    @property
    def is_cold(self) -> bool:
        """Connected, and without contact for longer than 90 days as far as the log knows."""
        return self.strength is not None and (self.age is None or self.age > COLD_DAYS)

    @property
    def action_is_overdue(self) -> bool:
        day = self.connection.next_action_on if self.connection else None
        return day is not None and day < self.today


def meaning_of(strength: int | None, desired: int | None) -> str:
    """How a strength stands to what is wanted, as one of the five meanings."""
    if strength is None and desired is None:
        return ""
    if desired is None:
        return "keep" if (strength or 0) >= REACHED else "none"
    short = desired - (strength or 0)
    return "keep" if short <= 0 else "grow" if short == 1 and strength else "cut"


@dataclass(frozen=True)
class MatrixRow:
    """One of theirs: a cell for each of ours, and the two levels rolled up (the strongest, and the most wanted)."""

    contact: dict[str, Any]
    cells: list[Cell]

    @property
    def strength(self) -> int | None:
        return max((cell.strength for cell in self.cells if cell.strength is not None), default=None)

    @property
    def desired(self) -> int | None:
        return max((cell.desired for cell in self.cells if cell.desired is not None), default=None)

    @property
    def meaning(self) -> str:
        return meaning_of(self.strength, self.desired)

    @property
    def short(self) -> int:
        """How many of the person's connections fall short of what is wanted."""
        return sum(cell.gap > 0 for cell in self.cells)

    @property
    def last_contact(self) -> Any:
        return self.contact["last_contact"]


@dataclass(frozen=True)
class Matrix:
    """All of it: who of theirs is still there, the most influential first, by our humans, the lead first."""

    rows: CentreRows
    connections: dict[tuple[uuid.UUID, Id], Connection]

    @property
    def humans(self) -> tuple[OurHuman, ...]:
        return self.rows.our_side.humans

    @cached_property
    def people(self) -> list[MatrixRow]:
        return [self.row(who) for who in self.rows.analysis.ranking]

    def row(self, who: Id) -> MatrixRow:
        return MatrixRow(self.rows.people[who], [self.cell(human, who) for human in self.humans])

    def cell(self, human: OurHuman, who: Id) -> Cell:
        contact = self.rows.people[who]
        covers = self.rows.our_side.canonical.get(contact["covered_by"] or "") == str(human.id)
        return Cell(human, contact, self.connections.get((human.id, who)), covers, self.rows.today)

    @cached_property
    def cells(self) -> list[Cell]:
        return [cell for row in self.people for cell in row.cells if cell.connection is not None]

    @cached_property
    def behind(self) -> list[Cell]:
        """What falls short of what is wanted, the worst and the most wanted first."""
        found = [cell for cell in self.cells if cell.gap]
        return sorted(found, key=lambda cell: (-cell.gap, -(cell.desired or 0)))

    def of_human(self, human: OurHuman) -> list[Cell]:
        return [cell for cell in self.cells if cell.human is human and cell.strength is not None]


def matrix_of(rows: CentreRows) -> Matrix:
    """The matrix of a centre that was read; one query more."""
    found: dict[tuple[uuid.UUID, Id], Connection] = {}
    stored = connection_list().filter(account_id=rows.account_id).order_by("strength", "id")
    for connection in stored:
        human = rows.our_side.human_of(connection.place_id)
        who = str(connection.contact_id)
        if human is None or who not in rows.centre.here:
            continue
        # Were two places of one human connected before they were known as one, the stronger is shown.
        known = found.get((human.id, who))
        if known is None or connection.strength is not None or known.strength is None:
            found[human.id, who] = connection
    return Matrix(rows, found)
