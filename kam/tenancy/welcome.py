"""The first run: what is loaded already, counted by the apps that own it (they register themselves here)."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

Counter = Callable[[], int]
_counters: dict[str, Counter] = {}


def register_count(step: str, counter: Counter) -> None:
    """Install the function that counts what a step has brought into the current tenant.

    `step` is one of catalogue, accounts, sales and computed.
    """
    if step not in STEPS:
        raise ValueError(f"{step} is no step of the first run.")
    _counters[step] = counter


@dataclass(frozen=True)
class Step:
    """One step of the first-run page."""

    key: str
    title: str
    text: str
    count: int
    noun: str
    url: str
    action: str
    done: bool
    current: bool


@dataclass(frozen=True)
class _Text:
    title: str
    text: str
    one: str
    many: str
    url: tuple[str, str]
    action: str


STEPS = {
    "catalogue": _Text(
        "Load your products",
        "A file with one row per product, its product line and business unit. They become the columns of every "
        "account’s Open Space.",
        "product",
        "products",
        ("accounts:import_list", "?kind=products"),
        "Load products",
    ),
    "accounts": _Text(
        "Load your accounts",
        "The companies you sell to: a name and the number your own system gives them. Country, industry and "
        "owner can follow.",
        "account",
        "accounts",
        ("accounts:import_list", "?kind=accounts"),
        "Load accounts",
    ),
    "sales": _Text(
        "Load your sales",
        "One row per invoice line: account, product, date, net sales, and the cost of goods where you know it. "
        "Three years make every figure meaningful.",
        "sales line",
        "sales lines",
        ("accounts:import_list", "?kind=sales_lines"),
        "Load sales",
    ),
    "computed": _Text(
        "Read your portfolio",
        "Every account is valued and classed by itself after a load. Then the portfolio tells where your money "
        "is earned and lost.",
        "account computed",
        "accounts computed",
        ("metrics:portfolio", ""),
        "Open the portfolio",
    ),
}


def welcome_steps() -> list[Step]:
    """The four steps with what is there already; the first that is not done is the current one."""
    counts = {key: _counters[key]() if key in _counters else 0 for key in STEPS}
    waiting = next((key for key, count in counts.items() if not count), None)
    return [
        Step(
            key=key,
            title=step.title,
            text=step.text,
            count=counts[key],
            noun=step.one if counts[key] == 1 else step.many,
            url=_address(*step.url),
            action=step.action,
            done=counts[key] > 0,
            current=key == waiting,
        )
        for key, step in STEPS.items()
    ]


def _address(name: str, query: str) -> str:
    try:
        return reverse(name) + query
    except NoReverseMatch:
        return ""
