"""Segments, catalogue and selling centre: the rules that each of them keeps."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Account
from kam.tenancy.models import Membership, Tenant
from tests.factories import (
    AccountFactory,
    BusinessUnitFactory,
    ProductFactory,
    ProductLineFactory,
    SalesLineFactory,
    SegmentFactory,
    SellingCenterMemberFactory,
)

Api = Callable[..., APIClient]
V1 = "/api/v1/"


@pytest.fixture
def account(tenant: Tenant, as_tenant: Any, members: dict[str, Membership]) -> Account:
    with as_tenant(tenant):
        return AccountFactory(owner=members["kam"])


def created(client: APIClient, path: str, **body: Any) -> dict[str, Any]:
    answer = client.post(V1 + path, body, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_segments_form_a_tree_within_their_account(
    api: Api, account: Account, as_tenant: Any, tenant: Tenant
) -> None:
    kam = api("kam")
    top = created(kam, "segments/", account=str(account.pk), name="North", external_id="S-1")
    below = created(kam, "segments/", account=str(account.pk), name="Oslo", parent=top["id"], kind="site")
    url = f"{V1}segments/{top['id']}/"
    for parent in (top["id"], below["id"]):
        answer = kam.patch(url, {"parent": parent}, format="json")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "cycle")
    with as_tenant(tenant):
        elsewhere = SegmentFactory()
    foreign = kam.patch(url, {"parent": str(elsewhere.pk)}, format="json")
    assert (foreign.status_code, foreign.json()["errors"][0]["field"]) == (400, "parent")
    moved = kam.patch(url, {"account": str(elsewhere.account_id)}, format="json")
    assert (moved.status_code, moved.json()["errors"][0]["field"]) == (400, "account")
    assert kam.delete(url).status_code == 409
    found = kam.get(f"{V1}segments/", {"account": str(account.pk), "top": "true"}).json()
    assert [row["external_id"] for row in found["results"]] == ["S-1"]
    taken = kam.post(
        f"{V1}segments/", {"account": str(account.pk), "name": "X", "external_id": "S-1"}, format="json"
    )
    assert taken.status_code == 409
    assert kam.delete(f"{V1}segments/{below['id']}/").status_code == 204
    assert kam.delete(url).status_code == 204


def test_segments_with_sales_stay(api: Api, account: Account, as_tenant: Any, tenant: Tenant) -> None:
    with as_tenant(tenant):
        segment = SegmentFactory(account=account)
        SalesLineFactory(account=account, segment=segment)
    assert api("admin").delete(f"{V1}segments/{segment.pk}/").status_code == 409


def test_segments_are_drawn_by_those_who_work_on_the_account(
    api: Api, account: Account, as_tenant: Any, tenant: Tenant, members: dict[str, Membership]
) -> None:
    with as_tenant(tenant):
        far = SegmentFactory()
    kam, contributor = api("kam"), api("contributor")
    assert kam.patch(f"{V1}segments/{far.pk}/", {"name": "X"}, format="json").status_code == 403
    body = {"account": str(far.account_id), "name": "X"}
    assert kam.post(f"{V1}segments/", body, format="json").status_code == 403
    # A contributor does not even learn that the account exists.
    assert contributor.post(f"{V1}segments/", body, format="json").status_code == 400
    assert contributor.get(f"{V1}segments/{far.pk}/").status_code == 404
    with as_tenant(tenant):
        SellingCenterMemberFactory(account=far.account, member=members["contributor"])
    assert contributor.post(f"{V1}segments/", body, format="json").status_code == 201
    assert contributor.get(f"{V1}segments/").json()["count"] == 2
    assert api("executive").post(f"{V1}segments/", body, format="json").status_code == 403


def test_the_catalogue_hangs_together(api: Api, as_tenant: Any, tenant: Tenant) -> None:
    admin = api("admin")
    unit = created(admin, "business-units/", name="Flow", external_id="U-1")
    line = created(admin, "product-lines/", name="Pumps", business_unit=unit["id"], default_gross_margin=0.4)
    product = created(admin, "products/", name="P100", product_line=line["id"], external_id="P-1")
    assert line["kind"] == "catalogue"
    for path, row in (("business-units", unit), ("product-lines", line)):
        assert admin.delete(f"{V1}{path}/{row['id']}/").status_code == 409
    for path, external_id in (("business-units", "U-1"), ("products", "P-1")):
        assert admin.get(f"{V1}{path}/", {"external_id": external_id}).json()["count"] == 1
    assert (
        admin.post(
            f"{V1}product-lines/", {"name": "Pumps", "business_unit": unit["id"]}, format="json"
        ).status_code
        == 409
    )
    assert admin.post(f"{V1}product-lines/", {"name": "Loose"}, format="json").status_code == 400
    assert admin.post(f"{V1}products/", {"name": "Loose"}, format="json").status_code == 400
    with as_tenant(tenant):
        from accounts.models import Product

        SalesLineFactory(product=Product.objects.get(pk=product["id"]))
    assert admin.delete(f"{V1}products/{product['id']}/").status_code == 409


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("business-units/", {"name": ""}),
        ("business-units/", {"name": "A", "position": -1}),
        ("business-units/", {"name": "A", "position": 2**40}),
        ("business-units/", {"name": "A", "external_id": "x" * 101}),
        ("product-lines/", {"name": "A", "default_gross_margin": 1.01}),
        ("product-lines/", {"name": "A", "business_unit": "0198c0de-0000-7000-8000-000000000000"}),
        ("product-lines/", {"name": "A", "kind": "idea"}),
        ("product-lines/", {"name": "A", "account": "0198c0de-0000-7000-8000-000000000000"}),
        ("products/", {"name": "A", "product_line": "0198c0de-0000-7000-8000-000000000000"}),
        ("exchange-rates/", {"currency": "NOK", "month": "2025-01-01", "rate": "0.123456789"}),
        ("exchange-rates/", {"currency": "NOK", "month": "2025-01-01"}),
    ],
)
def test_bad_catalogue_values_are_refused(api: Api, db: None, path: str, body: dict[str, Any]) -> None:
    answer = api("admin").post(V1 + path, body, format="json")
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["field"]


def test_ideas_belong_to_whoever_may_change_the_account(
    api: Api, account: Account, as_tenant: Any, tenant: Tenant
) -> None:
    kam = api("kam")
    idea = created(kam, "product-lines/", name="Leak radar", account=str(account.pk))
    assert (idea["kind"], idea["account"]) == ("idea", str(account.pk))
    assert kam.patch(f"{V1}product-lines/{idea['id']}/", {"position": 3}, format="json").status_code == 200
    with as_tenant(tenant):
        far, line = AccountFactory(), ProductLineFactory()
    for body in ({"account": str(far.pk)}, {"business_unit": str(line.business_unit_id)}):
        answer = kam.post(f"{V1}product-lines/", {"name": "Mine", **body}, format="json")
        assert answer.status_code == 403
    assert kam.patch(f"{V1}product-lines/{line.pk}/", {"position": 3}, format="json").status_code == 403
    executive = api("executive").patch(f"{V1}product-lines/{idea['id']}/", {"position": 4}, format="json")
    assert executive.status_code == 403
    assert api("contributor").get(f"{V1}product-lines/{idea['id']}/").status_code == 404
    assert api("contributor").get(f"{V1}product-lines/", {"kind": "idea"}).json()["count"] == 0
    assert kam.delete(f"{V1}product-lines/{idea['id']}/").status_code == 204


def test_nobody_gives_himself_an_account(
    api: Api, account: Account, as_tenant: Any, tenant: Tenant, members: dict[str, Membership]
) -> None:
    with as_tenant(tenant):
        far = AccountFactory()
    kam, me = api("kam"), str(members["kam"].user_id)
    body = {"account": str(far.pk), "user": me, "role": "kam", "is_lead": True}
    assert kam.post(f"{V1}selling-centre/", body, format="json").status_code == 403
    contributor = {
        **body,
        "user": str(members["contributor"].user_id),
        "role": "contributor",
        "is_lead": False,
    }
    assert api("contributor").post(f"{V1}selling-centre/", contributor, format="json").status_code == 403
    assert api("executive").post(f"{V1}selling-centre/", body, format="json").status_code == 403
    assert kam.patch(f"{V1}accounts/{far.pk}/", {"name": "Mine"}, format="json").status_code == 403
    created(api("admin"), "selling-centre/", **body)
    assert kam.patch(f"{V1}accounts/{far.pk}/", {"name": "Mine"}, format="json").status_code == 200


def test_an_account_has_one_lead_who_manages_it(
    api: Api, account: Account, members: dict[str, Membership], other_members: dict[str, Membership]
) -> None:
    kam = api("kam")
    path, here = f"{V1}selling-centre/", {"account": str(account.pk)}
    lead = created(kam, "selling-centre/", **here, user=str(members["kam"].user_id), role="kam", is_lead=True)
    assert lead["user_email"] == "kam@northwind.example"
    second = {**here, "user": str(members["executive"].user_id), "role": "kam", "is_lead": True}
    answer = kam.post(path, second, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "is_lead")
    twice = kam.post(path, {**here, "user": str(members["kam"].user_id), "role": "kam"}, format="json")
    assert twice.status_code == 409
    for bad in (
        {"role": "sponsor", "is_lead": True},
        {"role": "boss"},
        {"valid_from": "2025-02-01", "valid_to": "2025-01-01"},
        {"user": str(other_members["kam"].user_id)},
        {"user": str(members["integration"].user_id)},
    ):
        body = {**here, "user": str(members["executive"].user_id), "role": "executive", **bad}
        assert kam.post(path, body, format="json").status_code == 400, bad
    url = f"{path}{lead['id']}/"
    moved = kam.patch(url, {"user": str(members["admin"].user_id)}, format="json")
    assert (moved.status_code, moved.json()["errors"][0]["field"]) == (400, "user")
    assert kam.patch(url, {"valid_to": "2027-01-01"}, format="json").json()["version"] == 2
    assert kam.get(path, {"account": str(account.pk), "is_lead": "true"}).json()["count"] == 1
    assert kam.delete(url).status_code == 204


def test_a_place_that_has_ended_opens_nothing(
    api: Api, as_tenant: Any, tenant: Tenant, members: dict[str, Membership]
) -> None:
    with as_tenant(tenant):
        place = SellingCenterMemberFactory(member=members["contributor"], valid_to="2020-12-31")
    assert api("contributor").get(f"{V1}accounts/{place.account_id}/").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["segments/", "business-units/", "product-lines/", "products/", "exchange-rates/", "selling-centre/"],
)
def test_lists_cost_the_same_queries_at_2_and_at_20(
    api: Api, as_tenant: Any, tenant: Tenant, members: dict[str, Membership], path: str
) -> None:
    client = api("contributor" if path == "segments/" else "admin")
    client.get(V1 + path)
    counts = []
    for size in (2, 18):
        with as_tenant(tenant):
            for _ in range(size):
                product = ProductFactory(product_line=ProductLineFactory(business_unit=BusinessUnitFactory()))
                assert product.pk
                place = SellingCenterMemberFactory(member=members["contributor"])
                SegmentFactory(account=place.account)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(V1 + path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] or path == "exchange-rates/"
