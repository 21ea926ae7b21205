"""Settings, members, tokens and first steps in a real browser: axe, 390 px, and the main acts without JavaScript."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from kam.tenancy.context import tenant_context
from kam.tenancy.models import ApiToken, Membership, TenantSettings
from kam.tenancy.services import invitation_create, member_add, tenant_create
from tests.browser.conftest import Open, assert_shown_well


@pytest.fixture
def member(committed_db: None) -> Membership:
    tenant = tenant_create(name="Northwind Tools", slug="northwind", base_currency="USD")
    member_add(tenant=tenant, email="kam@northwind.example", role="kam", name="Noor Haverkamp")
    return member_add(
        tenant=tenant,
        email="admin@northwind.example",
        role="admin",
        name="Ada Admin",
        password="ada at her desk",
    )


def _invited(member: Membership) -> str:
    """The path of an invitation's link, as the e-mail has it."""
    with tenant_context(member.tenant_id):
        _invitation, link = invitation_create(
            tenant=member.tenant, email="new@x.example", role="kam", send=False
        )
    return link.removeprefix(settings.PUBLIC_URL.rstrip("/"))


def test_pages_are_accessible_and_fit(open_as: Open, member: Membership) -> None:
    with tenant_context(member.tenant_id):
        row = TenantSettings.objects.get()
    other = Membership.objects.get(role="kam")
    page = open_as(member, "/settings/")
    base = page.url.removesuffix("/settings/")
    for path in (
        *("/settings/", "/settings/members/", f"/settings/members/{other.pk}/", "/settings/tokens/"),
        *("/profile/", "/welcome/", "/search/?q=zz", f"/history/tenancy.tenantsettings/{row.pk}/"),
        _invited(member),
        "/invitations/01900000-0000-7000-8000-000000000000/void/",
    ):
        page.goto(base + path)
        assert_shown_well(page)


def test_the_main_acts_work_without_javascript(open_as: Open, member: Membership) -> None:
    page = open_as(member, "/settings/", java_script_enabled=False)
    page.get_by_label("Yearly retention").fill("80")
    page.get_by_role("button", name="Save the settings").click()
    expect(page.get_by_text("1 setting saved")).to_be_visible()
    with tenant_context(member.tenant_id):
        assert TenantSettings.objects.get().clv_retention == 0.8
    page.get_by_role("link", name="Members").click()
    page.get_by_label("E-mail address").fill("ines@new.example")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("An invitation is on its way to ines@new.example.")).to_be_visible()
    page.get_by_role("link", name="API tokens").first.click()
    page.get_by_label("What uses it").first.fill("Nightly")
    page.get_by_role("button", name="Make the token").click()
    secret = page.get_by_label("The new token").input_value()
    assert secret.startswith("kam_")
    page.get_by_role("button", name="Revoke Nightly").click()
    expect(page.get_by_text("The token is revoked")).to_be_visible()
    assert not ApiToken.objects.exists()


def test_a_token_is_copied_and_revoking_asks_first(open_as: Open, member: Membership) -> None:
    page = open_as(member, "/settings/tokens/", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_label("What uses it").first.fill("Nightly")
    page.get_by_role("button", name="Make the token").click()
    page.get_by_role("button", name="Copy the token").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.get_by_label("The new token").input_value()
    page.goto(page.url)
    page.get_by_role("button", name="Revoke Nightly").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Whatever uses it stops working at once.")
    dialog.get_by_role("button", name="Cancel").click()
    assert ApiToken.objects.count() == 1
    page.get_by_role("button", name="Revoke Nightly").click()
    dialog.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The token is revoked")).to_be_visible()
    assert not ApiToken.objects.exists()


def test_a_new_colleague_joins_and_signs_in_again(open_as: Open, member: Membership) -> None:
    page = open_as(None, _invited(member))
    page.get_by_label("Your name").fill("Ines Vale")
    page.get_by_label("Choose a password").fill("four quiet words here")
    page.get_by_role("button", name="Join Northwind Tools").click()
    expect(page.get_by_text("Welcome to Northwind Tools.")).to_be_visible()
    page.get_by_label("you: Ines Vale").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Email").fill("new@x.example")
    page.get_by_label("Password", exact=True).fill("four quiet words here")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("you: Ines Vale")).to_be_visible()
