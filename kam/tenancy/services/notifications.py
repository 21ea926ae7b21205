"""Telling people: a sentence behind the bell, and one e-mail with all that is new."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from kam.common import formatting
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import Membership, Notification, Tenant
from kam.tenancy.selectors import notification_list

LONGEST = 300


@dataclass(frozen=True)
class Message:
    """What one member is told. `key` is what it is about: a member is told the same thing once."""

    member: Membership
    kind: str
    key: str
    text: str
    url: str


def notifications_send(messages: Iterable[Message]) -> int:
    """Tell each message once, whoever runs this how often at the same time. Returns how many were new.

    Who wants reminders by e-mail gets it there too, when `notifications_mail` runs next. Runs inside the
    tenant's context.
    """
    tenant_id = current_tenant_id()
    wanted = [
        Notification(
            tenant_id=tenant_id,
            member=message.member,
            kind=message.kind,
            key=message.key,
            text=message.text[:LONGEST],
            url=message.url,
            mail=message.member.reminders_by_mail,
        )
        for message in messages
    ]
    known = set(
        Notification.objects.filter(tenant_id=tenant_id, key__in={row.key for row in wanted}).values_list(
            "member_id", "key"
        )
    )
    new = [row for row in wanted if (row.member_id, row.key) not in known]
    # Somebody else may be telling it at this moment: the constraint decides.
    Notification.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


@transaction.atomic
def notifications_mail() -> int:
    """Send what waits to be sent: one e-mail per member with all of it. Returns the number of e-mails.

    The rows stay locked until they are marked, so that two workers never send the same. A worker killed
    between sending and the commit sends once more: better twice than never.
    """
    tenant_id = current_tenant_id()
    rows = (
        Notification.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(tenant_id=tenant_id, mail=True, mailed_at__isnull=True)
        .order_by("created_at", "id")
    )
    waiting: dict[uuid.UUID, list[Notification]] = defaultdict(list)
    for row in rows:
        waiting[row.member_id].append(row)
    members = Membership.objects.select_related("user").filter(
        tenant_id=tenant_id, pk__in=waiting, is_active=True, user__is_active=True, reminders_by_mail=True
    )
    tenant = Tenant.objects.get(pk=tenant_id)
    sent = 0
    for member in members:
        _mail(tenant, member, waiting[member.pk])
        sent += 1
    # Whoever was switched off meanwhile is not written to, and is not tried for ever.
    Notification.objects.filter(
        tenant_id=tenant_id, pk__in=[row.pk for found in waiting.values() for row in found]
    ).update(mailed_at=timezone.now())
    return sent


def _mail(tenant: Tenant, member: Membership, rows: list[Notification]) -> None:
    base = settings.PUBLIC_URL.rstrip("/")
    first = rows[0].text if len(rows) == 1 else f"{formatting.plural(len(rows), 'reminder')} for you"
    # A line break in a name must not become a header of its own.
    subject = " ".join(f"{tenant.name}: {first}".split())
    context = {
        "tenant": tenant,
        "name": member.user.first_name,
        "rows": [(row.text, base + row.url) for row in rows],
        "profile": f"{base}/profile/",
    }
    send_mail(subject, render_to_string("tenancy/email/reminders.txt", context), None, [member.user.email])


def notification_read(*, principal: Principal, notification: Notification) -> None:
    """Mark one of the member's own notifications as read."""
    notification_list(principal=principal).filter(pk=notification.pk, read_at__isnull=True).update(
        read_at=timezone.now()
    )


def notifications_read_all(*, principal: Principal) -> int:
    """Mark everything behind the member's bell as read. Returns how many were unread."""
    return notification_list(principal=principal).filter(read_at__isnull=True).update(read_at=timezone.now())


def reminders_set(*, member: Membership, by_mail: bool) -> None:
    """Whether this person wants reminders of this company by e-mail too."""
    if member.reminders_by_mail != by_mail:
        member.reminders_by_mail = by_mail
        member.save(update_fields=["reminders_by_mail"])
