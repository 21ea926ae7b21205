"""Reads of global rows. Each names its tenant or its person: no row level security stands behind them."""

import uuid

from django.db.models import QuerySet

from kam.common.errors import NotFoundError
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import ApiToken, Invitation, Membership, Tenant, TenantSettings, User


def membership_of_session(*, user: User, tenant_id: str | None) -> Membership | None:
    """The active membership a signed-in person works in: the chosen tenant, else the last used one."""
    members = (
        Membership.objects.select_related("tenant", "user")
        .filter(user=user, is_active=True)
        .exclude(role="integration")
        .order_by("-last_used_at", "created_at")
    )
    chosen = None
    for member in members:
        if tenant_id is not None and str(member.tenant_id) == tenant_id:
            return member
        chosen = chosen or member
    return chosen


def membership_list_of_user(*, user: User) -> QuerySet[Membership]:
    """The tenants a person can switch between."""
    return (
        Membership.objects.select_related("tenant")
        .filter(user=user, is_active=True)
        .exclude(role="integration")
        .order_by("tenant__name")
    )


def member_list(*, tenant_id: uuid.UUID | None = None) -> QuerySet[Membership]:
    """All members of the current tenant, by name."""
    return (
        Membership.objects.select_related("user")
        .filter(tenant_id=tenant_id or current_tenant_id())
        .order_by("user__name", "user__email")
    )


def invitation_list_open() -> QuerySet[Invitation]:
    """Invitations of the current tenant that nobody has accepted."""
    return Invitation.objects.filter(accepted_at__isnull=True).order_by("email")


def token_list(*, member: Membership) -> QuerySet[ApiToken]:
    """A member's API tokens, newest first."""
    return ApiToken.objects.filter(membership=member).order_by("-created")


def tenant_settings() -> TenantSettings:
    """The current tenant's settings."""
    return TenantSettings.objects.get(tenant_id=current_tenant_id())


def tenant_by_slug(*, slug: str) -> Tenant:
    """The tenant of a short name. Raises NotFoundError."""
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise NotFoundError(f"There is no tenant “{slug}”.")
    return tenant


def tenant_list() -> QuerySet[Tenant]:
    """Every tenant, for scheduled work that fans out."""
    return Tenant.objects.order_by("created_at")
