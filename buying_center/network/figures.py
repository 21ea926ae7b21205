"""Who has how much influence: weighted degree, PageRank, betweenness (K13).

Both rankings run over sparse matrices: a graph of dictionaries of a thousand people costs fifteen times the ranking
itself. Tests hold them against networkx, graph by graph.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from buying_center.network.model import Centre, Id

Pairs = dict[tuple[Id, Id], int]
# The usual damping of PageRank, and how strongly everybody listens to themselves (as a line of strength 5).
DAMPING = 0.85
OWN_MIND = 5.0
_PRECISION, _MOST_ROUNDS = 1e-10, 200
Vector = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True)
class Figures:
    """What the political chart says of one person.

    `influence`: share (0–1) of all influence in the centre, by PageRank over the lines turned round (whoever
    influences the influential has influence), started from each one's power. `reach`: how many people they
    influence directly; `weight`: the strengths of those lines added; `listens_to`: how many influence them.
    `between`: share (0–1) of the shortest ways from us to the deciders that lead through them; null without a
    decider whom such a way reaches.
    """

    influence: float
    reach: int
    weight: int
    listens_to: int
    between: float | None


def figures(centre: Centre) -> dict[Id, Figures]:
    """The figures of everybody who is still there. Empty for an empty centre."""
    if not centre.here:
        return {}
    weights: Pairs = defaultdict(int)
    for line in centre.influence:
        weights[line.source, line.target] += line.strength
    shares = influence_shares(centre, weights)
    reach: dict[Id, int] = defaultdict(int)
    weight: dict[Id, int] = defaultdict(int)
    listens: dict[Id, int] = defaultdict(int)
    for (source, target), strength in weights.items():
        reach[source] += 1
        weight[source] += strength
        listens[target] += 1
    between = betweenness(centre, weights)
    return {
        who: Figures(
            influence=shares[who],
            reach=reach[who],
            weight=weight[who],
            listens_to=listens[who],
            between=None if between is None else between[who],
        )
        for who in centre.here
    }


def influence_shares(centre: Centre, weights: Pairs) -> dict[Id, float]:
    """PageRank of the reversed political chart, started from power; the shares add up to 1.

    Everybody's rank is their share of power plus what those whom they influence pass on: 0.85 of each one's
    rank, divided among their influencers by strength, where everybody also listens to themselves as to one line
    of strength 5. So a single weak line moves little. Somebody whose power nobody has judged counts like the
    average of those who were judged (1 where nobody was), so that an empty field neither raises nor sinks them.
    """
    people = list(centre.here)
    place = {who: at for at, who in enumerate(people)}
    known = [someone.power for someone in centre.here.values() if someone.power is not None]
    total = sum(known)
    usual = total / len(known) if total else 1.0
    start = np.array(
        [
            usual if someone.power is None or not total else float(someone.power)
            for someone in centre.here.values()
        ]
    )
    start /= start.sum()
    influencer = np.array([place[source] for source, _ in weights], dtype=np.int64)
    influenced = np.array([place[target] for _, target in weights], dtype=np.int64)
    strength = np.array(list(weights.values()), dtype=np.float64)
    heard = np.bincount(influenced, strength, minlength=len(people)) + OWN_MIND
    flow = sparse.csr_array(
        (DAMPING * strength / heard[influenced], (influencer, influenced)), shape=(len(people), len(people))
    )
    rank = start
    for _ in range(_MOST_ROUNDS):
        following = start + _push(flow, rank)
        moved = float(np.abs(following - rank).sum())
        rank = following
        if moved < _PRECISION:
            break
    rank = rank / rank.sum()
    return dict(zip(people, rank.tolist(), strict=True))


def betweenness(centre: Centre, weights: Pairs) -> dict[Id, float] | None:
    """Share (0–1) of the shortest ways from our side to the deciders on which each person stands in between.

    A way begins with anybody whom one of ours knows and follows lines of influence. None without such a way.
    """
    place = {who: at for at, who in enumerate(centre.here)}
    us = len(place)
    first = {tie.theirs for tie in centre.live_ties}
    sources = [place[source] for source, _ in weights] + [us] * len(first)
    targets = [place[target] for _, target in weights] + [place[who] for who in first]
    onward = sparse.csr_array((np.ones(len(sources)), (targets, sources)), shape=(us + 1, us + 1))
    level, ways = _ways(onward, us)
    ends = np.zeros(us + 1)
    for who, someone in centre.here.items():
        if someone.has("decider") and level[place[who]] > 0:
            ends[place[who]] = 1
    if not ends.any():
        return None
    passed = np.zeros(us + 1)
    back = onward.T.tocsr()
    for depth in range(int(level.max()), 0, -1):
        at = level == depth
        share = np.zeros(us + 1)
        share[at] = (ends[at] + passed[at]) / ways[at]
        before = level == depth - 1
        passed[before] += (_push(back, share) * ways)[before]
    passed /= ends.sum()
    return {who: float(passed[at]) for who, at in place.items()}


def _ways(onward: sparse.csr_array, start: int) -> tuple[Vector, Vector]:
    """Steps from the start to each place (−1: never), and in how many shortest ways."""
    level = np.full(onward.shape[0], -1.0)
    ways = np.zeros(onward.shape[0])
    level[start], ways[start] = 0, 1
    front, depth = ways.copy(), 0
    while front.any():
        front = _push(onward, front)
        front[level >= 0] = 0
        depth += 1
        level[front > 0] = depth
        ways += front
    return level, ways


def _push(matrix: sparse.csr_array, vector: Vector) -> Vector:
    return np.asarray(matrix @ vector, dtype=np.float64).reshape(-1)
