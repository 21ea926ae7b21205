"""Models of this app, by subject."""

from planning.models.objectives import (
    GrowthMove,
    GrowthSource,
    Objective,
    ObjectiveFactor,
    ObjectiveStatus,
    ObjectiveType,
)
from planning.models.open_space import GrowthType, OpenSpaceCell, PeerPotential, Position

__all__ = [
    "GrowthMove",
    "GrowthSource",
    "GrowthType",
    "Objective",
    "ObjectiveFactor",
    "ObjectiveStatus",
    "ObjectiveType",
    "OpenSpaceCell",
    "PeerPotential",
    "Position",
]
