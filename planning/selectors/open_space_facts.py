"""What the Open Space of one account is made of, read set by set: eight queries whatever the size (K6).

Money is Decimal, per year, in the tenant's base currency.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q, Sum

from accounts.models import Account, CellMonth, ProductLine, Segment, SuccessFactor
from accounts.selectors.success_factors import success_factor_list
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import Membership, TenantSettings
from kam.tenancy.reference import reference_date
from kam.tenancy.selectors import tenant_settings
from planning.models import OpenSpaceCell, OpenSpaceCellFactor, Position
from planning.selectors.estimates import EstimatedPotential, account_estimates

Key = tuple[uuid.UUID | None, uuid.UUID]
ZERO, CENT = Decimal(0), Decimal("0.0001")
WHOLE_ACCOUNT = "Whole account"


def twelve_months(reference: date) -> tuple[date, date]:
    """First day of the first and of the last month of the trailing 12 months (K1)."""
    last = reference.replace(day=1)
    return _months_before(last, 11), last


def fiscal_year(reference: date, *, start_month: int) -> tuple[date, date]:
    """First day of the first and of the last month of the last fiscal year that is over at `reference`.

    `start_month` 1–12 is the month in which the tenant's year begins; `reference` a last day of a month.
    """
    month = reference.replace(day=1)
    # How many months of the running year are over; a year that ends with the reference is over.
    into = (month.month - start_month) % 12 + 1
    last = month if into == 12 else _months_before(month, into)
    return _months_before(last, 11), last


def _months_before(month: date, count: int) -> date:
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


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
    """What people entered about one cell. `csfs`: ids of the open success factors it serves, in their order."""

    id: uuid.UUID | None = None
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


class Sales(NamedTuple):
    """Net sales of a cell, credits included: of the trailing 12 months, and of the last fiscal year."""

    year: Decimal
    fiscal: Decimal


@dataclass
class Facts:
    """What the grid is made of. The sums by line and the estimates follow from the rest (`derive`)."""

    account: Account
    settings: TenantSettings
    reference: date
    rows: list[Row]
    lines: list[Line]
    sales: dict[Key, Sales]
    entered: dict[Key, Entry]
    factors: list["Factor"]
    links: dict[uuid.UUID, dict[uuid.UUID, uuid.UUID]]
    by_line: dict[uuid.UUID, Decimal] = field(default_factory=dict)
    bought: set[uuid.UUID] = field(default_factory=set)
    estimates: dict[uuid.UUID, EstimatedPotential] = field(default_factory=dict)

    def derive(self) -> "Facts":
        """Put in what follows: sales by line, which lines are bought (K4), estimates of the others."""
        self.by_line, self.bought = {}, set()
        for (_, line), sales in self.sales.items():
            self.by_line[line] = self.by_line.get(line, ZERO) + sales.year
            if sales.year > 0:
                self.bought.add(line)
        self.estimates = account_estimates(
            settings=self.settings,
            industry=self.account.industry,
            current_by_line=self.by_line,
            entered_lines={line for (_, line), entry in self.entered.items() if entry.potential is not None},
        )
        return self


def open_space_facts(account: Account) -> Facts:
    """Read the Open Space of an account."""
    settings = tenant_settings()
    reference = reference_date(settings)
    factors, links = open_factors(account), factor_links(account)
    return Facts(
        account=account,
        settings=settings,
        reference=reference,
        rows=open_space_rows(account),
        lines=open_space_lines(account),
        sales=sales_by_cell(
            account=account, reference=reference, fiscal_year_start=settings.fiscal_year_start
        ),
        entered=entries(account, factors, links),
        factors=factors,
        links=links,
    ).derive()


def sales_by_cell(*, account: Account, reference: date, fiscal_year_start: int) -> dict[Key, Sales]:
    """Net sales by (segment, product line) in both windows, credits included. One query."""
    first, last = twelve_months(reference)
    fiscal_first, fiscal_last = fiscal_year(reference, start_month=fiscal_year_start)
    rows = (
        CellMonth.objects.filter(
            tenant_id=account.tenant_id,
            account_id=account.pk,
            month__gte=min(first, fiscal_first),
            month__lte=last,
            product__tenant_id=account.tenant_id,
        )
        .values_list("segment_id", "product__product_line_id")
        .annotate(
            year=Sum("net_sales", filter=Q(month__gte=first), default=ZERO),
            fiscal=Sum("net_sales", filter=Q(month__gte=fiscal_first, month__lte=fiscal_last), default=ZERO),
        )
    )
    return {
        (segment, line): Sales(year.quantize(CENT), fiscal.quantize(CENT))
        for segment, line, year, fiscal in rows
    }


def open_space_lines(account: Account) -> list[Line]:
    """The columns: the catalogue by business unit, then this account's ideas."""
    rows = (
        ProductLine.objects.filter(tenant_id=account.tenant_id)
        .filter(Q(account_id=account.pk) | Q(kind=ProductLine.Kind.CATALOGUE))
        .filter(Q(business_unit__tenant_id=account.tenant_id) | Q(business_unit__isnull=True))
        .order_by("kind", "business_unit__position", "business_unit__name", "position", "name", "id")
        .values_list("id", "external_id", "name", "kind", "business_unit_id", "business_unit__name")
    )
    return [Line(*row) for row in rows]


def open_space_rows(account: Account) -> list[Row]:
    """The rows: the whole account, then the customer's segments as a tree, parents before children."""
    segments = [
        Row(*values)
        for values in Segment.objects.filter(tenant_id=account.tenant_id, account_id=account.pk)
        .order_by("position", "name", "id")
        .values_list("id", "external_id", "name", "kind", "parent_id")
    ]
    below: dict[uuid.UUID | None, list[Row]] = {}
    for segment in segments:
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


def open_factors(account: Account) -> list[Factor]:
    """The open success factors of an account in their order."""
    rows = success_factor_list(account=account).select_related(None)
    return [
        Factor(factor, title, kind, owner or None, horizon or None)
        for factor, title, kind, owner, horizon in rows.values_list(
            "id", "title", "kind", "owner_name", "horizon"
        )
    ]


def factor_links(account: Account) -> dict[uuid.UUID, dict[uuid.UUID, uuid.UUID]]:
    """Cell id → open success factor id → id of the link."""
    rows = OpenSpaceCellFactor.objects.filter(
        tenant_id=account.tenant_id,
        factor__tenant_id=account.tenant_id,
        factor__account_id=account.pk,
        factor__state=SuccessFactor.State.OPEN,
    ).values_list("cell_id", "factor_id", "id")
    links: dict[uuid.UUID, dict[uuid.UUID, uuid.UUID]] = {}
    for cell, factor, link in rows:
        links.setdefault(cell, {})[factor] = link
    return links


_ENTRY = (
    "segment_id", "product_line_id", "id", "potential", "probability", "competitor", "position",
    "contract_end", "growth_type_override", "note", "opportunity_id", "version", "updated_at",
    "owner_id", "changed_by_id",
)  # fmt: skip


def entries(
    account: Account,
    factors: Sequence[Factor],
    links: Mapping[uuid.UUID, Mapping[uuid.UUID, uuid.UUID]],
) -> dict[Key, Entry]:
    """What people entered, by (segment, product line), with the factors that each cell serves."""
    rows = list(
        OpenSpaceCell.objects.filter(tenant_id=account.tenant_id, account_id=account.pk).values_list(*_ENTRY)
    )
    people = people_by_member({member for row in rows for member in row[-2:] if member is not None})
    served = {cell: tuple(factor.id for factor in factors if factor.id in own) for cell, own in links.items()}
    found: dict[Key, Entry] = {}
    for row in rows:
        people_of_row = people.get(row[-2]), people.get(row[-1])
        found[row[0], row[1]] = Entry._make((*row[2:-2], *people_of_row, served.get(row[2], ())))
    return found


def people_by_member(member_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Person]:
    """Members of the current tenant by their id, those who left too."""
    if not member_ids:
        return {}
    rows = Membership.objects.filter(tenant_id=current_tenant_id(), pk__in=member_ids).values_list(
        "id", "user_id", "user__name", "user__email"
    )
    return {member: Person(member, user, name or email) for member, user, name, email in rows}
