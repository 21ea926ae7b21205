"""Power, threat and receptiveness zones of members and departments (K14, Le Bon & Herman ch. 2)."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from buying_center.network.model import Id, Someone

STRONG = 7


class ZoneMark(NamedTuple):
    """One zone of one person: what the figures suggest (null: not judged), a person's override and reason."""

    suggested: bool | None
    override: bool | None = None
    reason: str = ""

    @property
    def is_judged(self) -> bool:
        """Whether the figures or a person say anything about it."""
        return self.suggested is not None or self.override is not None

    @property
    def is_in(self) -> bool:
        """Whether the person counts to the zone; what nobody has judged does not."""
        return bool(self.suggested if self.override is None else self.override)


def suggested_zones(
    power: int | None, attitude: int | None, receptiveness: int | None, is_opponent: bool
) -> dict[str, bool | None]:
    """Power from power ≥ 7; threat from attitude ≤ −1 or an opponent; receptive from receptiveness ≥ 7."""
    return {
        "power": None if power is None else power >= STRONG,
        "threat": True if is_opponent else None if attitude is None else attitude <= -1,
        "receptive": None if receptiveness is None else receptiveness >= STRONG,
    }


def department_zones(
    people: Iterable[tuple[Someone, dict[str, ZoneMark]]],
) -> dict[str, dict[str, list[Id]]]:
    """Departments in a zone: more than half of their known people are. Department → zone → those people."""
    places: dict[str, list[tuple[Someone, dict[str, ZoneMark]]]] = defaultdict(list)
    for someone, zones in people:
        if someone.department:
            places[someone.department].append((someone, zones))
    found: dict[str, dict[str, list[Id]]] = {}
    for place, members in sorted(places.items()):
        for zone in ("power", "threat", "receptive"):
            inside = [someone.id for someone, zones in members if zones[zone].is_in]
            if len(inside) * 2 > len(members) > 1:
                found.setdefault(place, {})[zone] = inside
    return found
