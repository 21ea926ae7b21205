"""What breaks if somebody leaves, on their side or on ours (K13, K11)."""

from dataclasses import dataclass

from buying_center.network.model import REACHED, Centre, Id
from buying_center.network.paths import Path, strongest_paths


@dataclass(frozen=True)
class Weakened:
    """A decider we would still reach, but less well: strength of the path before and after (1–5)."""

    decider: Id
    before: int
    after: int


@dataclass(frozen=True)
class Loss:
    """What goes with one person.

    `unreached`: deciders no way leads to any more; `weakened`: those whose best way gets weaker; `unled`: who
    loses their manager; `roles`: roles nobody else has; `strangers`: whom nobody of ours knows any more
    (strength ≥ 3 before, below afterwards); `strong_left`: how many we would still know that well.
    """

    who: Id
    unreached: tuple[Id, ...]
    weakened: tuple[Weakened, ...]
    unled: tuple[Id, ...]
    roles: tuple[str, ...]
    strangers: tuple[Id, ...]
    strong_left: int

    @property
    def is_harmless(self) -> bool:
        return not (self.unreached or self.weakened or self.unled or self.roles or self.strangers)


def loss_of(centre: Centre, who: Id, paths: dict[Id, Path] | None = None) -> Loss:
    """What would break if `who` left. `paths` may carry what `strongest_paths` said of the centre as it is."""
    before = strongest_paths(centre) if paths is None else paths
    rest = centre.without(who)
    after = strongest_paths(rest)
    deciders = [decider for decider in before if decider != who]
    leaving = centre.here.get(who)
    filled = {role for someone in rest.here.values() for role in someone.roles}
    known, still = _known(centre), _known(rest)
    return Loss(
        who=who,
        unreached=tuple(decider for decider in deciders if decider not in after),
        weakened=tuple(
            Weakened(decider, before[decider].strength, after[decider].strength)
            for decider in deciders
            if decider in after and after[decider].strength < before[decider].strength
        ),
        unled=tuple(someone.id for someone in centre.here.values() if someone.reports_to == who),
        roles=tuple(sorted(leaving.roles - filled)) if leaving is not None else (),
        strangers=tuple(someone for someone in known if someone not in still and someone != who),
        strong_left=len(still),
    )


def _known(centre: Centre) -> list[Id]:
    strong = {tie.theirs for tie in centre.live_ties if tie.strength >= REACHED}
    return [someone for someone in centre.here if someone in strong]
