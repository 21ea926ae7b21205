"""Who is connected to whom, computed: pure functions over one buying centre (K13). No Django, no database, no clock."""

from buying_center.network.analysis import Analysis, analyse
from buying_center.network.gaps import Gap
from buying_center.network.loss import Loss, loss_of
from buying_center.network.model import Centre, Line, Ours, Someone, Tie
from buying_center.network.paths import Path, Step
from buying_center.network.structure import Leaving, Structure, leaving, structure_of

__all__ = [
    "Analysis",
    "Centre",
    "Gap",
    "Leaving",
    "Line",
    "Loss",
    "Ours",
    "Path",
    "Someone",
    "Step",
    "Structure",
    "Tie",
    "analyse",
    "leaving",
    "loss_of",
    "structure_of",
]
