"""Who of ours knows whom of theirs (K11): one connection between two people, whatever places ours holds."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from buying_center.models import Connection, Contact
from buying_center.selectors.activities import last_contacts
from buying_center.selectors.connections import connection_find, our_side_of
from buying_center.selectors.our_side import OurHuman
from buying_center.selectors.people import contact_find
from buying_center.services.contacts import account_lock
from buying_center.signals import buying_center_changed
from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, FieldError, InvalidInputError, StaleWriteError
from kam.common.saving import lock_row, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Role
from kam.tenancy.permissions import authorise

ENDS = frozenset({"contact", "place"})


@transaction.atomic
def connection_add(*, principal: Principal, values: Mapping[str, Any]) -> Connection:
    """Connect one of ours with one of theirs; `contact` and `place` are ids of one account, `owner` a user's id.

    The connection belongs to the human behind the place and stands on their first place of today. Raises
    InvalidInputError naming the field, PermissionDenied, ConflictError where the two are connected already.
    """
    contact = contact_find(principal, values.get("contact"))
    if contact is None:
        raise InvalidInputError.of("contact", "There is no such contact.", "unknown")
    authorise(principal, "accounts.change", contact)
    account_lock(contact.account_id, principal.tenant.id)
    human = human_find(contact.account_id, values.get("place"))
    if connection_find(contact.account_id, contact.pk, human.places) is not None:
        message = f"{human.name} and {contact.name} are connected already."
        raise ConflictError(message, code="unique", errors=[FieldError("contact", message, "unique")])
    return _create(principal, contact, human, values)


@transaction.atomic
def connection_update(
    *,
    principal: Principal,
    connection: Connection,
    values: Mapping[str, Any],
    if_match: IfMatch | None = None,
) -> Connection:
    """Change a connection; the two people stay. Raises as `connection_add`, StaleWriteError (412)."""
    account_lock(connection.account_id, principal.tenant.id)
    row = lock_row(Connection.objects.filter(tenant_id=principal.tenant.id), connection.pk, if_match)
    authorise(principal, "accounts.change", row)
    given = dict(values)
    if given.pop("contact", row.contact_id) != row.contact_id:
        raise InvalidInputError.of("contact", "A connection stays with its two people.", "fixed")
    place = given.pop("place", row.place_id)
    if place != row.place_id:
        human = our_side_of(row.account_id, timezone.localdate()).human_of(row.place_id)
        if human is None or place not in human.places:
            raise InvalidInputError.of("place", "A connection stays with its two people.", "fixed")
    save_changes(row, _set(principal, row, given))
    _tell(row)
    return row


@transaction.atomic
def connection_remove(
    *, principal: Principal, connection: Connection, if_match: IfMatch | None = None
) -> None:
    """Take a connection away. Raises PermissionDenied, StaleWriteError (412)."""
    account_lock(connection.account_id, principal.tenant.id)
    row = lock_row(Connection.objects.filter(tenant_id=principal.tenant.id), connection.pk, if_match)
    authorise(principal, "accounts.change", row)
    _tell(row)
    row.delete()


@transaction.atomic
def connection_set(
    *,
    principal: Principal,
    contact: Contact,
    place_id: uuid.UUID,
    values: Mapping[str, Any],
    seen: int | None,
) -> Connection | None:
    """Fill one cell of the relationship matrix: make, change or, with neither strength nor desired, take away.

    `seen` is the version the person looked at, None for an empty cell. Returns the connection, None for an
    empty cell. Raises as `connection_add`, and StaleWriteError where somebody else was faster.
    """
    authorise(principal, "accounts.change", contact)
    account_lock(contact.account_id, principal.tenant.id)
    human = human_find(contact.account_id, place_id)
    stored = connection_find(contact.account_id, contact.pk, human.places)
    if (stored.version if stored is not None else None) != seen:
        raise StaleWriteError("Somebody else changed this connection in between.")
    if stored is None:
        if values.get("strength") is None and values.get("desired") is None:
            return None
        return _create(principal, contact, human, values)
    kept = {"strength": stored.strength, "desired": stored.desired, **values}
    if kept["strength"] is None and kept["desired"] is None:
        _tell(stored)
        stored.delete()
        return None
    save_changes(stored, _set(principal, stored, dict(values)))
    _tell(stored)
    stored.refresh_from_db()
    return stored


def human_find(account_id: uuid.UUID, place_id: uuid.UUID | None) -> OurHuman:
    """The human behind a current place of an account. Raises InvalidInputError naming `place`."""
    human = our_side_of(account_id, timezone.localdate()).human_of(place_id)
    if human is None:
        raise InvalidInputError.of(
            "place", "There is no such place in this account's selling centre today.", "unknown"
        )
    return human


def member_find(principal: Principal, user_id: uuid.UUID) -> Membership:
    """An active member of the tenant by user id. Raises InvalidInputError naming `owner`."""
    rows = Membership.objects.filter(tenant_id=principal.tenant.id, user_id=user_id, is_active=True)
    member = rows.exclude(role=Role.INTEGRATION).first()
    if member is None:
        raise InvalidInputError.of("owner", "There is no such member. Expected a user's id.", "unknown")
    return member


def _create(principal: Principal, contact: Contact, human: OurHuman, values: Mapping[str, Any]) -> Connection:
    connection = Connection(
        tenant_id=principal.tenant.id, account_id=contact.account_id, contact=contact, place_id=human.id
    )
    _set(principal, connection, {name: value for name, value in values.items() if name not in ENDS})
    last = last_contacts(contact.account_id, [contact.pk])
    connection.last_contact = last.with_human.get((contact.pk, human.person))
    connection.save(force_insert=True)
    connection.refresh_from_db()
    _tell(connection)
    return connection


def _set(principal: Principal, connection: Connection, values: dict[str, Any]) -> set[str]:
    owner = values.pop("owner", ...)
    if owner is not ...:
        values["owner"] = None if owner is None else member_find(principal, owner).pk
    changed = set_values(connection, values)
    if connection.strength is None and connection.desired is None:
        raise InvalidInputError.of(
            "strength", "Say how strong the connection is, or how strong it should be.", "required"
        )
    return changed


def _tell(connection: Connection) -> None:
    buying_center_changed.send(
        sender=Connection, tenant_id=connection.tenant_id, account_ids=[connection.account_id]
    )
