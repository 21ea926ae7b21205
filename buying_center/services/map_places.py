"""Where people lie on the map: many at once, for a drag, the parking lot, and “Arrange” (K13)."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Account
from buying_center.models import Contact
from buying_center.services.contacts import account_lock
from kam.common.errors import FieldError, InvalidInputError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise

FIELDS = ("map_x", "map_y", "is_parked")


@transaction.atomic
def map_places_set(
    *, principal: Principal, account: Account, places: Sequence[Mapping[str, Any]]
) -> dict[uuid.UUID, int]:
    """Move contacts on the map, all of them or none; answers their versions afterwards.

    A place: `contact` (an id), `version` (as it was read), and what changes of `map_x`, `map_y`, `is_parked`. Raises
    InvalidInputError naming the place, StaleWriteError (412) when anybody was changed since, PermissionDenied.
    """
    authorise(principal, "accounts.change", account)
    account_lock(account.pk, principal.tenant.id)
    wanted = {place["contact"]: place for place in places}
    if len(wanted) != len(places):
        raise InvalidInputError.of("places", "Somebody stands in the list twice.", "duplicate")
    rows = _shown(account, list(wanted))
    _check(places, {row.pk for row in rows})
    if any(row.shown_version != wanted[row.pk]["version"] for row in rows):  # type: ignore[attr-defined]
        raise StaleWriteError("Somebody on the map was changed since you read it. Read it again, then move.")
    now, moved = timezone.now(), []
    for row in rows:
        given = wanted[row.pk]
        changed = {
            name: given[name] for name in FIELDS if name in given and given[name] != getattr(row, name)
        }
        if changed:
            for name, value in changed.items():
                setattr(row, name, value)
            row.updated_at = now
            moved.append(row)
    if any((row.map_x is None) != (row.map_y is None) for row in moved):
        raise InvalidInputError.of("places", "A place on the map has two coordinates.", "required")
    Contact.objects.bulk_update(moved, [*FIELDS, "updated_at"], batch_size=1000)
    return {row.pk: row.shown_version for row in _shown(account, list(wanted))}  # type: ignore[attr-defined]


def _shown(account: Account, ids: list[uuid.UUID]) -> list[Contact]:
    rows = Contact.objects.filter(
        tenant_id=account.tenant_id, account_id=account.pk, person__tenant_id=account.tenant_id, pk__in=ids
    )
    rows = rows.annotate(shown_version=F("version") + F("person__version"))
    return list(rows.only("id", "tenant_id", "account_id", "version", "updated_at", *FIELDS))


def _check(places: Sequence[Mapping[str, Any]], known: set[uuid.UUID]) -> None:
    faults = [
        FieldError(f"places.{at}.contact", "There is no such contact in this account.", "unknown")
        for at, place in enumerate(places)
        if place["contact"] not in known
    ]
    if faults:
        raise InvalidInputError("Nobody was moved: some are not in this account.", errors=faults)
