"""Who works in a tenant, and as what."""

import uuid

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from kam.common import formatting
from kam.common.errors import ConflictError, InvalidInputError
from kam.tenancy.access import Principal
from kam.tenancy.models import ApiToken, Membership, Role, Tenant, User
from kam.tenancy.permissions import authorise

# Integrations need an address as their key; this domain is reserved (RFC 2606) and never gets mail.
INTEGRATION_DOMAIN = "integrations.invalid"


def valid_email(email: str) -> str:
    """The address in lower case. Raises InvalidInputError."""
    try:
        validate_email(email.strip())
    except ValidationError as error:
        raise InvalidInputError.of("email", f"“{email}” is not an e-mail address.") from error
    return email.strip().lower()


def valid_role(role: str, *, of_person: bool = False) -> str:
    """Raises InvalidInputError unless it is a role (`of_person`: one that a person can have)."""
    roles = [known for known in Role.values if not (of_person and known == Role.INTEGRATION)]
    if role not in roles:
        raise InvalidInputError.of("role", f"“{role}” is not a role. Expected one of {', '.join(roles)}.")
    return role


def assert_no_member(*, tenant: Tenant, email: str) -> None:
    """Raise ConflictError when the address belongs to a member, also to one who is switched off."""
    member = Membership.objects.filter(tenant=tenant, user__email__iexact=email).first()
    if member is not None:
        state = "a member" if member.is_active else "a switched-off member (switch them on again)"
        raise ConflictError(f"{email} is {state} of {tenant.name} already.", code="member_exists")


@transaction.atomic
def member_add(
    *, tenant: Tenant, email: str, role: str, name: str = "", password: str | None = None
) -> Membership:
    """Make a person a member at once (command line, accepted invitation). Who has a password keeps it.

    Raises ConflictError when they are a member already.
    """
    email, role = valid_email(email), valid_role(role)
    assert_no_member(tenant=tenant, email=email)
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User.objects.create_user(email=email, password=password, name=name)
    elif password and not user.has_usable_password():
        user.set_password(password)
        user.save(update_fields=["password"])
    return Membership.objects.create(tenant=tenant, user=user, role=role)


@transaction.atomic
def integration_create(*, principal: Principal, name: str) -> Membership:
    """A member that is no person: it works with tokens only. Raises InvalidInputError without a name."""
    authorise(principal, "members.change")
    if not name.strip():
        raise InvalidInputError.of("name", "Give the integration a name.")
    email = f"{uuid.uuid4().hex}@{INTEGRATION_DOMAIN}"
    user = User.objects.create_user(email=email, name=name.strip()[:150])
    return Membership.objects.create(tenant=principal.tenant, user=user, role=Role.INTEGRATION)


@transaction.atomic
def member_update(*, principal: Principal, member: Membership, role: str, is_active: bool) -> Membership:
    """Change a member's role or switch them off, which ends their tokens and sessions here at once.

    Raises ConflictError rather than leave the tenant without an active administrator, InvalidInputError when
    a person would become an integration or the reverse.
    """
    authorise(principal, "members.change")
    role = valid_role(role)
    locked = {
        row.id: row
        for row in Membership.objects.select_for_update().filter(tenant=principal.tenant).order_by("id")
    }
    current = locked[member.id]
    if (current.role == Role.INTEGRATION) != (role == Role.INTEGRATION):
        raise InvalidInputError.of("role", "An integration is no person: its role cannot be exchanged.")
    admins = [row.id for row in locked.values() if row.role == Role.ADMIN and row.is_active]
    stays_admin = role == Role.ADMIN and is_active
    if admins == [current.id] and not stays_admin:
        raise ConflictError(
            "This is the last administrator. Make somebody else one first.", code="last_admin"
        )
    Membership.objects.filter(pk=current.pk).update(role=role, is_active=is_active)
    member.role, member.is_active = role, is_active
    if not is_active:
        ApiToken.objects.filter(membership=member).delete()
    return member


def profile_update(*, user: User, name: str, locale: str) -> User:
    """Change how a person is called and how figures are written for them."""
    if not name.strip():
        raise InvalidInputError.of("name", "Give your name, so that others know who changed what.")
    if not formatting.is_locale(locale):
        raise InvalidInputError.of("locale", f"“{locale}” is not a locale.")
    user.name, user.locale = name.strip(), locale
    user.save(update_fields=["name", "locale"])
    return user


def membership_touch(*, member: Membership) -> None:
    """Remember that the person worked in this tenant now, so that they come back to it."""
    Membership.objects.filter(pk=member.pk).update(last_used_at=timezone.now())
