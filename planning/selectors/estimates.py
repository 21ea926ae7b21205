"""Estimated potentials of one account (K4): read from what its peers buy, never stored per account."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import TenantSettings

_PEERS = """
    SELECT p.product_line_id, coalesce(l.name, ''), p.industry, p.potential, p.buyers
    FROM planning_peerpotential p
    LEFT JOIN accounts_productline l ON l.tenant_id = p.tenant_id AND l.id = p.product_line_id
    WHERE p.tenant_id = %s AND p.industry IN (%s, '')
"""


@dataclass(frozen=True)
class EstimatedPotential:
    """What stands in for one product line on the account's whole-account row (K4); always shown as estimated.

    `potential`, `current` (floored at 0) and `gap`: base currency per year. `probability`: ratio. `buyers`:
    how many accounts stand behind it; `peer_group`: their industry, "" = all buyers.
    """

    product_line_id: uuid.UUID
    line: str
    potential: Decimal
    current: Decimal
    gap: Decimal
    probability: float
    buyers: int
    peer_group: str


def account_estimates(
    *,
    settings: TenantSettings,
    industry: str,
    current_by_line: Mapping[uuid.UUID, Decimal],
    entered_lines: Collection[uuid.UUID],
) -> dict[uuid.UUID, EstimatedPotential]:
    """The estimates of an account by product line; one query (K4).

    `current_by_line`: the account's trailing-12-month net sales of a line over all its segments.
    `entered_lines`: lines with an entered potential anywhere in the account; those have no estimate. An
    estimate stands only where the peers' percentile exceeds the account's own sales. Empty when the tenant
    switched estimates off. Peers of the same industry come before all buyers.
    """
    if not settings.potential_estimates_enabled:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_PEERS, [current_tenant_id(), industry])
        rows = cursor.fetchall()
    peers: dict[uuid.UUID, tuple[str, str, Decimal, int]] = {}
    for line, name, group, potential, buyers in rows:
        if line not in peers or group:
            peers[line] = (name, group, potential, buyers)
    estimates = {}
    for line, (name, group, potential, buyers) in peers.items():
        current = max(current_by_line.get(line, Decimal(0)), Decimal(0))
        if line not in entered_lines and potential > current:
            estimates[line] = EstimatedPotential(
                product_line_id=line,
                line=name,
                potential=potential,
                current=current,
                gap=potential - current,
                probability=settings.potential_probability_estimated,
                buyers=buyers,
                peer_group=group,
            )
    return estimates
