"""Money in two float64 arrays adds up to its last decimal, however it is cut and carried."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.selectors.amounts import Amounts, decimals_of, exactly_addable, floats_of, large_amounts

MONEY = st.integers(-(10**23), 10**23).map(lambda count: Decimal(count).scaleb(-12))


def _cut(values: list[Decimal]) -> Amounts:
    """As the database does it: towards zero."""
    units = [int(value) for value in values]
    rest = [int((value - unit).scaleb(12)) for value, unit in zip(values, units, strict=True)]
    return Amounts(np.array(units, dtype=np.float64), np.array(rest, dtype=np.float64))


@settings(deadline=None)
@given(rows=st.lists(st.tuples(MONEY, st.integers(0, 3)), max_size=40))
def test_sums_are_exact(rows: list[tuple[Decimal, int]]) -> None:
    amounts = _cut([value for value, _ in rows])
    index = np.array([position for _, position in rows], dtype=np.int64)
    sums = amounts.sums(np.arange(len(rows)), index, 4)
    expected = [sum((value for value, at in rows if at == position), Decimal(0)) for position in range(4)]
    assert sums.decimals().to_pylist() == expected
    assert (sums - sums).are_zero().all()
    assert sums.are_zero().tolist() == [value == 0 for value in expected]


@settings(deadline=None)
@given(values=st.lists(MONEY, min_size=1, max_size=20))
def test_many_at_once_are_each_as_alone(values: list[Decimal]) -> None:
    first, second = _cut(values), _cut([-value for value in values])
    both = decimals_of({"first": first, "second": second})
    assert both["first"].to_pylist() == values
    assert both["second"].to_pylist() == [-value for value in values]
    assert floats_of({"first": first})["first"].tolist() == first.decimals().cast(pa.float64()).to_pylist()


def test_what_float64_cannot_count_is_counted_by_python() -> None:
    values = [Decimal(9 * 10**15), Decimal("0.000000000001"), Decimal(9 * 10**15), Decimal("-0.5")]
    assert not exactly_addable([_cut(values)])
    assert exactly_addable([_cut(values[:1])])
    large = large_amounts(pa.chunked_array([pa.array(values, pa.decimal128(38, 12))]))
    sums = large.sums(np.arange(4), np.zeros(4, dtype=np.int64), 2)
    assert sums.decimals().to_pylist() == [Decimal("17999999999999999.500000000001"), 0]
    assert sums.are_zero().tolist() == [False, True]
