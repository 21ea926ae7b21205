"""Telling account managers which reviews are due (K33): some days before, and on the day; each date once."""

import datetime
import uuid
from collections import defaultdict

from django.urls import reverse

from accounts.models import Account
from buying_center.models import SellingCenterMember
from kam.common import formatting
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import Membership, Role
from kam.tenancy.selectors import tenant_settings
from kam.tenancy.services import Message, notifications_send
from planning.selectors.review_dates import DueReview, reviews_due


def reviews_remind(*, today: datetime.date) -> int:
    """Tell owners and lead key account managers what is due; returns how many were told something new.

    Runs any number of times a day: the key of a message holds the account, the kind and the due date, so that
    a date is told once when it comes near and once when it is there. Runs inside the tenant's context.
    """
    settings = tenant_settings()
    tenant_id = current_tenant_id()
    near = [
        due
        for due in reviews_due(
            tenant_id=tenant_id, accounts=Account.objects.filter(tenant_id=tenant_id), settings=settings
        )
        if due.days(today) <= settings.review_reminder_days
    ]
    people = _people(tenant_id, near)
    return notifications_send(
        Message(
            member=member,
            kind="review",
            key=f"review:{due.account_id}:{due.kind}:{due.due_on}:{'due' if due.days(today) <= 0 else 'soon'}",
            text=_text(due, today),
            url=_address(due),
        )
        for due in near
        for member in people[due.account_id]
    )


def _text(due: DueReview, today: datetime.date) -> str:
    days = due.days(today)
    when = (
        f"is due on {formatting.date(due.due_on)}"
        if days > 0
        else "is due today"
        if days == 0
        else f"was due on {formatting.date(due.due_on)}"
    )
    return f"{due.account_name}: the {due.label[:1].lower()}{due.label[1:]} {when}."


def _address(due: DueReview) -> str:
    if due.review_id is not None:
        return reverse("planning:review", args=[due.account_id, due.review_id])
    return reverse("planning:review_list", args=[due.account_id])


def _people(tenant_id: uuid.UUID, near: list[DueReview]) -> dict[uuid.UUID, list[Membership]]:
    """Owner and lead of each account, each once. Integrations and people switched off are told nothing."""
    accounts = {due.account_id for due in near}
    wanted: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for due in near:
        if due.owner_id is not None:
            wanted[due.account_id].add(due.owner_id)
    leads = SellingCenterMember.objects.filter(
        tenant_id=tenant_id, account_id__in=accounts, is_lead=True
    ).values_list("account_id", "member_id")
    for account_id, member_id in leads:
        wanted[account_id].add(member_id)
    members = {
        member.pk: member
        for member in Membership.objects.filter(
            tenant_id=tenant_id, is_active=True, pk__in=set().union(*wanted.values())
        ).exclude(role=Role.INTEGRATION)
    }
    return {
        account_id: [members[member_id] for member_id in wanted[account_id] if member_id in members]
        for account_id in accounts
    }
