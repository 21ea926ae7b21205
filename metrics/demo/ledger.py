"""Five years of a believable ledger from a fixed seed: the same company every time, dated to today.

Every story is a curve of volume and of margin; the classes on the screens follow from it, they are not set.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from metrics.demo.catalogue import CO_CREATED, LINES, Line
from metrics.demo.customers import CUSTOMERS, Customer

SEED = 20_150_401
MONTHS = 60
CAREFUL_SINCE = 24
UNRECORDED = ("Spare parts", "Gear units", "Frequency converters")
RATES = {"NOK": 0.0875, "SEK": 0.0895, "GBP": 1.165, "USD": 0.925}

# What an industry buys, as weights of the product lines in catalogue order.
TASTES = {
    "Food and beverage": (5, 3, 4, 2, 2, 3, 7, 1, 3, 2, 4, 3, 1, 1),
    "Automotive": (8, 5, 3, 4, 5, 5, 0, 4, 2, 2, 3, 2, 1, 2),
    "Pharmaceuticals": (3, 1, 1, 1, 4, 7, 5, 2, 4, 2, 2, 4, 2, 1),
    "Packaging": (7, 5, 5, 3, 4, 3, 0, 2, 2, 1, 4, 2, 1, 2),
    "Logistics": (3, 4, 6, 5, 3, 2, 0, 6, 2, 2, 5, 3, 1, 3),
    "Energy": (1, 3, 7, 5, 2, 1, 4, 1, 1, 5, 3, 4, 1, 3),
    "Building materials": (2, 5, 6, 3, 2, 1, 2, 2, 1, 1, 4, 2, 0, 2),
}


@dataclass(frozen=True)
class Story:
    """How an account behaves: `growth` a year, `discount` off the price, `serve` = cost-to-serve by sales."""

    growth: float
    discount: float
    serve: float
    activity: float
    first_month: int = 0
    last_month: int = MONTHS
    squeeze: float = 0.0
    breadth: int = 7


STORIES = {
    "star": Story(growth=0.19, discount=0.02, serve=0.075, activity=0.98, breadth=10),
    "steady": Story(growth=0.03, discount=0.05, serve=0.10, activity=0.92, breadth=8),
    "growing": Story(growth=0.12, discount=0.06, serve=0.11, activity=0.85, breadth=6, first_month=8),
    "declining": Story(growth=-0.13, discount=0.07, serve=0.13, activity=0.85, breadth=7),
    "vulture": Story(growth=0.06, discount=0.16, serve=0.23, activity=0.95, breadth=6, squeeze=0.05),
    "butterfly": Story(growth=0.05, discount=0.0, serve=0.06, activity=0.16, breadth=4),
    "stranger": Story(growth=-0.04, discount=0.17, serve=0.26, activity=0.14, breadth=3),
    "lapsed": Story(growth=0.02, discount=0.02, serve=0.08, activity=0.85, breadth=5, last_month=47),
    "new": Story(growth=0.25, discount=0.04, serve=0.09, activity=0.8, breadth=4, first_month=46),
    "unknown_margin": Story(growth=0.02, discount=0.05, serve=0.1, activity=0.8, breadth=5),
    "never_bought": Story(growth=0.0, discount=0.0, serve=0.0, activity=0.0),
}

COST_SPLIT = {
    "salary_commission": 0.30,
    "relationship": 0.10,
    "administration": 0.11,
    "marketing": 0.07,
    "trade_credit": 0.05,
    "delivery": 0.22,
    "service": 0.15,
}

Row = dict[str, str]


def month_starts(last_month_end: date) -> list[date]:
    """The first days of the `MONTHS` months that end with the given date, oldest first."""
    index = last_month_end.year * 12 + last_month_end.month - 1
    return [date((index - back) // 12, (index - back) % 12 + 1, 1) for back in range(MONTHS - 1, -1, -1)]


def external_id(customer: Customer) -> str:
    """C-001 …, in the order of the list."""
    return f"C-{CUSTOMERS.index(customer) + 1:03d}"


def segment_id(customer: Customer, number: int) -> str:
    return f"{external_id(customer)}-S{number + 1}"


def product_id(line: Line, number: int) -> str:
    words = "".join(word[0] for word in line.name.split()).upper()
    return f"{words}{LINES.index(line) + 1:02d}-{number + 1}"


def rate_rows(last_month_end: date) -> list[Row]:
    """Exchange rates to EUR by month: a slow random walk."""
    random = np.random.default_rng(SEED + 1)
    rows = []
    for currency, start in RATES.items():
        walk = start * np.exp(np.cumsum(random.normal(0, 0.008, MONTHS)))
        for month, rate in zip(month_starts(last_month_end), walk, strict=True):
            rows.append({"currency": currency, "month": month.isoformat(), "rate": f"{rate:.6f}"})
    return rows


def _spend(customer: Customer) -> str:
    """Yearly spend in our categories, given in EUR, in the account's own currency as the file wants it."""
    if not customer.category_spend:
        return ""
    return f"{customer.category_spend / RATES.get(customer.currency, 1.0):.0f}"


def account_rows(last_month_end: date, emails: dict[str, str]) -> list[Row]:
    """The accounts file; parents first is not needed, the import sorts them."""
    starts = month_starts(last_month_end)
    ids = {customer.name: external_id(customer) for customer in CUSTOMERS}
    rows = []
    for customer in CUSTOMERS:
        story = STORIES[customer.story]
        since = starts[story.first_month] if story.first_month else date(starts[0].year - 3, 4, 1)
        rows.append(
            {
                "external_id": ids[customer.name],
                "name": customer.name,
                "industry": customer.industry,
                "country": customer.country,
                "region": customer.region,
                "currency": customer.currency,
                "customer_since": since.isoformat(),
                "parent_external_id": ids.get(customer.parent, ""),
                "acquisition_cost": "18000" if customer.story == "new" else "",
                "owner_email": emails.get(customer.owner, ""),
                "category_spend": _spend(customer),
            }
        )
    return rows


def segment_rows() -> list[Row]:
    """The segments of the customers that have drawn their structure."""
    rows = []
    for customer in CUSTOMERS:
        names = [name for name, _, _ in customer.segments]
        for number, (name, kind, parent) in enumerate(customer.segments):
            rows.append(
                {
                    "external_id": segment_id(customer, number),
                    "account_external_id": external_id(customer),
                    "name": name,
                    "kind": kind,
                    "parent_external_id": segment_id(customer, names.index(parent)) if parent else "",
                }
            )
    return rows


def product_rows() -> list[Row]:
    """The catalogue, the co-created products included."""
    rows = [
        {
            "external_id": product_id(line, number),
            "name": name,
            "product_line": line.name,
            "business_unit": line.unit,
            "co_created": "false",
        }
        for line in LINES
        for number, (name, _) in enumerate(line.products)
    ]
    units = {line.name: line.unit for line in LINES}
    for number, (name, line_name, _, _) in enumerate(CO_CREATED):
        rows.append(
            {
                "external_id": f"CO-{number + 1}",
                "name": name,
                "product_line": line_name,
                "business_unit": units[line_name],
                "co_created": "true",
            }
        )
    return rows


def ledger_rows(last_month_end: date) -> tuple[list[Row], list[Row]]:
    """Sales lines and cost entries of all customers, in each account's own currency."""
    rates = {(row["currency"], row["month"]): float(row["rate"]) for row in rate_rows(last_month_end)}
    sales: list[Row] = []
    costs: list[Row] = []
    for customer in CUSTOMERS:
        # One generator per customer: a change to one story leaves the others' figures as they were.
        random = np.random.default_rng([SEED, CUSTOMERS.index(customer)])
        for month, lines, entries in _customer(customer, month_starts(last_month_end), random):
            rate = rates.get((customer.currency, month.isoformat()), 1.0)
            sales += [_in_currency(line, customer, rate, ("net_sales", "cogs")) for line in lines]
            costs += [_in_currency(entry, customer, rate, ("amount",)) for entry in entries]
    return sales, costs


def _in_currency(row: Row, customer: Customer, rate: float, fields: tuple[str, ...]) -> Row:
    for field in fields:
        if row[field]:
            row[field] = f"{float(row[field]) / rate:.2f}"
    row["currency"] = customer.currency
    return row


def _customer(
    customer: Customer, months: list[date], random: np.random.Generator
) -> Iterator[tuple[date, list[Row], list[Row]]]:
    story = STORIES[customer.story]
    taste = np.array(TASTES[customer.industry], dtype=float) * random.uniform(0.4, 1.6, len(LINES))
    wanted = np.argsort(-taste)[: story.breadth]
    # Two lines come later: they are what cross-selling looks like in a ledger.
    starts = {int(line): 0 for line in wanted}
    for late in wanted[-2:]:
        starts[int(late)] = int(random.integers(20, 56))
    for index, month in enumerate(months):
        if not story.first_month <= index < story.last_month or not story.activity:
            continue
        level = customer.size / 12 * (1 + story.growth) ** ((index - 24) / 12)
        season = 1 + 0.16 * np.sin((month.month - 3) / 12 * 2 * np.pi)
        active = [line for line in starts if index >= starts[line]]
        weights = taste[active] / taste[active].sum()
        lines: list[Row] = []
        for line, weight in zip(active, weights, strict=True):
            chance = (
                story.activity if story.activity < 0.5 else min(0.98, story.activity * (0.45 + weight * 2))
            )
            if random.random() < chance:
                boost = 1 / max(chance, 0.25)
                lines += _order(customer, LINES[line], month, level * season * weight * boost, index, random)
        lines += _co_created(customer, month, index, random)
        sold = sum(float(line["net_sales"]) for line in lines)
        yield month, lines, _costs(customer, story, month, level, sold, index, random)


def _order(
    customer: Customer, line: Line, month: date, budget: float, index: int, random: np.random.Generator
) -> list[Row]:
    story = STORIES[customer.story]
    number = int(random.integers(0, len(line.products)))
    price = line.products[number][1]
    discount = story.discount + story.squeeze * index / MONTHS + random.normal(0, 0.02)
    quantity = max(1, round(budget * random.uniform(0.6, 1.4) / price))
    net = quantity * price * (1 - discount)
    cost = quantity * price * (1 - line.margin) * (1 + 0.012 * index / 12)
    # The first two years were kept less well: they show what "not known" and "estimated" look like.
    early = index < CAREFUL_SINCE
    hidden = early and customer.story == "unknown_margin" and line.name in UNRECORDED
    segment = (
        segment_id(customer, int(random.integers(0, len(customer.segments)))) if customer.segments else ""
    )
    row = {
        "external_id": "",
        "account_external_id": external_id(customer),
        "product_external_id": product_id(line, number),
        "date": (month + timedelta(days=int(random.integers(0, 27)))).isoformat(),
        "net_sales": f"{net:.2f}",
        "cogs": f"{cost:.2f}" if not hidden and (line.cogs_known or not early) else "",
        "quantity": str(quantity),
        "segment_external_id": segment if random.random() < 0.9 else "",
    }
    rows = [row]
    if random.random() < 0.02 and quantity > 2:
        back = max(1, quantity // 4)
        rows.append(
            {
                **row,
                "net_sales": f"{-net * back / quantity:.2f}",
                "cogs": f"{-cost * back / quantity:.2f}" if row["cogs"] else "",
                "quantity": str(-back),
            }
        )
    for place, each in enumerate(rows):
        each["external_id"] = f"{external_id(customer)}-{month:%Y%m}-{product_id(line, number)}-{place}"
    return rows


def _co_created(customer: Customer, month: date, index: int, random: np.random.Generator) -> list[Row]:
    rows = []
    for number, (_, _, account, price) in enumerate(CO_CREATED):
        if account == customer.name and index >= 40 and random.random() < 0.6:
            quantity = int(random.integers(2, 7))
            rows.append(
                {
                    "external_id": f"{external_id(customer)}-{month:%Y%m}-CO{number + 1}",
                    "account_external_id": external_id(customer),
                    "product_external_id": f"CO-{number + 1}",
                    "date": month.replace(day=18).isoformat(),
                    "net_sales": f"{quantity * price:.2f}",
                    "cogs": f"{quantity * price * 0.52:.2f}",
                    "quantity": str(quantity),
                    "segment_external_id": segment_id(customer, 0) if customer.segments else "",
                }
            )
    return rows


def _costs(
    customer: Customer,
    story: Story,
    month: date,
    level: float,
    sold: float,
    index: int,
    random: np.random.Generator,
) -> list[Row]:
    # Serving costs follow what is usual for the account more than what was sold this month.
    total = story.serve * (0.6 * level * min(1.0, story.activity * 2) + 0.4 * max(sold, 0.0))
    total *= 1 + 0.35 * story.squeeze * index / 12
    rows = []
    for category, share in COST_SPLIT.items():
        amount = total * share * random.uniform(0.7, 1.3)
        if amount >= 5:
            rows.append(
                {
                    "external_id": f"{external_id(customer)}-{month:%Y%m}-{category}",
                    "account_external_id": external_id(customer),
                    "date": month.replace(day=25).isoformat(),
                    "category": category,
                    "amount": f"{amount:.2f}",
                }
            )
    return rows
