"""Writing in the value register (K29, Ilsley 2019)."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.selectors.accounts import account_find
from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, InvalidInputError
from kam.common.saving import check_fields, lock_row, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise
from planning.models import Reward, ValueClass, ValueConfirmation, ValueItem

# What the customer reads: changed, it is no longer what they confirmed.
STATEMENT = frozenset({"title", "statement", "customer_gain", "gain_kinds", "gain_note"})


@transaction.atomic
def value_item_create(*, principal: Principal, values: Mapping[str, Any]) -> ValueItem:
    """Enter something that we do, or could do, for an account (`account` is its id).

    Raises InvalidInputError naming the field, PermissionDenied.
    """
    account = account_find(principal, values.get("account"))
    if account is None:
        raise InvalidInputError.of("account", "There is no such account.", "unknown")
    authorise(principal, "accounts.change", account)
    item = ValueItem(tenant_id=principal.tenant.id, account=account)
    _set(item, {name: value for name, value in values.items() if name != "account"})
    check_fields(item, ["title", "value_class"])
    item.save(force_insert=True)
    return item


@transaction.atomic
def value_item_update(
    *, principal: Principal, item: ValueItem, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> ValueItem:
    """Change an item; its account stays.

    A change of what the customer reads takes an earlier confirmation back, and an open request with it: they
    would otherwise stand for something else. Raises as `value_item_create`, and StaleWriteError (412).
    """
    row = lock_row(ValueItem.objects.filter(tenant_id=principal.tenant.id), item.pk, if_match)
    authorise(principal, "accounts.change", row)
    given = dict(values)
    if given.pop("account", row.account_id) != row.account_id:
        raise InvalidInputError.of("account", "An item stays with its account.", "fixed")
    changed = _set(row, given)
    if changed & STATEMENT or row.value_class != ValueClass.PROVEN:
        changed |= unconfirm(row)
        requests_revoke(row)
    save_changes(row, changed)
    return row


@transaction.atomic
def value_item_delete(*, principal: Principal, item: ValueItem, if_match: IfMatch | None = None) -> None:
    """Delete an item. Raises ConflictError when the customer has answered about it: end it instead."""
    row = lock_row(ValueItem.objects.filter(tenant_id=principal.tenant.id), item.pk, if_match)
    authorise(principal, "accounts.change", row)
    answered = ValueConfirmation.objects.filter(
        tenant_id=row.tenant_id, item_id=row.pk, answered_at__isnull=False
    )
    if answered.exists():
        raise ConflictError(
            f"The customer has answered about “{row.title}”. Give it an end date instead.", code="in_use"
        )
    row.delete()


def unconfirm(item: ValueItem) -> set[str]:
    """Take a confirmation away (the request that brought it stays on record). Returns the changed fields."""
    if item.confirmed_at is None:
        return set()
    item.confirmed_at, item.confirmed_by = None, ""
    return {"confirmed_at", "confirmed_by"}


def requests_revoke(item: ValueItem) -> int:
    """Make the open links of an item void. Returns how many."""
    return ValueConfirmation.objects.filter(
        tenant_id=item.tenant_id, item_id=item.pk, answered_at__isnull=True, revoked_at__isnull=True
    ).update(revoked_at=timezone.now())


def _set(item: ValueItem, values: dict[str, Any]) -> set[str]:
    if not values.get("title", item.title):
        raise InvalidInputError.of("title", "This field may not be blank.", "blank")
    if values.get("value_class", item.value_class) is None:
        raise InvalidInputError.of("value_class", "Choose one of the four classes.", "required")
    if "gain_kinds" in values:
        values["gain_kinds"] = sorted(set(values["gain_kinds"] or []))
    changed = set_values(item, values)
    if item.copied_on is not None and item.value_class != ValueClass.EXPECTED:
        if "copied_on" not in changed:
            message = (
                f"{item.copied_by or 'A competitor'} offers it too: it is expected of everybody (class 1)."
            )
            raise InvalidInputError.of("value_class", message, "copied")
        # What competitors copy falls to class 1 (K29).
        item.value_class = ValueClass.EXPECTED
        changed.add("value_class")
    if item.value_class == ValueClass.PROVEN and item.reward not in Reward.values:
        message = "Class 3 names what the customer gives in return: a premium or a favour."
        raise InvalidInputError.of("reward", message, "required")
    return changed
