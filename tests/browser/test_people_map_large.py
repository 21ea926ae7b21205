"""The people map of a thousand people and three thousand lines: how much work it is, and what is drawn of it.

The data stands in for the server's, so that the browser's own work is measured; the server's is held by
`tests/bench/people.py`.
"""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.models import Account
from kam.tenancy.context import tenant_context
from tests.browser.conftest import Open, assert_shown_well
from tests.factories import AccountFactory

ROLES = ("decider", "facilitator", "influencer", "buyer", "user", "advisor", "gatekeeper")
# Main thread, from the address to everything that is computed: 0.65 s for eight people, 1.0–1.3 s for a thousand;
# 2.8 s while Cytoscape had all the lines.
MOST_TIMES = 3.0


def key(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012d}"


def centre(people: int, lines: int) -> dict[str, Any]:
    """A tree of eight reports each, lines between any two, one of ours who covers every twentieth."""
    chance = random.Random(23)
    ada, nodes = key(900_000), []
    for n in range(people):
        power, attitude = chance.randint(0, 10), chance.randint(-2, 2)
        nodes.append(
            {
                "id": key(n),
                "person": key(500_000 + n),
                "name": f"Person {n:04}",
                "title": f"Title {n % 90}",
                "department": f"Department {n % 40}",
                "level": None,
                "roles": ["decider" if n < 5 else ROLES[1 + n % 6]],
                "is_placeholder": n % 50 == 49,
                "left_on": None,
                "reports_to": key((n - 1) // 8) if n else None,
                "attitude": attitude,
                "power": power,
                "receptiveness": 5,
                "strength": n % 6 if n % 20 == 0 else None,
                "is_opponent": False,
                "competitor": None,
                "covered_by": ada if n % 20 == 0 else None,
                "x": None,
                "y": None,
                "is_parked": False,
                "zones": (["power"] if power > 6 else []) + (["threat"] if attitude < 0 else []),
                "version": 1,
            }
        )
    pairs = [(a, b) for a in range(people) for b in range(people) if a != b]
    links = [
        {
            "id": key(700_000 + n),
            "from": key(source),
            "to": key(target),
            "kind": "conflict" if n % 12 == 11 else "influence",
            "topic": f"topic {n % 50}",
            "strength": chance.randint(1, 5),
            "note": None,
            "version": 1,
        }
        for n, (source, target) in enumerate(chance.sample(pairs, lines))
    ]
    return {
        "account": key(1),
        "today": "2026-03-01",
        "as_of": None,
        "nodes": nodes,
        "links": links,
        "ours": [{"id": ada, "name": "Ada Berg", "role": "Key account manager", "is_lead": True}],
        "ties": [{"ours": ada, "contact": key(n), "strength": 3} for n in range(0, people, 20)],
    }


COMPUTED = {
    "account": key(1),
    "as_of": None,
    "finding": "Many people, and nobody covers the one who decides",
    "gaps_title": "No gap",
    "balance": "",
    "gaps": [],
    "paths": [],
}


@pytest.fixture
def account(tenant, members) -> Account:
    with tenant_context(tenant.id):
        return AccountFactory(name="Large customer", owner=members["kam"])


def open_centre(page: Page, data: dict[str, Any], account: Account) -> None:
    """The map in a fresh page, with this centre for what the server would tell."""

    def answer(route: Route) -> None:
        path = route.request.url.split("?")[0]
        told = (
            COMPUTED if path.endswith("findings/") else {"marks": []} if path.endswith("history/") else data
        )
        route.fulfill(body=json.dumps(told), content_type="application/json")

    page.route("**/api/v1/accounts/*/people-map/**", answer)
    root = "/".join(page.context.pages[0].url.split("/")[:3])
    page.goto(f"{root}/accounts/{account.pk}/people/map/", timeout=60_000)
    page.locator("#pm-map[data-complete]").wait_for(timeout=60_000)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def meter(page: Page) -> Callable[[], float]:
    """Tells the seconds of processor time that the page's main thread has used since now; no other program counts."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def read() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float(next(entry["value"] for entry in metrics if entry["name"] == "ThreadTime"))

    return read


def test_a_thousand_people_are_little_more_work_than_eight(open_as: Open, account, members) -> None:
    context = open_as(members["kam"], f"/accounts/{account.pk}/").context
    used: dict[int, float] = {}
    # The first one fills the caches of the browser and of the server.
    for people, lines in ((8, 10), (8, 10), (1000, 3000)):
        page = context.new_page()
        seconds = meter(page)
        open_centre(page, centre(people, lines), account)
        used[people] = seconds()
        page.close()
    assert used[8] > 0.1, "the meter did not run"
    assert used[1000] <= MOST_TIMES * used[8], used


def test_a_large_map_opens_at_its_head_and_shows_the_lines_of_whoever_is_chosen(
    open_as: Open, account, members
) -> None:
    page = open_as(members["kam"], f"/accounts/{account.pk}/").context.new_page()
    open_centre(page, centre(1000, 3000), account)
    expect(page.locator("#pm-many")).to_have_text("3,000 lines: come closer, or choose a person")
    # Cards exist for those in view, and the head is among them.
    expect(page.locator(".pm-over .pm-card", has_text="Person 0000")).to_be_visible()
    assert page.locator(".pm-over .pm-card").count() < 120
    page.locator("#pm-map").focus()
    page.keyboard.press("Home")
    side = page.locator("#pm-side")
    expect(side.locator("[data-chosen]")).to_contain_text("Person 0000")
    side.locator(".pm-line").first.click()
    expect(side.locator("[data-chosen]")).to_contain_text("topic")
    # Far out everybody is there as a shape; picking a kind of line in the legend draws all of them.
    page.locator("#pm-fit").click()
    expect(page.locator(".pm-over .pm-card")).to_have_count(0)
    before = ink(page)
    page.locator("[data-pick=influence]").hover()
    page.wait_for_function(
        "before => document.querySelector('.pm-ground').toDataURL().length !== before", arg=before
    )
    assert ink(page) > before
    page.set_viewport_size({"width": 1440, "height": 900})
    assert_shown_well(page)


def ink(page: Page) -> int:
    """How much is drawn on the ground under the cards: the length of its picture."""
    return int(page.evaluate("document.querySelector('.pm-ground').toDataURL().length"))
