"""The demo's selling centres, entered through the services (K10)."""

import datetime
from typing import Any

from accounts.models import Account, ProductLine, Segment
from accounts.services.accounts import account_update
from buying_center.models import Employee, SellingCenterMember
from buying_center.services.employees import employee_create, employee_update
from buying_center.services.selling_center import selling_center_add, selling_center_update
from kam.common.dates import months_after
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Membership, Tenant
from kam.tenancy.selectors import tenant_settings
from kam.tenancy.services import settings_update
from metrics.demo.team_words import (
    ACCOUNT_LIMIT,
    EMPLOYEES,
    KNOWN,
    LEFT,
    NEW_KEY_ACCOUNTS,
    PLACES,
    DemoPlace,
)


def key_accounts_join(*, tenant: Tenant, members: dict[str, Membership], today: datetime.date) -> None:
    """Three accounts that became key accounts lately; those that are already stay as they are."""
    principal = Principal(member=members["admin"])
    for new in NEW_KEY_ACCOUNTS:
        account = Account.objects.filter(tenant_id=tenant.id, name=new.account, is_key_account=False).first()
        if account is None:
            continue
        values = {
            "is_key_account": True,
            "key_since": months_after(today.replace(day=1), -new.months),
            "tier": new.tier,
            "ladder_ours": new.ladder,
        }
        account_update(principal=principal, account=account, values=values)


def team_fill(*, tenant: Tenant, members: dict[str, Membership], today: datetime.date) -> None:
    """Staff the key accounts once; a company that knows employees already stays as it is."""
    if Employee.objects.filter(tenant_id=tenant.id).exists():
        return
    key_accounts_join(tenant=tenant, members=members, today=today)
    with tenant_context(tenant.id, member_id=members["admin"].pk, via="command"):
        principal = Principal(member=members["admin"])
        version = tenant_settings().version
        settings_update(principal=principal, version=version, values={"kam_account_limit": ACCOUNT_LIMIT})
    with tenant_context(tenant.id, member_id=members["nora"].pk, via="command"):
        _describe(principal, tenant, members)
        employees = {
            name: employee_create(principal=principal, values={"name": name, "title": title, "email": email})
            for name, (title, email) in EMPLOYEES.items()
        }
        for place in PLACES:
            _place(principal, place, members, employees, today)
        for name, days in LEFT.items():
            day = today - datetime.timedelta(days=days)
            employee_update(principal=principal, employee=employees[name], values={"left_on": day})


def _describe(principal: Principal, tenant: Tenant, members: dict[str, Membership]) -> None:
    """Title, function and level of those whom the ledger's build has placed."""
    keys: dict[Any, str] = {member.pk: key for key, member in members.items()}
    for row in SellingCenterMember.objects.filter(tenant_id=tenant.id, title="", member__isnull=False):
        known = KNOWN.get(keys.get(row.member_id, ""))
        if known is not None:
            values = dict(zip(("title", "function", "level"), known, strict=True))
            selling_center_update(principal=principal, person=row, values=values)


def _place(
    principal: Principal,
    place: DemoPlace,
    members: dict[str, Membership],
    employees: dict[str, Employee],
    today: datetime.date,
) -> None:
    account = Account.objects.filter(tenant_id=principal.tenant.id, name=place.account).first()
    if account is None:
        return
    values: dict[str, Any] = {
        "account": account.pk,
        "role": place.role,
        "is_lead": place.is_lead,
        "title": place.title,
        "function": place.function,
        "level": place.level,
        "is_temporary": place.days is not None,
        "reason": place.reason,
        "valid_from": _day(today, None if place.since is None else -place.since),
        "valid_to": _day(today, place.days),
        "scopes": _scopes(account, place),
    }
    if place.who in members:
        values["user"] = members[place.who].user_id
        known = KNOWN.get(place.who)
        if known is not None and not place.title:
            values |= dict(zip(("title", "function", "level"), known, strict=True))
    else:
        values["employee"] = employees[place.who].pk
    held = SellingCenterMember.objects.filter(tenant_id=account.tenant_id, account=account, role=place.role)
    if not held.filter(member=members.get(place.who), employee=employees.get(place.who)).exists():
        selling_center_add(principal=principal, values=values)


def _scopes(account: Account, place: DemoPlace) -> list[dict[str, Any]]:
    lines = ProductLine.objects.filter(tenant_id=account.tenant_id, name__in=place.lines)
    segments = Segment.objects.filter(tenant_id=account.tenant_id, account=account, name__in=place.segments)
    return [
        *({"product_line": pk} for pk in lines.values_list("pk", flat=True)),
        *({"segment": pk} for pk in segments.values_list("pk", flat=True)),
        *({"region": region} for region in place.regions),
    ]


def _day(today: datetime.date, days: int | None) -> datetime.date | None:
    return None if days is None else today + datetime.timedelta(days=days)
