"""What the demo's account managers did in Open Space: factors on cells, notes, and opportunities pushed from them."""

import datetime
from collections.abc import Mapping
from typing import Any

from accounts.models import Account
from kam.common.api.etag import IfMatch
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Tenant
from metrics.demo.customers import CUSTOMERS
from metrics.demo.strategy_words import STORIES
from opportunities.models import CABS, Opportunity
from opportunities.services import opportunity_create, opportunity_update
from planning.models import OpenSpaceCellFactor
from planning.selectors.open_space import open_space_grid
from planning.services.open_space import open_space_patch
from planning.services.push import open_space_push

# Notes on the most promising cells, best first; what a push carries into the opportunity.
NOTES = (
    "Their maintenance lead wants one supplier for drives and sensors. Show the figures of the reference site.",
    "Frame agreement with the rival ends next spring; the tender is written in January.",
    "They build this in-house today. Ask what it costs them, all included.",
    "Pilot on one line first; their operations want three months without a stop.",
)
# How far each pushed opportunity has come: stage, letters of CABS answered yes, days until the decision.
PROGRESS: tuple[tuple[str, int, int], ...] = (
    ("proposal_evaluation", 4, 60),
    ("specification_establishment", 3, 120),
    ("need_recognition", 1, 240),
)
# What customers asked for by themselves: name, amount in EUR, stage, letters, outcome and reason.
PULLED: dict[str, tuple[str, int, str, int, str, str]] = {
    "Fjordmeieriet": (
        "Spare-parts store in Bergen", 48_000, "supplier_selection", 4, "won",
        "Delivery within four hours; nobody else keeps stock in town.",
    ),
    "Halvorsen Mobility": (
        "Retrofit of the Oslo paint shop", 210_000, "proposal_requests", 2, "", "",
    ),
}  # fmt: skip


def space_fill(*, tenant: Tenant, members: Mapping[str, Membership], today: datetime.date) -> int:
    """Fill the Open Space of the accounts with a story that has no links yet. Returns how many were filled.

    Needs the tenant's context, entered potentials and success factors (`strategy_fill`)."""
    accounts = {account.name: account for account in Account.objects.filter(tenant_id=tenant.id)}
    owners = {customer.name: customer.owner for customer in CUSTOMERS}
    done = 0
    for name in STORIES:
        account = accounts.get(name)
        if account is None or _touched(account):
            continue
        _fill(Principal(members.get(owners[name]) or members["nora"]), account, today)
        done += 1
    return done


def _touched(account: Account) -> bool:
    own = {"tenant_id": account.tenant_id}
    return (
        OpenSpaceCellFactor.objects.filter(**own, cell__account_id=account.pk).exists()
        or Opportunity.objects.filter(**own, account_id=account.pk).exists()
    )


def _fill(principal: Principal, account: Account, today: datetime.date) -> None:
    grid = open_space_grid(account=account)
    factors = [factor["id"] for factor in grid["success_factors"]]
    ranked = sorted(
        (cell for cell in grid["cells"] if cell["rank"] and cell["basis"] == "entered"),
        key=lambda cell: cell["rank"],
    )
    changes: list[dict[str, Any]] = []
    for place, cell in enumerate(ranked[:12]):
        change = {name: cell[name] for name in ("segment", "product_line")}
        if factors and place % 3 != 2:
            # One factor for most, two for every fifth: which one goes by the column, so that lines hang together.
            first = sum(str(cell["product_line"]).encode()) % len(factors)
            change["csfs"] = [factors[first]] if place % 5 else [factors[first], factors[first - 1]]
        if place < len(NOTES):
            change |= {"note": NOTES[place], "owner": principal.member.user_id}
        changes.append(change)
    if not changes:
        return
    open_space_patch(
        principal=principal, account=account, cells=changes, if_match=IfMatch(frozenset(), anything=True)
    )
    for (stage, letters, days), cell in zip(PROGRESS, ranked, strict=False):
        pushed, _ = open_space_push(
            principal=principal,
            account=account,
            segment=cell["segment"],
            product_line=cell["product_line"],
        )
        _advance(principal, pushed, stage, letters, today + datetime.timedelta(days=days))
    if account.name in PULLED:
        name, amount, stage, letters, outcome, reason = PULLED[account.name]
        values = {"account": account.pk, "name": name, "amount": amount, "direction": "pull"}
        asked = opportunity_create(
            principal=principal,
            values={**values, "currency": "EUR", "probability": 0.7, "owner": principal.member.user_id},
        )
        _advance(principal, asked, stage, letters, today + datetime.timedelta(days=30))
        if outcome:
            closing = {"outcome": outcome, "outcome_reason": reason, "closed_on": today}
            opportunity_update(principal=principal, opportunity=asked, values=closing)


def _advance(
    principal: Principal, opportunity: Opportunity, stage: str, letters: int, decision: datetime.date
) -> None:
    """Bring an opportunity to a stage, with the first letters of CABS answered yes."""
    answers = {name: "yes" if number < letters else "unknown" for number, name in enumerate(CABS)}
    opportunity_update(
        principal=principal,
        opportunity=opportunity,
        values={"stage": stage, "close_date": decision, **answers},
    )
