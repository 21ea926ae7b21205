"""The analysis grids of one member: entries, needs, perceived risks, actions (K15)."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from buying_center.models import Contact, ContactAction, GridEntry, NeedChain, PerceivedRisk
from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, InvalidInputError
from kam.common.saving import lock_row, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Role
from kam.tenancy.permissions import authorise

Row = GridEntry | NeedChain | PerceivedRisk | ContactAction
KINDS: dict[str, type[Row]] = {
    "grid": GridEntry,
    "needs": NeedChain,
    "risks": PerceivedRisk,
    "actions": ContactAction,
}


@transaction.atomic
def analysis_add(*, principal: Principal, contact: Contact, kind: str, values: Mapping[str, Any]) -> Row:
    """Add a row to a member's grid, needs, risks or actions (`kind`).

    Raises InvalidInputError naming the field, PermissionDenied, ConflictError for an erased person.
    """
    authorise(principal, "accounts.change", contact)
    if contact.person.erased_at is not None:
        raise ConflictError("This person is erased: nothing may be written about them.", code="erased")
    row = KINDS[kind](tenant_id=principal.tenant.id, contact=contact)
    _set(row, values)
    row.save(force_insert=True)
    return row


@transaction.atomic
def analysis_update(
    *, principal: Principal, row: Row, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> Row:
    """Change a row of a member's analysis. Raises as `analysis_add`, StaleWriteError (412)."""
    stored = _locked(principal, row, if_match)
    authorise(principal, "accounts.change", stored)
    save_changes(stored, _set(stored, values))
    return stored


@transaction.atomic
def analysis_remove(*, principal: Principal, row: Row) -> None:
    """Take a row out of a member's analysis. Raises PermissionDenied."""
    stored = _locked(principal, row)
    authorise(principal, "accounts.change", stored)
    stored.delete()


def _locked(principal: Principal, row: Row, if_match: IfMatch | None = None) -> Row:
    model: Any = type(row)
    stored: Row = lock_row(model.objects.filter(tenant_id=principal.tenant.id), row.pk, if_match)
    return stored


def _set(row: Row, values: Mapping[str, Any]) -> set[str]:
    given = dict(values)
    if given.get("owner") is not None:
        _check_owner(row, given["owner"])
    changed = set_values(row, given)
    first = "problem" if isinstance(row, NeedChain) else "text"
    if not getattr(row, first):
        raise InvalidInputError.of(first, "This field may not be blank.", "blank")
    for name in ("column", "kind"):
        if hasattr(row, name) and not getattr(row, name):
            raise InvalidInputError.of(name, "Choose one.", "required")
    for name in ("probability", "consequence"):
        if hasattr(row, name) and getattr(row, name) is None:
            raise InvalidInputError.of(name, "Expected a number from 1 to 5.", "required")
    if isinstance(row, NeedChain) and row.explicit_need and not row.implied_need:
        raise InvalidInputError.of(
            "implied_need", "An explicit need grows out of an implied one: say which.", "required"
        )
    return changed


def _check_owner(row: Row, member_id: Any) -> None:
    members = Membership.objects.filter(tenant_id=row.tenant_id, is_active=True).exclude(
        role=Role.INTEGRATION
    )
    if not members.filter(pk=member_id).exists():
        raise InvalidInputError.of("owner", "There is no such member.", "unknown")
