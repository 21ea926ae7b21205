"""Account pages in a real browser: what only a browser can show."""

import os
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect, sync_playwright

from kam.tenancy.context import tenant_context
from kam.tenancy.models import Role
from kam.tenancy.services import member_add, tenant_create
from tests.factories import AccountFactory
from tests.metrics.account_rows import computed

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = Path(settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"

if CHROMIUM is None and os.environ.get("KAM_REQUIRE_BROWSER") == "1":
    raise RuntimeError("KAM_REQUIRE_BROWSER=1, and no Chromium was found.")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.django_db(transaction=True, databases=["default", "owner"]),
]


@pytest.fixture
def signed_in(committed_db, live_server, monkeypatch) -> Iterator[tuple[Page, str]]:
    """A page of a signed-in administrator, and the path of an account with figures."""
    # Playwright's loop makes Django think that this test is asynchronous; it is not.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    tenant = tenant_create(name="Northwind Tools", slug="northwind", base_currency="USD")
    member = member_add(tenant=tenant, email="admin@northwind.example", role=Role.ADMIN, name="Ada Admin")
    with tenant_context(tenant.id):
        account = AccountFactory(name="Fjellvik Cycle Group")
        computed(account)
        losing = AccountFactory(name="Bergen Bikes")
        computed(losing, contribution_12m=Decimal(-90), net_sales_12m=Decimal(180))
    client = Client()
    client.force_login(member.user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        # The page's own policy forbids what axe needs; the scripts of the page are checked by other tests.
        context = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        yield page, f"{live_server.url}/accounts/{account.pk}/"
        browser.close()


def assert_accessible(page: Page) -> None:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [(item["id"], item["nodes"][0]["html"]) for item in found] == []


def test_a_figure_opens_its_explanation_by_keyboard_and_gives_focus_back(signed_in):
    page, url = signed_in
    page.goto(url)
    figure = page.locator("table.k-pnl a.k-explained").first
    figure.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Net sales, 12 months")
    expect(dialog).to_contain_text("engine 1.0")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(figure).to_be_focused()


def test_what_if_moves_the_figures_by_keyboard_and_comes_back(signed_in):
    page, url = signed_in
    page.goto(f"{url}economics/")
    before = page.locator("#clv-years").inner_text()
    slider = page.locator("#wi-retention")
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#wi-retention-out")).to_have_text("90 %")
    # 363 × Σ (0.90 ÷ 1.10)^t, t = 1 to 5
    worth = 363 * sum((0.9 / 1.1) ** year for year in range(1, 6))
    expect(page.locator("#what-if-value")).to_have_text(f"${worth / 1000:.1f}k")
    assert page.locator("#clv-years").inner_text() != before
    page.get_by_role("button", name="Back to the inputs").click()
    expect(page.locator("#wi-retention-out")).to_have_text("85 %")
    assert page.locator("#clv-years").inner_text() == before


def test_the_list_searches_while_typing_and_keeps_the_address(signed_in):
    page, url = signed_in
    page.goto(url.split("/accounts/")[0] + "/accounts/")
    field = page.get_by_label("Search by name or external id")
    field.press_sequentially("bergen", delay=20)
    expect(page.locator("h1")).to_have_text("One account, and it loses money.")
    assert "q=bergen" in page.url
    expect(field).to_be_focused()
    page.go_back()
    expect(page.locator("h1")).to_have_text("1 of 2 buying accounts loses money.")


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_and_are_accessible(signed_in, width, scheme):
    page, url = signed_in
    page.set_viewport_size({"width": width, "height": 850})
    page.emulate_media(color_scheme=scheme)
    root = url.split("/accounts/")[0]
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    for path in (
        f"{root}/",
        f"{root}/accounts/",
        f"{root}/accounts/new/",
        f"{root}/catalogue/",
        f"{root}/rates/",
        url,
        f"{url}economics/",
        f"{url}history/",
        f"{url}segments/",
        f"{url}edit/",
        f"{url}delete/",
        f"{url}explain/clv/",
    ):
        page.goto(path, wait_until="networkidle")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
        assert_accessible(page)
    assert faults == []
