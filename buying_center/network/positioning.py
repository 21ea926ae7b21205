"""How the customer places us among its suppliers (K9, Cheverton: risk and significance × relative spend).

The source names the two axes and halves them without a figure. Ours: the height is the mean of the factors that
were judged, 0–10, high from 5; the width is our share of what the customer spends on suppliers like us, high
from a half: there nobody else has more.
"""

from collections.abc import Mapping
from dataclasses import dataclass

WEIGHT_CUT = 5.0
SPEND_CUT = 0.5
# Fewer judgements than half of the six say more about who judged than about us.
LEAST_FACTORS = 3
CLASSES = ("strategic_security", "strategic_partner", "tactical_easy", "tactical_profit")


@dataclass(frozen=True)
class Position:
    """`weight` 0–10 and `spend` 0–1 (a share; beyond 1 where the entered spend is too small), null = not known.

    `basis` of the spend: computed (net sales 12 months / category spend) or judged (0–10, a tenth each).
    """

    weight: float | None
    judged: int
    spend: float | None
    basis: str

    @property
    def position(self) -> str | None:
        """One of `CLASSES`; None while an axis is not known."""
        if self.weight is None or self.spend is None:
            return None
        heavy, large = self.weight >= WEIGHT_CUT, self.spend >= SPEND_CUT
        return CLASSES[(0 if heavy else 2) + (1 if large else 0)]


def weight_of(factors: Mapping[str, int | None]) -> tuple[float | None, int]:
    """The mean of the judged factors and how many those are; None below `LEAST_FACTORS`."""
    judged = [value for value in factors.values() if value is not None]
    return (sum(judged) / len(judged) if len(judged) >= LEAST_FACTORS else None), len(judged)


def position_of(
    factors: Mapping[str, int | None], *, share: float | None, judged_spend: int | None
) -> Position:
    """Where we stand. A computed share goes before a judged one."""
    weight, judged = weight_of(factors)
    if share is not None:
        return Position(weight, judged, share, "computed")
    if judged_spend is not None:
        return Position(weight, judged, judged_spend / 10, "judged")
    return Position(weight, judged, None, "")
