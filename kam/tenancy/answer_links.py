"""What every link has in common that somebody outside answers once, without a login (K9, K29).

The row behind a link has `expires_at`, `revoked_at`, `answered_at`, `opened_at`. The key is in the address
only (`kam.tenancy.links`). The page around it: `kam.tenancy.views.answer_link`.
"""

import datetime
import uuid
from typing import Protocol

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from kam.common.errors import ConflictError, InvalidInputError
from kam.tenancy.links import token_sign
from kam.tenancy.models import Membership
from kam.tenancy.services.members import valid_email

ANSWERED, REVOKED, EXPIRED, OPENED, WAITING = "answered", "revoked", "expired", "opened", "waiting"
STATES = (WAITING, OPENED, ANSWERED, EXPIRED, REVOKED)


class AnswerLink(Protocol):
    """The row behind a link."""

    expires_at: datetime.datetime
    opened_at: datetime.datetime | None
    answered_at: datetime.datetime | None
    revoked_at: datetime.datetime | None


def link_state(link: AnswerLink) -> str:
    """What has become of a link: one of `STATES`."""
    if link.answered_at is not None:
        return ANSWERED
    if link.revoked_at is not None:
        return REVOKED
    if link.expires_at <= timezone.now():
        return EXPIRED
    return OPENED if link.opened_at is not None else WAITING


def assert_answerable(link: AnswerLink) -> None:
    """Raise ConflictError (codes used, revoked, expired) unless the (locked) row may be answered now."""
    refused = {
        ANSWERED: ("This link was used already.", "used"),
        REVOKED: ("This request was taken back.", "revoked"),
        EXPIRED: ("This link has expired.", "expired"),
    }.get(link_state(link))
    if refused is not None:
        raise ConflictError(refused[0], code=refused[1])


def link_address(*, url_name: str, purpose: str, tenant_id: uuid.UUID, key: str) -> str:
    """The address that is opened. The key stands in no table: only its digest does."""
    token = token_sign(purpose=purpose, tenant_id=tenant_id, key=key)
    return settings.PUBLIC_URL.rstrip("/") + reverse(url_name, args=[token])


def outside_address(*, tenant_id: uuid.UUID, email: str, verb: str) -> str:
    """An e-mail address that is not one of ours: nobody answers in the customer's place.

    `verb` says what only the customer can do ("confirm"). Raises InvalidInputError for `contact_email`.
    """
    try:
        address = valid_email(email)
    except InvalidInputError as error:
        raise InvalidInputError.of("contact_email", error.message) from error
    if Membership.objects.filter(tenant_id=tenant_id, user__email__iexact=address).exists():
        message = f"This is a colleague’s address. Only the customer can {verb}."
        raise InvalidInputError.of("contact_email", message, "own_people")
    return address
