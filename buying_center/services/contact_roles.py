"""The roles of a contact (K13): several per person, several persons per role."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from buying_center.models import BuyingRole, Contact, ContactRole
from buying_center.selectors.people import contact_find
from buying_center.signals import buying_center_changed
from kam.common.api.etag import IfMatch
from kam.common.errors import InvalidInputError
from kam.common.saving import lock_row, refuse_duplicate, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise


def contact_roles_set(*, contact: Contact, roles: Iterable[str]) -> bool:
    """Give a (locked, authorised) contact exactly these roles; returns whether anything changed.

    Roles that stay keep their committee. Raises InvalidInputError for a word that is no role.
    """
    wanted = set(roles)
    if unknown := wanted - set(BuyingRole.values):
        raise InvalidInputError.of("roles", f"“{sorted(unknown)[0][:80]}” is no role.", "invalid_choice")
    rows = ContactRole.objects.filter(tenant_id=contact.tenant_id, contact_id=contact.pk)
    stored = {row.role: row for row in rows}
    for role in sorted(stored.keys() - wanted):
        stored[role].delete()
    for role in sorted(wanted - stored.keys()):
        ContactRole(tenant_id=contact.tenant_id, contact=contact, role=role).save(force_insert=True)
    return stored.keys() != wanted


@transaction.atomic
def contact_role_add(*, principal: Principal, values: Mapping[str, Any]) -> ContactRole:
    """Give a contact a role; `contact` is an id.

    Raises InvalidInputError naming the field, PermissionDenied, ConflictError for a role it has already.
    """
    contact = contact_find(principal, values.get("contact"))
    if contact is None:
        raise InvalidInputError.of("contact", "There is no such contact.", "unknown")
    contact = _lock_contact(principal, contact)
    role = ContactRole(tenant_id=principal.tenant.id, contact=contact)
    _set(role, {name: value for name, value in values.items() if name != "contact"})
    role.save(force_insert=True)
    _touch(contact)
    return role


@transaction.atomic
def contact_role_update(
    *, principal: Principal, role: ContactRole, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> ContactRole:
    """Change a role or its committee; the contact stays. Raises as `contact_role_add`, StaleWriteError."""
    contact = _lock_contact(principal, role.contact)
    row = lock_row(ContactRole.objects.filter(tenant_id=principal.tenant.id), role.pk, if_match)
    given = dict(values)
    if given.pop("contact", row.contact_id) != row.contact_id:
        raise InvalidInputError.of("contact", "A role stays with its contact.", "fixed")
    changed = _set(row, given)
    save_changes(row, changed)
    if changed:
        _touch(contact)
    return row


@transaction.atomic
def contact_role_remove(*, principal: Principal, role: ContactRole, if_match: IfMatch | None = None) -> None:
    """Take a role away. Raises PermissionDenied, StaleWriteError (412)."""
    contact = _lock_contact(principal, role.contact)
    row = lock_row(ContactRole.objects.filter(tenant_id=principal.tenant.id), role.pk, if_match)
    row.delete()
    _touch(contact)


def _lock_contact(principal: Principal, contact: Contact) -> Contact:
    """The contact first, so that two changes of one person's roles wait for each other."""
    row = lock_row(Contact.objects.filter(tenant_id=principal.tenant.id), contact.pk)
    authorise(principal, "accounts.change", row)
    return row


def _touch(contact: Contact) -> None:
    """A contact shows its roles, so its version counts their changes."""
    contact.save(update_fields=["updated_at"])
    buying_center_changed.send(sender=Contact, tenant_id=contact.tenant_id, account_ids=[contact.account_id])


def _set(role: ContactRole, values: Mapping[str, Any]) -> set[str]:
    changed = set_values(role, values)
    if "role" in changed:
        rows = ContactRole.objects.filter(tenant_id=role.tenant_id, contact_id=role.contact_id)
        refuse_duplicate(rows, role, role=role.role)
    return changed
