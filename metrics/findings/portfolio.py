"""The sentences that open the portfolio page (LOOK §1, §8): computed, and true for any ledger.

Pure functions from figures to parts of a sentence. A part names the figure it can be asked about; findings
have at most 20 words. The sentences of the cards are in `portfolio_cards`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from kam.common import formatting

MOST_WORDS: Final = 20
# What moves less than this is called "stood still", as on account pages.
FLAT: Final = 0.03
# A product line is named for a fall when it explains at least this part of it.
_NAMED: Final = 0.25
_WORDS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class Part(NamedTuple):
    """A piece of a sentence. `figure`: the name under which it can be explained. `strong`: stressed."""

    text: str
    figure: str = ""
    strong: bool = False


Sentence = tuple[Part, ...]


def text_of(sentence: Iterable[Part]) -> str:
    """The sentence as plain text."""
    return "".join(part.text for part in sentence)


def plain(text: str) -> Sentence:
    """A sentence without a figure to ask about."""
    return (Part(text),)


def in_words(count: int) -> str:
    """`five` up to ten, then figures: `23`."""
    return _WORDS[count] if 0 <= count < len(_WORDS) else formatting.number(count)


def sentence_case(text: str) -> str:
    """The first letter as a capital, the rest as it is."""
    return text[:1].upper() + text[1:]


def times(ratio: float) -> str | None:
    """`twice that`, `three times that`, `2.4 times that`; None below 1.05, where the word would mislead."""
    if ratio < 1.05:
        return None
    whole = round(ratio)
    if whole >= 2 and abs(ratio - whole) <= 0.1 * whole:
        return "twice that" if whole == 2 else f"{in_words(whole)} times that"
    return f"{formatting.number(ratio, decimals=1)} times that"


@dataclass(frozen=True)
class PortfolioFacts:
    """What the page's first sentence stands on.

    `accounts`: in this view; `everywhere`: in the tenant; `filtered`: whether the view is narrowed. The
    concentration is over `months` months: `ranked` accounts have a line in them, `half` of them bring half of
    the positive sales (None without any), `top_name` the largest with `top_share` (ratio). `losing` and
    `unknown`: of the ranked, with a negative and with a not known gross margin over the same months.
    """

    accounts: int = 0
    everywhere: int = 0
    filtered: bool = False
    computed: bool = True
    months: int = 36
    ranked: int = 0
    half: int | None = None
    top_name: str = ""
    top_share: float | None = None
    losing: int = 0
    unknown: int = 0


def portfolio_finding(facts: PortfolioFacts) -> Sentence:
    """What is true of the whole portfolio and why it matters."""
    if facts.everywhere == 0:
        return plain("No accounts yet: load your ledger to see where the money is.")
    if not facts.computed:
        subject = "Your one account waits" if facts.everywhere == 1 else f"{_accounts(facts.everywhere)} wait"
        return plain(f"{subject} for a first computation.")
    if facts.accounts == 0:
        return plain("No account matches these filters.")
    window = f"the last {formatting.plural(facts.months, 'month')}"
    if facts.ranked == 0:
        subject = "The one account here" if facts.accounts == 1 else f"None of {_accounts(facts.accounts)}"
        verb = "bought nothing" if facts.accounts == 1 else "bought anything"
        return plain(f"{subject} {verb} in {window}.")
    if facts.half is None:
        if facts.ranked == 1:
            return plain(f"Only one account traded in {window}, and bought no more than was credited.")
        return plain(f"{_accounts(facts.ranked)} traded in {window}; none bought more than was credited.")
    if facts.ranked == 1:
        return _only_one(facts)
    return (*_concentration(facts), Part("; "), *_margin_clause(facts), Part("."))


def _accounts(count: int) -> str:
    return formatting.plural(count, "account")


def _whose(facts: PortfolioFacts) -> str:
    return "these" if facts.filtered else "your"


def _only_one(facts: PortfolioFacts) -> Sentence:
    # Said here because the key figures below, of 12 months, may have the other sign.
    window = formatting.plural(facts.months, "month")
    head = Part(f"All of {_whose(facts)} sales come from one account; ")
    if facts.unknown:
        return (head, Part("what it earns is not known."))
    if facts.losing:
        return (head, Part("it loses money", "losing"), Part(f" at gross margin over {window}."))
    return (head, Part(f"it does not lose money at gross margin over {window}."))


def _concentration(facts: PortfolioFacts) -> Sentence:
    if facts.half == 1:
        share = formatting.percent(facts.top_share, decimals=0)
        name = facts.top_name if len(facts.top_name.split()) <= 5 else "One account"
        return (Part(name, "half"), Part(f" alone brings {share} of {_whose(facts)} sales"))
    return (
        Part(f"Half of {_whose(facts)} sales come from "),
        Part(f"{formatting.number(facts.half)} of {_accounts(facts.ranked)}", "half"),
    )


def _margin_clause(facts: PortfolioFacts) -> Sentence:
    known = facts.ranked - facts.unknown
    if known == 0:
        return (Part("what they earn is not known"),)
    if facts.losing == 0:
        loses = "none is known to lose" if facts.unknown else "none loses"
        return (Part(f"{loses} money at gross margin"),)
    verb = "loses" if facts.losing == 1 else "lose"
    if facts.losing == facts.ranked:
        return (Part(f"all {formatting.number(facts.losing)} lose money", "losing"), Part(" at gross margin"))
    losing = Part(f"{formatting.number(facts.losing)} {verb} money", "losing")
    if facts.unknown:
        are = "is" if facts.unknown == 1 else "are"
        return (losing, Part(f", {formatting.number(facts.unknown)} {are} not known"))
    return (losing, Part(" at gross margin"))


@dataclass(frozen=True)
class LineFacts:
    """A product line over 12 months and the year before: net sales and gross margin, None = not known."""

    name: str
    sales: float = 0.0
    margin: float | None = None
    sales_prior: float = 0.0
    margin_prior: float | None = None


@dataclass(frozen=True)
class YearFacts:
    """12 months against the year before: net sales and contribution in `currency`, None = not known."""

    currency: str = ""
    net_sales: float | None = None
    net_sales_prior: float | None = None
    contribution: float | None = None
    contribution_prior: float | None = None
    lines: tuple[LineFacts, ...] = ()


def lede(facts: YearFacts) -> list[Sentence]:
    """Growth against contribution; the line that explains most of a fall; what would earn without it."""
    sentences = [_growth_sentence(facts)]
    named = _fallen_line(facts)
    if named is not None:
        sentences.append(named)
    without = _without_losers(facts)
    if without is not None:
        sentences.append(without)
    return [sentence for sentence in sentences if sentence]


def _growth_sentence(facts: YearFacts) -> Sentence:
    now, before = facts.net_sales or 0.0, facts.net_sales_prior or 0.0
    if not now and not before:
        return plain("Nothing was sold in twelve months, nor in the year before.")
    if not now:
        lost = formatting.money(before, facts.currency)
        return plain(f"Nothing was sold in twelve months; the year before brought {lost}.")
    if now < 0:
        return plain(f"Credits exceed sales by {formatting.money(-now, facts.currency)} in twelve months.")
    if before <= 0:
        sold = formatting.money(now, facts.currency)
        return plain(f"Twelve months brought {sold} of sales, with nothing to compare in the year before.")
    change = now / before - 1
    if abs(change) < FLAT:
        head, direction = "Sales stood still in twelve months", 0
    else:
        direction = 1 if change > 0 else -1
        head = f"Sales {_moved(change)} in twelve months"
    return plain(f"{head}{_contribution_clause(facts, direction)}.")


def _moved(change: float) -> str:
    if change >= 99:
        return "grew more than a hundredfold"
    if change >= 2:
        return f"grew {formatting.number(1 + change, decimals=1)} times over"
    return f"{'grew' if change > 0 else 'fell'} {formatting.percent(abs(change), decimals=0)}"


def _contribution_clause(facts: YearFacts, direction: int) -> str:
    if facts.contribution is None:
        return "; what they earn is not known"
    if facts.contribution_prior is None:
        return f" and left {formatting.money(facts.contribution, facts.currency)} of contribution"
    moved = facts.contribution - facts.contribution_prior
    size = formatting.money(abs(moved), facts.currency)
    scale = max(abs(facts.contribution), abs(facts.contribution_prior))
    if scale == 0 or abs(moved) < FLAT * scale:
        return f" {'and' if direction == 0 else 'while'} contribution stood still"
    verb, sign = ("grew", 1) if moved > 0 else ("fell", -1)
    return f" {'while' if direction and sign != direction else 'and'} contribution {verb} by {size}"


def _fallen_line(facts: YearFacts) -> Sentence | None:
    """The product line whose margin fell most, where it explains a good part of the fall of contribution."""
    if facts.contribution is None or facts.contribution_prior is None:
        return None
    fall = facts.contribution_prior - facts.contribution
    if fall <= 0 or fall < FLAT * max(abs(facts.contribution), abs(facts.contribution_prior)):
        return None
    lost = [
        (line.margin_prior - line.margin, line)
        for line in facts.lines
        if line.margin is not None and line.margin_prior is not None
    ]
    if not lost:
        return None
    most, line = max(lost, key=lambda item: item[0])
    if most < _NAMED * fall:
        return None
    margin = line.margin or 0.0
    below = ""
    if margin < 0 < line.sales:
        # Cost = sales − margin: sold so far below what the goods cost.
        below = f", sold {formatting.percent(-margin / (line.sales - margin), decimals=0)} below cost,"
    size = formatting.money(most, facts.currency)
    # "took" and "lost" go with a line's name in the singular and in the plural.
    if most <= fall:
        return (Part(f"{line.name}{below} took {size} of it.", strong=True),)
    return (Part(f"{line.name}{below} lost {size} of margin alone.", strong=True),)


def _without_losers(facts: YearFacts) -> Sentence | None:
    """The one or two lines without whose gross losses the whole would earn."""
    if facts.contribution is None or facts.contribution >= 0:
        return None
    losers = sorted(
        (line for line in facts.lines if line.margin is not None and line.margin < 0),
        key=lambda line: line.margin or 0,
    )
    saved = 0.0
    for count, line in enumerate(losers[:2], start=1):
        saved -= line.margin or 0.0
        if facts.contribution + saved > 0:
            names = " and ".join(item.name for item in losers[:count])
            return plain(f"Without the gross losses of {names} the portfolio would earn.")
    return None
