"""`plans/` over REST: names of the contract, sections with ETags of their own, the role matrix (INTERFACE §2, §4)."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.factories import ObjectiveFactory
from tests.planning.grid import World

Api = Callable[..., APIClient]
TEXT = (
    "Nordlys builds two new pump halls until 2027; we win the service contract for both by proving fewer stops "
    "and ask for one engineer in Bergen."
)


@pytest.fixture
def plan(world: World, api: Api) -> dict[str, Any]:
    body = {"account": str(world.account.pk), "starts_on": "2026-01-01", "ends_on": "2026-12-31"}
    made = api("kam").post("/api/v1/plans/", body, format="json")
    assert made.status_code == 201, made.content
    return made.json()


def section_url(plan: dict[str, Any], key: str) -> str:
    return f"/api/v1/plans/{plan['id']}/sections/{key}/"


def write(client: APIClient, plan: dict[str, Any], key: str, **body: Any) -> Any:
    url = section_url(plan, key)
    return client.patch(url, body, format="json", headers={"If-Match": client.get(url)["ETag"]})


def test_a_plan_begins_as_a_draft_and_only_one_is_written_at_a_time(
    plan: dict[str, Any], world: World, api: Api
) -> None:
    assert (plan["state"], plan["title"], plan["approved_by"]) == ("draft", "Account plan 2026", None)
    again = api("kam").post("/api/v1/plans/", {"account": str(world.account.pk)}, format="json")
    assert again.status_code == 409
    assert "being written already" in again.json()["detail"]
    listed = api("kam").get("/api/v1/plans/", {"account": str(world.account.pk), "state": "draft"}).json()
    assert [each["id"] for each in listed["results"]] == [plan["id"]]


def test_a_section_needs_if_match_and_a_stale_one_lists_what_is_stored(
    plan: dict[str, Any], api: Api
) -> None:
    client, url = api("kam"), section_url(plan, "summary")
    tag = client.get(url)["ETag"]
    assert client.patch(url, {"text": "No header"}, format="json").status_code == 428
    first = client.patch(url, {"text": TEXT}, format="json", headers={"If-Match": tag})
    assert (first.status_code, first.json()["text"], first.json()["score"]) == (200, TEXT, 1.0)
    stale = api("admin").patch(url, {"text": "Mine"}, format="json", headers={"If-Match": tag})
    stored = stale.json()["sections"][0]
    assert (stale.status_code, stored["text"], stored["changed_by_name"]) == (412, TEXT, "Kam Northwind")
    assert stored["changed_at"]
    assert client.get(url).json()["text"] == TEXT
    assert client.get(url, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_a_change_elsewhere_renews_the_etag_but_refuses_no_write(
    plan: dict[str, Any], world: World, api: Api, as_tenant: Any, tenant: Any
) -> None:
    client, url = api("kam"), section_url(plan, "objectives")
    tag = client.get(url)["ETag"]
    with as_tenant(tenant):
        ObjectiveFactory(account=world.account, title="Keep the Oslo contract")
    shown = client.get(url)
    assert shown["ETag"] != tag
    assert "Keep the Oslo contract" in str(shown.json()["document"])
    kept = client.patch(url, {"text": "These, because they pay."}, format="json", headers={"If-Match": tag})
    assert kept.status_code == 200, kept.content


def test_the_rows_of_a_section_are_written_together(plan: dict[str, Any], world: World, api: Api) -> None:
    client = api("kam")
    made = write(
        client,
        plan,
        "swot",
        rows=[
            {"quadrant": "strength", "text": "Engineers on site"},
            {"quadrant": "threat", "text": "Aqvendi undercuts"},
        ],
    )
    assert made.status_code == 200, made.content
    first, second = made.json()["rows"]
    changed = write(
        client,
        plan,
        "swot",
        rows=[{**second, "text": "Aqvendi undercuts prices"}, {"quadrant": "weakness", "text": "No store"}],
    )
    assert [row["text"] for row in changed.json()["rows"]] == ["Aqvendi undercuts prices", "No store"]
    assert changed.json()["rows"][0]["id"] == second["id"]
    assert first["id"] not in str(changed.json()["rows"])
    faulty = write(
        client, plan, "swot", rows=[{"quadrant": "strength"}, {"quadrant": "sideways", "text": "x"}]
    )
    assert faulty.status_code == 400
    assert {fault["field"] for fault in faulty.json()["errors"]} == {"rows.0.text", "rows.1.quadrant"}
    assert write(client, plan, "summary", rows=[{"text": "x"}]).status_code == 400
    assert client.get(section_url(plan, "nothing")).status_code == 404


def test_the_way_to_active_and_who_may_walk_it(plan: dict[str, Any], api: Api) -> None:
    base = f"/api/v1/plans/{plan['id']}/"
    kam, executive = api("kam"), api("executive")
    assert kam.post(f"{base}submit/").status_code == 409
    for key in ("summary", "profile", "value"):
        assert write(kam, plan, key, text=TEXT).status_code == 200
    submitted = kam.post(f"{base}submit/")
    assert (submitted.status_code, submitted.json()["state"]) == (200, "in_review"), submitted.content
    assert kam.post(f"{base}approve/").status_code == 403
    assert write(kam, plan, "summary", text="Changed in review").status_code == 409
    returned = executive.post(f"{base}return/", {"comment": "Say who."}, format="json")
    assert returned.json()["state"] == "draft"
    assert [each["kind"] for each in kam.get(f"{base}comments/").json()["results"]] == ["returned"]
    assert kam.post(f"{base}submit/").status_code == 200
    approved = executive.post(f"{base}approve/")
    assert (approved.status_code, approved.json()["state"]) == (200, "approved")
    assert approved.json()["approved_by"] != approved.json()["submitted_by"]
    assert kam.post(f"{base}activate/").json()["state"] == "active"
    versions = kam.get(f"{base}versions/").json()["results"]
    assert [(each["number"], each["reason"]) for each in versions] == [
        (3, "approved"),
        (2, "submitted"),
        (1, "submitted"),
    ]
    document = kam.get(f"{base}versions/3/").json()
    assert (document["version"], len(document["sections"])) == (3, 20)
    compared = kam.get(f"{base}compare/", {"old": 1}).json()
    assert (compared["old"], compared["new"]) == (1, None)
    assert kam.get(f"{base}compare/", {"old": "x"}).status_code == 400
    assert kam.get(f"{base}changes/").status_code == 200


def test_an_administrator_does_not_approve_their_own_submission(plan: dict[str, Any], api: Api) -> None:
    base, admin = f"/api/v1/plans/{plan['id']}/", api("admin")
    for key in ("summary", "profile", "value"):
        write(admin, plan, key, text=TEXT)
    assert admin.post(f"{base}submit/").status_code == 200
    refused = admin.post(f"{base}approve/")
    assert refused.status_code == 403
    assert "Ask somebody else" in refused.json()["detail"]
    assert admin.get(base).json()["state"] == "in_review"


def test_everybody_who_sees_a_plan_may_comment_and_settle(plan: dict[str, Any], api: Api) -> None:
    base, executive = f"/api/v1/plans/{plan['id']}/comments/", api("executive")
    made = executive.post(base, {"section": "swot", "body": "How do we know?"}, format="json")
    assert (made.status_code, made.json()["section"]) == (201, "swot"), made.content
    settled = api("kam").patch(f"{base}{made.json()['id']}/", {"resolved": True}, format="json")
    assert settled.status_code == 200
    assert settled.json()["resolved_at"]


def test_another_tenant_finds_nothing(plan: dict[str, Any], other_api: Api) -> None:
    stranger = other_api("admin")
    for path in ("", "sections/", "sections/swot/", "versions/", "document/", "comments/", "changes/"):
        assert stranger.get(f"/api/v1/plans/{plan['id']}/{path}").status_code == 404
