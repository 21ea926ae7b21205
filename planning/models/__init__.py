"""Models of this app, by subject."""

from planning.models.objectives import (
    GrowthMove,
    GrowthSource,
    Objective,
    ObjectiveFactor,
    ObjectiveStatus,
    ObjectiveType,
)
from planning.models.open_space import (
    GrowthType,
    OpenSpaceCell,
    OpenSpaceCellFactor,
    PeerPotential,
    Position,
)
from planning.models.reviews import CalendarLink, Review, ReviewAction, ReviewKind
from planning.models.value import (
    GainKind,
    Measure,
    Reward,
    ValueClass,
    ValueConfirmation,
    ValueItem,
)

__all__ = [
    "CalendarLink",
    "GainKind",
    "GrowthMove",
    "GrowthSource",
    "GrowthType",
    "Measure",
    "Objective",
    "ObjectiveFactor",
    "ObjectiveStatus",
    "ObjectiveType",
    "OpenSpaceCell",
    "OpenSpaceCellFactor",
    "PeerPotential",
    "Position",
    "Review",
    "ReviewAction",
    "ReviewKind",
    "Reward",
    "ValueClass",
    "ValueConfirmation",
    "ValueItem",
]
