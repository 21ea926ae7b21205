"""Our people without a login, who may still have a place in selling centres (K10)."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from buying_center.models import Employee, SellingCenterMember
from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, InvalidInputError
from kam.common.formatting import plural
from kam.common.saving import lock_row, refuse_duplicate, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise


@transaction.atomic
def employee_create(*, principal: Principal, values: Mapping[str, Any]) -> Employee:
    """Add somebody of ours who has no login; whoever may change a selling centre may.

    Raises InvalidInputError naming the field, PermissionDenied, ConflictError for a known e-mail address.
    """
    authorise(principal, "team.change")
    employee = Employee(tenant_id=principal.tenant.id)
    _set(employee, values)
    employee.save(force_insert=True)
    return employee


@transaction.atomic
def employee_update(
    *, principal: Principal, employee: Employee, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> Employee:
    """Change name, address, title or the day they left. Raises as `employee_create`, StaleWriteError (412)."""
    row = lock_row(Employee.objects.filter(tenant_id=principal.tenant.id), employee.pk, if_match)
    authorise(principal, "team.change")
    save_changes(row, _set(row, values))
    return row


@transaction.atomic
def employee_delete(*, principal: Principal, employee: Employee, if_match: IfMatch | None = None) -> None:
    """Delete somebody who holds no place. Raises ConflictError while they do, StaleWriteError (412)."""
    row = lock_row(Employee.objects.filter(tenant_id=principal.tenant.id), employee.pk, if_match)
    authorise(principal, "team.change")
    places = SellingCenterMember.objects.filter(tenant_id=row.tenant_id, employee_id=row.pk).count()
    if places:
        held = plural(places, "place in a selling centre", "places in selling centres")
        raise ConflictError(
            f"{row.name} has {held}. Take them out first, or enter since when they have left.", code="in_use"
        )
    row.delete()


def _set(employee: Employee, values: Mapping[str, Any]) -> set[str]:
    if ("name" in values and not values["name"]) or not (employee.name or values.get("name")):
        raise InvalidInputError.of("name", "This field may not be blank.", "blank")
    given = dict(values)
    if given.get("email"):
        given["email"] = given["email"].strip().lower()
    changed = set_values(employee, given)
    if "email" in changed:
        rows = Employee.objects.filter(tenant_id=employee.tenant_id)
        refuse_duplicate(rows, employee, email=employee.email)
    return changed
