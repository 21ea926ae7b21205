"""`accounts/{id}/people/`: the map's data, whole and in few queries (K13, K14)."""

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from buying_center.models import Contact, ContactRole, InfluenceLink, Person
from kam.tenancy.context import current_tenant_id, tenant_context
from tests.factories import (
    AccountFactory,
    ContactFactory,
    ContactRoleFactory,
    InfluenceLinkFactory,
    SellingCenterMemberFactory,
)


@pytest.fixture
def world(tenant, members):
    """Nora covers Matteo, who influences Ragna, who decides; Amsel is an opponent."""
    with tenant_context(tenant.id):
        account = AccountFactory(name="Fjellvik", owner=members["kam"])
        nora = SellingCenterMemberFactory(account=account, member=members["kam"], role="kam", is_lead=True)
        ragna = ContactFactory(account=account, name="Ragna", power=8, attitude=-1, department="Finance")
        matteo = ContactFactory(
            account=account, name="Matteo", power=5, strength=5, covered_by=nora, reports_to=ragna
        )
        amsel = ContactFactory(
            account=account, name="Amsel", power=7, is_opponent=True, competitor="Kestra", receptiveness=8
        )
        ContactFactory(account=account, name="Gone", left_on="2025-01-01", reports_to=ragna)
        for contact, role in ((ragna, "decider"), (matteo, "facilitator"), (amsel, "influencer")):
            ContactRoleFactory(contact=contact, role=role)
        InfluenceLinkFactory(source=matteo, target=ragna, topic="service record", strength=4)
        InfluenceLinkFactory(source=amsel, target=ragna, topic="price", strength=4, kind="conflict")
        return {"account": account, "ragna": ragna, "matteo": matteo, "amsel": amsel, "nora": nora}


def read(client, account):
    response = client.get(f"/api/v1/accounts/{account.pk}/people/")
    assert response.status_code == 200
    return response.json()


def test_the_whole_centre_is_one_answer(world, api):
    body = read(api("executive"), world["account"])
    nodes = {node["name"]: node for node in body["nodes"]}
    assert sorted(nodes) == ["Amsel", "Gone", "Matteo", "Ragna"]
    assert nodes["Matteo"]["roles"] == ["facilitator"]
    assert nodes["Matteo"]["covered_by"] == str(world["nora"].pk)
    assert nodes["Gone"]["figures"] is None
    assert {"from": nodes["Matteo"]["id"], "to": nodes["Ragna"]["id"]} in body["reporting"]
    assert {link["kind"] for link in body["links"]} == {"influence", "conflict"}
    assert sum(node["figures"]["influence"] for node in body["nodes"] if node["figures"]) == pytest.approx(1)


def test_zones_are_suggested_and_overridden_with_a_reason(world, api):
    client = api("kam")
    nodes = {node["name"]: node["zones"] for node in read(client, world["account"])["nodes"]}
    inside = {
        name: sorted(zone for zone, mark in zones.items() if mark["inside"]) for name, zones in nodes.items()
    }
    assert inside == {
        "Ragna": ["power", "threat"],
        "Matteo": [],
        "Amsel": ["power", "receptive", "threat"],
        "Gone": [],
    }
    assert nodes["Matteo"]["receptive"]["suggested"] is None
    reply = client.patch(
        f"/api/v1/contacts/{world['amsel'].pk}/",
        {"zone_receptive": False, "zone_receptive_reason": "Listens, never acts"},
        format="json",
    )
    assert reply.status_code == 200
    amsel = next(node for node in read(client, world["account"])["nodes"] if node["name"] == "Amsel")
    assert amsel["zones"]["receptive"] == {
        "inside": False,
        "suggested": True,
        "override": False,
        "reason": "Listens, never acts",
    }


def test_it_says_paths_gaps_and_the_balance_in_words(world, api):
    body = read(api("kam"), world["account"])
    (path,) = body["paths"]
    assert [step["strength"] for step in path["steps"]] == [5, 4]
    assert path["steps"][0]["from"] == str(world["nora"].pk)
    assert path["reason"] == "Weakest step: Matteo to Ragna, 4 of 5."
    assert [gap["code"] for gap in body["gaps"]] == [
        "decider_uncovered",
        "single_thread_theirs",
        "strong_uncovered",
    ]
    assert body["finding"] == "3\xa0people known. Nobody covers Ragna, who decides."
    assert body["balance"]["opponents"] == [str(world["amsel"].pk)]
    assert "Opponents hold" in body["balance"]["sentence"]


def test_an_empty_centre_is_an_answer_too(tenant, members, api):
    with tenant_context(tenant.id):
        account = AccountFactory()
    body = read(api("admin"), account)
    assert body["nodes"] == [] and body["finding"] == "Nobody at this customer is known yet."


def test_a_thousand_people_cost_as_many_queries_as_four(world, tenant, members, api):
    with tenant_context(tenant.id):
        account = AccountFactory(owner=members["kam"])
        _fill(account, people=1000, lines=3000)
    client = api("kam")
    counts = {}
    for name, path in {
        "nothing": "/api/v1/me/",
        "four": f"/api/v1/accounts/{world['account'].pk}/people/",
        "thousand": f"/api/v1/accounts/{account.pk}/people/",
    }.items():
        with CaptureQueriesContext(connection) as asked:
            body = client.get(path).json()
        counts[name] = len(asked)
    assert (len(body["nodes"]), len(body["links"])) == (1000, 3000)
    assert counts["thousand"] == counts["four"] <= counts["nothing"] + 12


def _fill(account, *, people, lines):
    dice, tenant_id = random.Random(7), current_tenant_id()
    persons = Person.objects.bulk_create(
        Person(tenant_id=tenant_id, name=f"Person {number:04}") for number in range(people)
    )
    contacts = Contact.objects.bulk_create(
        Contact(tenant_id=tenant_id, person=person, account=account, power=dice.randint(0, 10))
        for person in persons
    )
    ContactRole.objects.bulk_create(
        ContactRole(tenant_id=tenant_id, contact=contact, role="decider" if at < 3 else "user")
        for at, contact in enumerate(contacts)
    )
    pairs = set()
    while len(pairs) < lines:
        source, target = dice.sample(contacts, 2)
        pairs.add((source.pk, target.pk))
    InfluenceLink.objects.bulk_create(
        InfluenceLink(
            tenant_id=tenant_id,
            account=account,
            source_id=source,
            target_id=target,
            strength=dice.randint(1, 5),
        )
        for source, target in sorted(pairs)
    )
