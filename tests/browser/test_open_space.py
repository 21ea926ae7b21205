"""Open Space in a real browser: typed and pasted like a spreadsheet, two people in one cell, on a phone (K6)."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Account, Product, ProductLine, Segment
from accounts.services.rollups import rollups_refresh
from kam.common import formatting
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Membership, Role, Tenant, TenantSettings
from kam.tenancy.services import member_add, tenant_create
from planning.models import OpenSpaceCell
from tests.browser.conftest import Open, assert_accessible
from tests.factories import (
    AccountFactory,
    BusinessUnitFactory,
    OpenSpaceCellFactory,
    ProductFactory,
    ProductLineFactory,
    SalesLineFactory,
    SegmentFactory,
    SuccessFactorFactory,
)

ROWS, COLUMNS = 20, 10


@dataclass
class Desk:
    """A company with one account of 20 segments and 12 product lines, and the people who work on it."""

    tenant: Tenant
    kam: Membership
    admin: Membership
    executive: Membership
    account: Account
    segments: list[Segment]
    lines: list[ProductLine]

    @property
    def path(self) -> str:
        return f"/accounts/{self.account.pk}/open-space/"

    def stored(self) -> dict[tuple[str, str], Decimal | None]:
        """Stored potentials by the names of segment and line."""
        with tenant_context(self.tenant.id):
            rows = OpenSpaceCell.objects.select_related("segment", "product_line")
            return {(cell.segment.name, cell.product_line.name): cell.potential for cell in rows}


@pytest.fixture
def desk(committed_db: None) -> Desk:
    tenant = tenant_create(name="Northwind Tools", slug="northwind", base_currency="USD")
    kam = member_add(tenant=tenant, email="nora@northwind.example", role=Role.KAM, name="Nora Haverkamp")
    admin = member_add(tenant=tenant, email="ada@northwind.example", role=Role.ADMIN, name="Ada Admin")
    eva = member_add(tenant=tenant, email="eva@northwind.example", role=Role.EXECUTIVE, name="Eva Exec")
    with tenant_context(tenant.id):
        account = AccountFactory(name="Fjellvik Cycle Group", owner=kam)
        segments = [
            SegmentFactory(account=account, name=f"Shop {number:02}", position=number)
            for number in range(1, ROWS + 1)
        ]
        unit = BusinessUnitFactory(name="Bikes")
        lines = [
            ProductLineFactory(name=f"Line {number:02}", business_unit=unit, position=number)
            for number in range(1, COLUMNS + 3)
        ]
        SuccessFactorFactory(account=account, title="Repair within 48 hours", position=1)
    return Desk(tenant, kam, admin, eva, account, segments, lines)


def ready(page: Page) -> Any:
    """The grid, once it is drawn and has the focus of its first segment's first cell."""
    expect(page.locator("#os-host[data-ready]")).to_be_attached()
    grid = page.get_by_role("grid")
    grid.focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowDown")
    return grid


def cell(page: Page, segment: str, line: str) -> Any:
    return page.get_by_role("gridcell", name=f"{line}, {segment}")


def saved(page: Page) -> None:
    expect(page.locator("#os-state")).to_have_text("All changes are saved", timeout=20_000)


def paste(page: Page, text: str) -> None:
    page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+v")


def test_a_block_from_excel_is_pasted_undone_done_again_and_copied_back(open_as: Open, desk: Desk) -> None:
    page = open_as(desk.kam, desk.path, permissions=["clipboard-read", "clipboard-write"])
    ready(page)
    block = [[f"{1000 * (row + 1) + column},50" for column in range(COLUMNS)] for row in range(ROWS)]
    paste(page, "\r\n".join("\t".join(row) for row in block) + "\r\n")
    expect(page.locator("#announcer")).to_contain_text("200 cells pasted")
    saved(page)
    stored = desk.stored()
    assert len(stored) == ROWS * COLUMNS
    assert stored["Shop 01", "Line 01"] == Decimal("1000.5")
    assert stored["Shop 20", "Line 10"] == Decimal("20009.5")
    # Σ 1000·(r+1) over 20 rows × 10 + Σ c over 10 columns × 20 + 200 halves = 2,100,000 + 900 + 100
    expect(page.locator(".os-foot .os-total")).to_contain_text("+2,101")
    page.keyboard.press("Control+z")
    expect(page.locator("#announcer")).to_contain_text("Undone: paste 200 cells, 200 values")
    saved(page)
    assert set(desk.stored().values()) == {None}
    page.keyboard.press("Control+y")
    saved(page)
    assert desk.stored() == stored
    page.keyboard.press("Control+c")
    copied = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert (len(copied), copied[0].split("\t")[:2]) == (ROWS, ["1000.5", "1001.5"])


def test_a_wrong_cell_of_a_block_is_named_and_nothing_is_pasted(open_as: Open, desk: Desk) -> None:
    page = open_as(desk.kam, desk.path, permissions=["clipboard-read", "clipboard-write"])
    ready(page)
    paste(page, "1\t2\n3\tabout 5")
    toast = page.locator("#toasts")
    expect(toast).to_contain_text("Nothing was pasted: 1 of 4 cells is wrong.")
    expect(toast).to_contain_text(
        "Line 02, Shop 02 (row 2, column 2 of the block): “about 5” is not a number."
    )
    assert desk.stored() == {}


def test_the_keyboard_types_moves_ranges_fills_clears_and_leaves_in_one_tab(
    open_as: Open, desk: Desk
) -> None:
    page = open_as(desk.kam, desk.path)
    ready(page)
    page.keyboard.type("240k")
    expect(page.locator(".os-echo")).to_have_text("$240k a year")
    page.keyboard.press("Enter")
    page.keyboard.type("9")
    page.keyboard.press("Escape")
    page.keyboard.type("60.000,50")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Control+r")
    saved(page)
    assert desk.stored() == {
        ("Shop 01", "Line 01"): Decimal(240_000),
        ("Shop 02", "Line 01"): Decimal("60000.5"),
        ("Shop 01", "Line 02"): Decimal(240_000),
        ("Shop 01", "Line 03"): Decimal(240_000),
    }
    page.keyboard.press("Delete")
    saved(page)
    assert [key for key, value in desk.stored().items() if value is not None] == [("Shop 02", "Line 01")]
    grid = page.get_by_role("grid")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(grid).to_be_focused()
    # The panel tells the story of the same cell, and what is changed there is undone here.
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    panel = page.locator("#os-panel")
    expect(panel.get_by_role("heading", level=2)).to_have_text("Line 01")
    panel.get_by_label("Competitor").fill("Kestra")
    panel.get_by_label("Competitor").press("Enter")
    expect(panel.get_by_label("Position")).to_have_value("contested")
    panel.get_by_label("Repair within 48 hours").check()
    # 60,000.50 × (1 + 1) × 0.6 contested = 72,000.60
    expect(panel.locator("code")).to_have_text("$60.0k gap × (1 + 1 factor) × 0.6 contested = $72.0k")
    saved(page)
    panel.get_by_role("button", name="Make it an opportunity").click()
    expect(page.locator("#toasts")).to_contain_text("It is an opportunity now.")
    assert_accessible(page)


def test_two_people_in_one_cell_see_both_values_and_nothing_is_lost(open_as: Open, desk: Desk) -> None:
    nora, ada = open_as(desk.kam, desk.path), open_as(desk.admin, desk.path)
    for page in (nora, ada):
        ready(page)
    nora.keyboard.type("100")
    nora.keyboard.press("Enter")
    nora.keyboard.type("200")
    nora.keyboard.press("Enter")
    saved(nora)
    # Ada has not seen that: one of hers collides, the other stands in a cell that Nora left alone.
    ada.keyboard.type("111")
    ada.keyboard.press("Tab")
    ada.keyboard.type("333")
    ada.keyboard.press("Enter")
    dialog = ada.get_by_role("dialog", name="Nora Haverkamp changed this cell too")
    expect(dialog).to_contain_text("$111 a year")
    expect(dialog).to_contain_text("$100 a year")
    assert_accessible(ada)
    assert desk.stored()["Shop 01", "Line 01"] == Decimal(100)
    dialog.get_by_role("button", name="Keep mine").click()
    saved(ada)
    assert desk.stored() == {
        ("Shop 01", "Line 01"): Decimal(111),
        ("Shop 02", "Line 01"): Decimal(200),
        ("Shop 01", "Line 02"): Decimal(333),
    }
    # Nora, who still sees 100, types over it twice: now she is asked, and takes Ada's.
    nora.keyboard.press("Control+Home")
    nora.keyboard.press("ArrowDown")
    nora.keyboard.type("150")
    nora.keyboard.press("Enter")
    nora.get_by_role("button", name="Take theirs").click()
    saved(nora)
    expect(cell(nora, "Shop 01", "Line 01")).to_contain_text("111")
    assert desk.stored()["Shop 01", "Line 01"] == Decimal(111)


def sell(desk: Desk, amount: str, month: date) -> None:
    """Net sales of the first line in the first segment, in one month."""
    with tenant_context(desk.tenant.id):
        product = Product.objects.first() or ProductFactory(product_line=desk.lines[0])
        SalesLineFactory(
            account=desk.account,
            segment=desk.segments[0],
            product=product,
            date=month,
            net_sales=Decimal(amount),
        )
        rollups_refresh(account_months=[(desk.account.pk, month)])


def test_the_fiscal_year_is_shown_and_changes_no_gap(open_as: Open, desk: Desk) -> None:
    with tenant_context(desk.tenant.id):
        TenantSettings.objects.update(pinned_reference_date=date(2025, 6, 30))
    # The last 12 months are Jul 2024 to Jun 2025, the last fiscal year is 2024: 5,000 + 100 and 7,000 + 100.
    for amount, month in (("5000", date(2025, 3, 1)), ("7000", date(2024, 3, 1)), ("100", date(2024, 10, 1))):
        sell(desk, amount, month)
    page = open_as(desk.kam, desk.path)
    ready(page)
    page.keyboard.type("10000")
    page.keyboard.press("Enter")
    saved(page)
    place, total = cell(page, "Shop 01", "Line 01"), page.locator(".os-foot .os-total")
    expect(place.locator(".os-top b")).to_have_text("5,100")
    page.get_by_role("button", name="Fiscal year").click()
    expect(place.locator(".os-top b")).to_have_text("7,100")
    expect(place.locator(".os-low")).to_have_text("+4,900")
    expect(total).to_have_text("7,100+4,900")
    expect(page.locator("#os-hint")).to_contain_text(
        "Jan 2024 to Dec 2024. Bars and gaps keep the last 12 months."
    )
    assert_accessible(page)
    page.reload()
    expect(page.get_by_role("button", name="Fiscal year")).to_have_attribute("aria-pressed", "true")
    expect(total).to_have_text("7,100+4,900")
    page.get_by_role("button", name="12 months").click()
    expect(total).to_have_text("5,100+4,900")
    plain = open_as(desk.kam, f"{desk.path}table/?sales=fiscal_year", java_script_enabled=False)
    expect(plain.locator("tfoot")).to_contain_text("7,100")
    expect(plain.locator("tfoot")).to_contain_text("+4,900")


def test_the_sentence_above_the_grid_follows_what_is_typed(open_as: Open, desk: Desk) -> None:
    page = open_as(desk.kam, desk.path)
    ready(page)

    def agreed(words: str) -> None:
        """The page says `words`, and so does the server once everything is saved."""
        expect(page.locator("#os-finding")).to_have_text(words)
        saved(page)
        expect(open_as(desk.executive, f"{desk.path}table/").locator(".k-finding-account")).to_have_text(
            words
        )

    agreed("Nobody has entered yet what Fjellvik Cycle Group could buy.")
    page.keyboard.type("240k")
    page.keyboard.press("Enter")
    agreed("They could buy $240k more a year.")
    page.keyboard.type("60000")
    page.keyboard.press("Tab")
    agreed("They could buy $300k more a year. Shop 01 holds 80\u00a0% of it.")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    panel = page.locator("#os-panel")
    panel.get_by_label("Competitor").fill("Kestra")
    panel.get_by_label("Competitor").press("Enter")
    soon = timezone.localdate() + timedelta(days=100)
    panel.get_by_label("Their contract ends").fill(soon.isoformat())
    panel.get_by_label("Their contract ends").press("Tab")
    ends = formatting.month(soon)
    agreed(
        "They could buy $300k more a year. "
        f"Shop 01 holds 80\u00a0% of it, and Kestra’s contract there ends in {ends}."
    )


def test_the_legend_picks_cells_out_and_the_rest_fades(open_as: Open, desk: Desk) -> None:
    with tenant_context(desk.tenant.id):
        for number, position in enumerate(("ours", "competitor")):
            OpenSpaceCellFactory(
                account=desk.account,
                segment=desk.segments[number],
                product_line=desk.lines[0],
                potential=Decimal(1000),
                position=position,
            )
    page = open_as(desk.kam, desk.path)
    ready(page)
    legend = page.get_by_role("group", name="Legend")
    held, faded = cell(page, "Shop 01", "Line 01"), cell(page, "Shop 02", "Line 01")
    legend.get_by_role("button", name="ours").hover()
    expect(held).to_have_class(re.compile("is-picked"))
    expect(faded).to_have_class(re.compile("is-faded"))
    page.get_by_role("heading", level=1).hover()
    expect(faded).not_to_have_class(re.compile("is-faded"))
    legend.get_by_role("button", name="competitor ahead").press("Enter")
    expect(held).to_have_class(re.compile("is-faded"))
    expect(faded).to_have_class(re.compile("is-picked"))


def test_without_a_connection_values_are_kept_and_saved_later(open_as: Open, desk: Desk) -> None:
    page = open_as(desk.kam, desk.path)
    ready(page)
    page.context.set_offline(True)
    page.keyboard.type("500")
    page.keyboard.press("Enter")
    expect(page.locator("#os-state")).to_contain_text("Offline: 1 change kept here")
    page.context.set_offline(False)
    saved(page)
    assert desk.stored() == {("Shop 01", "Line 01"): Decimal(500)}


def test_readers_and_phones_get_the_same_grid_their_own_way(open_as: Open, desk: Desk) -> None:
    with tenant_context(desk.tenant.id):
        OpenSpaceCellFactory(
            account=desk.account,
            segment=desk.segments[2],
            product_line=desk.lines[0],
            potential=Decimal(90_000),
            position="competitor",
            competitor="Vantor",
        )
    reader = open_as(desk.executive, desk.path)
    grid = ready(reader)
    expect(grid).to_have_attribute("aria-readonly", "true")
    reader.keyboard.type("5")
    expect(reader.locator(".os-input")).to_have_count(0)
    expect(reader.locator("#os-undo")).to_have_count(0)
    reader.get_by_role("button", name="Competitor ahead $90.0k").click()
    expect(reader.locator("#os-ranked-title")).to_have_text(
        "A competitor is ahead in 1 cell, worth $90.0k a year."
    )
    for view in ("Strategic", "Competition", "Priority", "Growth type"):
        reader.get_by_role("button", name=view, exact=True).click()
        assert_accessible(reader)

    phone = open_as(desk.kam, desk.path, viewport={"width": 390, "height": 844})
    expect(phone.get_by_label("Segment", exact=True)).to_have_value(str(desk.segments[2].pk))
    expect(phone.get_by_role("grid")).to_be_hidden()
    line = phone.locator("#os-phone").get_by_role("button", name="Line 01")
    expect(line).to_contain_text("+$90.0k")
    line.click()
    sheet = phone.get_by_role("dialog")
    sheet.get_by_label("Potential a year").fill("95,000")
    sheet.get_by_label("Potential a year").press("Enter")
    sheet.get_by_role("button", name="Close the panel").click()
    expect(line).to_contain_text("+$95.0k")
    saved(phone)
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_accessible(phone)

    plain = open_as(desk.kam, desk.path, java_script_enabled=False)
    expect(plain).to_have_url(plain.url.split("/accounts/")[0] + desk.path + "table/")
    plain.get_by_role("link", name="Line 01, Shop 03").click()
    plain.get_by_label("Potential a year").fill("96,000")
    plain.get_by_role("button", name="Save cell").click()
    assert desk.stored()["Shop 03", "Line 01"] == Decimal(96_000)
