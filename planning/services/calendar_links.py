"""A member's review dates for a calendar program, at an address that needs no login (K38: shared calendar)."""

import uuid

from django.conf import settings
from django.urls import reverse

from kam.tenancy.access import Principal
from kam.tenancy.links import key_digest, key_make, token_sign
from planning.models import CalendarLink

PURPOSE = "review-calendar"


def calendar_link_make(*, principal: Principal) -> str:
    """A new address for this member; an earlier one works no more. The address is shown once."""
    key = key_make()
    calendar_link_delete(principal=principal)
    CalendarLink.objects.create(
        tenant_id=principal.tenant.id, member=principal.member, key_digest=key_digest(key)
    )
    return calendar_address(tenant_id=principal.tenant.id, key=key)


def calendar_link_delete(*, principal: Principal) -> None:
    """Make the member's address void."""
    CalendarLink.objects.filter(tenant_id=principal.tenant.id, member_id=principal.member.id).delete()


def calendar_link_of(*, principal: Principal) -> CalendarLink | None:
    """The member's address, as far as it is known: when it was made."""
    return CalendarLink.objects.filter(tenant_id=principal.tenant.id, member_id=principal.member.id).first()


def calendar_find(*, digest: str) -> Principal | None:
    """Whose calendar an address is, in the current tenant; None when it is void or they work here no more."""
    link = (
        CalendarLink.objects.select_related("member__user", "member__tenant")
        .filter(key_digest=digest, member__is_active=True, member__user__is_active=True)
        .first()
    )
    return Principal(member=link.member) if link else None


def calendar_address(*, tenant_id: uuid.UUID, key: str) -> str:
    """The address that a calendar program subscribes to."""
    token = token_sign(purpose=PURPOSE, tenant_id=tenant_id, key=key)
    return settings.PUBLIC_URL.rstrip("/") + reverse("planning:review_feed", args=[token])
