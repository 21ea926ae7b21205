"""Financial targets of a plan beside what the ledger says, by fiscal year (K1, K32, PLN-14)."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from accounts.models import Account, AccountMonth
from kam.tenancy.models import TenantSettings
from planning.models import Plan, PlanTarget
from planning.selectors.plan_parts import Chart, Column, Line, Row, Table, money

ZERO, CENT = Decimal(0), Decimal("0.0001")
_BEFORE = 3


@dataclass(frozen=True)
class YearActual:
    """What the ledger says about one fiscal year up to the reference date, in the base currency.

    Margins are null where the cost of goods of a line is unknown (K1). `months` of twelve are over.
    """

    year: int
    months: int
    net_sales: Decimal
    gross_margin: Decimal | None
    contribution: Decimal | None

    def of(self, measure: str) -> Decimal | None:
        return {
            PlanTarget.Measure.NET_SALES: self.net_sales,
            PlanTarget.Measure.GROSS_MARGIN: self.gross_margin,
            PlanTarget.Measure.CONTRIBUTION: self.contribution,
        }[PlanTarget.Measure(measure)]


def fiscal_year_of(day: datetime.date, start_month: int) -> int:
    """The fiscal year of a day; it is named after the calendar year in which it starts."""
    return day.year - (day.month < start_month)


def year_name(year: int, start_month: int) -> str:
    """2026, or 2026/27 where the year does not start in January."""
    return str(year) if start_month == 1 else f"{year}/{(year + 1) % 100:02d}"


def plan_years(plan: Plan, start_month: int) -> list[int]:
    """The fiscal years that a plan's period touches."""
    first = fiscal_year_of(plan.starts_on, start_month)
    return list(range(first, fiscal_year_of(plan.ends_on, start_month) + 1))


def actuals_by_year(
    account: Account, years: Iterable[int], *, start_month: int, reference: datetime.date
) -> dict[int, YearActual]:
    """Fiscal year → what the ledger says, of the years that have begun at the reference date. One query."""
    begun = sorted(
        year for year in set(years) if datetime.date(year, start_month, 1) <= reference.replace(day=1)
    )
    if not begun:
        return {}
    months = AccountMonth.objects.filter(
        tenant_id=account.tenant_id,
        account_id=account.pk,
        month__gte=datetime.date(begun[0], start_month, 1),
        month__lte=reference.replace(day=1),
    ).values_list("month", "net_sales", "cogs", "unknown_lines", "cost_to_serve")
    found = {}
    rows = list(months)
    for year in begun:
        own = [row for row in rows if fiscal_year_of(row[0], start_month) == year]
        sales = sum((row[1] for row in own), ZERO)
        known = not any(row[3] for row in own)
        margin = sales - sum((row[2] for row in own), ZERO) if known else None
        served = sum((row[4] for row in own), ZERO)
        over = (reference.year - year) * 12 + reference.month - start_month + 1
        found[year] = YearActual(
            year,
            min(over, 12),
            sales.quantize(CENT),
            None if margin is None else margin.quantize(CENT),
            None if margin is None else (margin - served).quantize(CENT),
        )
    return found


def target_parts(
    plan: Plan, targets: Sequence[PlanTarget], settings: TenantSettings, reference: datetime.date
) -> tuple[str, tuple[Table, ...], tuple[Chart, ...]]:
    """Finding, table and chart of the targets beside the ledger: the plan's years and the three before. One query."""
    start = settings.fiscal_year_start
    planned = plan_years(plan, start)
    years = sorted({*range(planned[0] - _BEFORE, planned[-1] + 1), *(target.year for target in targets)})
    actuals = actuals_by_year(plan.account, years, start_month=start, reference=reference)
    by_measure: dict[str, dict[int, Decimal]] = {}
    for target in targets:
        by_measure.setdefault(target.measure, {})[target.year] = target.amount
    tables, charts = [], []
    for measure in PlanTarget.Measure:
        wanted = by_measure.get(measure.value, {})
        if not wanted and measure != PlanTarget.Measure.NET_SALES:
            continue
        shown = [year for year in years if year in wanted or year in actuals]
        tables.append(_table(measure, shown, wanted, actuals, start))
        charts.append(_chart(measure, shown, wanted, actuals, start))
    return _finding(by_measure, actuals, start), tuple(tables), tuple(charts)


def _table(
    measure: PlanTarget.Measure,
    years: Sequence[int],
    wanted: dict[int, Decimal],
    actuals: dict[int, YearActual],
    start: int,
) -> Table:
    rows = []
    for year in years:
        actual, target = actuals.get(year), wanted.get(year)
        reached = actual.of(measure.value) if actual else None
        rows.append(
            Row(
                f"{measure.value}:{year}",
                {
                    "year": year_name(year, start),
                    "target": money(target),
                    "actual": money(reached),
                    "reached": float(reached / target) if reached is not None and target else None,
                    "note": _note(actual),
                },
            )
        )
    return Table(
        f"actuals_{measure.value}",
        f"{measure.label}: target and ledger",
        (
            Column("year", "Fiscal year"),
            Column("target", "Target", "money"),
            Column("actual", "Ledger", "money"),
            Column("reached", "Reached", "ratio"),
            Column("note", "So far"),
        ),
        tuple(rows),
        "Neither targets nor sales are known.",
    )


def _note(actual: YearActual | None) -> str:
    if actual is None:
        return "not begun"
    return "whole year" if actual.months == 12 else f"{actual.months} of 12 months"


def _chart(
    measure: PlanTarget.Measure,
    years: Sequence[int],
    wanted: dict[int, Decimal],
    actuals: dict[int, YearActual],
    start: int,
) -> Chart:
    def number(value: Decimal | None) -> float | None:
        return None if value is None else float(value)

    reached = [actuals[year].of(measure.value) if year in actuals else None for year in years]
    return Chart(
        f"actuals_{measure.value}",
        f"{measure.label} by fiscal year",
        "Ledger and target by fiscal year, base currency. A year that is not over shows what is booked so far.",
        tuple(year_name(year, start) for year in years),
        (
            Line("actual", "Ledger", tuple(number(value) for value in reached)),
            Line("target", "Target", tuple(number(wanted.get(year)) for year in years)),
        ),
    )


def _finding(by_measure: dict[str, dict[int, Decimal]], actuals: dict[int, YearActual], start: int) -> str:
    sales = by_measure.get(PlanTarget.Measure.NET_SALES.value, {})
    running = [year for year in sorted(sales) if year in actuals]
    if not sales:
        return "No sales target is set yet."
    if not running:
        return (
            f"The first target is for {year_name(min(sales), start)}; the ledger has not reached that year."
        )
    year = running[-1]
    actual, target = actuals[year], sales[year]
    if target <= 0:
        return f"The target for {year_name(year, start)} is not above zero, so it cannot be compared."
    share = round(float(actual.net_sales / target) * 100)
    over = "" if actual.months == 12 else f" after {actual.months} of 12 months"
    return f"{share} % of the {year_name(year, start)} sales target is booked{over}."
