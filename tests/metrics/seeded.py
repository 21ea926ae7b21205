"""A random ledger with everything that makes figures hard, and when two sets of figures are the same."""

import datetime
import random
from decimal import Decimal
from typing import Any

from accounts.models import Account
from planning.models import OpenSpaceCell
from tests.metrics.ledgers import REFERENCE, account, catalogue, sell, spend


def seeded(
    count: int, *, seed: int = 7, lines: int = 12, default_margin: float | None = 0.3
) -> list[Account]:
    """A ledger of `count` accounts over four years, with credits, unknown costs, costs to serve and entries."""
    chance = random.Random(seed)
    products = list(catalogue({f"Line {i}": default_margin if i == 2 else None for i in range(4)}).values())
    accounts = []
    for number in range(count):
        one = account(
            f"A{number:03}",
            industry=chance.choice(["Retail", "Energy", ""]),
            is_key_account=number % 5 == 0,
            acquisition_cost=Decimal(chance.randrange(500)) if number % 4 == 0 else None,
        )
        accounts.append(one)
        for _ in range(chance.randrange(1, lines)):
            amount = Decimal(chance.randrange(-20_000, 400_000)).scaleb(-4) * chance.choice([1, 10])
            cost = (
                None if chance.random() < 0.05 else str((amount * Decimal("0.7")).quantize(Decimal("0.0001")))
            )
            day = REFERENCE - datetime.timedelta(days=chance.randrange(1460))
            sell(one, chance.choice(products), day.isoformat(), str(amount), cost)
        if chance.random() < 0.7:
            day = REFERENCE - datetime.timedelta(days=chance.randrange(365))
            spend(one, day.isoformat(), str(chance.randrange(1, 30)))
        if chance.random() < 0.4:
            OpenSpaceCell.objects.create(
                tenant_id=one.tenant_id,
                account=one,
                product_line=chance.choice(products).product_line,
                potential=chance.randrange(1, 5000),
                probability=chance.choice([None, 0.1, 0.9]),
            )
    return accounts


def close(first: Any, second: Any) -> bool:
    """Equal; numbers up to the last digit that a float of another order of summing may change."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(close(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(close(a, b) for a, b in zip(first, second, strict=True))
    if isinstance(first, float | Decimal) and isinstance(second, float | Decimal):
        return abs(float(first) - float(second)) <= 1.5e-4 + 1e-9 * abs(float(second))
    return bool(first == second)


def assert_same(first: dict[Any, dict[str, Any]], second: dict[Any, dict[str, Any]]) -> None:
    assert first.keys() == second.keys()
    for key, row in first.items():
        wrong = {
            name: (row[name], second[key][name]) for name in row if not close(row[name], second[key][name])
        }
        assert not wrong, (key, wrong)
