"""`accounts/`: what each role may do, and what a client can rely on."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Account
from accounts.signals import account_inputs_changed
from kam.tenancy.models import Membership, Tenant, TenantSettings
from tests.factories import AccountFactory, SalesLineFactory, SellingCenterMemberFactory

Api = Callable[..., APIClient]
ACCOUNTS = "/api/v1/accounts/"


@pytest.fixture
def as_tenant_here(tenant: Tenant, as_tenant: Any) -> Any:
    return lambda: as_tenant(tenant)


def create(client: APIClient, **body: Any) -> dict[str, Any]:
    answer = client.post(ACCOUNTS, {"name": "Contoso", **body}, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_created_read_changed_deleted(api: Api) -> None:
    admin = api("admin")
    answer = admin.post(
        ACCOUNTS,
        {"name": "Contoso", "external_id": "C-1", "country": "NO", "acquisition_cost": "1234.5"},
        format="json",
    )
    body = answer.json()
    assert answer.status_code == 201
    assert answer["Location"].endswith(f"/accounts/{body['id']}/")
    assert body["acquisition_cost"] == "1234.5000"
    assert body["industry"] is None
    assert body["owner"] is None
    assert uuid.UUID(body["id"]).version == 7
    url = f"{ACCOUNTS}{body['id']}/"
    again = admin.get(url)
    assert again.json() == body
    assert again["ETag"] == answer["ETag"]
    assert admin.get(url, HTTP_IF_NONE_MATCH=again["ETag"]).status_code == 304
    changed = admin.patch(url, {"industry": "Hotels"}, format="json", HTTP_IF_MATCH=again["ETag"])
    assert changed.status_code == 200
    assert changed.json()["industry"] == "Hotels"
    assert changed.json()["name"] == "Contoso"
    assert changed["ETag"] != again["ETag"]
    stale = admin.delete(url, HTTP_IF_MATCH=again["ETag"])
    assert stale.status_code == 412
    assert admin.delete(url, HTTP_IF_MATCH=changed["ETag"]).status_code == 204
    assert admin.get(url).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": 5}, "name"),
        ({"name": "A", "country": "Norway"}, "country"),
        ({"name": "A", "currency": "eur"}, "currency"),
        ({"name": "A", "acquisition_cost": "1.23456"}, "acquisition_cost"),
        ({"name": "A", "acquisition_cost": "-1"}, "acquisition_cost"),
        ({"name": "A", "acquisition_cost": "NaN"}, "acquisition_cost"),
        ({"name": "A", "acquisition_cost": "1e400"}, "acquisition_cost"),
        ({"name": "A", "acquisition_cost": True}, "acquisition_cost"),
        ({"name": "A", "customer_since": "31.12.2020"}, "customer_since"),
        ({"name": "A", "customer_since": "20201231"}, "customer_since"),
        ({"name": "A", "clv_retention": 1.5}, "clv_retention"),
        ({"name": "A", "clv_retention": "0.5"}, "clv_retention"),
        ({"name": "A", "clv_horizon_years": 0}, "clv_horizon_years"),
        ({"name": "A", "tier": "gold"}, "tier"),
        ({"name": "A", "is_key_account": "yes"}, "is_key_account"),
        ({"name": "A", "parent": "nobody"}, "parent"),
        ({"name": "A", "parent": "0198c0de-0000-7000-8000-000000000000"}, "parent"),
        ({"name": "A", "owner": "0198c0de-0000-7000-8000-000000000000"}, "owner"),
        ({"name": "A", "tenant": "0198c0de-0000-7000-8000-000000000000"}, "tenant"),
        ({"name": "A", "key_since": "2020-01-01"}, "key_since"),
    ],
)
def test_a_bad_value_names_its_field(api: Api, body: dict[str, Any], field: str) -> None:
    answer = api("admin").post(ACCOUNTS, body, format="json")
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert answer.json()["errors"][0]["message"]


def test_external_ids_are_unique_in_the_tenant_only(api: Api, other_api: Api) -> None:
    create(api("admin"), external_id="C-1")
    second = api("admin").post(ACCOUNTS, {"name": "B", "external_id": "C-1"}, format="json")
    assert second.status_code == 409
    assert second.json()["errors"][0]["field"] == "external_id"
    create(other_api("admin"), external_id="C-1")
    found = api("admin").get(ACCOUNTS, {"external_id": "C-1"}).json()
    assert found["count"] == 1


def test_read_only_fields_can_be_sent_back_and_change_nothing(api: Api) -> None:
    admin = api("admin")
    body = create(admin)
    sent = {
        **body,
        "ladder_customer": "integrated",
        "version": 99,
        "owner_email": "x@y.example",
        "name": "New",
    }
    answer = admin.patch(f"{ACCOUNTS}{body['id']}/", sent, format="json")
    assert answer.status_code == 200, answer.content
    assert answer.json()["name"] == "New"
    assert answer.json()["ladder_customer"] is None
    assert answer.json()["version"] == 2


def test_key_accounts_know_since_when(api: Api) -> None:
    admin = api("admin")
    body = create(admin, is_key_account=True)
    assert body["key_since"] is not None
    url = f"{ACCOUNTS}{body['id']}/"
    assert admin.patch(url, {"is_key_account": False}, format="json").json()["key_since"] is None


def test_no_account_stands_above_itself(api: Api) -> None:
    admin = api("admin")
    top = create(admin)
    middle = create(admin, parent=top["id"])
    below = create(admin, parent=middle["id"])
    for parent in (top["id"], below["id"]):
        answer = admin.patch(f"{ACCOUNTS}{top['id']}/", {"parent": parent}, format="json")
        assert answer.status_code == 400
        assert answer.json()["errors"][0] == {
            "field": "parent",
            "code": "cycle",
            "message": "An account cannot stand above itself.",
        }
    assert admin.delete(f"{ACCOUNTS}{top['id']}/").status_code == 409


def test_an_account_with_a_ledger_stays(api: Api, as_tenant_here: Any) -> None:
    with as_tenant_here():
        line = SalesLineFactory()
    answer = api("admin").delete(f"{ACCOUNTS}{line.account_id}/")
    assert answer.status_code == 409
    assert "sales lines" in answer.json()["detail"]


def test_a_manager_owns_what_he_creates_and_assigns_nothing(api: Api, members: dict[str, Membership]) -> None:
    kam, me = api("kam"), str(members["kam"].user_id)
    body = create(kam)
    assert body["owner"] == me
    assert body["owner_email"] == "kam@northwind.example"
    url = f"{ACCOUNTS}{body['id']}/"
    assert kam.patch(url, {"owner": me, "name": "N"}, format="json").status_code == 200
    for owner in (str(members["executive"].user_id), None):
        assert kam.patch(url, {"owner": owner}, format="json").status_code == 403
    given = kam.post(ACCOUNTS, {"name": "B", "owner": str(members["admin"].user_id)}, format="json")
    assert given.status_code == 403
    assert Account.objects.none is not None
    # He changes his own account, not another's, and cannot take one.
    other = create(api("admin"))
    assert kam.patch(f"{ACCOUNTS}{other['id']}/", {"name": "X"}, format="json").status_code == 403
    assert kam.patch(f"{ACCOUNTS}{other['id']}/", {"owner": me}, format="json").status_code == 403
    assert kam.delete(f"{ACCOUNTS}{other['id']}/").status_code == 403
    assert kam.get(f"{ACCOUNTS}{other['id']}/").json()["version"] == 1


def test_owners_are_people_of_this_tenant(
    api: Api, members: dict[str, Membership], other_members: dict[str, Membership]
) -> None:
    admin = api("admin")
    body = create(admin, owner=str(members["kam"].user_id))
    assert body["owner_name"] == "Kam Northwind"
    for nobody in (other_members["kam"].user_id, members["integration"].user_id):
        answer = admin.patch(f"{ACCOUNTS}{body['id']}/", {"owner": str(nobody)}, format="json")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "owner"


def test_who_sees_which_accounts(
    api: Api, members: dict[str, Membership], tenant: Tenant, as_tenant_here: Any
) -> None:
    with as_tenant_here():
        own = AccountFactory(owner=members["kam"])
        team = AccountFactory()
        far = AccountFactory()
        for role in ("kam", "contributor"):
            SellingCenterMemberFactory(account=team, member=members[role])

    def seen(role: str) -> set[str]:
        return {row["id"] for row in api(role).get(ACCOUNTS).json()["results"]}

    everything = {str(account.id) for account in (own, team, far)}
    for role in ("admin", "executive", "integration", "kam"):
        assert seen(role) == everything
    assert seen("contributor") == {str(team.id)}
    assert api("contributor").get(f"{ACCOUNTS}{far.id}/").status_code == 404
    assert api("contributor").patch(f"{ACCOUNTS}{far.id}/", {"name": "X"}, format="json").status_code == 404
    with as_tenant_here():
        TenantSettings.objects.update(kam_reads_all_accounts=False)
    assert seen("kam") == {str(own.id), str(team.id)}
    assert api("kam").get(f"{ACCOUNTS}{far.id}/").status_code == 404


def test_contributors_write_in_their_team_and_create_nothing(
    api: Api, members: dict[str, Membership], as_tenant_here: Any
) -> None:
    with as_tenant_here():
        place = SellingCenterMemberFactory(member=members["contributor"])
    client = api("contributor")
    url = f"{ACCOUNTS}{place.account_id}/"
    assert client.patch(url, {"region": "North"}, format="json").status_code == 200
    assert client.delete(url).status_code == 403
    assert client.post(ACCOUNTS, {"name": "A"}, format="json").status_code == 403
    assert client.patch(url, {"owner": str(members["contributor"].user_id)}, format="json").status_code == 403


def test_executives_read_only(api: Api) -> None:
    body = create(api("admin"))
    client = api("executive")
    assert client.get(f"{ACCOUNTS}{body['id']}/").status_code == 200
    assert client.patch(f"{ACCOUNTS}{body['id']}/", {"name": "X"}, format="json").status_code == 403
    assert client.post(ACCOUNTS, {"name": "X"}, format="json").status_code == 403


def test_integrations_go_by_their_scopes(api: Api) -> None:
    create(api("admin"))
    assert api("integration", ["portfolio:read"]).get(ACCOUNTS).status_code == 403
    reader = api("integration", ["accounts:read"])
    assert reader.get(ACCOUNTS).json()["count"] == 1
    assert reader.post(ACCOUNTS, {"name": "X"}, format="json").status_code == 403
    assert (
        api("integration", ["accounts:write"]).post(ACCOUNTS, {"name": "X"}, format="json").status_code == 201
    )


def test_another_tenants_account_is_no_account(api: Api, other_api: Api) -> None:
    theirs = create(other_api("admin"), external_id="T-1")
    client = api("admin")
    missing = client.get(f"{ACCOUNTS}{uuid.uuid4()}/")
    for answer in (
        client.get(f"{ACCOUNTS}{theirs['id']}/"),
        client.patch(f"{ACCOUNTS}{theirs['id']}/", {"name": "Taken"}, format="json"),
        client.delete(f"{ACCOUNTS}{theirs['id']}/"),
        client.get(f"{ACCOUNTS}{theirs['id']}/history/"),
    ):
        assert answer.status_code == 404
        assert answer.json() == missing.json()
    parent = client.post(ACCOUNTS, {"name": "A", "parent": theirs["id"]}, format="json")
    assert parent.status_code == 400
    assert client.get(ACCOUNTS).json()["count"] == 0
    assert other_api("admin").get(f"{ACCOUNTS}{theirs['id']}/").json()["name"] == "Contoso"


def test_lists_are_paged_ordered_searched_and_filtered(api: Api, as_tenant_here: Any) -> None:
    with as_tenant_here():
        for number in range(5):
            AccountFactory(
                name=f"Hotel {number}", country="NO" if number < 3 else "SE", external_id=f"H{number}"
            )
    client = api("admin")
    first = client.get(ACCOUNTS, {"page_size": 2, "ordering": "-name"}).json()
    assert [row["name"] for row in first["results"]] == ["Hotel 4", "Hotel 3"]
    assert first["count"] == 5
    assert first["previous"] is None
    second = client.get(first["next"]).json()
    assert [row["name"] for row in second["results"]] == ["Hotel 2", "Hotel 1"]
    assert client.get(second["previous"]).json()["results"] == first["results"]
    last = client.get(second["next"]).json()
    assert last["next"] is None
    assert client.get(ACCOUNTS, {"search": "hotel h3"}).json()["count"] == 1
    assert client.get(ACCOUNTS, {"country": "SE"}).json()["count"] == 2
    assert client.get(ACCOUNTS, {"page_size": 5000}).status_code == 200
    assert client.get(ACCOUNTS, {"page": 4, "page_size": 2}).status_code == 404
    assert client.get(ACCOUNTS, {"page": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"ordering": "password"}, "ordering"),
        ({"ordering": "owner__user__password"}, "ordering"),
        ({"is_key_account": "maybe"}, "is_key_account"),
        ({"parent": "x"}, "parent"),
        ({"tier": "gold"}, "tier"),
        ({"contry": "NO"}, "contry"),
        ({"search": "a\x00b"}, "search"),
        ({"page_size": "0"}, "page_size"),
        ({"page_size": "-1"}, "page_size"),
        ({"country": ["NO", "SE"]}, "country"),
    ],
)
def test_a_bad_query_names_its_parameter(api: Api, query: dict[str, Any], field: str) -> None:
    answer = api("admin").get(ACCOUNTS, query)
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["field"] == field


def test_the_history_tells_who_changed_what(api: Api, members: dict[str, Membership]) -> None:
    kam = api("kam")
    body = create(kam, industry="Hotels")
    kam.patch(f"{ACCOUNTS}{body['id']}/", {"industry": "Retail", "acquisition_cost": "5"}, format="json")
    api("admin").patch(f"{ACCOUNTS}{body['id']}/", {"acquisition_cost": None}, format="json")
    history = kam.get(f"{ACCOUNTS}{body['id']}/history/").json()
    assert [entry["action"] for entry in history["results"]] == ["changed", "changed", "created"]
    newest, middle, oldest = history["results"]
    assert newest["changes"] == [{"field": "acquisition_cost", "before": "5.0000", "after": None}]
    assert newest["member_name"] == "Admin Northwind"
    assert middle["member_id"] == str(members["kam"].id)
    assert middle["via"] == "api"
    assert {"field": "industry", "before": "Hotels", "after": "Retail"} in middle["changes"]
    assert {"field": "name", "before": None, "after": "Contoso"} in oldest["changes"]
    page = kam.get(f"{ACCOUNTS}{body['id']}/history/", {"page_size": 1, "page": 2}).json()
    assert page["results"] == [middle]


def test_metrics_hear_of_changed_inputs_only(api: Api) -> None:
    heard: list[Any] = []

    def hear(**kwargs: Any) -> None:
        heard.append(kwargs["account_ids"])

    account_inputs_changed.connect(hear)
    try:
        admin = api("admin")
        body = create(admin)
        admin.patch(f"{ACCOUNTS}{body['id']}/", {"region": "North"}, format="json")
        admin.patch(f"{ACCOUNTS}{body['id']}/", {"clv_retention": 0.9}, format="json")
    finally:
        account_inputs_changed.disconnect(hear)
    assert heard == [[uuid.UUID(body["id"])]] * 2


def test_a_list_costs_the_same_queries_at_2_and_at_20(api: Api, as_tenant_here: Any) -> None:
    client = api("admin")
    counts = []
    for size in (2, 18):
        with as_tenant_here():
            AccountFactory.create_batch(size)
        client.get(ACCOUNTS)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(ACCOUNTS).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 10
