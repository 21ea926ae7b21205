"""Adding, changing, leaving and removing the people of a buying centre (K13, K14)."""

import datetime
import uuid
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from accounts.selectors.accounts import account_find
from buying_center.models import ZONES, Contact, Person, SellingCenterMember
from buying_center.selectors.activities import last_contacts
from buying_center.selectors.people import managers_of, person_visible
from buying_center.services.contact_roles import contact_roles_set
from buying_center.signals import buying_center_changed
from kam.common.api.etag import IfMatch
from kam.common.dates import months_after
from kam.common.errors import ConflictError, FieldError, InvalidInputError
from kam.common.saving import lock_row, refuse_duplicate, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise
from kam.tenancy.selectors import tenant_settings

PERSON_FIELDS = frozenset({"external_id", "name", "email", "phone", "is_placeholder"})
# What is judged by a person: a change sets author, day and the next re-assessment (K33: every six months).
JUDGEMENTS = frozenset(
    {
        "attitude",
        "power",
        "receptiveness",
        "strength",
        "promoter_type",
        "is_dominant_advisor",
        "is_opponent",
        "competitor",
        "facilitator_trust",
        "facilitator_reputation",
        "facilitator_interest",
        "assessment",
    }
)


@transaction.atomic
def contact_add(*, principal: Principal, values: Mapping[str, Any]) -> Contact:
    """Put somebody into an account's buying centre; `account` is an id, `roles` a list of role words.

    `person` (an id) adds a known person to a further account; else a new person is made of `name`,
    `external_id`, `email`, `phone` and `is_placeholder`. `reports_to` and `covered_by` are ids of this account's
    contacts and of its selling centre. Raises InvalidInputError naming the field, PermissionDenied,
    ConflictError for a taken external_id or a person who is here already.
    """
    given = dict(values)
    account = account_find(principal, given.pop("account", None))
    if account is None:
        raise InvalidInputError.of("account", "There is no such account.", "unknown")
    authorise(principal, "accounts.change", account)
    account_lock(account.pk, principal.tenant.id)
    roles = given.pop("roles", None)
    about_person = {name: given.pop(name) for name in PERSON_FIELDS & given.keys()}
    contact = Contact(tenant_id=principal.tenant.id, account=account)
    person_id = given.pop("person", None)
    if person_id is not None:
        contact.person = _known_person(principal, account, person_id, about_person)
    else:
        person = Person(tenant_id=principal.tenant.id)
        _set_person(person, about_person)
        person.save(force_insert=True)
        contact.person = person
    _set_contact(principal, contact, given)
    contact.save(force_insert=True)
    if roles is not None:
        contact_roles_set(contact=contact, roles=roles)
    _tell(contact)
    return contact


@transaction.atomic
def contact_update(
    *, principal: Principal, contact: Contact, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> Contact:
    """Change a contact and the person behind it; account and person stay. `roles` replaces the whole list.

    Raises as `contact_add`, and StaleWriteError (412) when either changed since `if_match` was read.
    """
    row = _lock(principal, contact, if_match)
    given = dict(values)
    if given.pop("account", row.account_id) != row.account_id:
        raise InvalidInputError.of("account", "A contact stays with its account.", "fixed")
    if given.pop("person", row.person_id) != row.person_id:
        raise InvalidInputError.of("person", "A contact stays with its person.", "fixed")
    roles = given.pop("roles", None)
    about_person = {name: given.pop(name) for name in PERSON_FIELDS & given.keys()}
    if about_person:
        if row.person.erased_at is not None:
            raise ConflictError("This person is erased: nothing may name them again.", code="erased")
        save_changes(row.person, _set_person(row.person, about_person))
    changed = _set_contact(principal, row, given)
    if roles is not None and contact_roles_set(contact=row, roles=roles):
        changed.add("updated_at")
    save_changes(row, changed - {"updated_at"} or changed)
    _tell(row)
    return row


@transaction.atomic
def contact_leave(
    *,
    principal: Principal,
    contact: Contact,
    left_on: datetime.date | None = None,
    if_match: IfMatch | None = None,
) -> Contact:
    """Mark somebody as no longer there; kept, with everything that hung on them (K13, K36).

    Raises InvalidInputError for a day to come, PermissionDenied, StaleWriteError.
    """
    day = left_on or timezone.localdate()
    if day > timezone.localdate():
        raise InvalidInputError.of("left_on", "That day is still to come. Mark it when they have left.")
    return contact_update(principal=principal, contact=contact, values={"left_on": day}, if_match=if_match)


@transaction.atomic
def contact_remove(*, principal: Principal, contact: Contact, if_match: IfMatch | None = None) -> None:
    """Delete a contact that should never have been there; its lines and grids go with it.

    The person goes too when this was their only place. Whoever has left is marked, not removed. Raises
    PermissionDenied, StaleWriteError.
    """
    row = _lock(principal, contact, if_match)
    _tell(row)
    person = row.person
    Contact.objects.filter(tenant_id=row.tenant_id, reports_to_id=row.pk).update(reports_to=None)
    row.delete()
    if not Contact.objects.filter(tenant_id=person.tenant_id, person_id=person.pk).exists():
        person.delete()


def account_lock(account_id: uuid.UUID, tenant_id: uuid.UUID) -> None:
    """Changes of one centre's chart wait for each other, so that two moves at once close no circle."""
    Account.objects.select_for_update(of=("self",), no_key=True).filter(
        tenant_id=tenant_id, pk=account_id
    ).values_list("id").first()


def shown_version(contact: Contact) -> int:
    """What the entity tag of a contact counts: its own changes and those of the person behind it."""
    return contact.version + contact.person.version


def _lock(principal: Principal, contact: Contact, if_match: IfMatch | None) -> Contact:
    account_lock(contact.account_id, principal.tenant.id)
    row = lock_row(Contact.objects.filter(tenant_id=principal.tenant.id), contact.pk)
    row.person = lock_row(Person.objects.filter(tenant_id=principal.tenant.id), row.person_id)
    if if_match is not None:
        if_match.check(SimpleNamespace(pk=row.pk, version=shown_version(row)))
    authorise(principal, "accounts.change", row)
    return row


def _known_person(
    principal: Principal, account: Account, person_id: uuid.UUID, about: Mapping[str, Any]
) -> Person:
    person = person_visible(principal).filter(pk=person_id).first()
    if person is None or person.erased_at is not None:
        raise InvalidInputError.of("person", "There is no such person.", "unknown")
    if about:
        field = sorted(about)[0]
        raise InvalidInputError.of(field, "A known person keeps this. Change it on their contact.", "fixed")
    if Contact.objects.filter(tenant_id=account.tenant_id, account=account, person=person).exists():
        message = f"{person.name} is in this buying centre already."
        raise ConflictError(message, code="unique", errors=[FieldError("person", message, "unique")])
    return person


def _set_person(person: Person, values: Mapping[str, Any]) -> set[str]:
    if ("name" in values and not values["name"]) or not (person.name or values.get("name")):
        raise InvalidInputError.of("name", "This field may not be blank.", "blank")
    changed = set_values(person, values)
    if "external_id" in changed:
        rows = Person.objects.filter(tenant_id=person.tenant_id)
        refuse_duplicate(rows, person, external_id=person.external_id)
    return changed


def _set_contact(principal: Principal, contact: Contact, values: dict[str, Any]) -> set[str]:
    if values.get("reports_to") is not None and values["reports_to"] != contact.reports_to_id:
        _check_manager(contact, values["reports_to"])
    if values.get("covered_by") is not None and values["covered_by"] != contact.covered_by_id:
        _check_cover(contact, values["covered_by"])
    changed = set_values(contact, values)
    if "last_contact" in changed and not contact._state.adding:
        # The log knows better than an earlier day that somebody typed (`services.last_contact`).
        logged = last_contacts(contact.account_id, [contact.pk]).of.get(contact.pk)
        if logged is not None and (contact.last_contact is None or contact.last_contact < logged):
            contact.last_contact = logged
    for zone in ZONES:
        if getattr(contact, f"zone_{zone}") is not None and not getattr(contact, f"zone_{zone}_reason"):
            raise InvalidInputError.of(
                f"zone_{zone}_reason", "Say why you see it differently from the figures.", "required"
            )
    if (contact.map_x is None) != (contact.map_y is None):
        raise InvalidInputError.of("map_y", "A place on the map has two coordinates.", "required")
    if changed & JUDGEMENTS:
        today = timezone.localdate()
        contact.assessed_by, contact.assessed_on = principal.member, today
        changed |= {"assessed_by", "assessed_on"}
        if "next_assessment" not in values:
            months = tenant_settings().review_members_months
            contact.next_assessment = months_after(today, months)
            changed.add("next_assessment")
    return changed


def _check_manager(contact: Contact, manager_id: uuid.UUID) -> None:
    here = Contact.objects.filter(tenant_id=contact.tenant_id, account_id=contact.account_id)
    if not here.filter(pk=manager_id).exists():
        raise InvalidInputError.of("reports_to", "There is no such contact in this account.", "unknown")
    managers = managers_of(contact.account_id)
    above: uuid.UUID | None = manager_id
    while above is not None:
        if above == contact.pk:
            raise InvalidInputError.of("reports_to", "Nobody can stand above themselves.", "cycle")
        above = managers.pop(above, None)


def _check_cover(contact: Contact, member_id: uuid.UUID) -> None:
    centre = SellingCenterMember.objects.filter(tenant_id=contact.tenant_id, account_id=contact.account_id)
    if not centre.filter(pk=member_id).exists():
        raise InvalidInputError.of(
            "covered_by", "There is no such place in this account's selling centre.", "unknown"
        )


def _tell(contact: Contact) -> None:
    buying_center_changed.send(sender=Contact, tenant_id=contact.tenant_id, account_ids=[contact.account_id])
