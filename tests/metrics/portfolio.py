"""The two ledgers that tests of the portfolio read, and how they read its pages."""

import datetime
import html
import random
import re
from decimal import Decimal
from typing import Any

from accounts.models import Account, Product
from tests.metrics.ledgers import account, catalogue, sell, spend

NB = "\u00a0"


def text(response: Any, pattern: str) -> str:
    """The text of the first element that the pattern finds, without tags and double spaces."""
    found = re.search(pattern, response.content.decode(), re.DOTALL)
    assert found, pattern
    bare = html.unescape(re.sub(r"<[^>]+>", "", found.group(1))).replace(NB, " ")
    return re.sub(r"\s+", " ", bare).replace(", explain", "").strip()


def finding(response: Any) -> str:
    # The hidden words of an explained figure are for screen readers.
    source = re.sub(r'<span class="k-hidden-text">.*?</span>', "", response.content.decode())
    found = re.search(r'<h1 class="k-finding">(.*?)</h1>', source, re.DOTALL)
    assert found
    return html.unescape(re.sub(r"<[^>]+>", "", found.group(1))).replace(NB, " ")


def bikes() -> dict[str, Account]:
    """Four accounts, worked by hand: a big loser, a friend, one that left, one that never bought.

    Net sales of 2025 / 2024: Big 600/300, Good 300/300, Gone 0/250. Cost of goods of Big 700, Good 150;
    cost to serve of Good 50. So contribution: Big -100 (before +30), Good +100 (before +150), Gone 0 (before +100).
    """
    touring, road = catalogue({"Touring": None, "Road": None}).values()
    made = {
        "big": account("Big", country="US", is_key_account=True, key_since=datetime.date(2023, 1, 1)),
        "good": account("Good", country="CA"),
        "gone": account("Gone", country="CA"),
        "never": account("Never", country=""),
    }
    sell(made["big"], touring, "2024-03-01", "300", "270")
    sell(made["big"], touring, "2025-03-01", "600", "700")
    sell(made["gone"], road, "2024-02-01", "250", "150")
    for year in (2022, 2023):
        for month in (2, 5, 8, 11):
            sell(made["good"], road, f"{year}-{month:02}-01", "75", "37.5")
    for month in (2, 5, 8, 11):
        sell(made["good"], road, f"2024-{month:02}-01", "75", "37.5")
        sell(made["good"], road, f"2025-{month:02}-01", "75", "37.5")
    spend(made["good"], "2025-06-01", "50")
    return made


def seeded(count: int, seed: int = 3) -> None:
    chance = random.Random(seed)
    products: list[Product] = list(catalogue({f"Line {i}": None for i in range(5)}).values())
    for number in range(count):
        one = account(
            f"A{number:03}", country=chance.choice(["NO", "SE", ""]), is_key_account=number % 7 == 0
        )
        for _ in range(4):
            amount = Decimal(chance.randrange(-50, 900))
            cost = None if chance.random() < 0.1 else amount * Decimal(chance.randrange(50, 130)) / 100
            day = datetime.date(2023, 1, 1) + datetime.timedelta(days=chance.randrange(1090))
            sell(
                one,
                chance.choice(products),
                day.isoformat(),
                str(amount),
                None if cost is None else str(cost),
            )
