"""Which accounts a member sees, and reads of them."""

import uuid
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Account
from kam.common.prepared import Prepared
from kam.tenancy.access import Principal
from kam.tenancy.models import Role
from kam.tenancy.selectors import tenant_settings


def sees_all_accounts(principal: Principal) -> bool:
    """Whether the role sees every account of the tenant (INTERFACE §4)."""
    if principal.role == Role.CONTRIBUTOR:
        return False
    if principal.role == Role.KAM:
        # Asked for every set of rows that a page shows; whoever asks lives as long as the request.
        known = principal.__dict__
        if "_sees_all_accounts" not in known:
            known["_sees_all_accounts"] = tenant_settings().kam_reads_all_accounts
        return bool(known["_sees_all_accounts"])
    return True


def account_visible(principal: Principal) -> "QuerySet[Account, Account]":
    """The accounts this member may see; everything about an account starts from here.

    Administrators, executives and integrations see all; a key account manager all, or with the tenant's
    setting off only own ones and those of their teams; a contributor those of their teams.
    """
    accounts = Account.objects.filter(tenant_id=principal.tenant.id)
    if sees_all_accounts(principal):
        return accounts
    team = Q(id__in=principal.team_accounts())
    if principal.role == Role.KAM:
        return accounts.filter(team | Q(owner_id=principal.member.id))
    return accounts.filter(team)


def account_changeable(principal: Principal) -> "QuerySet[Account, Account]":
    """The visible accounts that this member may write: the rule "accounts.change" as a query."""
    accounts = account_visible(principal)
    if not principal.can("accounts.change"):
        return accounts.none()
    if principal.role == Role.KAM:
        led = Q(id__in=principal.team_accounts(lead_only=True))
        return accounts.filter(led | Q(owner_id=principal.member.id))
    return accounts


def of_visible_accounts(
    rows: "QuerySet[Any, Any]", principal: Principal, *, or_none: bool = False
) -> "QuerySet[Any, Any]":
    """Rows that hang on an account (`account`), reduced to those whose account this member may see.

    `or_none` keeps rows that hang on no account (the catalogue beside the ideas)."""
    tenant_id = principal.tenant.id
    rows = rows.filter(tenant_id=tenant_id)
    if sees_all_accounts(principal):
        return rows
    visible = Q(account_id__in=account_visible(principal).values("id"))
    return rows.filter(visible | Q(account_id__isnull=True)) if or_none else rows.filter(visible)


# The first statement of every page and request about one account.
_ACCOUNT = Prepared(
    lambda tenant, account: Account.objects.filter(tenant_id=tenant, pk=account).select_related(
        "owner__user"
    ),
    tenant=uuid.UUID,
    account=uuid.UUID,
)


def account_find(principal: Principal, account_id: uuid.UUID | None) -> Account | None:
    """One visible account, with its owner; None for any other id."""
    if account_id is None:
        return None
    if sees_all_accounts(principal):
        return _ACCOUNT.first(tenant=principal.tenant.id, account=account_id)
    return account_visible(principal).select_related("owner__user").filter(pk=account_id).first()


def account_ancestors(account_id: uuid.UUID, *, tenant_id: uuid.UUID) -> list[uuid.UUID]:
    """Ids of the parents above an account, nearest first. Ends where a cycle would begin."""
    found: list[uuid.UUID] = []
    parents = dict(
        Account.objects.filter(tenant_id=tenant_id, parent__isnull=False).values_list("id", "parent_id")
    )
    current = parents.get(account_id)
    while current is not None and current not in found:
        found.append(current)
        current = parents.get(current)
    return found
