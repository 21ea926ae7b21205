"""Models of this app, by subject."""

from planning.models.open_space import GrowthType, OpenSpaceCell, PeerPotential, Position

__all__ = ["GrowthType", "OpenSpaceCell", "PeerPotential", "Position"]
