"""What people enter in Open Space (K6)."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.models import Account, ProductLine
from kam.common.api.etag import IfMatch
from kam.common.errors import FieldError, InvalidInputError, StaleWriteError
from kam.common.saving import lock_row, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise
from kam.tenancy.selectors import member_ids_of_users
from planning.models import OpenSpaceCell, OpenSpaceCellFactor
from planning.selectors.open_space import grid_of, grid_tag, growth_type, who
from planning.selectors.open_space_facts import (
    EMPTY,
    Entry,
    Facts,
    Key,
    Person,
    open_space_facts,
    people_by_member,
)
from planning.signals import open_space_changed

STORED = (
    "potential",
    "probability",
    "competitor",
    "position",
    "contract_end",
    "growth_type_override",
    "note",
    "owner",
)
WRITABLE = (*STORED, "growth_type", "csfs")


@dataclass
class CellChange:
    """What one submitted cell makes of what is stored: the row to write, and the factors it serves then."""

    key: Key
    before: Entry
    row: OpenSpaceCell
    csfs: tuple[uuid.UUID, ...]
    owner: Person | None
    changed: bool

    @property
    def entry(self) -> Entry:
        """What the cell says with the change. Who, when and version are those of `before`."""
        row = self.row
        return self.before._replace(
            id=row.pk,
            potential=row.potential,
            probability=row.probability,
            competitor=row.competitor,
            position=row.position,
            contract_end=row.contract_end,
            growth_type_override=row.growth_type_override,
            note=row.note,
            owner=self.owner,
            csfs=self.csfs,
        )


@transaction.atomic
def open_space_patch(
    *, principal: Principal, account: Account, cells: Sequence[Mapping[str, Any]], if_match: IfMatch
) -> dict[str, Any]:
    """Write cells of an account's grid and return the grid as it is now.

    Each of `cells` names `segment` (id or None = whole account) and `product_line`, and any of `WRITABLE`;
    what is not named stays. A potential (base currency, per year) replaces the estimate of its line; None
    clears it. `growth_type` other than the computed one overrides it, None takes the override back. `owner`
    is a user id. `csfs` are ids of open success factors and replace those the cell served; links to retired
    factors stay. All or nothing; editors of one account's grid wait for each other.

    Raises StaleWriteError (412) when the grid is not the one that `if_match` names, with `cells`: for every
    submitted cell what is stored now and who changed it when. InvalidInputError names `cells.<n>.<field>`.
    """
    row = lock_row(Account.objects.filter(tenant_id=principal.tenant.id), account.pk)
    authorise(principal, "accounts.change", row)
    facts = open_space_facts(row)
    before = grid_of(facts)
    if not if_match.matches(grid_tag(before)):
        raise _stale(facts, cells)
    changes = [change for change in cell_changes(principal, facts, cells) if change.changed]
    if not changes:
        return before
    _write(principal, facts, changes)
    open_space_changed.send(sender=OpenSpaceCell, tenant_id=row.tenant_id, account_ids=[row.pk])
    return grid_of(facts.derive())


def open_space_pending(
    *, principal: Principal, account: Account, cells: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The grid as it would be with these cells written; nothing is. Cells and errors as `open_space_patch`."""
    facts = open_space_facts(account)
    for change in cell_changes(principal, facts, cells):
        facts.entered[change.key] = change.entry
    return grid_of(facts.derive())


def cell_changes(principal: Principal, facts: Facts, cells: Sequence[Mapping[str, Any]]) -> list[CellChange]:
    """What each submitted cell would change, all checked, in their order. Raises InvalidInputError."""
    keys = _checked_keys(facts, cells)
    owners = _owners(cells)
    ideas = {line.id for line in facts.lines if line.kind == ProductLine.Kind.IDEA}
    computed = {
        line.id: growth_type(idea=line.id in ideas, bought=line.id in facts.bought) for line in facts.lines
    }
    return [
        _change(facts, key, values, owners=owners, computed=computed[key[1]], path=f"cells.{number}")
        for number, (key, values) in enumerate(zip(keys, cells, strict=True))
    ]


def _write(principal: Principal, facts: Facts, changes: Sequence[CellChange]) -> None:
    """Store the changes, and put them into `facts` as the database has them then."""
    editor = principal.member
    for change in changes:
        change.row.changed_by_id = editor.pk
    OpenSpaceCell.objects.bulk_create(
        [change.row for change in changes],
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["tenant", "account", "segment", "product_line"],
        update_fields=[*STORED, "changed_by", "updated_at"],
    )
    _link(facts, changes)
    me = Person(editor.pk, editor.user_id, editor.user.display_name)
    for change in changes:
        facts.entered[change.key] = change.entry._replace(
            changed_by=me, changed_at=change.row.updated_at, version=(change.before.version or 0) + 1
        )


def _link(facts: Facts, changes: Sequence[CellChange]) -> None:
    gone, new = [], []
    for change in changes:
        cell, links = change.row.pk, facts.links.setdefault(change.row.pk, {})
        gone += [links.pop(factor) for factor in set(links) - set(change.csfs)]
        for factor in change.csfs:
            if factor not in links:
                link = OpenSpaceCellFactor(tenant_id=change.row.tenant_id, cell_id=cell, factor_id=factor)
                links[factor] = link.pk
                new.append(link)
    if gone:
        OpenSpaceCellFactor.objects.filter(tenant_id=facts.account.tenant_id, pk__in=gone).delete()
    if new:
        OpenSpaceCellFactor.objects.bulk_create(new, batch_size=1000)


def _checked_keys(facts: Facts, cells: Sequence[Mapping[str, Any]]) -> list[Key]:
    rows = {row.id for row in facts.rows}
    lines = {line.id for line in facts.lines}
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


def _owners(cells: Sequence[Mapping[str, Any]]) -> dict[uuid.UUID, Person]:
    """The people named as owners, by user id."""
    members = member_ids_of_users(cell["owner"] for cell in cells if cell.get("owner") is not None)
    return {person.user_id: person for person in people_by_member(set(members.values())).values()}


def _change(
    facts: Facts,
    key: Key,
    values: Mapping[str, Any],
    *,
    owners: Mapping[uuid.UUID, Person],
    computed: str,
    path: str,
) -> CellChange:
    before = facts.entered.get(key, EMPTY)
    row = _row(facts.account, key, before)
    given = {name: values[name] for name in WRITABLE if name in values}
    if "growth_type" in given:
        wanted = given.pop("growth_type")
        given.setdefault("growth_type_override", "" if wanted in (None, computed) else wanted)
    if given.get("position", "") is None:
        given["position"] = OpenSpaceCell._meta.get_field("position").default
    owner = before.owner
    if "owner" in given:
        owner = None if given["owner"] is None else owners.get(given["owner"])
        if owner is None and given["owner"] is not None:
            raise InvalidInputError.of(f"{path}.owner", "There is no such member.", "unknown")
        given["owner"] = owner.member_id if owner else None
    csfs = before.csfs
    if "csfs" in given:
        csfs = _served(facts, given.pop("csfs") or (), path=path)
    try:
        changed = bool(set_values(row, given))
    except InvalidInputError as error:
        faults = [FieldError(f"{path}.{fault.field}", fault.message, fault.code) for fault in error.errors]
        raise InvalidInputError(error.message, errors=faults) from error
    return CellChange(key, before, row, csfs, owner, changed or csfs != before.csfs)


def _row(account: Account, key: Key, entry: Entry) -> OpenSpaceCell:
    """The stored cell as a row that can be changed, without reading it again."""
    row = OpenSpaceCell(
        tenant_id=account.tenant_id,
        account_id=account.pk,
        segment_id=key[0],
        product_line_id=key[1],
        opportunity_id=entry.opportunity,
        owner_id=entry.owner.member_id if entry.owner else None,
        **{name: getattr(entry, name) for name in STORED if name != "owner"},
    )
    if entry.id is not None:
        row.pk = entry.id
    return row


def _served(facts: Facts, wanted: Sequence[uuid.UUID], *, path: str) -> tuple[uuid.UUID, ...]:
    known = [factor.id for factor in facts.factors]
    if not set(wanted) <= set(known):
        raise InvalidInputError.of(
            f"{path}.csfs", "There is no such open success factor of this account.", "unknown"
        )
    return tuple(factor for factor in known if factor in set(wanted))


def _stale(facts: Facts, cells: Sequence[Mapping[str, Any]]) -> StaleWriteError:
    answers = []
    for cell in cells:
        key = (cell.get("segment"), cell["product_line"])
        now = facts.entered.get(key, EMPTY)
        answers.append(
            {
                "segment": key[0],
                "product_line": key[1],
                "potential": now.potential,
                "probability": now.probability,
                "competitor": now.competitor or None,
                "position": now.position if now.version else None,
                "contract_end": now.contract_end,
                "growth_type_override": now.growth_type_override or None,
                "csfs": now.csfs,
                "opportunity": now.opportunity,
                **who(now),
            }
        )
    return StaleWriteError(
        "The grid was changed since you read it. Compare the cells, then write again with the new ETag.",
        extra={"cells": answers},
    )
