"""Lists and their address: filters, sorting, pages. All of it works without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.core.paginator import Page
from django.http import HttpRequest, QueryDict

Context = template.Context

register = template.Library()


@register.inclusion_tag("components/filter_chip.html", takes_context=True)
def filter_chip(
    context: Context, label: str, name: str, options: Sequence[Mapping[str, Any]], everything: str = ""
) -> dict[str, Any]:
    """A filter of the surrounding GET form. Each option: ``value``, ``label``, optionally ``count``.

    What is selected is read from the address; ``everything`` names the unfiltered state (default ``All 6``).
    """
    chosen = set(_query(context).getlist(name))
    listed = [{**option, "selected": str(option["value"]) in chosen} for option in options]
    selected = [option["label"] for option in listed if option["selected"]]
    if not selected:
        summary = everything or f"All {len(listed)}"
    else:
        summary = str(selected[0]) if len(selected) == 1 else f"{len(selected)} of {len(listed)}"
    return {
        "label": label,
        "name": name,
        "options": listed,
        "summary": summary,
        "on": bool(selected),
        "searchable": len(listed) > 8,
        "clear": _with(context, {name: None, "page": None}),
    }


@register.inclusion_tag("components/toggle_chip.html", takes_context=True)
def toggle_chip(
    context: Context, label: str, name: str, value: str = "true", icon_name: str = ""
) -> dict[str, Any]:
    """A filter that is on or off, as a link that changes the address."""
    on = _query(context).get(name) == value
    return {
        "label": label,
        "icon_name": icon_name,
        "on": on,
        "url": _with(context, {name: None if on else value, "page": None}),
        "name": name,
        "value": value,
    }


@register.inclusion_tag("components/sort_th.html", takes_context=True)
def sort_th(
    context: Context, label: str, field: str, left: bool = False, descending: bool = True, css: str = ""
) -> dict[str, Any]:
    """A sortable column head: a link that keeps the filters. Begins descending for figures.

    The present order is ``ordering`` of the context, else of the address.
    """
    current = str(context.get("ordering") or _query(context).get("ordering", ""))
    direction = {field: "ascending", f"-{field}": "descending"}.get(current, "")
    if direction:
        target = field if direction == "descending" else f"-{field}"
    else:
        target = f"-{field}" if descending else field
    return {
        "label": label,
        "direction": direction,
        "url": _with(context, {"ordering": target, "page": None}),
        "left": left,
        "css": css,
        "arrow": "arrow-up" if direction == "ascending" else "arrow-down",
        "swap_target": context.get("swap_target", ""),
    }


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: Context, page: Page[Any], one: str = "row", many: str = "") -> dict[str, Any]:
    """``1–50 of 635 accounts`` with the way back and forth; keeps the filters. Nothing on an empty list."""
    return {
        "page": page,
        "word": one if page.paginator.count == 1 else many or f"{one}s",
        "previous": _with(context, {"page": page.previous_page_number()}) if page.has_previous() else "",
        "next": _with(context, {"page": page.next_page_number()}) if page.has_next() else "",
        "swap_target": context.get("swap_target", ""),
    }


def _query(context: Context) -> QueryDict:
    request: HttpRequest | None = context.get("request")
    return request.GET if request is not None else QueryDict()


def _with(context: Context, changes: Mapping[str, str | int | None]) -> str:
    """The present query string with some parameters replaced (None removes one)."""
    query = _query(context).copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else "?"
