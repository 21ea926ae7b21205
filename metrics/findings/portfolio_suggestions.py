"""What the portfolio suggests about an account: one sentence with the two figures that decide (LOOK §6)."""

import datetime
from dataclasses import dataclass
from typing import Final, NamedTuple

from kam.common import formatting
from metrics.findings.portfolio import FLAT, Part, Sentence


class Verb(NamedTuple):
    """A suggested act: the words on the button, its icon."""

    label: str
    icon: str


VERBS: Final[dict[str, Verb]] = {
    "reprice": Verb("Reprice", "tag"),
    "reduce": Verb("Reduce", "arrow-down-right"),
    "win_back": Verb("Win back", "user-heart"),
    "promote": Verb("Promote", "star"),
    "invest": Verb("Invest", "trending-up"),
}
_MOSTLY: Final = 0.5


@dataclass(frozen=True)
class SuggestionFacts:
    """The figures of one suggestion; 12 months and the year before in `currency`, None = not known.

    `worst_line`, `worst_share`: the product line with the largest gross loss, its part of all gross losses.
    `estimated`: the expected potential stands on an estimate.
    """

    kind: str
    currency: str = ""
    sales: float = 0.0
    sales_prior: float = 0.0
    contribution: float | None = None
    contribution_prior: float | None = None
    potential: float | None = None
    expected: float | None = None
    estimated: bool = False
    active_share: float | None = None
    last_sale: datetime.date | None = None
    worst_line: str | None = None
    worst_share: float | None = None


def suggestion_sentence(facts: SuggestionFacts) -> Sentence:
    """Why this is suggested. Raises KeyError for a kind that does not exist."""
    return _SENTENCES[facts.kind](facts)


def _money(value: float | None, facts: SuggestionFacts) -> str:
    return formatting.money(value, facts.currency)


def _stress(value: float | None, facts: SuggestionFacts) -> Part:
    return Part(_money(value, facts), strong=True)


def _sales_clause(facts: SuggestionFacts) -> str:
    if facts.sales_prior <= 0:
        return f"New this year with {_money(facts.sales, facts)}"
    ratio = facts.sales / facts.sales_prior
    if 1.9 <= ratio < 2.2:
        return f"Sales doubled to {_money(facts.sales, facts)}"
    if ratio >= 100:
        return f"Sales grew more than a hundredfold to {_money(facts.sales, facts)}"
    if ratio >= 2.2:
        return f"Sales grew {formatting.number(ratio, decimals=1)} times over to {_money(facts.sales, facts)}"
    if abs(ratio - 1) < FLAT:
        return f"Sales stood still at {_money(facts.sales, facts)}"
    verb = "grew" if ratio > 1 else "fell"
    return f"Sales {verb} {formatting.percent(abs(ratio - 1), decimals=0)} to {_money(facts.sales, facts)}"


def _loss_parts(facts: SuggestionFacts) -> Sentence:
    before, now = facts.contribution_prior, facts.contribution
    if facts.sales_prior <= 0 or before is None:
        return (Part(", and it left "), _stress(now, facts))
    if before >= 0:
        return (Part(f", and {_money(before, facts)} of contribution turned into "), _stress(now, facts))
    if now is not None and now < before:
        return (Part(f", and the loss grew from {_money(-before, facts)} to "), _stress(now, facts))
    return (Part(", and contribution is "), _stress(now, facts))


def _blame(facts: SuggestionFacts) -> str:
    if not facts.worst_line or facts.worst_share is None:
        return "."
    if facts.worst_share >= 0.995:
        return f": all of the gross loss is {facts.worst_line}."
    if facts.worst_share >= _MOSTLY:
        share = formatting.percent(facts.worst_share, decimals=0)
        return f": {share} of the gross loss is {facts.worst_line}."
    return "."


def _reprice(facts: SuggestionFacts) -> Sentence:
    return (Part(_sales_clause(facts)), *_loss_parts(facts), Part(_blame(facts)))


def _reduce(facts: SuggestionFacts) -> Sentence:
    tail = (
        " Its expected potential does not cover that."
        if facts.potential is not None
        else " No potential is known that would cover that."
    )
    return (Part(_sales_clause(facts)), *_loss_parts(facts), Part(f".{tail}"))


def _win_back(facts: SuggestionFacts) -> Sentence:
    since = f"no order since {formatting.date(facts.last_sale)}" if facts.last_sale else "no order since"
    on = f" on {_money(facts.sales_prior, facts)}" if facts.sales_prior > 0 else ""
    return (
        Part("Earned "),
        _stress(facts.contribution_prior, facts),
        Part(f"{on} the year before, then {since}."),
    )


def _promote(facts: SuggestionFacts) -> Sentence:
    steady = ""
    if facts.active_share is not None:
        share = formatting.percent(facts.active_share, decimals=0)
        steady = ", buys every quarter" if facts.active_share >= 1 else f", bought in {share} of its quarters"
    return (
        Part("Earns "),
        _stress(facts.contribution, facts),
        Part(f" a year{steady}, is not a key account yet."),
    )


def _invest(facts: SuggestionFacts) -> Sentence:
    expected = _money(facts.expected, facts)
    if facts.estimated:
        expected = formatting.estimate(expected)
    now: Sentence = (Part("Leaves "), _stress(facts.contribution, facts), Part(" a year now; "))
    if not facts.contribution:
        known = facts.contribution is not None
        now = (Part("Leaves nothing now; " if known else "What it leaves is not known; "),)
    return (
        *now,
        Part(expected, strong=True),
        Part(" more is expected from what it does not buy from us yet."),
    )


_SENTENCES = {
    "reprice": _reprice,
    "reduce": _reduce,
    "win_back": _win_back,
    "promote": _promote,
    "invest": _invest,
}
