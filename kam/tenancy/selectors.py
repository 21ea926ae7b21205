"""Reads of global rows. Each names its tenant or its person: no row level security stands behind them."""

import uuid
from collections.abc import Iterable

from django.db import connection
from django.db.models import F, Prefetch, QuerySet

from kam.common.errors import InvalidInputError, NotFoundError
from kam.common.prepared import Prepared
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import (
    ApiToken,
    Invitation,
    Membership,
    Notification,
    Role,
    Tenant,
    TenantSettings,
    User,
)


def membership_list_active(*, user_id: uuid.UUID) -> QuerySet[Membership]:
    """Where a person may work, with tenant and person, the last used first. Integrations are no persons."""
    return (
        Membership.objects.select_related("tenant", "user")
        .filter(user_id=user_id, is_active=True)
        .exclude(role=Role.INTEGRATION)
        .order_by(F("last_used_at").desc(nulls_last=True), "created_at")
    )


def memberships_of(user: User) -> list[Membership]:
    """The same, without a query where the session's sign-in read it already."""
    if user.active_memberships is None:
        user.active_memberships = list(membership_list_active(user_id=user.pk))
    return user.active_memberships


def membership_of_session(*, user: User, tenant_id: str | None) -> Membership | None:
    """The active membership a signed-in person works in: the chosen tenant, else the last used one."""
    members = memberships_of(user)
    chosen = next((member for member in members if str(member.tenant_id) == tenant_id), None)
    return chosen or (members[0] if members else None)


def membership_list_of_user(*, user: User) -> QuerySet[Membership]:
    """The tenants a person can switch between."""
    return (
        Membership.objects.select_related("tenant")
        .filter(user=user, is_active=True)
        .exclude(role=Role.INTEGRATION)
        .order_by("tenant__name")
    )


def member_list(*, tenant_id: uuid.UUID | None = None) -> QuerySet[Membership]:
    """All members of the current tenant, by name."""
    return (
        Membership.objects.select_related("user")
        .filter(tenant_id=tenant_id or current_tenant_id())
        .order_by("user__name", "user__email")
    )


def member_names() -> dict[uuid.UUID, str]:
    """Membership id → name (else e-mail) of everybody in the current tenant, by name; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.id, coalesce(nullif(u.name, ''), u.email) FROM tenancy_membership m "
            "JOIN tenancy_user u ON u.id = m.user_id WHERE m.tenant_id = %s ORDER BY u.name, u.email",
            [current_tenant_id()],
        )
        return dict(cursor.fetchall())


def invitation_list_open() -> QuerySet[Invitation]:
    """Invitations of the current tenant that nobody has accepted."""
    return Invitation.objects.filter(tenant_id=current_tenant_id(), accepted_at__isnull=True).order_by(
        "email"
    )


def notification_list(*, principal: Principal) -> QuerySet[Notification]:
    """What this member was told in this tenant, the latest first."""
    return Notification.objects.filter(tenant_id=principal.tenant.id, member_id=principal.member.id).order_by(
        "-created_at", "-id"
    )


def notification_unread_count(*, principal: Principal) -> int:
    """How many of them the member has not opened yet: on every page, so it is asked without the ORM."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM tenancy_notification "
            "WHERE tenant_id = %s AND member_id = %s AND read_at IS NULL",
            [principal.tenant.id, principal.member.id],
        )
        return int(cursor.fetchone()[0])


def token_list(*, member: Membership) -> QuerySet[ApiToken]:
    """A member's API tokens, newest first."""
    return ApiToken.objects.filter(membership=member).order_by("-created")


def integration_list() -> QuerySet[Membership]:
    """The current tenant's integrations with their tokens."""
    return (
        member_list()
        .filter(role=Role.INTEGRATION, is_active=True)
        .prefetch_related(Prefetch("tokens", queryset=ApiToken.objects.order_by("-created")))
    )


def member_ids_of_users(user_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """User id → membership id in the current tenant, of active people; others are left out. One query."""
    wanted = set(user_ids)
    if not wanted:
        return {}
    members = Membership.objects.filter(
        tenant_id=current_tenant_id(), user_id__in=wanted, is_active=True
    ).exclude(role=Role.INTEGRATION)
    return dict(members.values_list("user_id", "id"))


_SETTINGS = Prepared(lambda tenant: TenantSettings.objects.filter(tenant_id=tenant), tenant=uuid.UUID)


def tenant_settings() -> TenantSettings:
    """The current tenant's settings."""
    found = _SETTINGS.first(tenant=current_tenant_id())
    if found is None:
        raise TenantSettings.DoesNotExist
    return found


def tenant_by_slug(*, slug: str) -> Tenant:
    """The tenant of a short name. Raises NotFoundError."""
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise NotFoundError(f"There is no tenant “{slug}”.")
    return tenant


def tenant_by_id(tenant_id: uuid.UUID) -> Tenant | None:
    """The tenant of an id, None when there is none."""
    return Tenant.objects.filter(pk=tenant_id).first()


def user_by_email(email: str) -> User | None:
    """The person of an address, however it is written."""
    return User.objects.filter(email__iexact=email).first()


def tenant_list() -> QuerySet[Tenant]:
    """Every tenant, for scheduled work that fans out."""
    return Tenant.objects.order_by("created_at")


def person_member_id(*, tenant_id: uuid.UUID, user_id: uuid.UUID | None, field: str) -> uuid.UUID | None:
    """The membership of an active person of this tenant, from the user's id; None for None.

    Raises InvalidInputError naming `field` for somebody else's people and for integrations.
    """
    if user_id is None:
        return None
    member_id = (
        Membership.objects.filter(tenant_id=tenant_id, user_id=user_id, is_active=True)
        .exclude(role=Role.INTEGRATION)
        .values_list("id", flat=True)
        .first()
    )
    if member_id is None:
        raise InvalidInputError.of(field, "There is no such member. Expected a user's id.", "unknown")
    return member_id
