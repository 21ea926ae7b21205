"""A ledger goes in through the browser: every kind of file, foreign headers, faults to mend, on any screen."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Account, CostEntry, ExchangeRate, ImportJob, SalesLine, Segment
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Membership
from kam.tenancy.services import member_add, tenant_create
from tests.browser.conftest import Open, assert_shown_well

# Names and cells as other systems write them: Salesforce, a German spreadsheet, a plain export.
ACCOUNTS = "Account ID,Account Name,Billing Country,Fax\n001,Acme,Norway,1\n002,Beta Bikes,SE,2\n"
SEGMENTS = "external_id;account_external_id;name\nS1;001;Oslo\n"
PRODUCTS = "external_id,name,product_line,business_unit\nP1,Road bike,Bikes,Wheels\nP2,Bell,Parts,Wheels\n"
RATES = "currency\tmonth\trate\nNOK\t2025-03\t0.09\n"
SALES = (
    "Invoice line;Customer;Article;Invoice date;Amount;COGS;Currency\n"
    "L1;001;P1;2025-03-01;1000.50;700;USD\nL2;002;P2;2025-03-02;200;250;NOK\nL3;001;P2;2025-03-05;-20;;USD\n"
)
COSTS = "external_id,account_external_id,date,category,amount\nC1,001,2025-03-01,delivery,40\n"
SALES_COLUMNS = {
    "Invoice line": "external_id",
    "Customer": "account_external_id",
    "Article": "product_external_id",
    "Invoice date": "date",
    "Amount": "net_sales",
    "COGS": "cogs",
    "Currency": "currency",
}
FAULTY = (
    "external_id,account_external_id,product_external_id,date,net_sales,cogs\n"
    "L4,001,P1,2025-04-01,10,5\nL5,nobody,P1,2025-04-01,10,5\nL6,001,P1,2025-02-30,10,5\n"
    "L7,001,P1,2025-04-01,<b>ten</b>,5\nL8,001,P1,2025-04-01,=1+1,5\nL4,001,P1,2025-04-02,10,5\n"
)


@pytest.fixture
def member(committed_db: None, settings: Any, tmp_path: Path) -> Membership:
    settings.MEDIA_ROOT = tmp_path / "media"
    tenant = tenant_create(name="Northwind Tools", slug="northwind", base_currency="USD")
    return member_add(tenant=tenant, email="admin@northwind.example", role="admin", name="Ada Admin")


def _choose(page: Page, root: str, name: str, text: str) -> None:
    page.goto(f"{root}/imports/new/")
    page.set_input_files("#file", {"name": name, "mimeType": "text/csv", "buffer": text.encode()})
    page.get_by_role("button", name="Show its columns").click()
    expect(page.locator("h1")).to_have_text(f"Say what the columns of {name} are")


def _import(page: Page) -> None:
    page.get_by_role("button", name="Import", exact=True).click()


def test_every_kind_of_file_goes_in(open_as: Open, member: Membership) -> None:
    page = open_as(member, "/imports/")
    root = page.url.removesuffix("/imports/")
    expect(page.locator("h1")).to_have_text("Load your ledger in four steps")
    assert_shown_well(page)
    page.get_by_role("link", name="Import accounts").click()
    assert_shown_well(page)

    # Salesforce's headers are recognised; a check stores nothing, and its file is imported as checked.
    _choose(page, root, "crm.csv", ACCOUNTS)
    expect(page.get_by_label("Account Name becomes")).to_have_value("name")
    expect(page.get_by_label("Fax becomes")).to_have_value("")
    assert_shown_well(page)
    page.get_by_role("button", name="Check only").click()
    expect(page.locator("h1")).to_have_text("This file would add 2 accounts")
    with tenant_context(member.tenant_id):
        assert not Account.objects.exists()
    page.get_by_role("button", name="Import it as checked").click()
    expect(page.locator("h1")).to_have_text("This file added 2 accounts")
    expect(page.get_by_text("Columns left out")).to_be_visible()

    for name, text, finding in (
        ("segments.csv", SEGMENTS, "This file added 1 segment"),
        ("products.csv", PRODUCTS, "This file added 2 products"),
        ("rates.tsv", RATES, "This file added 1 rate"),
    ):
        _choose(page, root, name, text)
        _import(page)
        expect(page.locator("h1")).to_have_text(finding)

    # A file whose headers nobody can guess: the person says what they are.
    _choose(page, root, "invoices.csv", SALES)
    page.get_by_label("The file holds").select_option("sales_lines")
    expect(page.get_by_label("Invoice date becomes")).to_be_visible()
    for header in SALES_COLUMNS:
        page.get_by_label(f"{header} becomes").select_option("")
    _import(page)
    expect(page.get_by_role("alert").or_(page.locator("#column-fault")).first).to_contain_text(
        "required column"
    )
    assert_shown_well(page)
    for header, column in SALES_COLUMNS.items():
        page.get_by_label(f"{header} becomes").select_option(column)
    _import(page)
    expect(page.locator("h1")).to_have_text("This file added 3 sales lines")

    _choose(page, root, "costs.csv", COSTS)
    _import(page)
    expect(page.locator("h1")).to_have_text("This file added 1 cost entry")
    _choose(page, root, "costs.csv", COSTS)
    _import(page)
    expect(page.locator("h1")).to_have_text("The one cost entry is stored already; nothing changed")
    with tenant_context(member.tenant_id):
        assert Segment.objects.get().account.external_id == "001"
        assert ExchangeRate.objects.get().currency == "NOK"
        assert CostEntry.objects.get().amount == 40
        amounts = SalesLine.objects.order_by("external_id").values_list("net_sales", flat=True)
        assert [str(amount) for amount in amounts] == ["1000.5000", "200.0000", "-20.0000"]
        ImportJob.objects.create(
            tenant_id=member.tenant_id, kind="sales_lines", file_name="big.csv", status="running",
            phase="reading", progress=0.4, rows_done=1234, member=member,
        )  # fmt: skip
    page.goto(f"{root}/imports/")
    expect(page.locator("h1")).to_contain_text("1 import under way")
    assert_shown_well(page)
    page.get_by_role("link", name="big.csv").click()
    expect(page.get_by_text("Reading and checking: 1,234 rows so far")).to_be_visible()
    assert_shown_well(page)
    with tenant_context(member.tenant_id):
        ImportJob.objects.filter(file_name="big.csv").update(status="succeeded", created=5000, phase="")
    # The bar asks every second; at the end the page shows the result by itself.
    expect(page.locator("h1")).to_have_text("This file added 5,000 sales lines")


def test_faults_are_named_and_the_good_rows_may_go_in(open_as: Open, member: Membership) -> None:
    page = open_as(member, "/imports/")
    root = page.url.removesuffix("/imports/")
    for name, text in (("crm.csv", ACCOUNTS), ("products.csv", PRODUCTS)):
        _choose(page, root, name, text)
        _import(page)
        expect(page.locator("h1")).to_contain_text("This file added")
    _choose(page, root, "faulty.csv", FAULTY)
    _import(page)
    expect(page.locator("h1")).to_have_text("Nothing was imported: 5 of 6 rows are wrong")
    rows = page.get_by_role("region", name="Faults").locator("tbody tr")
    expect(rows).to_have_count(5)
    cells = [row.locator("td").all_inner_texts()[:3] for row in rows.all()]
    assert cells == [
        ["3", "account_external_id", "nobody"],
        ["4", "date", "2025-02-30"],
        ["5", "net_sales", "<b>ten</b>"],
        ["6", "net_sales", "=1+1"],
        ["7", "external_id", "L4"],
    ]
    assert_shown_well(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="All as CSV").click()
    listed = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(listed) == 6
    # What a spreadsheet would compute comes as text.
    assert "'=1+1" in "".join(listed)
    assert ",=1+1" not in "".join(listed)

    page.get_by_role("link", name="Change the columns or choices").click()
    page.get_by_label("Store the good rows").check()
    _import(page)
    expect(page.locator("h1")).to_have_text("This file added 1 sales line")
    expect(page.get_by_text("5 rows were left out")).to_be_visible()
    assert_shown_well(page)
    with tenant_context(member.tenant_id):
        assert SalesLine.objects.get().external_id == "L4"

    # What cannot be read is refused on the spot, and nothing stays behind.
    page.goto(f"{root}/imports/new/")
    page.set_input_files("#file", {"name": "scan.pdf", "mimeType": "text/csv", "buffer": b"%PDF-1.7 \x00"})
    page.get_by_role("button", name="Show its columns").click()
    expect(page.locator("#file-fault")).to_contain_text("Nothing was imported.")
    assert_shown_well(page)
