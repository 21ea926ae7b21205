"""What the engine reads of the rollups is what the ledger adds up to."""

import random
import uuid
from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest

from accounts.models import AccountMonth, CellMonth
from accounts.models.ledger import PACKED_AMOUNTS
from kam.tenancy.context import current_tenant_id
from metrics.engine import month_index
from metrics.selectors.amounts import decimals_of
from metrics.selectors.copying import FLOAT, INTEGER, NO_KEY, copy_out_fixed, read_each
from metrics.selectors.reading import (
    EVERY_ACCOUNT,
    Scope,
    accounts_query,
    entered_of,
    entered_query,
    ideas_query,
    lines_of,
    read_catalogue,
    read_cells,
    read_months,
    read_products,
)
from planning.models import OpenSpaceCell
from tests.factories import AccountFactory, ProductFactory, ProductLineFactory, SegmentFactory

REFERENCE = date(2026, 6, 30)
EPOCH = date(1970, 1, 1).toordinal()
MEASURES = ("net_sales", "cogs", "unknown_sales")


def test_sums_as_floats_stay_below_a_cent_of_the_exact_ones(in_tenant: uuid.UUID) -> None:
    """A cell adds at most twelve months a year: each rounds by 2^-53 of the sum, a ten-thousandth of a cent
    even where a customer buys one product for ten thousand millions a month."""
    draw = random.Random(20)
    accounts = sorted((AccountFactory() for _ in range(3)), key=lambda account: account.id)
    products = [ProductFactory() for _ in range(2)]
    exact: dict[tuple[int, str, bool, str], Decimal] = defaultdict(Decimal)
    rows = []
    for position, account in enumerate(accounts):
        for segment in (SegmentFactory(account=account), None):
            for product in products:
                for age in range(26):
                    amounts = {
                        name: Decimal(draw.randint(-(10**22), 10**22)).scaleb(-12) for name in MEASURES
                    }
                    month = date(2026 - (age + 6) // 12, (5 - age) % 12 + 1, 1)
                    rows.append(
                        CellMonth(
                            tenant_id=current_tenant_id(),
                            account=account,
                            segment=segment,
                            product=product,
                            month=month,
                            lines=1,
                            unknown_lines=age % 2,
                            **amounts,
                        )
                    )
                    if age < 24:
                        for name, amount in amounts.items():
                            year = name + ("" if age < 12 else "_prior")
                            exact[position, str(product.id), segment is None, year] += amount
    CellMonth.objects.bulk_create(rows)

    (ideas,) = read_each([ideas_query(EVERY_ACCOUNT)], few=True)
    known = read_products(lines_of(read_catalogue(), ideas))
    cells = read_cells([str(account.id) for account in accounts], EVERY_ACCOUNT, known, REFERENCE)

    assert len(cells.account) == 3 * 2 * 2
    for year, sums in (("", cells.recent), ("_prior", cells.prior)):
        assert sums.unknown_lines.tolist() == [6] * len(cells.account)
        for name in MEASURES:
            for row, amount in enumerate(getattr(sums, name).tolist()):
                key = (
                    int(cells.account[row]),
                    known.ids[cells.product[row]],
                    cells.segments[cells.segment[row]] == NO_KEY,
                    name + year,
                )
                assert abs(Decimal(amount) - exact[key]) < Decimal("0.0001")


@pytest.mark.parametrize("size", [10**22, 10**28])
def test_months_are_read_as_they_stand(in_tenant: uuid.UUID, size: int) -> None:
    """Every amount to its last decimal, also where float64 could not add them; counts and days as they are."""
    draw = random.Random(size)
    accounts = sorted((AccountFactory() for _ in range(3)), key=lambda account: account.id)
    stored = [
        AccountMonth(
            tenant_id=current_tenant_id(),
            account=account,
            month=date(2026 - (age + 6) // 12, (5 - age) % 12 + 1, 1),
            lines=age,
            unknown_lines=age % 3,
            positive_days=age % 2,
            first_sale=date(2026, 1, 2 + age) if age % 4 else None,
            last_sale=date(2026, 2, 2 + age) if age % 4 else None,
            **{name: Decimal(f"{draw.randint(-size, size)}E-12") for name in PACKED_AMOUNTS},
        )
        for account in accounts
        for age in range(-1, 20)
    ]
    AccountMonth.objects.bulk_create(stored)

    months = read_months([str(account.id) for account in accounts], EVERY_ACCOUNT, REFERENCE)

    money = {name: column.to_pylist() for name, column in decimals_of(months.money).items()}
    found = {}
    for row, (account, month) in enumerate(zip(months.account.tolist(), months.month.tolist(), strict=True)):
        found[accounts[account].id, month] = (
            months.lines[row],
            months.unknown_lines[row],
            months.sold[row],
            *(date.fromordinal(EPOCH + days[row]) for days in (months.first_sale, months.last_sale)),
            *(money[name][row] for name in PACKED_AMOUNTS),
        )
    assert found == {
        (row.account_id, month_index(row.month)): (
            row.lines,
            row.unknown_lines,
            row.positive_days > 0,
            row.first_sale or row.month,
            row.last_sale or row.month,
            *(getattr(row, name) for name in PACKED_AMOUNTS),
        )
        for row in stored
        if row.month <= REFERENCE
    }


def test_few_rows_are_read_as_many_are(in_tenant: uuid.UUID) -> None:
    account = AccountFactory(acquisition_cost="12.5", customer_since="2020-02-03", industry="")
    idea = ProductLineFactory(kind="idea", account=account, business_unit=None)
    OpenSpaceCell.objects.create(
        tenant_id=in_tenant, account=account, product_line=idea, potential="99.1234", probability=0.25
    )
    AccountFactory()
    scope = Scope(ids=[account.id])
    queries = [accounts_query(scope), ideas_query(scope), entered_query(scope)]
    few, many = (read_each(queries, few=kind) for kind in (True, False))
    assert [table.to_pylist() for table in few] == [table.to_pylist() for table in many]
    assert [table.num_rows for table in few] == [1, 1, 1]
    assert entered_of(few[2], [str(account.id)], ["", str(idea.id)])["line"].to_pylist() == [1]
    assert entered_of(few[2], [str(account.id)], [""]).num_rows == 0


def test_a_null_in_a_fixed_column_is_refused(in_tenant: uuid.UUID) -> None:
    columns = {"one": FLOAT, "two": INTEGER}
    assert copy_out_fixed("SELECT 1.5::float8, 2::int8 WHERE %s", [False], columns)["one"].tolist() == []
    rows = copy_out_fixed("SELECT 1.5::float8, n::int8 FROM generate_series(1, %s) n", [3], columns)
    assert (rows["one"].tolist(), rows["two"].tolist()) == ([1.5] * 3, [1, 2, 3])
    for query in ("SELECT NULL::float8, 2::int8", "SELECT 1.5::float8, 2::int4", "SELECT 1.5::float8"):
        with pytest.raises(ValueError, match="width"):
            copy_out_fixed(query, [], columns)
