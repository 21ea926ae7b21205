"""`sales-lines/` and `cost-entries/`: the ledger over REST."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Account, AccountMonth, Product, SalesLine
from kam.tenancy.models import Membership, Tenant
from tests.factories import AccountFactory, ProductFactory, SalesLineFactory

Api = Callable[..., APIClient]
LINES, COSTS = "/api/v1/sales-lines/", "/api/v1/cost-entries/"


class World:
    account: Account
    product: Product


@pytest.fixture
def world(tenant: Tenant, as_tenant: Any) -> World:
    world = World()
    with as_tenant(tenant):
        world.account = AccountFactory(external_id="A-1")
        world.product = ProductFactory(external_id="P-1")
    return world


def line(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "account": str(world.account.pk),
        "product": str(world.product.pk),
        "date": "2025-03-05",
        "net_sales": "100.1234",
        **changes,
    }


def rolled_up(tenant: Tenant, as_tenant: Any) -> Decimal:
    with as_tenant(tenant):
        return sum((row.net_sales for row in AccountMonth.objects.all()), Decimal(0))


def test_one_line_lives_and_dies_with_its_rollup(
    api: Api, world: World, tenant: Tenant, as_tenant: Any
) -> None:
    admin = api("admin")
    answer = admin.post(LINES, line(world, external_id="L-1"), format="json")
    body = answer.json()
    assert answer.status_code == 201, answer.content
    assert (body["net_sales"], body["cogs"], body["currency"]) == ("100.1234", None, "USD")
    assert answer["Location"].endswith(f"/sales-lines/{body['id']}/")
    assert rolled_up(tenant, as_tenant) == Decimal("100.1234")
    url = f"{LINES}{body['id']}/"
    assert admin.get(url).json() == body
    changed = admin.patch(url, {"net_sales": "-7"}, format="json", HTTP_IF_MATCH=answer["ETag"])
    assert changed.status_code == 200, changed.content
    assert changed.json()["net_sales"] == "-7.0000"
    assert changed.json()["external_id"] == "L-1"
    assert rolled_up(tenant, as_tenant) == Decimal("-7")
    assert admin.patch(url, {"cogs": "1"}, format="json", HTTP_IF_MATCH=answer["ETag"]).status_code == 412
    assert admin.delete(url, HTTP_IF_MATCH=answer["ETag"]).status_code == 412
    assert admin.delete(url, HTTP_IF_MATCH=changed["ETag"]).status_code == 204
    assert rolled_up(tenant, as_tenant) == 0
    assert admin.get(url).status_code == 404


def test_a_known_external_id_replaces(api: Api, world: World, tenant: Tenant, as_tenant: Any) -> None:
    admin = api("admin")
    first = admin.post(LINES, line(world, external_id="L-1"), format="json")
    second = admin.post(LINES, line(world, external_id="L-1", net_sales="5"), format="json")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert rolled_up(tenant, as_tenant) == 5


def test_a_list_is_stored_whole_or_not_at_all(api: Api, world: World, tenant: Tenant, as_tenant: Any) -> None:
    admin = api("admin")
    by_name = {"account": None, "account_external_id": "A-1", "product_external_id": "P-1"}
    by_name = {
        name: value for name, value in {**line(world), **by_name}.items() if value and name != "product"
    }
    stored = admin.post(LINES, [line(world, external_id="L-1"), by_name], format="json")
    assert stored.status_code == 201, stored.content
    body = stored.json()
    assert (body["created"], body["updated"], len(body["ids"])) == (2, 0, 2)
    bad = [
        line(world),
        line(world, net_sales="much"),
        line(world, date="2025-02-30"),
        line(world, cogs="NaN"),
    ]
    refused = admin.post(LINES, bad, format="json")
    assert refused.status_code == 400
    assert [error["field"] for error in refused.json()["errors"]] == ["1.net_sales", "2.date", "3.cogs"]
    assert rolled_up(tenant, as_tenant) == Decimal("200.2468")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"net_sales": None}, "net_sales"),
        ({"net_sales": "1.23456"}, "net_sales"),
        ({"net_sales": True}, "net_sales"),
        ({"net_sales": ["1"]}, "net_sales"),
        ({"date": 20250305}, "date"),
        ({"date": "tomorrow"}, "date"),
        ({"account": "0198c0de-0000-7000-8000-000000000000"}, "account"),
        ({"account": "x"}, "account"),
        ({"product": None}, "product"),
        ({"currency": "us"}, "currency"),
        ({"currency": "JPY"}, "currency"),
        ({"segment": "0198c0de-0000-7000-8000-000000000000"}, "segment"),
        ({"external_id": 5}, "external_id"),
        ({"external_id": "x" * 101}, "external_id"),
        ({"tenant": "0198c0de-0000-7000-8000-000000000000"}, "tenant"),
    ],
)
def test_a_bad_value_names_its_field(api: Api, world: World, change: dict[str, Any], field: str) -> None:
    answer = api("admin").post(LINES, line(world, **change), format="json")
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["field"].removesuffix("_external_id") == field


@pytest.mark.parametrize("body", [[], [5], "text", 5, [[]], [None]])
def test_other_shapes_are_refused_or_empty(api: Api, world: World, body: Any) -> None:
    answer = api("admin").post(LINES, body, format="json")
    assert answer.status_code == (200 if body == [] else 400), answer.content


def test_another_tenants_account_cannot_be_billed(api: Api, world: World, other_api: Api) -> None:
    answer = other_api("admin").post(LINES, line(world), format="json")
    assert answer.status_code == 400
    with_name = {**line(world), "account_external_id": "A-1"}
    del with_name["account"]
    assert other_api("admin").post(LINES, with_name, format="json").status_code == 400
    assert api("admin").get(LINES).json()["results"] == []


def test_cursors_walk_the_whole_ledger_forth_and_back(
    api: Api, world: World, tenant: Tenant, as_tenant: Any
) -> None:
    with as_tenant(tenant):
        SalesLineFactory.create_batch(7, account=world.account, product=world.product)
    admin = api("admin")
    page = admin.get(LINES, {"page_size": 3}).json()
    assert page["count"] is None
    assert page["previous"] is None
    pages = [page]
    while pages[-1]["next"]:
        pages.append(admin.get(pages[-1]["next"]).json())
    assert [len(page["results"]) for page in pages] == [3, 3, 1]
    ids = [row["id"] for page in pages for row in page["results"]]
    assert len(set(ids)) == 7
    assert admin.get(pages[2]["previous"]).json()["results"] == pages[1]["results"]
    back = admin.get(pages[1]["previous"]).json()
    assert back["results"] == pages[0]["results"]
    assert back["previous"] is None
    assert admin.get(LINES, {"cursor": "nonsense"}).status_code == 400


def test_filters_by_account_and_days(api: Api, world: World, tenant: Tenant, as_tenant: Any) -> None:
    with as_tenant(tenant):
        for day in ("2025-01-31", "2025-02-01", "2025-02-28", "2025-03-01"):
            SalesLineFactory(account=world.account, product=world.product, date=day)
        SalesLineFactory(date="2025-02-10", external_id="ELSEWHERE")
    admin = api("admin")
    query = {"account": str(world.account.pk), "from": "2025-02-01", "to": "2025-02-28"}
    days = {row["date"] for row in admin.get(LINES, query).json()["results"]}
    assert days == {"2025-02-01", "2025-02-28"}
    assert len(admin.get(LINES, {"external_id": "ELSEWHERE"}).json()["results"]) == 1
    assert admin.get(LINES, {"from": "yesterday"}).json()["errors"][0]["field"] == "from"


def test_who_may_write_the_ledger(api: Api, world: World, members: dict[str, Membership]) -> None:
    for role in ("kam", "contributor"):
        assert api(role).post(LINES, line(world), format="json").status_code == 403
    assert api("contributor").get(LINES).json()["results"] == []
    assert api("executive").post(LINES, line(world), format="json").status_code == 201
    assert api("integration", ["accounts:read"]).post(LINES, line(world), format="json").status_code == 403
    assert api("integration", ["ledger:write"]).post(LINES, line(world), format="json").status_code == 201
    assert len(api("kam").get(LINES).json()["results"]) == 2


def test_cost_entries_work_alike(api: Api, world: World) -> None:
    admin = api("admin")
    cost = {"account": str(world.account.pk), "date": "2025-03-05", "category": "delivery", "amount": "5"}
    answer = admin.post(COSTS, cost, format="json")
    assert answer.status_code == 201, answer.content
    assert answer.json()["amount"] == "5.0000"
    assert admin.post(COSTS, {**cost, "category": "gifts"}, format="json").status_code == 400
    url = f"{COSTS}{answer.json()['id']}/"
    assert admin.patch(url, {"category": "service"}, format="json").json()["category"] == "service"
    assert admin.delete(url).status_code == 204


def test_rates_convert_the_ledger_anew(api: Api, world: World, tenant: Tenant, as_tenant: Any) -> None:
    admin, rates = api("admin"), "/api/v1/exchange-rates/"
    rate = admin.post(rates, {"currency": "NOK", "month": "2025-03-01", "rate": "0.1"}, format="json")
    assert rate.status_code == 201, rate.content
    assert admin.post(LINES, line(world, currency="NOK", net_sales="1000"), format="json").status_code == 201
    assert rolled_up(tenant, as_tenant) == 100
    url = f"{rates}{rate.json()['id']}/"
    assert admin.patch(url, {"rate": "0.2"}, format="json").status_code == 200
    assert rolled_up(tenant, as_tenant) == 200
    assert admin.delete(url).status_code == 409
    twice = admin.post(rates, {"currency": "NOK", "month": "2025-03-01", "rate": "1"}, format="json")
    assert twice.status_code == 409
    for bad in ({"currency": "USD"}, {"month": "2025-03-02"}, {"rate": "0"}, {"rate": "-1"}):
        body = {"currency": "SEK", "month": "2025-03-01", "rate": "1", **bad}
        answer = admin.post(rates, body, format="json")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == next(iter(bad))


def test_a_default_margin_is_carried_into_the_rollup(
    api: Api, world: World, tenant: Tenant, as_tenant: Any
) -> None:
    admin = api("admin")
    admin.post(LINES, line(world, net_sales="100"), format="json")
    with as_tenant(tenant):
        assert AccountMonth.objects.get().unknown_lines == 1
    lines = f"/api/v1/product-lines/{world.product.product_line_id}/"
    assert admin.patch(lines, {"default_gross_margin": 0.4}, format="json").status_code == 200
    with as_tenant(tenant):
        month = AccountMonth.objects.get()
        assert (month.unknown_lines, month.cogs_estimated) == (0, 60)


def test_a_page_of_the_ledger_costs_the_same_queries(
    api: Api, world: World, tenant: Tenant, as_tenant: Any
) -> None:
    admin = api("admin")
    admin.get(LINES)
    counts = []
    for size in (2, 18):
        with as_tenant(tenant):
            SalesLineFactory.create_batch(size, account=world.account, product=world.product)
            assert SalesLine.objects.exists()
        with CaptureQueriesContext(connection) as queries:
            admin.get(LINES)
        counts.append(len(queries))
    assert counts[0] == counts[1]
