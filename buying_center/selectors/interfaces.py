"""Reads of the interface alignment: functions facing each other, the score, what could be saved (K11.1, K28)."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from accounts.models import Account
from accounts.selectors.accounts import of_visible_accounts
from buying_center.bank.alignment import FUNCTION_PAIRS
from buying_center.models import Boundary, InterfacePair
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id

Status = InterfacePair.Status
# What a pair counts (K11); what is not known counts nothing and is left out.
WORTH = {Status.ALIGNED: 1.0, Status.FRICTION: 0.5, Status.BROKEN: 0.0}
WEAKEST_FIRST = (Status.BROKEN, Status.FRICTION, Status.UNKNOWN, Status.ALIGNED)


@dataclass(frozen=True)
class InterfaceRow:
    """One pair as the page shows it. `pair` None: one of the bank's that nobody has judged here yet."""

    key: str
    ours: str
    theirs: str
    code: str
    pair: InterfacePair | None

    @property
    def status(self) -> str:
        return str(self.pair.status if self.pair is not None else Status.UNKNOWN)

    @property
    def name(self) -> str:
        return f"{self.ours} ↔ {self.theirs}"

    @property
    def saving(self) -> Decimal | None:
        """What both sides together could save a year; None where neither amount is known."""
        if self.pair is None:
            return None
        known = [amount for amount in (self.pair.saving_ours, self.pair.saving_theirs) if amount is not None]
        return sum(known, Decimal(0)) if known else None


@dataclass(frozen=True)
class InterfaceScore:
    """The mean of what is known, 0–1; None while nothing is. Counts by status."""

    score: float | None
    counts: dict[str, int]
    unknown: list[InterfaceRow]

    @property
    def known(self) -> int:
        return sum(self.counts[status] for status in WORTH)


@dataclass(frozen=True)
class Savings:
    """Money a year in the base currency; None where no pair has an amount on that side."""

    label: str
    ours: Decimal | None
    theirs: Decimal | None
    opportunities: int = 0

    @property
    def total(self) -> Decimal | None:
        known = [amount for amount in (self.ours, self.theirs) if amount is not None]
        return sum(known, Decimal(0)) if known else None


def interface_list() -> "QuerySet[InterfacePair, InterfacePair]":
    """Pairs that somebody has written down, with their owners' names; the current tenant's."""
    tenant_id = current_tenant_id()
    return InterfacePair.objects.select_related("owner__user").filter(
        tenant_id=tenant_id, account__tenant_id=tenant_id
    )


def interface_visible(principal: Principal) -> "QuerySet[InterfacePair, InterfacePair]":
    """Pairs of the accounts this member may see."""
    return of_visible_accounts(interface_list(), principal)


def interface_rows(account_id: uuid.UUID) -> list[InterfaceRow]:
    """What is written down in an account and the bank's pairs that are not, the weakest first; one query."""
    stored = list(interface_list().filter(account_id=account_id).order_by("position", "our_function", "id"))
    codes = {(known.ours, known.theirs): known.code for known in FUNCTION_PAIRS}
    rows = [
        InterfaceRow(
            key=codes.get((pair.our_function, pair.their_function), str(pair.pk)),
            ours=pair.our_function,
            theirs=pair.their_function,
            code=codes.get((pair.our_function, pair.their_function), ""),
            pair=pair,
        )
        for pair in stored
    ]
    there = {row.code for row in rows}
    rows += [
        InterfaceRow(known.code, known.ours, known.theirs, known.code, None)
        for known in FUNCTION_PAIRS
        if known.code not in there
    ]
    order = {str(status): place for place, status in enumerate(WEAKEST_FIRST)}
    # Within one status what could save most stands on top.
    return sorted(rows, key=lambda row: (order[row.status], -(row.saving or Decimal(0)), row.pair is None))


def interfaces_of(account: Account) -> list[InterfaceRow]:
    """The pairs of a visible account, read once for the object: a page asks for them from several sides."""
    if "_interfaces" not in account.__dict__:
        account.__dict__["_interfaces"] = interface_rows(account.pk)
    found: list[InterfaceRow] = account.__dict__["_interfaces"]
    return found


def interface_score(rows: Sequence[InterfaceRow]) -> InterfaceScore:
    """The interface alignment of K11."""
    counts = {str(status): 0 for status in Status.values}
    for row in rows:
        counts[row.status] += 1
    known = [WORTH[Status(row.status)] for row in rows if row.status != Status.UNKNOWN]
    return InterfaceScore(
        score=sum(known) / len(known) if known else None,
        counts=counts,
        unknown=[row for row in rows if row.status == Status.UNKNOWN],
    )


def savings_of(rows: Iterable[InterfaceRow]) -> tuple[Savings, list[Savings]]:
    """What both sides could save a year: in all, and by boundary (K28), the largest first."""
    groups: dict[str, list[InterfacePair]] = defaultdict(list)
    for row in rows:
        pair = row.pair
        if pair is not None and (
            pair.opportunity or pair.saving_ours is not None or pair.saving_theirs is not None
        ):
            groups[pair.boundary].append(pair)
    labels = dict(Boundary.choices)
    parts = [_sum(str(labels.get(kind, "No boundary named")), pairs) for kind, pairs in groups.items()]
    parts.sort(key=lambda part: (-(part.total or Decimal(0)), part.label))
    return _sum("All boundaries", [pair for pairs in groups.values() for pair in pairs]), parts


def _sum(label: str, pairs: Sequence[InterfacePair]) -> Savings:
    ours = [pair.saving_ours for pair in pairs if pair.saving_ours is not None]
    theirs = [pair.saving_theirs for pair in pairs if pair.saving_theirs is not None]
    return Savings(
        label,
        sum(ours, Decimal(0)) if ours else None,
        sum(theirs, Decimal(0)) if theirs else None,
        len(pairs),
    )
