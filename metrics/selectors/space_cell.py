"""One cell of Open Space with the reason of each of its figures, in numbers and in words (K4, K6)."""

import uuid
from collections.abc import Mapping
from typing import Any

from accounts.models import Account
from kam.common import formatting
from metrics.selectors.space_worth import published_ratios, worth_of
from planning.selectors.open_space import cell_at, grid_of
from planning.selectors.open_space_facts import ZERO, open_space_facts

POSITION_WORDS = {
    "ours": "we are better placed",
    "contested": "the place is contested",
    "competitor": "a competitor is better placed",
    "unknown": "nobody has said who is better placed",
}
GROWTH_WORDS = {
    "up_sell": "Up-sell: the account buys this product line already.",
    "cross_sell": "Cross-sell: the account buys this product line nowhere.",
    "co_creation": "Co-creation: an idea with this customer.",
}


def cell_explained(
    *, account: Account, segment: uuid.UUID | None, product_line: uuid.UUID
) -> dict[str, Any] | None:
    """One cell, what it stands on and `sentences` that say so; None where the grid has no such cell.

    Money per year in the base currency. The arithmetic is that of the grid and of UPV.
    """
    facts = open_space_facts(account)
    grid = grid_of(facts)
    rows = {row["id"]: row["name"] for row in grid["segments"]}
    lines = {line["id"]: line["name"] for line in grid["product_lines"]}
    if segment not in rows or product_line not in lines:
        return None
    cell = cell_at(facts, grid, (segment, product_line))
    ratios = published_ratios()
    worth = worth_of(cell, ratios)
    served = [factor for factor in grid["success_factors"] if factor["id"] in cell["csfs"]]
    elsewhere = facts.by_line.get(product_line, ZERO) - cell["current"]
    priority = {
        "gap": cell["gap"],
        "factors": served,
        "position": cell["position"],
        "position_factor": cell["position_factor"],
        "value": cell["priority"],
        "rank": cell["rank"],
        "ranked_cells": sum(other["rank"] is not None for other in grid["cells"]),
    }
    return {
        "cell": cell,
        "segment_name": rows[segment],
        "product_line_name": lines[product_line],
        "currency": grid["currency"],
        "window": grid["windows"]["trailing"],
        "sold_elsewhere": elsewhere,
        "priority": priority,
        "worth": worth,
        "ratios_as_of": ratios.date,
        "sentences": sentences(cell, priority, worth, grid["currency"]),
    }


def sentences(
    cell: Mapping[str, Any],
    priority: Mapping[str, Any],
    worth: Mapping[str, Any],
    currency: str,
) -> list[str]:
    """Why the cell shows what it shows, one sentence for each step."""

    def money(value: Any) -> str:
        return formatting.money_full(value, currency)

    found = []
    if cell["basis"] is None:
        found.append("No potential is entered, so there is no gap to rank.")
    else:
        source = (
            "entered"
            if cell["basis"] == "entered"
            else f"estimated from {formatting.plural(cell['buyers'], 'comparable buyer')}"
        )
        found.append(
            f"Gap: potential {money(cell['potential'])} ({source}) less sales of the last 12 months, "
            f"{money(max(cell['current'], ZERO))}, leaves {money(cell['gap'])} a year."
            if cell["basis"] == "entered"
            else f"Gap: potential {money(cell['potential'])} ({source}) less what the account buys of this line "
            f"in all segments leaves {money(cell['gap'])} a year."
        )
        count = len(priority["factors"])
        found.append(
            f"Priority: {money(cell['gap'])} × {1 + count} "
            f"({formatting.plural(count, 'success factor')} served) × {cell['position_factor']:g} "
            f"({POSITION_WORDS[cell['position']]}) = {formatting.number(cell['priority'])}"
            + (f", rank {cell['rank']} of {priority['ranked_cells']}." if cell["rank"] else ".")
        )
    override = " A person said so." if cell["growth_type_override"] else ""
    found.append(GROWTH_WORDS[cell["growth_type"]] + override)
    if worth["annual"] is not None and worth["ratio"] is not None:
        whose = "this line" if worth["ratio_basis"] == "line" else "the company as a whole"
        rate = formatting.percent(worth["ratio"], decimals=1)
        assumed = " by default" if cell["probability_assumed"] else ""
        found.append(
            f"Worth: {whose} contributes {rate} of extra sales, so the gap is worth {money(worth['annual'])} a "
            f"year; with {formatting.percent(cell['probability'], decimals=0)} probability{assumed}, "
            f"{money(worth['expected_annual'])}."
            if not worth["unprofitable"]
            else f"Worth: 0, because {whose} contributes {rate} of sales: more of it earns nothing."
        )
    elif cell["basis"] is not None:
        found.append("Worth: not known, because the company’s margins are not computed yet.")
    return found
