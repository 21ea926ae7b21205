"""The plan's pages: full and as fragments, with and without scripts, and how many queries they take."""

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Tenant
from planning.models import Plan, PlanEntry
from planning.selectors.plan_layout import SECTIONS
from planning.selectors.plans import plan_sections, text_digest
from planning.services.plan_lifecycle import plan_submit
from planning.services.plan_sections import row_add, section_save
from tests.factories import OpenSpaceCellFactory
from tests.planning.grid import World
from tests.planning.plans import draft_of, filled_plan

HTMX = {"HX-Request": "true"}
Browser = Callable[[str], Client]


@pytest.fixture
def kam(members: dict[str, Membership]) -> Principal:
    return Principal(member=members["kam"])


@pytest.fixture
def plan(world: World, tenant: Tenant, as_tenant: Any, kam: Principal) -> Plan:
    with as_tenant(tenant):
        return filled_plan(world, kam, owner=kam.member.user_id)


def test_an_account_without_a_plan_says_how_to_begin_one(world: World, browser_client: Browser) -> None:
    client, url = browser_client("kam"), f"/accounts/{world.account.pk}/plan/"
    page = client.get(url)
    assert "has no plan yet" in page.content.decode()
    wrong = client.post(f"{url}new/", {"title": "", "starts_on": "soon", "ends_on": "2026-12-31"})
    assert wrong.status_code == 422
    assert "“soon” is no date" in wrong.content.decode()
    made = client.post(f"{url}new/", {"title": "2026", "starts_on": "2026-01-01", "ends_on": "2026-12-31"})
    assert made.status_code == 302
    # What the ledger and Open Space already know counts; what a person has to write is asked for first.
    begun = client.get(url).content.decode()
    assert "of this plan has substance. “In short” needs you most." in begun
    for kind in ("pptx", "pdf", "xlsx"):
        assert f"/export/{kind}/" in begun
    assert "Begin a plan" not in browser_client("executive").get(url).content.decode()


@pytest.mark.parametrize("key", [spec.key.value for spec in SECTIONS])
def test_every_section_opens_for_its_people_and_for_readers(
    plan: Plan, browser_client: Browser, key: str
) -> None:
    for role, writes in (("kam", True), ("executive", False)):
        page = browser_client(role).get(f"/plans/{plan.pk}/?section={key}")
        assert page.status_code == 200
        html = page.content.decode()
        assert ('hx-post="/plans/' in re.sub(r"/comments/", "", html)) or not writes
        assert ("data-plan-text" in html or "/rows/" in html) == writes
        live = browser_client(role).get(f"/plans/{plan.pk}/{key}/live/", headers=HTMX)
        assert live.status_code == 200
        assert browser_client(role).get(f"/plans/{plan.pk}/read/{key}/").status_code == 200


def test_text_saves_as_a_fragment_and_a_conflict_waits_for_a_person(
    plan: Plan, browser_client: Browser, tenant: Tenant, as_tenant: Any, members: dict[str, Membership]
) -> None:
    client, url = browser_client("kam"), f"/plans/{plan.pk}/value/text/"
    with as_tenant(tenant):
        base = text_digest(plan_sections(plan)["value"].text)
    saved = client.post(url, {"text": "**Fewer stops**", "base": base}, headers=HTMX)
    html = saved.content.decode()
    assert 'data-state="saved"' in html
    assert "<strong>Fewer stops</strong>" in html
    # The sentence above the plan speaks of substance: it follows every write.
    assert '<h2 class="k-finding-account" id="plan-finding" hx-swap-oob="true">' in html
    assert 'hx-swap-oob="true"' in html
    with as_tenant(tenant):
        section_save(principal=Principal(members["admin"]), plan=plan, key="value", text="Theirs <b>now</b>")
    stale = client.post(url, {"text": "Mine", "base": text_digest("**Fewer stops**")}, headers=HTMX)
    assert stale["HX-Retarget"] == "#plan-text"
    html = stale.content.decode()
    for words in ("changed this section while you were writing", "Keep mine", "Take theirs", "Take both"):
        assert words in html
    assert "Theirs &lt;b&gt;now&lt;/b&gt;" in html
    plain = client.post(url, {"text": "Mine", "base": text_digest("**Fewer stops**")})
    assert plain.status_code == 409
    kept = client.post(
        url, {"text": "Mine", "base": text_digest("Theirs <b>now</b>"), "whole": "true"}, headers=HTMX
    )
    assert 'id="plan-text"' in kept.content.decode()
    with as_tenant(tenant):
        assert plan_sections(plan)["value"].text == "Mine"


def test_rows_are_added_changed_moved_and_deleted_without_scripts_too(
    plan: Plan, browser_client: Browser, tenant: Tenant, as_tenant: Any
) -> None:
    client, base = browser_client("kam"), f"/plans/{plan.pk}/swot/rows/"
    wrong = client.post(base, {"quadrant": "strength", "text": ""})
    assert wrong.status_code == 422
    assert client.post(base, {"quadrant": "strength", "text": "Spare parts in Oslo"}).status_code == 302
    with as_tenant(tenant):
        row = PlanEntry.objects.get(text="Spare parts in Oslo")
    url = f"{base}{row.pk}/"
    body = {"quadrant": "strength", "text": "Spare parts in Bergen", "version": row.version}
    assert client.post(url, body).status_code == 302
    stale = client.post(url, {**body, "text": "Spare parts at sea"})
    assert stale.status_code == 409
    assert "changed this entry while you were writing" in stale.content.decode()
    assert client.post(f"{url}move/", {"quadrant": "threat"}, headers=HTMX).status_code == 200
    with as_tenant(tenant):
        row.refresh_from_db()
        assert (row.text, row.quadrant) == ("Spare parts in Bergen", "threat")
    assert client.post(f"{url}delete/").status_code == 302
    assert client.get(url).status_code == 404


def test_what_other_pages_know_is_shown_whole_and_leads_there(
    plan: Plan, world: World, browser_client: Browser, tenant: Tenant, as_tenant: Any
) -> None:
    with as_tenant(tenant):
        OpenSpaceCellFactory(
            account=world.account,
            segment=world.south,
            product_line=world.valves,
            potential="5000",
            note="They want two suppliers from spring.",
        )
    html = browser_client("kam").get(f"/plans/{plan.pk}/open_space/live/", headers=HTMX).content.decode()
    assert f'href="/accounts/{world.account.pk}/open-space/"' in html
    assert re.search(r"<th[^>]*>Could buy, \$</th>", html), "the currency is named once, in the head"
    assert re.search(r"<td[^>]*>5,000</td>", html)
    beneath = html[html.index('class="k-doc-beneath"') :]
    assert "They want two suppliers from spring." in beneath


def test_who_may_not_write_is_refused(plan: Plan, browser_client: Browser) -> None:
    for role, status in (("executive", 403), ("contributor", 403)):
        answer = browser_client(role).post(f"/plans/{plan.pk}/value/text/", {"text": "x", "base": ""})
        assert answer.status_code in (status, 404), role


def test_markdown_runs_nothing(
    plan: Plan, browser_client: Browser, tenant: Tenant, as_tenant: Any, kam: Principal
) -> None:
    with as_tenant(tenant):
        text = "<script>alert(1)</script> [x](javascript:alert(1)) ![i](https://e.example/x.png) <img src=x onerror=a>"
        section_save(principal=kam, plan=plan, key="summary", text=text)
    html = browser_client("executive").get(f"/plans/{plan.pk}/?section=summary").content.decode()
    body = html[html.index('id="plan-text"') : html.index('id="plan-gaps"')]
    assert "<script" not in body
    assert "<img" not in body
    assert 'href="javascript' not in body


def _queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


@pytest.mark.parametrize("key", ["summary", "swot", "actions", "open_space", "targets", "reflection"])
def test_a_section_takes_as_many_queries_with_many_rows_as_with_few(
    world: World, browser_client: Browser, tenant: Tenant, as_tenant: Any, kam: Principal, key: str
) -> None:
    client = browser_client("kam")
    empty = _queries(client, f"/accounts/{world.account.pk}/segments/")
    with as_tenant(tenant):
        plan = draft_of(world, kam)
        _grow(plan, kam, 2)
    url = f"/plans/{plan.pk}/?section={key}"
    few = _queries(client, url)
    with as_tenant(tenant):
        _grow(plan, kam, 18)
    many = _queries(client, url)
    assert few == many
    # The page of segments itself takes two queries beyond the empty view's (its account and its rows).
    assert many - (empty - 2) <= 12


def _grow(plan: Plan, kam: Principal, count: int) -> None:
    for number in range(count):
        row_add(
            principal=kam, plan=plan, key="swot", values={"quadrant": "strength", "text": f"Entry {number}"}
        )
        values = {
            "text": f"Action {number}",
            "owner": kam.member.user_id,
            "due_on": datetime.date(2026, 3, 1),
        }
        row_add(principal=kam, plan=plan, key="actions", values=values)


def test_live_parts_changes_and_versions_keep_to_twelve_queries(
    plan: Plan, browser_client: Browser, world: World, tenant: Tenant, as_tenant: Any, kam: Principal
) -> None:
    client = browser_client("kam")
    empty = _queries(client, f"/accounts/{world.account.pk}/segments/") - 2
    with as_tenant(tenant):
        plan_submit(principal=kam, plan=plan)
    for path in (
        "open_space/live/",
        "buying_centre/live/",
        "opportunities/live/",
        "reflection/live/",
        "changes/?since=start",
        "versions/",
        "versions/1/",
        "read/",
        "read/swot/",
    ):
        assert _queries(client, f"/plans/{plan.pk}/{path}") - empty <= 12, path
    # Not since its start: within one test everything happens in the moment of one transaction.
    changes = client.get(f"/plans/{plan.pk}/changes/?since=month").content.decode()
    assert "Engineers on site within two hours" in changes
