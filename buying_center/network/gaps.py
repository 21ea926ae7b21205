"""What stands between us and the decision: the gaps of K13, and whoever left a hole."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from buying_center.network.figures import Figures
from buying_center.network.model import REACHED, Centre, Id, Someone
from buying_center.network.paths import Path

Code = Literal[
    "no_decider",
    "decider_uncovered",
    "no_access",
    "weak_access",
    "no_facilitator",
    "opponent_outweighs",
    "single_thread_ours",
    "single_thread_theirs",
    "single_thread_department",
    "leaver_mattered",
    "good_buddy",
    "strong_uncovered",
    "unknown_person",
    "assessment_overdue",
]
# The order in which gaps are shown: what blocks the decision first.
ORDER: tuple[Code, ...] = (
    "decider_uncovered",
    "no_access",
    "no_decider",
    "opponent_outweighs",
    "leaver_mattered",
    "no_facilitator",
    "weak_access",
    "good_buddy",
    "single_thread_theirs",
    "single_thread_ours",
    "single_thread_department",
    "strong_uncovered",
    "unknown_person",
    "assessment_overdue",
)
POWERFUL = 7


@dataclass(frozen=True)
class Gap:
    """One gap. `people` are those it is about, most important first; `against` the one they are compared with;
    `place` a department; `roles` what is left unfilled."""

    code: Code
    people: tuple[Id, ...] = ()
    against: Id | None = None
    place: str = ""
    roles: tuple[str, ...] = ()


def find_gaps(centre: Centre, figures: dict[Id, Figures], paths: dict[Id, Path]) -> list[Gap]:
    """All gaps of a centre, in the order of `ORDER`. A centre nobody has filled has none: there is nothing yet."""
    if not centre.here:
        return []
    found = [
        *_deciders(centre, paths),
        *_facilitators(centre, figures),
        *_threads(centre),
        *_leavers(centre),
        *_unknown(centre),
    ]
    return sorted(found, key=lambda gap: ORDER.index(gap.code))


def _deciders(centre: Centre, paths: dict[Id, Path]) -> list[Gap]:
    deciders = centre.with_role("decider")
    if not deciders:
        return [Gap("no_decider")]
    found = []
    for decider in deciders:
        if decider.is_placeholder:
            continue
        if decider.covered_by is None:
            found.append(Gap("decider_uncovered", (decider.id,)))
        path = paths.get(decider.id)
        if path is None:
            found.append(Gap("no_access", (decider.id,)))
        elif not path.is_access:
            found.append(Gap("weak_access", (decider.id,)))
    return found


def _facilitators(centre: Centre, figures: dict[Id, Figures]) -> list[Gap]:
    facilitators = centre.with_role("facilitator")
    real = [someone for someone in facilitators if someone.promoter_type != "good_buddy"]
    found = [
        Gap("good_buddy", (someone.id,)) for someone in facilitators if someone.promoter_type == "good_buddy"
    ]
    if not real:
        found.append(Gap("no_facilitator"))
    best = max(real, key=lambda someone: figures[someone.id].influence, default=None)
    limit = figures[best.id].influence if best is not None else 0.0
    stronger = [someone for someone in opponents(centre) if figures[someone.id].influence > limit]
    if best is not None:
        stronger.sort(key=lambda someone: -figures[someone.id].influence)
        found += [Gap("opponent_outweighs", (someone.id,), against=best.id) for someone in stronger]
    return found


def opponents(centre: Centre) -> list[Someone]:
    """Those flagged as opponents, and influencers or advisors who are against us."""
    return [
        someone
        for someone in centre.here.values()
        if someone.is_opponent
        or (someone.is_hostile and someone.roles & {"influencer", "advisor", "facilitator"})
    ]


def _threads(centre: Centre) -> list[Gap]:
    """Where all contact hangs on one person: of theirs, of ours, or in one department."""
    strong = [tie for tie in centre.live_ties if tie.strength >= REACHED]
    theirs = {tie.theirs for tie in strong}
    ours = {tie.ours for tie in strong}
    found = []
    if len(theirs) == 1 and len(centre.here) > 1:
        found.append(Gap("single_thread_theirs", tuple(theirs)))
    elif len(ours) == 1 and len(theirs) > 1:
        found.append(Gap("single_thread_ours", tuple(ours)))
    if len(theirs) > 1:
        places: dict[str, list[Someone]] = defaultdict(list)
        for someone in centre.here.values():
            if someone.department:
                places[someone.department].append(someone)
        for place, people in sorted(places.items()):
            known = [someone for someone in people if someone.id in theirs]
            if len(people) >= 3 and len(known) == 1:
                found.append(Gap("single_thread_department", (known[0].id,), place=place))
    covered = {tie.theirs for tie in centre.live_ties}
    for someone in centre.here.values():
        exposed = someone.covered_by is None and someone.id not in covered and not someone.is_placeholder
        if exposed and (someone.power or 0) >= POWERFUL and not someone.has("decider"):
            found.append(Gap("strong_uncovered", (someone.id,)))
    return found


def _leavers(centre: Centre) -> list[Gap]:
    """Leavers whose going left a hole that nobody has filled: people still under them, or a role without holder."""
    below: dict[Id, int] = defaultdict(int)
    for someone in centre.here.values():
        if someone.reports_to is not None:
            below[someone.reports_to] += 1
    filled = {role for someone in centre.here.values() for role in someone.roles}
    found = []
    for leaver in centre.leavers:
        open_roles = tuple(sorted(leaver.roles & {"decider", "facilitator"} - filled))
        if open_roles or below[leaver.id]:
            found.append(Gap("leaver_mattered", (leaver.id,), roles=open_roles))
    return found


def _unknown(centre: Centre) -> list[Gap]:
    found = [
        Gap("unknown_person", (someone.id,)) for someone in centre.here.values() if someone.is_placeholder
    ]
    overdue = [
        someone
        for someone in centre.here.values()
        if someone.next_assessment is not None and someone.next_assessment < centre.today
    ]
    if overdue:
        overdue.sort(key=lambda someone: (-(someone.power or 0), someone.name))
        found.append(Gap("assessment_overdue", tuple(someone.id for someone in overdue)))
    return found
