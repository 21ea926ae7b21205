"""The sentences over lists of accounts: the account list, home, an account's history (LOOK §8)."""

import datetime
from dataclasses import dataclass
from decimal import Decimal

from kam.common import formatting


@dataclass(frozen=True)
class ListCounts:
    """What the account list found: how many, how many of them lose money or stand still, over 12 months."""

    total: int
    everywhere: int
    filtered: bool
    selling: int
    negative: int
    unknown: int
    computed: bool


def list_finding(counts: ListCounts) -> str:
    """The heading of the account list, true for none, one, all-negative and filtered-empty lists."""
    if counts.everywhere == 0:
        return "No accounts yet: load your customers first."
    if counts.total == 0:
        return "No account matches these filters."
    noun = "account" if counts.total == 1 else "accounts"
    head = f"{formatting.number(counts.total)} {noun}"
    if not counts.computed:
        verb = "waits" if counts.total == 1 else "wait"
        return f"{head} {verb} for a first computation."
    if counts.selling == 0:
        return (
            "This account bought nothing in 12 months."
            if counts.total == 1
            else f"None of {head} bought anything in 12 months."
        )
    if counts.total == 1:
        if counts.unknown:
            return "One account, and what it earns is not known."
        return "One account, and it loses money." if counts.negative else "One account, and it earns money."
    known = counts.selling - counts.unknown
    if known == 0:
        return (
            f"{formatting.number(counts.selling)} of {head} bought in 12 months; what they earn is not known."
        )
    if counts.negative == 0:
        return f"{head}: every one that bought in 12 months earns money."
    if counts.negative == known:
        return f"{head}: every one that bought in 12 months loses money."
    negative = formatting.number(counts.negative)
    return (
        f"{negative} of {formatting.number(counts.selling)} buying accounts {_lose(counts.negative)} money."
    )


def _lose(count: int) -> str:
    return "loses" if count == 1 else "lose"


def home_finding(
    *, mine: int, known: int, losing: int, stale: int, everywhere: int, everything: bool = False
) -> str:
    """The heading of the home page.

    `mine`: accounts it speaks of (`everything`: all of the company); `known`: how many of them have sales
    whose contribution is known; `losing`: how many of these lose money; `stale`: with newer data.
    """
    if everywhere == 0:
        return "Nothing is loaded yet: four steps bring your accounts to life."
    if mine == 0:
        return "No account is yours yet."
    count = formatting.number(mine)
    whose = "of your company’s" if everything else "of your"
    if mine == 1:
        subject = "Your company’s one account" if everything else "Your one account"
        if losing:
            return f"{subject} loses money."
        return (
            f"{subject} earns money."
            if known
            else f"What {subject[0].lower()}{subject[1:]} earns is not known yet."
        )
    accounts = "accounts" if everything else f"{count} accounts"
    if not known:
        return f"What {'your company’s ' if everything else 'your '}{accounts} earn is not known yet."
    if losing == mine:
        return f"All {whose.removeprefix('of ')} {count} accounts lose money."
    if losing:
        return f"{formatting.number(losing)} {whose} {count} accounts {_lose(losing)} money."
    if stale:
        return f"{formatting.number(stale)} {whose} {count} accounts {_have(stale)} newer sales than their figures."
    return f"None {whose} {count} accounts loses money."


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def history_finding(records: list[tuple[datetime.date, Decimal | None]], currency: str = "") -> str:
    """What became of the lifetime value over the reference dates, newest first."""
    known = [(date, value) for date, value in records if value is not None]
    if not records:
        return "No figures are kept yet: they begin with the first computation."
    if not known:
        return "Lifetime value was not known at any reference date."
    if len(known) == 1:
        return f"One reference date is kept so far: {formatting.date(known[0][0])}."
    (newest, now), (oldest, then) = known[0], known[-1]
    if now == then:
        return f"Lifetime value has not changed since {formatting.date(oldest)}."
    verb = "rose" if now > then else "fell"
    amount = formatting.money(abs(now - then), currency)
    return (
        f"Lifetime value {verb} by {amount} between {formatting.date(oldest)} and {formatting.date(newest)}."
    )


def missing_finding(count: int) -> str:
    """The heading of the card that lists facts nobody has entered."""
    words = {1: "One", 2: "Two", 3: "Three", 4: "Four"}
    return f"{words.get(count, formatting.number(count))} {'fact' if count == 1 else 'facts'} would say more"
