"""What an account's cards about value, loyalty and position print, and the band of key figures."""

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from kam.common import drawing, formatting
from kam.tenancy.models import TenantSettings
from metrics.explanations import potential_basis_words
from metrics.findings import account as findings
from metrics.models import AccountMetrics
from metrics.selectors.account_detail import ZERO, Month, totals_of


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


class Position(NamedTuple):
    """Where an account stands in one matrix: its class, the reason in words, and the two axes against cuts."""

    kind: str
    title: str
    css_class: str
    reason: str
    explain: str
    axes: list[tuple[str, str, str, bool | None]]


def _cut(cut: float | None, currency: str) -> str:
    """From where an amount is high, as the portfolio says it: never below 0, however low the cut (K34)."""
    if cut is None or cut > 0:
        return f"cut {formatting.money(cut, currency)}"
    return f"above {formatting.money(0, currency)}"


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
                    _cut(present, currency),
                    high(row.contribution_12m, present),
                ),
                (
                    "With expected potential",
                    _money(row.potential_contribution, currency, estimated=estimated),
                    _cut(potential, currency),
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
