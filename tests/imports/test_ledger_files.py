"""Ledger files: what is stored, what is refused, and in which words (K1, INTERFACE §3)."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.models import AccountMonth, CellMonth, CostEntry, ExchangeRate, SalesLine
from accounts.signals import ledger_changed
from kam.tenancy.context import current_tenant_id
from tests.factories import AccountFactory, SegmentFactory
from tests.imports.conftest import SALES_HEADER, Import, counts, faults

pytestmark = pytest.mark.usefixtures("ground")


def sales(*rows: str) -> str:
    return SALES_HEADER + "".join(f"{row}\n" for row in rows)


GOOD = ("L1,A1,P1,2025-01-31,100.1234,60", "L2,A1,P2,2025-02-01,-5,", "L3,A2,P1,2025-02-28,7.5,1.25")


def test_a_file_fills_the_ledger_and_its_rollups(load: Import) -> None:
    job = load("sales_lines", sales(*GOOD))
    assert (job.status, counts(job), job.rows_total) == ("succeeded", (3, 0, 0, 0), 3)
    line = SalesLine.objects.get(external_id="L1")
    assert (line.net_sales, line.cogs, line.date, line.currency) == (
        Decimal("100.1234"),
        Decimal("60.0000"),
        date(2025, 1, 31),
        "USD",
    )
    assert line.import_job == job.id
    assert SalesLine.objects.get(external_id="L2").cogs is None
    months = {
        (m.account.external_id, m.month.month): m for m in AccountMonth.objects.select_related("account")
    }
    assert months["A1", 1].net_sales == Decimal("100.1234")
    assert (months["A1", 2].unknown_lines, months["A1", 2].unknown_sales) == (1, Decimal(-5))
    assert (months["A1", 2].positive_days, months["A1", 1].positive_days) == (0, 1)
    assert CellMonth.objects.count() == 3


def test_the_same_file_again_touches_nothing(load: Import) -> None:
    load("sales_lines", sales(*GOOD))
    before = (
        sorted(SalesLine.objects.values_list()),
        sorted(AccountMonth.objects.values_list("id", "net_sales")),
    )
    told = []
    ledger_changed.connect(lambda **kwargs: told.append(kwargs), weak=False, dispatch_uid="again")
    try:
        job = load("sales_lines", sales(*GOOD))
    finally:
        ledger_changed.disconnect(dispatch_uid="again")
    assert counts(job) == (0, 0, 3, 0)
    assert told == []
    assert (
        sorted(SalesLine.objects.values_list()),
        sorted(AccountMonth.objects.values_list("id", "net_sales")),
    ) == before


def test_a_changed_line_refreshes_the_months_it_left_and_came_to(load: Import) -> None:
    load("sales_lines", sales(*GOOD))
    told = []
    ledger_changed.connect(lambda **kwargs: told.append(kwargs), weak=False, dispatch_uid="moved")
    try:
        job = load("sales_lines", sales("L1,A2,P1,2025-03-01,100.1234,60", *GOOD[1:]))
    finally:
        ledger_changed.disconnect(dispatch_uid="moved")
    assert counts(job) == (0, 1, 2, 0)
    months = {
        (m.account.external_id, m.month): m.net_sales for m in AccountMonth.objects.select_related("account")
    }
    assert months == {
        ("A1", date(2025, 2, 1)): Decimal(-5),
        ("A2", date(2025, 2, 1)): Decimal("7.5"),
        ("A2", date(2025, 3, 1)): Decimal("100.1234"),
    }
    assert told[0]["tenant_id"] == current_tenant_id()
    assert len(told[0]["account_ids"]) == 2


@pytest.mark.parametrize(
    ("row", "field", "code", "words"),
    [
        ("L9,NOPE,P1,2025-01-01,1,1", "account_external_id", "unknown_account", "“NOPE”"),
        ("L9,A1,NOPE,2025-01-01,1,1", "product_external_id", "unknown_product", "“NOPE”"),
        ("L9,A1,P1,31.02.2013,1,1", "date", "not_a_date", "“31.02.2013” is not a date. Expected YYYY-MM-DD"),
        ("L9,A1,P1,2025-02-30,1,1", "date", "not_a_date", "YYYY-MM-DD"),
        ("L9,A1,P1,0001-01-01,1,1", "date", "out_of_range", "1900-01-01"),
        ("L9,A1,P1,2025-01-01,abc,1", "net_sales", "not_a_number", "“abc”"),
        ("L9,A1,P1,2025-01-01,NaN,1", "net_sales", "not_a_number", "“NaN”"),
        ("L9,A1,P1,2025-01-01,-Infinity,1", "net_sales", "not_a_number", "Infinity"),
        ("L9,A1,P1,2025-01-01,1e400,1", "net_sales", "out_of_range", "too large"),
        ("L9,A1,P1,2025-01-01,1,=1+1", "cogs", "not_a_number", "“=1+1”"),
        ("L9,A1,P1,2025-01-01,1.23456,1", "net_sales", "too_many_decimals", "4 decimals"),
        ("L9,A1,P1,2025-01-01,1234567890123456,1", "net_sales", "out_of_range", "15 digits"),
        ('L9,A1,P1,2025-01-01,"1,234.50",1', "net_sales", "not_a_number", "1234.50"),
        ("L9,A1,P1,2025-01-01,,1", "net_sales", "required", "no value"),
        (",A1,P1,2025-01-01,1,1", "external_id", "required", "no value"),
        (f"{'x' * 101},A1,P1,2025-01-01,1,1", "external_id", "too_long", "100"),
        ("L\x009,A1,P1,2025-01-01,1,1", "external_id", "null_character", "U+0000"),
        ("L1,A1,P1,2025-01-01,1,1", "external_id", "duplicate", "row 2 already"),
        ("L9,A1,P1,2025-01-01,1", "", "column_count", "5 values where the header has 6"),
    ],
)
def test_a_bad_row_is_named_and_keeps_all_others_out(
    load: Import, row: str, field: str, code: str, words: str
) -> None:
    job = load("sales_lines", sales(*GOOD, row))
    assert job.status == "failed"
    assert faults(job) == [(5, field, code)]
    fault = job.problems.get()
    assert words in fault.message
    assert fault.message.startswith(f"Row 5, {field}: " if field else "Row 5: ")
    assert "Expected" in fault.message
    assert counts(job) == (0, 0, 0, 1)
    assert SalesLine.objects.count() == AccountMonth.objects.count() == CellMonth.objects.count() == 0


def test_skip_stores_the_good_rows_and_reports_the_rest(load: Import) -> None:
    job = load("sales_lines", sales("X,A9,P9,x,x,x", *GOOD), on_error="skip")
    assert (job.status, counts(job)) == ("succeeded", (3, 0, 0, 1))
    assert faults(job) == [
        (2, "account_external_id", "unknown_account"),
        (2, "cogs", "not_a_number"),
        (2, "date", "not_a_date"),
        (2, "net_sales", "not_a_number"),
        (2, "product_external_id", "unknown_product"),
    ]
    assert SalesLine.objects.count() == 3


def test_of_duplicates_the_first_is_kept(load: Import) -> None:
    job = load("sales_lines", sales(GOOD[0], "L1,A2,P2,2025-05-05,9,9", GOOD[1]), on_error="skip")
    assert counts(job) == (2, 0, 0, 1)
    assert SalesLine.objects.get(external_id="L1").net_sales == Decimal("100.1234")


def test_a_dry_run_counts_and_stores_nothing(load: Import) -> None:
    load("sales_lines", sales(*GOOD))
    job = load(
        "sales_lines", sales("L1,A1,P1,2025-01-31,1,60", GOOD[1], "L4,A1,P1,2025-01-31,1,1"), dry_run=True
    )
    assert (job.status, counts(job)) == ("succeeded", (1, 1, 1, 0))
    assert SalesLine.objects.get(external_id="L1").net_sales == Decimal("100.1234")
    assert SalesLine.objects.count() == 3


def test_row_numbers_are_those_of_a_spreadsheet(load: Import) -> None:
    header = "external_id,account_external_id,product_external_id,date,net_sales,cogs,memo\n"
    text = header + (
        'L1,A1,P1,2025-01-01,1,1,"one\ntwo\nthree"\n'  # row 2, three lines
        "\n"  # row 3, blank
        "short\n"  # row 4
        "L2,A1,P1,bad,1,1,\n"  # row 5
        ",,,,,,\n"  # row 6, blank cells
        "L3,A1,P1,2025-01-01,x,1,\n"  # row 7
    )
    job = load("sales_lines", text, on_error="skip")
    assert faults(job) == [
        (4, "", "column_count"),
        (5, "date", "not_a_date"),
        (7, "net_sales", "not_a_number"),
    ]
    assert counts(job) == (1, 0, 0, 3)
    assert job.report["ignored"] == ["memo"]


def test_amounts_are_exact(load: Import) -> None:
    rows = [f"L{n},A1,P1,2025-01-01,0.1,0.0001" for n in range(30)]
    load("sales_lines", sales(*rows, "BIG,A1,P1,2025-01-01,999999999999999.9999,+1."))
    assert SalesLine.objects.get(external_id="BIG").net_sales == Decimal("999999999999999.9999")
    assert AccountMonth.objects.get().net_sales == Decimal("1000000000000002.9999")


def test_currency_is_the_rows_the_accounts_or_the_base(load: Import) -> None:
    AccountFactory(external_id="EU", currency="EUR")
    ExchangeRate.objects.create(
        tenant_id=current_tenant_id(), currency="EUR", month=date(2025, 1, 1), rate=Decimal("1.08339999")
    )
    text = (
        "external_id,account_external_id,product_external_id,date,net_sales,currency\n"
        "L1,EU,P1,2025-01-15,10.0001,\nL2,A1,P1,2025-01-15,10,EUR\nL3,A2,P1,2025-01-15,10,\nL4,EU,P1,2025-02-01,1,\n"
        "L5,A1,P1,2025-01-01,1,XXQ\nL6,A1,P1,2025-01-01,1,usd\n"
    )
    job = load("sales_lines", text, on_error="skip")
    assert faults(job) == [(5, "currency", "missing_rate"), (6, "currency", "unknown_currency")]
    assert "EUR in February 2025" in job.problems.get(row=5).message
    found = dict(SalesLine.objects.values_list("external_id", "currency"))
    assert found == {"L1": "EUR", "L2": "EUR", "L3": "USD", "L6": "USD"}
    month = AccountMonth.objects.get(account__external_id="EU")
    assert month.net_sales == Decimal("10.0001") * Decimal("1.08339999")


def test_a_segment_must_be_the_accounts_own(load: Import) -> None:
    mine = SegmentFactory(external_id="S1", account__external_id="A3")
    SegmentFactory(external_id="S2")
    text = (
        "external_id,account_external_id,product_external_id,date,net_sales,segment_external_id\n"
        "L1,A3,P1,2025-01-15,1,S1\nL2,A3,P1,2025-01-15,1,S2\nL3,A3,P1,2025-01-15,1,S9\nL4,A3,P1,2025-01-15,1,\n"
    )
    job = load("sales_lines", text, on_error="skip")
    assert faults(job) == [
        (3, "segment_external_id", "segment_of_other_account"),
        (4, "segment_external_id", "unknown_segment"),
    ]
    assert dict(SalesLine.objects.values_list("external_id", "segment")) == {"L1": mine.id, "L4": None}


def test_columns_that_are_not_in_the_file_stay_as_they_are(load: Import) -> None:
    load("sales_lines", sales(*GOOD))
    job = load(
        "sales_lines",
        "external_id,account_external_id,product_external_id,date,net_sales\nL1,A1,P1,2025-01-31,1\n",
    )
    assert counts(job) == (0, 1, 0, 0)
    assert SalesLine.objects.get(external_id="L1").cogs == Decimal(60)


def test_cost_entries_reach_the_accounts_months(load: Import) -> None:
    text = (
        "external_id,account_external_id,date,category,amount\n"
        "C1,A1,2025-01-31,delivery,5.25\nC2,A1,2025-01-01,Trade credit,-1\nC3,A1,2025-01-01,gifts,1\n"
    )
    job = load("cost_entries", text, on_error="skip")
    assert (counts(job), faults(job)) == ((2, 0, 0, 1), [(4, "category", "unknown_choice")])
    assert "delivery" in job.problems.get().message
    assert CostEntry.objects.get(external_id="C2").category == "trade_credit"
    month = AccountMonth.objects.get()
    assert (month.cost_to_serve, month.lines, month.first_sale) == (Decimal("4.25"), 0, None)


def test_another_tenants_account_is_unknown(load: Import, other_tenant, as_tenant) -> None:  # type: ignore[no-untyped-def]
    with as_tenant(other_tenant):
        AccountFactory(external_id="THEIRS")
    job = load("sales_lines", sales("L1,THEIRS,P1,2025-01-01,1,1"))
    assert faults(job) == [(2, "account_external_id", "unknown_account")]
