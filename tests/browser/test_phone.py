"""What only a phone has: the + in the bottom bar, and tabs that begin at the open one (LOOK §11)."""

import pytest
from playwright.sync_api import expect

from accounts.models import Account
from buying_center.models import Activity
from kam.tenancy.context import tenant_context
from tests.browser.conftest import Open, assert_shown_well
from tests.factories import AccountFactory, ContactFactory

PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def account(tenant, members) -> Account:
    with tenant_context(tenant.id):
        account = AccountFactory(name="Fjellvik", owner=members["kam"])
        ContactFactory(account=account, name="Ragna Tveitdal")
        AccountFactory(name="Havn Depot", owner=members["kam"])
        return account


def test_a_call_is_written_down_from_the_plus(open_as: Open, account, tenant, members) -> None:
    page = open_as(members["kam"], f"/accounts/{account.pk}/team/", **PHONE)
    tab = page.get_by_role("navigation", name="Account").get_by_role("link", name="Selling centre")
    expect(tab).to_be_in_viewport(ratio=1)
    page.get_by_label("Add", exact=True).click()
    page.get_by_role("link", name="Call", exact=True).click()
    expect(page.get_by_label("What", exact=True).first).to_have_value("call")
    page.get_by_label("About what").fill("Prices of spring")
    page.get_by_label("Ragna Tveitdal").check()
    page.get_by_role("button", name="Log it").click()
    expect(page.locator("main")).to_contain_text("“Prices of spring” is in the log.")
    with tenant_context(tenant.id):
        assert Activity.objects.get().kind == "call"


def test_elsewhere_the_account_is_chosen_first(open_as: Open, account, members) -> None:
    page = open_as(members["kam"], "/", **PHONE)
    page.get_by_label("Add", exact=True).click()
    page.get_by_role("link", name="Meeting", exact=True).click()
    expect(page.locator("h1")).to_have_text("A meeting: with which account?")
    assert_shown_well(page)
    page.set_viewport_size(PHONE["viewport"])
    page.get_by_role("link", name="Fjellvik").click()
    expect(page.get_by_label("What", exact=True).first).to_have_value("meeting")
