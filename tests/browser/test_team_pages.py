"""The selling centre in a real browser: a team named by keyboard, changed, ended, put back; every page shown well."""

import datetime
import re

import pytest
from django.utils import timezone

from buying_center.models import PlaceScope, SellingCenterMember
from kam.tenancy.context import tenant_context
from tests.browser.conftest import Open, assert_shown_well
from tests.factories import (
    AccountFactory,
    ConnectionFactory,
    ContactFactory,
    EmployeeFactory,
    KeyAccountFactory,
    ProductLineFactory,
    SegmentFactory,
    SellingCenterMemberFactory,
)


@pytest.fixture
def account(tenant, members):
    with tenant_context(tenant.id):
        ProductLineFactory(name="Drives")
        account = KeyAccountFactory(name="Fjellvik", owner=members["kam"], industry="Bicycles")
        SegmentFactory(account=account, name="Bergen")
        return account


def test_a_team_is_named_changed_and_put_back_by_keyboard(open_as: Open, account, tenant, members) -> None:
    page = open_as(members["kam"], f"/accounts/{account.pk}/team/")
    page.get_by_role("link", name="Name the lead KAM").press("Enter")
    page.get_by_role("radio", name="Kam Northwind").press("Space")
    assert page.get_by_label("Role", exact=True).input_value() == "kam"
    page.get_by_label("Leads the account").press("Space")
    page.get_by_role("button", name="Name them").press("Enter")
    page.wait_for_selector("text=Nobody is sponsor")

    # The check's own button opens the panel with the role filled in; a search narrows the list.
    page.get_by_role("link", name="Name a sponsor").press("Enter")
    panel = page.locator("#contact-panel[open]")
    search = panel.get_by_label("Search members and employees")
    search.wait_for()
    assert search.evaluate("field => field === document.activeElement")
    search.fill("executive")
    panel.locator("#team-people label").nth(1).wait_for(state="detached")
    panel.get_by_role("radio", name="Executive Northwind").press("Space")
    panel.get_by_role("button", name="Name them").press("Enter")
    page.wait_for_selector("text=Executive Northwind is sponsor.")

    # Somebody without a login is entered in place: the fields show themselves, a fault stays in the panel.
    page.get_by_role("link", name=re.compile("Add ?: Subject matter leader")).press("Enter")
    panel.get_by_role("radio", name="Somebody without a login").wait_for()
    name = panel.get_by_label(re.compile("^Name"))
    assert not name.is_visible()
    panel.get_by_role("radio", name="Somebody without a login").press("Space")
    panel.get_by_role("button", name="Name them").press("Enter")
    panel.get_by_text("say who it is").first.wait_for()
    name.fill("Tor Egil Brekke")
    panel.get_by_label("Drives").press("Space")
    panel.get_by_label("Regions").fill("Nordics")
    panel.get_by_role("button", name="Name them").press("Enter")
    card = page.locator(".st-card", has_text="Tor Egil Brekke")
    card.wait_for()
    assert card.get_by_text("No login").is_visible() and card.get_by_text("Nordics").is_visible()

    # Taken out by keyboard from the card's menu, and put back whole.
    card.get_by_label("Tor Egil Brekke, subject matter leader: edit, end, history").press("Enter")
    page.get_by_role("link", name="End or take out Tor Egil Brekke").press("Enter")
    panel.get_by_role("button", name="Take out").press("Enter")
    page.wait_for_selector("text=Tor Egil Brekke is out of the selling centre.")
    page.get_by_role("button", name="Undo").press("Enter")
    card.get_by_text("Drives").wait_for()

    # Escape gives the focus back to what opened the panel.
    opener = page.get_by_role("link", name="Name somebody")
    opener.press("Enter")
    search.wait_for()
    page.keyboard.press("Escape")
    assert opener.evaluate("link => link === document.activeElement")
    with tenant_context(tenant.id):
        rows = SellingCenterMember.objects.order_by("created_at")
        assert [(row.role, row.is_lead) for row in rows] == [
            ("kam", True),
            ("sponsor", False),
            ("subject_matter_leader", False),
        ]


def test_it_works_without_a_script(open_as: Open, account, tenant, members) -> None:
    page = open_as(
        members["kam"], f"/accounts/{account.pk}/team/add/?role=sponsor", java_script_enabled=False
    )
    page.get_by_label("Search members and employees").fill("executive")
    page.get_by_label("Title").fill("Managing director")
    page.get_by_role("button", name="Search").click()
    assert page.locator("#team-people label").count() == 1
    assert page.get_by_label("Title").input_value() == "Managing director"
    page.get_by_role("radio", name="Executive Northwind").check()
    page.get_by_role("button", name="Name them").click()
    page.wait_for_selector("text=Executive Northwind is sponsor.")


def test_every_page_is_shown_well(open_as: Open, account, tenant, members) -> None:
    with tenant_context(tenant.id):
        SellingCenterMemberFactory(account=account, member=members["kam"], role="kam", is_lead=True)
        rival = KeyAccountFactory(name="Aasen Cycles", industry="Bicycles")
        SellingCenterMemberFactory(account=rival, member=members["kam"], role="kam", is_lead=True)
        tor = SellingCenterMemberFactory(
            account=account,
            employee=EmployeeFactory(name="Tor Egil Brekke", left_on=datetime.date(2025, 1, 31)),
            role="subject_matter_leader",
        )
        PlaceScope.objects.create(tenant_id=tenant.id, place=tor, region="Central Norway")
        soon = timezone.localdate() + datetime.timedelta(days=9)
        SellingCenterMemberFactory(
            account=account, member=members["contributor"], is_temporary=True, valid_to=soon,
            reason="Concern: cleaning times", title="Specialist with a rather long title in the organisation",
        )  # fmt: skip
        SellingCenterMemberFactory(
            account=account, employee=EmployeeFactory(), role="executive", valid_to=datetime.date(2025, 1, 31)
        )
        SellingCenterMemberFactory(
            account=account, member=members["executive"], role="sponsor", valid_from=soon
        )
        contact = ContactFactory(account=account, covered_by=tor)
        ConnectionFactory(place=tor, contact=contact)
        empty = AccountFactory(name="Nobody’s")
    base = f"/accounts/{account.pk}/team/"
    page = open_as(members["admin"], base)
    host = page.url.split("/accounts/")[0]
    page.get_by_text("1\u00a0place has ended").click()
    assert_shown_well(page)
    for path in (
        f"{base}add/?role=contributor",
        f"{base}{tor.pk}/edit/",
        f"{base}{tor.pk}/leave/",
        f"/accounts/{empty.pk}/team/",
        "/portfolio/load/",
        "/settings/step-resources/",
    ):
        page.goto(host + path)
        assert_shown_well(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(host + base)
    page.get_by_role("link", name="Name somebody").click()
    page.locator("#contact-panel[open]").get_by_label("Search members and employees").wait_for()
    page.get_by_text("Whom to choose").click()
    assert_shown_well(page)
    # A reader's page has the same cards and no buttons.
    reader = open_as(members["executive"], base)
    assert reader.get_by_role("link", name="Name somebody").count() == 0
    assert_shown_well(reader)
