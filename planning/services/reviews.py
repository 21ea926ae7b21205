"""Opening, keeping and freezing reviews (K33, Le Bon & Herman ch. 1)."""

import datetime
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.selectors.accounts import account_find
from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, InvalidInputError
from kam.common.saving import lock_row, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Role
from kam.tenancy.permissions import authorise
from kam.tenancy.selectors import tenant_settings
from planning.models import Review, ReviewAction, ReviewKind
from planning.selectors.review_dates import reviews_due
from planning.selectors.reviews import review_areas, review_last_frozen, review_state

WRITABLE = ("due_on", "held_on", "attendees", "summary", "unchanged_reason")


@transaction.atomic
def review_create(*, principal: Principal, values: Mapping[str, Any]) -> Review:
    """Open a review of an account (`account` is its id); one of each kind can be open.

    The last one's attendees and summary are carried forward; without `due_on` the proposed date holds. Raises
    InvalidInputError naming the field, ConflictError when one is open.
    """
    account = account_find(principal, values.get("account"))
    if account is None:
        raise InvalidInputError.of("account", "There is no such account.", "unknown")
    authorise(principal, "accounts.change", account)
    kind = values.get("kind") or ReviewKind.QUARTERLY
    if kind not in ReviewKind.values:
        raise InvalidInputError.of("kind", f"Expected one of {', '.join(ReviewKind.values)}.")
    last = review_last_frozen(tenant_id=account.tenant_id, account_id=account.pk, kind=kind)
    review = Review(
        tenant_id=account.tenant_id,
        account=account,
        kind=kind,
        due_on=values.get("due_on") or _proposed(account, kind),
        attendees=last.attendees if last else [],
        summary=last.summary if last else "",
        previous=last,
        since=last.frozen_at if last else None,
    )
    given = {name: values[name] for name in WRITABLE if name in values and name != "due_on"}
    set_values(review, _cleaned(given))
    try:
        with transaction.atomic():
            review.save(force_insert=True)
    except IntegrityError as error:
        raise ConflictError("A review of this kind is open already. Go on with it.", code="open") from error
    return review


def _proposed(account: Any, kind: str) -> datetime.date:
    rows = type(account).objects.filter(pk=account.pk)
    proposed = [
        due.due_on for due in reviews_due(tenant_id=account.tenant_id, accounts=rows) if due.kind == kind
    ]
    return proposed[0] if proposed else timezone.localdate()


@transaction.atomic
def review_update(
    *, principal: Principal, review: Review, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> Review:
    """Change an open review. Raises ConflictError (code frozen), StaleWriteError, InvalidInputError."""
    row = _lock_open(principal, review, if_match)
    given = dict(values)
    for name in ("account", "kind"):
        stored = row.account_id if name == "account" else row.kind
        if given.pop(name, stored) != stored:
            raise InvalidInputError.of(name, "This stays as it was when the review was opened.", "fixed")
    if "due_on" in given and given["due_on"] is None:
        raise InvalidInputError.of("due_on", "A review has a date.", "required")
    save_changes(row, set_values(row, _cleaned(given)))
    return row


@transaction.atomic
def review_delete(*, principal: Principal, review: Review, if_match: IfMatch | None = None) -> None:
    """Give up an open review with its actions. A frozen one is kept for ever (ConflictError)."""
    _lock_open(principal, review, if_match).delete()


@transaction.atomic
def review_freeze(
    *, principal: Principal, review: Review, held_on: datetime.date, if_match: IfMatch | None = None
) -> Review:
    """Close a review: what the page showed is kept in it, and from now on nobody changes it.

    Where nothing has changed in something that this kind of review looks at, `unchanged_reason` says why.
    Raises InvalidInputError naming what is missing, ConflictError when it is frozen already.
    """
    row = _lock_open(principal, review, if_match)
    if held_on > timezone.localdate():
        raise InvalidInputError.of("held_on", "A review is frozen when it has been held.", "future")
    if row.previous is not None and row.previous.held_on and held_on < row.previous.held_on:
        raise InvalidInputError.of("held_on", "It cannot have been held before the last one.", "order")
    if not row.attendees:
        raise InvalidInputError.of("attendees", "Say who was there.", "required")
    if not row.summary.strip():
        raise InvalidInputError.of("summary", "Write down what you concluded.", "required")
    areas = review_areas(account_id=row.account_id, kind=row.kind, since=row.since)
    still = [area["label"] for area in areas if area["suspicious"]]
    if still and not row.unchanged_reason.strip():
        message = f"Nothing changed in {_listed(still)}. Say why, or change it first."
        raise InvalidInputError.of("unchanged_reason", message, "nothing_changed")
    actions = ReviewAction.objects.filter(tenant_id=row.tenant_id, review_id=row.pk)
    row.result = {
        "areas": areas,
        "state": review_state(account=row.account, currency=tenant_settings().base_currency),
        "actions": [
            {
                "text": action.text,
                "owner": action.owner.user.display_name if action.owner else None,
                "due_on": action.due_on.isoformat() if action.due_on else None,
            }
            for action in actions.select_related("owner__user").order_by("created_at", "id")
        ],
    }
    row.held_on, row.status = held_on, Review.Status.FROZEN
    row.frozen_at, row.frozen_by = timezone.now(), principal.member
    row.save(update_fields=["result", "held_on", "status", "frozen_at", "frozen_by", "updated_at"])
    return row


@transaction.atomic
def review_action_create(*, principal: Principal, values: Mapping[str, Any]) -> ReviewAction:
    """Write down what an open review decides to do (`review` is its id, `owner` a user's id or None)."""
    review_id: Any = values.get("review")
    review = Review.objects.filter(tenant_id=principal.tenant.id, pk=review_id).first()
    account = account_find(principal, review.account_id) if review else None
    if review is None or account is None:
        raise InvalidInputError.of("review", "There is no such review.", "unknown")
    row = _lock_open(principal, review, None)
    action = ReviewAction(tenant_id=row.tenant_id, review=row, account_id=row.account_id)
    given = {name: value for name, value in values.items() if name != "review"}
    _set_action(action, given)
    if not action.text:
        raise InvalidInputError.of("text", "Say what is to be done.", "blank")
    action.save(force_insert=True)
    return action


@transaction.atomic
def review_action_update(
    *, principal: Principal, action: ReviewAction, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> ReviewAction:
    """Change an action: who does it, until when, and when it was done; its text only before the freezing."""
    row = lock_row(ReviewAction.objects.filter(tenant_id=principal.tenant.id), action.pk, if_match)
    authorise(principal, "accounts.change", row)
    given = dict(values)
    if given.pop("review", row.review_id) != row.review_id:
        raise InvalidInputError.of("review", "An action stays with its review.", "fixed")
    changed = _set_action(row, given)
    if "text" in changed:
        if not row.text:
            raise InvalidInputError.of("text", "Say what is to be done.", "blank")
        _lock_open(principal, row.review, None)
    save_changes(row, changed)
    return row


@transaction.atomic
def review_action_delete(
    *, principal: Principal, action: ReviewAction, if_match: IfMatch | None = None
) -> None:
    """Delete an action of an open review. Raises ConflictError when the review is frozen."""
    row = lock_row(ReviewAction.objects.filter(tenant_id=principal.tenant.id), action.pk, if_match)
    authorise(principal, "accounts.change", row)
    _lock_open(principal, row.review, None)
    row.delete()


def _lock_open(principal: Principal, review: Review, if_match: IfMatch | None) -> Review:
    row = lock_row(Review.objects.filter(tenant_id=principal.tenant.id), review.pk, if_match)
    authorise(principal, "accounts.change", row)
    if row.status == Review.Status.FROZEN:
        raise ConflictError("This review is frozen: it stays as it was.", code="frozen")
    return row


def _cleaned(values: dict[str, Any]) -> dict[str, Any]:
    if "attendees" in values:
        names = [name.strip() for name in values["attendees"] or []]
        values["attendees"] = list(dict.fromkeys(name for name in names if name))
    return values


def _set_action(action: ReviewAction, values: dict[str, Any]) -> set[str]:
    if "owner" in values:
        values["owner"] = _member_id(action.tenant_id, values["owner"])
    return set_values(action, values)


def _member_id(tenant_id: uuid.UUID, user_id: uuid.UUID | None) -> uuid.UUID | None:
    if user_id is None:
        return None
    found = (
        Membership.objects.filter(tenant_id=tenant_id, user_id=user_id, is_active=True)
        .exclude(role=Role.INTEGRATION)
        .first()
    )
    if found is None:
        raise InvalidInputError.of("owner", "There is no such member.", "unknown")
    return found.pk


def _listed(words: list[str]) -> str:
    lower = [word.lower() for word in words]
    return lower[0] if len(lower) == 1 else f"{', '.join(lower[:-1])} and {lower[-1]}"
