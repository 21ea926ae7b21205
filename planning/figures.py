"""The computed figures of an account, for reviews and whoever else keeps them: the app above registers who knows.

Figures are computed above this app (`metrics`), which may not be imported here: docs/adr/0003 for the pattern.
"""

import datetime
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One figure: `unit` is money (base currency, 12 months unless the label says otherwise) or ratio. None is
    "not known"."""

    key: str
    label: str
    unit: str
    value: Decimal | None

    def as_dict(self) -> dict[str, Any]:
        value = None if self.value is None else str(self.value)
        return {"key": self.key, "label": self.label, "unit": self.unit, "value": value}


@dataclass(frozen=True)
class Figures:
    """What is known of an account as of `reference_date`; no date = nothing is computed yet."""

    reference_date: datetime.date | None
    figures: tuple[Figure, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        date = self.reference_date
        return {
            "reference_date": date.isoformat() if date else None,
            "figures": [figure.as_dict() for figure in self.figures],
        }


Provider = Callable[[uuid.UUID], Figures]
_provider: Provider | None = None


def register_figures(provider: Provider) -> None:
    """Install who knows the figures: `provider(account_id)`, called inside the tenant's context."""
    global _provider
    _provider = provider


def figures_of(account_id: uuid.UUID) -> Figures:
    """The latest published figures of an account."""
    return Figures(None) if _provider is None else _provider(account_id)
