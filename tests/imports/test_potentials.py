"""Files of potentials (INTERFACE §3): what they store, what they refuse, and that an export comes back whole."""

import io
import uuid
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from accounts.models import Account
from kam.common.imports.amounts import RatioColumn
from planning.models import OpenSpaceCell
from planning.selectors.open_space import open_space_grid
from planning.services.open_space_files import open_space_workbook, potentials_csv
from planning.signals import open_space_changed
from tests.factories import AccountFactory, OpenSpaceCellFactory, ProductLineFactory, SegmentFactory
from tests.imports.conftest import Import, counts, faults

HEADER = "account_external_id,product_line,potential,segment_external_id,probability,competitor,position,contract_end\n"


@pytest.fixture
def account(in_tenant: uuid.UUID) -> Account:
    account = AccountFactory(external_id="A1", name="Fjellvik")
    SegmentFactory(account=account, external_id="OSLO", name="Oslo")
    ProductLineFactory(name="Pumps")
    ProductLineFactory(name="Leak radar", kind="idea", account=account, business_unit=None)
    return account


def test_potentials_are_stored_and_the_same_file_changes_nothing(load: Import, account: Account) -> None:
    text = (
        f"{HEADER}A1,Pumps,1200.50,OSLO,0.35,Acme,competitor,2027-03-31\n"
        "A1,Pumps,300,,,,,\nA1,Leak radar,50,,1,,Ours,\n"
    )
    heard: list[list[uuid.UUID]] = []

    def hear(**told: list[uuid.UUID]) -> None:
        heard.append(told["account_ids"])

    open_space_changed.connect(hear)
    try:
        assert counts(load("potentials", text)) == (3, 0, 0, 0)
        assert counts(load("potentials", text)) == (0, 0, 3, 0)
    finally:
        open_space_changed.disconnect(hear)
    assert heard == [[account.pk]]
    cell = OpenSpaceCell.objects.get(segment__external_id="OSLO")
    assert (cell.potential, cell.probability, cell.competitor) == (Decimal("1200.5"), 0.35, "Acme")
    assert (cell.position, cell.contract_end) == ("competitor", date(2027, 3, 31))
    whole = OpenSpaceCell.objects.get(segment=None, product_line__name="Pumps")
    assert (whole.probability, whole.position, whole.competitor) == (None, "unknown", "")
    assert OpenSpaceCell.objects.get(product_line__name="Leak radar").position == "ours"


def test_what_the_file_does_not_name_stays(load: Import, account: Account) -> None:
    load("potentials", f"{HEADER}A1,Pumps,1200,OSLO,0.35,Acme,competitor,2027-03-31\n")
    short = "account_external_id,segment_external_id,product_line,potential\nA1,OSLO,Pumps,900\n"
    assert counts(load("potentials", short)) == (0, 1, 0, 0)
    cell = OpenSpaceCell.objects.get()
    assert (cell.potential, cell.competitor, cell.probability, cell.version) == (900, "Acme", 0.35, 2)
    # Named and empty clears.
    assert counts(load("potentials", f"{HEADER}A1,Pumps,900,OSLO,,,,\n")) == (0, 1, 0, 0)
    cell.refresh_from_db()
    assert (cell.competitor, cell.probability, cell.position, cell.contract_end) == (
        "",
        None,
        "unknown",
        None,
    )


def test_every_fault_names_row_and_column(load: Import, account: Account) -> None:
    other = AccountFactory(external_id="A2")
    SegmentFactory(account=other, external_id="BERGEN")
    ProductLineFactory(name="Theirs", kind="idea", account=other, business_unit=None)
    for number in range(1, 6):
        ProductLineFactory(name=f"Line {number}")
    text = HEADER + (
        "A1,Pumps,10,OSLO,,,,\n"
        "A9,Pumps,10,,,,,\n"
        "A1,Valves,10,,,,,\n"
        "A1,Pumps,10,BERGEN,,,,\n"
        "A1,Theirs,10,,,,,\n"
        "A1,Line 1,-1,,,,,\n"
        "A1,Line 2,,,,,,\n"
        "A1,Line 3,10,,1.2,,,\n"
        "A1,Line 4,10,,,,best,\n"
        "A1,Line 5,10,,,,,31.12.2027\n"
        "A1,Pumps,11,OSLO,,,,\n"
        "A1,Pumps,10,NOWHERE,,,,\n"
    )
    job = load("potentials", text, on_error="skip")
    assert faults(job) == [
        (3, "account_external_id", "unknown_account"),
        (4, "product_line", "unknown_product_line"),
        (5, "segment_external_id", "segment_of_other_account"),
        (6, "product_line", "idea_of_other_account"),
        (7, "potential", "out_of_range"),
        (8, "potential", "required"),
        (9, "probability", "out_of_range"),
        (10, "position", "unknown_choice"),
        (11, "contract_end", "not_a_date"),
        (12, "account_external_id", "duplicate"),
        (13, "segment_external_id", "unknown_segment"),
    ]
    assert counts(job) == (1, 0, 0, 11)
    assert OpenSpaceCell.objects.get().potential == 10
    aborted = load("potentials", f"{HEADER}A1,Pumps,99,OSLO,,,,\nA9,Pumps,10,,,,,\n")
    assert aborted.status == "failed"
    assert OpenSpaceCell.objects.get().potential == 10


@pytest.mark.parametrize(
    ("text", "fits"),
    [("0", True), ("1", True), ("1.000", True), (".5", True), ("0.12345678901234567", True), ("+0.5", True),
     ("1.0001", False), ("2", False), ("-0.1", False), ("35 %", False), ("1e-3", False), ("nan", False)],
)  # fmt: skip
def test_a_share_lies_between_nought_and_one(text: str, fits: bool) -> None:
    import numpy as np
    import pyarrow as pa

    parsed = RatioColumn(name="probability").parse(pa.array([text]), np.array([2]))
    assert (not parsed.problems) == fits, parsed.problems


def nasty(account: Account) -> None:
    """Names and notes that a spreadsheet would run, lines and segments without external ids."""
    pumps = ProductLineFactory(name="=SUM(A1:A9)")
    formula = SegmentFactory(account=account, external_id="+47", name="@Oslo")
    nameless = SegmentFactory(account=account, external_id=None, name="-Bergen", parent=formula)
    for segment, potential, note in ((formula, "1200.5", "=cmd|' /C calc'!A0"), (nameless, "0.0001", "a\nb"),
                                     (None, "0", "")):  # fmt: skip
        OpenSpaceCellFactory(
            account=account,
            segment=segment,
            product_line=pumps,
            potential=Decimal(potential),
            probability=1 / 3 if segment else None,
            competitor="@Acme" if segment else "",
            position="contested",
            contract_end=date(2027, 1, 1),
            note=note,
        )


def stored() -> list[tuple[object, ...]]:
    names = ("segment_id", "product_line_id", "potential", "competitor", "position", "contract_end", "note")
    return sorted(OpenSpaceCell.objects.values_list(*names), key=str)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_is_imported_again_without_a_loss(load: Import, account: Account, kind: str) -> None:
    nasty(account)
    before = stored()
    response = potentials_csv(account) if kind == "csv" else open_space_workbook(account)
    same = load("potentials", response.content, file_name=f"file.{kind}")
    # A spreadsheet keeps 15 digits of a third; the CSV keeps all of them.
    assert counts(same) == ((0, 0, 3, 0) if kind == "csv" else (0, 2, 1, 0)), faults(same)
    OpenSpaceCell.objects.all().delete()
    assert counts(load("potentials", response.content, file_name=f"file.{kind}")) == (3, 0, 0, 0)
    assert stored() == before
    chances = OpenSpaceCell.objects.filter(segment__isnull=False).values_list("probability", flat=True)
    assert all(chance == pytest.approx(1 / 3, abs=1e-14) for chance in chances)


def test_the_workbook_holds_the_whole_grid_and_no_formula(account: Account) -> None:
    nasty(account)
    book = load_workbook(io.BytesIO(open_space_workbook(account).content))
    assert book.sheetnames == ["Potentials", "All cells", "Current", "Potential", "Gap"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert "'=cmd|' /C calc'!A0" in [cell.value for cell in cells]
    grid = open_space_grid(account=account)
    last = [cell.value for cell in list(book["Potential"].iter_rows())[-1]]
    assert last[0] == "Total"
    assert last[-1] == float(grid["totals"]["grand"]["potential"])
    names = [row[0].value for row in book["Potential"].iter_rows(min_row=3)]
    assert names == ["Whole account", "'@Oslo", "    -Bergen", "Oslo", "Total"]


def test_the_doors_of_pages_and_rest_take_the_kind(
    account: Account, browser_client: object, api: object
) -> None:
    page = browser_client("admin").get("/imports/new/?kind=potentials")  # type: ignore[operator]
    assert page.status_code == 200
    assert "Potentials" in page.content.decode()
    template = browser_client("admin").get("/imports/templates/potentials.csv")  # type: ignore[operator]
    assert template.content.decode().lstrip("\ufeff").startswith("account_external_id,product_line,potential")
    path = f"/api/v1/accounts/{account.pk}/open-space/"
    csv = api("kam").get(f"{path}potentials.csv")  # type: ignore[operator]
    assert (csv.status_code, csv["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert api("kam").get(f"{path}grid.xlsx").status_code == 200  # type: ignore[operator]
    page = browser_client("kam").get(f"/accounts/{account.pk}/open-space/export/xlsx/")  # type: ignore[operator]
    assert page["Content-Disposition"].startswith('attachment; filename="open-space-fjellvik-')
    assert browser_client("kam").get(f"/accounts/{account.pk}/open-space/export/pdf/").status_code == 404  # type: ignore[operator]
