"""Carrying changes of the catalogue and of rates into the rollups that were computed with the old ones."""

import uuid
from collections.abc import Sequence
from datetime import date


def rollups_refresh_lines(*, tenant_id: uuid.UUID, product_line_ids: Sequence[uuid.UUID]) -> None:
    """Compute the rollups of every account that has sales on these product lines anew."""


def rollups_refresh_rates(*, tenant_id: uuid.UUID, months: Sequence[tuple[str, date]]) -> None:
    """Compute the rollups of the ledger rows in these currencies and months (their first days) anew."""
