"""A plan with something in every section, for the tests of plans."""

import datetime
from typing import Any

from kam.tenancy.access import Principal
from planning.models import Plan
from planning.services.plan_sections import row_add, section_save
from planning.services.plans import plan_create
from tests.planning.grid import World

TEXTS = {
    "summary": "Nordlys builds two new pump halls until 2027. We win the service contract for both sites by "
    "proving forty percent fewer stops, and ask for one engineer in Bergen.",
    "profile": "Regional hotel group with forty houses; earns its money with conferences, energy prices halve "
    "its margin since 2023.",
    "pest": "Nordlys wants to be carbon neutral until 2030 and to own its heating plants.",
    "value": "Fewer stops of heating during the conference season, proven with counted hours, saves "
    "Nordlys 120,000 a year.",
    "actions": "First secure **service**, then sell heat pumps.\n\n- Oslo before Bergen\n- no discounts",
    "targets": "Service contract for Oslo from April, ten pumps in Bergen.",
    "reviewers": "Reviewed every quarter with the customer.",
}
ROWS: dict[str, list[dict[str, Any]]] = {
    "swot": [
        {"quadrant": "strength", "text": "Engineers on site within two hours", "evidence": "Call log 2025"},
        {"quadrant": "weakness", "text": "No spare parts store in Bergen", "evidence": "Stock list"},
        {"quadrant": "opportunity", "text": "Two new pump halls until 2027"},
        {"quadrant": "threat", "text": "Aqvendi undercuts service prices"},
    ],
    "pest": [{"quadrant": "economic", "text": "Energy prices doubled since 2022"}],
    "initiatives": [{"text": "Own heating plants", "solution": "Leased heat pumps with remote control"}],
    "next_steps": [{"text": "Walk through the Bergen site", "counterpart": "Ida Berg"}],
    "meetings": [
        {
            "title": "Board dinner",
            "held_on": datetime.date(2026, 3, 4),
            "goal": "Agree on the service level of both sites",
            "questions": ["What would a stop in May cost you?", "Who decides about owning plants?"],
            "to_learn": "How the budget of 2027 is made",
        }
    ],
    "progress_meetings": [
        {"title": "Half-year", "held_on": datetime.date(2026, 6, 10), "attendees": "Both CEOs"}
    ],
    "risks": [
        {
            "text": "Chief engineer retires in June",
            "likelihood": 4,
            "impact": 3,
            "answer": "Meet the successor",
        }
    ],
    "resources": [{"text": "Service engineer in Bergen", "days": 120, "provider": "Head of service"}],
    "targets": [
        {"year": 2025, "measure": "net_sales", "amount": "2000"},
        {"year": 2026, "measure": "net_sales", "amount": "4000"},
    ],
    "reviewers": [{"name": "Bo Lind", "side": "ours"}, {"name": "Ida Berg", "side": "customer"}],
}


def draft_of(world: World, principal: Principal, **values: Any) -> Plan:
    """An empty draft for 2026 of the world's account."""
    period = {"starts_on": datetime.date(2026, 1, 1), "ends_on": datetime.date(2026, 12, 31)}
    return plan_create(principal=principal, values={"account": world.account.pk, **period, **values})


def filled_plan(world: World, principal: Principal, *, owner: Any) -> Plan:
    """A draft with text and rows in every section that has them; actions belong to `owner` (a user id)."""
    plan = draft_of(world, principal)
    for key, text in TEXTS.items():
        section_save(principal=principal, plan=plan, key=key, text=text)
    for key, rows in ROWS.items():
        for row in rows:
            row_add(principal=principal, plan=plan, key=key, values=row)
    for number in (1, 2, 3):
        values = {
            "text": f"Build heat pump hall {number}",
            "owner": owner,
            "due_on": datetime.date(2026, number, 1),
        }
        row_add(principal=principal, plan=plan, key="actions", values=values)
    return plan
