"""Notices, empty states, progress, the reference date, tabs, dialogs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

from kam.common import formatting
from kam.common.formatting import Number
from kam.common.markdown import render as render_markdown

Context = template.Context

register = template.Library()


@register.inclusion_tag("components/kpi.html")
def kpi(
    label: str,
    value: Any,
    small: str = "",
    compare: Any = "",
    trend: str = "",
    good: bool | None = None,
    url: str = "",
    values: Sequence[Number | None] | None = None,
    spark_label: str = "",
    filled: int | None = None,
    total: int | None = None,
) -> dict[str, Any]:
    """One cell of the KPI band. ``value`` and ``compare`` are written already; ``url`` explains the figure.

    ``trend``: up, down, flat or open (coverage); ``good`` says what it means, by default up is good.
    ``values`` draws the sparkline, ``filled`` and ``total`` the coverage ticks instead.
    """
    is_good = good if good is not None else trend == "up"
    tone = {"up": True, "down": True}.get(trend, False)
    return {
        "label": label,
        "value": value,
        "known": value is not None and value != formatting.NOT_KNOWN,
        "small": small,
        "compare": compare,
        "trend": trend,
        "trend_icon": {
            "up": "trending-up",
            "down": "trending-down",
            "flat": "minus",
            "open": "circle-dashed",
        }.get(trend, ""),
        "trend_meaning": ("keep" if is_good else "cut") if tone else "none",
        "url": url,
        "values": values,
        "spark_label": spark_label or f"{label}, rolling 12 months",
        "filled": filled,
        "total": total,
    }


@register.inclusion_tag("components/notice.html")
def notice(
    title: str,
    text: Any = "",
    meaning: str = "accent",
    icon_name: str = "",
    url: str = "",
    action: str = "",
    post: bool = False,
) -> dict[str, Any]:
    """A bold fact, its detail and one action (a link, or with ``post`` a button that posts to ``url``)."""
    icons = {
        "accent": "info-circle",
        "keep": "circle-check",
        "grow": "alert-triangle",
        "hold": "info-square-rounded",
        "cut": "alert-octagon",
        "none": "help",
    }
    return {**locals(), "icon_name": icon_name or icons.get(meaning, "info-circle")}


@register.inclusion_tag("components/empty_state.html")
def empty_state(
    title: str,
    text: str,
    drawing: str = "list",
    url: str = "",
    action: str = "",
    other_url: str = "",
    other_action: str = "",
    page: bool = False,
) -> dict[str, Any]:
    """What is missing, why, one main and one other way to begin.

    ``drawing``: list, grid, chart, people, file or search.
    """
    return locals()


@register.inclusion_tag("components/progress.html")
def progress(
    title: str,
    done: int = 0,
    total: int | None = None,
    left: str = "",
    note: str = "You can go on working.",
    url: str = "",
    every: str = "1s",
) -> dict[str, Any]:
    """A running job: n of N, time left. With ``url`` it fetches itself anew until an answer stops it."""
    return locals()


@register.inclusion_tag("components/asof.html", takes_context=True)
def asof(
    context: Context,
    date: dt.date | None,
    computed_at: dt.datetime | None = None,
    stale: int = 0,
    recompute_url: str = "",
    pin_url: str = "",
    pinned: bool = False,
    latest: dt.date | None = None,
    job_url: str = "",
) -> dict[str, Any]:
    """The joined control: reference date | computed … ago | Recompute.

    ``stale``: how many accounts have newer data. ``recompute_url`` is posted to; empty hides the button (the
    role cannot). ``pin_url`` takes ``reference_date`` (empty: today's).
    ``job_url``: where a running job reports.
    """
    return {
        "csrf_token": context.get("csrf_token"),
        "date": date,
        "computed_at": computed_at,
        "stale": stale,
        "recompute_url": recompute_url,
        "pin_url": pin_url,
        "pinned": pinned,
        "latest": latest,
        "job_url": job_url,
    }


@register.inclusion_tag("components/tabs.html")
def tabs(items: Sequence[Mapping[str, Any]], label: str, sticky: bool = True) -> dict[str, Any]:
    """Tabs as links. Each item: ``label``, ``url``, ``current``, optionally ``count`` and ``warn``."""
    return locals()


@register.inclusion_tag("components/dialog.html")
def confirm_dialog(
    dialog_id: str, title: str, text: str, url: str, action: str, danger: bool = False
) -> dict[str, Any]:
    """A question before a POST to ``url``; opened by ``data-dialog-open="#id"``."""
    return locals()


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField, help_text: str = "", full: bool = False, without_help: bool = False
) -> dict[str, Any]:
    """One field of a form: label, widget, help, errors. Whether it is optional is said, not starred."""
    widget = bound.field.widget
    return {
        "field": bound,
        "help_text": help_text or bound.help_text,
        "without_help": without_help,
        "full": full,
        "is_check": getattr(widget, "input_type", "") == "checkbox",
        "is_password": getattr(widget, "input_type", "") == "password",
        "is_file": getattr(widget, "input_type", "") == "file",
        "optional": not bound.field.required,
    }


@register.filter
def markdown(text: str) -> SafeString:
    """What people wrote, as safe HTML: ``{{ section.text|markdown }}``."""
    return render_markdown(text or "")
