"""What the cards of an account's pages print: written figures, geometry and sentences, from selectors' rows."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from accounts.models import Account, CostCategory
from kam.common import drawing, formatting
from kam.common.formatting import Number
from kam.tenancy.models import TenantSettings
from metrics.explanations import potential_basis_words
from metrics.findings import account as findings
from metrics.findings.account import Facts
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
    said = ", ".join(f"{part['type'].replace('_', '-')} {part['text']}" for part in parts)
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


class Bar(NamedTuple):
    """One part of a value bar, in percent of the room."""

    x: float
    width: float
    fill: str


class ValueCard(NamedTuple):
    """Lifetime value and potential on one scale, with the potential's parts."""

    clv: str
    clv_negative: bool
    clv_bar: list[Bar]
    upv: str
    upv_bar: list[Bar]
    parts: list[dict[str, Any]]
    expected: str
    horizon: str
    estimated: bool


_PART_TYPES: Final = (
    ("up_sell", "upv_up_sell"),
    ("cross_sell", "upv_cross_sell"),
    ("co_creation", "upv_co_creation"),
)


def value_card(row: AccountMetrics, currency: str) -> ValueCard:
    """CLV against UPV (K3, K4): both net present values, so that their bars compare."""
    estimated = row.potential_basis in ("estimated", "mixed")
    factor = Decimal(str(row.clv_multiplier)) if row.clv_multiplier is not None else None
    sizes = [abs(value) for value in (row.clv, row.upv) if value is not None]
    room = max(sizes, default=ZERO) or Decimal(1)
    clv_width = 0.0 if row.clv is None else round(float(abs(row.clv) / room) * 100, 2)
    parts = []
    for kind, name in _PART_TYPES:
        annual = getattr(row, name)
        if annual is not None and factor is not None and annual:
            worth = annual * factor
            parts.append({"type": kind, "value": worth, "text": _money(worth, currency, estimated=estimated)})
    upv_width = 0.0 if row.upv is None else float(row.upv / room) * 100
    laid = drawing.segments([float(part["value"]) for part in parts]) if upv_width > 0 else []
    upv_bar = [
        Bar(
            round(at.x * upv_width / 100, 3),
            round(max(at.width * upv_width / 100 - 0.4, 0.2), 3),
            part["type"],
        )
        for at, part in zip(laid, parts, strict=True)
    ]
    inputs = row.clv_inputs or {}
    years = inputs.get("horizon_years")
    rate = inputs.get("discount_rate")
    horizon = "for ever" if years is None else formatting.plural(int(years), "year")
    if rate is not None:
        horizon = (
            f"{horizon} at {formatting.percent(rate, decimals=0 if round(rate * 100, 6) % 1 == 0 else 1)}"
        )
    return ValueCard(
        clv=_money(row.clv, currency, estimated=row.margin_estimated),
        clv_negative=row.clv is not None and row.clv < 0,
        clv_bar=[Bar(0.0, clv_width, "cut" if row.clv is not None and row.clv < 0 else "accent")],
        upv=_money(row.upv, currency, estimated=estimated),
        upv_bar=upv_bar,
        parts=parts,
        expected=_money(row.upv_expected_annual, currency, estimated=estimated),
        horizon=horizon,
        estimated=estimated,
    )


def _money(value: Decimal | None, currency: str, *, estimated: bool = False) -> str:
    text = formatting.money(value, currency)
    return formatting.estimate(text) if estimated else text


class LoyaltyBlock(NamedTuple):
    """One quarter of the strip: state is on, off or before (the first sale)."""

    state: str
    label: str


def loyalty_strip(row: AccountMetrics, currency: str, blocks: int = 12) -> list[LoyaltyBlock]:
    """The quarters that loyalty counts (K8), oldest first, each with its sales in words."""
    evidence = row.loyalty_evidence or {}
    sales: list[float | None] = list(evidence.get("sales") or [])
    strip = []
    for back in range(max(blocks, len(sales)) - 1, -1, -1):
        span = quarter_name(row.reference_date, back)
        if back >= len(sales):
            strip.append(LoyaltyBlock("before", f"{span}: before the first sale"))
            continue
        value = sales[back]
        state = "on" if value is not None and value > 0 else "off"
        strip.append(LoyaltyBlock(state, f"{span}: {formatting.money(value, currency)}"))
    return strip


def quarter_name(reference_date: datetime.date, back: int) -> str:
    """Three months counted back from the reference month: ``Sep to Nov 2013``."""
    last = reference_date.year * 12 + reference_date.month - 1 - 3 * back
    first = last - 2
    begin, end = (datetime.date(value // 12, value % 12 + 1, 1) for value in (first, last))
    if begin.year == end.year:
        return f"{formatting.month(begin).split(' ')[0]} to {formatting.month(end)}"
    return f"{formatting.month(begin)} to {formatting.month(end)}"


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


class Position(NamedTuple):
    """Where an account stands in one matrix: its class, the reason in words, and the two axes against cuts."""

    kind: str
    title: str
    css_class: str
    reason: str
    explain: str
    axes: list[tuple[str, str, str, bool | None]]


def positions(
    row: AccountMetrics, settings: TenantSettings, cuts: Mapping[str, Any], currency: str
) -> list[Position]:
    """The matrices the account stands in (K8, K34) with what decided. Axis: name, value, cut, reached."""
    present, potential = cuts.get("present"), cuts.get("potential")

    def high(value: Decimal | None, cut: float | None) -> bool | None:
        if value is None or cut is None:
            return None
        return float(value) >= cut and value > 0

    estimated = row.potential_basis in ("estimated", "mixed")
    tenure = (
        formatting.NOT_KNOWN if row.tenure_months is None else formatting.plural(row.tenure_months, "month")
    )
    ratio = row.contribution_ratio
    return [
        Position(
            "dubinsky_ingram",
            "Present and potential",
            row.dubinsky_ingram_class,
            _ADVICE.get(row.dubinsky_ingram_class, _no_position(row)),
            "dubinsky_ingram",
            [
                (
                    "Contribution now",
                    formatting.money(row.contribution_12m, currency),
                    f"cut {formatting.money(present, currency)}",
                    high(row.contribution_12m, present),
                ),
                (
                    "With expected potential",
                    _money(row.potential_contribution, currency, estimated=estimated),
                    f"cut {formatting.money(potential, currency)}",
                    high(row.potential_contribution, potential),
                ),
            ],
        ),
        Position(
            "loyalty",
            "Loyalty and profit",
            row.loyalty_class,
            _ADVICE.get(row.loyalty_class, _no_loyalty(row)),
            "loyalty",
            [
                (
                    "Customer for",
                    tenure,
                    f"needs {settings.loyalty_tenure_months}",
                    None
                    if row.tenure_months is None
                    else row.tenure_months >= settings.loyalty_tenure_months,
                ),
                (
                    "Quarters with sales",
                    formatting.percent(row.active_share, decimals=0),
                    f"needs {formatting.percent(settings.loyalty_active_share, decimals=0)}",
                    None if row.active_share is None else row.active_share >= settings.loyalty_active_share,
                ),
                (
                    "Contribution of sales",
                    formatting.percent(ratio),
                    f"above {formatting.percent(settings.profitability_hurdle, decimals=0)}",
                    None if ratio is None else ratio > settings.profitability_hurdle,
                ),
            ],
        ),
    ]


_ADVICE: Final = {
    "desirable": "Maintain it: it earns and could earn more.",
    "undeveloped": "Increase it: it earns little and could earn much.",
    "developed": "Maintain it; reduce the effort where it is no key account.",
    "undesirable": "Reduce it; cease where it is also loyal and unprofitable.",
    "friend": "A candidate for a key account.",
    "butterfly": "Make it loyal: it earns, but comes and goes.",
    "stranger": "Invest to convert, or serve it at little cost.",
    "vulture": "Reprice or bring the cost down.",
}


def _no_position(row: AccountMetrics) -> str:
    if row.contribution_12m is None:
        return "No class: what it earns is not known."
    return "No class: no potential is entered or estimated."


def _no_loyalty(row: AccountMetrics) -> str:
    if row.loyalty_reason == "dormant":
        return "No class: nothing was sold in the last 12 months."
    return "No class: what it earns is not known."


class Kpi(NamedTuple):
    """One cell of the band above the economics."""

    label: str
    value: str
    small: str
    compare: str
    trend: str
    explain: str
    values: list[Decimal | None] | None


def rolling(months: Sequence[Month], value: str, points: int = 25) -> list[Decimal | None]:
    """The rolling 12 months of a figure at the end of each month; None where a month of it is not known."""
    figures = [getattr(month, value) for month in months]
    sums: list[Decimal | None] = []
    for end in range(max(12, len(figures) - points + 1), len(figures) + 1):
        window = figures[end - 12 : end]
        sums.append(None if None in window else sum(window, ZERO))
    return sums


def kpis(row: AccountMetrics, months: Sequence[Month], currency: str) -> list[Kpi]:
    """Net sales, gross margin, contribution, lifetime value, potential: each against the year before."""
    before = totals_of(list(months[-24:-12]))
    estimated = row.potential_basis in ("estimated", "mixed")
    guessed = row.margin_estimated
    sales_change = findings.relative_change(row.net_sales_12m, row.net_sales_prior_12m)
    return [
        Kpi(
            "Net sales",
            formatting.money(row.net_sales_12m, currency),
            "",
            f"{formatting.percent(sales_change, signed=True)} on the year before"
            if sales_change is not None
            else ("none the year before" if row.net_sales_12m else "none in two years"),
            _trend(row.net_sales_12m, row.net_sales_prior_12m),
            "net_sales",
            rolling(months, "net_sales"),
        ),
        Kpi(
            "Gross margin",
            _money(row.gross_margin_12m, currency, estimated=guessed),
            _share(row.gross_margin_12m, row.net_sales_12m),
            _was(before.gross_margin, row, currency),
            _trend(row.gross_margin_12m, before.gross_margin),
            "gross_margin",
            rolling(months, "gross_margin"),
        ),
        Kpi(
            "Contribution",
            _money(row.contribution_12m, currency, estimated=guessed),
            _share(row.contribution_12m, row.net_sales_12m),
            _was(row.contribution_prior_12m, row, currency),
            _trend(row.contribution_12m, row.contribution_prior_12m),
            "contribution",
            rolling(months, "contribution"),
        ),
        Kpi(
            "Lifetime value",
            _money(row.clv, currency, estimated=guessed),
            "",
            value_card(row, currency).horizon,
            "",
            "clv",
            None,
        ),
        Kpi(
            "Unrealised potential",
            _money(row.upv, currency, estimated=estimated),
            "",
            potential_basis_words(row.potential_basis),
            "",
            "upv",
            None,
        ),
    ]


def _share(part: Decimal | None, whole: Decimal) -> str:
    return "" if part is None or whole <= 0 else formatting.percent(part / whole)


def _was(value: Decimal | None, row: AccountMetrics, currency: str) -> str:
    if not value and not row.net_sales_prior_12m:
        return "no sales the year before"
    return f"was {formatting.money(value, currency)}" if value is not None else "the year before is not known"


def _trend(now: Decimal | None, before: Decimal | None) -> str:
    if now is None or before is None or now == before:
        return "" if now is None or before is None else "flat"
    return "up" if now > before else "down"
