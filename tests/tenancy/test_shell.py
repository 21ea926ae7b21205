"""First steps, search, history of other objects: what the frame asks higher apps for."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kam.tenancy import search as search_module
from kam.tenancy import welcome as welcome_module
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from kam.tenancy.history import history_of
from kam.tenancy.models import Membership, Tenant
from kam.tenancy.search import LIMIT, SearchHit, register_search
from kam.tenancy.welcome import register_count, welcome_steps
from tests.factories import AccountFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The four counts, for a test to set."""
    values = {"catalogue": 0, "accounts": 0, "sales": 0, "computed": 0}
    monkeypatch.setattr(welcome_module, "_counters", {})
    for key in values:
        register_count(key, lambda key=key: values[key])  # type: ignore[misc]
    return values


def test_the_first_step_that_is_not_done_is_the_current_one(counts: dict[str, int], tenant: Tenant) -> None:
    assert [step.current for step in welcome_steps()] == [True, False, False, False]
    counts.update(catalogue=12, accounts=1)
    steps = welcome_steps()
    assert [step.done for step in steps] == [True, True, False, False]
    assert [step.current for step in steps] == [False, False, True, False]
    assert (steps[1].count, steps[1].noun, steps[0].noun) == (1, "account", "products")
    counts.update(sales=3, computed=1)
    assert not any(step.current for step in welcome_steps())


def test_the_page_says_how_far_one_is(browser_client: Any, counts: dict[str, int]) -> None:
    client = browser_client("admin")
    assert "Load your ledger in four steps." in client.get("/welcome/").content.decode()
    counts.update(catalogue=12, accounts=2)
    page = client.get("/welcome/").content.decode()
    assert "2 of 4 steps are done" in page
    assert "?kind=sales_lines" in page
    counts.update(sales=3, computed=1)
    assert "every account is valued" in client.get("/welcome/").content.decode()
    assert "can load files" in browser_client("kam").get("/welcome/").content.decode()


def test_an_unknown_step_is_refused() -> None:
    with pytest.raises(ValueError, match="no step"):
        register_count("coffee", lambda: 1)


def test_search_asks_whoever_registered(browser_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str, int]] = []

    def provider(principal: Principal, text: str, limit: int) -> list[SearchHit]:
        asked.append((principal.role, text, limit))
        return [SearchHit("Fjellvik <b>", "/accounts/1/", "NO")] if text else []

    monkeypatch.setattr(search_module, "_providers", {})
    register_search("Accounts", provider)
    client = browser_client("kam")
    page = client.get("/search/?q= fjell ").content.decode()
    assert asked == [("kam", "fjell", LIMIT)]
    assert "Fjellvik &lt;b&gt;" in page
    fragment = client.get("/search/?q=x", HTTP_HX_REQUEST="true").content.decode()
    assert fragment.strip().startswith("<div")
    assert 'role="option"' in fragment
    assert "What are you looking for?" in client.get("/search/").content.decode()


def test_the_history_of_an_account_costs_the_same_for_many_events(
    tenant: Tenant, members: dict[str, Membership]
) -> None:
    with tenant_context(tenant.id, member_id=members["kam"].id, via="api"):
        account = AccountFactory(name="Before", owner=members["kam"])
        parent = AccountFactory(name="Parent")
        account.name, account.parent, account.owner = "After", parent, members["admin"]
        account.save()
        with CaptureQueriesContext(connection) as few:
            newest = history_of(account)[0]
        changes = {change.label: (change.old, change.new) for change in newest.changes}
        assert changes["Name"] == ("Before", "After")
        assert changes["Belongs to"] == ("empty", str(parent))
        assert changes["Account manager"] == ("Kam Northwind", "Admin Northwind")
        assert (newest.who, newest.door) == ("Kam Northwind", "over REST")
        for number in range(20):
            account.name, account.owner = f"Name {number}", members[("kam", "admin")[number % 2]]
            account.save()
        with CaptureQueriesContext(connection) as many:
            entries = history_of(account, limit=10)
        assert len(entries) == 10
        assert len(many) <= len(few)


def test_a_history_holds_no_other_tenants_people(
    tenant: Tenant, other_tenant: Tenant, other_members: dict[str, Membership]
) -> None:
    with tenant_context(tenant.id, member_id=other_members["kam"].id, via="web"):
        account = AccountFactory()
        assert history_of(account)[0].who == ""
