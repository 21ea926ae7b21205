"""Home: my accounts, the weakest first; what is newer; how to begin."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import ImportJob
from kam.tenancy.context import tenant_context
from metrics.models import StaleAccount
from tests.factories import AccountFactory, SellingCenterMemberFactory
from tests.metrics.account_rows import computed


@pytest.fixture
def mine(tenant, members):
    """The manager owns two accounts, works in a third, and has nothing to do with a fourth."""
    with tenant_context(tenant.id):
        owned = AccountFactory(name="Owned", owner=members["kam"])
        losing = AccountFactory(name="Losing", owner=members["kam"])
        team = AccountFactory(name="Team")
        SellingCenterMemberFactory(account=team, member=members["kam"])
        other = AccountFactory(name="Other")
        computed(owned)
        computed(losing, contribution_12m=Decimal(-90))
        computed(team, contribution_12m=Decimal(5))
        computed(other, contribution_12m=Decimal(-900))
    return losing


def test_a_manager_sees_own_and_team_accounts_the_weakest_first(mine, browser_client):
    response = browser_client("kam").get("/")
    assert [row.name for row in response.context["rows"]] == ["Losing", "Team", "Owned"]
    assert response.context["finding"] == "1 of your 3 accounts loses money."
    assert "Recent imports" not in response.content.decode()


def test_an_executive_sees_the_weakest_of_the_company(mine, browser_client):
    response = browser_client("executive").get("/")
    assert [row.name for row in response.context["rows"]] == ["Other", "Losing", "Team", "Owned"]
    assert response.context["finding"] == "2 of your company’s 4 accounts lose money."
    assert "Recent imports" in response.content.decode()


def test_recent_imports_speak_as_the_import_pages_do(tenant, members, browser_client):
    with tenant_context(tenant.id) as tenant_id:
        AccountFactory()
        ImportJob.objects.create(
            tenant_id=tenant_id,
            kind="cost_entries",
            file_name="costs.csv",
            status="succeeded",
            created=3784,
            rejected=2,
        )
    page = browser_client("admin").get("/").content.decode().replace("\u00a0", " ")
    assert "This file added 3,784 cost entries" in page
    assert "Partly stored" in page
    assert "cost_entries" not in page


def test_newer_data_is_counted_and_listed(mine, tenant, browser_client):
    with tenant_context(tenant.id) as tenant_id:
        StaleAccount.objects.create(tenant_id=tenant_id, account=mine)
    response = browser_client("kam").get("/")
    assert response.context["stale_total"] == 1
    assert "with newer data" in response.content.decode()


def test_an_empty_company_is_shown_the_way(tenant, members, browser_client):
    page = browser_client("admin").get("/").content.decode()
    assert "Begin with four steps" in page and "/welcome/" in page
    reader = browser_client("kam").get("/").content.decode()
    assert "Begin with four steps" not in reader and "An administrator loads the ledger first." in reader


def test_somebody_without_accounts_is_told_so(tenant, members, browser_client):
    with tenant_context(tenant.id):
        computed(AccountFactory(name="Other"))
    response = browser_client("kam").get("/")
    assert response.context["finding"] == "No account is yours yet."
    assert "See all accounts" in response.content.decode()


def test_another_tenants_accounts_stay_there(tenant, other_tenant, members, browser_client):
    with tenant_context(other_tenant.id):
        computed(AccountFactory(name="Foreign"))
    assert "Foreign" not in browser_client("admin").get("/").content.decode()


def test_queries_do_not_grow(tenant, members, browser_client):
    client = browser_client("kam")

    def queries(url):
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    def grow(count):
        with tenant_context(tenant.id):
            for _ in range(count):
                computed(AccountFactory(owner=members["kam"]))

    empty = queries("/profile/")
    grow(14)
    few = queries("/")
    grow(30)
    assert queries("/") == few
    assert few - empty <= 12
