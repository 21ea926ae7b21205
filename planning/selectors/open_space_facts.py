"""What the Open Space of one account is made of, read set by set: nine queries whatever the size (K6).

Money is Decimal, per year, in the tenant's base currency.

A grid of 200 × 60 has 12,000 cells, and reading and hashing two UUIDs for each would cost more than all the rest.
So the sets with a row per cell come with their ids as text and are kept by the cell's spot (`Spots`), a number.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from accounts.models import Account, ProductLine, Segment
from accounts.selectors.success_factors import success_factor_list
from kam.common.prepared import Prepared
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import TenantSettings
from kam.tenancy.reference import reference_date
from kam.tenancy.selectors import tenant_settings
from planning.models import Position
from planning.selectors.estimates import EstimatedPotential, PeerLine, account_estimates, peer_lines
from planning.selectors.open_space_sales import Sales, Sold, read_sales
from planning.selectors.open_space_stamp import Stamp, read_stamp

Key = tuple[uuid.UUID | None, uuid.UUID]
ZERO, CENT = Decimal(0), Decimal("0.0001")
WHOLE_ACCOUNT = "Whole account"


class Line(NamedTuple):
    """A column of the grid."""

    id: uuid.UUID
    external_id: str | None
    name: str
    kind: str
    business_unit_id: uuid.UUID | None
    business_unit_name: str | None


class Row(NamedTuple):
    """A row of the grid; `id` None is the whole-account row."""

    id: uuid.UUID | None
    external_id: str | None
    name: str
    kind: str | None
    parent: uuid.UUID | None


class Person(NamedTuple):
    """A member as the grid names them."""

    member_id: uuid.UUID
    user_id: uuid.UUID
    name: str


class Entry(NamedTuple):
    """What people entered about one cell. `id`: its key as text. `csfs`: ids of the open success factors it
    serves, in their order."""

    id: str | None = None
    potential: Decimal | None = None
    probability: float | None = None
    competitor: str = ""
    position: str = Position.UNKNOWN.value
    contract_end: date | None = None
    growth_type_override: str = ""
    note: str = ""
    opportunity: uuid.UUID | None = None
    version: int | None = None
    changed_at: datetime | None = None
    owner: Person | None = None
    changed_by: Person | None = None
    csfs: tuple[uuid.UUID, ...] = ()

    @property
    def says_something(self) -> bool:
        """False for a cell that was emptied: it stays for its history only."""
        return (
            self.potential is not None
            or self.probability is not None
            or self.position != Position.UNKNOWN.value
            or self.contract_end is not None
            or self.owner is not None
            or self.opportunity is not None
            or bool(self.competitor or self.note or self.growth_type_override or self.csfs)
        )


EMPTY = Entry()


class Spots:
    """Numbers the cells of a grid, row by row: number of the row × number of columns + number of the column.

    The order of the spots is the order of the grid, and the spots of the first row are the columns' numbers.
    """

    def __init__(self, rows: Sequence[Row], lines: Sequence[Line]) -> None:
        self.width = len(lines)
        self.starts: dict[str | None, int] = {
            None if row.id is None else str(row.id): number * self.width for number, row in enumerate(rows)
        }
        self.columns: dict[str | None, int] = {str(line.id): number for number, line in enumerate(lines)}
        # The same by the ids themselves: hashing one costs a tenth of writing it.
        self._starts = {row.id: number * self.width for number, row in enumerate(rows)}
        self._columns = {line.id: number for number, line in enumerate(lines)}

    def find(self, segment: str | None, line: str | None) -> int | None:
        """The spot of a cell by the ids of its segment and line as text; None where the grid has no such."""
        start, column = self.starts.get(segment), self.columns.get(line)
        return None if start is None or column is None else start + column

    def of(self, key: Key) -> int | None:
        """The same by their keys."""
        start, column = self._starts.get(key[0]), self._columns.get(key[1])
        return None if start is None or column is None else start + column


@dataclass
class Facts:
    """What the grid is made of; `sales` and `entered` by the cell's spot. The sums by line and the estimates
    follow from the rest (`derive`)."""

    account: Account
    settings: TenantSettings
    reference: date
    rows: list[Row]
    lines: list[Line]
    spots: Spots
    stamp: Stamp
    sales: dict[int, Sales]
    entered: dict[int, Entry]
    factors: list["Factor"]
    links: dict[str, dict[uuid.UUID, uuid.UUID]]
    peers: list[PeerLine]
    by_line: dict[uuid.UUID, Decimal] = field(default_factory=dict)
    bought: set[uuid.UUID] = field(default_factory=set)
    estimates: dict[uuid.UUID, EstimatedPotential] = field(default_factory=dict)
    # False: only what a write of some cells needs (`facts_near`); no grid can be made of it.
    whole: bool = True

    def derive(self) -> "Facts":
        """Put in what follows: sales by line, which lines are bought (K4), estimates of the others."""
        width = self.spots.width
        sums, bought = [ZERO] * width, set()
        for spot, sales in self.sales.items():
            sums[spot % width] += sales.year
            if sales.year > 0:
                bought.add(spot % width)
        self.by_line = {line.id: total for line, total in zip(self.lines, sums, strict=True)}
        self.bought = {self.lines[column].id for column in bought}
        entered = {spot % width for spot, entry in self.entered.items() if entry.potential is not None}
        self.estimates = account_estimates(
            settings=self.settings,
            peers=self.peers,
            current_by_line=self.by_line,
            entered_lines={self.lines[column].id for column in entered},
        )
        return self


class Outline(NamedTuple):
    """What tells whether the grid of an account has changed, and is read first: what is read after it is never
    older than it says."""

    account: Account
    settings: TenantSettings
    stamp: Stamp


def open_space_outline(account: Account) -> Outline:
    """Read the outline of an account's Open Space; two queries."""
    settings = tenant_settings()
    return Outline(account, settings, read_stamp(account, settings))


def open_space_facts(account: Account, outline: Outline | None = None) -> Facts:
    """Read the Open Space of an account, or the rest of it."""
    _, settings, stamp = outline or open_space_outline(account)
    factors, links = open_factors(account)
    rows, lines = open_space_rows(account), open_space_lines(account)
    spots = Spots(rows, lines)
    return Facts(
        account=account,
        settings=settings,
        reference=reference_date(settings),
        rows=rows,
        lines=lines,
        spots=spots,
        stamp=stamp,
        sales=_sales_by_spot(read_sales(account, settings), spots),
        entered=entries(account, spots, factors, links),
        factors=factors,
        links=links,
        peers=peer_lines(industry=account.industry) if settings.potential_estimates_enabled else [],
    ).derive()


def facts_near(outline: Outline, cells: Collection[Key], *, known: Person) -> Facts:
    """What a write of some cells needs to know: their rows and columns and what is entered there, no sales.

    It is not `whole`: rows come without their order, and neither estimates nor what is bought is known. `known`:
    who writes; of most cells nobody else has to be looked up.
    """
    account = outline.account
    factors, links = open_factors(account)
    segments, columns = _rows_and_columns(cells)
    of_account = [account.tenant_id, account.pk]
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, [*of_account, segments, *of_account, columns])
        found = cursor.fetchall()
    rows = [Row(None, None, WHOLE_ACCOUNT, None, None), *(Row._make(row[1:]) for row in found if row[0])]
    lines = [Line._make((*row[1:5], None, None)) for row in found if not row[0]]
    spots = Spots(rows, lines)
    return Facts(
        account=account,
        settings=outline.settings,
        reference=reference_date(outline.settings),
        rows=rows,
        lines=lines,
        spots=spots,
        stamp=outline.stamp,
        sales={},
        entered=entries(account, spots, factors, links, near=cells, known=known),
        factors=factors,
        links=links,
        peers=[],
        whole=False,
    )


# Rows of the grid, then columns of it.
_NEAR = """
    SELECT true, id, external_id, name, kind, parent_id FROM accounts_segment
    WHERE tenant_id = %s AND account_id = %s AND id = ANY(%s::uuid[])
    UNION ALL
    SELECT false, id, external_id, name, kind, NULL FROM accounts_productline
    WHERE tenant_id = %s AND (account_id = %s OR kind = 'catalogue') AND id = ANY(%s::uuid[])
"""


def _sales_by_spot(sold: Iterable[Sold], spots: Spots) -> dict[int, Sales]:
    found = {}
    for segment, line, year, fiscal in sold:
        spot = spots.find(segment, line)
        if spot is not None:
            found[spot] = Sales(Decimal(year).quantize(CENT), Decimal(fiscal).quantize(CENT))
    return found


_LINES = Prepared(
    lambda tenant, account: (
        ProductLine.objects.filter(tenant_id=tenant)
        .filter(Q(account_id=account) | Q(kind=ProductLine.Kind.CATALOGUE))
        .filter(Q(business_unit__tenant_id=tenant) | Q(business_unit__isnull=True))
        .order_by("kind", "business_unit__position", "business_unit__name", "position", "name", "id")
        .values_list("id", "external_id", "name", "kind", "business_unit_id", "business_unit__name")
    ),
    tenant=uuid.UUID,
    account=uuid.UUID,
)


def open_space_lines(account: Account) -> list[Line]:
    """The columns: the catalogue by business unit, then this account's ideas."""
    return [Line(*row) for row in _LINES(tenant=account.tenant_id, account=account.pk)]


_SEGMENTS = Prepared(
    lambda tenant, account: (
        Segment.objects.filter(tenant_id=tenant, account_id=account)
        .order_by("position", "name", "id")
        .values_list("id", "external_id", "name", "kind", "parent_id")
    ),
    tenant=uuid.UUID,
    account=uuid.UUID,
)


def open_space_rows(account: Account) -> list[Row]:
    """The rows: the whole account, then the customer's segments as a tree, parents before children."""
    below: dict[uuid.UUID | None, list[Row]] = {}
    for values in _SEGMENTS(tenant=account.tenant_id, account=account.pk):
        segment = Row(*values)
        below.setdefault(segment.parent, []).append(segment)
    ordered, todo = [Row(None, None, WHOLE_ACCOUNT, None, None)], below.get(None, [])[::-1]
    while todo:
        segment = todo.pop()
        ordered.append(segment)
        todo += below.get(segment.id, [])[::-1]
    return ordered


class Factor(NamedTuple):
    """An open critical success factor of the account, as the grid names it (K12)."""

    id: uuid.UUID
    title: str
    kind: str
    owner_name: str | None
    horizon: str | None


_FACTORS = Prepared(
    lambda tenant, account: (
        success_factor_list(account=Account(tenant_id=tenant, pk=account))
        .select_related(None)
        .filter(Q(cells__tenant_id=tenant) | Q(cells__isnull=True))
        .values_list("id", "title", "kind", "owner_name", "horizon", "cells__cell_id", "cells__id")
    ),
    tenant=uuid.UUID,
    account=uuid.UUID,
)


def open_factors(account: Account) -> tuple[list[Factor], dict[str, dict[uuid.UUID, uuid.UUID]]]:
    """The open success factors of an account in their order; and cell id as text → factor id → id of the link."""
    factors: dict[uuid.UUID, Factor] = {}
    links: dict[str, dict[uuid.UUID, uuid.UUID]] = {}
    for factor, title, kind, owner, horizon, cell, link in _FACTORS(
        tenant=account.tenant_id, account=account.pk
    ):
        factors.setdefault(factor, Factor(factor, title, kind, owner or None, horizon or None))
        if cell is not None:
            links.setdefault(str(cell), {})[factor] = link
    return list(factors.values()), links


_CELLS = """
    SELECT segment_id::text, product_line_id::text, id::text, potential, probability, competitor, position,
           contract_end, growth_type_override, note, opportunity_id, version, updated_at, owner_id::text,
           changed_by_id::text
    FROM planning_openspacecell WHERE tenant_id = %s AND account_id = %s
"""
_IN_THEM = "AND (segment_id = ANY(%s::uuid[]) OR segment_id IS NULL) AND product_line_id = ANY(%s::uuid[])"


def _rows_and_columns(cells: Collection[Key]) -> tuple[list[str], list[str]]:
    return (
        [str(segment) for segment in {segment for segment, _ in cells} if segment is not None],
        [str(line) for line in {line for _, line in cells}],
    )


def entries(
    account: Account,
    spots: Spots,
    factors: Sequence[Factor],
    links: Mapping[str, Mapping[uuid.UUID, uuid.UUID]],
    *,
    near: Collection[Key] | None = None,
    known: Person | None = None,
) -> dict[int, Entry]:
    """What people entered, by the cell's spot, with the factors that each cell serves.

    With `near` only what stands in the rows and columns of these cells. `known`: somebody who need not be looked up.
    """
    text: str = _CELLS
    values: list[Any] = [account.tenant_id, account.pk]
    if near is not None:
        text, values = _CELLS + _IN_THEM, [*values, *_rows_and_columns(near)]
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        rows = cursor.fetchall()
    people: dict[str | None, Person] = {} if known is None else {str(known.member_id): known}
    wanted = {row[-2] for row in rows} | {row[-1] for row in rows}
    named = people_by_member(wanted - people.keys() - {None})
    people |= {str(member): person for member, person in named.items()}
    served = {cell: tuple(factor.id for factor in factors if factor.id in own) for cell, own in links.items()}
    starts, columns = spots.starts, spots.columns
    found: dict[int, Entry] = {}
    for row in rows:
        start, column = starts.get(row[0]), columns.get(row[1])
        if start is not None and column is not None:
            found[start + column] = Entry._make(
                (*row[2:13], people.get(row[13]), people.get(row[14]), served.get(row[2], ()))
            )
    return found


def people_by_member(member_ids: Iterable[uuid.UUID | str]) -> dict[uuid.UUID, Person]:
    """Members of the current tenant by their id, those who left too."""
    wanted = [str(member) for member in member_ids]
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.id, u.id, coalesce(nullif(u.name, ''), u.email) FROM tenancy_membership m "
            "JOIN tenancy_user u ON u.id = m.user_id WHERE m.tenant_id = %s AND m.id = ANY(%s::uuid[])",
            [current_tenant_id(), wanted],
        )
        return {row[0]: Person(*row) for row in cursor.fetchall()}
