"""Figures, money and dates as LOOK §4 writes them, and figures that can be asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kam.common import formatting
from kam.common.formatting import Number, Unit

register = template.Library()


def _figure(text: str, value: Number | None, *, colour: bool) -> SafeString:
    if value is None:
        return format_html('<span class="k-unknown">{}</span>', text)
    tone = " k-neg" if colour and text.startswith(formatting.MINUS) else ""
    return format_html('<span class="k-num{}">{}</span>', tone, text)


@register.simple_tag
def money(
    value: Number | None,
    currency: str = "",
    unit: Unit | None = None,
    signed: bool = False,
    colour: bool = True,
) -> SafeString:
    """Short money: ``$36.24M``; negative in cut-ink; None reads ``not known``."""
    return _figure(formatting.money(value, currency, unit=unit, signed=signed), value, colour=colour)


@register.simple_tag
def money_full(
    value: Number | None, currency: str = "", decimals: int | None = None, colour: bool = True
) -> SafeString:
    """Money with all digits: ``$36,241,880.12``."""
    return _figure(formatting.money_full(value, currency, decimals=decimals), value, colour=colour)


@register.simple_tag
def thousands(value: Number | None, signed: bool = False, colour: bool = False) -> SafeString:
    """A figure under a head that says ``$ thousand``."""
    return _figure(formatting.thousands(value, signed=signed), value, colour=colour)


@register.simple_tag
def number(value: Number | None, decimals: int = 0, signed: bool = False, colour: bool = False) -> SafeString:
    """Full digits with separators."""
    return _figure(formatting.number(value, decimals=decimals, signed=signed), value, colour=colour)


@register.simple_tag
def percent(
    ratio: Number | None, decimals: int = 1, signed: bool = False, colour: bool = False
) -> SafeString:
    """A ratio (0.298) as ``29.8 %``."""
    return _figure(formatting.percent(ratio, decimals=decimals, signed=signed), ratio, colour=colour)


@register.simple_tag
def change(
    value: Number | None, kind: str = "percent", currency: str = "", colour: bool = True
) -> SafeString:
    """A change, always with its sign: kind is percent (of a ratio), money, number, thousands or points."""
    if kind == "money":
        text = formatting.money(value, currency, signed=True)
    elif kind == "number":
        text = formatting.number(value, signed=True)
    elif kind == "thousands":
        text = formatting.thousands(value, signed=True)
    elif kind == "points":
        text = formatting.points(value)
    else:
        text = formatting.percent(value, signed=True)
    return _figure(text, value, colour=colour)


@register.simple_tag
def estimate(text: str) -> SafeString:
    """Marks a written figure as an estimate: ``≈ $0.4M``."""
    return format_html('<span class="k-num">{}</span>', formatting.estimate(text))


@register.simple_tag
def date(value: dt.date | dt.datetime | None) -> SafeString:
    """``30 Nov 2013`` in the reader's locale, as a ``<time>``."""
    if value is None:
        return format_html('<span class="k-unknown">{}</span>', formatting.NOT_KNOWN)
    return format_html(
        '<time class="k-num" datetime="{}">{}</time>', value.isoformat(), formatting.date(value)
    )


@register.simple_tag
def month(value: dt.date | None) -> SafeString:
    """``Nov 2013``."""
    return format_html('<span class="k-num">{}</span>', formatting.month(value))


@register.simple_tag
def ago(value: dt.datetime | None) -> SafeString:
    """``4 min ago`` up to 7 days, then the date; the exact moment is its title."""
    if value is None:
        return format_html('<span class="k-unknown">{}</span>', formatting.NOT_KNOWN)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        formatting.moment(timezone.localtime(value)),
        formatting.ago(value, now=timezone.now()),
    )


@register.filter
def minutes(value: dt.timedelta | None) -> str:
    """A span of time in whole minutes: ``15 minutes``."""
    return "a while" if value is None else formatting.plural(round(value.total_seconds() / 60), "minute")


@register.simple_tag
def plural(count: int, one: str, many: str = "") -> str:
    """``1 account``, ``635 accounts``."""
    return formatting.plural(count, one, many or None)


@register.simple_tag
def explained(text: Any, url: str, label: str = "") -> SafeString:
    """A figure with a dotted underline: opens ``url`` as a popover, without JavaScript as a page.

    ``label`` adds what the figure is to its accessible name (``Net sales``).
    """
    return format_html(
        '<a class="k-explained" href="{}" data-explain aria-haspopup="dialog" aria-expanded="false">'
        '{}<span class="k-hidden-text"> {}, explain</span></a>',
        url,
        text,
        label,
    )


@register.simple_block_tag(end_name="endexplain")
def explain(content: SafeString, text: Any, label: str = "") -> SafeString:
    """The same with the explanation in the page: ``{% explain "$0.89M" "value" %}…{% endexplain %}``."""
    return format_html(
        '<button type="button" class="k-explained" data-explain aria-haspopup="dialog" aria-expanded="false">'
        '{}<span class="k-hidden-text"> {}, explain</span></button><template>{}</template>',
        text,
        label,
        content,
    )


@register.inclusion_tag("components/explanation.html")
def explanation(
    title: str,
    method: str = "",
    formula: str = "",
    inputs: Sequence[Mapping[str, Any]] = (),
    as_of: dt.date | None = None,
    engine: str = "",
    change_url: str = "",
    change_label: str = "Change inputs",
) -> dict[str, Any]:
    """The inside of a popover. Each input: ``label``, ``value`` and ``source`` (who set it)."""
    return locals()
