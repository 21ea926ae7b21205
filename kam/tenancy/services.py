"""Tenants, members, invitations, tokens: every write of this app."""

import hashlib
import secrets
import uuid
from datetime import timedelta

from babel.numbers import list_currencies
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from kam.common.errors import ConflictError, InvalidInputError
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from kam.tenancy.models import ApiToken, Invitation, Membership, Role, Tenant, TenantSettings, User
from kam.tenancy.permissions import SCOPES

TOKEN_DAYS = (30, 90, 365)


def _valid_email(email: str) -> str:
    try:
        validate_email(email.strip())
    except ValidationError as error:
        raise InvalidInputError.of("email", f"“{email}” is not an e-mail address.") from error
    return email.strip().lower()


def _valid_role(role: str) -> str:
    if role not in Role.values:
        raise InvalidInputError.of(
            "role", f"“{role}” is not a role. Expected one of {', '.join(Role.values)}."
        )
    return role


def valid_currency(field: str, code: str) -> str:
    """The ISO 4217 code in capitals. Raises InvalidInputError naming `field`."""
    found = code.strip().upper()
    if len(found) != 3 or found not in list_currencies("en"):
        raise InvalidInputError.of(field, f"“{code}” is no currency. Expected an ISO 4217 code such as EUR.")
    return found


@transaction.atomic
def tenant_create(
    *,
    name: str,
    slug: str = "",
    base_currency: str = "EUR",
    is_demo: bool = False,
    tenant_id: uuid.UUID | None = None,
) -> Tenant:
    """Create a supplier company with its default settings. Raises ConflictError when the slug is taken."""
    slug = slug or slugify(name)
    if not slug or slugify(slug) != slug:
        raise InvalidInputError.of(
            "slug", f"“{slug}” is no slug. Expected lower-case letters, digits and hyphens."
        )
    if Tenant.objects.filter(slug=slug).exists():
        raise ConflictError(f"There is a tenant “{slug}” already.", code="tenant_exists")
    if not name.strip():
        raise InvalidInputError.of("name", "Give the tenant a name.")
    base_currency = valid_currency("base_currency", base_currency)
    tenant = Tenant(name=name.strip(), slug=slug, is_demo=is_demo)
    if tenant_id is not None:
        tenant.id = tenant_id
    tenant.full_clean()
    tenant.save(force_insert=True)
    with tenant_context(tenant.id, via="command"):
        TenantSettings.objects.create(tenant_id=tenant.id, base_currency=base_currency)
    return tenant


@transaction.atomic
def member_add(
    *, tenant: Tenant, email: str, role: str, name: str = "", password: str | None = None
) -> Membership:
    """Make a person a member at once (command line, accepted invitation). An existing person keeps their password.

    Raises ConflictError when they are a member already.
    """
    email, role = _valid_email(email), _valid_role(role)
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User.objects.create_user(email=email, password=password, name=name)
    elif password and not user.has_usable_password():
        user.set_password(password)
        user.save(update_fields=["password"])
    if Membership.objects.filter(tenant=tenant, user=user).exists():
        raise ConflictError(f"{email} is a member of {tenant.name} already.", code="member_exists")
    return Membership.objects.create(tenant=tenant, user=user, role=role)


@transaction.atomic
def member_update(*, principal: Principal, member: Membership, role: str, is_active: bool) -> Membership:
    """Change a member's role or switch them off. A tenant never loses its last active administrator."""
    role = _valid_role(role)
    admins = (
        Membership.objects.select_for_update()
        .filter(tenant=principal.tenant, role=Role.ADMIN, is_active=True)
        .values_list("id", flat=True)
    )
    loses_admin = member.id in list(admins) and (role != Role.ADMIN or not is_active)
    if loses_admin and len(admins) == 1:
        raise ConflictError(
            "This is the last administrator. Make somebody else one first.", code="last_admin"
        )
    member.role, member.is_active = role, is_active
    member.save(update_fields=["role", "is_active"])
    if not is_active:
        ApiToken.objects.filter(membership=member).delete()
    return member


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def invitation_link(*, tenant_id: uuid.UUID, key: str) -> str:
    """The address in an invitation. The key stands in no table: only its digest does."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("tenancy:invitation", args=[tenant_id, key])


def invitation_create(
    *,
    tenant: Tenant,
    email: str,
    role: str,
    name: str = "",
    invited_by: Membership | None = None,
    send: bool = True,
) -> tuple[Invitation, str]:
    """Invite a person by e-mail; an open invitation of the same address is replaced. Returns it and its link.

    Runs inside the tenant's context. Raises ConflictError when the person is a member already.
    """
    email, role = _valid_email(email), _valid_role(role)
    if Membership.objects.filter(tenant=tenant, user__email__iexact=email).exists():
        raise ConflictError(f"{email} is a member of {tenant.name} already.", code="member_exists")
    Invitation.objects.filter(email__iexact=email, accepted_at__isnull=True).delete()
    key = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        tenant=tenant, email=email, name=name, role=role, key_digest=_digest(key), invited_by=invited_by
    )
    link = invitation_link(tenant_id=tenant.id, key=key)
    if send:
        context = {"invitation": invitation, "tenant": tenant, "link": link, "inviter": invited_by}
        subject = f"{tenant.name} invites you to its key account management"
        body = render_to_string("tenancy/email/invitation.txt", context)
        transaction.on_commit(lambda: send_mail(subject, body, None, [email]))
    return invitation, link


def invitation_find(*, key: str) -> Invitation | None:
    """The open, unexpired invitation behind a link's key, in the current tenant."""
    return Invitation.objects.filter(
        key_digest=_digest(key), accepted_at__isnull=True, expires_at__gt=timezone.now()
    ).first()


@transaction.atomic
def invitation_accept(
    *, tenant: Tenant, invitation: Invitation, name: str, password: str | None
) -> Membership:
    """Turn an invitation into a membership. A link works once: a second click finds no open invitation."""
    locked = Invitation.objects.select_for_update().filter(pk=invitation.pk, accepted_at__isnull=True).first()
    if locked is None:
        raise ConflictError("This invitation has been used.", code="invitation_used")
    member = member_add(
        tenant=tenant, email=locked.email, role=locked.role, name=name or locked.name, password=password
    )
    locked.accepted_at = timezone.now()
    locked.save(update_fields=["accepted_at"])
    return member


def token_create(
    *, member: Membership, name: str, days: int | None = 90, scopes: list[str] | None = None
) -> tuple[ApiToken, str]:
    """A new API token and its secret, which is shown once and stored only as a hash.

    `days` until it expires (None = never, for command-line integrations). An integration without `scopes`
    gets all of them; people's tokens carry none, their role decides.
    """
    if member.role != Role.INTEGRATION:
        scopes = []
    elif scopes is None:
        scopes = list(SCOPES)
    unknown = set(scopes) - set(SCOPES)
    if unknown:
        raise InvalidInputError.of("scopes", f"Unknown scope {', '.join(sorted(unknown))}.")
    if not name.strip():
        raise InvalidInputError.of("name", "Give the token a name, so that you know later what uses it.")
    token, secret = ApiToken.objects.create(
        user=member.user,
        membership=member,
        name=name.strip(),
        scopes=scopes,
        expiry=timedelta(days=days) if days else None,
    )
    return token, secret


def token_revoke(*, member: Membership, digest: str) -> bool:
    """Delete one of a member's own tokens; False when there is none."""
    return bool(ApiToken.objects.filter(membership=member, digest=digest).delete()[0])


def membership_touch(*, member: Membership) -> None:
    """Remember that the person worked in this tenant now, so that they come back to it."""
    Membership.objects.filter(pk=member.pk).update(last_used_at=timezone.now())
