"""The contact structure and the relationship matrix in words (K9, K11, BANK G4)."""

from collections.abc import Sequence
from dataclasses import replace

from buying_center.findings import loss_words, names_of
from buying_center.network import Centre, Leaving, Structure
from buying_center.network.model import Id
from kam.common.formatting import percent, plural

KIND_WORDS = {
    "bow_tie": "Bow tie",
    "one_to_many": "One-to-many",
    "diamond": "Diamond",
    "mixed": "Mixed",
}
# BANK G4, in one breath each.
KIND_REASONS = {
    "bow_tie": "Simple and cheap, but a bottleneck: messages are misread, and everything is lost when one leaves.",
    "one_to_many": "Good for early stages, insight and quick wins; one person of ours carries it all and is soon "
    "overloaded.",
    "diamond": "Counterparts face each other at their own level while the account manager coordinates. Fast, but "
    "costly: watch for separate agendas.",
    "mixed": "Neither a bow tie nor a diamond: some of it stands on several people, some on one.",
}
_WANTED = {
    "ours": "fewer than three of ours are in it",
    "theirs": "fewer than three of theirs are in it",
    "functions": "it reaches fewer than two of their functions",
    "senior_pair": "no senior person of ours faces a senior one of theirs",
    "spread": "more than half of it hangs on one person",
}


def structure_finding(structure: Structure, centre: Centre) -> str:
    """The heading: which structure, and whom it hangs on."""
    ours, theirs = names_of(structure.ours, centre), names_of(structure.theirs, centre)
    if structure.kind is None:
        return "Nobody of ours is connected with anybody there yet."
    if structure.kind == "bow_tie":
        return f"A bow tie: everything runs through {ours} and {theirs}."
    if structure.kind == "one_to_many":
        return f"One-to-many, and it hangs on {ours}."
    counted = f"{len(structure.ours)} of ours face {len(structure.theirs)} of theirs"
    if structure.kind == "diamond":
        return f"A diamond: {counted} in {plural(len(structure.functions), 'function')}."
    if len(structure.theirs) == 1:
        return f"{len(structure.ours)} of ours, and all of them know only {theirs}."
    if structure.hub is not None:
        share = percent(structure.share, decimals=0)
        return f"{counted}, and {share} of it hangs on {names_of([structure.hub], centre)}."
    return f"{counted}, which is not a diamond yet."


def structure_reason(structure: Structure, centre: Centre) -> str:
    """What the structure means, and what a mixed one lacks to be a diamond."""
    if structure.kind is None:
        return "Say in the matrix who knows whom, and how well: the picture draws itself."
    if structure.kind == "mixed":
        return f"For a diamond {_listed([_WANTED[want] for want in structure.wants])}."
    return KIND_REASONS[structure.kind]


def thread_words(alone: Sequence[Id], structure: Structure, centre: Centre) -> str:
    """The single-thread risk: how many of theirs know only one of ours."""
    if structure.kind is None:
        return ""
    theirs = [who for who in alone if who in centre.here]
    if not theirs:
        return "Everybody there who knows us knows at least two of ours."
    if len(theirs) == len(structure.theirs):
        return "All of them know only one of ours." if len(theirs) > 1 else ""
    verb = "knows" if len(theirs) == 1 else "know"
    return f"{names_of(theirs, centre)} {verb} only one of ours."


def leaving_finding(found: Leaving, centre: Centre) -> str:
    """The heading of the what-if."""
    name = names_of([found.who], centre)
    if found.is_harmless:
        return f"If {name} left, nothing would break."
    if found.before.kind and found.after.kind is None:
        return f"If {name} left, no connection would be left."
    if found.before.kind != found.after.kind and found.after.kind:
        return f"If {name} left, a {KIND_WORDS[found.after.kind].lower()} would be left."
    if found.alone:
        count = len(found.alone)
        return f"If {name} left, {plural(count, 'person', 'people')} would lose their only contact."
    return f"If {name} left, it would be felt."


def leaving_words(found: Leaving, centre: Centre) -> list[str]:
    """Everything that would break, worst first; one sentence that says so when nothing does."""
    said = []
    if found.alone:
        side = "ours" if found.is_ours else "theirs"
        verb = "knows" if len(found.alone) == 1 else "know"
        alone = sorted(found.alone, key=lambda who: names_of([who], centre))
        only = f"{names_of(alone, centre)} {verb} nobody else of {side}."
        said.append(only)
    if found.before.kind and found.before.kind != found.after.kind:
        after = f"a {KIND_WORDS[found.after.kind].lower()}" if found.after.kind else "nothing"
        said.append(f"The structure falls from a {KIND_WORDS[found.before.kind].lower()} to {after}.")
    # Who loses their only contact knows nobody well either; said once is enough.
    loss = replace(found.loss, strangers=tuple(who for who in found.loss.strangers if who not in found.alone))
    if not loss.is_harmless:
        said += loss_words(loss, centre)
    return said or ["Nothing would break: others know the same people."]


def matrix_finding(
    behind: Sequence[tuple[str, str, int, int]], wanted: int, connected: int, people: int
) -> str:
    """The heading of the matrix. `behind`: ours, theirs, strength, desired of what falls short, the worst first."""
    if not people:
        return "Nobody at this customer is known yet."
    if not connected and not wanted:
        return "Nobody of ours is connected with anybody there yet."
    if behind:
        ours, theirs, strength, desired = behind[0]
        verb = "is" if len(behind) == 1 else "are"
        return (
            f"{plural(len(behind), 'connection').capitalize()} {verb} weaker than wanted, first of all "
            f"{ours} with {theirs}: {strength or 'none'} instead of {desired}."
        )
    if wanted:
        return f"All {plural(wanted, 'connection')} that we want are as strong as they should be."
    return f"{plural(connected, 'connection').capitalize()} known, and nobody has said how strong they should be."


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
