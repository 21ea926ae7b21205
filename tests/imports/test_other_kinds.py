"""Accounts, segments, products and rates from files: trees, names made on the way, and what hangs on them."""

import uuid
from datetime import date
from decimal import Decimal

import pytest

from accounts.imports.trees import cycles
from accounts.models import (
    Account,
    AccountMonth,
    BusinessUnit,
    ExchangeRate,
    Product,
    ProductLine,
    Segment,
)
from accounts.services.rollups import rollups_rebuild
from accounts.signals import account_inputs_changed
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import Membership
from tests.factories import (
    AccountFactory,
    ProductFactory,
    ProductLineFactory,
    SalesLineFactory,
    SegmentFactory,
)
from tests.imports.conftest import Import, counts, faults


def test_parents_may_stand_anywhere_in_the_file(load: Import) -> None:
    AccountFactory(external_id="OLD")
    job = load("accounts", "external_id,name,parent_external_id\nC,Child,P\nP,Parent,OLD\nX,Alone,\n")
    assert counts(job) == (3, 0, 0, 0)
    found = dict(Account.objects.values_list("external_id", "parent__external_id"))
    assert found == {"OLD": None, "C": "P", "P": "OLD", "X": None}
    assert counts(load("accounts", "external_id,name,parent_external_id\nC,Child,\nP,Parent,OLD\n")) == (
        0,
        1,
        1,
        0,
    )
    assert Account.objects.get(external_id="C").parent is None


def test_rings_of_parents_are_named_and_rejected(load: Import) -> None:
    top = AccountFactory(external_id="TOP")
    AccountFactory(external_id="SUB", parent=top)
    text = "external_id,name,parent_external_id\nA,A,B\nB,B,C\nC,C,A\nS,S,S\nD,D,A\nTOP,Top,SUB\nOK,Ok,TOP\n"
    job = load("accounts", text, on_error="skip")
    assert faults(job) == [
        (2, "parent_external_id", "parent_cycle"),
        (3, "parent_external_id", "parent_cycle"),
        (4, "parent_external_id", "parent_cycle"),
        (5, "parent_external_id", "parent_cycle"),
        (6, "parent_external_id", "unknown_parent"),
        (7, "parent_external_id", "parent_cycle"),
    ]
    assert "A → B → C → A" in job.problems.get(row=2).message
    assert counts(job) == (1, 0, 0, 6)
    assert Account.objects.get(external_id="OK").parent == top


def test_children_of_rejected_parents_are_rejected_too(load: Import) -> None:
    text = "external_id,name,parent_external_id,country\nA,A,,Nowhere\nB,B,A,\nC,C,B,\nD,D,,\n"
    job = load("accounts", text, on_error="skip")
    assert [row for row, _, _ in faults(job)] == [2, 3, 4]
    assert list(Account.objects.values_list("external_id", flat=True)) == ["D"]


def test_finding_cycles_takes_linear_time() -> None:
    chain = {str(n): str(n + 1) for n in range(200_000)}
    assert cycles(chain) == {}
    assert len(cycles({**chain, "200000": "199999"})) == 2


def test_accounts_keep_what_the_file_does_not_name(load: Import, members: dict[str, Membership]) -> None:
    text = (
        "external_id,name,industry,country,currency,customer_since,acquisition_cost,owner_email,category_spend\n"
        "A,Acme,Retail,no,eur,2020-01-31,1000.5,KAM@northwind.example,5\n"
    )
    told = []
    account_inputs_changed.connect(lambda **kwargs: told.append(kwargs), weak=False, dispatch_uid="t")
    try:
        assert counts(load("accounts", text)) == (1, 0, 0, 0)
        assert counts(load("accounts", text)) == (0, 0, 1, 0)
        assert counts(load("accounts", text.replace("Retail", "Wholesale"))) == (0, 1, 0, 0)
    finally:
        account_inputs_changed.disconnect(dispatch_uid="t")
    account = Account.objects.get()
    assert [call["account_ids"] for call in told] == [[account.id], [account.id]]
    assert (account.country, account.currency, account.owner) == ("NO", "EUR", members["kam"])
    assert counts(load("accounts", "external_id,name,industry\nA,Acme Ltd,\n")) == (0, 1, 0, 0)
    account.refresh_from_db()
    assert (account.name, account.industry, account.country) == ("Acme Ltd", "", "NO")
    assert account.acquisition_cost == Decimal("1000.5")
    assert account.history.count() == 3


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("country", "XX", "unknown_country"),
        ("currency", "EURO", "unknown_currency"),
        ("customer_since", "1.2.2020", "not_a_date"),
        ("acquisition_cost", "-1", "out_of_range"),
        ("owner_email", "stranger@example.com", "unknown_member"),
        ("owner_email", "integration@northwind.example", "unknown_member"),
        ("industry", "x" * 121, "too_long"),
        ("parent_external_id", "NOBODY", "unknown_parent"),
    ],
)
@pytest.mark.usefixtures("members")
def test_bad_cells_of_accounts(load: Import, column: str, value: str, code: str) -> None:
    job = load("accounts", f"external_id,name,{column}\nA,Acme,{value}\n")
    assert faults(job) == [(2, column, code)]
    assert not Account.objects.exists()


def test_segments_form_a_tree_inside_one_account(load: Import) -> None:
    AccountFactory(external_id="A")
    other = SegmentFactory(external_id="THEIRS", account__external_id="B")
    text = (
        "external_id,account_external_id,name,kind,parent_external_id\n"
        "S2,A,Site,site,S1\nS1,A,North,,\nS3,A,Wrong,,THEIRS\nS4,B,Wrong,,S1\nTHEIRS,A,Moved,,\n"
    )
    job = load("segments", text, on_error="skip")
    assert faults(job) == [
        (4, "parent_external_id", "segment_of_other_account"),
        (5, "parent_external_id", "segment_of_other_account"),
        (6, "account_external_id", "segment_of_other_account"),
    ]
    child = Segment.objects.get(external_id="S2")
    assert (child.parent.external_id, child.kind, child.parent.kind) == ("S1", "site", "region")
    other.refresh_from_db()
    assert other.account.external_id == "B"


def test_products_make_their_lines_and_units_by_name(load: Import) -> None:
    text = (
        "external_id,name,product_line,business_unit,co_created\n"
        "P1,One,Drills,Tools,\nP2,Two,Drills,Tools,true\nP3,Three,Paint,Colour,false\n"
    )
    assert counts(load("products", text, dry_run=True)) == (3, 0, 0, 0)
    assert not ProductLine.objects.exists()
    assert counts(load("products", text)) == (3, 0, 0, 0)
    assert counts(load("products", text)) == (0, 0, 3, 0)
    assert set(ProductLine.objects.values_list("name", "business_unit__name")) == {
        ("Drills", "Tools"),
        ("Paint", "Colour"),
    }
    assert Product.objects.get(external_id="P2").co_created
    moved = text.replace("Colour", "Tools")
    assert counts(load("products", moved, dry_run=True)) == (0, 1, 2, 0)
    assert counts(load("products", moved)) == (0, 1, 2, 0)
    assert ProductLine.objects.get(name="Paint").business_unit.name == "Tools"
    assert BusinessUnit.objects.count() == 2


def test_a_line_under_two_units_in_one_file_is_rejected(load: Import) -> None:
    job = load(
        "products",
        "external_id,name,product_line,business_unit\n"
        "P1,One,Drills,Tools\nP2,Two,Drills,Colour\nP3,x,,Tools\n",
        on_error="skip",
    )
    assert faults(job) == [(3, "business_unit", "conflicting_business_unit"), (4, "product_line", "required")]


def test_an_idea_of_an_account_is_no_line_of_the_catalogue(load: Import) -> None:
    ProductLineFactory(name="Moon base", kind="idea", account=AccountFactory(), business_unit=None)
    job = load("products", "external_id,name,product_line,business_unit\nP1,One,Moon base,Tools\n")
    assert faults(job) == [(2, "product_line", "product_line_is_idea")]


def test_a_product_on_another_line_changes_its_estimates(load: Import) -> None:
    line = ProductLineFactory(name="Old", default_gross_margin=0.5)
    ProductLineFactory(name="New", business_unit=line.business_unit, default_gross_margin=0.2)
    product = ProductFactory(external_id="P1", name="One", product_line=line)
    SalesLineFactory(product=product, net_sales=Decimal(100), cogs=None)
    rollups_rebuild()
    text = f"external_id,name,product_line,business_unit\nP1,One,New,{line.business_unit.name}\n"
    assert counts(load("products", text)) == (0, 1, 0, 0)
    assert AccountMonth.objects.get().cogs == Decimal(80)


def test_rates_revalue_the_ledger(load: Import, in_tenant: uuid.UUID) -> None:
    ExchangeRate.objects.create(tenant_id=current_tenant_id(), currency="EUR", month=date(2025, 6, 1), rate=1)
    SalesLineFactory(currency="EUR", net_sales=Decimal(10), cogs=Decimal(4))
    rollups_rebuild()
    text = (
        "currency,month,rate\n"
        "EUR,2025-06,1.25\nNOK,2025-07-15,0.1\nEUR,2025-13,1\nGBP,2025-01,0\nNOK,2025-07,1\n"
    )
    job = load("exchange_rates", text, on_error="skip")
    assert faults(job) == [
        (4, "month", "not_a_date"),
        (5, "rate", "out_of_range"),
        (6, "currency", "duplicate"),
    ]
    assert counts(job) == (1, 1, 0, 3)
    assert AccountMonth.objects.get().net_sales == Decimal("12.5")
