"""What the shell of every page needs: who, which company, and which doors to show."""

from functools import cache, partial
from typing import Any

from django.http import HttpRequest

from kam.tenancy.selectors import memberships_of, notification_unread_count

NAV_PERMISSIONS = {
    "portfolio": "portfolio.view",
    "accounts": "accounts.view",
    "opportunities": "accounts.view",
    "imports": "imports.view",
    "settings": "settings.view",
    "members": "members.view",
}


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
        "unread": cache(partial(notification_unread_count, principal=principal)),
        "nav": {door: principal.can(permission) for door, permission in NAV_PERMISSIONS.items()},
    }
