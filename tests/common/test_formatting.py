"""LOOK §4: how figures, money and dates are written."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kam.common import formatting

NOW = datetime(2013, 12, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("36241880.12"), "$36.24M"),
        (1_000_000, "$1.00M"),
        (999_600, "$1.00M"),
        (999_499, "$999k"),
        (535_320, "$535k"),
        (99_960, "$100k"),
        (99_949, "$99.9k"),
        (19_840, "$19.8k"),
        (1_000, "$1.0k"),
        (999.7, "$1.0k"),
        (812.4, "$812"),
        (0.4, "$0.40"),
        (0, "$0"),
        (Decimal("-1581000"), "\u2212$1.58M"),
        (-86_700, "\u2212$86.7k"),
        (-0.001, "$0.00"),
        (None, "not known"),
    ],
)
def test_money_is_short_and_never_pretends(value: Decimal | float | None, expected: str) -> None:
    assert formatting.money(value, "USD", locale="en_GB") == expected


@pytest.mark.parametrize(
    ("locale", "short", "full", "share", "day"),
    [
        ("en_GB", "€36.24M", "\u2212€1,234,567.50", "29.8\u00a0%", "3 Sep 2013"),
        ("en_US", "€36.24M", "\u2212€1,234,567.50", "29.8\u00a0%", "Sep 3, 2013"),
        ("de_DE", "€36,24M", "\u2212€1.234.567,50", "29,8\u00a0%", "03.09.2013"),
        ("fr_FR", "€36,24M", "\u2212€1\u202f234\u202f567,50", "29,8\u00a0%", "3 sept. 2013"),
        ("en_IN", "€36.24M", "\u2212€12,34,567.50", "29.8\u00a0%", "3 Sep 2013"),
    ],
)
def test_the_locale_decides_signs_and_the_order_of_a_date(
    locale: str, short: str, full: str, share: str, day: str
) -> None:
    assert formatting.money(Decimal("36241880"), "EUR", locale=locale) == short
    assert formatting.money_full(Decimal("-1234567.495"), "EUR", locale=locale) == full
    assert formatting.percent(Decimal("0.298"), locale=locale) == share
    assert formatting.date(date(2013, 9, 3), locale=locale) == day


def test_currencies_are_told_apart_and_precision_is_theirs() -> None:
    assert formatting.money(1200, "CAD") == "CA$1.2k"
    assert formatting.money(1200, "NOK") == "NOK\u00a01.2k"
    assert formatting.money(-1200, "NOK") == "\u2212NOK\u00a01.2k"
    assert formatting.money(1200) == "1.2k"
    assert formatting.money_full(1200, "JPY") == "¥1,200"
    assert formatting.money_full(1200, "USD", decimals=0) == "$1,200"


def test_a_change_always_carries_its_sign() -> None:
    assert formatting.percent(0.298, signed=True) == "+29.8\u00a0%"
    assert formatting.money(343_000, "USD", signed=True) == "+$343k"
    assert formatting.number(-313, signed=True) == "\u2212313"
    assert formatting.number(0, signed=True) == "0"
    assert formatting.points(Decimal("-0.028")) == "\u22122.8\u00a0points"


def test_a_column_is_in_one_unit() -> None:
    column = [Decimal("1240000"), Decimal("-17000"), None]
    unit = formatting.common_unit(column)
    assert unit == "M"
    assert [formatting.money(value, "USD", unit=unit) for value in column] == [
        "$1.24M",
        "\u2212$0.02M",
        "not known",
    ]
    assert formatting.common_unit([]) == ""


def test_thousands_are_written_in_full_digits() -> None:
    assert formatting.thousands(2_846_310) == "2,846"
    assert formatting.thousands(-313_400, signed=True) == "\u2212313"
    assert formatting.thousands(None) == "not known"


def test_not_known_is_words_everywhere() -> None:
    assert formatting.percent(None) == "not known"
    assert formatting.number(None) == "not known"
    assert formatting.date(None) == "not known"
    assert formatting.ago(None, now=NOW) == "not known"
    assert formatting.money_full(None, "USD") == "not known"
    assert formatting.estimate(formatting.money(None, "USD")) == "not known"
    assert formatting.estimate("$0.4M") == "\u2248\u00a0$0.4M"


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        (timedelta(seconds=30), "just now"),
        (timedelta(seconds=-30), "just now"),
        (timedelta(minutes=4), "4\u00a0min ago"),
        (timedelta(hours=3, minutes=59), "3\u00a0h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=7, hours=5), "7 days ago"),
        (timedelta(days=8), "26 Nov 2013"),
    ],
)
def test_recent_moments_are_relative(passed: timedelta, expected: str) -> None:
    assert formatting.ago(NOW - passed, now=NOW) == expected


def test_months_and_moments() -> None:
    assert formatting.month(date(2013, 11, 30)) == "Nov 2013"
    assert formatting.month(date(2013, 11, 30), locale="de_DE") == "Nov. 2013"
    assert formatting.moment(NOW, locale="en_GB") == "4 Dec 2013, 12:00"


def test_counts_agree_with_their_word() -> None:
    assert formatting.plural(1, "account") == "1\u00a0account"
    assert formatting.plural(1635, "account") == "1,635\u00a0accounts"
    assert formatting.plural(2, "country", "countries") == "2\u00a0countries"


def test_the_active_locale_is_used_and_an_unknown_one_is_refused() -> None:
    with formatting.using("de_DE"):
        assert formatting.number(1234.5, decimals=1) == "1.234,5"
    assert formatting.number(1234.5, decimals=1) == "1,234.5"
    formatting.activate("xx_nowhere")
    assert formatting.active_locale() == formatting.DEFAULT_LOCALE


@given(st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, places=4))
def test_short_money_is_within_its_own_rounding(value: Decimal) -> None:
    text = formatting.money(value, "USD").replace("\u2212", "-").replace("$", "").replace(",", "")
    scale = {"M": 10**6, "k": 10**3}.get(text[-1], 1)
    shown = Decimal(text.rstrip("kM")) * scale
    tolerance = (
        Decimal(scale) / 2 if scale == 1 or (abs(value) >= 99_950 and scale == 1000) else Decimal(scale) / 20
    )
    assert abs(shown - value) <= tolerance
    assert not text.startswith("-0.00") or abs(value) >= Decimal("0.005")
