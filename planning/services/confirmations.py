"""The customer confirms value through a signed link without a login (K29).

The link opens one item, expires, works once and can be taken back. Everything that happens with it is on
record: asked, opened, answered, revoked. Members of the supplier cannot answer.
"""

import uuid
from datetime import timedelta
from typing import Any

from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from kam.common import formatting
from kam.common.errors import ConflictError, InvalidInputError
from kam.common.saving import lock_row
from kam.tenancy.access import Principal
from kam.tenancy.answer_links import assert_answerable, link_address, outside_address
from kam.tenancy.links import key_digest, key_make
from kam.tenancy.models import Membership, Tenant
from kam.tenancy.permissions import authorise
from kam.tenancy.selectors import tenant_settings
from kam.tenancy.services import Message, notifications_send
from planning.models import GainKind, ValueClass, ValueConfirmation, ValueItem
from planning.services.value import requests_revoke, unconfirm

PURPOSE = "value-confirmation"
DAYS = 30
MOST_DAYS = 90
# Nobody's mailbox is flooded from here.
ASKED_A_DAY = 5


@transaction.atomic
def confirmation_request(
    *,
    principal: Principal,
    item: ValueItem,
    contact_name: str,
    contact_email: str,
    days: int = DAYS,
    send: bool = True,
) -> tuple[ValueConfirmation, str]:
    """Ask the customer to confirm an item of class 3. Returns the request and its link.

    With `send` the link goes to the contact's mailbox, and nobody here needs to see it: whoever answers has
    shown that the mailbox is theirs. Without it whoever asks hands the link over, which stays on record. An
    earlier open request of the item is taken back.
    Raises InvalidInputError naming the field, ConflictError where there is nothing to confirm.
    """
    row = lock_row(ValueItem.objects.filter(tenant_id=principal.tenant.id), item.pk)
    authorise(principal, "accounts.change", row)
    name, email = (
        contact_name.strip(),
        outside_address(tenant_id=principal.tenant.id, email=contact_email, verb="confirm"),
    )
    if not name:
        raise InvalidInputError.of("contact_name", "Say who is asked.", "blank")
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInputError.of("days", f"Expected 1 to {MOST_DAYS} days.", "range")
    _assert_confirmable(row)
    requests_revoke(row)
    key = key_make()
    try:
        with transaction.atomic():
            request = ValueConfirmation.objects.create(
                tenant_id=row.tenant_id,
                item=row,
                account_id=row.account_id,
                key_digest=key_digest(key),
                contact_name=name,
                contact_email=email,
                sent=send,
                asked_by=principal.member,
                expires_at=timezone.now() + timedelta(days=days),
                title=row.title,
                statement=row.statement,
                customer_gain=row.customer_gain,
                currency=tenant_settings().base_currency,
                gain_kinds=row.gain_kinds,
                gain_note=row.gain_note,
            )
    except IntegrityError as error:
        raise ConflictError("Somebody else has just asked about it.", code="asked") from error
    if (row.contact_name, row.contact_email) != (name, email):
        row.contact_name, row.contact_email = name, email
        row.save(update_fields=["contact_name", "contact_email", "updated_at"])
    link = confirmation_link(tenant_id=row.tenant_id, key=key)
    if send:
        _send(request, tenant=principal.tenant, asker=principal.member, link=link)
    return request, link


@transaction.atomic
def confirmation_revoke(*, principal: Principal, item: ValueItem) -> int:
    """Take the open request of an item back: its link works no more. Raises ConflictError without one."""
    row = lock_row(ValueItem.objects.filter(tenant_id=principal.tenant.id), item.pk)
    authorise(principal, "accounts.change", row)
    revoked = requests_revoke(row)
    if not revoked:
        raise ConflictError("No request is waiting for an answer.", code="not_waiting")
    return revoked


def confirmation_link(*, tenant_id: uuid.UUID, key: str) -> str:
    """The address that the customer opens. The key stands in no table: only its digest does."""
    return link_address(url_name="planning:value_confirm", purpose=PURPOSE, tenant_id=tenant_id, key=key)


def confirmation_find(*, digest: str) -> ValueConfirmation | None:
    """The request behind a link, whatever has become of it, in the current tenant."""
    return (
        ValueConfirmation.objects.select_related("account", "asked_by__user")
        .filter(key_digest=digest)
        .first()
    )


def confirmation_opened(*, confirmation: ValueConfirmation) -> None:
    """Remember when the link was opened first."""
    ValueConfirmation.objects.filter(
        pk=confirmation.pk, opened_at__isnull=True, answered_at__isnull=True
    ).update(opened_at=timezone.now())


@transaction.atomic
def confirmation_answer(
    *, confirmation: ValueConfirmation, answer: str, name: str, comment: str = ""
) -> ValueConfirmation:
    """The customer's yes or no. The link works once: whoever comes second is told so.

    Raises ConflictError (codes used, revoked, expired), InvalidInputError naming the field.
    """
    if answer not in ValueConfirmation.Answer.values:
        raise InvalidInputError.of("answer", "Choose one of the two answers.", "required")
    if not name.strip():
        raise InvalidInputError.of("name", "Please say who you are.", "blank")
    # The item first, as every writer of it does: two at once wait for each other and never in a circle.
    item = lock_row(ValueItem.objects.filter(tenant_id=confirmation.tenant_id), confirmation.item_id)
    rows: Any = ValueConfirmation.objects.select_for_update(of=("self",)).filter(
        tenant_id=confirmation.tenant_id
    )
    row: ValueConfirmation = rows.get(pk=confirmation.pk)
    assert_answerable(row)
    now = timezone.now()
    row.answer, row.answered_at, row.answered_by = answer, now, name.strip()[:150]
    row.comment = comment.strip()[:2000]
    row.opened_at = row.opened_at or now
    row.save(update_fields=["answer", "answered_at", "answered_by", "comment", "opened_at"])
    if answer == ValueConfirmation.Answer.CONFIRMED:
        item.confirmed_at, item.confirmed_by = now, row.answered_by
        changed = {"confirmed_at", "confirmed_by"}
    else:
        changed = unconfirm(item)
    if changed:
        item.save(update_fields=[*changed, "updated_at"])
    _tell(row, item)
    return row


def gains_in_words(confirmation: ValueConfirmation) -> list[str]:
    """The customer's gains other than money, as they are shown (BANK I2)."""
    labels = dict(GainKind.choices)
    return [str(labels[kind]) for kind in confirmation.gain_kinds if kind in labels]


def _assert_confirmable(item: ValueItem) -> None:
    if item.value_class != ValueClass.PROVEN:
        raise ConflictError(
            "Only class 3, proven value, is confirmed by the customer. Change its class first.",
            code="wrong_class",
        )
    if item.ended_on is not None and item.ended_on <= timezone.localdate():
        raise ConflictError("It has ended: there is nothing left to confirm.", code="ended")
    if not (item.customer_gain or item.gain_kinds):
        raise ConflictError(
            "Say first what the customer gains, in money or otherwise: that is what they confirm.",
            code="no_gain",
        )
    today = timezone.now() - timedelta(days=1)
    recent = ValueConfirmation.objects.filter(
        tenant_id=item.tenant_id, item_id=item.pk, asked_at__gt=today
    ).count()
    if recent >= ASKED_A_DAY:
        raise ConflictError(
            f"The customer was asked {ASKED_A_DAY} times in a day. Try tomorrow.", code="too_often"
        )


def _send(request: ValueConfirmation, *, tenant: Tenant, asker: Membership, link: str) -> None:
    context = {
        "request": request,
        "tenant": tenant,
        "asker": asker.user.display_name,
        "gain": _amount(request),
        "gains": gains_in_words(request),
        "link": link,
    }
    # A line break in a name must not become a header of its own.
    subject = " ".join(f"{asker.user.display_name} of {tenant.name} asks: is this right?".split())
    body = render_to_string("planning/email/value_confirmation.txt", context)
    transaction.on_commit(lambda: send_mail(subject, body, None, [request.contact_email]))


def _amount(request: ValueConfirmation) -> str:
    if request.customer_gain is None:
        return ""
    return formatting.money_full(request.customer_gain, request.currency, decimals=0)


def _tell(row: ValueConfirmation, item: ValueItem) -> None:
    """Whoever asked, and the account's manager, hear of the answer."""
    verb = "confirmed" if row.answer == ValueConfirmation.Answer.CONFIRMED else "declined"
    ids = {member_id for member_id in (row.asked_by_id, item.account.owner_id) if member_id is not None}
    members = Membership.objects.select_related("user").filter(
        tenant_id=row.tenant_id, pk__in=ids, is_active=True
    )
    notifications_send(
        Message(
            member=member,
            kind="value",
            key=f"value:{row.pk}",
            text=f"{row.answered_by} {verb} “{row.title}”."[:300],
            url=reverse("planning:value", args=[row.account_id]),
        )
        for member in members
    )
