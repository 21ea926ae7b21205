"""Estimated potentials of one account (K4): read from what its peers buy, never stored per account."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

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


class PeerLine(NamedTuple):
    """What accounts of one industry ("" = all) buy of a line, base currency per year (K4)."""

    product_line_id: uuid.UUID
    line: str
    industry: str
    potential: Decimal
    buyers: int


def peer_lines(*, industry: str) -> list[PeerLine]:
    """What peers of an industry and all accounts of the current tenant buy; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_PEERS, [current_tenant_id(), industry])
        return [PeerLine(*row) for row in cursor.fetchall()]


def account_estimates(
    *,
    settings: TenantSettings,
    peers: Iterable[PeerLine],
    current_by_line: Mapping[uuid.UUID, Decimal],
    entered_lines: Collection[uuid.UUID],
) -> dict[uuid.UUID, EstimatedPotential]:
    """The estimates of an account by product line (K4), from the `peer_lines` of its industry.

    `current_by_line`: the account's trailing-12-month net sales of a line over all its segments.
    `entered_lines`: lines with an entered potential anywhere in the account; those have no estimate. An
    estimate stands only where the peers' percentile exceeds the account's own sales. Empty when the tenant
    switched estimates off. Peers of the same industry come before all buyers.
    """
    if not settings.potential_estimates_enabled:
        return {}
    chosen: dict[uuid.UUID, PeerLine] = {}
    for peer in peers:
        if peer.product_line_id not in chosen or peer.industry:
            chosen[peer.product_line_id] = peer
    estimates = {}
    for line, peer in chosen.items():
        current = max(current_by_line.get(line, Decimal(0)), Decimal(0))
        if line not in entered_lines and peer.potential > current:
            estimates[line] = EstimatedPotential(
                product_line_id=line,
                line=peer.line,
                potential=peer.potential,
                current=current,
                gap=peer.potential - current,
                probability=settings.potential_probability_estimated,
                buyers=peer.buyers,
                peer_group=peer.industry,
            )
    return estimates
