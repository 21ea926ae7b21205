"""Reads of reviews: what had changed since the last one, the state, the actions still open (K33)."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from accounts.models import Account, SuccessFactor
from accounts.selectors.accounts import of_visible_accounts
from buying_center.models import SellingCenterMember
from kam.tenancy.access import Principal
from kam.tenancy.changes import Changed, Source, changes_since
from planning.figures import figures_of
from planning.models import Objective, OpenSpaceCell, Review, ReviewAction, ReviewKind, ValueItem
from planning.selectors.value import DEMONSTRATED, PIPELINE, REPORTED, value_totals, with_standing


@dataclass(frozen=True)
class AreaWords:
    """One thing that a review looks at, and what it means that nothing has changed there."""

    key: str
    label: str
    unchanged: str


AREAS = (
    AreaWords("criteria", "Selection criteria", "Has nothing changed about why this is a key account?"),
    AreaWords("factors", "Critical success factors", "Does the customer still want what it wanted then?"),
    AreaWords("ladder", "Relationship ladder", "Are we no closer, and no further, than last time?"),
    AreaWords("open_space", "Open Space", "Has nobody learned anything about where to grow?"),
    AreaWords("objectives", "Objectives", "Is every objective still as it was?"),
    AreaWords("value", "Value register", "Has no value been added, proven or copied?"),
    AreaWords("team", "Selling centre", "Is everybody still in the right place?"),
    AreaWords("owner", "Account manager", ""),
)
# Le Bon & Herman ch. 1: where these stand still, the team is not as engaged as it should be.
MUST_MOVE: dict[str, tuple[str, ...]] = {
    ReviewKind.QUARTERLY: ("criteria", "factors", "ladder", "open_space"),
    ReviewKind.SELECTION: ("criteria", "objectives", "value"),
    ReviewKind.MEMBERS: ("team",),
}


def review_visible(principal: Principal) -> "QuerySet[Any, Any]":
    """Reviews of the accounts this member may see."""
    return of_visible_accounts(Review.objects.all(), principal)


def review_action_visible(principal: Principal) -> "QuerySet[Any, Any]":
    """Actions that reviews of these accounts decided."""
    return of_visible_accounts(ReviewAction.objects.all(), principal)


def review_last_frozen(*, tenant_id: uuid.UUID, account_id: uuid.UUID, kind: str) -> Review | None:
    """The latest frozen review of a kind."""
    return (
        Review.objects.filter(
            tenant_id=tenant_id, account_id=account_id, kind=kind, status=Review.Status.FROZEN
        )
        .order_by("-held_on", "-frozen_at")
        .first()
    )


def actions_open(*, tenant_id: uuid.UUID, account_id: uuid.UUID) -> list[ReviewAction]:
    """What reviews of an account decided and nobody has done yet, the earliest due first."""
    return list(
        ReviewAction.objects.select_related("owner__user", "review")
        .filter(tenant_id=tenant_id, review__tenant_id=tenant_id, account_id=account_id, done_on__isnull=True)
        .order_by("due_on", "id")
    )


def _sources(account_id: uuid.UUID) -> list[Source]:
    own, hangs_on = {"pgh_obj_id": account_id}, {"account_id": account_id}
    return [
        Source(
            "criteria",
            Account,
            own,
            (
                *("is_key_account", "tier", "managed_as", "industry", "industry_volume", "category_spend"),
                *("clv_retention", "clv_growth", "customer_since"),
            ),
        ),
        Source(
            "ladder",
            Account,
            own,
            ("ladder_ours", "ladder_customer"),
            labels={"ladder_ours": "Our view", "ladder_customer": "The customer’s view"},
        ),
        Source("owner", Account, own, ("owner",), labels={"owner": "Account manager"}),
        Source(
            "factors",
            SuccessFactor,
            hangs_on,
            ("title", "description", "owner_name", "owner_title", "horizon", "evidence", "state"),
            ("title",),
        ),
        Source(
            "objectives",
            Objective,
            hangs_on,
            (
                *("title", "description", "horizon", "type", "growth_source", "growth_move", "measure"),
                *("target_amount", "target_date", "status", "owner"),
            ),
            ("title",),
        ),
        Source(
            "open_space",
            OpenSpaceCell,
            hangs_on,
            (
                *("potential", "probability", "competitor", "position", "contract_end"),
                *("growth_type_override", "note", "owner"),
            ),
            ("segment", "product_line"),
            nothing="Whole account",
        ),
        Source(
            "value",
            ValueItem,
            hangs_on,
            (
                *("title", "statement", "value_class", "customer_gain", "gain_kinds", "our_gain", "our_cost"),
                *("reward", "confirmed_by", "copied_on", "ended_on"),
            ),
            ("title",),
            labels={"value_class": "Class", "confirmed_by": "Confirmed by"},
        ),
        Source(
            "team",
            SellingCenterMember,
            hangs_on,
            ("role", "is_lead", "valid_from", "valid_to"),
            ("member",),
        ),
    ]


def review_areas(
    *, account_id: uuid.UUID, kind: str, since: datetime.datetime | None
) -> list[dict[str, Any]]:
    """What a review looks at, each with what has changed since the last one, as JSON can hold it.

    `must`: this kind of review looks at it; `suspicious`: it must, and nothing has changed. A first review has
    nothing to compare with: `since` None, no changes and nothing suspicious. Those that stand still come first.
    """
    changes = changes_since(_sources(account_id), since) if since else {}
    must = MUST_MOVE[kind]
    areas = [
        {
            "key": area.key,
            "label": area.label,
            "must": area.key in must,
            "suspicious": since is not None and area.key in must and not changes.get(area.key),
            "unchanged": area.unchanged,
            "entries": [_entry(changed) for changed in changes.get(area.key, [])],
        }
        for area in AREAS
    ]
    order = [area.key for area in AREAS]
    return sorted(
        areas,
        key=lambda area: (not area["suspicious"], not area["entries"], order.index(str(area["key"]))),
    )


def _entry(changed: Changed) -> dict[str, Any]:
    return {
        "name": changed.name,
        "kind": changed.kind,
        "who": changed.who,
        "at": changed.at.isoformat(),
        "changes": [
            {"label": change.label, "old": change.old, "new": change.new} for change in changed.changes
        ],
    }


def review_state(*, account: Account, currency: str) -> dict[str, Any]:
    """How the account stands now, as a frozen review keeps it: facts, sums and figures. Six queries."""
    tenant_id = account.tenant_id
    own = {"tenant_id": tenant_id, "account_id": account.pk}
    cells = OpenSpaceCell.objects.filter(**own).aggregate(
        entered=Count("id", filter=Q(potential__isnull=False)), potential=Sum("potential")
    )
    totals = value_totals(with_standing(ValueItem.objects.filter(**own)))
    objectives = Objective.objects.filter(**own, status="open").order_by("position", "id")
    factors = SuccessFactor.objects.filter(**own, state="open").order_by("position", "id")
    return {
        "currency": currency,
        "at": timezone.now().isoformat(),
        "ladder_ours": account.get_ladder_ours_display() if account.ladder_ours else None,
        "ladder_customer": account.get_ladder_customer_display() if account.ladder_customer else None,
        "tier": account.get_tier_display() if account.tier else None,
        "owner": account.owner.user.display_name if account.owner else None,
        "factors": list(factors.values_list("title", flat=True)),
        "objectives": list(objectives.values_list("title", flat=True)),
        "cells": cells["entered"],
        "potential": _text(cells["potential"]),
        "value": {
            name: {
                "items": totals.of(name).items,
                "customer_gain": _text(totals.of(name).customer_gain),
                "our_gain": _text(totals.of(name).our_gain),
            }
            for name in (DEMONSTRATED, REPORTED, PIPELINE)
        },
        **figures_of(account.pk).as_dict(),
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
