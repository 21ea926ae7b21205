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
from metrics.engine.arrays import any_by, count_by
from metrics.selectors.amounts import Amounts, decimals_of, floats_of
from metrics.selectors.reading import CellSums, Months, Products
from metrics.services.columns import (
    Columns,
    floats,
    known,
    of_days,
    of_floats,
    of_integers,
    of_json,
    of_labels,
)
from metrics.services.parameters import Parameters
from metrics.services.purchases import PurchaseFigures

_JSON = orjson.OPT_SERIALIZE_NUMPY
HISTORIC = METHODS.index("historic")
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
    months: Months
    cells: CellSums
    products: Products
    base_factor: NDArray[np.float64]
    purchases: PurchaseFigures | None = None
    refusal: str = ""

    @property
    def n(self) -> int:
        return int(self.accounts.num_rows)


def account_figures(ledger: AccountLedger, rollup: Rollup, parameters: Parameters) -> Columns:
    """The columns that stand on an account's own ledger and inputs, one row per account.

    `rollup`: `rollup_of` the ledger."""
    n = ledger.n
    columns: Columns = {"account_id": ledger.accounts["id"].combine_chunks()}
    _add_windows(columns, ledger, parameters)
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
    n, months = ledger.n, ledger.months
    windows = {
        "12m": trailing(parameters.month),
        "prior_12m": year_before(trailing(parameters.month)),
        "36m": trailing(parameters.month, 36),
    }
    money: dict[str, Amounts] = {}
    unknown: dict[str, NDArray[np.bool_]] = {}
    for name, window in windows.items():
        rows = np.flatnonzero(window.contains(months.month))
        account = months.account[rows]
        sums = {field: amounts.sums(rows, account, n) for field, amounts in months.money.items()}
        margin = sums["net_sales"] - sums["unknown_sales"] - sums["cogs"]
        money |= {
            f"net_sales_{name}": sums["net_sales"],
            f"gross_margin_{name}": margin,
            f"contribution_{name}": margin - sums["cost_to_serve"],
        }
        hidden = any_by(account, months.unknown_lines[rows] > 0, n)
        unknown |= {f"gross_margin_{name}": hidden, f"contribution_{name}": hidden}
        if name == "12m":
            money |= {
                "cogs_12m": sums["cogs"],
                "cost_to_serve_12m": sums["cost_to_serve"],
                "margin_known_part": margin,
            }
            unknown["cogs_12m"] = hidden
            columns["margin_estimated"] = pa.array(~sums["cogs_estimated"].are_zero())
    del money["gross_margin_prior_12m"]
    for name, column in decimals_of(money).items():
        columns[name] = known(column, unknown[name]) if name in unknown else column


def rollup_of(ledger: AccountLedger) -> Rollup:
    """The months as the engine reads them."""
    rows = ledger.months
    names = ("net_sales", "unknown_sales", "cogs", "cost_to_serve")
    money = floats_of({name: rows.money[name] for name in names})
    return Rollup(
        account=rows.account,
        month=rows.month,
        net_sales=money["net_sales"],
        known_net_sales=money["net_sales"] - money["unknown_sales"],
        cogs=money["cogs"],
        unknown=rows.unknown_lines > 0,
        cost_to_serve=money["cost_to_serve"],
        sold=rows.sold,
        has_line=rows.lines > 0,
    )


def _add_sale_days(columns: Columns, ledger: AccountLedger) -> NDArray[np.float64]:
    """First and last day with a sale, in how many months there was one; returns the first month (NaN = never)."""
    months, n = ledger.months, ledger.n
    account, never = months.account[months.sold], np.iinfo(np.int64).max
    first, last, month = np.full(n, never), np.full(n, -never), np.full(n, never)
    np.minimum.at(first, account, months.first_sale[months.sold])
    np.maximum.at(last, account, months.last_sale[months.sold])
    np.minimum.at(month, account, months.month[months.sold])
    without = first == never
    columns["first_sale"] = of_days(first, without)
    columns["last_sale"] = of_days(last, without)
    columns["months_of_sales"] = of_integers(count_by(account, n))
    return np.where(without, np.nan, month)


def monthly_totals(
    rollup: Rollup, unknown_lines: NDArray[np.int64], first: int, months: int
) -> NDArray[np.float64]:
    """Net sales, known gross margin, cost-to-serve and lines without a known cost, by month (months, 4)."""
    month = rollup.month - first
    inside = (month >= 0) & (month < months)
    values = (
        rollup.net_sales,
        rollup.known_net_sales - rollup.cogs,
        rollup.cost_to_serve,
        unknown_lines,
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
