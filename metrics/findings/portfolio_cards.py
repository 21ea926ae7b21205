"""The headings of the portfolio's cards: each says what its chart or table proves (LOOK §1, §7, §8).

Pure functions from figures to text, at most 20 words, true for any ledger.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kam.common import formatting
from metrics.findings.portfolio import LineFacts, in_words, sentence_case, times

# An account that has not ordered for so many months has stopped, whatever its rhythm was.
STOPPED_MONTHS: Final = 12


@dataclass(frozen=True)
class QuadrantSum:
    """A quadrant: how many accounts and their contribution now, currency a year."""

    accounts: int = 0
    now: float = 0.0


def matrix_finding(quadrants: Mapping[str, QuadrantSum], currency: str) -> str:
    """Dubinsky–Ingram (K34): what the desirable accounts earn against the undesirable ones."""
    desirable = quadrants.get("desirable", QuadrantSum())
    undesirable = quadrants.get("undesirable", QuadrantSum())
    if not any(quadrant.accounts for quadrant in quadrants.values()):
        return "No account can be placed: contribution or potential is not known"
    if not desirable.accounts:
        if not undesirable.accounts:
            return "No account is desirable, and none is undesirable"
        others = f"{_count(undesirable.accounts)} undesirable {_result(undesirable, currency)}"
        return f"No account is desirable; {others}"
    earn = "earns" if desirable.accounts == 1 else "earn"
    noun = "account" if desirable.accounts == 1 else "accounts"
    head = f"{_count(desirable.accounts)} desirable {noun} {earn} {formatting.money(desirable.now, currency)}"
    if not undesirable.accounts:
        return f"{head}; none is undesirable"
    ones = "one" if undesirable.accounts == 1 else "ones"
    result = _result(undesirable, currency, desirable.now)
    return f"{head}; {_count(undesirable.accounts)} undesirable {ones} {result}"


def _count(number: int) -> str:
    return formatting.number(number)


def _result(quadrant: QuadrantSum, currency: str, against: float | None = None) -> str:
    single = quadrant.accounts == 1
    if quadrant.now >= 0:
        return f"{'brings' if single else 'bring'} {formatting.money(quadrant.now, currency)}"
    verb = "loses" if single else "lose"
    multiple = times(-quadrant.now / against) if against and against > 0 else None
    return f"{verb} {multiple or formatting.money(-quadrant.now, currency)}"


def loyalty_finding(quadrants: Mapping[str, QuadrantSum], currency: str) -> str:
    """Loyalty × profitability (K8): how many of the loyal accounts are profitable."""
    friends, vultures = quadrants.get("friend", QuadrantSum()), quadrants.get("vulture", QuadrantSum())
    others = quadrants.get("butterfly", QuadrantSum()).accounts
    loyal = friends.accounts + vultures.accounts
    if not any(quadrant.accounts for quadrant in quadrants.values()):
        return "No account can be placed: none has sales and a known margin"
    if not loyal:
        if not others:
            return "No account is loyal, and none is profitable"
        return f"No account is loyal; {_count(others)} {_are(others)} profitable all the same"
    if not vultures.accounts:
        subject = "The one loyal account is" if loyal == 1 else f"All {_count(loyal)} loyal accounts are"
        return f"{subject} profitable"
    if not friends.accounts:
        subject = (
            "The one loyal account is not" if loyal == 1 else f"None of {_count(loyal)} loyal accounts is"
        )
        return f"{subject} profitable{_vultures(vultures, currency, all_of_them=True)}"
    head = f"{_count(friends.accounts)} of {_count(loyal)} loyal accounts {_are(friends.accounts)} profitable"
    return f"{head}{_vultures(vultures, currency, all_of_them=False)}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _vultures(vultures: QuadrantSum, currency: str, *, all_of_them: bool) -> str:
    single = vultures.accounts == 1
    if all_of_them:
        subject = "it" if single else "they"
    else:
        subject = "one vulture" if single else f"{_count(vultures.accounts)} vultures"
    if vultures.now < 0:
        return f"; {subject} {'loses' if single else 'lose'} {formatting.money(-vultures.now, currency)}"
    return f"; {subject} {'leaves' if single else 'leave'} {formatting.money(vultures.now, currency)}"


def stale_finding(stale: int, *, everybody: bool) -> str:
    """What is newer than the figures; empty when nothing is."""
    if everybody:
        return "Every account has newer sales or inputs than these figures"
    if not stale:
        return ""
    has = "has" if stale == 1 else "have"
    return f"{formatting.plural(stale, 'account')} {has} newer sales or inputs than these figures"


def decisions_finding(waiting: int, decided: int = 0) -> str:
    """How many accounts wait for a person. `decided`: this month."""
    if waiting == 0:
        return "Everything is decided" if decided else "No account needs a decision"
    if waiting == 1:
        return "One account needs a decision"
    return f"{sentence_case(in_words(waiting))} accounts need a decision"


def pareto_finding(half: int | None, ranked: int) -> str:
    """How few accounts make half of the sales (K2)."""
    if half is None:
        return "No account has sales in this window"
    if ranked == 1:
        return "One account makes all sales"
    return f"{_count(half)} {'account makes' if half == 1 else 'accounts make'} half of sales"


@dataclass(frozen=True)
class WhaleFacts:
    """The whale curve (K2): `earning` accounts bring `peak`, all known ones together `total`; currency."""

    accounts: int = 0
    earning: int = 0
    losing: int = 0
    peak: float = 0.0
    total: float = 0.0
    unknown: int = 0


def whale_finding(facts: WhaleFacts, currency: str) -> str:
    """What the earning accounts bring and what the losing ones spend of it."""
    if facts.accounts == 0:
        return "No contribution is known" if facts.unknown else "Nothing was sold in 12 months"
    spent = facts.peak - facts.total
    earning = f"{_count(facts.earning)} {'account earns' if facts.earning == 1 else 'accounts earn'}"
    if facts.earning == 0:
        if facts.losing == 0:
            return "No account earns, and none loses money"
        lost = formatting.money(spent, currency)
        return f"No account earns; {_count(facts.losing)} {_lose(facts.losing)} {lost}"
    peak = formatting.money(facts.peak, currency)
    if facts.losing == 0:
        return f"{earning} {peak}; none spends it"
    spend = "spends" if facts.losing == 1 else "spend"
    ratio = spent / facts.peak
    if 0.95 <= ratio < 1.05:
        return f"{earning} {peak}; {_count(facts.losing)} {spend} just about all of it"
    multiple = times(ratio)
    if multiple is None:
        return f"{earning} {peak}; {_count(facts.losing)} {spend} {formatting.money(spent, currency)} of it"
    return f"{earning} {peak}; {_count(facts.losing)} {spend} {multiple}"


def _lose(count: int) -> str:
    return "loses" if count == 1 else "lose"


def lines_finding(lines: Sequence[LineFacts], currency: str) -> str:
    """Which product lines make or lose the gross margin of 12 months."""
    known = [line for line in lines if line.margin is not None and (line.sales or line.margin)]
    if not known:
        return "No margin by product line is known" if lines else "No product line was sold"
    gains = sum(line.margin or 0.0 for line in known if (line.margin or 0.0) > 0)
    losers = sorted((line for line in known if (line.margin or 0.0) < 0), key=lambda line: line.margin or 0.0)
    if losers:
        if gains <= 0:
            return (
                "Every product line loses money"
                if len(losers) == len(known)
                else "No product line earns money"
            )
        lost = 0.0
        for count, line in enumerate(losers, start=1):
            lost -= line.margin or 0.0
            if lost > gains and count <= 5:
                if count == 1:
                    return f"{line.name} lost more than the others earned"
                return f"{sentence_case(in_words(count))} product lines lose more than the others earn"
        verb = "loses" if len(losers) == 1 else "lose"
        who = f"{_count(len(losers))} of {formatting.plural(len(known), 'product line')}"
        return f"{who} {verb} {formatting.money(lost, currency)}"
    best = max(known, key=lambda line: line.margin or 0.0)
    if len(known) == 1:
        return f"{best.name} brought all of {formatting.money(best.margin, currency)}"
    return f"{best.name} brought the most: {formatting.money(best.margin, currency)}"


@dataclass(frozen=True)
class Change:
    """One riser or fall: contribution now (None = not known), whether it still buys, its last sale."""

    contribution: float | None = None
    sold: bool = True
    last_sale: datetime.date | None = None


def risers_finding(changes: Sequence[Change]) -> str:
    """Whether those who grow most also earn."""
    if not changes:
        return "No account bought more than the year before"
    losing = sum(1 for change in changes if change.contribution is not None and change.contribution < 0)
    unknown = sum(1 for change in changes if change.contribution is None)
    count = len(changes)
    if count == 1:
        result = "is not known to earn" if unknown else "loses money" if losing else "loses no money"
        return f"The only riser {result}"
    if losing == count:
        return f"All {in_words(count)} fastest risers lose money"
    if unknown == count:
        return f"What the {in_words(count)} fastest risers earn is not known"
    if losing == 0:
        known = f"None of the {in_words(count)} fastest risers loses money"
        return f"{known}, as far as is known" if unknown else known
    return f"{sentence_case(in_words(losing))} of the {in_words(count)} fastest risers {_lose(losing)} money"


def falls_finding(changes: Sequence[Change], reference: datetime.date) -> str:
    """Whether those who fell most still order."""
    if not changes:
        return "No account bought less than the year before"
    count = len(changes)
    stopped = [change for change in changes if not change.sold]
    largest = "The largest fall" if count == 1 else f"The {in_words(count)} largest falls"
    if not stopped:
        return f"{largest} still {'orders' if count == 1 else 'order'}"
    if len(stopped) == count:
        months = [_months_between(change.last_sale, reference) for change in stopped if change.last_sale]
        a_year = len(months) == count and all(
            STOPPED_MONTHS - 1 <= gap <= STOPPED_MONTHS + 4 for gap in months
        )
        return f"{largest} stopped ordering{' a year ago' if a_year else ''}"
    return f"{sentence_case(in_words(len(stopped)))} of the {in_words(count)} largest falls stopped ordering"


def _months_between(earlier: datetime.date, later: datetime.date) -> int:
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def movers_finding(
    changed: int, shown: int, *, before: datetime.date | None, now: datetime.date, computed: str = ""
) -> str:
    """What the last recomputation moved. `shown` of the `changed` accounts are listed.

    `before`, `now`: the reference dates of the figures before and of these; `computed`: the day on which the
    figures before were computed, in words, for where both dates are the same.
    """
    when = ""
    if before is not None and before != now:
        when = f" since {formatting.date(before)}"
    elif computed:
        when = f" since the computation of {computed}"
    if changed == 0:
        return f"Nothing moved{when}"
    if changed == 1:
        return f"One account moved{when}"
    if changed > shown:
        return f"The {in_words(shown)} accounts that moved most{when}"
    return f"{sentence_case(in_words(changed))} accounts moved{when}"


@dataclass(frozen=True)
class KeyFacts:
    """Key accounts against the rest (K31): counts and growth of 12 months against the 12 before, ratios.

    `low`, `high`: the 95 % interval of the difference; None = not known.
    """

    key: int = 0
    rest: int = 0
    key_growth: float | None = None
    rest_growth: float | None = None
    low: float | None = None
    high: float | None = None


def key_finding(facts: KeyFacts) -> str:
    """Whether the key accounts grow faster than the rest, and whether that can be chance."""
    if not facts.key:
        return "No account was a key account a year ago, so there is nothing to compare"
    if facts.key_growth is None:
        return "The key accounts had no sales a year ago, so their growth is not known"
    own = _growth(facts.key_growth)
    subject = "The key account" if facts.key == 1 else f"The {in_words(facts.key)} key accounts"
    if facts.rest_growth is None:
        return f"{subject} {own}; there is nobody to compare with"
    return f"{subject} {own}, the rest {_growth(facts.rest_growth)}"


def key_doubt(facts: KeyFacts) -> str:
    """How sure the difference is: the interval in words, as the lede of the card."""
    if facts.low is None or facts.high is None or facts.key_growth is None or facts.rest_growth is None:
        return "Too few accounts to say how much of the difference is chance."
    between = f"{formatting.points(facts.low)} and {formatting.points(facts.high)}"
    if facts.low > 0 or facts.high < 0:
        word = "faster" if facts.low > 0 else "slower"
        return (
            f"With 95{formatting.NO_BREAK}% confidence they grow {word}: the difference is between {between}."
        )
    return f"The difference may be chance: with 95{formatting.NO_BREAK}% confidence it is between {between}."


def _growth(ratio: float) -> str:
    if abs(ratio) < 0.005:
        return "stood still"
    return f"{'grew' if ratio > 0 else 'fell'} {formatting.percent(abs(ratio), decimals=0)}"
