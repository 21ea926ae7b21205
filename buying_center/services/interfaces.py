"""Writing down how two functions run together (K11.1, K28)."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.selectors.accounts import account_find
from buying_center.models import InterfacePair
from buying_center.services.contacts import account_lock
from kam.common.api.etag import IfMatch
from kam.common.errors import InvalidInputError
from kam.common.saving import lock_row, refuse_duplicate, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise
from kam.tenancy.selectors import person_member_id

_NAMES = ("our_function", "their_function")


@transaction.atomic
def interface_add(*, principal: Principal, values: Mapping[str, Any]) -> InterfacePair:
    """Write down a pair; `account` is an id, `owner` a user id.

    Raises InvalidInputError naming the field, ConflictError (`unique`) where the two face each other already,
    PermissionDenied.
    """
    account = account_find(principal, values.get("account"))
    if account is None:
        raise InvalidInputError.of("account", "There is no such account.", "unknown")
    authorise(principal, "accounts.change", account)
    account_lock(account.pk, account.tenant_id)
    pair = InterfacePair(tenant_id=principal.tenant.id, account=account)
    _set(principal, pair, {name: value for name, value in values.items() if name != "account"})
    for name in _NAMES:
        if not getattr(pair, name):
            raise InvalidInputError.of(name, "Name the function.", "required")
    pair.save(force_insert=True)
    return pair


@transaction.atomic
def interface_update(
    *, principal: Principal, pair: InterfacePair, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> InterfacePair:
    """Change a pair; its account stays. Raises as `interface_add`, and StaleWriteError (412)."""
    account_lock(pair.account_id, principal.tenant.id)
    row = lock_row(InterfacePair.objects.filter(tenant_id=principal.tenant.id), pair.pk, if_match)
    authorise(principal, "accounts.change", row)
    given = dict(values)
    if given.pop("account", row.account_id) != row.account_id:
        raise InvalidInputError.of("account", "A pair stays with its account.", "fixed")
    save_changes(row, _set(principal, row, given))
    return row


@transaction.atomic
def interface_remove(*, principal: Principal, pair: InterfacePair, if_match: IfMatch | None = None) -> None:
    """Forget what was written about a pair. Raises PermissionDenied, StaleWriteError (412)."""
    row = lock_row(InterfacePair.objects.filter(tenant_id=principal.tenant.id), pair.pk, if_match)
    authorise(principal, "accounts.change", row)
    row.delete()


def _set(principal: Principal, pair: InterfacePair, values: dict[str, Any]) -> set[str]:
    if "owner" in values:
        values["owner"] = person_member_id(
            tenant_id=principal.tenant.id, user_id=values["owner"], field="owner"
        )
    for name in _NAMES:
        if name in values:
            values[name] = (values[name] or "").strip()
            if not values[name]:
                raise InvalidInputError.of(name, "Name the function.", "blank")
    changed = set_values(pair, values)
    if changed & set(_NAMES):
        others = InterfacePair.objects.filter(tenant_id=pair.tenant_id, account_id=pair.account_id)
        refuse_duplicate(others, pair, our_function=pair.our_function, their_function=pair.their_function)
    return changed
