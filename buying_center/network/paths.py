"""The strongest path from our people to each decider (K13)."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import breadth_first_order

from buying_center.network.model import REACHED, Centre, Id

_NOBODY = -9999  # how scipy writes "no predecessor"


@dataclass(frozen=True)
class Step:
    """One link of a path: who passes it on to whom, how strong (1–5), on what."""

    source: Id
    target: Id
    strength: int
    topic: str = ""


@dataclass(frozen=True)
class Path:
    """A way from one of ours to a decider. A path is as strong as its weakest step."""

    decider: Id
    steps: tuple[Step, ...]

    @property
    def weakest(self) -> Step:
        return min(self.steps, key=lambda step: step.strength)

    @property
    def strength(self) -> int:
        return self.weakest.strength

    @property
    def is_access(self) -> bool:
        """Strong enough to count as access: every step at least 3 of 5."""
        return self.strength >= REACHED

    @property
    def people(self) -> list[Id]:
        """Everybody on it, ours first."""
        return [self.steps[0].source, *(step.target for step in self.steps)]


def strongest_paths(centre: Centre) -> dict[Id, Path]:
    """For each decider that can be reached the path whose weakest step is strongest; of those the shortest.

    First step: a tie of ours; then lines of influence. Whoever is against us carries no word of ours further,
    but may be its end. Deciders nobody reaches are missing. Lines are taken from the strongest down; whoever is
    reached for the first time is reached as strongly as possible.
    """
    missing = {who for who, someone in centre.here.items() if someone.has("decider")}
    if not missing:
        return {}
    names = list(centre.here)
    place = {who: at for at, who in enumerate(names)}
    us = len(names)
    best = _best_steps(centre, place, us)
    if not best:
        return {}
    ends = np.array(list(best), dtype=np.int64)
    strength = np.array([step[2] for step in best.values()])
    found: dict[Id, Path] = {}
    for least in sorted(set(strength.tolist()), reverse=True):
        chosen = ends[strength >= least]
        graph = sparse.csr_array((np.ones(len(chosen)), (chosen[:, 0], chosen[:, 1])), shape=(us + 1, us + 1))
        _, before = breadth_first_order(graph, us, directed=True)
        for decider in [who for who in missing if before[place[who]] != _NOBODY]:
            way = [place[decider]]
            while way[-1] != us:
                way.append(int(before[way[-1]]))
            way.reverse()
            steps = (Step(*best[pair]) for pair in pairwise(way))
            found[decider] = Path(decider, tuple(steps))
            missing.discard(decider)
        if not missing:
            break
    return found


def _best_steps(
    centre: Centre, place: dict[Id, int], us: int
) -> dict[tuple[int, int], tuple[Id, Id, int, str]]:
    """The strongest step between each two, as what `Step` is made of; our side is one place."""
    best: dict[tuple[int, int], tuple[Id, Id, int, str]] = {}
    for tie in centre.live_ties:
        ends = (us, place[tie.theirs])
        if ends not in best or best[ends][2] < tie.strength:
            best[ends] = (tie.ours, tie.theirs, tie.strength, "")
    hostile = {who for who, someone in centre.here.items() if someone.is_hostile}
    for line in centre.influence:
        if line.source in hostile:
            continue
        ends = (place[line.source], place[line.target])
        if ends not in best or best[ends][2] < line.strength:
            best[ends] = (line.source, line.target, line.strength, line.topic)
    return best
