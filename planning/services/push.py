"""One click makes a push opportunity from a cell of Open Space (K6, K19)."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Account
from kam.common.errors import FieldError, InvalidInputError
from kam.common.saving import lock_row
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise
from opportunities.models import Direction, Opportunity
from opportunities.services import opportunity_create
from planning.models import OpenSpaceCell
from planning.selectors.open_space import open_space_grid

NAME_LENGTH = 200


@transaction.atomic
def open_space_push(
    *, principal: Principal, account: Account, segment: uuid.UUID | None, product_line: uuid.UUID
) -> tuple[Opportunity, bool]:
    """The push opportunity of a cell, and whether it was made now (K6, K19).

    The first time it carries the cell's gap as amount (base currency, per year; null where no potential is
    known), its probability, competitor, note and owner (else whoever pushes); the cell keeps the link, and
    pushing again gives the same one. Once that opportunity is deleted, the cell is free for another.

    Raises InvalidInputError naming `segment` or `product_line`, PermissionDenied.
    """
    row = lock_row(Account.objects.filter(tenant_id=principal.tenant.id), account.pk)
    authorise(principal, "accounts.change", row)
    cells = OpenSpaceCell.objects.select_related("opportunity").filter(
        Q(segment_id=segment) if segment else Q(segment__isnull=True),
        tenant_id=row.tenant_id,
        account_id=row.pk,
        product_line_id=product_line,
    )
    stored = cells.first()
    if stored is not None and stored.opportunity is not None:
        return stored.opportunity, False
    grid = open_space_grid(account=row)
    values = _values(principal, grid, segment=segment, product_line=product_line)
    opportunity = opportunity_create(principal=principal, values={"account": row.pk, **values})
    cell = stored or OpenSpaceCell(
        tenant_id=row.tenant_id, account=row, segment_id=segment, product_line_id=product_line
    )
    cell.opportunity, cell.changed_by_id, cell.updated_at = opportunity, principal.member.id, timezone.now()
    cell.save(
        force_insert=stored is None,
        update_fields=None if stored is None else ["opportunity", "changed_by", "updated_at"],
    )
    return opportunity, True


def _values(
    principal: Principal, grid: Mapping[str, Any], *, segment: uuid.UUID | None, product_line: uuid.UUID
) -> dict[str, Any]:
    rows = {row["id"]: row["name"] for row in grid["segments"]}
    lines = {line["id"]: line["name"] for line in grid["product_lines"]}
    faults = []
    if segment not in rows:
        faults.append(FieldError("segment", "There is no such segment of this account.", "unknown"))
    if product_line not in lines:
        faults.append(FieldError("product_line", "There is no such product line.", "unknown"))
    if faults:
        raise InvalidInputError(faults[0].message, errors=faults)
    key = (segment, product_line)
    cell: Mapping[str, Any] = next(
        (cell for cell in grid["cells"] if (cell["segment"], cell["product_line"]) == key),
        {},  # nothing is known of the cell yet: the opportunity starts empty
    )
    owner = cell.get("owner") or (principal.member.user_id if principal.is_person else None)
    return {
        "name": f"{lines[product_line]}, {rows[segment]}"[:NAME_LENGTH],
        "direction": Direction.PUSH.value,
        "amount": cell.get("gap"),
        "currency": grid["currency"],
        "probability": cell.get("probability"),
        "product_line": product_line,
        "segment": segment,
        "competitor": cell.get("competitor"),
        "notes": cell.get("note"),
        "owner": owner,
    }
