"""Who faces whom: the contact structure of an account, and what is left of it when somebody leaves (K9, K11)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from buying_center.network.loss import Loss, loss_of
from buying_center.network.model import Centre, Id, Tie
from buying_center.network.paths import Path

Kind = Literal["bow_tie", "one_to_many", "diamond", "mixed"]
# What a diamond asks for; each that is missing is said.
Want = Literal["ours", "theirs", "functions", "senior_pair", "spread"]

DIAMOND_PEOPLE = 3
DIAMOND_FUNCTIONS = 2
# Nobody carries more than this share of the links of a diamond.
DIAMOND_SHARE = 0.5
SENIOR_LEVELS = frozenset({"executive", "senior"})


@dataclass(frozen=True)
class Facing:
    """What the structure needs to know of one person: the function they stand in, and whether they are senior."""

    function: str = ""
    is_senior: bool = False


@dataclass(frozen=True)
class Structure:
    """The structure of one account's connections. `kind` None = nobody is connected with anybody.

    `ours` and `theirs` are the people who have a link, the most connected first; `functions` the customer's
    departments among them, as known; `share` the largest share (0–1) of the links that one person carries, and `hub`
    who that is where it is more than half; `wants` what keeps a mixed structure from being a diamond.
    """

    kind: Kind | None
    ours: tuple[Id, ...] = ()
    theirs: tuple[Id, ...] = ()
    links: int = 0
    functions: tuple[str, ...] = ()
    senior_pairs: tuple[tuple[Id, Id], ...] = ()
    hub: Id | None = None
    share: float = 0.0
    wants: tuple[Want, ...] = ()


def contact_structure(
    links: Iterable[tuple[Id, Id]], ours: Mapping[Id, Facing], theirs: Mapping[Id, Facing]
) -> Structure:
    """Which of K9's structures the links (one of ours, one of theirs) make. The same link twice counts once.

    `bow_tie`: one pair. `one_to_many`: one of ours with two or more of theirs. `diamond`: three or more of ours
    with three or more of theirs in two or more known functions, a senior pair among the links, and nobody on
    more than half of them. Everything else is `mixed`.
    """
    pairs = sorted(set(links))
    if not pairs:
        return Structure(None)
    mine, others = Counter(pair[0] for pair in pairs), Counter(pair[1] for pair in pairs)
    functions = sorted({theirs[who].function.casefold() for who in others if theirs[who].function.strip()})
    senior = tuple(pair for pair in pairs if ours[pair[0]].is_senior and theirs[pair[1]].is_senior)
    # Ours before theirs where both carry as much: it is our side that can be changed.
    hub, most = max([*_ranked(mine), *_ranked(others)], key=lambda item: item[1])
    share = most / len(pairs)
    wants: list[Want] = []
    if len(mine) < DIAMOND_PEOPLE:
        wants.append("ours")
    if len(others) < DIAMOND_PEOPLE:
        wants.append("theirs")
    if len(functions) < DIAMOND_FUNCTIONS:
        wants.append("functions")
    if not senior:
        wants.append("senior_pair")
    if share > DIAMOND_SHARE:
        wants.append("spread")
    kind: Kind = "mixed"
    if len(pairs) == 1:
        kind = "bow_tie"
    elif len(mine) == 1:
        kind = "one_to_many"
    elif not wants:
        kind = "diamond"
    return Structure(
        kind=kind,
        ours=tuple(who for who, _count in _ranked(mine)),
        theirs=tuple(who for who, _count in _ranked(others)),
        links=len(pairs),
        functions=tuple(functions),
        senior_pairs=senior,
        hub=hub if len(pairs) > 1 and share > DIAMOND_SHARE else None,
        share=share,
        wants=tuple(wants) if kind == "mixed" else (),
    )


def structure_of(centre: Centre) -> Structure:
    """The structure of a centre's connections on its day: leavers and those of ours who are gone do not count."""
    return contact_structure(
        [(tie.ours, tie.theirs) for tie in centre.connections],
        {member.id: Facing(member.function, member.is_senior) for member in centre.ours},
        {
            someone.id: Facing(someone.department, someone.level in SENIOR_LEVELS)
            for someone in centre.here.values()
        },
    )


def only_contacts(ties: Iterable[Tie]) -> dict[Id, Id]:
    """People of both sides who know one person only on the other → that person."""
    known: dict[Id, set[Id]] = {}
    for tie in ties:
        known.setdefault(tie.ours, set()).add(tie.theirs)
        known.setdefault(tie.theirs, set()).add(tie.ours)
    return {who: next(iter(others)) for who, others in known.items() if len(others) == 1}


@dataclass(frozen=True)
class Leaving:
    """What a centre would be without one person of either side.

    `alone`: who would lose their only contact on the other side; `loss` what else would break (`loss_of`).
    """

    who: Id
    is_ours: bool
    before: Structure
    after: Structure
    alone: tuple[Id, ...]
    loss: Loss

    @property
    def is_harmless(self) -> bool:
        return not self.alone and self.loss.is_harmless and self.before.kind == self.after.kind


def leaving(centre: Centre, who: Id, paths: dict[Id, Path] | None = None) -> Leaving:
    """What would be left if `who`, of ours or of theirs, left today."""
    only = only_contacts(centre.connections)
    return Leaving(
        who=who,
        is_ours=who in centre.ours_by_id,
        before=structure_of(centre),
        after=structure_of(centre.without(who)),
        alone=tuple(someone for someone, contact in only.items() if contact == who),
        loss=loss_of(centre, who, paths),
    )


def _ranked(counts: "Counter[Id]") -> list[tuple[Id, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
