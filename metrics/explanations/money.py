"""Net sales, margins, cost to serve, contribution, growth by source (K1, K5)."""

from kam.common import formatting
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
    sum_formula,
    window_text,
)
from metrics.findings.account import growth_word
from metrics.models import MetricsRow


@explains("net_sales")
def _net_sales(row: MetricsRow, context: Context) -> Explanation:
    change = row.net_sales_12m - row.net_sales_prior_12m
    return explanation(
        row,
        context,
        title="Net sales, 12 months",
        value=full(row.net_sales_12m, context),
        method="Sum of the sales lines, credits subtracted, at each month's exchange rate",
        formula=sum_formula(
            context, change, ("", row.net_sales_12m), (formatting.MINUS, row.net_sales_prior_12m)
        ),
        inputs=(
            Input("12 months", full(row.net_sales_12m, context), "ledger"),
            Input("Year before", full(row.net_sales_prior_12m, context), "ledger"),
            Input("36 months", full(row.net_sales_36m, context), "ledger"),
            Input("First sale", formatting.date(row.first_sale)),
            Input("Last sale", formatting.date(row.last_sale)),
        ),
    )


@explains("cogs", "gross_margin")
def _gross_margin(row: MetricsRow, context: Context) -> Explanation:
    return explanation(
        row,
        context,
        title="Gross margin, 12 months",
        value=full(row.gross_margin_12m, context),
        method="Net sales − cost of goods",
        formula=sum_formula(
            context, row.gross_margin_12m, ("", row.net_sales_12m), (formatting.MINUS, row.cogs_12m)
        ),
        inputs=(
            Input("Net sales", full(row.net_sales_12m, context), "ledger"),
            Input(
                "Cost of goods",
                full(row.cogs_12m, context),
                "estimated in part" if row.margin_estimated else "ledger",
            ),
            Input("Margin of the known part", full(row.margin_known_part, context)),
            Input("Known share of sales", formatting.percent(row.margin_known_share)),
        ),
        note=margin_note(row),
    )


@explains("cost_to_serve")
def _cost_to_serve(row: MetricsRow, context: Context) -> Explanation:
    share = float(row.cost_to_serve_12m / row.net_sales_12m) if row.net_sales_12m > 0 else None
    return explanation(
        row,
        context,
        title="Cost to serve, 12 months",
        value=full(row.cost_to_serve_12m, context),
        method="Sum of the cost entries: before the sale (salaries, relationship, administration, marketing, credit) "
        "and after it (delivery, service)",
        formula=f"{full(row.cost_to_serve_12m, context)} ÷ {full(row.net_sales_12m, context)} = "
        f"{formatting.percent(share)} of sales",
        inputs=(Input("Cost entries", full(row.cost_to_serve_12m, context), "ledger"),),
    )


@explains("contribution")
def _contribution(row: MetricsRow, context: Context) -> Explanation:
    return explanation(
        row,
        context,
        title="Contribution margin, 12 months",
        value=full(row.contribution_12m, context),
        method="Gross margin − cost to serve",
        formula=sum_formula(
            context,
            row.contribution_12m,
            ("", row.gross_margin_12m),
            (formatting.MINUS, row.cost_to_serve_12m),
        ),
        inputs=(
            Input("Gross margin", full(row.gross_margin_12m, context), "ledger"),
            Input("Cost to serve", full(row.cost_to_serve_12m, context), "ledger"),
            Input("Year before", full(row.contribution_prior_12m, context)),
        ),
        note=margin_note(row),
    )


@explains("contribution_ratio")
def _contribution_ratio(row: MetricsRow, context: Context) -> Explanation:
    note = margin_note(row)
    if row.net_sales_12m <= 0:
        note = "Without positive net sales there is nothing to divide by."
    return explanation(
        row,
        context,
        title="Contribution of sales",
        value=formatting.percent(row.contribution_ratio),
        method="Contribution margin ÷ net sales",
        formula=f"{full(row.contribution_12m, context)} ÷ {full(row.net_sales_12m, context)} = "
        f"{formatting.percent(row.contribution_ratio)}",
        inputs=(
            Input("Contribution", full(row.contribution_12m, context)),
            Input("Net sales", full(row.net_sales_12m, context), "ledger"),
        ),
        note=note,
    )


@explains("growth")
def _growth(row: MetricsRow, context: Context) -> Explanation:
    split = row.growth_split or {}
    change = row.net_sales_12m - row.net_sales_prior_12m
    named = [
        (source, number(split.get(source)))
        for source in ("loss", "organic", "up_sell", "cross_sell", "co_creation")
    ]
    terms = " + ".join(parenthesised(full(value, context)) for _, value in named if value is not None)
    return explanation(
        row,
        context,
        title="Change in net sales",
        value=formatting.money_full(change, context.currency, decimals=0, signed=True),
        method="Each segment × product line once: co-created first, then sold in both years, "
        "new segment, new line, lost",
        formula=f"{terms} = {full(change, context)}",
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
