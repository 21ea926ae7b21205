"""Stating how an account stands as a whole: the connection's layer, how the customer positions us (K9, K16)."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from buying_center.models import RelationshipStanding, SupplierPositioning
from buying_center.selectors.standing import positioning_of, sheet_tag, standing_of
from kam.common.api.etag import IfMatch
from kam.common.errors import StaleWriteError
from kam.common.saving import lock_row, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise


@transaction.atomic
def standing_update(
    *, principal: Principal, account: Account, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> RelationshipStanding:
    """State the layer, the vendor tier, its evidence; what is not in `values` stays.

    The day and the author are those of the latest stated layer. Writers of one account wait for each other.
    Raises StaleWriteError (412), InvalidInputError naming the field, PermissionDenied.
    """
    locked = _lock(principal, account)
    row = standing_of(locked)
    _check(if_match, locked, row)
    changed = set_values(row, values)
    if "stated_layer" in changed:
        row.stated_on = timezone.localdate() if row.stated_layer else None
        row.stated_by = principal.member if row.stated_layer else None
        changed |= {"stated_on", "stated_by"}
    _save(row, changed)
    return row


@transaction.atomic
def positioning_update(
    *, principal: Principal, account: Account, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> SupplierPositioning:
    """Judge how the customer positions us; day and author are those of the latest judgement.

    Raises as `standing_update`.
    """
    locked = _lock(principal, account)
    row = positioning_of(locked)
    _check(if_match, locked, row)
    changed = set_values(row, values)
    if changed:
        row.judged_on, row.judged_by = timezone.localdate(), principal.member
        changed |= {"judged_on", "judged_by"}
    _save(row, changed)
    return row


def _lock(principal: Principal, account: Account) -> Account:
    """The account's own row stands for the sheet, which may not exist yet."""
    row = lock_row(Account.objects.filter(tenant_id=principal.tenant.id), account.pk)
    authorise(principal, "accounts.change", row)
    return row


def _check(if_match: IfMatch | None, account: Account, row: Any) -> None:
    if if_match is not None and not if_match.matches(sheet_tag(account.pk, row.version)):
        raise StaleWriteError("It was changed since you read it. Read it again, then decide.")


def _save(row: Any, changed: set[str]) -> None:
    if row.version:
        save_changes(row, changed)
    elif changed:
        row.version = 1
        row.save(force_insert=True)
