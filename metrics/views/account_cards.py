"""What the cards of an account's pages print: written figures, geometry and sentences, from selectors' rows."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from accounts.models import Account, CostCategory
from kam.common import formatting
from kam.common.formatting import Number
from metrics.findings.account import Facts, growth_word
from metrics.models import AccountMetrics
from metrics.selectors.account_detail import ZERO, Month, quarters_of, totals_of

GROWTH_ORDER: Final = ("loss", "organic", "up_sell", "cross_sell", "co_creation")
FULL_DIGITS_BELOW: Final = Decimal(1_000_000)
"""Below a million a table shows full digits, from there on thousands: one unit per table (LOOK §4)."""


def facts_of(row: AccountMetrics | None, months: Sequence[Month], currency: str) -> Facts | None:
    """The facts that the sentences of an account stand on; None when it was never computed."""
    if row is None:
        return None
    before = totals_of(list(months[-24:-12]))
    return Facts(
        currency=currency,
        reference_date=row.reference_date,
        net_sales=row.net_sales_12m,
        net_sales_prior=row.net_sales_prior_12m,
        gross_margin=row.gross_margin_12m,
        gross_margin_prior=before.gross_margin,
        cost_to_serve=row.cost_to_serve_12m,
        cost_to_serve_prior=before.cost_to_serve,
        contribution=row.contribution_12m,
        contribution_prior=row.contribution_prior_12m,
        ratio=row.contribution_ratio,
        known_share=row.margin_known_share,
        first_sale=row.first_sale,
        last_sale=row.last_sale,
        clv=row.clv,
        upv=row.upv,
        upv_annual=row.upv_annual,
        sold=row.sold_12m or row.net_sales_12m != 0,
    )


@dataclass(frozen=True)
class Pnl:
    """A profit and loss statement over some months, base currency; None = not known (K1)."""

    net_sales: Decimal
    cogs: Decimal | None
    gross_margin: Decimal | None
    cost_to_serve: Mapping[str, Decimal]
    contribution: Decimal | None
    estimated: bool = False

    @property
    def served(self) -> Decimal:
        return sum(self.cost_to_serve.values(), ZERO)

    @property
    def ratio(self) -> float | None:
        if self.contribution is None or self.net_sales <= 0:
            return None
        return float(self.contribution / self.net_sales)


def pnl_of(months: Sequence[Month], costs: Mapping[datetime.date, Mapping[str, Decimal]]) -> Pnl:
    """The P&L of some months, with cost-to-serve by category."""
    total = totals_of(list(months))
    by_category: dict[str, Decimal] = {}
    for month in months:
        for category, amount in costs.get(month.month, {}).items():
            by_category[category] = by_category.get(category, ZERO) + amount
    margin = total.gross_margin
    return Pnl(
        net_sales=total.net_sales,
        cogs=None if margin is None else total.net_sales - margin,
        gross_margin=margin,
        cost_to_serve=by_category,
        contribution=total.contribution,
        estimated=any(month.estimated for month in months),
    )


class Figure(NamedTuple):
    """A written figure and its class."""

    text: str
    css: str = ""


class PnlRow(NamedTuple):
    """One row of the P&L card."""

    label: str
    now: Figure
    before: Figure
    change: Figure
    share: str
    kind: str
    explain: str


class PnlTable(NamedTuple):
    """The P&L card: the unit of its head and its rows."""

    unit: str
    rows: list[PnlRow]


def _figure(value: Number | None, unit: str, *, signed: bool = False) -> Figure:
    if value is None:
        return Figure(formatting.NOT_KNOWN, "k-unknown")
    text = (
        formatting.thousands(value, signed=signed)
        if unit == "thousand"
        else formatting.number(value, signed=signed)
    )
    return Figure(text)


def table_unit(currency: str, values: Sequence[Number | None]) -> tuple[str, str]:
    """The unit of a table ("thousand" or "") and how its head says it: ``$ thousand`` or ``$``."""
    largest = max((abs(Decimal(str(value))) for value in values if value is not None), default=ZERO)
    unit = "thousand" if largest >= FULL_DIGITS_BELOW else ""
    symbol = formatting.currency_symbol(currency).strip()
    return unit, f"{symbol} {unit}".strip()


def _difference(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    return None if now is None or before is None else now - before


def _minus(value: Decimal | None) -> Decimal | None:
    return None if value is None else -value


def pnl_table(now: Pnl, before: Pnl, currency: str) -> PnlTable:
    """12 months against the year before, with the change and the share of sales; costs carry a minus."""
    unit, head = table_unit(currency, [now.net_sales, before.net_sales, now.cogs, before.cogs])

    def share(value: Decimal | None) -> str:
        if value is None or now.net_sales <= 0:
            return "–"
        return formatting.percent(value / now.net_sales)

    def row(
        label: str,
        this: Decimal | None,
        that: Decimal | None,
        part: Decimal | None,
        kind: str,
        explain: str = "",
    ) -> PnlRow:
        return PnlRow(
            label,
            _figure(this, unit),
            _figure(that, unit),
            _figure(_difference(this, that), unit, signed=True),
            share(part),
            kind,
            explain,
        )

    rows = [
        row("Net sales", now.net_sales, before.net_sales, now.net_sales, "k-sum", "net_sales"),
        row("Cost of goods", _minus(now.cogs), _minus(before.cogs), now.cogs, "", "cogs"),
        row("Gross margin", now.gross_margin, before.gross_margin, now.gross_margin, "k-sum", "gross_margin"),
    ]
    for category, label in CostCategory.choices:
        this, that = now.cost_to_serve.get(category, ZERO), before.cost_to_serve.get(category, ZERO)
        if this or that:
            rows.append(row(str(label), -this, -that, this, "k-indent", "cost_to_serve"))
    if not now.served and not before.served:
        rows.append(row("Cost to serve", ZERO, ZERO, ZERO, "k-indent", "cost_to_serve"))
    rows.append(
        row("Contribution", now.contribution, before.contribution, now.contribution, "k-sum", "contribution")
    )
    return PnlTable(head, rows)


class GrowthCard(NamedTuple):
    """The growth split: unit of its caption, bar parts with their notes, the values by source."""

    unit: str
    parts: list[dict[str, Any]]
    values: dict[str, Decimal]
    label: str


def growth_card(
    row: AccountMetrics | None, sources: Mapping[str, Sequence[tuple[str, Decimal]]], currency: str
) -> GrowthCard:
    """The change of net sales by source (K5) with the lines that made it."""
    split = (row.growth_split if row else None) or {}
    values = {source: Decimal(str(split[source])) for source in GROWTH_ORDER if split.get(source) is not None}
    unit, head = table_unit(currency, list(values.values()))
    parts = [
        {
            "type": source,
            "value": value,
            "text": _figure(value, unit, signed=True).text,
            "note": _note(sources.get(source, ())),
        }
        for source, value in values.items()
    ]
    said = ", ".join(f"{growth_word(str(part['type']))} {part['text']}" for part in parts)
    return GrowthCard(head, parts, values, f"Change in net sales by source, {head}: {said}")


def _note(items: Sequence[tuple[str, Decimal]]) -> str:
    """The two lines behind a source, and how many more."""
    names = list(dict.fromkeys(name for name, value in items if value))
    if len(names) <= 2:
        return ", ".join(names)
    return f"{names[0]}, {names[1]} and {len(names) - 2} more"


class RatioLine(NamedTuple):
    """Contribution of sales by quarter: values oldest first, and the first and last known one in words."""

    values: list[float | None]
    first: str
    last: str
    last_negative: bool
    known: int


def ratio_line(months: Sequence[Month]) -> RatioLine:
    """The contribution ratio of the last 12 quarters; quarters before the first sale are left out."""
    quarters = quarters_of(list(months[-36:]))
    while quarters and quarters[0].net_sales == 0 and quarters[0].ratio is None:
        quarters = quarters[1:]
    values = [quarter.ratio for quarter in quarters]
    known = [value for value in values if value is not None]
    return RatioLine(
        values,
        formatting.percent(known[0]) if known else formatting.NOT_KNOWN,
        formatting.percent(known[-1]) if known else formatting.NOT_KNOWN,
        bool(known) and known[-1] < 0,
        len(known),
    )


class MissingFact(NamedTuple):
    """Something nobody has entered yet, what it would tell, and the field where it is entered."""

    title: str
    why: str
    field: str


def missing_facts(account: Account, row: AccountMetrics | None) -> list[MissingFact]:
    """The facts that would say most next, the most telling first."""
    facts = []
    if account.owner_id is None:
        facts.append(MissingFact("Nobody owns this account", "Weak figures reach no one.", "owner"))
    if row is not None and row.sold_12m and row.gross_margin_12m is None:
        facts.append(
            MissingFact(
                "Cost of goods is missing",
                "Give its product lines a default margin, so that what the account earns is known.",
                "catalogue",
            )
        )
    if row is not None and row.potential_basis in ("", "estimated"):
        facts.append(
            MissingFact(
                "No potential is entered",
                "Estimates from comparable accounts stand in."
                if row.potential_basis
                else "Nobody has said how much this customer could buy.",
                "",
            )
        )
    if account.category_spend is None:
        facts.append(
            MissingFact("Category spend is not known", "It tells our share of wallet.", "category_spend")
        )
    if not account.industry:
        facts.append(MissingFact("The industry is not known", "It tells which accounts compare.", "industry"))
    if account.customer_since is None and row is not None and row.first_sale is not None:
        facts.append(
            MissingFact(
                "Customer since is not known", "Tenure counts from the first sale instead.", "customer_since"
            )
        )
    if not account.ladder_ours:
        facts.append(
            MissingFact(
                "The relationship is not placed", "Say how close you are on the ladder.", "ladder_ours"
            )
        )
    return facts[:4]


def monogram(name: str) -> str:
    """Two letters for an account: the initials of its first two words, else its first two letters."""
    words = [word for word in name.replace("&", " ").replace("-", " ").split() if word[:1].isalnum()]
    if len(words) >= 2:
        return (words[0][0] + words[1][0]).upper()
    return (words[0] if words else name)[:2].upper()
