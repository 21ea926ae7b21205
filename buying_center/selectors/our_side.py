"""The humans of our side of one account: whoever holds several places there is one person (K10, K11)."""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from buying_center.models import SellingCenterMember, SellingRole, Seniority

# Whose role says that they stand high, where nobody entered their level (BANK D1).
SENIOR_ROLES = frozenset({SellingRole.SPONSOR, SellingRole.EXECUTIVE})
_SENIOR_LEVELS = frozenset({Seniority.EXECUTIVE, Seniority.SENIOR})


@dataclass(frozen=True)
class OurHuman:
    """One of ours with every place they hold today. `id` is that of their first one: the lead's, else the oldest."""

    id: uuid.UUID
    person: uuid.UUID
    name: str
    roles: tuple[str, ...]
    title: str
    level: str
    function: str
    is_lead: bool
    places: tuple[uuid.UUID, ...]
    member_id: uuid.UUID | None

    @property
    def role_label(self) -> str:
        return SellingRole(self.roles[0]).label

    @property
    def is_senior(self) -> bool:
        """Executive or senior by level; where no level is entered, by the role of sponsor or executive."""
        if self.level:
            return self.level in _SENIOR_LEVELS
        return bool(SENIOR_ROLES & set(self.roles))


@dataclass(frozen=True)
class OurSide:
    """Our humans of one account, the lead first, and which of them each current place belongs to."""

    humans: tuple[OurHuman, ...]
    canonical: dict[str, str]

    @classmethod
    def of(cls, places: Iterable[SellingCenterMember], today: datetime.date) -> "OurSide":
        """From every place of the account, with the person behind it: no query of its own."""
        held: dict[uuid.UUID, list[SellingCenterMember]] = {}
        for place in sorted(places, key=lambda place: (not place.is_lead, place.created_at, place.pk)):
            if is_current(place, today):
                held.setdefault(place.person_key, []).append(place)
        humans = tuple(_human(person, own) for person, own in held.items())
        return cls(
            humans=humans,
            canonical={str(place): str(human.id) for human in humans for place in human.places},
        )

    def human_of(self, place_id: uuid.UUID | str | None) -> OurHuman | None:
        """Whose a place is; None for a place that has ended or is not of this account."""
        canonical = self.canonical.get(str(place_id))
        return next((human for human in self.humans if str(human.id) == canonical), None)


def is_current(place: SellingCenterMember, today: datetime.date) -> bool:
    """Whether a place holds on a day, and the person behind it is still with us."""
    if (place.valid_from and place.valid_from > today) or (place.valid_to and place.valid_to < today):
        return False
    if place.employee is not None:
        return place.employee.left_on is None or place.employee.left_on > today
    return place.member is not None and place.member.is_active


def _human(person: uuid.UUID, places: list[SellingCenterMember]) -> OurHuman:
    first = places[0]

    def said(name: str) -> str:
        return next((getattr(place, name) for place in places if getattr(place, name)), "")

    return OurHuman(
        id=first.pk,
        person=person,
        name=first.name,
        roles=tuple(dict.fromkeys(place.role for place in places)),
        title=said("title") or (first.employee.title if first.employee is not None else ""),
        level=said("level"),
        function=said("function"),
        is_lead=first.is_lead,
        places=tuple(place.pk for place in places),
        member_id=first.member_id,
    )
