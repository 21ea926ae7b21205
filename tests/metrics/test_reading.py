"""What the engine reads of the rollups is what the ledger adds up to."""

import random
import uuid
from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest

from accounts.models import CellMonth
from kam.tenancy.context import current_tenant_id
from metrics.selectors.copying import FLOAT, INTEGER, copy_out_fixed
from metrics.selectors.reading import EVERY_ACCOUNT, read_catalogue, read_cells, read_lines, read_products
from tests.factories import AccountFactory, ProductFactory, SegmentFactory

REFERENCE = date(2026, 6, 30)
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

    known = read_products(read_lines(read_catalogue(), EVERY_ACCOUNT))
    cells = read_cells([str(account.id) for account in accounts], EVERY_ACCOUNT, known, REFERENCE)

    assert len(cells.account) == 3 * 2 * 2
    for year, sums in (("", cells.recent), ("_prior", cells.prior)):
        assert sums.unknown_lines.tolist() == [6] * len(cells.account)
        for name in MEASURES:
            for row, amount in enumerate(getattr(sums, name).tolist()):
                key = (
                    int(cells.account[row]),
                    known.ids[cells.product[row]],
                    cells.segments[cells.segment[row]] == "",
                    name + year,
                )
                assert abs(Decimal(amount) - exact[key]) < Decimal("0.0001")


def test_a_null_in_a_fixed_column_is_refused(in_tenant: uuid.UUID) -> None:
    columns = {"one": FLOAT, "two": INTEGER}
    assert copy_out_fixed("SELECT 1.5::float8, 2::int8 WHERE %s", [False], columns)["one"].tolist() == []
    rows = copy_out_fixed("SELECT 1.5::float8, n::int8 FROM generate_series(1, %s) n", [3], columns)
    assert (rows["one"].tolist(), rows["two"].tolist()) == ([1.5] * 3, [1, 2, 3])
    for query in ("SELECT NULL::float8, 2::int8", "SELECT 1.5::float8, 2::int4", "SELECT 1.5::float8"):
        with pytest.raises(ValueError, match="width"):
            copy_out_fixed(query, [], columns)
