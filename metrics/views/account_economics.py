"""What the economics page prints beyond the cards: years, product lines, the CLV table, potential by line."""

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from accounts.models import Account, CostCategory
from kam.common import formatting
from kam.tenancy.models import TenantSettings
from metrics.explanations import METHOD_WORDS, NOTE_WORDS, TIMING_WORDS
from metrics.findings.account import growth_word
from metrics.models import AccountMetrics
from metrics.selectors.account_detail import ZERO, LineSales, Month
from metrics.selectors.potential_lines import PotentialLine
from metrics.views.account_cards import Figure, Pnl, pnl_of, table_unit


class YearPnl(NamedTuple):
    """The P&L of one fiscal year; `part` where the reference date cuts it."""

    name: str
    part: bool
    pnl: Pnl


def fiscal_years(
    months: Sequence[Month], costs: Mapping[datetime.date, Mapping[str, Decimal]], first_month: int
) -> list[YearPnl]:
    """P&L by fiscal year, the newest first; years before the first sale or cost are left out."""
    years: dict[int, list[Month]] = {}
    for month in months:
        years.setdefault(month.month.year - (month.month.month < first_month), []).append(month)
    found = [
        YearPnl(_year_name(year, first_month), len(part) < 12, pnl_of(part, costs))
        for year, part in sorted(years.items())
    ]
    while found and not found[0].pnl.net_sales and not found[0].pnl.served and not found[0].pnl.gross_margin:
        found.pop(0)
    return found[::-1]


def _year_name(year: int, first_month: int) -> str:
    return str(year) if first_month == 1 else f"{year}/{(year + 1) % 100:02d}"


class YearRow(NamedTuple):
    """One row of the P&L by year: a figure per year, and its share of sales in the newest."""

    label: str
    kind: str
    figures: list[Figure]


class YearTable(NamedTuple):
    """The P&L by year: heads, the unit, rows; which years are not over."""

    unit: str
    heads: list[str]
    rows: list[YearRow]
    part: str


def pnl_years_table(years: Sequence[YearPnl], currency: str, limit: int = 6) -> YearTable:
    """P&L by year, newest first, cost-to-serve by category (K1). Costs carry a minus."""
    shown = list(years[:limit])
    unit, head = table_unit(
        currency, [value for year in shown for value in (year.pnl.net_sales, year.pnl.cogs)]
    )

    def figure(value: Decimal | None) -> Figure:
        if value is None:
            return Figure(formatting.NOT_KNOWN, "k-unknown")
        text = formatting.thousands(value) if unit else formatting.number(value)
        return Figure(text)

    def row(label: str, kind: str, values: list[Decimal | None]) -> YearRow:
        return YearRow(label, kind, [figure(value) for value in values])

    rows = [
        row("Net sales", "k-sum", [year.pnl.net_sales for year in shown]),
        row("Cost of goods", "", [None if year.pnl.cogs is None else -year.pnl.cogs for year in shown]),
        row("Gross margin", "k-sum", [year.pnl.gross_margin for year in shown]),
    ]
    for category, label in CostCategory.choices:
        values = [year.pnl.cost_to_serve.get(category, ZERO) for year in shown]
        if any(values):
            rows.append(row(str(label), "k-indent", [-value for value in values]))
    rows.append(row("Contribution", "k-sum", [year.pnl.contribution for year in shown]))
    ratios = [
        Figure(formatting.percent(year.pnl.ratio), "" if year.pnl.ratio is not None else "k-unknown")
        for year in shown
    ]
    rows.append(YearRow("of sales", "k-of-sales", ratios))
    part = ", ".join(year.name for year in shown if year.part)
    return YearTable(head, [year.name for year in shown], rows, part)


class LineRow(NamedTuple):
    """One product line in the table beside its chart."""

    line: str
    unit: str
    now: Figure
    before: Figure
    share: str
    margin: Figure


def line_rows(mix: Sequence[LineSales], currency: str) -> list[LineRow]:
    """Net sales, change and gross margin by product line, full digits, the largest first."""
    total = sum((line.current for line in mix if line.current > 0), ZERO)

    def figure(value: Decimal | None) -> Figure:
        text = formatting.number(value)
        if value is None:
            return Figure(text, "k-unknown")
        return Figure(text, "k-neg" if text.startswith(formatting.MINUS) else "")

    rows = []
    for line in mix:
        ratio = None if line.margin is None or line.current <= 0 else line.margin / line.current
        css = "k-unknown" if ratio is None else ("k-neg" if ratio < 0 else "")
        rows.append(
            LineRow(
                line=line.line,
                unit=line.business_unit,
                now=figure(line.current),
                before=figure(line.previous),
                share=formatting.percent(line.current / total) if total > 0 and line.current > 0 else "–",
                margin=Figure(
                    formatting.percent(ratio) if ratio is not None or line.current > 0 else "–", css
                ),
            )
        )
    return rows


class ClvInput(NamedTuple):
    """One input of the what-if: its slider's range and step, the value now, and where it comes from."""

    name: str
    label: str
    value: str
    written: str
    source: str
    least: str
    most: str
    step: str
    kind: str


class ClvTable(NamedTuple):
    """The CLV card: yearly rows, method and timing in words, sliders, and what the what-if starts from."""

    rows: list[tuple[int, str, str, str]]
    total: str
    cost: str
    method: str
    timing: str
    timing_code: str
    note: str
    inputs: list[ClvInput]
    acquisition_cost: str
    forever: bool
    can_simulate: bool


_OVERRIDES = {
    "retention": "clv_retention",
    "discount_rate": "clv_discount_rate",
    "growth": "clv_growth",
    "horizon_years": "clv_horizon_years",
}


def clv_table(row: AccountMetrics, currency: str, settings: TenantSettings, account: Account) -> ClvTable:
    """The yearly table behind a CLV (K3) with its inputs."""
    yearly = row.clv_yearly if isinstance(row.clv_yearly, dict) else {}
    margins, kept, present = (yearly.get(name) or [] for name in ("margin", "retained", "present_value"))
    rows = [
        (
            year,
            formatting.number(margin),
            formatting.percent(share, decimals=0),
            formatting.number(value),
        )
        for year, (margin, share, value) in enumerate(zip(margins, kept, present, strict=False), start=1)
    ]
    inputs = row.clv_inputs or {}
    cost = inputs.get("acquisition_cost")
    timing = str(inputs.get("timing", settings.clv_timing))
    return ClvTable(
        rows=rows,
        total=formatting.money_full(row.clv, currency, decimals=0),
        cost=formatting.number(-Decimal(str(cost))) if cost else "",
        method=METHOD_WORDS.get(row.clv_method, row.clv_method),
        timing=TIMING_WORDS.get(timing, ""),
        timing_code=timing,
        note=NOTE_WORDS.get(str(inputs.get("note") or ""), ""),
        inputs=_sliders(row, settings, account, currency),
        acquisition_cost="0" if cost is None else str(Decimal(str(cost))),
        forever=inputs.get("horizon_years") is None and bool(inputs),
        can_simulate=row.contribution_12m is not None,
    )


def _sliders(
    row: AccountMetrics, settings: TenantSettings, account: Account, currency: str
) -> list[ClvInput]:
    inputs = row.clv_inputs or {}

    def source(name: str) -> str:
        return "set for this account" if getattr(account, _OVERRIDES[name]) is not None else "default"

    def rate(name: str, label: str, least: str, most: str) -> ClvInput:
        value = inputs.get(name)
        value = getattr(settings, _OVERRIDES[name]) if value is None else value
        whole = round(float(value) * 100, 6) % 1 == 0
        written = formatting.percent(value, decimals=0 if whole else 1)
        percent = round(float(value) * 100, 4)
        # A stored rate between two steps must not be moved by its own slider.
        step = "0.5" if percent * 2 % 1 == 0 else "any"
        return ClvInput(name, label, f"{percent:g}", written, source(name), least, most, step, "percent")

    margin = row.contribution_12m or ZERO
    reach = max(abs(margin) * 2, Decimal(1000)).quantize(Decimal(1))
    years = inputs.get("horizon_years")
    return [
        ClvInput(
            "annual_margin",
            "Contribution per year",
            str(margin.quantize(Decimal("0.0001"))),
            formatting.money(row.contribution_12m, currency),
            "ledger",
            str(-reach),
            str(reach),
            "any",
            "money",
        ),
        rate("retention", "Retention", "0", "100"),
        rate("discount_rate", "Discount rate", "0", "40"),
        rate("growth", "Growth", "-30", "30"),
        ClvInput(
            "horizon_years",
            "Years",
            "5" if years is None else str(int(years)),
            "for ever" if years is None else formatting.plural(int(years), "year"),
            source("horizon_years"),
            "1",
            "30",
            "1",
            "years",
        ),
    ]


class UpvGroup(NamedTuple):
    """The potential of one growth type: its sum, and the lines behind it."""

    kind: str
    word: str
    total: str
    lines: list[dict[str, Any]]


class UpvTable(NamedTuple):
    """Potential per year by type and basis, and the lines that are worth nothing. `hidden` lines are worth
    less than those that are shown; the totals hold them all."""

    total: str
    entered: str
    estimated: str
    expected: str
    groups: list[UpvGroup]
    unprofitable: list[str]
    assumed: int
    line_count: int
    hidden: int


UPV_LINES: Final = 8


def upv_groups(
    row: AccountMetrics, lines: Sequence[PotentialLine], currency: str, limit: int | None = UPV_LINES
) -> UpvTable:
    """UPV by growth type with its lines (K4): gap, ratio, worth, probability, entered or estimated.

    `lines`: the largest worth first, of which `limit` are shown in all (None = every one)."""
    groups = []
    shown = lines[:limit]
    for kind, name in (
        ("up_sell", "upv_up_sell"),
        ("cross_sell", "upv_cross_sell"),
        ("co_creation", "upv_co_creation"),
    ):
        own = [line for line in lines if line.growth_type == kind]
        value = getattr(row, name)
        if not own and not value:
            continue
        only_entered = all(line.basis == "entered" for line in own)
        total = formatting.money(value, currency)
        groups.append(
            UpvGroup(
                kind,
                growth_word(kind),
                total if only_entered else formatting.estimate(total),
                [_upv_line(line) for line in shown if line.growth_type == kind],
            )
        )
    expected = formatting.money(row.upv_expected_annual, currency)
    total = formatting.money(row.upv_annual, currency)
    guessed = row.potential_basis in ("estimated", "mixed")
    return UpvTable(
        total=formatting.estimate(total) if guessed else total,
        entered=formatting.money(row.upv_entered, currency),
        estimated=formatting.estimate(formatting.money(row.upv_estimated, currency)),
        expected=formatting.estimate(expected) if guessed else expected,
        groups=groups,
        unprofitable=unprofitable_names(lines),
        assumed=sum(1 for line in lines if line.basis == "entered" and line.probability_assumed),
        line_count=len(lines),
        hidden=len(lines) - len(shown),
    )


def unprofitable_names(lines: Sequence[PotentialLine]) -> list[str]:
    """Product lines with a gap that is worth nothing, because the line's ratio is not positive (K4)."""
    return sorted({line.line for line in lines if line.unprofitable and line.gap > 0})


def _upv_line(line: PotentialLine) -> dict[str, Any]:
    gap = formatting.number(line.gap)
    worth = formatting.number(line.worth)
    estimated = line.basis == "estimated"
    return {
        "line": line.line,
        "segment": line.segment,
        "gap": formatting.estimate(gap) if estimated else gap,
        "ratio": formatting.percent(line.ratio),
        "worth": formatting.estimate(worth) if estimated else worth,
        "probability": formatting.percent(line.probability, decimals=0),
        "assumed": line.probability_assumed and not estimated,
        "estimated": estimated,
        "unprofitable": line.unprofitable,
        "basis": (
            f"estimated from {formatting.plural(line.buyers, 'buying account')}"
            + (f" in {line.peer_group}" if line.peer_group else "")
            if estimated
            else "entered"
        ),
    }
