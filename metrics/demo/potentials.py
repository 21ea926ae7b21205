"""What the demo's account managers have entered in Open Space (K6): key accounts in full, others in part."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import numpy as np

from metrics.demo.catalogue import IDEAS, LINES
from metrics.demo.customers import COMPETITORS, CUSTOMERS, PROMISING, SATURATED, Customer
from metrics.demo.ledger import RATES, SEED, TASTES, Row, external_id, product_rows, segment_id

FILLED_STORIES = ("steady", "growing", "declining", "vulture", "butterfly")


@dataclass(frozen=True)
class Cell:
    """One entered cell; `potential` in EUR per year, `segment` None = the whole-account row."""

    account: str
    line: str
    segment: str | None
    potential: float
    probability: float | None
    position: str
    competitor: str
    contract_end: date | None


def current_sales(sales: list[Row], since: date) -> dict[tuple[str, str, str], float]:
    """Net sales in EUR (latest rates) by account, product line and segment since a date."""
    lines = {row["external_id"]: row["product_line"] for row in product_rows()}
    total: dict[tuple[str, str, str], float] = defaultdict(float)
    for row in sales:
        if row["date"] >= since.isoformat():
            key = (row["account_external_id"], lines[row["product_external_id"]], row["segment_external_id"])
            total[key] += float(row["net_sales"]) * RATES.get(row["currency"], 1.0)
    return total


def entered_cells(sales: list[Row], last_month_end: date) -> list[Cell]:
    """Believable potentials: more of what is bought, and the neighbours of it that are not."""
    current = current_sales(sales, date(last_month_end.year - 1, last_month_end.month, 1))
    cells: list[Cell] = []
    for customer in CUSTOMERS:
        random = np.random.default_rng([SEED, 7, CUSTOMERS.index(customer)])
        if customer.name in PROMISING:
            cells += _promise(customer)
            continue
        if customer.name in SATURATED:
            cells += _nothing_left(customer, current)
            continue
        if not customer.key and (customer.story not in FILLED_STORIES or random.random() < 0.45):
            continue
        taste = np.array(TASTES[customer.industry])
        segments = [segment_id(customer, n) for n in range(len(customer.segments))] if customer.key else [""]
        for line_number in np.argsort(-taste)[: 10 if customer.key else 4]:
            line = LINES[int(line_number)]
            for segment in segments:
                now = current.get((external_id(customer), line.name, segment), 0.0)
                share = customer.size * taste[line_number] / taste.sum() / len(segments)
                if now <= 0 and random.random() < 0.55:
                    continue
                wanted = max(now * random.uniform(1.0, 1.9), share * random.uniform(0.25, 1.1))
                position = _position(now, random)
                cells.append(
                    Cell(
                        account=external_id(customer),
                        line=line.name,
                        segment=segment or None,
                        potential=float(np.round(wanted, -3)),
                        probability=None
                        if random.random() < 0.3
                        else float(random.choice([0.2, 0.4, 0.6, 0.8])),
                        position=position,
                        competitor=""
                        if position in ("ours", "unknown")
                        else COMPETITORS[int(random.integers(0, len(COMPETITORS)))],
                        contract_end=None
                        if position == "ours" or random.random() < 0.5
                        else date(
                            last_month_end.year + int(random.integers(1, 3)), int(random.integers(1, 13)), 28
                        ),
                    )
                )
    return cells


def _promise(customer: Customer) -> list[Cell]:
    """Large needs that somebody else serves today, on the three lines the industry wants most."""
    best = np.argsort(-np.array(TASTES[customer.industry]))[:3]
    return [
        Cell(
            account=external_id(customer),
            line=LINES[int(line)].name,
            segment=None,
            potential=float(np.round(customer.size * 1.6, -3)),
            probability=0.6,
            position="contested",
            competitor=COMPETITORS[place],
            contract_end=None,
        )
        for place, line in enumerate(best)
    ]


def _nothing_left(customer: Customer, current: dict[tuple[str, str, str], float]) -> list[Cell]:
    """Somebody has looked at every line: the customer needs what it buys, and no more."""
    account = external_id(customer)
    return [
        Cell(
            account=account,
            line=line.name,
            segment=None,
            potential=float(np.round(max(current.get((account, line.name, ""), 0.0), 0.0), -3)),
            probability=None,
            position="ours",
            competitor="",
            contract_end=None,
        )
        for line in LINES
    ]


def _position(now: float, random: np.random.Generator) -> str:
    odds = (0.55, 0.2, 0.1, 0.15) if now > 0 else (0.05, 0.25, 0.45, 0.25)
    return str(random.choice(["ours", "contested", "competitor", "unknown"], p=odds))


def ideas() -> list[tuple[str, str, float, float]]:
    """Co-creation ideas: name, account's external id, potential in EUR per year, probability."""
    ids = {customer.name: external_id(customer) for customer in CUSTOMERS}
    return [(name, ids[account], float(potential), chance) for name, account, potential, chance in IDEAS]
