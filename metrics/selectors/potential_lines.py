"""The Open Space of one account line by line, as its UPV adds it up (K4): what is entered, what is estimated."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from accounts.models import Account, ProductLine
from kam.common.prepared import Prepared
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import TenantSettings
from metrics.models import PortfolioSnapshot
from metrics.selectors.account_detail import ZERO, Cell
from planning.selectors.estimates import account_estimates, peer_lines


class PotentialLine(NamedTuple):
    """One cell with a potential. Money per year, base currency; `worth` None where the ratio is not known.

    `basis` is entered or estimated; `buyers` says how many accounts stand behind an estimate."""

    line: str
    segment: str
    growth_type: str
    basis: str
    current: Decimal
    potential: Decimal
    gap: Decimal
    ratio: float | None
    worth: Decimal | None
    probability: float
    probability_assumed: bool
    unprofitable: bool
    buyers: int
    peer_group: str


class EnteredCell(NamedTuple):
    """A potential that a person entered: per year, base currency; probability None = the tenant's default."""

    line_id: uuid.UUID
    line: str
    kind: str
    segment_id: uuid.UUID | None
    segment: str
    potential: Decimal
    probability: float | None
    override: str


_ENTERED = """
    SELECT o.product_line_id, l.name, l.kind, o.segment_id, coalesce(s.name, ''), o.potential, o.probability,
           o.growth_type_override
    FROM planning_openspacecell o
    JOIN accounts_productline l ON l.tenant_id = o.tenant_id AND l.id = o.product_line_id
    LEFT JOIN accounts_segment s ON s.tenant_id = o.tenant_id AND s.id = o.segment_id
    WHERE o.tenant_id = %s AND o.account_id = %s AND o.potential IS NOT NULL
"""


def potential_lines(
    *, account: Account, settings: TenantSettings, cells: Sequence[Cell], line_ratios: Mapping[str, Any]
) -> list[PotentialLine]:
    """Every valued cell of an account, the largest worth first; unprofitable lines are in it, worth 0.

    `cells`: the account's sales (`account_cells`); `line_ratios`: of the published portfolio, line id → ratio,
    with the tenant's `overall` ratio for ideas and lines without sales.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ENTERED, [current_tenant_id(), account.pk])
        entered = [EnteredCell._make(row) for row in cursor.fetchall()]
    by_cell: dict[tuple[uuid.UUID, uuid.UUID | None], Decimal] = defaultdict(lambda: ZERO)
    by_line: dict[uuid.UUID, Decimal] = defaultdict(lambda: ZERO)
    bought = set()
    for cell in cells:
        by_cell[cell.line_id, cell.segment_id] += cell.current
        by_line[cell.line_id] += cell.current
    for (line_id, _), value in by_cell.items():
        if value > 0:
            bought.add(line_id)
    found = [_entered(cell, by_cell, bought, settings, line_ratios) for cell in entered]
    estimates = account_estimates(
        settings=settings,
        peers=peer_lines(industry=account.industry) if settings.potential_estimates_enabled else (),
        current_by_line=by_line,
        entered_lines={cell.line_id for cell in entered},
    )
    for line_id, estimate in estimates.items():
        ratio = _ratio(line_id, line_ratios)
        found.append(
            PotentialLine(
                line=estimate.line,
                segment="",
                growth_type="up_sell" if line_id in bought else "cross_sell",
                basis="estimated",
                current=estimate.current,
                potential=estimate.potential,
                gap=estimate.gap,
                ratio=ratio,
                worth=_worth(estimate.gap, ratio),
                probability=estimate.probability,
                probability_assumed=True,
                unprofitable=ratio is not None and ratio <= 0,
                buyers=estimate.buyers,
                peer_group=estimate.peer_group,
            )
        )
    return sorted(found, key=lambda item: (-(item.worth or ZERO), -item.gap, item.line))


def _entered(
    cell: EnteredCell,
    by_cell: Mapping[tuple[uuid.UUID, uuid.UUID | None], Decimal],
    bought: set[uuid.UUID],
    settings: TenantSettings,
    line_ratios: Mapping[str, Any],
) -> PotentialLine:
    current = max(by_cell.get((cell.line_id, cell.segment_id), ZERO), ZERO)
    gap = max(cell.potential - current, ZERO)
    if cell.override:
        growth_type = cell.override
    elif cell.kind == ProductLine.Kind.IDEA:
        growth_type = "co_creation"
    else:
        growth_type = "up_sell" if cell.line_id in bought else "cross_sell"
    ratio = _ratio(cell.line_id, line_ratios)
    assumed = cell.probability is None
    return PotentialLine(
        line=cell.line,
        segment=cell.segment,
        growth_type=growth_type,
        basis="entered",
        current=current,
        potential=cell.potential,
        gap=gap,
        ratio=ratio,
        worth=_worth(gap, ratio),
        probability=settings.potential_probability_entered if cell.probability is None else cell.probability,
        probability_assumed=assumed,
        unprofitable=ratio is not None and ratio <= 0,
        buyers=0,
        peer_group="",
    )


def _ratio(line_id: uuid.UUID, line_ratios: Mapping[str, Any]) -> float | None:
    lines = line_ratios.get("lines", {})
    found = lines.get(str(line_id), {}) if isinstance(lines, Mapping) else {}
    value = found.get("ratio") if isinstance(found, Mapping) else found
    return line_ratios.get("overall") if value is None else value


def _worth(gap: Decimal, ratio: float | None) -> Decimal | None:
    if gap == 0:
        return ZERO
    return None if ratio is None else gap * Decimal(str(max(ratio, 0.0)))


_LINE_RATIOS = Prepared(
    lambda tenant: PortfolioSnapshot.objects.filter(tenant_id=tenant, current=True).values_list(
        "line_ratios"
    ),
    tenant=uuid.UUID,
)


def published_line_ratios() -> dict[str, Any]:
    """Contribution ratios by product line of the published portfolio; empty when nothing is published."""
    found = _LINE_RATIOS.first(tenant=current_tenant_id())
    return (found and found[0]) or {}
