"""Telling people which engagement plans are due (K11): on the day, and when it has passed; each date once."""

import datetime
import uuid
from collections.abc import Iterable

from django.db.models import Q
from django.urls import reverse

from buying_center.models import Engagement, SellingCenterMember
from buying_center.selectors.connections import engagement_list
from buying_center.selectors.our_side import is_current
from buying_center.selectors.people import present
from kam.common import formatting
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import Membership, Role
from kam.tenancy.services import Message, notifications_send


def engagements_remind(*, today: datetime.date) -> int:
    """Tell whoever keeps in touch what is due; returns how many were told something new.

    The member behind the place is told. Where that is an employee without a login, or the place has ended,
    the account's lead and owner are. Runs any number of times a day: the key of a message holds the plan and
    its date. Runs inside the tenant's context.
    """
    due = present(engagement_list().filter(next_on__lte=today), "contact__")
    plans = list(
        due.select_related("contact__person", "contact__account", "place__member", "place__employee")
    )
    members = _members(plans, today)
    return notifications_send(
        Message(
            member=member,
            kind="engagement",
            key=f"engagement:{plan.pk}:{plan.next_on}:{'due' if plan.next_on == today else 'overdue'}",
            text=_text(plan, today),
            url=reverse("buying_center:contact_detail", args=[plan.contact.account_id, plan.contact_id]),
        )
        for plan in plans
        for member in members[plan.pk]
    )


def _text(plan: Engagement, today: datetime.date) -> str:
    when = "is due today" if plan.next_on == today else f"was due on {formatting.date(plan.next_on)}"
    what = "the executive review" if plan.kind == Engagement.Kind.EXECUTIVE_REVIEW else "contact"
    return f"{plan.contact.account.name}: {what} with {plan.contact.name} {when}."


def _members(plans: Iterable[Engagement], today: datetime.date) -> dict[uuid.UUID, list[Membership]]:
    """Who is told of each plan. Integrations and people switched off are told nothing."""
    wanted: dict[uuid.UUID, set[uuid.UUID]] = {}
    orphans = {}
    for plan in plans:
        if plan.place.member_id is not None and is_current(plan.place, today):
            wanted[plan.pk] = {plan.place.member_id}
        else:
            orphans[plan.pk] = plan.contact.account
            wanted[plan.pk] = set()
    tenant_id = current_tenant_id()
    leads = dict(
        SellingCenterMember.objects.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=today),
            Q(valid_to__isnull=True) | Q(valid_to__gte=today),
            tenant_id=tenant_id,
            account_id__in={account.pk for account in orphans.values()},
            is_lead=True,
            member__isnull=False,
        ).values_list("account_id", "member_id")
    )
    for pk, account in orphans.items():
        wanted[pk] = {who for who in (leads.get(account.pk), account.owner_id) if who is not None}
    told: set[uuid.UUID] = set().union(*wanted.values()) if wanted else set()
    rows = Membership.objects.filter(tenant_id=tenant_id, is_active=True, pk__in=told)
    members = {member.pk: member for member in rows.exclude(role=Role.INTEGRATION)}
    return {pk: [members[who] for who in ids if who in members] for pk, ids in wanted.items()}
