"""The demo's buying centres, entered through the services, with a past that the history can show."""

import datetime
from typing import Any

from django.apps import apps

from accounts.models import Account
from buying_center.models import Contact, SellingCenterMember
from buying_center.services.analysis import analysis_add
from buying_center.services.contacts import contact_add, contact_update
from buying_center.services.influence import influence_link_add
from kam.common.dates import months_after
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id, tenant_context
from kam.tenancy.models import Membership, Tenant
from metrics.demo.people_words import CENTRES, DemoCentre, DemoPerson

FIRST_SEEN_MONTHS, LINES_SEEN_MONTHS, LAST_SEEN_DAYS = 14, 9, 24


def people_fill(*, tenant: Tenant, members: dict[str, Membership], today: datetime.date) -> None:
    """Fill the three centres; one that has anybody in it stays as it is."""
    for centre in CENTRES:
        account = Account.objects.filter(tenant_id=tenant.id, name=centre.account).first()
        if account is None or Contact.objects.filter(tenant_id=tenant.id, account=account).exists():
            continue
        with tenant_context(tenant.id, member_id=members[centre.owner].pk, via="command"):
            _fill(account, centre, members, today)


def _fill(account: Account, centre: DemoCentre, members: dict[str, Membership], today: datetime.date) -> None:
    principal = Principal(member=members[centre.owner])
    made: dict[str, Contact] = {}
    for person in centre.people:
        made[person.key] = _add(principal, account, person, made, members, today)
    for source, target, strength, topic in centre.lines:
        link = influence_link_add(
            principal=principal,
            values={
                "source": made[source].pk,
                "target": made[target].pk,
                "kind": "influence" if strength else "conflict",
                "strength": strength or 3,
                "topic": topic,
            },
        )
        _date_back("InfluenceLink", months_after(today, -LINES_SEEN_MONTHS), pgh_obj_id=link.pk)
    for who, column, text, competitor, risk in centre.grid:
        _row(
            principal,
            made[who],
            "grid",
            column=column,
            text=text,
            competitor=competitor,
            competitive_risk=risk,
        )
    for who, problem, implied, explicit in centre.needs:
        _row(principal, made[who], "needs", problem=problem, implied_need=implied, explicit_need=explicit)
    for who, kind, text, probability, consequence, answer in centre.risks:
        _row(
            principal, made[who], "risks", kind=kind, text=text,
            probability=probability, consequence=consequence, mitigation=answer,
        )  # fmt: skip
    for who, text, owner, due in centre.actions:
        day = today + datetime.timedelta(days=due)
        _row(principal, made[who], "actions", text=text, owner=members[owner].pk, due=day)


def _row(principal: Principal, contact: Contact, rows: str, /, **values: Any) -> None:
    analysis_add(principal=principal, contact=contact, kind=rows, values=values)


def _add(
    principal: Principal,
    account: Account,
    person: DemoPerson,
    made: dict[str, Contact],
    members: dict[str, Membership],
    today: datetime.date,
) -> Contact:
    more = dict(person.more)
    left_months, overdue = more.pop("left_months", None), more.pop("overdue", False)
    contact = contact_add(
        principal=principal,
        values={
            "account": account.pk,
            "name": person.name,
            "is_placeholder": more.pop("is_placeholder", False),
            "title": person.title,
            "department": person.department,
            "level": person.level,
            "roles": person.roles,
            "reports_to": made[person.boss].pk if person.boss else None,
            "covered_by": _place(account, members[person.cover]) if person.cover else None,
        },
    )
    first = months_after(today, -FIRST_SEEN_MONTHS)
    _date_back("Contact", first, pgh_obj_id=contact.pk)
    _date_back("Person", first, pgh_obj_id=contact.person_id)
    for role in contact.roles.all():
        _date_back("ContactRole", first, pgh_obj_id=role.pk)
    for months, values in person.before:
        contact_update(principal=principal, contact=contact, values={**person.judged, **values})
        _date_back("Contact", months_after(today, -months), pgh_obj_id=contact.pk)
    now: dict[str, Any] = {**person.judged, **more}
    if person.contact_days_ago is not None:
        now["last_contact"] = today - datetime.timedelta(days=person.contact_days_ago)
    if overdue:
        now["next_assessment"] = today - datetime.timedelta(days=10)
    if left_months:
        now["left_on"] = months_after(today, -left_months)
    contact = contact_update(principal=principal, contact=contact, values=now)
    if left_months:
        first = months_after(today, -left_months)
    elif person.before:
        first = today - datetime.timedelta(LAST_SEEN_DAYS)
    _date_back("Contact", first, pgh_obj_id=contact.pk)
    return contact


def _place(account: Account, member: Membership) -> Any:
    place = SellingCenterMember.objects.filter(
        tenant_id=account.tenant_id, account=account, member=member
    ).first()
    return None if place is None else place.pk


def _date_back(model: str, day: datetime.date, **chosen: Any) -> None:
    """The last event of a row happened on an earlier day: a demo needs a past to replay."""
    events: Any = apps.get_model("buying_center", f"{model}Event")
    mine = events.objects.filter(tenant_id=current_tenant_id(), **chosen)
    last = mine.order_by("-pgh_id").values_list("pgh_id", flat=True).first()
    noon = datetime.datetime.combine(day, datetime.time(12), tzinfo=datetime.UTC)
    mine.filter(pgh_id=last).update(pgh_created_at=noon)
