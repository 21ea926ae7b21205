"""The demo's value registers and reviews, entered through the services as people would."""

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from accounts.models import Account
from kam.common.dates import months_after
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Tenant
from planning.models import OpenSpaceCell, Review, ValueItem
from planning.services.confirmations import confirmation_answer, confirmation_request
from planning.services.reviews import (
    review_action_create,
    review_action_update,
    review_create,
    review_freeze,
)
from planning.services.value import value_item_create


@dataclass(frozen=True)
class Item:
    """One item; `answer`: what the customer said through the link (confirmed, declined, asked = not yet)."""

    title: str
    value_class: int
    statement: str = ""
    gain: int | None = None
    ours: int | None = None
    cost: int | None = None
    kinds: tuple[str, ...] = ()
    answer: str = ""
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Register:
    """One account's part: who works on it, who answers at the customer, the items, the last summary.

    `due_in`: in how many days the next review is due; `next_open`: somebody has begun it."""

    owner: str
    contact: str
    email: str
    items: tuple[Item, ...]
    attendees: tuple[str, ...]
    summary: str
    actions: tuple[str, ...]
    due_in: int
    next_open: bool


REGISTERS: dict[str, Register] = {
    "Fjordmeieriet": Register(
        "nora",
        "Ragnhild Sæther",
        "ragnhild.saether@fjordmeieriet.example",
        (
            Item(
                "Night calibration, so that the lines start at six",
                3,
                "Our people calibrate the filling sensors between two and five. No shift begins with a "
                "calibration any more: 220 line hours a year were won in Bergen and Trondheim.",
                310_000,
                64_000,
                21_000,
                ("less_risk",),
                "confirmed",
                {
                    "reward": "premium",
                    "reward_note": "Service contract 4 % above list",
                    "gain_note": "220 line hours at €1,410",
                    "measure": "process",
                    "evidence": "Line log of both plants, January to June, checked with the plant controller.",
                },
            ),
            Item(
                "Spare parts on consignment in Bergen",
                3,
                "Forty spare parts lie in your store and are paid when used. Two stops a year of about nine "
                "hours no longer happen.",
                96_000,
                18_500,
                11_000,
                ("staff",),
                "confirmed",
                {"reward": "favour", "reward_note": "First call on the export cheese lines"},
            ),
            Item(
                "Energy report per line, each month",
                3,
                "You see which line uses more than it should, and by how much.",
                58_000,
                12_000,
                4_500,
                (),
                "asked",
                {"reward": "favour", "reward_note": "Named partner in their sustainability report"},
            ),
            Item("Technician on call within four hours", 1, cost=26_000),
            Item("Printed manuals for every module", 2, "Liked by the older shift leaders.", cost=8_200),
            Item(
                "Predict cheese weight before the press",
                4,
                "Less giveaway in the export cheese line.",
                420_000,
                150_000,
                60_000,
            ),
        ),
        ("Nora Haverkamp", "Henrik Aasen", "Ragnhild Sæther, operations", "Odd Lien, plant Bergen"),
        "Fjordmeieriet wants both plants at 92 % availability before the export line is decided. We are inside "
        "that decision now. Price was not discussed; response time was, twice.",
        (
            "Bring the line log of Trondheim to the plant controller",
            "Ask Odd Lien who decides about the export line",
            "Show the energy report to finance",
        ),
        -6,
        True,
    ),
    "Halvorsen Mobility": Register(
        "nora",
        "Erik Sandgren",
        "erik.sandgren@halvorsen.example",
        (
            Item(
                "One drawing standard for all three plants",
                3,
                "Your engineers take our drawings over without redrawing: about 900 hours a year.",
                72_000,
                22_000,
                9_000,
                ("less_risk", "staff"),
                "confirmed",
                {"reward": "favour", "reward_note": "We sit in the design review of the battery line"},
            ),
            Item(
                "Commissioning over the week-end",
                3,
                "The line runs on Monday.",
                140_000,
                31_000,
                34_000,
                (),
                "",
                {"reward": "premium", "reward_note": "Week-end rate"},
            ),
            Item("Free training for new operators", 2, "Forty seats a year.", cost=31_000),
            Item("Yearly open house in Oslo", 2, "Pleasant.", cost=14_500),
            Item("Certified traceability of every part", 1, cost=6_400),
            Item(
                "Battery pack tester on rent",
                4,
                "Pays by pack tested; no investment before volume comes.",
                260_000,
                90_000,
                38_000,
            ),
        ),
        ("Nora Haverkamp", "Bo Lindqvist", "Erik Sandgren, engineering"),
        "Engineering is with us; purchasing has not been asked since spring. The battery unit decides in "
        "autumn and will want a second source.",
        ("Meet purchasing before the battery unit decides", "Price the week-end commissioning anew"),
        12,
        True,
    ),
    "Sandoval Pharma": Register(
        "ines",
        "Lucía Ferrer",
        "lucia.ferrer@sandoval.example",
        (
            Item(
                "Validation papers that the authority accepts at once",
                3,
                "Qualification documents come with the equipment; two audits passed without a remark.",
                None,
                38_000,
                16_000,
                ("less_risk", "brand"),
                "confirmed",
                {"reward": "premium", "reward_note": "6 % above the tender price"},
            ),
            Item(
                "Remote diagnosis within the hour",
                3,
                "Faults are found before a technician travels.",
                85_000,
                14_000,
                5_000,
                (),
                "declined",
                {"reward": "favour", "reward_note": "Framework contract prolonged by a year"},
            ),
            Item(
                "Stock of sterile spare parts",
                1,
                "Now offered by Kestra too.",
                40_000,
                6_000,
                9_500,
                (),
                "",
                {"copied_by": "Kestra Automation"},
            ),
        ),
        ("Ines Castellan", "Lucía Ferrer, quality", "Jordi Pla, purchasing"),
        "Quality speaks for us in every meeting. Packaging does not know us. The second plant in Cork is "
        "planned, and nobody of ours has been there.",
        ("Visit Cork", "Find out what packaging pays for a stop"),
        40,
        False,
    ),
}


def reviews_fill(*, tenant: Tenant, members: dict[str, Membership], today: datetime.date) -> int:
    """Freeze a quarterly review of the accounts that have none. Returns how many.

    In a transaction before the others: what comes after it is what has changed since.
    """
    accounts = _accounts(tenant)
    begun = set(Review.objects.filter(tenant_id=tenant.id).values_list("account_id", flat=True))
    new = {name: account for name, account in accounts.items() if account.pk not in begun}
    for name, account in new.items():
        _frozen(Principal(member=members[REGISTERS[name].owner]), account, REGISTERS[name], today)
    return len(new)


def values_fill(*, tenant: Tenant, members: dict[str, Membership], today: datetime.date) -> int:
    """Enter the registers of accounts that have none yet, and open their next review. Returns how many."""
    accounts = _accounts(tenant)
    known = set(ValueItem.objects.filter(tenant_id=tenant.id).values_list("account_id", flat=True))
    new = {name: account for name, account in accounts.items() if account.pk not in known}
    for name, account in new.items():
        register = REGISTERS[name]
        principal = Principal(member=members[register.owner])
        for item in register.items:
            _item(principal, account, register, item, today)
        _since(principal, account, register)
    return len(new)


def _accounts(tenant: Tenant) -> dict[str, Account]:
    rows = Account.objects.select_related("owner__user").filter(tenant_id=tenant.id, name__in=REGISTERS)
    return {account.name: account for account in rows}


def _item(
    principal: Principal, account: Account, register: Register, item: Item, today: datetime.date
) -> None:
    values: dict[str, Any] = {
        "account": account.pk,
        "title": item.title,
        "value_class": item.value_class,
        "statement": item.statement,
        "customer_gain": _money(item.gain),
        "our_gain": _money(item.ours),
        "our_cost": _money(item.cost),
        "gain_kinds": list(item.kinds),
        **item.more,
    }
    if item.value_class == 4:
        values["planned_for"] = months_after(today, 6)
    if item.more.get("copied_by"):
        values["copied_on"] = months_after(today, -4)
    entered = value_item_create(principal=principal, values=values)
    if not item.answer:
        return
    asked, _link = confirmation_request(
        principal=principal,
        item=entered,
        contact_name=register.contact,
        contact_email=register.email,
        send=False,
    )
    if item.answer != "asked":
        comment = "Half of the faults still need a visit." if item.answer == "declined" else ""
        confirmation_answer(confirmation=asked, answer=item.answer, name=register.contact, comment=comment)


def _frozen(principal: Principal, account: Account, register: Register, today: datetime.date) -> None:
    """A quarterly review held a good quarter ago."""
    held = months_after(today, -3) + datetime.timedelta(days=register.due_in)
    values = {
        "account": account.pk,
        "kind": "quarterly",
        "due_on": held,
        "attendees": list(register.attendees),
        "summary": register.summary,
    }
    review = review_create(principal=principal, values=values)
    actions = [
        review_action_create(
            principal=principal,
            values={
                "review": review.pk,
                "text": text,
                "owner": principal.member.user_id,
                "due_on": months_after(held, number + 1),
            },
        )
        for number, text in enumerate(register.actions)
    ]
    review_freeze(principal=principal, review=review, held_on=held)
    review_action_update(principal=principal, action=actions[0], values={"done_on": months_after(held, 1)})


def _since(principal: Principal, account: Account, register: Register) -> None:
    """What has changed since it was frozen, and the next one open."""
    cell = (
        OpenSpaceCell.objects.filter(
            tenant_id=account.tenant_id, account_id=account.pk, potential__isnull=False
        )
        .order_by("-potential", "id")
        .first()
    )
    if cell is not None:
        cell.note = "Heard in the review: budget is free from spring."
        cell.save(update_fields=["note", "updated_at"])
    if register.next_open:
        review_create(principal=principal, values={"account": account.pk, "kind": "quarterly"})


def _money(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value)
