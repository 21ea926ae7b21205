"""How figures, money and dates are written, for pages, exports and sentences (LOOK §4).

Pure functions. The language is English; the locale (``en_GB``, ``de_DE``, ``fr_FR``, …) decides the decimal
and grouping signs and the order of a date. It is given by keyword, or taken from what ``activate`` set for
the running request. ``None`` always reads ``not known``: it is never written as 0 or as nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal, get_currency_precision, get_currency_symbol

Number = Decimal | int | float
Unit = Literal["", "k", "M"]

DEFAULT_LOCALE: Final = "en_GB"
NOT_KNOWN: Final = "not known"
MINUS: Final = "\u2212"
NO_BREAK: Final = "\u00a0"
APPROXIMATELY: Final = "\u2248"

_active: ContextVar[str] = ContextVar("kam_format_locale", default=DEFAULT_LOCALE)
_STEPS: Final[dict[Unit, tuple[Decimal, int]]] = {
    "": (Decimal(1), 0),
    "k": (Decimal(1_000), 1),
    "M": (Decimal(1_000_000), 2),
}


class _Signs(NamedTuple):
    decimal: str
    group: str
    pattern: str  # of the integer part, where groups are not all of three and Babel writes the number


@lru_cache(maxsize=64)
def _signs(locale: str) -> _Signs:
    parsed = Locale.parse(locale)
    pattern = parsed.decimal_formats[None]
    symbols = parsed.number_symbols["latn"]
    integer = "" if pattern.grouping == (3, 3) else pattern.pattern.split(".")[0]
    return _Signs(symbols["decimal"], symbols["group"], integer)


@lru_cache(maxsize=256)
def currency_symbol(currency: str | None) -> str:
    """``$``, ``€``, ``CA$``; a currency without a sign of its own reads as its code and a no-break space.

    The same in every locale, so that a dollar is never taken for another dollar.
    """
    if not currency:
        return ""
    symbol = get_currency_symbol(currency, locale="en_US")
    return f"{symbol}{NO_BREAK}" if symbol[-1:].isalpha() else symbol


def is_locale(code: str) -> bool:
    """Whether Babel knows ``code`` (``de_DE``) as a locale."""
    try:
        Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return False
    return True


def activate(locale: str | None) -> None:
    """Sets the locale of the running request or task; an unknown one falls back to ``en_GB``."""
    _active.set(locale if locale and is_locale(locale) else DEFAULT_LOCALE)


def active_locale() -> str:
    """The locale that functions of this module use when none is given."""
    return _active.get()


@contextmanager
def using(locale: str) -> Iterator[None]:
    """Uses ``locale`` inside a ``with`` block."""
    token = _active.set(locale)
    try:
        yield
    finally:
        _active.reset(token)


def _decimal(value: Number) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _round(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _digits(value: Decimal, decimals: int, locale: str) -> str:
    """A rounded, non-negative value with the locale's signs."""
    signs = _signs(locale)
    if signs.pattern:
        fraction = f".{'0' * decimals}" if decimals else ""
        return format_decimal(value, format=signs.pattern + fraction, locale=locale)
    text = f"{value:,.{decimals}f}"
    if signs.decimal == "." and signs.group == ",":
        return text
    return text.translate({ord(","): signs.group, ord("."): signs.decimal})


def _sign(rounded: Decimal, *, signed: bool) -> str:
    if rounded < 0:
        return MINUS
    return "+" if signed and rounded > 0 else ""


def number(
    value: Number | None, *, decimals: int = 0, signed: bool = False, locale: str | None = None
) -> str:
    """Full digits with separators: ``1,234`` or, signed, ``+1,234``; ``not known`` for None."""
    if value is None:
        return NOT_KNOWN
    rounded = _round(_decimal(value), decimals)
    return _sign(rounded, signed=signed) + _digits(abs(rounded), decimals, locale or _active.get())


def unit_of(value: Number | None) -> Unit:
    """The unit in which ``value`` is written short: ``M`` from a million, ``k`` from a thousand."""
    if value is None:
        return ""
    size = abs(_decimal(value))
    # 999,600 would read $1000k and 999.7 $1,000: what rounds up to the next unit is written in it.
    if size >= Decimal(999_500):
        return "M"
    return "k" if size >= Decimal("999.5") else ""


def common_unit(values: Iterable[Number | None]) -> Unit:
    """One unit for a column, so that k and M are never mixed: that of its largest value."""
    return unit_of(max((abs(_decimal(value)) for value in values if value is not None), default=None))


def money(
    value: Number | None,
    currency: str | None = None,
    *,
    unit: Unit | None = None,
    decimals: int | None = None,
    signed: bool = False,
    locale: str | None = None,
) -> str:
    """Money in short form (LOOK §4): ``$36.24M``, ``$535k``, ``$19.8k``, ``$812``, ``−$1.58M``.

    ``unit`` and ``decimals`` override what the size of the value suggests (a column in one unit). Amounts
    below one unit of currency keep their cents. ``signed`` writes + before a gain.
    """
    if value is None:
        return NOT_KNOWN
    amount = _decimal(value)
    chosen = unit_of(amount) if unit is None else unit
    divisor, places = _STEPS[chosen]
    if chosen == "k" and unit is None and abs(amount) >= Decimal(99_950):
        places = 0
    if chosen == "" and 0 < abs(amount) < 1:
        places = 2
    if decimals is not None:
        places = decimals
    rounded = _round(amount / divisor, places)
    digits = _digits(abs(rounded), places, locale or _active.get())
    return f"{_sign(rounded, signed=signed)}{currency_symbol(currency)}{digits}{chosen}"


def money_full(
    value: Number | None,
    currency: str | None = None,
    *,
    decimals: int | None = None,
    signed: bool = False,
    locale: str | None = None,
) -> str:
    """Money with all its digits: ``$36,241,880.12``; decimals default to those of the currency."""
    if value is None:
        return NOT_KNOWN
    places = (get_currency_precision(currency) if currency else 2) if decimals is None else decimals
    rounded = _round(_decimal(value), places)
    digits = _digits(abs(rounded), places, locale or _active.get())
    return f"{_sign(rounded, signed=signed)}{currency_symbol(currency)}{digits}"


def thousands(value: Number | None, *, signed: bool = False, locale: str | None = None) -> str:
    """A figure of a column headed ``$ thousand``: ``2,846`` for 2,846,310."""
    return NOT_KNOWN if value is None else number(_decimal(value) / 1000, signed=signed, locale=locale)


def percent(
    ratio: Number | None, *, decimals: int = 1, signed: bool = False, locale: str | None = None
) -> str:
    """A ratio as a percentage, with a no-break space: 0.298 reads ``29.8 %``.

    Findings use whole percentages (decimals=0).
    """
    if ratio is None:
        return NOT_KNOWN
    rounded = _round(_decimal(ratio) * 100, decimals)
    digits = _digits(abs(rounded), decimals, locale or _active.get())
    return f"{_sign(rounded, signed=signed)}{digits}{NO_BREAK}%"


def points(difference: Number | None, *, decimals: int = 1, locale: str | None = None) -> str:
    """A difference of two ratios in percentage points: −0.028 reads ``−2.8 points``."""
    if difference is None:
        return NOT_KNOWN
    text = number(_decimal(difference) * 100, decimals=decimals, signed=True, locale=locale)
    return f"{text}{NO_BREAK}points"


def estimate(text: str) -> str:
    """Marks a written figure as an estimate: ``≈ $0.4M``."""
    return text if text == NOT_KNOWN else f"{APPROXIMATELY}{NO_BREAK}{text}"


def date(value: dt.date | dt.datetime | None, *, locale: str | None = None) -> str:
    """``30 Nov 2013`` in English (``Nov 30, 2013`` in the United States), else the locale's medium form."""
    if value is None:
        return NOT_KNOWN
    code = locale or _active.get()
    if code.startswith("en") and code != "en_US":
        # British CLDR data abbreviates September with four letters and the other months with three.
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"
    return format_date(value, "medium", locale=code)


_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def month(value: dt.date | dt.datetime | None, *, locale: str | None = None) -> str:
    """``Nov 2013``."""
    if value is None:
        return NOT_KNOWN
    code = locale or _active.get()
    if code.startswith("en"):
        return f"{_MONTHS[value.month - 1]} {value.year}"
    return str(format_skeleton("yMMM", value, locale=code))


def moment(value: dt.datetime | None, *, locale: str | None = None) -> str:
    """Date and time of day: ``30 Nov 2013, 09:42``. The value is written in its own time zone."""
    if value is None:
        return NOT_KNOWN
    return f"{date(value, locale=locale)}, {format_time(value, 'short', locale=locale or _active.get())}"


def ago(value: dt.datetime | None, *, now: dt.datetime, locale: str | None = None) -> str:
    """``just now``, ``4 min ago``, ``3 h ago``, ``1 day ago`` … ``7 days ago``; older ones are a date."""
    if value is None:
        return NOT_KNOWN
    passed = max(now - value, dt.timedelta())
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes}{NO_BREAK}min ago"
    if minutes < 60 * 24:
        return f"{minutes // 60}{NO_BREAK}h ago"
    if passed.days <= 7:
        return f"{passed.days} {'day' if passed.days == 1 else 'days'} ago"
    return date(value, locale=locale)


def plural(count: int, one: str, many: str | None = None, *, locale: str | None = None) -> str:
    """``1 account``, ``635 accounts``: the count with the right form of the word."""
    return f"{number(count, locale=locale)}{NO_BREAK}{one if count == 1 else many or f'{one}s'}"
