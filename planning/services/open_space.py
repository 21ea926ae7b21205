"""What people enter in Open Space (K6)."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from kam.common.api.etag import IfMatch
from kam.common.errors import FieldError, InvalidInputError, StaleWriteError
from kam.common.saving import lock_row, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise
from kam.tenancy.selectors import member_ids_of_users
from planning.models import OpenSpaceCell
from planning.selectors.open_space import (
    Key,
    entered_cells,
    grid_tag,
    growth_type,
    open_space_grid,
    who,
)
from planning.signals import open_space_changed

WRITABLE = (
    "potential",
    "probability",
    "competitor",
    "position",
    "contract_end",
    "growth_type",
    "growth_type_override",
    "note",
    "owner",
)
_WRITTEN = [
    "potential",
    "probability",
    "competitor",
    "position",
    "contract_end",
    "growth_type_override",
    "note",
    "owner",
    "changed_by",
    "updated_at",
]


@transaction.atomic
def open_space_patch(
    *, principal: Principal, account: Account, cells: Sequence[Mapping[str, Any]], if_match: IfMatch
) -> dict[str, Any]:
    """Write cells of an account's grid and return the grid as it is now.

    Each of `cells` names `segment` (id or None = whole account) and `product_line`, and any of `WRITABLE`;
    what is not named stays. A potential (base currency, per year) replaces the estimate of its line; None
    clears it. `growth_type` other than the computed one overrides it, None takes the override back. `owner`
    is a user id. All or nothing; editors of one account's grid wait for each other.

    Raises StaleWriteError (412) when the grid is not the one that `if_match` names, with `cells`: for every
    submitted cell what is stored now and who changed it when. InvalidInputError names `cells.<n>.<field>`.
    """
    row = lock_row(Account.objects.filter(tenant_id=principal.tenant.id), account.pk)
    authorise(principal, "accounts.change", row)
    before = open_space_grid(account=row)
    if not if_match.matches(grid_tag(before)):
        raise _stale(row, cells)
    if _write(principal, row, before, cells):
        open_space_changed.send(sender=OpenSpaceCell, tenant_id=row.tenant_id, account_ids=[row.pk])
        return open_space_grid(account=row)
    return before


def _write(
    principal: Principal, account: Account, grid: Mapping[str, Any], cells: Sequence[Mapping[str, Any]]
) -> bool:
    stored = entered_cells(account)
    keys = _checked_keys(grid, cells)
    owners = member_ids_of_users(cell["owner"] for cell in cells if cell.get("owner") is not None)
    computed = _computed_types(grid)
    new: list[OpenSpaceCell] = []
    changed: list[OpenSpaceCell] = []
    now = timezone.now()
    for number, (key, values) in enumerate(zip(keys, cells, strict=True)):
        cell = stored.get(key) or OpenSpaceCell(
            tenant_id=account.tenant_id, account=account, segment_id=key[0], product_line_id=key[1]
        )
        if not _set(cell, values, owners=owners, computed=computed[key[1]], path=f"cells.{number}"):
            continue
        cell.changed_by_id, cell.updated_at = principal.member.id, now
        (changed if key in stored else new).append(cell)
    OpenSpaceCell.objects.bulk_create(new, batch_size=1000)
    OpenSpaceCell.objects.bulk_update(changed, _WRITTEN, batch_size=500)
    return bool(new or changed)


def _checked_keys(grid: Mapping[str, Any], cells: Sequence[Mapping[str, Any]]) -> list[Key]:
    rows = {row["id"] for row in grid["segments"]}
    lines = {line["id"] for line in grid["product_lines"]}
    keys: list[Key] = []
    seen: set[Key] = set()
    faults = []
    for number, cell in enumerate(cells):
        key = (cell.get("segment"), cell["product_line"])
        if key[0] not in rows:
            faults.append(
                FieldError(f"cells.{number}.segment", "There is no such segment of this account.", "unknown")
            )
        if key[1] not in lines:
            faults.append(
                FieldError(f"cells.{number}.product_line", "There is no such product line.", "unknown")
            )
        if key in seen:
            faults.append(FieldError(f"cells.{number}", "This cell is in the request twice.", "repeated"))
        seen.add(key)
        keys.append(key)
    if faults:
        raise InvalidInputError(f"{faults[0].field}: {faults[0].message}", errors=faults)
    return keys


def _computed_types(grid: Mapping[str, Any]) -> dict[uuid.UUID, str]:
    bought = {cell["product_line"] for cell in grid["cells"] if cell["current"] > 0}
    return {
        line["id"]: growth_type(idea=line["kind"] == "idea", bought=line["id"] in bought)
        for line in grid["product_lines"]
    }


def _set(
    cell: OpenSpaceCell,
    values: Mapping[str, Any],
    *,
    owners: Mapping[uuid.UUID, uuid.UUID],
    computed: str,
    path: str,
) -> bool:
    given = {name: values[name] for name in WRITABLE if name in values}
    if "growth_type" in given:
        wanted = given.pop("growth_type")
        given.setdefault("growth_type_override", "" if wanted in (None, computed) else wanted)
    if given.get("position", "") is None:
        given["position"] = OpenSpaceCell._meta.get_field("position").default
    if given.get("owner") is not None:
        member_id = owners.get(given["owner"])
        if member_id is None:
            raise InvalidInputError.of(f"{path}.owner", "There is no such member.", "unknown")
        given["owner"] = member_id
    try:
        return bool(set_values(cell, given))
    except InvalidInputError as error:
        faults = [FieldError(f"{path}.{fault.field}", fault.message, fault.code) for fault in error.errors]
        raise InvalidInputError(error.message, errors=faults) from error


def _stale(account: Account, cells: Sequence[Mapping[str, Any]]) -> StaleWriteError:
    stored = entered_cells(account)
    answers = []
    for cell in cells:
        key = (cell.get("segment"), cell["product_line"])
        now = stored.get(key)
        answers.append(
            {
                "segment": key[0],
                "product_line": key[1],
                "potential": now.potential if now else None,
                "probability": now.probability if now else None,
                "competitor": (now.competitor or None) if now else None,
                "position": now.position if now else None,
                "contract_end": now.contract_end if now else None,
                "growth_type_override": (now.growth_type_override or None) if now else None,
                **who(now),
            }
        )
    return StaleWriteError(
        "The grid was changed since you read it. Compare the cells, then write again with the new ETag.",
        extra={"cells": answers},
    )
