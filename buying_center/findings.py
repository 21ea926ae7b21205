"""What the network says, in words: gaps, influence, paths, losses, the finding of the page (LOOK §8)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from buying_center.models import BuyingRole
from buying_center.network import Analysis, Centre, Gap, Loss, Path
from buying_center.network.model import Id
from kam.common.formatting import date, percent, plural

# What the button of a gap does; the views know the address.
EDIT, SHOW, ADD, MAP = "edit", "show", "add", "map"
_ROLE_WORDS = dict(BuyingRole.choices)


@dataclass(frozen=True)
class GapWords:
    """A gap as a person reads it: fact, reason, and a button that says what it does.

    `act` names the door (edit, show, add), `who` the contact it opens; `person` is the first one concerned.
    """

    code: str
    fact: str
    reason: str
    button: str
    act: str
    who: Id | None
    icon: str
    is_severe: bool


def gap_words(gap: Gap, centre: Centre, analysis: Analysis) -> GapWords:
    """One gap of K13 in a sentence, with the step that closes it."""
    name = names_of(gap.people, centre)
    who = gap.people[0] if gap.people else None
    fact, reason, button, act, icon, severe = _SAY[gap.code](gap, centre, analysis, name)
    return GapWords(gap.code, fact, reason, button, act, who, icon, severe)


Said = tuple[str, str, str, str, str, bool]


def _decider_uncovered(gap: Gap, centre: Centre, analysis: Analysis, name: str) -> Said:
    return (
        f"Nobody covers {name}, who decides",
        "Somebody of our side has to answer for this contact.",
        "Choose who covers",
        EDIT,
        "user-off",
        True,
    )


def _no_access(gap: Gap, centre: Centre, analysis: Analysis, name: str) -> Said:
    return (
        f"No way leads from us to {name}, who decides",
        "None of ours has a relationship, and nobody we know is known to influence them.",
        "Find a way",
        SHOW,
        "route-off",
        True,
    )


def _weak_access(gap: Gap, centre: Centre, analysis: Analysis, name: str) -> Said:
    path = analysis.paths[gap.people[0]]
    step = path.weakest
    return (
        f"Our way to {name} is thin",
        f"Its weakest step, {_who(step.source, centre)} to {_who(step.target, centre)}, is {step.strength} of 5.",
        "Strengthen the way",
        SHOW,
        "route",
        False,
    )


def _no_decider(gap: Gap, centre: Centre, analysis: Analysis, name: str) -> Said:
    return (
        "Nobody is known to decide",
        f"{plural(len(centre.here), 'person', 'people')} known, none of them with that role. "
        "The more money and risk, the higher up to look.",
        "Add the decider",
        ADD,
        "help",
        True,
    )


def _no_facilitator(gap: Gap, centre: Centre, analysis: Analysis, name: str) -> Said:
    return (
        "Nobody inside works for us",
        "Without a facilitator a complex deal is hardly won: look for trust, ties and a stake of their own.",
        "Find a facilitator",
        MAP,
        "heart-handshake",
        True,
    )


def _opponent(gap: Gap, centre: Centre, analysis: Analysis, name: str) -> Said:
    rival, best = centre.here[gap.people[0]], centre.here[gap.against or ""]
    share, ours = (analysis.figures[someone.id].influence for someone in (rival, best))
    competitor = f" for {rival.competitor}" if rival.competitor else " against us"
    power = (
        f" Power {rival.power}{competitor}, {best.power} for us."
        if rival.power is not None and best.power is not None
        else f" {rival.name} speaks{competitor}."
    )
    return (
        f"{rival.name} outweighs {best.name}, our best facilitator",
        f"{_percent(share)} of the influence against {_percent(ours)}.{power}",
        "Prepare an answer",
        SHOW,
        "scale",
        True,
    )


def _thread_theirs(gap: Gap, centre: Centre, analysis: Analysis, name: str) -> Said:
    return (
        f"All of it hangs on {name}",
        f"Of {len(centre.here)} people only {name} knows us well (3 of 5 or more).",
        "Add a second contact",
        ADD,
        "dots",
        True,
    )


def _thread_ours(gap: Gap, centre: Centre, analysis: Analysis, name: str) -> Said:
    return (
        f"Only {name} of our side knows them well",
        f"If {name} leaves, every strong relationship goes too.",
        "Share the contacts",
        MAP,
        "dots",
        False,
    )


def _thread_department(gap: Gap, centre: Centre, analysis: Analysis, name: str) -> Said:
    return (
        f"{gap.place} hangs on one thread",
        f"Only {name} knows us well there.",
        "Add a second contact",
        ADD,
        "dots",
        False,
    )


def _leaver(gap: Gap, centre: Centre, analysis: Analysis, name: str) -> Said:
    leaver = centre.by_id[gap.people[0]]
    under = sum(someone.reports_to == leaver.id for someone in centre.here.values())
    left = f"left on {date(leaver.left_on)}" if leaver.left_on else "left"
    parts = [f"no other {_ROLE_WORDS[role].lower()} is known" for role in gap.roles]
    if under:
        parts.append(f"{plural(under, 'person reports', 'people report')} to them still")
    reason = f"{' and '.join(parts)}."
    return (
        f"{name} {left}",
        reason[:1].upper() + reason[1:],
        "Say who follows",
        SHOW,
        "door-exit",
        bool(gap.roles),
    )


def _good_buddy(gap: Gap, centre: Centre, analysis: Analysis, name: str) -> Said:
    return (
        f"{name} is a good buddy, not a facilitator",
        "Willing to help, but of limited influence. Check the three tests.",
        "Judge again",
        EDIT,
        "mood-puzzled",
        False,
    )


def _strong_uncovered(gap: Gap, centre: Centre, analysis: Analysis, name: str) -> Said:
    return (
        f"Nobody covers {name}",
        f"Power {centre.here[gap.people[0]].power} of 10, and none of ours answers for the contact.",
        "Choose who covers",
        EDIT,
        "user-off",
        False,
    )


def _unknown(gap: Gap, centre: Centre, analysis: Analysis, name: str) -> Said:
    lower = name[:1].lower() + name[1:] if name[1:2].islower() else name
    return (
        f"The {lower} is unknown",
        "There must be such a person; nobody of ours has the name.",
        "Find the name",
        EDIT,
        "user-question",
        False,
    )


def _overdue(gap: Gap, centre: Centre, analysis: Analysis, name: str) -> Said:
    first = centre.by_id[gap.people[0]].name
    count = len(gap.people)
    fact = f"{first} is due for re-assessment" if count == 1 else f"{count} people are due for re-assessment"
    return (
        fact,
        "Every six months: people change their minds and their posts.",
        "Re-assess",
        SHOW,
        "refresh",
        False,
    )


_SAY = {
    "decider_uncovered": _decider_uncovered,
    "no_access": _no_access,
    "weak_access": _weak_access,
    "no_decider": _no_decider,
    "no_facilitator": _no_facilitator,
    "opponent_outweighs": _opponent,
    "single_thread_theirs": _thread_theirs,
    "single_thread_ours": _thread_ours,
    "single_thread_department": _thread_department,
    "leaver_mattered": _leaver,
    "good_buddy": _good_buddy,
    "strong_uncovered": _strong_uncovered,
    "unknown_person": _unknown,
    "assessment_overdue": _overdue,
}


def centre_finding(centre: Centre, gaps: Sequence[GapWords]) -> str:
    """The heading of the page: how many people, and what stands first between us and the decision."""
    known = [someone for someone in centre.here.values() if not someone.is_placeholder]
    missing = len(centre.here) - len(known)
    if not centre.here:
        return "Nobody at this customer is known yet."
    if not known:
        return f"{plural(missing, 'person', 'people').capitalize()} missing, nobody known by name yet."
    people = f"{plural(len(known), 'person', 'people')} known"
    if missing:
        people += f", {missing} missing"
    if not gaps:
        return f"{people}, and no gap stands between us and the decision."
    fact = gaps[0].fact
    return f"{people}. {fact}."


def gaps_title(gaps: Sequence[GapWords]) -> str:
    """The heading of the gap list."""
    if not gaps:
        return "No gaps"
    return "One gap stands out" if len(gaps) == 1 else f"{len(gaps)} gaps, the most pressing first"


def influence_reason(who: Id, centre: Centre, analysis: Analysis) -> str:
    """Why somebody is influential: share, whom they influence most, how far they stand between us and deciders."""
    figures = analysis.figures[who]
    someone = centre.here[who]
    parts = [f"{_percent(figures.influence)} of the influence"]
    if figures.reach:
        strongest = max(
            (line for line in centre.influence if line.source == who), key=lambda line: line.strength
        )
        topic = f" on {strongest.topic}" if strongest.topic else ""
        parts.append(
            f"influences {plural(figures.reach, 'person', 'people')}, most of all "
            f"{centre.here[strongest.target].name}{topic} ({strongest.strength} of 5)"
        )
    elif someone.power is not None:
        parts.append(f"by power alone ({someone.power} of 10)")
    if figures.between:
        parts.append(f"on {_percent(figures.between)} of the shortest ways from us to the deciders")
    return "; ".join(parts) + "."


def path_title(path: Path, centre: Centre) -> str:
    """The heading of a path card."""
    decider = centre.here[path.decider].name
    return f"Strongest path to {decider}" if len(path.steps) > 1 else f"We know {decider} ourselves"


def path_reason(path: Path, centre: Centre) -> str:
    """Which step of a path is its weakest."""
    step = path.weakest
    return f"Weakest step: {_who(step.source, centre)} to {_who(step.target, centre)}, {step.strength} of 5."


def balance_words(centre: Centre, analysis: Analysis) -> str:
    """Opponents against facilitators in one sentence."""
    balance = analysis.balance
    if not balance.opponents and not balance.facilitators:
        return "Neither an opponent nor a facilitator is known."
    against, ours = _percent(balance.against), _percent(balance.for_us)
    if not balance.opponents:
        return f"No opponent is known; facilitators hold {ours} of the influence."
    if not balance.facilitators:
        return f"Opponents hold {against} of the influence, and nobody inside works for us."
    return f"Opponents hold {against} of the influence, our facilitators {ours}."


def loss_words(loss: Loss, centre: Centre) -> list[str]:
    """What breaks if somebody leaves, worst first; one sentence that says so when nothing does."""
    said = []
    if loss.unreached:
        said.append(f"No way would lead to {names_of(loss.unreached, centre)} any more.")
    said += [
        f"Our way to {_who(weak.decider, centre)} would fall from {weak.before} to {weak.after} of 5."
        for weak in loss.weakened
    ]
    if loss.roles:
        words = [_ROLE_WORDS[role].lower() for role in loss.roles]
        said.append(f"There would be no {_listed(words, 'or')} any more.")
    if loss.strangers:
        count = plural(len(loss.strangers), "person", "people")
        said.append(
            f"{count.capitalize()} would know nobody of ours well: {names_of(loss.strangers, centre)}."
        )
    if loss.unled:
        said.append(f"{names_of(loss.unled, centre)} would lose their manager.")
    return said or ["Nothing else would break."]


def names_of(ids: Iterable[Id], centre: Centre, most: int = 4) -> str:
    """Names of people of both sides as a list in words; beyond `most` the rest is counted."""
    names = [_who(who, centre) for who in ids]
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    return _listed(names, "and")


def _listed(words: Sequence[str], last: str) -> str:
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


def _who(who: Id, centre: Centre) -> str:
    someone = centre.by_id.get(who)
    if someone is not None:
        return someone.name
    member = centre.ours_by_id.get(who)
    return member.name if member is not None else "somebody who is gone"


def _percent(share: float) -> str:
    return percent(share, decimals=0)
