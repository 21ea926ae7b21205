"""The sentences that open an account's page and its cards (LOOK §1, §8): computed, true for any ledger.

Pure functions from figures to text. At most 20 words each: subject, verb, figure, consequence.
"""

import datetime
from dataclasses import dataclass
from decimal import Decimal

from kam.common import formatting
from kam.common.meanings import GROWTH

FLAT = Decimal("0.03")
"""Changes below 3 % are called "stood still": they are within what one late invoice can do."""


@dataclass(frozen=True)
class Facts:
    """What the sentences about one account stand on. Money in `currency`, windows of 12 months.

    `*_prior` is the year before. None is "not known". `ratio` is contribution / net sales; `sold` says whether
    anything was sold in the 12 months.
    """

    currency: str = ""
    reference_date: datetime.date | None = None
    net_sales: Decimal = Decimal(0)
    net_sales_prior: Decimal = Decimal(0)
    gross_margin: Decimal | None = None
    gross_margin_prior: Decimal | None = None
    cost_to_serve: Decimal = Decimal(0)
    cost_to_serve_prior: Decimal = Decimal(0)
    contribution: Decimal | None = None
    contribution_prior: Decimal | None = None
    ratio: float | None = None
    known_share: float | None = None
    first_sale: datetime.date | None = None
    last_sale: datetime.date | None = None
    clv: Decimal | None = None
    upv: Decimal | None = None
    upv_annual: Decimal | None = None
    sold: bool = True


def relative_change(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """(now − before) / before as a ratio; None where it says nothing: unknown, or a base that is not positive."""
    if now is None or before is None or before <= 0:
        return None
    return (now - before) / before


def account_finding(facts: Facts | None) -> str:
    """The sentence that opens the page: sales against contribution, and why it matters."""
    if facts is None:
        return "Nothing is computed for this account yet."
    if facts.first_sale is None:
        if facts.upv_annual:
            potential = formatting.estimate(formatting.money(facts.upv_annual, facts.currency))
            return f"This account has never bought from us; its potential is {potential} a year."
        return "This account has never bought from us."
    if _dormant(facts):
        lost = facts.net_sales_prior
        tail = (
            f"; the year before brought {formatting.money(lost, facts.currency)}"
            if lost > 0
            else f"; the last order came on {formatting.date(facts.last_sale)}"
        )
        return f"Nothing was sold here in the last 12 months{tail}."
    if facts.net_sales < 0:
        return f"Credits exceed sales: 12 months come to {formatting.money(facts.net_sales, facts.currency)}."
    return f"{_sales_clause(facts)}{_contribution_clause(facts)}."


def _dormant(facts: Facts) -> bool:
    return not facts.sold


def _sales_clause(facts: Facts) -> str:
    change = relative_change(facts.net_sales, facts.net_sales_prior)
    if change is None:
        return f"New sales of {formatting.money(facts.net_sales, facts.currency)} in 12 months"
    if abs(change) < FLAT:
        return "Sales stood still"
    if change >= 2:
        return f"Sales grew {formatting.number(1 + change, decimals=1)} times over"
    direction = "up" if change > 0 else "down"
    return f"Sales are {direction} {formatting.percent(abs(change), decimals=0)}"


def _contribution_clause(facts: Facts) -> str:
    sales = relative_change(facts.net_sales, facts.net_sales_prior)
    sales_up = sales is None or sales >= FLAT
    sales_down = sales is not None and sales <= -FLAT
    now, before = facts.contribution, facts.contribution_prior
    if now is None:
        if facts.known_share is not None and 0 < facts.known_share < 1:
            return (
                f", but margin is known for only {formatting.percent(facts.known_share, decimals=0)} of them"
            )
        return ", but what they earn is not known"
    if now < 0:
        loss = formatting.money(abs(now), facts.currency)
        if sales is None:
            return f", but they lost {loss}"
        if before is not None and before >= 0:
            return f"{_but(sales_up)} contribution turned into a loss of {loss}"
        return f"{_but(sales_up)} the account lost {loss}"
    if sales is None:
        return f", and {formatting.money(now, facts.currency)} of them stayed"
    if before is not None and before < 0:
        return f", and the loss of the year before turned into {formatting.money(now, facts.currency)}"
    change = relative_change(now, before)
    if change is None:
        return f", and {formatting.money(now, facts.currency)} of contribution stayed"
    if abs(change) < FLAT:
        return ", but contribution stood still" if sales_up or sales_down else ", and so did contribution"
    size = formatting.percent(abs(change), decimals=0)
    if change > 0:
        joint = ", and" if sales_up else ", yet"
        return f"{joint} contribution grew {size} to {formatting.money(now, facts.currency)}"
    joint = ", and" if sales_down else ", but"
    return f"{joint} contribution fell {size} to {formatting.money(now, facts.currency)}"


def _but(sales_up: bool) -> str:
    return ", but" if sales_up else ", and"


def profit_finding(facts: Facts) -> str:
    """What moved the profit and loss of 12 months against the year before."""
    if not facts.sold:
        return "Nothing was sold in these 12 months"
    if facts.contribution is None:
        if facts.known_share:
            return f"Margin is known for {formatting.percent(facts.known_share, decimals=0)} of sales"
        return "Margin is not known: goods have no cost yet"
    margin = facts.gross_margin if facts.gross_margin is not None else Decimal(0)
    if margin < 0:
        return f"Goods cost {formatting.money(abs(margin), facts.currency)} more than they sold for"
    if facts.contribution < 0:
        short = formatting.money(abs(facts.contribution), facts.currency)
        return f"Cost to serve exceeds the margin by {short}"
    served = relative_change(facts.cost_to_serve, facts.cost_to_serve_prior)
    before = facts.contribution_prior
    if before is None or facts.gross_margin_prior is None:
        return f"{formatting.percent(facts.ratio)} of sales stays as contribution"
    grown = margin - facts.gross_margin_prior
    if grown > 0 and facts.contribution - before <= grown / 4 and served is not None and served >= FLAT:
        return f"Cost to serve ate the growth: it rose {formatting.percent(served, decimals=0)}"
    change = relative_change(facts.contribution, before)
    if change is None:
        return f"{formatting.percent(facts.ratio)} of sales stays as contribution"
    if abs(change) < FLAT:
        return f"Contribution stood still at {formatting.percent(facts.ratio)} of sales"
    verb = "grew" if change > 0 else "fell"
    size = formatting.percent(abs(change), decimals=0)
    return f"Contribution {verb} {size} to {formatting.percent(facts.ratio)} of sales"


def growth_finding(parts: dict[str, Decimal], currency: str) -> str:
    """Which source of growth (K5) moved sales most. `parts`: source → change of net sales; they add up."""
    if not parts or all(value == 0 for value in parts.values()):
        return "Nothing was sold in either year"
    change = sum(parts.values(), Decimal(0))
    names = {
        "organic": "The same lines in the same segments",
        "up_sell": "Up-selling",
        "cross_sell": "Cross-selling",
        "co_creation": "Co-creation",
        "loss": "Lost lines",
    }
    signed = formatting.money(change, currency, signed=True)
    if change == 0:
        return "Gains and losses cancelled out"
    most = max(parts, key=lambda key: parts[key]) if change > 0 else min(parts, key=lambda key: parts[key])
    verb = "brought" if change > 0 else "cost"
    share = "all" if parts[most] == change and sum(map(bool, parts.values())) == 1 else "the most"
    return f"{names[most]} {verb} {share} of {signed}"


def value_finding(facts: Facts, basis: str = "") -> str:
    """Potential against what we hold (K3, K4). `basis` is entered, estimated or mixed."""
    clv, upv = facts.clv, facts.upv
    if clv is None and upv is None:
        return "Neither lifetime value nor potential is known"
    if clv is None:
        return "Lifetime value is not known, because the margin is not"
    if upv is None:
        if clv < 0:
            return f"Kept as it is, this account loses {formatting.money(abs(clv), facts.currency)}"
        return "Potential is not known: nothing is entered or estimated"
    if clv < 0:
        if upv + clv > 0:
            return "Kept as it is, this account destroys value; its potential could turn it"
        if upv > 0:
            return "Kept as it is, this account destroys value, and even all its potential would not turn it"
        return "Kept as it is, this account destroys value, and no potential is in sight"
    if upv <= clv:
        return "Open Space looks unfinished: potential is below lifetime value"
    if clv == 0:
        return "All the value of this account is still potential"
    times = upv / clv
    roughly = "about " if basis in ("estimated", "mixed") else ""
    written = formatting.number(times, decimals=1 if times < 10 else 0)
    return f"Potential is {roughly}{written} times what we hold"


def loyalty_finding(
    *, loyalty_class: str, reason: str, active: int, quarters: int, tenure_months: int | None
) -> str:
    """How steadily the account buys (K8), from its quarters with sales and its tenure in months."""
    if not quarters:
        return "No purchase yet, so no loyalty to judge"
    steady = f"Bought in {active} of {quarters} quarters"
    if reason == "dormant":
        return f"{steady}, and in none of the last four"
    tenure = "" if tenure_months is None else f" over {_years(tenure_months)}"
    words = {
        "friend": "loyal and profitable",
        "vulture": "loyal, but not profitable",
        "butterfly": "profitable, but not loyal",
        "stranger": "neither loyal nor profitable",
    }
    if loyalty_class in words:
        return f"{steady}{tenure}: {words[loyalty_class]}"
    return f"{steady}{tenure}; profit is not known"


def _years(months: int) -> str:
    if months < 24:
        return formatting.plural(months, "month")
    return formatting.plural(months // 12, "year")


def months_finding(contributions: list[Decimal | None], sales: list[Decimal]) -> str:
    """What the monthly series shows: in how many of the months with sales money was lost."""
    sold = [index for index, value in enumerate(sales) if value != 0]
    if not sold:
        return "No sales in this period"
    known = [contributions[index] for index in sold if contributions[index] is not None]
    if not known:
        return f"Sales in {len(sold)} of {len(sales)} months; what they earned is not known"
    negative = sum(1 for value in known if value is not None and value < 0)
    if negative == 0:
        return f"Every one of {formatting.plural(len(known), 'month')} with sales earned money"
    if negative == len(known):
        return f"Every one of {formatting.plural(len(known), 'month')} with sales lost money"
    return f"{negative} of {len(known)} months with sales lost money"


def mix_finding(lines: list[tuple[str, Decimal]]) -> str:
    """How concentrated the account's purchases are. `lines`: product line and its net sales, largest first."""
    positive = [(name, value) for name, value in lines if value > 0]
    total = sum((value for _, value in positive), Decimal(0))
    if not positive:
        return "No product line sold anything here"
    name, value = positive[0]
    if len(positive) == 1:
        return f"All sales are {name}"
    return f"{name} is {formatting.percent(value / total, decimals=0)} of what it buys"


def matrix_finding(present: Decimal | None, potential: Decimal | None, currency: str, basis: str) -> str:
    """Present and potential contribution (K34)."""
    if present is None:
        return "No position: the margin is not known"
    if potential is None:
        return "No position: potential is not entered"
    if potential < 0:
        return (
            f"Loses {formatting.money(abs(present), currency)} a year; expected potential does not cover it"
        )
    could = formatting.money(potential, currency)
    if basis in ("estimated", "mixed"):
        could = formatting.estimate(could)
    if present < 0:
        return f"Loses {formatting.money(abs(present), currency)} a year; could bring {could}"
    return f"Earns {formatting.money(present, currency)} a year; could earn {could}"


def growth_word(source: str) -> str:
    """The word of a source of growth."""
    return GROWTH[source].word


def clv_finding(facts: Facts, horizon_years: int | None, method: str) -> str:
    """What the relationship is worth as it stands (K3)."""
    if facts.clv is None:
        return "Lifetime value is not known, because the margin is not"
    amount = formatting.money(abs(facts.clv), facts.currency)
    if method == "historic":
        verb = "earned" if facts.clv >= 0 else "lost"
        return f"So far this account {verb} {amount}"
    over = "for ever" if horizon_years is None else f"over {formatting.plural(horizon_years, 'year')}"
    if facts.clv == 0:
        return f"Kept as it is, this account is worth nothing {over}"
    if facts.clv < 0:
        return f"Kept as it is, this account costs {amount} {over}"
    return f"Kept as it is, this account is worth {amount} {over}"


def potential_finding(worth: list[tuple[str, str, Decimal]], annual: Decimal | None) -> str:
    """Where the potential lies (K4). `worth`: growth type, product line and worth a year, largest first."""
    if annual is None:
        return "Potential is not known"
    if annual == 0:
        return "No profitable potential is in sight"
    source, line, value = worth[0] if worth else ("", "", Decimal(0))
    if not line:
        return "Potential lies in several lines"
    share = formatting.percent(value / annual, decimals=0)
    return f"{growth_word(source)} of {line} is {share} of the potential"
