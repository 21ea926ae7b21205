"""The portfolio in a real browser: charts, explanations, decisions, phone and dark, without a fault of axe."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect, sync_playwright

from kam.tenancy.context import tenant_context
from kam.tenancy.models import Role, Tenant
from kam.tenancy.services import member_add, tenant_create
from metrics.models import AccountDecision
from tests.metrics.ledgers import compute, pin
from tests.metrics.test_portfolio_page import bikes

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = Path(settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"

if CHROMIUM is None and os.environ.get("KAM_REQUIRE_BROWSER") == "1":
    raise RuntimeError("KAM_REQUIRE_BROWSER=1, and no Chromium was found.")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.django_db(transaction=True, databases=["default", "owner"]),
]


@pytest.fixture
def portfolio(committed_db, live_server, monkeypatch) -> Iterator[tuple[Page, str]]:
    """A page of a signed-in executive of a tenant with four accounts, and the portfolio's address."""
    # Playwright's loop makes Django think that this test is asynchronous; it is not.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    tenant = tenant_create(name="Northwind Tools", slug="northwind", base_currency="USD")
    member = member_add(tenant=tenant, email="exec@northwind.example", role=Role.EXECUTIVE, name="Eva Exec")
    with tenant_context(tenant.id):
        pin()
        bikes()
    with tenant_context(tenant.id):
        compute()
    client = Client()
    client.force_login(member.user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        # The page's own policy forbids what axe needs; the scripts of the page are checked by other tests.
        context = browser.new_context(viewport={"width": 1440, "height": 1000}, bypass_csp=True)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.problems = []  # type: ignore[attr-defined]
        page.on("pageerror", lambda error: page.problems.append(str(error)))  # type: ignore[attr-defined]
        yield page, f"{live_server.url}/portfolio/"
        assert page.problems == []  # type: ignore[attr-defined]
        browser.close()


def assert_accessible(page: Page) -> None:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [(item["id"], item["nodes"][0]["html"]) for item in found] == []


def test_charts_draw_switch_and_become_tables(portfolio):
    page, url = portfolio
    page.goto(url)
    for chart in ("matrix", "pareto", "whale", "lines"):
        expect(page.locator(f"#chart-{chart} canvas").first).to_be_visible()
    page.get_by_role("button", name="Show the whale curve as a table").click()
    expect(page.locator("#chart-whale table")).to_contain_text("$100")
    page.get_by_role("link", name="Loyalty", exact=True).click()
    expect(page.locator("#matrix-title")).to_have_text("The one loyal account is profitable")
    assert "matrix=loyalty" in page.url
    expect(page.locator("#chart-matrix .k-quad-label").first).to_be_visible()
    page.get_by_role("link", name="Friends 1").click()
    expect(page.locator("h1")).to_have_text("1 friend")


def test_the_finding_is_asked_by_keyboard(portfolio):
    page, url = portfolio
    page.goto(url)
    figure = page.locator("h1 a.k-explained").first
    figure.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Accounts ranked by net sales")
    page.keyboard.press("Escape")
    expect(figure).to_be_focused()


def test_deciding_asks_for_a_reason_keeps_it_and_can_be_undone(portfolio):
    page, url = portfolio
    page.goto(url)
    heading = page.locator("#decisions-title")
    before = heading.inner_text()
    page.get_by_role("link", name="Reprice Big Ltd").click()
    form = page.get_by_role("form", name="Decide about Big Ltd")
    expect(form.get_by_label("You decide")).to_have_value("reprice")
    form.get_by_label("Because").fill("New price list in May")
    form.get_by_role("button", name="Keep the decision").click()
    expect(page.get_by_text("New price list in May")).to_be_visible()
    expect(heading).not_to_have_text(before)
    expect(page.locator("#decision-counts")).to_contain_text("1 decided this month")
    page.get_by_role("button", name="Undo the decision about Big Ltd").click()
    expect(page.get_by_role("link", name="Reprice Big Ltd")).to_be_visible()
    expect(heading).to_have_text(before)
    with tenant_context(Tenant.objects.get(slug="northwind").pk):
        assert not AccountDecision.objects.exists()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_and_are_accessible(portfolio, width, scheme):
    page, url = portfolio
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    for path in (
        "",
        "?matrix=loyalty",
        "?country=US&country=NO&industry=none",
        "list/",
        "decisions/",
        "key-accounts/",
    ):
        page.goto(url + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert_accessible(page)
    if width == 390:
        page.goto(url)
        tiles = page.locator(".k-quad-tile")
        expect(tiles).to_have_count(4)
        expect(tiles.first).to_be_visible()
        expect(page.locator("#chart-matrix .k-chart-canvas")).to_be_hidden()
