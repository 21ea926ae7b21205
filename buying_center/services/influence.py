"""The political chart: who influences whom, and who is in conflict (K13)."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from buying_center.models import Contact, InfluenceLink
from buying_center.selectors.people import contact_find
from buying_center.services.contacts import account_lock
from buying_center.signals import buying_center_changed
from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, FieldError, InvalidInputError
from kam.common.saving import lock_row, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise


@transaction.atomic
def influence_link_add(*, principal: Principal, values: Mapping[str, Any]) -> InfluenceLink:
    """Draw a line; `source` and `target` are ids of contacts of one account.

    Raises InvalidInputError naming the field (`from`, `to`), PermissionDenied, ConflictError for the same line
    on the same topic twice.
    """
    source = contact_find(principal, values.get("source"))
    if source is None:
        raise InvalidInputError.of("from", "There is no such contact.", "unknown")
    authorise(principal, "accounts.change", source)
    account_lock(source.account_id, principal.tenant.id)
    link = InfluenceLink(tenant_id=principal.tenant.id, account_id=source.account_id, source=source)
    _set(link, {name: value for name, value in values.items() if name != "source"})
    if link.target_id is None:
        raise InvalidInputError.of("to", "A line needs somebody at its end.", "required")
    link.save(force_insert=True)
    _tell(link)
    return link


@transaction.atomic
def influence_link_update(
    *, principal: Principal, link: InfluenceLink, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> InfluenceLink:
    """Change a line: its ends, topic, strength, kind or note. Raises as `influence_link_add`, StaleWriteError."""
    account_lock(link.account_id, principal.tenant.id)
    row = lock_row(InfluenceLink.objects.filter(tenant_id=principal.tenant.id), link.pk, if_match)
    authorise(principal, "accounts.change", row)
    save_changes(row, _set(row, dict(values)))
    _tell(row)
    return row


@transaction.atomic
def influence_link_remove(
    *, principal: Principal, link: InfluenceLink, if_match: IfMatch | None = None
) -> None:
    """Take a line away. Raises PermissionDenied, StaleWriteError (412)."""
    row = lock_row(InfluenceLink.objects.filter(tenant_id=principal.tenant.id), link.pk, if_match)
    authorise(principal, "accounts.change", row)
    _tell(row)
    row.delete()


def _set(link: InfluenceLink, values: Mapping[str, Any]) -> set[str]:
    here = Contact.objects.filter(tenant_id=link.tenant_id, account_id=link.account_id)
    for name, public in (("source", "from"), ("target", "to")):
        given = values.get(name)
        if given is None and name in values:
            raise InvalidInputError.of(public, "A line has somebody at each end.", "required")
        if given is None or given == getattr(link, f"{name}_id"):
            continue
        if not here.filter(pk=given).exists():
            raise InvalidInputError.of(public, "There is no such contact in this account.", "unknown")
    changed = set_values(link, values)
    if link.source_id == link.target_id:
        raise InvalidInputError.of("to", "A line joins two different people.", "same")
    same = InfluenceLink.objects.filter(
        tenant_id=link.tenant_id,
        source_id=link.source_id,
        target_id=link.target_id,
        kind=link.kind,
        topic=link.topic,
    )
    if changed & {"source", "target", "kind", "topic"} and same.exclude(pk=link.pk).exists():
        message = "There is such a line on this topic already."
        raise ConflictError(message, code="unique", errors=[FieldError("topic", message, "unique")])
    return changed


def _tell(link: InfluenceLink) -> None:
    buying_center_changed.send(sender=InfluenceLink, tenant_id=link.tenant_id, account_ids=[link.account_id])
