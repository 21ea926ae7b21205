"""How we keep in touch with the customer's executives: who, how often, when next (K11, BANK D4)."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from buying_center.models import Engagement
from buying_center.selectors.people import contact_find
from buying_center.services.connections import human_find
from buying_center.services.contacts import account_lock
from buying_center.signals import buying_center_changed
from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, FieldError, InvalidInputError
from kam.common.saving import lock_row, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise


@transaction.atomic
def engagement_add(*, principal: Principal, values: Mapping[str, Any]) -> Engagement:
    """Plan regular contact or executive reviews; `contact` and `place` are ids of one account.

    Raises InvalidInputError naming the field, PermissionDenied, ConflictError for the same plan twice.
    """
    contact = contact_find(principal, values.get("contact"))
    if contact is None:
        raise InvalidInputError.of("contact", "There is no such contact.", "unknown")
    authorise(principal, "accounts.change", contact)
    account_lock(contact.account_id, principal.tenant.id)
    engagement = Engagement(tenant_id=principal.tenant.id, contact=contact)
    _set(engagement, {name: value for name, value in values.items() if name != "contact"})
    for name in ("place", "every_weeks", "next_on"):
        if getattr(engagement, f"{name}_id" if name == "place" else name) is None:
            raise InvalidInputError.of(name, "This field is required.", "required")
    engagement.save(force_insert=True)
    _tell(engagement)
    return engagement


@transaction.atomic
def engagement_update(
    *,
    principal: Principal,
    engagement: Engagement,
    values: Mapping[str, Any],
    if_match: IfMatch | None = None,
) -> Engagement:
    """Change who, how often, when or why; the contact stays. Raises as `engagement_add`, StaleWriteError (412)."""
    account_lock(engagement.contact.account_id, principal.tenant.id)
    rows = Engagement.objects.filter(tenant_id=principal.tenant.id)
    row = lock_row(rows, engagement.pk, if_match)
    authorise(principal, "accounts.change", row)
    given = dict(values)
    if given.pop("contact", row.contact_id) != row.contact_id:
        raise InvalidInputError.of("contact", "A plan stays with its contact.", "fixed")
    save_changes(row, _set(row, given))
    _tell(row)
    return row


@transaction.atomic
def engagement_remove(
    *, principal: Principal, engagement: Engagement, if_match: IfMatch | None = None
) -> None:
    """End a plan. Raises PermissionDenied, StaleWriteError (412)."""
    account_lock(engagement.contact.account_id, principal.tenant.id)
    row = lock_row(Engagement.objects.filter(tenant_id=principal.tenant.id), engagement.pk, if_match)
    authorise(principal, "accounts.change", row)
    _tell(row)
    row.delete()


def _set(engagement: Engagement, values: dict[str, Any]) -> set[str]:
    if values.get("place") is not None and values["place"] != engagement.place_id:
        values["place"] = human_find(engagement.contact.account_id, values["place"]).id
    for name in ("place", "kind", "every_weeks", "next_on"):
        if name in values and values[name] in (None, ""):
            raise InvalidInputError.of(name, "This field may not be blank.", "blank")
    changed = set_values(engagement, values)
    same = Engagement.objects.filter(
        tenant_id=engagement.tenant_id,
        contact_id=engagement.contact_id,
        place_id=engagement.place_id,
        kind=engagement.kind,
    )
    if changed & {"place", "kind"} and same.exclude(pk=engagement.pk).exists():
        message = "There is such a plan of these two already."
        raise ConflictError(message, code="unique", errors=[FieldError("place", message, "unique")])
    return changed


def _tell(engagement: Engagement) -> None:
    buying_center_changed.send(
        sender=Engagement, tenant_id=engagement.tenant_id, account_ids=[engagement.contact.account_id]
    )
