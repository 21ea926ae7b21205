"""What each account is worth by its own ledger: windows, loyalty, CLV, growth split (K1, K3, K5, K8).

One pass per range of accounts; every step is vectorised over them. What needs other accounts (peers, medians,
ranks) follows in `potentials` and `ranking`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from metrics.engine import (
    LOYALTY_CLASSES,
    METHODS,
    NOTES,
    REASONS,
    ClvParameters,
    ClvResult,
    Loyalty,
    Rollup,
    SalesCells,
    Totals,
    Trend,
    Yearly,
    acquisition_cost,
    clv_historic,
    clv_retention,
    clv_trend,
    complete_blocks,
    contribution_blocks,
    contribution_until,
    fit_trend,
    labels,
    loyalty,
    month_indexes,
    multiplier,
    share_of_wallet,
    split_growth,
    totals,
    trailing,
    year_before,
    yearly,
)
from metrics.selectors.reading import CellSums, Products
from metrics.services.columns import (
    SUM,
    Columns,
    floats,
    known,
    minus,
    of_floats,
    of_integers,
    of_json,
    of_labels,
    scatter,
    zero_floats,
    zeros_as,
)
from metrics.services.parameters import Parameters
from metrics.services.purchases import PurchaseFigures

_JSON = orjson.OPT_SERIALIZE_NUMPY
HISTORIC = METHODS.index("historic")
_MONEY = ("net_sales", "unknown_sales", "cogs", "cogs_estimated", "cost_to_serve")
_GROWTH_PARTS = ("previous", "current", "change", "organic", "up_sell", "cross_sell", "co_creation", "loss",
                 "organic_new_products")  # fmt: skip
# Complete years that a trend looks back at; a ledger longer than that says little about the next five.
TREND_YEARS = 20


@dataclass(frozen=True)
class AccountLedger:
    """The rows of a range of accounts as the reads answered them.

    `base_factor`: rate of each account's currency, NaN where the tenant has none; `purchases`: only where the
    tenant's CLV method needs them; `refusal`: why that method is refused for this tenant.
    """

    accounts: pa.Table
    months: pa.Table
    cells: CellSums
    products: Products
    base_factor: NDArray[np.float64]
    purchases: PurchaseFigures | None = None
    refusal: str = ""

    @property
    def n(self) -> int:
        return int(self.accounts.num_rows)


def account_figures(ledger: AccountLedger, parameters: Parameters) -> Columns:
    """The columns that stand on an account's own ledger and inputs, one row per account."""
    n = ledger.n
    columns: Columns = {"account_id": ledger.accounts["id"].combine_chunks()}
    _add_windows(columns, ledger, parameters)
    rollup = _rollup(ledger)
    first_sale = _add_sale_days(columns, ledger)
    last_year = totals(rollup, n, trailing(parameters.month))
    last_three = totals(rollup, n, trailing(parameters.month, 36))
    columns["contribution_ratio"] = of_floats(last_year.contribution_ratio)
    columns["margin_known_share"] = of_floats(last_year.known_share)
    columns["sold_12m"] = pa.array(last_year.sold)
    columns["traded_36m"] = pa.array(last_three.has_line)
    _add_loyalty(columns, _judge_loyalty(ledger, rollup, last_year, first_sale, parameters))
    _add_clv(columns, ledger, rollup, last_year, last_three, first_sale, parameters)
    spend = floats(ledger.accounts["category_spend"]) * ledger.base_factor
    columns["share_of_wallet"] = of_floats(share_of_wallet(last_year.net_sales, spend))
    columns["growth_split"] = _growth(ledger)
    return columns


def _add_windows(columns: Columns, ledger: AccountLedger, parameters: Parameters) -> None:
    """The exact money sums of the windows: decimals from the ledger to the table (K1)."""
    n, month = ledger.n, ledger.months["month"].to_numpy()
    windows = {
        "12m": trailing(parameters.month),
        "prior_12m": year_before(trailing(parameters.month)),
        "36m": trailing(parameters.month, 36),
    }
    for name, window in windows.items():
        rows = ledger.months.filter(pa.array(window.contains(month)))
        sums = rows.group_by("account").aggregate([(field, "sum") for field in (*_MONEY, "unknown_lines")])
        position = sums["account"].to_numpy()

        def money(field: str, sums: pa.Table = sums, position: NDArray[np.int64] = position) -> pa.Array:
            return zeros_as(scatter(sums[f"{field}_sum"].cast(SUM), position, n))

        unknown = np.zeros(n, dtype=np.bool_)
        unknown[position] = sums["unknown_lines_sum"].fill_null(0).to_numpy() > 0
        net_sales, cost_to_serve = money("net_sales"), money("cost_to_serve")
        margin = minus(minus(net_sales, money("unknown_sales")), money("cogs"))
        columns[f"net_sales_{name}"] = net_sales
        columns[f"contribution_{name}"] = known(minus(margin, cost_to_serve), unknown)
        if name != "prior_12m":
            columns[f"gross_margin_{name}"] = known(margin, unknown)
        if name == "12m":
            columns["cogs_12m"] = known(money("cogs"), unknown)
            columns["cost_to_serve_12m"] = cost_to_serve
            columns["margin_known_part"] = margin
            columns["margin_estimated"] = pa.array(floats(money("cogs_estimated")) != 0)


def _rollup(ledger: AccountLedger) -> Rollup:
    """The months as the engine reads them."""
    rows = ledger.months
    net_sales = zero_floats(rows["net_sales"])
    return Rollup(
        account=rows["account"].to_numpy(),
        month=rows["month"].to_numpy(),
        net_sales=net_sales,
        known_net_sales=net_sales - zero_floats(rows["unknown_sales"]),
        cogs=zero_floats(rows["cogs"]),
        unknown=zero_floats(rows["unknown_lines"]) > 0,
        cost_to_serve=zero_floats(rows["cost_to_serve"]),
        sold=rows["first_sale"].is_valid().to_numpy(),
        has_line=rows["lines"].to_numpy() > 0,
    )


def _add_sale_days(columns: Columns, ledger: AccountLedger) -> NDArray[np.float64]:
    """First and last day with a sale, in how many months there was one; returns the first month (NaN = never)."""
    rows = ledger.months.filter(ledger.months["first_sale"].is_valid())
    grouped = rows.group_by("account").aggregate(
        [("first_sale", "min"), ("last_sale", "max"), ("month", "min"), ("month", "count")]
    )
    position, n = grouped["account"].to_numpy(), ledger.n
    columns["first_sale"] = scatter(grouped["first_sale_min"], position, n)
    columns["last_sale"] = scatter(grouped["last_sale_max"], position, n)
    columns["months_of_sales"] = zeros_as(scatter(grouped["month_count"], position, n))
    first = np.full(n, np.nan)
    first[position] = grouped["month_min"].to_numpy()
    return first


def monthly_totals(ledger: AccountLedger, first: int, months: int) -> NDArray[np.float64]:
    """Net sales, known gross margin, cost-to-serve and lines without a known cost, by month (months, 4)."""
    rows = ledger.months
    month = rows["month"].to_numpy() - first
    inside = (month >= 0) & (month < months)
    net_sales, unknown = zero_floats(rows["net_sales"]), zero_floats(rows["unknown_sales"])
    values = (
        net_sales,
        net_sales - unknown - zero_floats(rows["cogs"]),
        zero_floats(rows["cost_to_serve"]),
        zero_floats(rows["unknown_lines"]),
    )
    return np.column_stack(
        [np.bincount(month[inside], weights=column[inside], minlength=months) for column in values]
    ).astype(np.float64)


def _judge_loyalty(
    ledger: AccountLedger,
    rollup: Rollup,
    last_year: Totals,
    first_sale: NDArray[np.float64],
    parameters: Parameters,
) -> Loyalty:
    since = np.full(ledger.n, np.nan)
    days = ledger.accounts["customer_since"]
    entered = days.is_valid().to_numpy()
    since[entered] = month_indexes(days.filter(pa.array(entered)).to_numpy().astype("datetime64[D]"))
    return loyalty(
        rollup,
        last_year,
        first_sale,
        parameters.month,
        customer_since_month=since,
        thresholds=parameters.loyalty,
    )


def _add_loyalty(columns: Columns, judged: Loyalty) -> None:
    columns["loyalty_class"] = of_labels(judged.loyalty_class, LOYALTY_CLASSES)
    columns["loyalty_reason"] = of_labels(judged.reason, REASONS)
    columns["loyalty_x"] = of_floats(judged.x)
    columns["tenure_months"] = of_integers(np.nan_to_num(judged.tenure), np.isnan(judged.tenure))
    columns["active_share"] = of_floats(judged.active_share)
    sales = np.round(judged.quarter_sales, 4)
    columns["loyalty_evidence"] = of_json(
        [
            orjson.dumps(
                {"quarters": quarters, "active": active, "sales": row[:quarters]},
                option=_JSON,
            )
            for quarters, active, row in zip(
                judged.quarters.tolist(), judged.active_quarters.tolist(), sales, strict=True
            )
        ]
    )


def clv_parameters(accounts: pa.Table, parameters: Parameters) -> ClvParameters:
    """r, d, g, T of each account: its own where entered, else the tenant's (K3)."""
    settings = parameters.settings
    horizon = np.inf if settings.clv_horizon_years is None else float(settings.clv_horizon_years)

    def chosen(name: str, default: float) -> NDArray[np.float64]:
        own = floats(accounts[name])
        return np.where(np.isnan(own), default, own)

    return ClvParameters.of(
        accounts.num_rows,
        retention=chosen("clv_retention", settings.clv_retention),
        discount_rate=chosen("clv_discount_rate", settings.clv_discount_rate),
        growth=chosen("clv_growth", settings.clv_growth),
        horizon_years=chosen("clv_horizon_years", horizon),
        timing=parameters.timing,
    )


def _add_clv(
    columns: Columns,
    ledger: AccountLedger,
    rollup: Rollup,
    last_year: Totals,
    last_three: Totals,
    first_sale: NDArray[np.float64],
    parameters: Parameters,
) -> None:
    """CLV with the method the tenant asked for, its inputs and its yearly table (K3)."""
    n, asked = ledger.n, parameters.settings.clv_method
    rates = clv_parameters(ledger.accounts, parameters)
    entered = floats(ledger.accounts["acquisition_cost"])
    earned = contribution_until(
        rollup, n, parameters.month, first_month=np.nan_to_num(first_sale, nan=np.inf)
    )
    cost = acquisition_cost(entered * ledger.base_factor, earned)
    cost = np.where(~np.isnan(entered) & np.isnan(ledger.base_factor), np.nan, cost)
    m0 = last_year.contribution
    line: Trend | None = None
    if asked == "trend":
        margins = contribution_blocks(rollup, n, parameters.month, blocks=TREND_YEARS)
        complete = complete_blocks(first_sale, parameters.month)
        line = fit_trend(margins, complete)
        result = clv_trend(margins, complete, cost, rates, raise_on_divergence=False)
    elif asked == "historic":
        result = clv_historic(contribution_until(rollup, n, parameters.month))
    elif asked == "buy_till_you_die" and ledger.purchases is not None:
        ratio = np.where(
            np.isnan(last_year.contribution_ratio),
            last_three.contribution_ratio,
            last_year.contribution_ratio,
        )
        result = ledger.purchases.value(
            margin=m0, contribution_ratio=ratio, acquisition=cost, parameters=rates
        )
    else:
        result = clv_retention(m0, cost, rates, raise_on_divergence=False)
    factor = multiplier(rates, raise_on_divergence=False)
    columns["clv"] = of_floats(result.value)
    columns["clv_method"] = of_labels(result.method, METHODS)
    columns["clv_multiplier"] = of_floats(factor)
    table = yearly(m0, rates, trend=line)
    if ledger.purchases is not None and asked == "buy_till_you_die":
        table = ledger.purchases.yearly(table, result, ratio)
    columns["clv_yearly"] = of_json(_yearly_rows(table, rates, result))
    columns["clv_inputs"] = of_json(_input_rows(m0, factor, rates, result, line, asked, ledger))


def _yearly_rows(table: Yearly, rates: ClvParameters, result: ClvResult) -> list[bytes]:
    """The yearly table of each account as three arrays; empty where the method has none (K3)."""
    years = np.minimum(np.where(rates.forever, len(table.year), rates.horizon_years), len(table.year)).astype(
        int
    )
    listed = np.where(np.isnan(result.value) | (result.method == HISTORIC), 0, years).tolist()
    margin, retained, present = (
        np.round(table.margin, 4),
        np.round(table.retained, 8),
        np.round(table.present_value, 4),
    )
    return [
        orjson.dumps(
            {"margin": margin[i, :t], "retained": retained[i, :t], "present_value": present[i, :t]},
            option=_JSON,
        )
        for i, t in enumerate(listed)
    ]


def _input_rows(
    m0: NDArray[np.float64],
    factor: NDArray[np.float64],
    rates: ClvParameters,
    result: ClvResult,
    line: Trend | None,
    asked: str,
    ledger: AccountLedger,
) -> list[bytes]:
    """What the value stands on, so that a person can see why (K3)."""
    columns: dict[str, list[Any]] = {
        "annual_margin": np.round(m0, 4).tolist(),
        "margin_first_year": np.round(result.margin_first_year, 4).tolist(),
        "retention": rates.retention.tolist(),
        "discount_rate": rates.discount_rate.tolist(),
        "growth": rates.growth.tolist(),
        "horizon_years": [None if t == np.inf else int(t) for t in rates.horizon_years.tolist()],
        "acquisition_cost": np.round(result.acquisition_cost, 4).tolist(),
        "acquisition_cost_entered": np.round(
            floats(ledger.accounts["acquisition_cost"]) * ledger.base_factor, 4
        ).tolist(),
        "multiplier": factor.tolist(),
        "note": labels(result.note, NOTES).tolist(),
    }
    if line is not None:
        columns["trend_level"] = np.where(line.usable, line.level, np.nan).tolist()
        columns["trend_slope"] = np.where(line.usable, line.slope, np.nan).tolist()
    if ledger.purchases is not None:
        columns |= ledger.purchases.inputs()
    fixed = {"timing": rates.timing, "asked_method": asked}
    if ledger.refusal:
        fixed["refusal"] = ledger.refusal
    names = list(columns)
    # orjson writes NaN as null: not known.
    return [
        orjson.dumps(fixed | dict(zip(names, row, strict=True)))
        for row in zip(*columns.values(), strict=True)
    ]


def _growth(ledger: AccountLedger) -> pa.Array:
    """The change of sales by source (K5), money per year rounded to 4 decimals."""
    cells, products = ledger.cells, ledger.products
    split = split_growth(
        SalesCells(
            account=cells.account,
            segment=cells.segment,
            line=products.line[cells.product],
            product=cells.product,
            previous=cells.prior.net_sales,
            current=cells.recent.net_sales,
            co_created=products.co_created[cells.product],
        ),
        ledger.n,
    )
    parts = np.round(np.column_stack([getattr(split, name) for name in _GROWTH_PARTS]), 4).tolist()
    return of_json([orjson.dumps(dict(zip(_GROWTH_PARTS, row, strict=True))) for row in parts])
