"""Invitations: an open offer of membership, answered through a link that works once.

The link goes by mail alone (or to the operator at the command line), never to a page: whoever opens it has
shown that the mailbox is theirs. An administrator who could read it would choose the password of a person
whom another tenant may invite later.
"""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from kam.common.errors import ConflictError
from kam.tenancy.access import Principal
from kam.tenancy.links import key_digest, key_make
from kam.tenancy.models import Invitation, Membership, Tenant
from kam.tenancy.permissions import authorise
from kam.tenancy.services.members import assert_no_member, member_add, valid_email, valid_role

INVITATION_DAYS = 14


def invitation_link(*, tenant_id: uuid.UUID, key: str) -> str:
    """The address in an invitation. The key stands in no table: only its digest does."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("tenancy:invitation", args=[tenant_id, key])


@transaction.atomic
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
    email, role = valid_email(email), valid_role(role, of_person=True)
    assert_no_member(tenant=tenant, email=email)
    Invitation.objects.filter(tenant=tenant, email__iexact=email, accepted_at__isnull=True).delete()
    key = key_make()
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                tenant=tenant,
                email=email,
                name=name,
                role=role,
                key_digest=key_digest(key),
                invited_by=invited_by,
            )
    except IntegrityError as error:
        raise ConflictError(f"Somebody else has just invited {email}.", code="invited") from error
    link = invitation_link(tenant_id=tenant.id, key=key)
    if send:
        _send(invitation, tenant=tenant, link=link, inviter=invited_by)
    return invitation, link


@transaction.atomic
def invitation_resend(*, principal: Principal, invitation: Invitation) -> Invitation:
    """Send an open invitation again with a new link; the earlier link works no more."""
    authorise(principal, "members.change")
    locked = _open(principal.tenant, invitation)
    key = key_make()
    locked.key_digest = key_digest(key)
    locked.expires_at = timezone.now() + timedelta(days=INVITATION_DAYS)
    locked.save(update_fields=["key_digest", "expires_at"])
    link = invitation_link(tenant_id=principal.tenant.id, key=key)
    _send(locked, tenant=principal.tenant, link=link, inviter=principal.member)
    return locked


@transaction.atomic
def invitation_revoke(*, principal: Principal, invitation: Invitation) -> None:
    """Take an open invitation back: its link works no more."""
    authorise(principal, "members.change")
    _open(principal.tenant, invitation).delete()


def invitation_find(*, key: str) -> Invitation | None:
    """The open, unexpired invitation behind a link's key, in the current tenant."""
    return Invitation.objects.filter(
        key_digest=key_digest(key), accepted_at__isnull=True, expires_at__gt=timezone.now()
    ).first()


@transaction.atomic
def invitation_accept(
    *, tenant: Tenant, invitation: Invitation, name: str = "", password: str | None = None
) -> Membership:
    """Turn an invitation into a membership. A link works once: a second click finds no open invitation.

    The caller has made sure that whoever accepts is the person invited.
    """
    locked = _open(tenant, invitation)
    member = member_add(
        tenant=tenant, email=locked.email, role=locked.role, name=name or locked.name, password=password
    )
    locked.accepted_at = timezone.now()
    locked.save(update_fields=["accepted_at"])
    return member


def _open(tenant: Tenant, invitation: Invitation) -> Invitation:
    """The invitation, locked. Raises ConflictError when it was answered or taken back meanwhile."""
    rows: Any = Invitation.objects.select_for_update()
    locked: Invitation | None = rows.filter(tenant=tenant, pk=invitation.pk, accepted_at__isnull=True).first()
    if locked is None:
        raise ConflictError("This invitation has been answered or taken back.", code="invitation_used")
    return locked


def _send(invitation: Invitation, *, tenant: Tenant, link: str, inviter: Membership | None) -> None:
    context = {
        "invitation": invitation,
        "tenant": tenant,
        "link": link,
        "inviter": inviter.user.display_name if inviter else "",
        "days": INVITATION_DAYS,
    }
    # A line break in a name must not become a header of its own.
    subject = " ".join(f"{tenant.name} invites you to its key account management".split())
    body = render_to_string("tenancy/email/invitation.txt", context)
    transaction.on_commit(lambda: send_mail(subject, body, None, [invitation.email]))
