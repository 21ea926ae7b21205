"""The picture of who faces whom: levels as rows, ours on the left, theirs on the right, functions grouped (K9).

Computed here in the units of its SVG, so that it needs no script and prints as it is shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from buying_center.models import ContactLevel
from buying_center.network import Centre, Leaving, Structure
from buying_center.network.model import Id, Tie
from buying_center.network.structure import SENIOR_LEVELS

WIDTH = 1000
CARD_WIDTH, CARD_HEIGHT, CARD_GAP = 268, 46, 8
LEFT, RIGHT = 128, WIDTH - CARD_WIDTH - 8
GROUP_HEIGHT = 22
BAND_PADDING = 12
HEAD = 34
MOST = 40  # people on one side; the rest is counted
LEVELS = (*((level.value, level.label) for level in ContactLevel), ("", "Level not known"))


@dataclass
class Card:
    """One person as drawn. `state`: gone, alone (would lose their only contact), lonely (no connection), or ""."""

    id: Id
    name: str
    text: str
    function: str
    level: str
    is_ours: bool
    links: int
    state: str = ""
    is_decider: bool = False
    x: int = 0
    y: int = 0

    @property
    def middle(self) -> int:
        return self.y + CARD_HEIGHT // 2


@dataclass
class Group:
    """The name of a function above its people."""

    text: str
    x: int
    y: int


@dataclass
class Band:
    """One level."""

    label: str
    y: int
    height: int


@dataclass
class Line:
    """One connection."""

    tie: Tie
    path: str
    width: float
    is_strong: bool
    is_gone: bool
    words: str


@dataclass
class Picture:
    """Everything the template draws. `more`: how many of theirs are not drawn because nobody is connected to them."""

    bands: list[Band] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    height: int = 0
    more: int = 0
    width: int = WIDTH

    @property
    def facts(self) -> dict[str, int]:
        return {
            "left": LEFT,
            "right": RIGHT,
            "card_width": CARD_WIDTH,
            "card_height": CARD_HEIGHT,
            "text_width": CARD_WIDTH - 24,
        }


def draw(centre: Centre, structure: Structure, gone: Leaving | None = None) -> Picture:
    """Who faces whom in a centre; with `gone`, what somebody's leaving would take along."""
    counts: dict[Id, int] = {}
    for tie in centre.connections:
        for who in (tie.ours, tie.theirs):
            counts[who] = counts.get(who, 0) + 1
    cards = [*_ours(centre, counts), *_theirs(centre, counts)]
    drawn, more = _fit(cards)
    alone = set(gone.alone) if gone else set()
    for card in drawn:
        if gone and card.id == gone.who:
            card.state = "gone"
        elif card.id in alone:
            card.state = "alone"
        elif not card.links:
            card.state = "lonely"
    picture = Picture(cards=drawn, more=more)
    _place(picture)
    places = {card.id: card for card in drawn}
    for tie in sorted(centre.connections, key=lambda tie: tie.strength):
        ours, theirs = places.get(tie.ours), places.get(tie.theirs)
        if ours is not None and theirs is not None:
            picture.lines.append(_line(tie, ours, theirs, gone))
    return picture


def _ours(centre: Centre, counts: dict[Id, int]) -> list[Card]:
    return [
        Card(
            id=member.id,
            name=member.name,
            text=member.role,
            function=member.function,
            # Sponsor and executive are senior by their role, where no level is entered.
            level=member.level or ("senior" if member.is_senior else ""),
            is_ours=True,
            links=counts.get(member.id, 0),
        )
        for member in centre.ours
    ]


def _theirs(centre: Centre, counts: dict[Id, int]) -> list[Card]:
    return [
        Card(
            id=someone.id,
            name=someone.name,
            text=", ".join(role.capitalize() for role in sorted(someone.roles)),
            function=someone.department,
            level=someone.level,
            is_ours=False,
            links=counts.get(someone.id, 0),
            is_decider=someone.has("decider"),
        )
        for someone in centre.here.values()
    ]


def _fit(cards: Iterable[Card]) -> tuple[list[Card], int]:
    """Those with a connection first, then deciders and senior people; at most `MOST` on each side."""
    sides: dict[bool, list[Card]] = {True: [], False: []}
    for card in cards:
        sides[card.is_ours].append(card)
    drawn: list[Card] = []
    for side in sides.values():
        side.sort(
            key=lambda card: (not card.links, not card.is_decider, card.level not in SENIOR_LEVELS, card.name)
        )
        drawn += side[:MOST]
    return drawn, sum(max(0, len(side) - MOST) for side in sides.values())


def _place(picture: Picture) -> None:
    y = HEAD
    for level, label in LEVELS:
        sides = [
            [card for card in picture.cards if card.level == level and card.is_ours is ours]
            for ours in (True, False)
        ]
        if not any(sides):
            continue
        bottom = y
        for cards, x in zip(sides, (LEFT, RIGHT), strict=True):
            cards.sort(key=lambda card: (not card.function, card.function.casefold(), card.name))
            at, before = y + BAND_PADDING, None
            for card in cards:
                function = card.function or "Function not known"
                if function.casefold() != before:
                    picture.groups.append(Group(function, x, at + 13))
                    at += GROUP_HEIGHT
                    before = function.casefold()
                card.x, card.y = x, at
                at += CARD_HEIGHT + CARD_GAP
            bottom = max(bottom, at)
        height = bottom - y + BAND_PADDING - CARD_GAP
        picture.bands.append(Band(label, y, height))
        y += height
    picture.height = y + 4


def _line(tie: Tie, ours: Card, theirs: Card, gone: Leaving | None) -> Line:
    start, end = ours.x + CARD_WIDTH, theirs.x
    bend = (end - start) // 2
    return Line(
        tie=tie,
        path=f"M{start} {ours.middle} C{start + bend} {ours.middle} {end - bend} {theirs.middle} {end} {theirs.middle}",
        width=0.8 + 0.6 * tie.strength,
        is_strong=tie.strength >= 3,
        is_gone=gone is not None and gone.who in (tie.ours, tie.theirs),
        words=f"{ours.name} and {theirs.name}: {tie.strength} of 5",
    )


def level_words(level: str) -> str:
    """The word of a level; what is not known is said."""
    return dict(LEVELS).get(level, "") or "Level not known"


def facing_rows(centre: Centre) -> list[dict[str, Any]]:
    """The same as a table: every connection, the strongest first."""
    ties = sorted(
        centre.connections,
        key=lambda tie: (-tie.strength, centre.ours_by_id[tie.ours].name, centre.here[tie.theirs].name),
    )
    return [
        {"tie": tie, "ours": centre.ours_by_id[tie.ours], "theirs": centre.here[tie.theirs]} for tie in ties
    ]
