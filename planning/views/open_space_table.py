"""Open Space as a plain table: without JavaScript, on paper, for whoever likes it better (K6)."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from kam.common import formatting
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires
from planning.findings.open_space import open_space_finding
from planning.models import Position
from planning.selectors.open_space import open_space_grid
from planning.views.open_space import list_facts, visible_account, window_words

POSITION_WORDS = dict(Position.choices)


def _unit(grid: dict[str, Any]) -> str:
    grand = grid["totals"]["grand"]
    return "k" if max(abs(grand["current"]), grand["potential"] or 0) >= 100_000 else ""


def _short(value: Any, unit: str, *, signed: bool = False) -> str:
    if value is None:
        return ""
    if not unit:
        return formatting.number(value, signed=signed)
    small = 0 < abs(value) < 9_950
    return formatting.number(value / 1000, decimals=1 if small else 0, signed=signed)


def _sums(total: dict[str, Any], unit: str, sales: str) -> dict[str, str]:
    return {"current": _short(total[sales], unit), "gap": _short(total["gap"], unit, signed=True)}


def _text(cell: dict[str, Any] | None, unit: str, sales: str) -> dict[str, str]:
    if cell is None:
        return {"current": "", "gap": "", "position": "", "rank": ""}
    known = cell["position"] != Position.UNKNOWN.value
    rival = cell["competitor"] or ""
    return {
        "current": _short(cell[sales], unit) if cell[sales] else "–",
        "gap": ("≈ " if cell["basis"] == "estimated" else "") + _short(cell["gap"], unit, signed=True),
        "position": " ".join(filter(None, [POSITION_WORDS[cell["position"]] if known else "", rival])),
        "rank": str(cell["rank"]) if cell["rank"] and cell["rank"] <= 6 else "",
    }


@requires("accounts.view")
def open_space_table(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """The whole grid as one table; every cell links to the page where it is read and changed.

    `?sales=fiscal_year` shows the sales of the last fiscal year; gaps keep the trailing 12 months (K6).
    """
    principal: Principal = request.principal  # type: ignore[attr-defined]
    account = visible_account(request, account_id)
    grid = open_space_grid(account=account)
    fiscal = request.GET.get("sales") == "fiscal_year"
    sales = "current_fiscal_year" if fiscal else "current"
    unit = _unit(grid)
    cells = {(cell["segment"], cell["product_line"]): cell for cell in grid["cells"]}
    totals = grid["totals"]
    sums = {total["segment"]: total for total in totals["rows"]}
    depth: dict[uuid.UUID | None, int] = {}
    urls = {
        line["id"]: reverse("planning:open_space_cell", args=[account.pk, line["id"]])
        for line in grid["product_lines"]
    }
    rows = []
    for row in grid["segments"]:
        depth[row["id"]] = depth[row["parent"]] + 1 if row["parent"] in depth and row["parent"] else 0
        rows.append(
            {
                "name": row["name"],
                "depth": min(depth[row["id"]], 5),
                "total": _sums(sums[row["id"]], unit, sales),
                "cells": [
                    {
                        **_text(cells.get((row["id"], line["id"])), unit, sales),
                        "line": line["name"],
                        "url": f"{urls[line['id']]}?{urlencode({'segment': row['id'] or ''})}",
                    }
                    for line in grid["product_lines"]
                ],
            }
        )
    symbol = formatting.currency_symbol(grid["currency"])
    context = {
        "account": account,
        "finding": open_space_finding(grid, account.name),
        "lists": list_facts(grid),
        "currency": grid["currency"],
        "window": window_words(grid, "fiscal_year" if fiscal else "trailing"),
        "fiscal": fiscal,
        "unit": f"{symbol.strip()} thousand a year" if unit else f"{symbol.strip()} a year",
        "groups": _groups(grid, unit, sales),
        "lines": grid["product_lines"],
        "rows": rows,
        "columns": [_sums(total, unit, sales) for total in totals["columns"]],
        "grand": _sums(totals["grand"], unit, sales),
        "can_change": principal.can("accounts.change", account),
    }
    return render(request, "planning/open_space_table.html", context)


def _groups(grid: dict[str, Any], unit: str, sales: str) -> list[dict[str, Any]]:
    """Heads over the columns: business units in their order, the ideas together at the end."""
    columns = {total["product_line"]: total for total in grid["totals"]["columns"]}
    groups: list[dict[str, Any]] = []
    for line in grid["product_lines"]:
        idea = line["kind"] == "idea"
        key = "ideas" if idea else line["business_unit"]
        if not groups or groups[-1]["key"] != key:
            name = "Ideas" if idea else line["business_unit_name"]
            groups.append({"key": key, "name": name, "span": 0, sales: 0, "gap": None})
        group, total = groups[-1], columns[line["id"]]
        group["span"] += 1
        group[sales] += total[sales]
        if total["gap"] is not None:
            group["gap"] = (group["gap"] or 0) + total["gap"]
    return [{**group, "total": _sums(group, unit, sales)} for group in groups]
