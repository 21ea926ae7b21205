"""Lifetime value and potential (K3, K4)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from kam.common import formatting
from kam.common.formatting import NOT_KNOWN
from metrics.explanations.base import (
    Context,
    Explanation,
    Input,
    explains,
    explanation,
    full,
    margin_note,
    number,
    parenthesised,
    ratio_text,
)
from metrics.models import MetricsRow

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


def clv_inputs(row: MetricsRow, context: Context) -> tuple[Input, ...]:
    """The inputs behind a CLV, each with its source."""
    inputs = row.clv_inputs or {}
    horizon = inputs.get("horizon_years")

    def source(name: str) -> str:
        return context.set_by.get(name, "default")

    return (
        Input("Contribution, 12 months", full(row.contribution_12m, context), "ledger"),
        Input("Retention", ratio_text(inputs.get("retention")), source("retention")),
        Input("Discount rate", ratio_text(inputs.get("discount_rate")), source("discount_rate")),
        Input("Growth", ratio_text(inputs.get("growth")), source("growth")),
        Input(
            "Horizon",
            "for ever" if horizon is None else formatting.plural(int(horizon), "year"),
            source("horizon_years"),
        ),
        Input("Acquisition cost not yet earned back", full(number(inputs.get("acquisition_cost")), context)),
        Input("First margin", TIMING_WORDS.get(str(inputs.get("timing", "")), NOT_KNOWN)),
    )


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


@explains("clv")
def _clv(row: MetricsRow, context: Context) -> Explanation:
    inputs = row.clv_inputs or {}
    method = row.clv_method or "retention"
    horizon = inputs.get("horizon_years")
    title = "Lifetime value" + (f", {formatting.plural(int(horizon), 'year')}" if horizon else "")
    cost = number(inputs.get("acquisition_cost")) or Decimal(0)
    if method == "retention":
        margin = parenthesised(full(row.contribution_12m, context))
        minus = f" {formatting.MINUS} {full(cost, context)}" if cost else ""
        formula = f"{margin} × {multiplier_formula(inputs)}{minus}"
        if row.clv_multiplier is not None:
            formula += f" = {margin} × {formatting.number(row.clv_multiplier, decimals=6)}{minus}"
        formula += f" = {full(row.clv, context)}"
    elif method == "historic":
        formula = f"Σ contribution since the first sale = {full(row.clv, context)}"
    elif method == "trend":
        formula = f"Σ margin on the trend line × retention ÷ discount = {full(row.clv, context)}"
    else:
        formula = f"expected purchases × expected value, discounted monthly = {full(row.clv, context)}"
    timing = TIMING_WORDS.get(str(inputs.get("timing", "")), "")
    return explanation(
        row,
        context,
        title=title,
        value=full(row.clv, context),
        method=f"{METHOD_WORDS.get(method, method)}{f', {timing}' if timing and method != 'historic' else ''}",
        formula=formula,
        inputs=clv_inputs(row, context),
        note=NOTE_WORDS.get(str(inputs.get("note") or ""), "")
        or ("" if row.clv is not None else margin_note(row)),
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


@explains("upv_annual")
def _upv_annual(row: MetricsRow, context: Context) -> Explanation:
    note = "" if row.upv_annual is not None else _NO_POTENTIAL
    if context.unprofitable_lines:
        note = f"Worth nothing, because these lines earn nothing: {', '.join(context.unprofitable_lines)}."
    parts = (
        ("Up-sell", row.upv_up_sell),
        ("Cross-sell", row.upv_cross_sell),
        ("Co-creation", row.upv_co_creation),
    )
    terms = " + ".join(full(value, context) for _, value in parts)
    return explanation(
        row,
        context,
        title="Unrealised potential, per year",
        value=full(row.upv_annual, context),
        method="Σ gap × contribution ratio of the product line, over the Open Space",
        formula=f"{terms} = {full(row.upv_annual, context)}"
        if row.upv_annual is not None
        else "Σ gap × ratio",
        inputs=(
            *(Input(label, full(value, context)) for label, value in parts),
            Input("Entered", full(row.upv_entered, context)),
            Input("Estimated", formatting.estimate(full(row.upv_estimated, context))),
        ),
        note=note,
    )


@explains("upv")
def _upv(row: MetricsRow, context: Context) -> Explanation:
    note = "" if row.upv is not None else _NO_POTENTIAL
    if row.upv_exceeds_clv is False:
        note = "Potential is nearly always above the lifetime value: the Open Space looks unfinished."
    multiplier = formatting.number(row.clv_multiplier, decimals=6)
    return explanation(
        row,
        context,
        title="Unrealised potential",
        value=full(row.upv, context),
        method="Potential per year × the account's own lifetime multiplier, so that the two compare",
        formula=f"{full(row.upv_annual, context)} × {multiplier} = {full(row.upv, context)}",
        inputs=(
            Input(
                "Potential per year",
                full(row.upv_annual, context),
                potential_basis_words(row.potential_basis),
            ),
            Input("Multiplier", multiplier, multiplier_formula(row.clv_inputs or {})),
        ),
        note=note,
    )


@explains("upv_expected")
def _upv_expected(row: MetricsRow, context: Context) -> Explanation:
    return explanation(
        row,
        context,
        title="Expected potential, per year",
        value=full(row.upv_expected_annual, context),
        method="Σ gap × ratio × probability; estimates count with their own, lower probability",
        formula=f"Σ gap × ratio × probability = {full(row.upv_expected_annual, context)}",
        inputs=(Input("Without probability", full(row.upv_annual, context)),),
        note="" if row.upv_expected_annual is not None else _NO_POTENTIAL,
    )
