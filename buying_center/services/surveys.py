"""Pulse surveys: asking one person of the customer, taking the answer, keeping the customer's view in step (K9).

The link needs no login, expires, is answered once and can be taken back. Members of the supplier cannot answer.
"""

import datetime
import uuid
from datetime import timedelta
from typing import Any

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from buying_center.bank.alignment import RUNGS
from buying_center.models import Contact, PulseSurvey
from buying_center.selectors.people import contact_find
from buying_center.selectors.surveys import customers_view, open_surveys, views_to_refresh
from kam.common.errors import ConflictError, InvalidInputError
from kam.common.saving import check_fields, lock_row, save_changes
from kam.tenancy.access import Principal
from kam.tenancy.answer_links import assert_answerable, link_address, outside_address
from kam.tenancy.context import current_tenant_id
from kam.tenancy.links import key_digest, key_make
from kam.tenancy.models import Membership, Tenant
from kam.tenancy.permissions import authorise
from kam.tenancy.services import Message, notifications_send

PURPOSE = "pulse-survey"
DAYS = 14
MOST_DAYS = 60
# Nobody's mailbox is flooded from here.
ASKED_A_DAY = 3


@transaction.atomic
def survey_ask(
    *,
    principal: Principal,
    contact_id: uuid.UUID | None,
    contact_email: str = "",
    days: int = DAYS,
    send: bool = True,
) -> tuple[PulseSurvey, str]:
    """Ask a contact a few questions. Returns the survey and its link.

    With `send` the link goes to the contact's mailbox (`contact_email`, else the address that is known);
    without it whoever asks hands it over, which stays on record. An earlier open link of the same contact is
    taken back. Raises InvalidInputError naming the field, ConflictError, PermissionDenied.
    """
    contact = _askable(principal, contact_id)
    account = lock_row(Account.objects.filter(tenant_id=principal.tenant.id), contact.account_id)
    email = contact_email.strip() or contact.person.email
    if email:
        email = outside_address(tenant_id=principal.tenant.id, email=email, verb="answer")
    elif send:
        raise InvalidInputError.of("contact_email", "No address is known. Enter one.", "required")
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInputError.of("days", f"Expected 1 to {MOST_DAYS} days.", "range")
    _assert_not_flooded(contact)
    now = timezone.now()
    open_surveys(account.pk, contact.pk).update(revoked_at=now)
    key = key_make()
    survey = PulseSurvey.objects.create(
        tenant_id=account.tenant_id,
        account=account,
        contact=contact,
        key_digest=key_digest(key),
        contact_name=contact.name,
        contact_email=email,
        asked_by=principal.member,
        sent=send,
        expires_at=now + timedelta(days=days),
    )
    link = survey_link(tenant_id=account.tenant_id, key=key)
    if send:
        _send(survey, tenant=principal.tenant, asker=principal.member, link=link)
    return survey, link


@transaction.atomic
def survey_revoke(*, principal: Principal, survey: PulseSurvey) -> PulseSurvey:
    """Take a link back: it works no more. Raises ConflictError (`not_waiting`) where nothing waits."""
    row = _lock(survey)
    authorise(principal, "accounts.change", row)
    if row.answered_at is not None or row.revoked_at is not None:
        raise ConflictError("This survey waits for no answer any more.", code="not_waiting")
    row.revoked_at = timezone.now()
    row.save(update_fields=["revoked_at"])
    return row


def survey_link(*, tenant_id: uuid.UUID, key: str) -> str:
    """The address that the customer opens."""
    return link_address(url_name="buying_center:pulse", purpose=PURPOSE, tenant_id=tenant_id, key=key)


def survey_find(*, digest: str) -> PulseSurvey | None:
    """The survey behind a link, whatever has become of it, in the current tenant."""
    return PulseSurvey.objects.filter(key_digest=digest).first()


def survey_opened(*, survey: PulseSurvey) -> None:
    """Remember when the link was opened first."""
    PulseSurvey.objects.filter(pk=survey.pk, opened_at__isnull=True, answered_at__isnull=True).update(
        opened_at=timezone.now()
    )


@transaction.atomic
def survey_answer(
    *,
    survey: PulseSurvey,
    ladder: str,
    recommends: int | None = None,
    satisfied: int | None = None,
    comment: str = "",
) -> PulseSurvey:
    """The customer's answer, once; their view of the ladder follows in the same transaction.

    Raises InvalidInputError naming the field, ConflictError (codes used, revoked, expired).
    """
    if ladder not in RUNGS:
        raise InvalidInputError.of("ladder", "Choose the sentence that fits best.", "required")
    account = lock_row(Account.objects.filter(tenant_id=survey.tenant_id), survey.account_id)
    row = _lock(survey)
    assert_answerable(row)
    row.ladder, row.recommends, row.satisfied = ladder, recommends, satisfied
    row.comment = comment.strip()[:2000]
    check_fields(row, ["recommends", "satisfied", "comment"])
    row.answered_at = timezone.now()
    row.opened_at = row.opened_at or row.answered_at
    row.ladder_ours = account.ladder_ours
    row.save(
        update_fields=[
            "ladder", "recommends", "satisfied", "comment", "answered_at", "opened_at", "ladder_ours",
        ]
    )  # fmt: skip
    _keep_in_step(account, timezone.localdate())
    _tell(row, account)
    return row


@transaction.atomic
def customers_views_refresh(*, today: datetime.date) -> int:
    """Answers grow old: bring the customer's view of the current tenant's accounts up to a day.

    Returns how many changed; again changes nothing.
    """
    changed = 0
    for account_id in list(views_to_refresh()):
        rows = Account.objects.filter(tenant_id=current_tenant_id(), pk=account_id)
        row = rows.select_for_update(of=("self",), no_key=True).first()
        changed += row is not None and _keep_in_step(row, today)
    return changed


def _keep_in_step(account: Account, today: datetime.date) -> bool:
    """Write what the customer's answers say onto the (locked) account. Whether it was something else."""
    view = customers_view(account.pk, today=today)
    if view == account.ladder_customer:
        return False
    account.ladder_customer = view
    save_changes(account, {"ladder_customer"})
    return True


def _askable(principal: Principal, contact_id: uuid.UUID | None) -> Contact:
    """A contact that can be asked: somebody known by name who is still there."""
    contact = contact_find(principal, contact_id)
    if contact is None:
        raise InvalidInputError.of("contact", "There is no such contact.", "unknown")
    authorise(principal, "accounts.change", contact)
    if contact.person.is_placeholder or contact.person.erased_at is not None:
        raise InvalidInputError.of("contact", "Nobody is known by this name yet.", "placeholder")
    if contact.left_on is not None and contact.left_on <= timezone.localdate():
        raise InvalidInputError.of("contact", f"{contact.name} has left.", "left")
    return contact


def _assert_not_flooded(contact: Contact) -> None:
    since = timezone.now() - timedelta(days=1)
    recent = PulseSurvey.objects.filter(
        tenant_id=contact.tenant_id, contact_id=contact.pk, asked_at__gt=since
    ).count()
    if recent >= ASKED_A_DAY:
        raise ConflictError(
            f"{contact.name} was asked {ASKED_A_DAY} times in a day. Try tomorrow.", code="too_often"
        )


def _lock(survey: PulseSurvey) -> PulseSurvey:
    rows: Any = PulseSurvey.objects.filter(tenant_id=survey.tenant_id)
    return lock_row(rows, survey.pk)


def _send(survey: PulseSurvey, *, tenant: Tenant, asker: Membership, link: str) -> None:
    context = {"survey": survey, "tenant": tenant, "asker": asker.user.display_name, "link": link}
    # A line break in a name must not become a header of its own.
    subject = " ".join(f"{asker.user.display_name} of {tenant.name} asks: how do you see us?".split())
    body = render_to_string("buying_center/email/pulse_survey.txt", context)
    transaction.on_commit(lambda: send_mail(subject, body, None, [survey.contact_email]))


def _tell(survey: PulseSurvey, account: Account) -> None:
    """Whoever asked, and the account's manager, hear of the answer."""
    ids = {member_id for member_id in (survey.asked_by_id, account.owner_id) if member_id is not None}
    members = Membership.objects.select_related("user").filter(
        tenant_id=survey.tenant_id, pk__in=ids, is_active=True
    )
    notifications_send(
        Message(
            member=member,
            kind="pulse",
            key=f"pulse:{survey.pk}",
            text=f"{survey.contact_name} of {account.name} answered the pulse survey.",
            url=reverse("buying_center:alignment", args=[account.pk]),
        )
        for member in members
    )
