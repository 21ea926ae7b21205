"""Adding, editing and deleting accounts: faults name the field, and nobody's work is overwritten."""

import datetime
import uuid
from decimal import Decimal

import pytest

from accounts.models import Account
from kam.tenancy.context import tenant_context
from kam.tenancy.models import TenantSettings
from tests.factories import AccountFactory, SalesLineFactory, SellingCenterMemberFactory


@pytest.fixture
def account(tenant, members):
    with tenant_context(tenant.id):
        return AccountFactory(name="Fjellvik", external_id="F-1", owner=members["kam"])


def form_values(account=None, **changes):
    """What a browser sends for the form of an account, with some fields changed."""
    values = {
        "name": account.name if account else "New Customer",
        "external_id": (account.external_id or "") if account else "",
        "industry": account.industry if account else "",
        "country": account.country if account else "",
        "currency": account.currency if account else "",
        "owner": str(account.owner.user_id) if account and account.owner else "",
        "version": str(account.version) if account else "",
    }
    return values | changes


def test_an_account_is_added_with_a_name_alone(tenant, browser_client):
    response = browser_client("admin").post("/accounts/new/", form_values())
    with tenant_context(tenant.id):
        account = Account.objects.get()
    assert response.status_code == 302
    assert response.url == f"/accounts/{account.pk}/"
    assert account.name == "New Customer"


def test_a_manager_owns_what_they_add_and_assigns_nobody(tenant, members, browser_client):
    client = browser_client("kam")
    assert 'name="owner"' not in client.get("/accounts/new/").content.decode()
    client.post("/accounts/new/", form_values(owner=str(members["admin"].user_id)))
    with tenant_context(tenant.id):
        assert Account.objects.get().owner_id == members["kam"].id


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "This field is required."),
        ("currency", "eur", "Currency: expected a code of three capitals, such as EUR."),
        ("customer_since", "31.02.2013", "Customer since: “31.02.2013” is no date. Expected YYYY-MM-DD."),
        ("category_spend", "much", "“much” does not fit. Expected a number such as 1200000."),
        ("category_spend", "NaN", "“NaN” does not fit."),
        ("category_spend", "-5", "Expected 0 or more."),
        ("category_spend", "1,5", "Write the decimals after a point"),
        ("acquisition_cost", "1.23456", "Expected at most 4 decimals."),
        ("clv_retention", "140", "Retention, % a year: “140” does not fit. Expected 100 or less."),
        ("clv_horizon_years", "2.5", "Expected at most 0 decimals."),
        ("parent", "Nobody Ltd", "no account is called “Nobody Ltd”"),
        ("country", "XX", "Select a valid choice"),
    ],
)
def test_a_fault_names_its_field_and_keeps_what_was_typed(tenant, browser_client, field, value, message):
    response = browser_client("admin").post("/accounts/new/", form_values(**{field: value}))
    page = response.content.decode()
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert message.replace("&", "&amp;") in page.replace("&quot;", '"').replace("&#x27;", "'")
    assert "Nothing was saved" in page
    assert f'id="id_{field}_error"' in page
    with tenant_context(tenant.id):
        assert not Account.objects.exists()


def test_a_taken_external_id_is_said_beside_its_field(account, tenant, browser_client):
    response = browser_client("admin").post("/accounts/new/", form_values(external_id="F-1"))
    assert "external_id" in response.context["form"].errors


def test_percentages_become_ratios_and_empty_ones_the_default(account, tenant, browser_client):
    client = browser_client("admin")
    with tenant_context(tenant.id):
        TenantSettings.objects.update(clv_retention=0.82)
    page = client.get(f"/accounts/{account.pk}/edit/").content.decode()
    assert 'placeholder="default 82.0\u00a0%"' in page
    client.post(
        f"/accounts/{account.pk}/edit/",
        form_values(account, clv_retention="90.5", clv_discount_rate="", category_spend="1,200,000"),
    )
    with tenant_context(tenant.id):
        account.refresh_from_db()
    assert account.clv_retention == 0.905
    assert account.clv_discount_rate is None
    assert account.category_spend == Decimal(1_200_000)
    assert 'value="90.5"' in client.get(f"/accounts/{account.pk}/edit/").content.decode()


def test_a_key_account_gets_its_date_and_loses_it_with_the_mark(account, tenant, browser_client):
    client = browser_client("admin")
    client.post(
        f"/accounts/{account.pk}/edit/", form_values(account, is_key_account="on", key_since="2024-03-01")
    )
    with tenant_context(tenant.id):
        account.refresh_from_db()
        assert (account.is_key_account, account.key_since) == (True, datetime.date(2024, 3, 1))
    client.post(f"/accounts/{account.pk}/edit/", form_values(account))
    with tenant_context(tenant.id):
        account.refresh_from_db()
        assert (account.is_key_account, account.key_since) == (False, None)


class TestParents:
    def test_a_parent_is_found_by_its_words_and_shown_again(self, account, tenant, browser_client):
        with tenant_context(tenant.id):
            parent = AccountFactory(name="Nordic Group", external_id="N-9")
        client = browser_client("admin")
        options = client.get("/accounts/parents/?parent=nord").content.decode()
        assert "Nordic Group · N-9" in options
        client.post(f"/accounts/{account.pk}/edit/", form_values(account, parent="Nordic Group · N-9"))
        with tenant_context(tenant.id):
            account.refresh_from_db()
        assert account.parent_id == parent.pk
        assert "Nordic Group · N-9" in client.get(f"/accounts/{account.pk}/edit/").content.decode()

    def test_two_of_the_same_name_ask_for_the_external_id(self, account, tenant, browser_client):
        with tenant_context(tenant.id):
            AccountFactory(name="Twin", external_id="T-1")
            AccountFactory(name="Twin", external_id="T-2")
        response = browser_client("admin").post(
            f"/accounts/{account.pk}/edit/", form_values(account, parent="twin")
        )
        assert "2 accounts are called “twin”" in response.content.decode()

    def test_a_circle_is_refused_beside_the_field(self, account, tenant, browser_client):
        with tenant_context(tenant.id):
            AccountFactory(name="Child", external_id="C-1", parent=account)
        response = browser_client("admin").post(
            f"/accounts/{account.pk}/edit/", form_values(account, parent="Child · C-1")
        )
        assert "An account cannot stand above itself." in response.content.decode()

    def test_another_tenants_account_is_no_parent(self, account, other_tenant, browser_client):
        with tenant_context(other_tenant.id):
            AccountFactory(name="Foreign Group")
        client = browser_client("admin")
        assert "Foreign" not in client.get("/accounts/parents/?parent=for").content.decode()
        response = client.post(f"/accounts/{account.pk}/edit/", form_values(account, parent="Foreign Group"))
        assert "no account is called" in response.content.decode()


class TestTwoEditors:
    def test_the_second_sees_both_values_and_nothing_is_overwritten(self, account, tenant, browser_client):
        first, second = browser_client("admin"), browser_client("kam")
        url = f"/accounts/{account.pk}/edit/"
        mine = form_values(account, name="Fjellvik Cycle Group")
        first.post(url, form_values(account, name="Fjellvik AS", industry="Wholesale"))
        response = second.post(url, mine)
        assert response.status_code == 409
        assert ("Name", "Fjellvik Cycle Group", "Fjellvik AS") in response.context["conflict"]
        assert ("Industry", "Retail", "Wholesale") in response.context["conflict"]
        page = response.content.decode()
        assert "Keep mine" in page and "Take theirs" in page
        with tenant_context(tenant.id):
            account.refresh_from_db()
            assert account.name == "Fjellvik AS"

    def test_keep_mine_saves_over_the_version_that_was_shown(self, account, tenant, browser_client):
        first, second = browser_client("admin"), browser_client("kam")
        url = f"/accounts/{account.pk}/edit/"
        first.post(url, form_values(account, name="Theirs"))
        conflict = second.post(url, form_values(account, name="Mine"))
        shown = conflict.context["form"]["version"].value()
        assert second.post(url, form_values(account, name="Mine", version=shown)).status_code == 302
        with tenant_context(tenant.id):
            account.refresh_from_db()
            assert account.name == "Mine"

    def test_a_form_without_a_version_never_overwrites(self, account, tenant, browser_client):
        response = browser_client("admin").post(
            f"/accounts/{account.pk}/edit/", form_values(account, name="Sly", version="")
        )
        assert response.status_code == 409


class TestDeleting:
    def test_it_asks_first_and_then_deletes(self, account, tenant, browser_client):
        client = browser_client("admin")
        assert "Delete Fjellvik?" in client.get(f"/accounts/{account.pk}/delete/").content.decode()
        with tenant_context(tenant.id):
            assert Account.objects.exists()
        assert client.post(f"/accounts/{account.pk}/delete/").url == "/accounts/"
        with tenant_context(tenant.id):
            assert not Account.objects.exists()

    def test_a_ledger_keeps_it_with_the_reason(self, account, tenant, browser_client):
        with tenant_context(tenant.id):
            SalesLineFactory(account=account)
        response = browser_client("admin").post(f"/accounts/{account.pk}/delete/")
        assert response.status_code == 409
        assert "it has sales lines" in response.content.decode()
        with tenant_context(tenant.id):
            assert Account.objects.exists()


@pytest.mark.parametrize("part", ["edit/", "delete/"])
class TestWhoMay:
    def test_others_of_the_same_tenant_are_refused(self, account, tenant, members, browser_client, part):
        url = f"/accounts/{account.pk}/{part}"
        assert browser_client("executive").get(url).status_code == 403
        assert browser_client("executive").post(url, form_values(account, name="X")).status_code == 403
        assert browser_client("contributor").get(url).status_code == 404
        with tenant_context(tenant.id):
            other = AccountFactory(name="Not mine")
        assert browser_client("kam").get(f"/accounts/{other.pk}/{part}").status_code == 403
        assert (
            browser_client("kam").post(f"/accounts/{other.pk}/{part}", form_values(other)).status_code == 403
        )
        with tenant_context(tenant.id):
            assert Account.objects.filter(name="Not mine").exists()

    def test_another_tenants_account_does_not_exist(self, account, other_tenant, browser_client, part):
        with tenant_context(other_tenant.id):
            foreign = AccountFactory(name="Foreign")
        for pk in (foreign.pk, uuid.uuid4()):
            assert browser_client("admin").get(f"/accounts/{pk}/{part}").status_code == 404
            assert browser_client("admin").post(f"/accounts/{pk}/{part}", form_values()).status_code == 404
        with tenant_context(other_tenant.id):
            assert Account.objects.get().name == "Foreign"


def test_a_contributor_edits_where_they_are_in_the_team_and_adds_nothing(
    account, tenant, members, browser_client
):
    client = browser_client("contributor")
    assert client.get("/accounts/new/").status_code == 403
    with tenant_context(tenant.id):
        SellingCenterMemberFactory(account=account, member=members["contributor"])
    assert (
        client.post(f"/accounts/{account.pk}/edit/", form_values(account, region="Bergen")).status_code == 302
    )
    with tenant_context(tenant.id):
        account.refresh_from_db()
        assert account.region == "Bergen"
    assert client.get(f"/accounts/{account.pk}/delete/").status_code == 403


def test_the_search_palette_finds_accounts_by_name_and_id(account, other_tenant, browser_client):
    with tenant_context(other_tenant.id):
        AccountFactory(name="Fjellvik Foreign")
    page = browser_client("admin").get("/search/?q=fjell", headers={"HX-Request": "true"}).content.decode()
    assert "Fjellvik" in page and "Foreign" not in page
    assert "Fjellvik" in browser_client("admin").get("/search/?q=F-1").content.decode()
    assert "Fjellvik" not in browser_client("contributor").get("/search/?q=fjell").content.decode()
