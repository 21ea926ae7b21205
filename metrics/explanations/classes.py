"""Loyalty, position in the matrix, volume class, share of wallet (K8, K9, K34, K35)."""

from kam.common import formatting
from kam.common.formatting import NOT_KNOWN
from kam.common.meanings import class_word
from metrics.explanations.base import (
    Context,
    Explanation,
    Input,
    explains,
    explanation,
    full,
    ratio_text,
    sum_formula,
    window_text,
)
from metrics.explanations.value import potential_basis_words
from metrics.models import MetricsRow


@explains("loyalty")
def _loyalty(row: MetricsRow, context: Context) -> Explanation:
    share = row.active_share
    axis = formatting.number(row.loyalty_x, decimals=2)
    reason = {
        "dormant": "Nothing was sold in the last 12 months, so there is no class.",
        "margin_unknown": "What it earns is not known, so there is no class.",
    }.get(row.loyalty_reason, "")
    return explanation(
        row,
        context,
        title="Loyalty × profitability",
        value=class_word("loyalty", row.loyalty_class).word if row.loyalty_class else NOT_KNOWN,
        method="Loyal: long enough a customer, and buying in most quarters. "
        "Profitable: contribution of sales above the hurdle",
        formula=(
            f"min({formatting.number(row.tenure_months)} ÷ {formatting.number(context.tenure_cut)}, "
            f"{formatting.percent(share)} ÷ {ratio_text(context.active_cut)}) = {axis}"
        ),
        inputs=(
            Input(
                "Customer for",
                NOT_KNOWN if row.tenure_months is None else formatting.plural(row.tenure_months, "month"),
                f"needs {formatting.number(context.tenure_cut)}",
            ),
            Input(
                "Quarters with sales", formatting.percent(share), f"needs {ratio_text(context.active_cut)}"
            ),
            Input(
                "Contribution of sales",
                formatting.percent(row.contribution_ratio),
                f"hurdle {ratio_text(context.hurdle)}",
            ),
        ),
        note=reason,
        window="Quarters counted back from the reference month, at most 12",
    )


def potential_contribution_formula(row: MetricsRow, context: Context) -> str:
    """Present + expected = potential, with numbers (K34)."""
    return sum_formula(
        context, row.potential_contribution, ("", row.contribution_12m), ("+", row.upv_expected_annual)
    )


@explains("dubinsky_ingram")
def _dubinsky_ingram(row: MetricsRow, context: Context) -> Explanation:
    note = ""
    if not row.dubinsky_ingram_class:
        note = (
            "The present contribution is not known."
            if row.contribution_12m is None
            else "No potential is entered or estimated, so there is no position."
        )
    return explanation(
        row,
        context,
        title="Present × potential",
        value=class_word("dubinsky_ingram", row.dubinsky_ingram_class).word
        if row.dubinsky_ingram_class
        else NOT_KNOWN,
        method="High means at or above the cut, and above 0. "
        "The cuts are the median of the accounts with sales, or amounts you set",
        formula=potential_contribution_formula(row, context),
        inputs=(
            Input(
                "Present contribution",
                full(row.contribution_12m, context),
                f"cut {full(context.cut_present, context)}",
            ),
            Input(
                "Potential contribution",
                full(row.potential_contribution, context),
                f"cut {full(context.cut_potential, context)}",
            ),
            Input("Potential stands on", potential_basis_words(row.potential_basis)),
        ),
        note=note,
    )


@explains("volume")
def _volume(row: MetricsRow, context: Context) -> Explanation:
    rank = NOT_KNOWN if row.sales_rank is None else formatting.number(row.sales_rank)
    return explanation(
        row,
        context,
        title="Class by volume",
        value=row.volume_class or NOT_KNOWN,
        method="Accounts ranked by net sales of 36 months, cumulated",
        formula=f"A below {ratio_text(context.class_a)} of sales, B below {ratio_text(context.class_b)}, else C",
        inputs=(
            Input("Net sales, 36 months", full(row.net_sales_36m, context), "ledger"),
            Input("Rank", rank),
        ),
        window=window_text(row.reference_date, 36),
        note="" if row.volume_class else "The account has no line in these 36 months.",
    )


@explains("share_of_wallet")
def _share_of_wallet(row: MetricsRow, context: Context) -> Explanation:
    return explanation(
        row,
        context,
        title="Share of wallet",
        value=formatting.percent(row.share_of_wallet),
        method="Our net sales ÷ what the customer spends on the category with everybody",
        formula=f"{full(row.net_sales_12m, context)} ÷ {full(context.category_spend, context)} = "
        f"{formatting.percent(row.share_of_wallet)}",
        inputs=(
            Input("Net sales", full(row.net_sales_12m, context), "ledger"),
            Input(
                "Category spend",
                full(context.category_spend, context),
                "entered" if context.category_spend is not None else "",
            ),
        ),
        note=""
        if row.share_of_wallet is not None
        else "Enter the category spend on the account to see the share.",
        can_change=True,
    )
