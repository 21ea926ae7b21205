"""Opportunities in a real browser: entered and qualified by keyboard, two people in one form, every look (K19)."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from accounts.models import Account
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Membership, Role
from kam.tenancy.services import member_add, tenant_create
from opportunities.models import Opportunity
from tests.browser.conftest import Open, assert_accessible, assert_shown_well
from tests.factories import AccountFactory, OpportunityFactory

QUESTIONS = ("Compelling reason", "Authority leverage", "Budget availability", "Supporting allies")


@pytest.fixture
def people(committed_db: None) -> dict[str, Membership]:
    tenant = tenant_create(name="Northwind Tools", slug="northwind", base_currency="USD")
    return {
        name: member_add(tenant=tenant, email=f"{name}@northwind.example", role=Role.ADMIN, name=name.title())
        for name in ("ada", "ben")
    }


@pytest.fixture
def account(people: dict[str, Membership]) -> Account:
    with tenant_context(people["ada"].tenant_id):
        return AccountFactory(name="Fjellvik Cycle Group", owner=people["ada"])


def test_an_opportunity_is_entered_and_qualified_without_a_mouse(
    open_as: Open, people: dict[str, Membership], account: Account
) -> None:
    page = open_as(people["ada"], f"/accounts/{account.pk}/opportunities/")
    assert_shown_well(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("link", name="Add opportunity").first.press("Enter")
    page.get_by_role("button", name="Add opportunity").press("Enter")
    name = page.get_by_label("Name", exact=True)
    expect(name).to_have_attribute("aria-invalid", "true")
    assert_shown_well(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    name.focus()
    page.keyboard.type("Spare parts, rental fleet")
    page.get_by_label("Amount, first year").fill("240,000")
    page.get_by_label("Probability, %").fill("40")
    page.get_by_label("Expected decision").fill("2027-03-31")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Spare parts, rental fleet could bring $240k in its first year.")
    expect(page.locator(".k-lede")).to_contain_text("Still a lead")
    assert_shown_well(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("link", name="Edit opportunity").press("Enter")
    for question in QUESTIONS:
        page.get_by_label(question).focus()
        page.keyboard.type("Yes")
    page.get_by_role("button", name="Save opportunity").press("Enter")
    expect(page.locator(".k-lede")).to_have_text("Qualified: all four questions are answered yes.")
    page.goto(page.url.split("/opportunities/")[0] + "/opportunities/")
    expect(page.locator("tbody")).to_contain_text("Qualified")
    assert_shown_well(page)


def test_two_people_in_one_opportunity_see_what_differs(
    open_as: Open, people: dict[str, Membership], account: Account
) -> None:
    with tenant_context(account.tenant_id):
        row = OpportunityFactory(account=account, name="Bergen pumps", amount=Decimal(900), currency="USD")
    path = f"/opportunities/{row.pk}/edit/"
    ada, ben = open_as(people["ada"], path), open_as(people["ben"], path)
    ada.get_by_label("Amount, first year").fill("1200")
    ada.get_by_role("button", name="Save opportunity").click()
    expect(ada.locator("h1")).to_contain_text("$1.2k")
    ben.get_by_label("Amount, first year").fill("700")
    ben.get_by_role("button", name="Save opportunity").click()
    conflict = ben.get_by_role("alert")
    expect(conflict).to_contain_text("Somebody else saved this while you were typing")
    expect(conflict).to_contain_text("1200")
    expect(ben.get_by_label("Amount, first year")).to_have_value("700")
    assert_accessible(ben)
    ben.get_by_role("button", name="Keep mine").click()
    expect(ben.locator("h1")).to_contain_text("$700")
    with tenant_context(account.tenant_id):
        assert Opportunity.objects.get().amount == Decimal(700)
