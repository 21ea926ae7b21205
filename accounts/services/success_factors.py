"""What decides about the customer's own success: entering, reviewing, ordering (K12)."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import Account, SuccessFactor
from accounts.selectors.accounts import account_find
from kam.common.api.etag import IfMatch
from kam.common.errors import InvalidInputError
from kam.common.saving import lock_row, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise


@transaction.atomic
def success_factor_create(*, principal: Principal, values: Mapping[str, Any]) -> SuccessFactor:
    """Write a success factor down; `account` is an id. Without a position it becomes the last one.

    Two to five are right; more or fewer are stored and warned of (`success_factor_warning`). Raises
    InvalidInputError naming the field, PermissionDenied.
    """
    account = account_find(principal, values.get("account"))
    if account is None:
        raise InvalidInputError.of("account", "There is no such account.", "unknown")
    authorise(principal, "accounts.change", account)
    given = {name: value for name, value in values.items() if name != "account"}
    if "position" not in given:
        last = SuccessFactor.objects.filter(tenant_id=account.tenant_id, account_id=account.pk).aggregate(
            last=Max("position")
        )["last"]
        given["position"] = 0 if last is None else last + 1
    factor = SuccessFactor(tenant_id=principal.tenant.id, account=account)
    _set(factor, given)
    factor.save(force_insert=True)
    return factor


@transaction.atomic
def success_factor_update(
    *,
    principal: Principal,
    factor: SuccessFactor,
    values: Mapping[str, Any],
    if_match: IfMatch | None = None,
) -> SuccessFactor:
    """Change a success factor; its account stays. `state` retired keeps it for the record.

    Raises as `success_factor_create`, and StaleWriteError (412)."""
    row = lock_row(SuccessFactor.objects.filter(tenant_id=principal.tenant.id), factor.pk, if_match)
    authorise(principal, "accounts.change", row)
    given = dict(values)
    if given.pop("account", row.account_id) != row.account_id:
        raise InvalidInputError.of("account", "A success factor stays with its account.", "fixed")
    save_changes(row, _set(row, given))
    return row


@transaction.atomic
def success_factor_review(
    *, principal: Principal, factor: SuccessFactor, if_match: IfMatch | None = None
) -> SuccessFactor:
    """State that the factor still holds today: it keeps who said so and when (K12: quarterly).

    Raises PermissionDenied, StaleWriteError (412)."""
    row = lock_row(SuccessFactor.objects.filter(tenant_id=principal.tenant.id), factor.pk, if_match)
    authorise(principal, "accounts.change", row)
    row.reviewed_at, row.reviewed_by = timezone.now(), principal.member
    save_changes(row, {"reviewed_at", "reviewed_by"})
    return row


@transaction.atomic
def success_factor_reorder(
    *, principal: Principal, account: Account, ordered: Sequence[uuid.UUID]
) -> list[SuccessFactor]:
    """Put an account's open success factors into this order; those not named follow as they were.

    Raises InvalidInputError for an id that is none of them, PermissionDenied."""
    authorise(principal, "accounts.change", account)
    rows = list(
        SuccessFactor.objects.select_for_update(of=("self",), no_key=True)
        .filter(tenant_id=principal.tenant.id, account_id=account.pk, state=SuccessFactor.State.OPEN)
        .order_by("position", "created_at", "id")
    )
    known = {row.pk: row for row in rows}
    if len(set(ordered)) != len(ordered) or any(pk not in known for pk in ordered):
        raise InvalidInputError.of("order", "Expected each open success factor of the account once.")
    wanted = [known[pk] for pk in ordered] + [row for row in rows if row.pk not in set(ordered)]
    for position, row in enumerate(wanted):
        if row.position != position:
            row.position = position
            save_changes(row, {"position"})
    return wanted


@transaction.atomic
def success_factor_delete(
    *, principal: Principal, factor: SuccessFactor, if_match: IfMatch | None = None
) -> None:
    """Delete a success factor with its links. One that once held is better retired.

    Raises PermissionDenied, StaleWriteError (412)."""
    row = lock_row(SuccessFactor.objects.filter(tenant_id=principal.tenant.id), factor.pk, if_match)
    authorise(principal, "accounts.change", row)
    row.delete()


def _set(factor: SuccessFactor, values: dict[str, Any]) -> set[str]:
    if not values.get("title", factor.title):
        raise InvalidInputError.of("title", "Say the success factor in a few words.", "blank")
    return set_values(factor, values)
