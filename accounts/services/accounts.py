"""Creating, changing and deleting accounts (K1, K9)."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from accounts.models import Account, CostEntry, Product, SalesLine, Segment
from accounts.selectors.accounts import account_ancestors, account_visible
from accounts.signals import account_deleted, account_inputs_changed
from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, FieldError, InvalidInputError, NotAllowedError
from kam.common.saving import lock_row, refuse_duplicate, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.models import Role
from kam.tenancy.permissions import authorise
from kam.tenancy.selectors import person_member_id

# What the metrics read from the account itself; the ledger and Open Space tell of themselves.
METRICS_INPUTS = frozenset(
    {
        "external_id",
        "industry",
        "currency",
        "customer_since",
        "acquisition_cost",
        "is_key_account",
        "key_since",
        "category_spend",
        "clv_retention",
        "clv_discount_rate",
        "clv_growth",
        "clv_horizon_years",
    }
)


@transaction.atomic
def account_create(*, principal: Principal, values: Mapping[str, Any]) -> Account:
    """Create an account. `values`: model fields; `parent` an account id, `owner` a user id (or null).

    A key account manager becomes the owner of what they create. Raises InvalidInputError naming the fields,
    NotAllowedError for an owner that this member may not assign, ConflictError for a taken external_id.
    """
    authorise(principal, "accounts.add")
    account = Account(tenant_id=principal.tenant.id)
    given = dict(values)
    if given.get("parent") is not None:
        _lock_tree(principal)
    owner_id = _owner_id(principal, given)
    if principal.role == Role.KAM:
        if owner_id not in (None, principal.member.id):
            raise _may_not_assign()
        owner_id = principal.member.id
    elif owner_id is not None and not principal.can("accounts.assign"):
        raise _may_not_assign()
    _set(principal, account, {**given, "owner": owner_id})
    if not account.name:
        raise InvalidInputError.of("name", "This field is required.", "required")
    account.save(force_insert=True)
    _tell(account)
    return account


@transaction.atomic
def account_update(
    *, principal: Principal, account: Account, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> Account:
    """Change fields of an account; those not in `values` stay. Values as in `account_create`.

    Raises StaleWriteError (412) when `if_match` names another version, PermissionDenied, InvalidInputError,
    NotAllowedError, ConflictError.
    """
    given = dict(values)
    if given.get("parent") is not None:
        _lock_tree(principal)
    row = _lock(principal, account, if_match)
    authorise(principal, "accounts.change", row)
    if "owner" in given:
        given["owner"] = _owner_id(principal, given)
        if given["owner"] != row.owner_id and not principal.can("accounts.assign"):
            raise _may_not_assign()
    changed = _set(principal, row, given)
    save_changes(row, changed)
    if changed & METRICS_INPUTS:
        _tell(row)
    return row


@transaction.atomic
def account_delete(*, principal: Principal, account: Account, if_match: IfMatch | None = None) -> None:
    """Delete an account with its segments, ideas and plans. Raises ConflictError while a ledger, children, or
    products of its ideas stand on it, or what is kept for ever (its reviews)."""
    row = _lock(principal, account, if_match)
    authorise(principal, "accounts.delete", row)
    own = {"tenant_id": row.tenant_id, "account_id": row.pk}
    standing = [
        word
        for word, exists in (
            ("accounts below it", Account.objects.filter(tenant_id=row.tenant_id, parent_id=row.pk).exists()),
            ("sales lines", SalesLine.objects.filter(**own).exists()),
            ("cost entries", CostEntry.objects.filter(**own).exists()),
            (
                "products of its ideas",
                Product.objects.filter(tenant_id=row.tenant_id, product_line__account_id=row.pk).exists(),
            ),
        )
        if exists
    ]
    if standing:
        raise ConflictError(f"“{row.name}” cannot be deleted: it has {', '.join(standing)}.", code="in_use")
    Segment.objects.filter(**own, parent__isnull=False).update(parent=None)
    account_id = row.pk
    try:
        row.delete()
    except ProtectedError as error:
        kept = sorted({str(obj._meta.verbose_name_plural) for obj in error.protected_objects})
        raise ConflictError(
            f"“{row.name}” cannot be deleted: it has {', '.join(kept)}.", code="in_use"
        ) from error
    account_deleted.send(sender=Account, tenant_id=principal.tenant.id, account_ids=[account_id])


def _lock(principal: Principal, account: Account, if_match: IfMatch | None) -> Account:
    return lock_row(Account.objects.filter(tenant_id=principal.tenant.id), account.pk, if_match)


def _may_not_assign() -> NotAllowedError:
    return NotAllowedError(
        "Only an administrator assigns owners.",
        errors=[FieldError("owner", "Only an administrator assigns owners.", "permission_denied")],
    )


def _owner_id(principal: Principal, given: Mapping[str, Any]) -> uuid.UUID | None:
    """The membership of the user named as owner. Raises InvalidInputError for somebody else's people."""
    return person_member_id(tenant_id=principal.tenant.id, user_id=given.get("owner"), field="owner")


def _set(principal: Principal, account: Account, values: dict[str, Any]) -> set[str]:
    if "name" in values and not values["name"]:
        raise InvalidInputError.of("name", "This field may not be blank.", "blank")
    if values.get("parent") is not None and values["parent"] != account.parent_id:
        _check_parent(principal, account, values["parent"])
    changed = set_values(account, values)
    if account.is_key_account and account.key_since is None:
        account.key_since = timezone.localdate()
        changed.add("key_since")
    elif not account.is_key_account and account.key_since is not None:
        if values.get("key_since") is not None:
            raise InvalidInputError.of("key_since", "Only a key account has this date.", "not_key")
        account.key_since = None
        changed.add("key_since")
    if "external_id" in changed:
        refuse_duplicate(
            Account.objects.filter(tenant_id=principal.tenant.id), account, external_id=account.external_id
        )
    return changed


def _lock_tree(principal: Principal) -> None:
    """Changes of the tree of one tenant wait for each other: two harmless moves at once could close a circle.

    Taken before any row is locked, always, so that no two of them wait for one another.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"account-tree:{principal.tenant.id}"]
        )


def _check_parent(principal: Principal, account: Account, parent_id: uuid.UUID) -> None:
    """The parent is a visible account, and the account does not end up above itself."""
    if not account_visible(principal).filter(pk=parent_id).exists():
        raise InvalidInputError.of("parent", "There is no such account.", "unknown")
    if account.pk in [parent_id, *account_ancestors(parent_id, tenant_id=principal.tenant.id)]:
        raise InvalidInputError.of("parent", "An account cannot stand above itself.", "cycle")


def _tell(account: Account) -> None:
    account_inputs_changed.send(sender=Account, tenant_id=account.tenant_id, account_ids=[account.pk])
