"""What an explanation is, and how its parts are written."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from kam.common import formatting
from kam.common.formatting import NOT_KNOWN, Number
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
EXPLAINERS: dict[str, Explainer] = {}


def explains(*names: str) -> Callable[[Explainer], Explainer]:
    def register(function: Explainer) -> Explainer:
        for name in names:
            EXPLAINERS[name] = function
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


def full(value: Number | None, context: Context) -> str:
    return formatting.money_full(value, context.currency, decimals=0)


def sum_formula(context: Context, result: Number | None, *terms: tuple[str, Number | None]) -> str:
    """``$2,846,310 − $2,311,002 = $535,308``; an unknown term makes the result read "not known"."""
    written = ""
    for sign, value in terms:
        text = full(value, context)
        written += text if not written else f" {sign} {parenthesised(text)}"
    return f"{written} = {full(result, context)}"


def parenthesised(text: str) -> str:
    return f"({text})" if text.startswith(formatting.MINUS) else text


def explanation(
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


def margin_note(row: MetricsRow) -> str:
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


def ratio_text(value: Any, decimals: int = 0) -> str:
    """A ratio of an input: whole percent where it is whole, else one decimal."""
    if value is None:
        return NOT_KNOWN
    exact = Decimal(str(value)) * 100
    return formatting.percent(float(value), decimals=decimals if exact == exact.to_integral_value() else 1)


def number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
