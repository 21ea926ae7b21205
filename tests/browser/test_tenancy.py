"""Settings, members, tokens and first steps in a real browser: axe, 390 px, and the main acts without JavaScript."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from kam.tenancy.context import tenant_context
from kam.tenancy.models import ApiToken, Membership, TenantSettings
from kam.tenancy.services import invitation_create, member_add, tenant_create

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = Path(settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"

if CHROMIUM is None and os.environ.get("KAM_REQUIRE_BROWSER") == "1":
    raise RuntimeError("KAM_REQUIRE_BROWSER=1, and no Chromium was found.")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.django_db(transaction=True, databases=["default", "owner"]),
]
Open = Callable[..., Page]


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


@pytest.fixture
def open_page(member: Membership, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """`open_page(path, **context)` → a page of the signed-in administrator."""
    # Playwright's loop makes Django think that this test is asynchronous; it is not.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    client = Client()
    client.force_login(member.user, backend="kam.tenancy.backends.MemberBackend")
    cookie = {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": live_server.url,
    }
    contexts: list[BrowserContext] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        def open_path(path: str, *, signed_in: bool = True, **options: Any) -> Page:
            context = browser.new_context(**options)
            contexts.append(context)
            if signed_in:
                context.add_cookies([cookie])  # type: ignore[list-item]
            page = context.new_page()
            page.set_default_timeout(15_000)
            page.goto(live_server.url + path)
            return page

        yield open_path
        browser.close()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_and_fit(open_page: Open, member: Membership, width: int, scheme: Any) -> None:
    with tenant_context(member.tenant_id):
        _invitation, link = invitation_create(
            tenant=member.tenant, email="new@x.example", role="kam", send=False
        )
        row = TenantSettings.objects.get()
    other = Membership.objects.get(role="kam")
    page = open_page(
        "/settings/", viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    base = page.url.removesuffix("/settings/")
    for path in (
        *("/settings/", "/settings/members/", f"/settings/members/{other.pk}/", "/settings/tokens/"),
        *("/profile/", "/welcome/", "/search/?q=zz", f"/history/tenancy.tenantsettings/{row.pk}/"),
        link.removeprefix(settings.PUBLIC_URL.rstrip("/")),
        "/invitations/01900000-0000-7000-8000-000000000000/void/",
    ):
        page.goto(base + path)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert [(item["id"], item["nodes"][0]["html"]) for item in found] == [], path


def test_the_main_acts_work_without_javascript(open_page: Open, member: Membership) -> None:
    page = open_page("/settings/", java_script_enabled=False)
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


def test_a_token_is_copied_and_revoking_asks_first(open_page: Open) -> None:
    page = open_page("/settings/tokens/", permissions=["clipboard-read", "clipboard-write"])
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


def test_a_new_colleague_joins_and_signs_in_again(open_page: Open, member: Membership) -> None:
    with tenant_context(member.tenant_id):
        _invitation, link = invitation_create(
            tenant=member.tenant, email="new@x.example", role="kam", send=False
        )
    page = open_page(link.removeprefix(settings.PUBLIC_URL.rstrip("/")), signed_in=False)
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
