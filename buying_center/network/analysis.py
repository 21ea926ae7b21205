"""Everything that is computed about one buying centre, in one pass."""

from dataclasses import dataclass

from buying_center.network.figures import Figures, figures
from buying_center.network.gaps import Gap, find_gaps, opponents
from buying_center.network.model import Centre, Id
from buying_center.network.paths import Path, strongest_paths


@dataclass(frozen=True)
class Balance:
    """Opponents against facilitators: who, and the share (0–1) of all influence that each side holds."""

    opponents: tuple[Id, ...]
    facilitators: tuple[Id, ...]
    against: float
    for_us: float


@dataclass(frozen=True)
class Analysis:
    """The figures of everybody who is there, the most influential first; paths; gaps; the balance."""

    figures: dict[Id, Figures]
    ranking: tuple[Id, ...]
    paths: dict[Id, Path]
    gaps: tuple[Gap, ...]
    balance: Balance


def analyse(centre: Centre) -> Analysis:
    """Compute what K13 asks of one buying centre. Pure: the same centre gives the same answer."""
    found = figures(centre)
    paths = strongest_paths(centre)
    against = [someone.id for someone in opponents(centre)]
    ours = [someone.id for someone in centre.with_role("facilitator") if not someone.is_hostile]
    return Analysis(
        figures=found,
        ranking=tuple(sorted(found, key=lambda who: (-found[who].influence, centre.here[who].name))),
        paths=paths,
        gaps=tuple(find_gaps(centre, found, paths)),
        balance=Balance(
            opponents=tuple(sorted(against, key=lambda who: -found[who].influence)),
            facilitators=tuple(sorted(ours, key=lambda who: -found[who].influence)),
            against=sum(found[who].influence for who in against),
            for_us=sum(found[who].influence for who in ours),
        ),
    )
