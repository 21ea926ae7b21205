"""Leads and qualified opportunities over REST (K18, K19)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Account, ExchangeRate
from kam.tenancy.models import Tenant
from opportunities.models import Opportunity
from opportunities.selectors import opportunity_totals
from tests.factories import AccountFactory, OpportunityFactory, ProductLineFactory, SegmentFactory

URL = "/api/v1/opportunities/"
FOUR_YES = {"compelling_reason": "yes", "authority": "yes", "budget": "yes", "allies": "yes"}


@pytest.fixture
def account(tenant: Tenant, as_tenant: Any, members: Any) -> Account:
    with as_tenant(tenant):
        return AccountFactory(name="Fjellvik", owner=members["kam"], currency="NOK")


def test_a_lead_is_entered_and_read_back(
    api: Any, account: Account, tenant: Tenant, as_tenant: Any, members: Any
) -> None:
    with as_tenant(tenant):
        line, segment = ProductLineFactory(name="Pumps"), SegmentFactory(account=account, name="Oslo")
    answer = api("kam").post(
        URL,
        {
            "account": str(account.pk),
            "name": "Pumps for Oslo",
            "direction": "pull",
            "amount": "125000.50",
            "probability": 0.4,
            "close_date": "2026-03-31",
            "product_line": str(line.pk),
            "segment": str(segment.pk),
            "owner": str(members["executive"].user_id),
            "notes": "Asked in the tender",
        },
        format="json",
    )
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["status"], body["stage"], body["currency"]) == ("lead", "need_recognition", "NOK")
    assert (body["amount"], body["probability"], body["expected_margin"]) == ("125000.5000", 0.4, None)
    assert body["outcome"] is None
    found = api("kam").get(URL, {"account": str(account.pk), "outcome": "open", "search": "tender"}).json()
    assert [row["id"] for row in found["results"]] == [body["id"]]
    assert api("kam").get(URL, {"status": "qualified"}).json()["count"] == 0


def test_qualified_means_four_times_yes(api: Any, account: Account) -> None:
    kam = api("kam")
    lead = kam.post(URL, {"account": str(account.pk), "name": "Lead"}, format="json").json()
    path = f"{URL}{lead['id']}/"
    refused = kam.patch(path, {"status": "qualified"}, format="json")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["code"] == "not_qualified"
    three = kam.patch(path, {**FOUR_YES, "budget": "unknown"}, format="json").json()
    assert three["status"] == "lead"
    assert kam.patch(path, {"budget": "yes"}, format="json").json()["status"] == "qualified"
    assert kam.patch(path, {"allies": "no"}, format="json").json()["status"] == "lead"


def test_an_outcome_asks_for_its_reason_and_can_be_taken_back(api: Any, account: Account) -> None:
    kam = api("kam")
    lead = kam.post(URL, {"account": str(account.pk), "name": "Lead"}, format="json").json()
    path = f"{URL}{lead['id']}/"
    refused = kam.patch(path, {"outcome": "lost"}, format="json")
    assert [error["field"] for error in refused.json()["errors"]] == ["outcome_reason"]
    lost = kam.patch(path, {"outcome": "lost", "outcome_reason": "Price"}, format="json").json()
    assert lost["closed_on"] is not None
    opened = kam.patch(path, {"outcome": None}, format="json").json()
    assert (opened["outcome"], opened["outcome_reason"], opened["closed_on"]) == (None, None, None)


def test_a_cell_is_one_of_the_accounts_own(
    api: Any, account: Account, tenant: Tenant, as_tenant: Any
) -> None:
    with as_tenant(tenant):
        other = AccountFactory()
        idea = ProductLineFactory(name="Theirs", kind="idea", account=other, business_unit=None)
        segment = SegmentFactory(account=other)
    for name, value in (("product_line", idea.pk), ("segment", segment.pk)):
        body = {"account": str(account.pk), "name": "Lead", name: str(value)}
        answer = api("kam").post(URL, body, format="json")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == name


def test_a_stale_write_changes_nothing(api: Any, account: Account, tenant: Tenant, as_tenant: Any) -> None:
    kam = api("kam")
    lead = kam.post(URL, {"account": str(account.pk), "name": "Lead"}, format="json")
    path, tag = f"{URL}{lead.json()['id']}/", lead["ETag"]
    assert kam.patch(path, {"name": "First"}, format="json", HTTP_IF_MATCH=tag).status_code == 200
    assert kam.patch(path, {"name": "Second"}, format="json", HTTP_IF_MATCH=tag).status_code == 412
    assert kam.get(path).json()["name"] == "First"
    with as_tenant(tenant):
        assert Opportunity.objects.get().history.count() == 2


def test_what_others_may_not_change(api: Any, account: Account, tenant: Tenant, as_tenant: Any) -> None:
    with as_tenant(tenant):
        opportunity = OpportunityFactory(account=account)
    path = f"{URL}{opportunity.pk}/"
    assert api("executive").get(path).status_code == 200
    assert api("executive").patch(path, {"name": "X"}, format="json").status_code == 403
    assert api("contributor").get(path).status_code == 404
    assert api("kam").delete(path).status_code == 204


def test_a_list_adds_up_in_the_base_currency(account: Account, tenant: Tenant, as_tenant: Any) -> None:
    """100 USD + 1,000 NOK at 0.09 (the latest month that is not after today) = 190 USD; qualified ones weigh
    in with their probability: 1,000 × 0.09 × 0.5 = 45."""
    with as_tenant(tenant):
        for month, rate in ((date(2025, 5, 1), "0.1"), (date(2025, 6, 1), "0.09"), (date(2026, 1, 1), "9")):
            ExchangeRate.objects.create(tenant=tenant, currency="NOK", month=month, rate=Decimal(rate))
        OpportunityFactory(account=account, amount=Decimal(100), probability=0.9)
        OpportunityFactory(
            account=account,
            amount=Decimal(1000),
            currency="NOK",
            probability=0.5,
            status="qualified",
            **FOUR_YES,
        )
        OpportunityFactory(account=account)
        OpportunityFactory(account=account, amount=Decimal(5), currency="SEK")
        totals = opportunity_totals(Opportunity.objects.all(), today=date(2025, 7, 1))
    assert (totals.count, totals.qualified, totals.without_amount) == (4, 1, 2)
    assert totals.amount == Decimal("190.00")
    assert totals.weighted == pytest.approx(Decimal(45))
