"""Parts of a plan's document on a page: values, tables, bars."""

from typing import Any

from django import template

from kam.common import formatting
from planning.selectors.plan_parts import Chart, Column, Kind, Row, Table, Value, show

register = template.Library()
_RIGHT = ("money", "number", "ratio")
_LONG = ("long", "list")
MOST_COLUMNS = 5
"""What fits beside a column of several lines."""


@register.simple_tag
def plan_value(value: Value, kind: Kind, currency: str = "") -> str:
    """A value of a document as a person reads it."""
    return show(value, kind, currency)


@register.inclusion_tag("planning/partials/doc_table.html")
def plan_table(table: Table, currency: str) -> dict[str, Any]:
    """A table of a document. Columns in which nothing is known are left out, except the first.

    Money names its currency once, in the head. In a wide table what takes several lines stands beneath its row.
    """
    known = [
        column
        for number, column in enumerate(table.columns)
        if number == 0 or any(row.cells.get(column.key) not in (None, "") for row in table.rows)
    ]
    beneath = [column for column in known if column.kind in _LONG] if len(known) > MOST_COLUMNS else []
    columns = [column for column in known if column not in beneath]
    return {
        "table": table,
        "columns": [
            {"label": _head(column, currency), "left": column.kind not in _RIGHT} for column in columns
        ],
        "width": len(columns),
        "rows": [
            {
                "cells": [_cell(row, column, currency) for column in columns],
                "beneath": [
                    (column.label, _cell(row, column, currency))
                    for column in beneath
                    if row.cells.get(column.key) not in (None, "")
                ],
            }
            for row in table.rows
        ],
    }


def _head(column: Column, currency: str) -> str:
    sign = formatting.currency_symbol(currency).strip()
    return f"{column.label}, {sign}" if column.kind == "money" and sign else column.label


def _cell(row: Row, column: Column, currency: str) -> dict[str, Any]:
    value = row.cells.get(column.key)
    return {
        "text": show(value, "number" if column.kind == "money" else column.kind, currency),
        "left": column.kind not in _RIGHT,
        "long": column.kind in _LONG,
        "day": column.kind == "day",
        "unknown": value in (None, ""),
    }


@register.inclusion_tag("planning/partials/doc_chart.html")
def plan_chart(chart: Chart, currency: str) -> dict[str, Any]:
    """Bars of a document, one group per category; lengths in per cent of the longest."""
    longest = max(
        (abs(value) for line in chart.lines for value in line.values if value is not None), default=0
    )
    return {
        "chart": chart,
        "legend": [
            {"number": number, "label": line.label} for number, line in enumerate(chart.lines, start=1)
        ],
        "groups": [
            {
                "name": name,
                "bars": [
                    {
                        "number": number,
                        "label": line.label,
                        "text": formatting.money(line.values[place], currency),
                        "width": f"{abs(line.values[place] or 0) / longest * 100:.2f}" if longest else "",
                        "negative": (line.values[place] or 0) < 0,
                    }
                    for number, line in enumerate(chart.lines, start=1)
                ],
            }
            for place, name in enumerate(chart.categories)
        ],
    }
