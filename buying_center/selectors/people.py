"""Reads of persons, contacts, their roles and the lines between them (K13)."""

import datetime
import uuid
from typing import Any

from django.apps import apps
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.selectors.accounts import account_visible, of_visible_accounts, sees_all_accounts
from buying_center.models import Contact, ContactRole, InfluenceLink, Person
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id


def contact_list() -> "QuerySet[Contact, Contact]":
    """Every contact of the current tenant with its person; the tenant is named on every joined table."""
    tenant_id = current_tenant_id()
    return Contact.objects.select_related("person").filter(
        tenant_id=tenant_id, person__tenant_id=tenant_id, account__tenant_id=tenant_id
    )


def contact_visible(principal: Principal) -> "QuerySet[Contact, Contact]":
    """Contacts in the accounts this member may see.

    `shown_version` grows with every change of the contact or of the person behind it: what is shown is both.
    """
    rows = contact_list().annotate(shown_version=F("version") + F("person__version"))
    return of_visible_accounts(rows, principal)


def of_visible_contacts(rows: "QuerySet[Any, Any]", principal: Principal) -> "QuerySet[Any, Any]":
    """Rows that hang on a contact (`contact`), reduced to those whose account this member may see."""
    tenant_id = principal.tenant.id
    rows = rows.filter(tenant_id=tenant_id, contact__tenant_id=tenant_id)
    if sees_all_accounts(principal):
        return rows
    return rows.filter(contact__account_id__in=account_visible(principal).values("id"))


def contact_role_visible(principal: Principal) -> "QuerySet[ContactRole, ContactRole]":
    """Roles of the contacts this member may see."""
    return of_visible_contacts(ContactRole.objects.select_related("contact"), principal)


def influence_link_visible(principal: Principal) -> "QuerySet[InfluenceLink, InfluenceLink]":
    """Lines of the political charts of the accounts this member may see."""
    return of_visible_accounts(InfluenceLink.objects.all(), principal)


def person_visible(principal: Principal) -> "QuerySet[Person, Person]":
    """Persons who have a place in an account this member may see."""
    places = of_visible_accounts(Contact.objects.filter(person_id=OuterRef("pk")), principal)
    return Person.objects.filter(Exists(places), tenant_id=principal.tenant.id)


def contact_find(principal: Principal, contact_id: uuid.UUID | None) -> Contact | None:
    """One visible contact with person and account; None for any other id."""
    if contact_id is None:
        return None
    rows = contact_visible(principal).select_related("person", "account")
    return rows.filter(pk=contact_id).first()


def present(rows: "QuerySet[Any, Any]", prefix: str = "") -> "QuerySet[Any, Any]":
    """Contacts that have not left (or will only leave later)."""
    today = timezone.localdate()
    return rows.filter(
        Q(**{f"{prefix}left_on__isnull": True}) | Q(**{f"{prefix}left_on__gt": today}),
    )


def roles_of(contact_ids: "list[uuid.UUID] | QuerySet[Any, Any]") -> dict[uuid.UUID, list[str]]:
    """The role words of several contacts, in the order of the list of roles; one query."""
    found: dict[uuid.UUID, list[str]] = {}
    rows = ContactRole.objects.filter(tenant_id=current_tenant_id(), contact_id__in=contact_ids)
    for contact_id, role in rows.order_by("role").values_list("contact_id", "role"):
        found.setdefault(contact_id, []).append(role)
    return found


def managers_of(account_id: uuid.UUID) -> dict[uuid.UUID, uuid.UUID]:
    """Who reports to whom in one account: contact id → manager's id."""
    rows = Contact.objects.filter(
        tenant_id=current_tenant_id(), account_id=account_id, reports_to__isnull=False
    )
    return dict(rows.values_list("id", "reports_to_id"))


def leavers_before(day: datetime.date) -> "QuerySet[Person, Person]":
    """Persons, not erased, who have left every account they were in before a day."""
    tenant_id = current_tenant_id()
    places = Contact.objects.filter(tenant_id=tenant_id, person_id=OuterRef("pk"))
    staying = places.filter(Q(left_on__isnull=True) | Q(left_on__gte=day))
    return Person.objects.filter(
        Exists(places), ~Exists(staying), tenant_id=tenant_id, erased_at__isnull=True, is_placeholder=False
    )


def namesakes(principal: Principal, account_id: uuid.UUID, name: str, *, limit: int = 5) -> list[Contact]:
    """Visible contacts of other accounts whose person has the same name and is not in this account yet."""
    here = Contact.objects.filter(tenant_id=principal.tenant.id, account_id=account_id).values("person_id")
    rows = contact_visible(principal).select_related("person", "account")
    rows = rows.filter(
        person__name__iexact=name.strip(), person__erased_at__isnull=True, person__is_placeholder=False
    )
    found: dict[uuid.UUID, Contact] = {}
    for contact in rows.exclude(account_id=account_id).exclude(person_id__in=here)[: limit * 4]:
        found.setdefault(contact.person_id, contact)
    return list(found.values())[:limit]


def contact_with_other_places(
    principal: Principal, account_id: uuid.UUID, contact_id: uuid.UUID
) -> tuple[Contact | None, list[Contact]]:
    """A visible contact of an account, and the same person's visible contacts elsewhere; one query."""
    same = Contact.objects.filter(tenant_id=principal.tenant.id, pk=contact_id).values("person_id")
    rows = contact_visible(principal).select_related("person", "account", "assessed_by__user")
    found = list(rows.filter(person_id__in=same).order_by("account__name", "id"))
    own = next((row for row in found if row.pk == contact_id and row.account_id == account_id), None)
    return own, [row for row in found if row.pk != contact_id]


def judgements_of(contact_id: uuid.UUID, names: dict[str, str], *, limit: int = 12) -> list[dict[str, Any]]:
    """How attitude, power and relationship were judged over time, by whom, the latest first; one query.

    `names`: our members by id as text.
    """
    columns = ("attitude", "power", "receptiveness", "strength")
    events: Any = apps.get_model("buying_center", "ContactEvent")
    rows = events.objects.filter(tenant_id=current_tenant_id(), pgh_obj_id=contact_id).order_by("pgh_id")
    found: list[dict[str, Any]] = []
    last: tuple[Any, ...] = (None,) * len(columns)
    for at, context, *values in rows.values_list("pgh_created_at", "pgh_context", *columns):
        if tuple(values) == last:
            continue
        last = tuple(values)
        found.append(
            {
                "at": at,
                "who": names.get((context or {}).get("member") or "", ""),
                **dict(zip(columns, values, strict=True)),
            }
        )
    return found[::-1][:limit]
