"""Account pages in a real browser: what only a browser can show."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from accounts.models import Account
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Membership, Role
from kam.tenancy.services import member_add, tenant_create
from tests.browser.conftest import Open, assert_shown_well
from tests.factories import AccountFactory
from tests.metrics.account_rows import computed


@pytest.fixture
def member(committed_db: None) -> Membership:
    tenant = tenant_create(name="Northwind Tools", slug="northwind", base_currency="USD")
    return member_add(tenant=tenant, email="admin@northwind.example", role=Role.ADMIN, name="Ada Admin")


@pytest.fixture
def home(member: Membership) -> str:
    """The path of an account with figures; a second one loses money."""
    with tenant_context(member.tenant_id):
        account: Account = AccountFactory(name="Fjellvik Cycle Group")
        computed(account)
        losing = AccountFactory(name="Bergen Bikes")
        computed(losing, contribution_12m=Decimal(-90), net_sales_12m=Decimal(180))
    return f"/accounts/{account.pk}/"


def test_a_figure_opens_its_explanation_by_keyboard_and_gives_focus_back(
    open_as: Open, member: Membership, home: str
) -> None:
    page = open_as(member, home)
    # The panels that come after the page are in.
    page.wait_for_load_state("networkidle")
    figure = page.locator("table.k-pnl a.k-explained").first
    figure.focus()
    expect(figure).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Net sales, 12 months")
    expect(dialog).to_contain_text("engine 1.0")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(figure).to_be_focused()


def test_what_if_moves_the_figures_by_keyboard_and_comes_back(
    open_as: Open, member: Membership, home: str
) -> None:
    page = open_as(member, f"{home}economics/")
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


def test_the_list_searches_while_typing_and_keeps_the_address(
    open_as: Open, member: Membership, home: str
) -> None:
    page = open_as(member, "/accounts/")
    field = page.get_by_label("Search by name or external id")
    field.press_sequentially("bergen", delay=20)
    expect(page.locator("h1")).to_have_text("One account, and it loses money.")
    assert "q=bergen" in page.url
    expect(field).to_be_focused()
    page.go_back()
    expect(page.locator("h1")).to_have_text("1 of 2 buying accounts loses money.")


def test_pages_fit_and_are_accessible(open_as: Open, member: Membership, home: str) -> None:
    page = open_as(member, "/")
    root = page.url.rstrip("/")
    for path in ("", "accounts/", "accounts/new/", "catalogue/", "rates/"):
        page.goto(f"{root}/{path}")
        assert_shown_well(page)
    for path in ("", "economics/", "history/", "segments/", "edit/", "delete/", "explain/clv/"):
        page.goto(f"{root}{home}{path}")
        assert_shown_well(page)
