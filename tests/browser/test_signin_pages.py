"""Every page around signing in: shown well, and a second factor from setting it up to using it."""

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from playwright.sync_api import Page, expect

from kam.tenancy.models import Membership
from kam.tenancy.services import member_add, tenant_create
from tests.browser.conftest import Open, assert_shown_well

PASSWORD = "four quiet words here"


@pytest.fixture
def member(committed_db: None) -> Membership:
    tenant = tenant_create(name="Northwind Tools", slug="northwind", base_currency="USD")
    return member_add(
        tenant=tenant, email="ada@northwind.example", role="admin", name="Ada Admin", password=PASSWORD
    )


def _code(secret: str) -> str:
    """What an authenticator app shows for this secret now."""
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def _sign_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Email").fill("ada@northwind.example")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def _confirm(page: Page) -> None:
    """Whoever changes how they sign in gives the password once more."""
    expect(page.locator("h1")).to_have_text("Is it you?")
    assert_shown_well(page)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def test_a_second_factor_is_set_up_and_then_asked_for(open_as: Open, member: Membership) -> None:
    page = open_as(None, "/auth/login/")
    root = page.url.removesuffix("/auth/login/")
    _sign_in(page)
    expect(page.get_by_label("you: Ada Admin")).to_be_visible()
    page.goto(f"{root}/auth/2fa/")
    expect(page.locator("h1")).to_have_text("Only a password protects your account.")
    assert_shown_well(page)
    page.get_by_role("link", name="Set up the app").click()
    _confirm(page)
    # The QR code may be drawn: no policy of the page forbids it.
    picture = page.locator("img[src^='data:image/svg']")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 0
    assert_shown_well(page)
    secret = page.locator("#authenticator_secret").input_value()
    page.get_by_label("Authenticator code").fill("000000")
    page.get_by_role("button", name="Activate").click()
    expect(page.locator(".k-field-error")).to_be_visible()
    assert_shown_well(page)
    page.get_by_label("Authenticator code").fill(_code(secret))
    page.get_by_role("button", name="Activate").click()
    expect(page.locator("h1")).to_contain_text("Recovery codes")
    assert_shown_well(page)
    for path in ("recovery-codes/generate/", "totp/deactivate/", "webauthn/", "webauthn/add/", ""):
        page.goto(f"{root}/auth/2fa/{path}")
        assert_shown_well(page)
    expect(page.locator("h1")).to_have_text("A password alone does not open your account.")
    page.goto(f"{root}/auth/logout/")
    assert_shown_well(page)
    page.get_by_role("button", name="Sign out").click()
    _sign_in(page)
    expect(page).to_have_url(f"{root}/auth/2fa/authenticate/")
    assert_shown_well(page)


def test_passwords_are_changed_and_reset(open_as: Open, member: Membership) -> None:
    page = open_as(member, "/auth/password/change/")
    root = page.url.removesuffix("/auth/password/change/")
    page.get_by_label("Current password", exact=True).fill("wrong")
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_label("New password (again)").fill("short")
    page.get_by_role("button", name="Save the password").click()
    expect(page.locator(".k-field-error").first).to_be_visible()
    assert_shown_well(page)
    # What follows changes how one signs in: a session that never gave a password is asked for it.
    page.goto(f"{root}/auth/2fa/totp/activate/")
    expect(page.locator("h1")).to_have_text("Is it you?")
    assert_shown_well(page)

    stranger = open_as(None, "/auth/password/reset/")
    assert_shown_well(stranger)
    stranger.get_by_label("Email").fill("ada@northwind.example")
    stranger.get_by_role("button").filter(has_text="link").click()
    stranger.wait_for_url("**/auth/password/reset/done/")
    assert_shown_well(stranger)
    link = next(word for word in mail.outbox[-1].body.split() if "/auth/password/reset/key/" in word)
    stranger.goto(root + link[link.index("/auth/") :])
    assert_shown_well(stranger)
    stranger.get_by_label("New password", exact=True).fill("five quiet words are better")
    stranger.get_by_label("New password (again)").fill("five quiet words are better")
    stranger.locator("main button.k-btn-primary").click()
    expect(stranger.locator("h1")).to_be_visible()
    assert_shown_well(stranger)
    stranger.goto(root + link[link.index("/auth/") :])
    assert_shown_well(stranger)


def test_whoever_may_not_in_is_told_kindly(open_as: Open, member: Membership, settings: object) -> None:
    page = open_as(None, "/auth/signup/")
    assert_shown_well(page)
    page.goto(page.url.replace("/signup/", "/inactive/"))
    assert_shown_well(page)
    page.goto(page.url.replace("/inactive/", "/login/"))
    for _ in range(20):
        _sign_in(page, "wrong")
        if "Too many tries" in page.content():
            break
        expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.locator("h1")).to_have_text("Too many tries to sign in")
    assert_shown_well(page)
