"""The value register of an account, and of the whole company (K29)."""

import uuid
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Account
from accounts.selectors.accounts import account_find
from kam.common import formatting
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import tenant_settings
from planning.findings.value import account_value_finding, overview_finding
from planning.forms.value import CLASS_WORDS
from planning.models import GainKind, ValueClass, ValueItem
from planning.selectors.value import (
    BASELINE,
    COSTS,
    DEMONSTRATED,
    ENDED,
    ONE_SIDED,
    PIPELINE,
    REPORTED,
    ValueSum,
    ValueTotals,
    confirmation_list,
    value_by_account,
    value_item_visible,
    value_totals,
)

# Weakest first within a class: what needs a person stands on top.
ORDER = {ONE_SIDED: 0, COSTS: 1, REPORTED: 2, PIPELINE: 3, DEMONSTRATED: 4, BASELINE: 5, ENDED: 6}
CLASS_ORDER = (ValueClass.PROVEN, ValueClass.PIPELINE, ValueClass.WELCOME, ValueClass.EXPECTED)


@dataclass(frozen=True)
class Line:
    """One item as the register shows it, with what was asked of the customer."""

    item: Any
    gains: list[str]
    requests: list[Any]
    reason: str

    @property
    def request(self) -> Any:
        return self.requests[0] if self.requests else None

    @property
    def waiting(self) -> bool:
        return self.request is not None and self.request.state in ("waiting", "opened")


@dataclass(frozen=True)
class Group:
    """The items of one class."""

    value: int
    word: str
    text: str
    lines: list[Line]
    ended: list[Line]


def account_or_404(request: HttpRequest, account_id: uuid.UUID) -> Account:
    """The account, where this member may see it."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    account = account_find(principal, account_id)
    if account is None:
        raise Http404
    return account


@requires("accounts.view")
@require_safe
def value(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """What we do for this customer, by class; what is demonstrated, what only reported."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    account = account_or_404(request, account_id)
    rows = value_item_visible(principal).filter(account_id=account.pk)
    items = list(rows.order_by("-customer_gain", "title", "id"))
    requests = defaultdict(list)
    for asked in confirmation_list(item_ids=[item.pk for item in items], tenant_id=principal.tenant.id):
        requests[asked.item_id].append(asked)
    totals = value_totals(rows)
    currency = tenant_settings().base_currency
    context = {
        "account": account,
        "groups": _groups(items, requests),
        "items": items,
        "totals": totals,
        "bars": totals_picture(totals, currency),
        "currency": currency,
        "finding": account_value_finding(account.name, totals, currency),
        "costly": [item for item in items if item.standing == COSTS],
        "costs": totals.of(COSTS),
        "can_change": principal.can("accounts.change", account),
    }
    return render(request, "planning/value.html", context)


def _groups(items: list[ValueItem], requests: dict[uuid.UUID, list[Any]]) -> list[Group]:
    lines: dict[int, list[Line]] = defaultdict(list)
    labels = dict(GainKind.choices)
    for item in sorted(items, key=lambda item: ORDER[item.standing]):  # type: ignore[attr-defined]
        line = Line(
            item=item,
            gains=[str(labels[kind]) for kind in item.gain_kinds if kind in labels],
            requests=requests[item.pk],
            reason=one_sided_reason(item),
        )
        lines[item.value_class].append(line)
    return [
        Group(
            value=int(kind),
            word=CLASS_WORDS[kind][0],
            text=CLASS_WORDS[kind][1],
            lines=[line for line in lines[kind] if line.item.standing != ENDED],
            ended=[line for line in lines[kind] if line.item.standing == ENDED],
        )
        for kind in CLASS_ORDER
    ]


def one_sided_reason(item: Any) -> str:
    """Why an item of class 3 does not count: which side does not gain, or is not known to (K29)."""
    if item.standing != ONE_SIDED:
        return ""
    reasons = []
    if not item.customer_gain and not item.gain_kinds:
        known = item.customer_gain is not None
        reasons.append("the customer gains nothing" if known else "the customer’s gain is not known")
    if item.our_gain is None:
        if not (item.reward == "favour" and item.reward_note):
            reasons.append("our gain is not known")
    elif item.our_gain <= (item.our_cost or 0):
        reasons.append("it costs us as much as it brings" if item.our_cost else "we gain nothing")
    text = " and ".join(reasons)
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Bar:
    """One side of the picture: parts in percent of the larger side, each with its words."""

    label: str
    total: str
    parts: list[dict[str, Any]]


def totals_picture(totals: ValueTotals, currency: str) -> list[Bar]:
    """Both sides' yearly gains: demonstrated solid, reported hatched, pipeline dashed; one scale."""
    sides = []
    for label, field in (("The customer gains", "customer_gain"), ("We gain", "our_gain")):
        amounts = [
            (kind, getattr(totals.of(kind), field) or Decimal(0), word)
            for kind, word in (
                (DEMONSTRATED, "demonstrated"),
                (REPORTED, "reported"),
                (PIPELINE, "not yet done"),
            )
        ]
        sides.append((label, amounts))
    scale = max(sum(amount for _, amount, _ in amounts) for _, amounts in sides)
    if not scale:
        return []
    bars = []
    for label, amounts in sides:
        at, parts = 0.0, []
        for kind, amount, word in amounts:
            width = float(amount / scale * 100)
            if amount:
                parts.append(
                    {
                        "kind": kind,
                        "x": round(at, 2),
                        "width": round(width, 2),
                        "word": word,
                        "text": formatting.money(amount, currency),
                    }
                )
            at += width
        total = sum(amount for kind, amount, _ in amounts if kind != PIPELINE)
        bars.append(Bar(label, formatting.money(total, currency), parts))
    return bars


@requires("accounts.view")
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The registers of all accounts this member may see."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    rows = value_by_account(principal)
    currency = tenant_settings().base_currency
    context = {
        "rows": rows,
        "totals": {
            name: _sum([getattr(row, name) for row in rows])
            for name in ("demonstrated", "reported", "pipeline", "costs")
        },
        "currency": currency,
        "finding": overview_finding(rows, currency),
    }
    return render(request, "planning/value_overview.html", context)


def _sum(sums: list[ValueSum]) -> ValueSum:
    """Several accounts' sums as one. None only where every item is without an amount."""

    def add(field: str) -> Decimal | None:
        found = [getattr(part, field) for part in sums if part.items and getattr(part, field) is not None]
        return sum(found, Decimal(0)) if found or not any(part.items for part in sums) else None

    return ValueSum(
        items=sum(part.items for part in sums),
        customer_gain=add("customer_gain"),
        our_gain=add("our_gain"),
        our_cost=add("our_cost"),
    )
