"""What the value register says in one sentence (K29)."""

from collections.abc import Sequence
from decimal import Decimal

from kam.common import formatting
from planning.selectors.value import (
    COSTS,
    DEMONSTRATED,
    ONE_SIDED,
    PIPELINE,
    REPORTED,
    AccountValue,
    ValueTotals,
)

ZERO = Decimal(0)


def account_value_finding(name: str, totals: ValueTotals, currency: str) -> str:
    """What is demonstrated to one customer, or what keeps it from being so."""
    if not totals.items:
        return f"Nothing is written down yet of what we do for {name}."
    shown, said = totals.of(DEMONSTRATED), totals.of(REPORTED)
    if shown.items:
        worth = _worth(shown.customer_gain, currency)
        if said.items:
            return (
                f"{name} has confirmed {worth}; {formatting.plural(said.items, 'more item')} only we report."
            )
        return f"{name} has confirmed {worth}, and we gain by it too."
    if said.items:
        return (
            f"We report {_worth(said.customer_gain, currency)} for {name}, but it has confirmed nothing yet."
        )
    if lacking := totals.of(ONE_SIDED).items:
        items = formatting.plural(lacking, "item")
        return f"No proven value lets both sides gain at {name}: {items} to complete."
    if totals.of(COSTS).items:
        cost = formatting.money(totals.of(COSTS).our_cost, currency)
        return f"What we do for {name} costs us {cost} a year and proves nothing."
    if totals.of(PIPELINE).items:
        return f"{name} has ideas in its pipeline, and nothing proven yet."
    return f"All we do for {name} is what every supplier does."


def overview_finding(rows: Sequence[AccountValue], currency: str) -> str:
    """What is demonstrated to all customers together."""
    if not rows:
        return "No account has a value register yet."
    shown = [row for row in rows if row.demonstrated.items]
    said = [row for row in rows if row.reported.items and not row.demonstrated.items]
    if not shown:
        return f"{formatting.plural(len(rows), 'account')} with a register, and no customer has confirmed anything."
    worth = sum((row.demonstrated.customer_gain or ZERO for row in shown), ZERO)
    text = f"{formatting.plural(len(shown), 'customer')} confirmed {_worth(worth, currency)}"
    if said:
        return f"{text}; at {formatting.plural(len(said), 'other')} only we say so."
    return f"{text}."


def _worth(amount: Decimal | None, currency: str) -> str:
    """``$1.20M a year``; value without an amount is said in words."""
    return f"{formatting.money(amount, currency)} a year" if amount else "value without an amount"
