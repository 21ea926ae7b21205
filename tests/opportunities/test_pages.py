"""Opportunities as pages: list, tab, entering, changing, the conflict of two people (K19)."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from kam.tenancy.models import Tenant
from opportunities.models import Opportunity
from tests.factories import AccountFactory, OpportunityFactory, ProductLineFactory, SegmentFactory

YES = {"compelling_reason": "yes", "authority": "yes", "budget": "yes", "allies": "yes"}


@pytest.fixture
def account(tenant: Tenant, as_tenant: Any, members: Any) -> Account:
    with as_tenant(tenant):
        return AccountFactory(name="Fjellvik", owner=members["kam"])


def test_an_empty_list_says_what_to_do_next(account: Account, browser_client: Any) -> None:
    client = browser_client("kam")
    everybody = client.get("/opportunities/").content.decode()
    assert "No opportunity is open." in everybody
    assert "Choose an account" in everybody
    own = client.get(f"/accounts/{account.pk}/opportunities/").content.decode()
    assert f"/accounts/{account.pk}/opportunities/new/" in own


def test_a_new_opportunity_answers_none_of_the_four_questions_by_itself(
    account: Account, browser_client: Any
) -> None:
    html = browser_client("kam").get(f"/accounts/{account.pk}/opportunities/new/").content.decode()
    for name in YES:
        chosen = re.search(rf'<select name="{name}".*?<option value="([^"]*)"[^>]* selected', html, re.DOTALL)
        assert chosen, name
        assert chosen[1] == "unknown"


def test_a_lead_is_entered_qualified_and_won_on_the_pages(
    account: Account, browser_client: Any, tenant: Tenant, as_tenant: Any
) -> None:
    client = browser_client("kam")
    with as_tenant(tenant):
        line, segment = ProductLineFactory(name="Pumps"), SegmentFactory(account=account, name="Oslo")
    new = f"/accounts/{account.pk}/opportunities/new/"
    wrong = client.post(new, {"name": "", "direction": "push", "stage": "need_recognition", "amount": "lots"})
    assert wrong.status_code == 422
    assert "“lots” does not fit" in wrong.content.decode()
    filled = {
        "name": "Pumps for Oslo",
        "direction": "push",
        "stage": "proposal_requests",
        "product_line": str(line.pk),
        "segment": str(segment.pk),
        "amount": "120,000",
        "probability": "40",
    }
    made = client.post(new, filled, follow=True)
    text = made.content.decode()
    assert "Still a lead: compelling reason, authority leverage, budget availability" in text
    with as_tenant(tenant):
        row = Opportunity.objects.get()
    assert (row.amount, row.probability, row.currency) == (Decimal(120000), 0.4, "USD")
    assert made.request["PATH_INFO"] == f"/opportunities/{row.pk}/"
    edit = f"/opportunities/{row.pk}/edit/"
    won = {**filled, **YES, "outcome": "won", "outcome_reason": "Uptime", "version": row.version}
    text = client.post(edit, won, follow=True).content.decode()
    assert "was won" in text
    assert "Four times yes" in text
    listed = client.get("/opportunities/?state=closed").content.decode()
    assert "1\u00a0ended opportunity is worth $120k." in listed
    assert "Pumps for Oslo" in listed
    assert "Pumps for Oslo" not in client.get("/opportunities/").content.decode()


def test_two_people_see_both_values(
    account: Account, browser_client: Any, tenant: Tenant, as_tenant: Any
) -> None:
    with as_tenant(tenant):
        row = OpportunityFactory(account=account, name="Pumps")
    client, edit = browser_client("kam"), f"/opportunities/{row.pk}/edit/"
    base = {"direction": "push", "stage": "need_recognition", "version": row.version}
    assert client.post(edit, {**base, "name": "First"}).status_code == 302
    late = client.post(edit, {**base, "name": "Second"})
    assert late.status_code == 409
    assert ("Name", "Second", "First") in late.context["conflict"]
    with as_tenant(tenant):
        assert Opportunity.objects.get().name == "First"
        version = Opportunity.objects.get().version
    assert client.post(edit, {**base, "name": "Second", "version": version}).status_code == 302


def test_readers_see_and_do_not_change(
    account: Account, browser_client: Any, tenant: Tenant, as_tenant: Any
) -> None:
    with as_tenant(tenant):
        row = OpportunityFactory(account=account, name="Pumps")
    reader = browser_client("executive")
    assert "Edit opportunity" not in reader.get(f"/opportunities/{row.pk}/").content.decode()
    assert reader.get(f"/opportunities/{row.pk}/edit/").status_code == 403
    assert browser_client("contributor").get(f"/opportunities/{row.pk}/").status_code == 404
    assert browser_client("kam").post(f"/opportunities/{row.pk}/delete/").status_code == 302
    with as_tenant(tenant):
        assert not Opportunity.objects.exists()


def test_order_filters_and_search(
    account: Account, browser_client: Any, tenant: Tenant, as_tenant: Any
) -> None:
    with as_tenant(tenant):
        OpportunityFactory(account=account, name="Alpha", amount=5, close_date=date(2026, 1, 1))
        OpportunityFactory(account=account, name="Beta", stage="proposal_requests", status="qualified", **YES)
        OpportunityFactory(account=account, name="Gamma", amount=9, stage="characteristic_determination")

    def names(query: str) -> list[str]:
        page = browser_client("kam").get(f"/opportunities/?{query}").context["page"]
        return [row.name for row in page.object_list]

    assert names("") == ["Gamma", "Alpha", "Beta"]
    assert names("ordering=amount") == ["Alpha", "Gamma", "Beta"]
    assert names("ordering=-stage") == ["Beta", "Gamma", "Alpha"]
    assert names("status=qualified") == ["Beta"]
    assert names("q=alp&ordering=nonsense") == ["Alpha"]


def test_the_list_costs_the_same_queries_at_2_and_at_20(
    account: Account, browser_client: Any, tenant: Tenant, as_tenant: Any
) -> None:
    client = browser_client("kam")
    client.get("/opportunities/")
    counts = []
    for size in (2, 18):
        with as_tenant(tenant):
            line, segment = ProductLineFactory(), SegmentFactory(account=account)
            OpportunityFactory.create_batch(
                size, account=account, product_line=line, segment=segment, amount=Decimal(5)
            )
        with CaptureQueriesContext(connection) as queries:
            client.get("/opportunities/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 14, counts
