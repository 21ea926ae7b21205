"""What the alignment of an account says, in words (K9, K11, K16; LOOK §8)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from accounts.models import Tier
from buying_center.alignments import (
    CONNECTIONS,
    INTERFACES,
    SALES_PROCESS,
    Alignment,
    AlignmentScore,
    weakest,
)
from buying_center.models import BuyingRole, ConnectionLayer, InterfacePair
from buying_center.network.layers import LAYERS, Depth, Lift
from buying_center.selectors.interfaces import InterfaceRow, InterfaceScore, Savings
from kam.common import formatting
from kam.common.formatting import percent, plural

Status = InterfacePair.Status
_ROLES = dict(BuyingRole.choices)
_LAYERS = dict(ConnectionLayer.choices)
_SUBJECTS = {
    INTERFACES: "Interfaces are",
    CONNECTIONS: "Connections are",
    SALES_PROCESS: "The sales process is",
}
_NAMES = {INTERFACES: "interfaces", CONNECTIONS: "connections", SALES_PROCESS: "the sales process"}


def page_finding(name: str, found: Sequence[Alignment]) -> str:
    """Which of the three alignments is the weakest, and which are not known."""
    unknown = [_NAMES[one.key] for one in found if one.score is None]
    verb = "is" if unknown == [_NAMES[SALES_PROCESS]] else "are"
    rest = f"; {' and '.join(unknown)} {verb} not known yet" if unknown else ""
    weak = weakest(found)
    if weak is not None:
        return f"{_SUBJECTS[weak.key]} the weakest link, at {percent(weak.score, decimals=0)}{rest}"
    if len(unknown) < len(found):
        return f"What is known of our alignment with {name} is in order{rest}"
    return f"Nobody has judged yet how well we and {name} work together"


def interfaces_finding(rows: Sequence[InterfaceRow], score: InterfaceScore) -> str:
    """The heading of the interfaces: what is broken, else what rubs, else how many are aligned."""
    broken = [row for row in rows if row.status == Status.BROKEN]
    friction = [row for row in rows if row.status == Status.FRICTION]
    if broken:
        more = f", and {plural(len(broken) - 1, 'more pair')}" if len(broken) > 1 else ""
        return f"{broken[0].ours} and their {_function(broken[0].theirs)} are broken apart{more}"
    if friction:
        more = f", and {plural(len(friction) - 1, 'more pair')}" if len(friction) > 1 else ""
        return f"{friction[0].ours} rubs against their {_function(friction[0].theirs)}{more}"
    if not score.known:
        return f"None of {plural(len(rows), 'pair')} of functions is judged yet"
    if score.unknown:
        return f"{_the_known(score)} aligned; {score_unknown(score)}"
    return f"All {plural(score.known, 'pair')} of functions are aligned"


def _the_known(score: InterfaceScore) -> str:
    return "The one pair known is" if score.known == 1 else f"All {plural(score.known, 'pair')} known are"


def score_unknown(score: InterfaceScore) -> str:
    """How many are not known: "3 are not known"."""
    count = len(score.unknown)
    return f"{formatting.number(count)} {'is' if count == 1 else 'are'} not known"


def interfaces_score(rows: Sequence[InterfaceRow], score: InterfaceScore, url: str) -> AlignmentScore:
    """The interface alignment among the three, with its reason."""
    if score.score is None:
        return AlignmentScore(
            None,
            f"None of {plural(len(rows), 'pair')} of functions is judged yet.",
            "Judge the first pair",
            url,
        )
    first = next((row for row in rows if row.status in (Status.BROKEN, Status.FRICTION)), None)
    if first is None:
        act = "Judge the next pair" if score.unknown else ""
        return AlignmentScore(
            score.score, f"{_with_unknown(_the_known(score) + ' aligned', score)}.", act, url
        )
    verb = "is broken" if first.status == Status.BROKEN else "has friction"
    more = score.counts[Status.BROKEN] + score.counts[Status.FRICTION] - 1
    rest = f", {plural(more, 'other pair')} need{'s' if more == 1 else ''} mending" if more else ""
    reason = _with_unknown(f"{first.name} {verb}{rest}", score)
    return AlignmentScore(score.score, f"{reason}.", f"Mend {_function(first.ours)}", url)


def _with_unknown(said: str, score: InterfaceScore) -> str:
    return f"{said}; {score_unknown(score)}" if score.unknown else said


def savings_finding(total: Savings, currency: str) -> str:
    """What both sides could save at their boundary."""
    if total.total is None:
        return "No saving at the boundary is put into figures yet"
    worth = formatting.money(total.total, currency)
    if total.ours is None or total.theirs is None:
        known = "theirs" if total.ours is None else "ours"
        return f"{worth} a year can be saved, all of it {known} as far as we know"
    share = total.theirs / total.total if total.total else Decimal(0)
    return f"{worth} a year can be saved, {percent(share, decimals=0)} of it theirs"


def layer_finding(found: Depth, stated: str) -> str:
    """The computed layer against the stated one."""
    computed = found.overall
    if computed is None:
        if found.relationship is None:
            return "No role of their buying centre is reached yet"
        said = f"; you state {_lower(_LAYERS[stated])}" if stated else ""
        return f"People make it {_lower(_LAYERS[found.relationship])}, the vendor tier is not known{said}"
    word = _lower(_LAYERS[computed])
    apart = found.against(stated)
    if apart is None:
        return f"The connection is {word}"
    if not apart:
        return f"The connection is {word}, as you state"
    steps = "a layer" if abs(apart) == 1 else "two layers"
    side = "lower" if apart > 0 else "higher"
    return f"You state {_lower(_LAYERS[stated])}; the connection is {steps} {side}: {word}"


def lift_words(step: Lift, names: Mapping[str, str]) -> str:
    """One thing that is missing for the next layer."""
    who = names.get(step.who or "", "")
    role = _lower(_ROLES.get(step.role, step.role))
    match step.kind:
        case "reach":
            return (
                f"Reach {who} ({role}): {step.strength} of 5 now, {step.needed} needed."
                if who
                else "Find the first person who buys, uses or decides."
            )
        case "promote":
            return (
                f"Win {who} ({role}): {step.strength} of 5 now, {step.needed} needed."
                if who
                else "Find somebody who influences, or speaks for us: nobody has that role yet."
            )
        case "decider":
            return "Find out who decides: nobody has that role yet."
        case "strengthen":
            return f"Come closer to {who} ({role}): {step.strength} of 5 now, {step.needed} needed."
        case "tier":
            return f"Become a tier-{step.needed} vendor: up to then the economic side stays lower."
        case _:
            return "Find out which vendor tier they give us."


def facet_word(layer: str | None) -> str:
    return str(_LAYERS[layer]) if layer in LAYERS else "Not known"


def role_word(role: str) -> str:
    return str(_ROLES.get(role, role))


def ladder_finding(ours: str, theirs: str, name: str, gap: int | None) -> str:
    """Both views of the relationship (as words) in one sentence; "" = not known."""
    if not theirs:
        return f"{name} has not said how it sees us" if ours else "Neither side’s view is known yet"
    if not ours:
        return f"{name} calls it {theirs}; our own view is not entered"
    if gap is None:
        return f"We see the relationship ending; {name} calls it {theirs}"
    if not gap:
        return f"Both sides call it {ours}"
    steps = plural(abs(gap), "step")
    if gap > 0:
        return f"We stand {steps} higher in our own eyes than in theirs"
    return f"They see us {steps} higher than we do ourselves"


def gap_finding(gaps: Sequence[int | None]) -> str:
    """How the perception gap went."""
    known = [gap for gap in gaps if gap is not None]
    if len(known) < 2:
        return "The gap between both views needs two answers to show a way"
    first, last = known[0], known[-1]
    if abs(first) == abs(last):
        return (
            f"The gap is still {plural(abs(last), 'step')}"
            if last
            else "Both views agree, as they did at first"
        )
    verb = "closed" if abs(last) < abs(first) else "widened"
    return f"The gap {verb} from {plural(abs(first), 'step')} to {formatting.number(abs(last))}"


def surveys_finding(states: Sequence[str]) -> str:
    """How many have answered, and how many are waited for."""
    if not states:
        return "Nobody of the customer has been asked yet"
    answered = sum(state == "answered" for state in states)
    waiting = sum(state in ("waiting", "opened") for state in states)
    said = f"{plural(answered, 'answer')} so far" if answered else "No answer yet"
    return f"{said}; {formatting.number(waiting)} {'waits' if waiting == 1 else 'wait'}" if waiting else said


def tier_finding(tier: str) -> str:
    """What we are to them."""
    word = dict(Tier.choices).get(tier)
    return f"We are their {_lower(word)}" if word else "Our tier is not entered yet"


def weight_finding(weight: float | None, judged: int) -> str:
    """How weighty we are, or what is missing to say so."""
    if weight is None:
        return f"{formatting.number(judged)} of 6 factors judged; three are needed to place us"
    return f"We weigh {formatting.number(weight, decimals=1)} of 10 in their eyes"


def _function(name: str) -> str:
    """A function's name inside a sentence: an abbreviation keeps its capitals."""
    return name if len(name) > 1 and name[1].isupper() else _lower(name)


def _lower(text: Any) -> str:
    word = str(text)
    return word[:1].lower() + word[1:]
