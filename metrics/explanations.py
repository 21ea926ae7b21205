"""Every figure can be asked (LOOK §1): formula with real numbers, inputs, window, method, date, engine.

Pure functions from a metrics row to an `Explanation`; nothing is computed anew, so that what is explained is
what is shown. A figure that is not known says why.
"""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from kam.common import formatting
from kam.common.formatting import NOT_KNOWN, Number
from kam.common.meanings import class_word
from metrics.models import MetricsRow


@dataclass(frozen=True)
class Input:
    """One input of a figure: its name, its written value, and where it comes from ("default", a person)."""

    label: str
    value: str
    source: str = ""


@dataclass(frozen=True)
class Explanation:
    """What a popover says about a figure. Texts are written out; `window` names the months it stands on."""

    title: str
    value: str
    method: str
    formula: str
    inputs: tuple[Input, ...] = ()
    window: str = ""
    note: str = ""
    as_of: datetime.date | None = None
    engine: str = ""
    can_change: bool = False


@dataclass(frozen=True)
class Context:
    """What an explanation needs beside the row: currency, cuts and thresholds, and who set which input.

    `set_by`: name of a CLV input (`retention`, …) → the person who set it for this account. `cuts`: present
    and potential, in currency per year. `unprofitable_lines`: product lines whose gaps are worth nothing (K4).
    """

    currency: str
    set_by: Mapping[str, str] = field(default_factory=dict)
    cut_present: float | None = None
    cut_potential: float | None = None
    tenure_cut: float = 24
    active_cut: float = 0.75
    hurdle: float = 0.0
    class_a: float = 0.80
    class_b: float = 0.95
    category_spend: Decimal | None = None
    unprofitable_lines: tuple[str, ...] = ()


Explainer = Callable[[MetricsRow, Context], Explanation]
_EXPLAINERS: dict[str, Explainer] = {}

METHOD_WORDS: Final = {
    "retention": "Retention method",
    "trend": "Trend method: the yearly margins' straight line, carried on",
    "historic": "Historic method: what was earned so far, not discounted",
    "buy_till_you_die": "Purchase model, fitted on your own ledger",
}
TIMING_WORDS: Final = {
    "retained_end": "margin at year end, of the customers retained",
    "certain_end": "first margin certain, at year end",
    "certain_now": "first margin certain, now",
}
NOTE_WORDS: Final = {
    "too_few_years": "The trend needs three complete years; the retention method stands in.",
    "negative_margin": "The margin is negative; the retention method stands in.",
    "margin_unknown_in_a_year": "A year's margin is not known; the retention method stands in.",
    "never_purchased": "There is no purchase to learn from; the retention method stands in.",
    "needs_finite_horizon": "The method needs a horizon; the retention method stands in.",
    "margin_unknown": "The margin of these 12 months is not known, so the value is not either.",
    "diverges": "For ever, this sum has no end: retention × (1 + growth) must stay below 1 + discount rate.",
}


def figures() -> tuple[str, ...]:
    """The names of all figures that can be asked."""
    return tuple(_EXPLAINERS)


def explain(figure: str, row: MetricsRow, context: Context) -> Explanation:
    """Explain one figure of a row. Raises KeyError for a figure that does not exist."""
    return _EXPLAINERS[figure](row, context)


def _explains(*names: str) -> Callable[[Explainer], Explainer]:
    def register(function: Explainer) -> Explainer:
        for name in names:
            _EXPLAINERS[name] = function
        return function

    return register


def window_text(reference_date: datetime.date, months: int = 12, years_back: int = 0) -> str:
    """A window in words: ``1 Dec 2012 to 30 Nov 2013``."""
    first_after = _month_start(reference_date, 1 - 12 * years_back)
    first = _month_start(reference_date, 1 - months - 12 * years_back)
    return f"{formatting.date(first)} to {formatting.date(first_after - datetime.timedelta(days=1))}"


def _month_start(day: datetime.date, offset: int) -> datetime.date:
    year, month = divmod(day.year * 12 + day.month - 1 + offset, 12)
    return datetime.date(year, month + 1, 1)


def _full(value: Number | None, context: Context) -> str:
    return formatting.money_full(value, context.currency, decimals=0)


def _sum_formula(context: Context, result: Number | None, *terms: tuple[str, Number | None]) -> str:
    """``$2,846,310 − $2,311,002 = $535,308``; an unknown term makes the result read "not known"."""
    written = ""
    for sign, value in terms:
        text = _full(value, context)
        written += text if not written else f" {sign} {_parenthesised(text)}"
    return f"{written} = {_full(result, context)}"


def _parenthesised(text: str) -> str:
    return f"({text})" if text.startswith(formatting.MINUS) else text


def _base(
    row: MetricsRow,
    context: Context,
    *,
    title: str,
    value: str,
    method: str,
    formula: str,
    inputs: tuple[Input, ...] = (),
    note: str = "",
    window: str | None = None,
    can_change: bool = False,
) -> Explanation:
    return Explanation(
        title=title,
        value=value,
        method=method,
        formula=formula,
        inputs=inputs,
        note=note,
        window=window_text(row.reference_date) if window is None else window,
        as_of=row.reference_date,
        engine=row.engine_version,
        can_change=can_change,
    )


def _margin_note(row: MetricsRow) -> str:
    if row.gross_margin_12m is None:
        share = row.margin_known_share
        if share:
            return (
                f"The cost of goods is known for {formatting.percent(share)} of these sales; their margin alone is "
                "shown beside, and the whole is not guessed."
            )
        return "No line of these months has a cost of goods, and their product lines have no default margin."
    if row.margin_estimated:
        return "Part of the cost of goods is estimated from the default margin of the product line."
    return ""


@_explains("net_sales")
def _net_sales(row: MetricsRow, context: Context) -> Explanation:
    change = row.net_sales_12m - row.net_sales_prior_12m
    return _base(
        row,
        context,
        title="Net sales, 12 months",
        value=_full(row.net_sales_12m, context),
        method="Sum of the sales lines, credits subtracted, at each month's exchange rate",
        formula=_sum_formula(
            context, change, ("", row.net_sales_12m), (formatting.MINUS, row.net_sales_prior_12m)
        ),
        inputs=(
            Input("12 months", _full(row.net_sales_12m, context), "ledger"),
            Input("Year before", _full(row.net_sales_prior_12m, context), "ledger"),
            Input("36 months", _full(row.net_sales_36m, context), "ledger"),
            Input("First sale", formatting.date(row.first_sale)),
            Input("Last sale", formatting.date(row.last_sale)),
        ),
    )


@_explains("cogs", "gross_margin")
def _gross_margin(row: MetricsRow, context: Context) -> Explanation:
    return _base(
        row,
        context,
        title="Gross margin, 12 months",
        value=_full(row.gross_margin_12m, context),
        method="Net sales − cost of goods",
        formula=_sum_formula(
            context, row.gross_margin_12m, ("", row.net_sales_12m), (formatting.MINUS, row.cogs_12m)
        ),
        inputs=(
            Input("Net sales", _full(row.net_sales_12m, context), "ledger"),
            Input(
                "Cost of goods",
                _full(row.cogs_12m, context),
                "estimated in part" if row.margin_estimated else "ledger",
            ),
            Input("Margin of the known part", _full(row.margin_known_part, context)),
            Input("Known share of sales", formatting.percent(row.margin_known_share)),
        ),
        note=_margin_note(row),
    )


@_explains("cost_to_serve")
def _cost_to_serve(row: MetricsRow, context: Context) -> Explanation:
    share = float(row.cost_to_serve_12m / row.net_sales_12m) if row.net_sales_12m > 0 else None
    return _base(
        row,
        context,
        title="Cost to serve, 12 months",
        value=_full(row.cost_to_serve_12m, context),
        method="Sum of the cost entries: before the sale (salaries, relationship, administration, marketing, credit) "
        "and after it (delivery, service)",
        formula=f"{_full(row.cost_to_serve_12m, context)} ÷ {_full(row.net_sales_12m, context)} = "
        f"{formatting.percent(share)} of sales",
        inputs=(Input("Cost entries", _full(row.cost_to_serve_12m, context), "ledger"),),
    )


@_explains("contribution")
def _contribution(row: MetricsRow, context: Context) -> Explanation:
    return _base(
        row,
        context,
        title="Contribution margin, 12 months",
        value=_full(row.contribution_12m, context),
        method="Gross margin − cost to serve",
        formula=_sum_formula(
            context,
            row.contribution_12m,
            ("", row.gross_margin_12m),
            (formatting.MINUS, row.cost_to_serve_12m),
        ),
        inputs=(
            Input("Gross margin", _full(row.gross_margin_12m, context), "ledger"),
            Input("Cost to serve", _full(row.cost_to_serve_12m, context), "ledger"),
            Input("Year before", _full(row.contribution_prior_12m, context)),
        ),
        note=_margin_note(row),
    )


@_explains("contribution_ratio")
def _contribution_ratio(row: MetricsRow, context: Context) -> Explanation:
    note = _margin_note(row)
    if row.net_sales_12m <= 0:
        note = "Without positive net sales there is nothing to divide by."
    return _base(
        row,
        context,
        title="Contribution of sales",
        value=formatting.percent(row.contribution_ratio),
        method="Contribution margin ÷ net sales",
        formula=f"{_full(row.contribution_12m, context)} ÷ {_full(row.net_sales_12m, context)} = "
        f"{formatting.percent(row.contribution_ratio)}",
        inputs=(
            Input("Contribution", _full(row.contribution_12m, context)),
            Input("Net sales", _full(row.net_sales_12m, context), "ledger"),
        ),
        note=note,
    )


def _ratio_text(value: Any, decimals: int = 0) -> str:
    """A ratio of an input: whole percent where it is whole, else one decimal."""
    if value is None:
        return NOT_KNOWN
    exact = Decimal(str(value)) * 100
    return formatting.percent(float(value), decimals=decimals if exact == exact.to_integral_value() else 1)


def clv_inputs(row: MetricsRow, context: Context) -> tuple[Input, ...]:
    """The inputs behind a CLV, each with its source."""
    inputs = row.clv_inputs or {}
    horizon = inputs.get("horizon_years")

    def source(name: str) -> str:
        return context.set_by.get(name, "default")

    return (
        Input("Contribution, 12 months", _full(row.contribution_12m, context), "ledger"),
        Input("Retention", _ratio_text(inputs.get("retention")), source("retention")),
        Input("Discount rate", _ratio_text(inputs.get("discount_rate")), source("discount_rate")),
        Input("Growth", _ratio_text(inputs.get("growth")), source("growth")),
        Input(
            "Horizon",
            "for ever" if horizon is None else formatting.plural(int(horizon), "year"),
            source("horizon_years"),
        ),
        Input(
            "Acquisition cost not yet earned back", _full(_number(inputs.get("acquisition_cost")), context)
        ),
        Input("First margin", TIMING_WORDS.get(str(inputs.get("timing", "")), NOT_KNOWN)),
    )


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _plain(value: Any) -> str:
    """A rate as in a formula: 0.85."""
    return formatting.number(float(value), decimals=2 if abs(float(value) * 100 % 1) < 1e-9 else 3)


def multiplier_formula(inputs: Mapping[str, Any]) -> str:
    """The sum behind the CLV multiplier with the account's rates: ``Σ (0.85 ÷ 1.10)^t, t = 1 to 5``."""
    r, d, g = inputs.get("retention"), inputs.get("discount_rate"), inputs.get("growth") or 0
    if r is None or d is None:
        return "Σ"
    horizon = inputs.get("horizon_years")
    timing = str(inputs.get("timing", "retained_end"))
    grown = f" × {_plain(1 + float(g))}" if float(g) else ""
    retained = {"retained_end": "t", "certain_end": "t−1", "certain_now": "t−1"}.get(timing, "t")
    waited = "t−1" if timing == "certain_now" else "t"
    until = f"t = 1 to {horizon}" if horizon else "t = 1, 2, 3 …"
    if retained == waited and not grown:
        return f"Σ ({_plain(r)} ÷ {_plain(1 + float(d))})^{_power(retained)}, {until}"
    growth = f"{grown.removeprefix(' × ')}^(t−1) × " if grown else ""
    return f"Σ {growth}{_plain(r)}^{_power(retained)} ÷ {_plain(1 + float(d))}^{_power(waited)}, {until}"


def _power(text: str) -> str:
    return text if len(text) == 1 else f"({text})"


@_explains("clv")
def _clv(row: MetricsRow, context: Context) -> Explanation:
    inputs = row.clv_inputs or {}
    method = row.clv_method or "retention"
    horizon = inputs.get("horizon_years")
    title = "Lifetime value" + (f", {formatting.plural(int(horizon), 'year')}" if horizon else "")
    cost = _number(inputs.get("acquisition_cost")) or Decimal(0)
    if method == "retention":
        margin = _parenthesised(_full(row.contribution_12m, context))
        minus = f" {formatting.MINUS} {_full(cost, context)}" if cost else ""
        formula = f"{margin} × {multiplier_formula(inputs)}{minus}"
        if row.clv_multiplier is not None:
            formula += f" = {margin} × {formatting.number(row.clv_multiplier, decimals=6)}{minus}"
        formula += f" = {_full(row.clv, context)}"
    elif method == "historic":
        formula = f"Σ contribution since the first sale = {_full(row.clv, context)}"
    elif method == "trend":
        formula = f"Σ margin on the trend line × retention ÷ discount = {_full(row.clv, context)}"
    else:
        formula = f"expected purchases × expected value, discounted monthly = {_full(row.clv, context)}"
    timing = TIMING_WORDS.get(str(inputs.get("timing", "")), "")
    return _base(
        row,
        context,
        title=title,
        value=_full(row.clv, context),
        method=f"{METHOD_WORDS.get(method, method)}{f', {timing}' if timing and method != 'historic' else ''}",
        formula=formula,
        inputs=clv_inputs(row, context),
        note=NOTE_WORDS.get(str(inputs.get("note") or ""), "")
        or ("" if row.clv is not None else _margin_note(row)),
        can_change=True,
    )


def potential_basis_words(basis: str) -> str:
    """On what a potential stands, for a caption."""
    return {
        "entered": "entered by your team",
        "estimated": "estimated from comparable accounts",
        "mixed": "in part entered, in part estimated from comparable accounts",
        "forecast": "from an entered forecast",
    }.get(basis, "nothing entered or estimated")


_NO_POTENTIAL: Final = (
    "Nothing is entered in the Open Space, and too few comparable accounts buy these lines to estimate from."
)


@_explains("upv_annual")
def _upv_annual(row: MetricsRow, context: Context) -> Explanation:
    note = "" if row.upv_annual is not None else _NO_POTENTIAL
    if context.unprofitable_lines:
        note = f"Worth nothing, because these lines earn nothing: {', '.join(context.unprofitable_lines)}."
    parts = (
        ("Up-sell", row.upv_up_sell),
        ("Cross-sell", row.upv_cross_sell),
        ("Co-creation", row.upv_co_creation),
    )
    terms = " + ".join(_full(value, context) for _, value in parts)
    return _base(
        row,
        context,
        title="Unrealised potential, per year",
        value=_full(row.upv_annual, context),
        method="Σ gap × contribution ratio of the product line, over the Open Space",
        formula=f"{terms} = {_full(row.upv_annual, context)}"
        if row.upv_annual is not None
        else "Σ gap × ratio",
        inputs=(
            *(Input(label, _full(value, context)) for label, value in parts),
            Input("Entered", _full(row.upv_entered, context)),
            Input("Estimated", _estimate(_full(row.upv_estimated, context))),
        ),
        note=note,
    )


def _estimate(text: str) -> str:
    return formatting.estimate(text)


@_explains("upv")
def _upv(row: MetricsRow, context: Context) -> Explanation:
    note = "" if row.upv is not None else _NO_POTENTIAL
    if row.upv_exceeds_clv is False:
        note = "Potential is nearly always above the lifetime value: the Open Space looks unfinished."
    multiplier = formatting.number(row.clv_multiplier, decimals=6)
    return _base(
        row,
        context,
        title="Unrealised potential",
        value=_full(row.upv, context),
        method="Potential per year × the account's own lifetime multiplier, so that the two compare",
        formula=f"{_full(row.upv_annual, context)} × {multiplier} = {_full(row.upv, context)}",
        inputs=(
            Input(
                "Potential per year",
                _full(row.upv_annual, context),
                potential_basis_words(row.potential_basis),
            ),
            Input("Multiplier", multiplier, multiplier_formula(row.clv_inputs or {})),
        ),
        note=note,
    )


@_explains("upv_expected")
def _upv_expected(row: MetricsRow, context: Context) -> Explanation:
    return _base(
        row,
        context,
        title="Expected potential, per year",
        value=_full(row.upv_expected_annual, context),
        method="Σ gap × ratio × probability; estimates count with their own, lower probability",
        formula=f"Σ gap × ratio × probability = {_full(row.upv_expected_annual, context)}",
        inputs=(Input("Without probability", _full(row.upv_annual, context)),),
        note="" if row.upv_expected_annual is not None else _NO_POTENTIAL,
    )


@_explains("growth")
def _growth(row: MetricsRow, context: Context) -> Explanation:
    from metrics.findings.account import growth_word

    split = row.growth_split or {}
    change = row.net_sales_12m - row.net_sales_prior_12m
    named = [
        (source, _number(split.get(source)))
        for source in ("loss", "organic", "up_sell", "cross_sell", "co_creation")
    ]
    terms = " + ".join(_parenthesised(_full(value, context)) for _, value in named if value is not None)
    return _base(
        row,
        context,
        title="Change in net sales",
        value=formatting.money_full(change, context.currency, decimals=0, signed=True),
        method="Each segment × product line once: co-created first, then sold in both years, new segment, new line, lost",
        formula=f"{terms} = {_full(change, context)}",
        inputs=(
            *(
                Input(
                    growth_word(source),
                    formatting.money_full(value, context.currency, decimals=0, signed=True),
                )
                for source, value in named
            ),
        ),
        window=f"{window_text(row.reference_date)}, against the 12 months before",
    )


@_explains("loyalty")
def _loyalty(row: MetricsRow, context: Context) -> Explanation:
    share = row.active_share
    axis = formatting.number(row.loyalty_x, decimals=2)
    reason = {
        "dormant": "Nothing was sold in the last 12 months, so there is no class.",
        "margin_unknown": "What it earns is not known, so there is no class.",
    }.get(row.loyalty_reason, "")
    return _base(
        row,
        context,
        title="Loyalty × profitability",
        value=class_word("loyalty", row.loyalty_class).word if row.loyalty_class else NOT_KNOWN,
        method="Loyal: long enough a customer, and buying in most quarters. Profitable: contribution of sales above the hurdle",
        formula=(
            f"min({formatting.number(row.tenure_months)} ÷ {formatting.number(context.tenure_cut)}, "
            f"{formatting.percent(share)} ÷ {_ratio_text(context.active_cut)}) = {axis}"
        ),
        inputs=(
            Input(
                "Customer for",
                NOT_KNOWN if row.tenure_months is None else formatting.plural(row.tenure_months, "month"),
                f"needs {formatting.number(context.tenure_cut)}",
            ),
            Input(
                "Quarters with sales", formatting.percent(share), f"needs {_ratio_text(context.active_cut)}"
            ),
            Input(
                "Contribution of sales",
                formatting.percent(row.contribution_ratio),
                f"hurdle {_ratio_text(context.hurdle)}",
            ),
        ),
        note=reason,
        window="Quarters counted back from the reference month, at most 12",
    )


def potential_contribution_formula(row: MetricsRow, context: Context) -> str:
    """Present + expected = potential, with numbers (K34)."""
    return _sum_formula(
        context, row.potential_contribution, ("", row.contribution_12m), ("+", row.upv_expected_annual)
    )


@_explains("dubinsky_ingram")
def _dubinsky_ingram(row: MetricsRow, context: Context) -> Explanation:
    note = ""
    if not row.dubinsky_ingram_class:
        note = (
            "The present contribution is not known."
            if row.contribution_12m is None
            else "No potential is entered or estimated, so there is no position."
        )
    return _base(
        row,
        context,
        title="Present × potential",
        value=class_word("dubinsky_ingram", row.dubinsky_ingram_class).word
        if row.dubinsky_ingram_class
        else NOT_KNOWN,
        method="High means at or above the cut, and above 0. The cuts are the median of the accounts with sales, or amounts you set",
        formula=potential_contribution_formula(row, context),
        inputs=(
            Input(
                "Present contribution",
                _full(row.contribution_12m, context),
                f"cut {_full(context.cut_present, context)}",
            ),
            Input(
                "Potential contribution",
                _full(row.potential_contribution, context),
                f"cut {_full(context.cut_potential, context)}",
            ),
            Input("Potential stands on", potential_basis_words(row.potential_basis)),
        ),
        note=note,
    )


@_explains("volume")
def _volume(row: MetricsRow, context: Context) -> Explanation:
    rank = NOT_KNOWN if row.sales_rank is None else formatting.number(row.sales_rank)
    return _base(
        row,
        context,
        title="Class by volume",
        value=row.volume_class or NOT_KNOWN,
        method="Accounts ranked by net sales of 36 months, cumulated",
        formula=f"A below {_ratio_text(context.class_a)} of sales, B below {_ratio_text(context.class_b)}, else C",
        inputs=(
            Input("Net sales, 36 months", _full(row.net_sales_36m, context), "ledger"),
            Input("Rank", rank),
        ),
        window=window_text(row.reference_date, 36),
        note="" if row.volume_class else "The account has no line in these 36 months.",
    )


@_explains("share_of_wallet")
def _share_of_wallet(row: MetricsRow, context: Context) -> Explanation:
    return _base(
        row,
        context,
        title="Share of wallet",
        value=formatting.percent(row.share_of_wallet),
        method="Our net sales ÷ what the customer spends on the category with everybody",
        formula=f"{_full(row.net_sales_12m, context)} ÷ {_full(context.category_spend, context)} = {formatting.percent(row.share_of_wallet)}",
        inputs=(
            Input("Net sales", _full(row.net_sales_12m, context), "ledger"),
            Input(
                "Category spend",
                _full(context.category_spend, context),
                "entered" if context.category_spend is not None else "",
            ),
        ),
        note=""
        if row.share_of_wallet is not None
        else "Enter the category spend on the account to see the share.",
        can_change=True,
    )


__all__ = ["Context", "Explanation", "Input", "clv_inputs", "explain", "figures", "window_text"]
