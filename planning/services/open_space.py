"""What people enter in Open Space (K6)."""

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection, transaction

from accounts.models import Account, ProductLine
from kam.common.api.etag import IfMatch
from kam.common.api.renderers import json_bytes
from kam.common.errors import FieldError, InvalidInputError, NotFoundError, StaleWriteError
from kam.common.prepared import Prepared
from kam.common.saving import check_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise
from kam.tenancy.selectors import member_ids_of_users
from planning.models import OpenSpaceCell, OpenSpaceCellFactor
from planning.selectors.open_space import grid_of, growth_type, stored_cells
from planning.selectors.open_space_facts import (
    EMPTY,
    Entry,
    Facts,
    Key,
    Person,
    facts_near,
    open_space_facts,
    open_space_outline,
    people_by_member,
)
from planning.selectors.open_space_stamp import read_stamp, stamp_after
from planning.selectors.open_space_tag import open_space_tag
from planning.signals import open_space_changed

CHECKED = (
    "potential",
    "probability",
    "competitor",
    "position",
    "contract_end",
    "growth_type_override",
    "note",
)
LARGEST = Decimal(10) ** 14
TEXTS = ("competitor", "growth_type_override", "note")
WRITABLE = frozenset({*CHECKED, "owner", "growth_type", "csfs"})


class CellChange(NamedTuple):
    """What one submitted cell makes of what is stored. Who, when and version of `after` are those of `before`;
    `names` are those that differ."""

    spot: int
    key: Key
    before: Entry
    after: Entry
    names: tuple[str, ...]


# What `lock_row` does, with its statement written once.
_LOCKED = Prepared(
    lambda tenant, account: Account.objects.filter(tenant_id=tenant, pk=account).select_for_update(
        of=("self",), no_key=True
    ),
    tenant=uuid.UUID,
    account=uuid.UUID,
)


@transaction.atomic
def open_space_patch(
    *,
    principal: Principal,
    account: Account,
    cells: Sequence[Mapping[str, Any]],
    if_match: IfMatch,
    brief: bool = False,
) -> Facts:
    """Write cells of an account's grid and return what the grid is made of now.

    Each of `cells` names `segment` (id or None = whole account) and `product_line`, and any of `WRITABLE`;
    what is not named stays. A potential (base currency, per year) replaces the estimate of its line; None
    clears it. `growth_type` other than the computed one overrides it, None takes the override back. `owner`
    is a user id. `csfs` are ids of open success factors and replace those the cell served; links to retired
    factors stay. All or nothing; editors of one account's grid wait for each other.

    `brief`: the caller has the grid and wants no more than `stored_cells`, so the facts need not be `whole`.
    They are all the same where a potential is taken back: an estimate may then stand in for it, elsewhere in
    the grid than in the cells that were given.

    Raises StaleWriteError (412) when the grid is not the one that `if_match` names, with `cells`: for every
    submitted cell what is stored now and who changed it when. InvalidInputError names `cells.<n>.<field>`.
    """
    row = _LOCKED.first(tenant=principal.tenant.id, account=account.pk)
    if row is None:
        raise NotFoundError("It has been deleted.")
    authorise(principal, "accounts.change", row)
    # The computed growth type of a cell follows from the sales of its whole column.
    brief = brief and not any("growth_type" in cell for cell in cells)
    outline = open_space_outline(row)
    keys = [_key(cell) for cell in cells]
    me = _person(principal)
    facts = facts_near(outline, keys, known=me) if brief else open_space_facts(row, outline)
    if not if_match.anything and not if_match.matches(open_space_tag(outline)):
        raise StaleWriteError(
            "The grid was changed since you read it. Compare the cells, then write again with the new ETag.",
            extra={"cells": stored_cells(facts, keys)},
        )
    changes = _real_changes(facts, cells)
    if not changes:
        return facts
    if brief and any(change.before.potential is not None is change.after.potential for change in changes):
        facts = open_space_facts(row, open_space_outline(row))
        changes = _real_changes(facts, cells)
    _write(principal, facts, changes)
    open_space_changed.send(sender=OpenSpaceCell, tenant_id=row.tenant_id, account_ids=[row.pk])
    return facts.derive() if facts.whole else facts


def open_space_pending(*, account: Account, cells: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The grid as it would be with these cells written; nothing is. Cells and errors as `open_space_patch`."""
    facts = open_space_facts(account)
    for change in cell_changes(facts, cells):
        facts.entered[change.spot] = change.after
    return grid_of(facts.derive())


def cell_changes(facts: Facts, cells: Sequence[Mapping[str, Any]]) -> list[CellChange]:
    """What each submitted cell would change, all checked, in their order. Raises InvalidInputError."""
    spots = _checked_spots(facts, cells)
    owners = _owners(cells)
    computed = [
        growth_type(idea=line.kind == ProductLine.Kind.IDEA, bought=line.id in facts.bought)
        for line in facts.lines
    ]
    changes = []
    for number, (spot, values) in enumerate(zip(spots, cells, strict=True)):
        before = facts.entered.get(spot, EMPTY)
        try:
            given = _given(facts, values, owners=owners, computed=computed[spot % facts.spots.width])
            changed = {name: value for name, value in given.items() if getattr(before, name) != value}
            if not _is_plain_amount(changed):
                check_values(OpenSpaceCell, {name: changed[name] for name in CHECKED if name in changed})
        except InvalidInputError as error:
            path = f"cells.{number}"
            faults = [
                FieldError(f"{path}.{fault.field}", fault.message, fault.code) for fault in error.errors
            ]
            raise InvalidInputError(error.message, errors=faults) from error
        after = before._replace(**changed) if changed else before
        changes.append(CellChange(spot, _key(values), before, after, tuple(changed)))
    return changes


def _real_changes(facts: Facts, cells: Sequence[Mapping[str, Any]]) -> list[CellChange]:
    return [change for change in cell_changes(facts, cells) if change.names]


def _key(cell: Mapping[str, Any]) -> Key:
    return cell.get("segment"), cell["product_line"]


def _is_plain_amount(changed: Mapping[str, Any]) -> bool:
    """Whether only an amount changes, and to one that needs no closer look: most cells of a paste."""
    amount = changed.get("potential")
    return (
        len(changed) == 1
        and type(amount) is Decimal
        and 0 <= amount <= LARGEST
        and amount == round(amount, 4)
    )


_TYPES = {
    "potential": "numeric",
    "probability": "float8",
    "competitor": "text",
    "position": "text",
    "contract_end": "date",
    "growth_type_override": "text",
    "note": "text",
    "owner_id": "uuid",
}
# Of a new cell what nobody has entered.
_NOTHING = {
    "competitor": "''",
    "position": f"'{EMPTY.position}'",
    "growth_type_override": "''",
    "note": "''",
}
_WRITE = """
    INSERT INTO planning_openspacecell (
        tenant_id, account_id, segment_id, product_line_id, changed_by_id, created_at, updated_at, {columns}
    )
    SELECT %s, %s, segment, product_line, %s, statement_timestamp(), statement_timestamp(), {values}
    FROM json_to_recordset(%s) AS written (segment uuid, product_line uuid, {typed})
    ON CONFLICT (tenant_id, account_id, segment_id, product_line_id) DO UPDATE SET
        {taken}, changed_by_id = excluded.changed_by_id, updated_at = excluded.updated_at
    RETURNING new.segment_id::text, new.product_line_id::text, new.id::text, new.version, new.updated_at,
        hash_record_extended(ROW(new.id, new.version), 0)::numeric
            - CASE WHEN old.id IS NULL THEN 0 ELSE hash_record_extended(ROW(old.id, old.version), 0) END
"""


def _writing(*names: str) -> str:
    """The statement that writes these columns of many cells; what else is stored of them stays."""
    nothing = {name: value for name, value in _NOTHING.items() if name not in names}
    return _WRITE.format(
        columns=", ".join((*names, *nothing)),
        values=", ".join((*names, *nothing.values())),
        typed=", ".join(f"{name} {_TYPES[name]}" for name in names),
        taken=", ".join(f"{name} = excluded.{name}" for name in names),
    )


_WRITE_ALL, _WRITE_AMOUNTS = _writing(*_TYPES), _writing("potential")


def _amounts(changes: Sequence[CellChange]) -> list[dict[str, Any]]:
    """Of a paste of potentials."""
    return [
        {"segment": change.key[0], "product_line": change.key[1], "potential": change.after.potential}
        for change in changes
    ]


def _values(changes: Sequence[CellChange]) -> list[dict[str, Any]]:
    return [
        {
            "segment": change.key[0],
            "product_line": change.key[1],
            **{name: getattr(change.after, name) for name in CHECKED},
            "owner_id": change.after.owner.member_id if change.after.owner else None,
        }
        for change in changes
    ]


def _write(principal: Principal, facts: Facts, changes: Sequence[CellChange]) -> None:
    """Store the changes in one statement, and put them into `facts` as the database has them then."""
    editor, account = principal.member, facts.account
    only_amounts = all(change.names == ("potential",) for change in changes)
    statement, rows = (_WRITE_AMOUNTS, _amounts(changes)) if only_amounts else (_WRITE_ALL, _values(changes))
    with connection.cursor() as cursor:
        cursor.execute(statement, [account.tenant_id, account.pk, editor.pk, json_bytes(rows).decode()])
        stored = {facts.spots.find(*row[:2]): row[2:] for row in cursor.fetchall()}
    me = _person(principal)
    for change in changes:
        cell, version, changed_at, _ = stored[change.spot]
        facts.entered[change.spot] = change.after._replace(
            id=cell, version=version, changed_by=me, changed_at=changed_at
        )
    # Only what this write changed, so that another's change meanwhile is still one that the reader has not seen.
    facts.stamp = stamp_after(facts.stamp, [row[-1] for row in stored.values()])
    if _link(facts, changes):
        facts.stamp = facts.stamp._replace(links=read_stamp(account, facts.settings).links)


def _person(principal: Principal) -> Person:
    member = principal.member
    return Person(member.pk, member.user_id, member.user.display_name)


def _link(facts: Facts, changes: Sequence[CellChange]) -> bool:
    """Store which factors the cells serve. Whether that is other than it was."""
    gone, new = [], []
    for change in changes:
        if change.before.csfs == change.after.csfs:
            continue
        cell = facts.entered[change.spot].id
        assert cell is not None, "It is stored."
        links = facts.links.setdefault(cell, {})
        gone += [links.pop(factor) for factor in set(links) - set(change.after.csfs)]
        for factor in change.after.csfs:
            if factor not in links:
                link = OpenSpaceCellFactor(
                    tenant_id=facts.account.tenant_id, cell_id=uuid.UUID(cell), factor_id=factor
                )
                links[factor] = link.pk
                new.append(link)
    if gone:
        OpenSpaceCellFactor.objects.filter(tenant_id=facts.account.tenant_id, pk__in=gone).delete()
    if new:
        OpenSpaceCellFactor.objects.bulk_create(new, batch_size=1000)
    return bool(gone or new)


def _checked_spots(facts: Facts, cells: Sequence[Mapping[str, Any]]) -> list[int]:
    """Where the cells stand. Raises InvalidInputError naming the segments and lines that are none of the grid."""
    spots = [facts.spots.of((cell.get("segment"), cell["product_line"])) for cell in cells]
    found = [spot for spot in spots if spot is not None]
    if len(set(found)) == len(cells):
        return found
    seen: set[Key] = set()
    faults = []
    for number, cell in enumerate(cells):
        key = (cell.get("segment"), cell["product_line"])
        if key[0] not in {row.id for row in facts.rows}:
            faults.append(
                FieldError(f"cells.{number}.segment", "There is no such segment of this account.", "unknown")
            )
        if key[1] not in {line.id for line in facts.lines}:
            faults.append(
                FieldError(f"cells.{number}.product_line", "There is no such product line.", "unknown")
            )
        if key in seen:
            faults.append(FieldError(f"cells.{number}", "This cell is in the request twice.", "repeated"))
        seen.add(key)
    raise InvalidInputError(f"{faults[0].field}: {faults[0].message}", errors=faults)


def _owners(cells: Sequence[Mapping[str, Any]]) -> dict[uuid.UUID, Person]:
    """The people named as owners, by user id."""
    members = member_ids_of_users(cell["owner"] for cell in cells if cell.get("owner") is not None)
    return {person.user_id: person for person in people_by_member(set(members.values())).values()}


def _given(
    facts: Facts, values: Mapping[str, Any], *, owners: Mapping[uuid.UUID, Person], computed: str
) -> dict[str, Any]:
    """What a submitted cell sets, as an `Entry` keeps it. Raises InvalidInputError naming the field."""
    given = {name: value for name, value in values.items() if name in WRITABLE}
    if given.keys() == {"potential"}:
        return given
    if "growth_type" in given:
        wanted = given.pop("growth_type")
        given.setdefault("growth_type_override", "" if wanted in (None, computed) else wanted)
    if given.get("position", "") is None:
        given["position"] = EMPTY.position
    for name in TEXTS:
        if given.get(name, "") is None:
            given[name] = ""
    if given.get("owner") is not None:
        given["owner"] = owners.get(given["owner"])
        if given["owner"] is None:
            raise InvalidInputError.of("owner", "There is no such member.", "unknown")
    if "csfs" in given:
        given["csfs"] = _served(facts, given["csfs"] or ())
    return given


def _served(facts: Facts, wanted: Sequence[uuid.UUID]) -> tuple[uuid.UUID, ...]:
    known = [factor.id for factor in facts.factors]
    if not set(wanted) <= set(known):
        raise InvalidInputError.of("csfs", "There is no such open success factor of this account.", "unknown")
    return tuple(factor for factor in known if factor in set(wanted))
