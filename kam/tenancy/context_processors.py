"""What the shell of every page needs: who, which company, and which doors to show."""

from functools import cache, partial
from typing import Any

from django.http import HttpRequest

from kam.tenancy.access import Principal
from kam.tenancy.context import NoTenantError, current_tenant_id, tenant_context
from kam.tenancy.selectors import memberships_of, notification_unread_count

NAV_PERMISSIONS = {
    "portfolio": "portfolio.view",
    "accounts": "accounts.view",
    "opportunities": "accounts.view",
    "imports": "imports.view",
    "settings": "settings.view",
    "members": "members.view",
    "log": "accounts.change",
}


def _unread(principal: Principal) -> int:
    try:
        current_tenant_id()
    except NoTenantError:
        # allauth's pages know the person and enter no tenant, but show the same bell.
        with tenant_context(principal.tenant.id):
            return notification_unread_count(principal=principal)
    return notification_unread_count(principal=principal)


def shell(request: HttpRequest) -> dict[str, Any]:
    """`principal`, `tenant`, `memberships` (the tenants to switch between) `nav` (door → may open)
    and `unread` (notifications; counted only where a page shows the bell)."""
    principal = getattr(request, "principal", None)
    if principal is None:
        return {"principal": None, "tenant": None, "memberships": [], "nav": {}}
    return {
        "principal": principal,
        "tenant": principal.tenant,
        "memberships": sorted(memberships_of(principal.member.user), key=lambda member: member.tenant.name),
        "unread": cache(partial(_unread, principal)),
        "nav": {door: principal.can(permission) for door, permission in NAV_PERMISSIONS.items()},
    }
