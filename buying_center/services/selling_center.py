"""Who is in an account's selling centre (K10)."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import Account
from accounts.selectors.accounts import account_find
from buying_center.models import SellingCenterMember, SellingRole
from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, FieldError, InvalidInputError
from kam.common.saving import lock_row, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Role
from kam.tenancy.permissions import authorise


@transaction.atomic
def selling_center_add(*, principal: Principal, values: Mapping[str, Any]) -> SellingCenterMember:
    """Put a member into an account's selling centre; `account` and `user` are ids.

    Only administrators, the account's owner and its lead may: a place in the centre is access to the account,
    so nobody gives it to themselves. Raises InvalidInputError naming the field, PermissionDenied,
    ConflictError for a second lead or the same role twice.
    """
    account = account_find(principal, values.get("account"))
    if account is None:
        raise InvalidInputError.of("account", "There is no such account.", "unknown")
    authorise(principal, "team.change", account)
    _lock_account(account)
    person = SellingCenterMember(tenant_id=principal.tenant.id, account=account)
    _set(principal, person, {name: value for name, value in values.items() if name != "account"})
    person.save(force_insert=True)
    return person


@transaction.atomic
def selling_center_update(
    *,
    principal: Principal,
    person: SellingCenterMember,
    values: Mapping[str, Any],
    if_match: IfMatch | None = None,
) -> SellingCenterMember:
    """Change role, lead and dates; account and user stay. Raises as `selling_center_add`, StaleWriteError."""
    _lock_account(person.account)
    row = lock_row(SellingCenterMember.objects.filter(tenant_id=principal.tenant.id), person.pk, if_match)
    authorise(principal, "team.change", row)
    given = dict(values)
    if given.pop("account", row.account_id) != row.account_id:
        raise InvalidInputError.of("account", "A place in a selling centre stays with its account.", "fixed")
    save_changes(row, _set(principal, row, given))
    return row


@transaction.atomic
def selling_center_remove(
    *, principal: Principal, person: SellingCenterMember, if_match: IfMatch | None = None
) -> None:
    """Take somebody out of a selling centre. Raises PermissionDenied, StaleWriteError (412)."""
    row = lock_row(SellingCenterMember.objects.filter(tenant_id=principal.tenant.id), person.pk, if_match)
    authorise(principal, "team.change", row)
    row.delete()


def _lock_account(account: Account) -> None:
    Account.objects.select_for_update(of=("self",), no_key=True).filter(
        tenant_id=account.tenant_id, pk=account.pk
    ).values_list("id").first()


def _set(principal: Principal, person: SellingCenterMember, values: dict[str, Any]) -> set[str]:
    if "user" in values:
        member_id = _member_id(principal, values.pop("user"))
        if person.member_id is not None and person.member_id != member_id:
            raise InvalidInputError.of("user", "A place in a selling centre stays with its person.", "fixed")
        values["member"] = member_id
    if values.get("is_lead", person.is_lead) and values.get("role", person.role) != SellingRole.KAM:
        raise InvalidInputError.of("is_lead", "The lead is a key account manager.", "lead_is_kam")
    changed = set_values(person, values)
    if person.valid_from and person.valid_to and person.valid_to < person.valid_from:
        raise InvalidInputError.of("valid_to", "The end lies before the start.", "order")
    others = (
        SellingCenterMember.objects.select_related("member__user", "employee")
        .filter(tenant_id=person.tenant_id, account_id=person.account_id)
        .exclude(pk=person.pk)
    )
    lead = others.filter(is_lead=True).first() if person.is_lead and "is_lead" in changed else None
    if lead is not None:
        message = f"{lead.name} leads this account. An account has one lead."
        raise ConflictError(
            message, code="second_lead", errors=[FieldError("is_lead", message, "second_lead")]
        )
    twice = others.filter(member_id=person.member_id, role=person.role)
    if changed & {"member", "role"} and twice.exists():
        message = "This person has this role in this account already."
        raise ConflictError(message, code="unique", errors=[FieldError("role", message, "unique")])
    return changed


def _member_id(principal: Principal, user_id: Any) -> Any:
    member_id = (
        Membership.objects.filter(tenant_id=principal.tenant.id, user_id=user_id, is_active=True)
        .exclude(role=Role.INTEGRATION)
        .values_list("id", flat=True)
        .first()
    )
    if member_id is None:
        raise InvalidInputError.of("user", "There is no such member. Expected a user's id.", "unknown")
    return member_id
