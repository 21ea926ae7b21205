"""The demo's connections, activities and engagement plans, entered through the services."""

import datetime
import uuid
from typing import Any

from accounts.models import Account
from buying_center.models import Connection, Contact, Employee, SellingCenterMember
from buying_center.services.activities import activity_add
from buying_center.services.connections import connection_add
from buying_center.services.engagements import engagement_add
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Membership, Tenant
from metrics.demo.links_words import LINKS, STAFF, DemoLinks
from metrics.demo.people_words import CENTRES


def links_fill(*, tenant: Tenant, members: dict[str, Membership], today: datetime.date) -> None:
    """Fill the three centres; one that has a connection stays as it is."""
    for links in LINKS:
        account = Account.objects.filter(tenant_id=tenant.id, name=links.account).first()
        if account is None or Connection.objects.filter(tenant_id=tenant.id, account=account).exists():
            continue
        with tenant_context(tenant.id, member_id=members[links.owner].pk, via="command"):
            _fill(account, links, members, today)


def _fill(account: Account, links: DemoLinks, members: dict[str, Membership], today: datetime.date) -> None:
    principal = Principal(member=members[links.owner])
    theirs = _theirs(account)
    ours = {key: _place(account, key, members, links.places[key]) for key in links.places}
    for mine, other, strength, desired, action, days in links.connections:
        connection_add(
            principal=principal,
            values={
                "place": ours[mine],
                "contact": theirs[other],
                "strength": strength,
                "desired": desired,
                "next_action": action,
                "next_action_on": None if days is None else today + datetime.timedelta(days=days),
                "owner": members[links.owner].user_id if action else None,
            },
        )
    for ago, kind, subject, others, mine_too, text in links.activities:
        activity_add(
            principal=principal,
            values={
                "account": account.pk,
                "kind": kind,
                "happened_on": today - datetime.timedelta(days=ago),
                "subject": subject,
                "text": text,
                "contacts": [theirs[key] for key in others],
                "places": [ours[key] for key in mine_too],
            },
        )
    # After the activities, which would move the dates on.
    for mine, other, kind, weeks, days, purpose in links.plans:
        engagement_add(
            principal=principal,
            values={
                "place": ours[mine],
                "contact": theirs[other],
                "kind": kind,
                "every_weeks": weeks,
                "next_on": today + datetime.timedelta(days=days),
                "purpose": purpose,
            },
        )


def _theirs(account: Account) -> dict[str, uuid.UUID]:
    """Contacts of the account by the keys of `people_words`."""
    stored = dict(
        Contact.objects.filter(tenant_id=account.tenant_id, account=account).values_list("person__name", "id")
    )
    centre = next(centre for centre in CENTRES if centre.account == account.name)
    return {person.key: stored[person.name] for person in centre.people if person.name in stored}


def _place(
    account: Account, key: str, members: dict[str, Membership], facts: tuple[str, str, str]
) -> uuid.UUID:
    """Somebody's place in the account, made where there is none; a level or function already entered stays."""
    role, level, function = facts
    person: dict[str, Any] = (
        {"member": members[key]} if key in members else {"employee": _employee(account, key)}
    )
    place, _made = SellingCenterMember.objects.get_or_create(
        tenant_id=account.tenant_id, account=account, role=role, **person
    )
    place.level, place.function = place.level or level, place.function or function
    place.save(update_fields=["level", "function"])
    return place.pk


def _employee(account: Account, key: str) -> Employee:
    staff = STAFF[key]
    employee, _made = Employee.objects.get_or_create(
        tenant_id=account.tenant_id,
        email=staff.email,
        defaults={"name": staff.name, "title": staff.title},
    )
    return employee
