"""Creating, changing and deleting segments of customers (K6)."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import Account, SalesLine, Segment
from accounts.selectors.accounts import account_find
from accounts.selectors.segments import segment_descendants
from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, InvalidInputError
from kam.common.saving import lock_row, refuse_duplicate, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise


@transaction.atomic
def segment_create(*, principal: Principal, values: Mapping[str, Any]) -> Segment:
    """Create a segment; `account` and `parent` are ids. Whoever may change the account may draw its tree.

    Raises InvalidInputError naming the field, PermissionDenied, ConflictError for a taken external_id.
    """
    account = account_find(principal, values.get("account"))
    if account is None:
        raise InvalidInputError.of("account", "There is no such account.", "unknown")
    authorise(principal, "accounts.change", account)
    segment = Segment(tenant_id=principal.tenant.id, account=account)
    _lock_tree(account)
    _set(segment, {name: value for name, value in values.items() if name != "account"})
    segment.save(force_insert=True)
    return segment


@transaction.atomic
def segment_update(
    *, principal: Principal, segment: Segment, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> Segment:
    """Change a segment; its account stays. Raises as `segment_create`, and StaleWriteError (412)."""
    _lock_tree(segment.account)
    row = lock_row(Segment.objects.filter(tenant_id=principal.tenant.id), segment.pk, if_match)
    authorise(principal, "accounts.change", row)
    given = dict(values)
    if given.pop("account", row.account_id) != row.account_id:
        raise InvalidInputError.of("account", "A segment stays with its account.", "fixed")
    save_changes(row, _set(row, given))
    return row


@transaction.atomic
def segment_delete(*, principal: Principal, segment: Segment, if_match: IfMatch | None = None) -> None:
    """Delete a segment. Raises ConflictError while segments or sales lines stand on it."""
    _lock_tree(segment.account)
    row = lock_row(Segment.objects.filter(tenant_id=principal.tenant.id), segment.pk, if_match)
    authorise(principal, "accounts.change", row)
    if Segment.objects.filter(tenant_id=row.tenant_id, parent_id=row.pk).exists():
        raise ConflictError(f"“{row.name}” has segments below it.", code="in_use")
    lines = SalesLine.objects.filter(tenant_id=row.tenant_id, account_id=row.account_id, segment_id=row.pk)
    if lines.exists():
        raise ConflictError(f"“{row.name}” has sales lines.", code="in_use")
    row.delete()


def _lock_tree(account: Account) -> None:
    """Changes of one customer's tree wait for each other, so that two moves at once close no circle."""
    Account.objects.select_for_update(of=("self",), no_key=True).filter(
        tenant_id=account.tenant_id, pk=account.pk
    ).values_list("id").first()


def _set(segment: Segment, values: dict[str, Any]) -> set[str]:
    if ("name" in values and not values["name"]) or not (segment.name or values.get("name")):
        raise InvalidInputError.of("name", "This field may not be blank.", "blank")
    if values.get("parent") is not None and values["parent"] != segment.parent_id:
        _check_parent(segment, values["parent"])
    changed = set_values(segment, values)
    if "external_id" in changed:
        rows = Segment.objects.filter(tenant_id=segment.tenant_id)
        refuse_duplicate(rows, segment, external_id=segment.external_id)
    return changed


def _check_parent(segment: Segment, parent_id: uuid.UUID) -> None:
    siblings = Segment.objects.filter(tenant_id=segment.tenant_id, account_id=segment.account_id)
    if not siblings.filter(pk=parent_id).exists():
        raise InvalidInputError.of("parent", "There is no such segment of this account.", "unknown")
    if parent_id in segment_descendants(segment):
        raise InvalidInputError.of("parent", "A segment cannot stand above itself.", "cycle")
