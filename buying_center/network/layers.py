"""How deep the connection goes, on two facets (K16, Le Bon & Herman ch. 2, fig. 2.7)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from buying_center.network.model import REACHED, Centre, Id, Someone

TRANSACTIONAL, CONSULTATIVE, TRANSFORMATIVE = "transactional", "consultative", "transformative"
LAYERS = (TRANSACTIONAL, CONSULTATIVE, TRANSFORMATIVE)
# A transformative relationship is strong in every role (K16).
STRONG = 4
# Whoever goes beyond buyers and users for us.
PROMOTING = ("influencer", "facilitator")
_LAYER_OF_TIER = {3: TRANSACTIONAL, 2: CONSULTATIVE, 1: TRANSFORMATIVE}


@dataclass(frozen=True)
class RoleReach:
    """One role that somebody holds: the best strength to anybody in it (0 = none, or nobody judged one)."""

    role: str
    strength: int
    who: Id

    @property
    def is_reached(self) -> bool:
        return self.strength >= REACHED

    @property
    def is_strong(self) -> bool:
        return self.strength >= STRONG


@dataclass(frozen=True)
class Depth:
    """Both facets and the lower of them; None = not known, or nobody is reached."""

    roles: tuple[RoleReach, ...]
    relationship: str | None
    economic: str | None

    @property
    def overall(self) -> str | None:
        """The lower facet; None while either is not known."""
        if self.relationship is None or self.economic is None:
            return None
        return min(self.relationship, self.economic, key=LAYERS.index)

    def against(self, stated: str) -> int | None:
        """Steps by which the stated layer lies above the computed one; None where one is missing."""
        if not stated or self.overall is None:
            return None
        return LAYERS.index(stated) - LAYERS.index(self.overall)


def depth(centre: Centre, *, vendor_tier: int | None) -> Depth:
    """Both facets of one account's connection."""
    roles = role_reaches(centre)
    return Depth(roles, relationship_layer(roles), _LAYER_OF_TIER.get(vendor_tier or 0))


def strengths(centre: Centre) -> dict[Id, int]:
    """How well each person still there is known to us: as judged, or the best of their ties if that is more."""
    found = {who: someone.strength or 0 for who, someone in centre.here.items()}
    for tie in centre.live_ties:
        found[tie.theirs] = max(found[tie.theirs], tie.strength)
    return found


def role_reaches(centre: Centre) -> tuple[RoleReach, ...]:
    """Every role that somebody still there holds, with whoever we know best in it; by name of the role."""
    known: Mapping[Id, int] = strengths(centre)
    best: dict[str, Someone] = {}
    for someone in sorted(
        centre.here.values(), key=lambda one: (-known[one.id], -(one.power or 0), one.name)
    ):
        for role in someone.roles:
            best.setdefault(role, someone)
    return tuple(RoleReach(role, known[best[role].id], best[role].id) for role in sorted(best))


def relationship_layer(roles: Iterable[RoleReach]) -> str | None:
    """Nobody reached: None. No influencer or facilitator among those reached: transactional. Else consultative,
    and transformative where every role that is held is reached at 4 or more, a decider's among them."""
    held = list(roles)
    reached = [role for role in held if role.is_reached]
    if not reached:
        return None
    if not any(role.role in PROMOTING for role in reached):
        return TRANSACTIONAL
    has_decider = any(role.role == "decider" for role in held)
    return TRANSFORMATIVE if has_decider and all(role.is_strong for role in held) else CONSULTATIVE


@dataclass(frozen=True)
class Lift:
    """One thing that is missing for the next layer of a facet.

    `kind`: reach (anybody at all), promote (an influencer or facilitator), decider (nobody is known to decide),
    strengthen (a role below 4), tier (become a vendor of `needed`), tier_unknown. `who` None = nobody is known.
    """

    kind: str
    role: str = ""
    who: Id | None = None
    strength: int = 0
    needed: int = 0


def next_steps(found: Depth, *, vendor_tier: int | None) -> list[Lift]:
    """What it takes to raise the overall layer by one: whatever keeps either facet below the next layer."""
    if found.overall == TRANSFORMATIVE:
        return []
    target = LAYERS[0 if found.overall is None else LAYERS.index(found.overall) + 1]
    steps: list[Lift] = []
    if found.relationship is None or LAYERS.index(found.relationship) < LAYERS.index(target):
        steps += _relationship_steps(found.roles, target)
    if vendor_tier is None:
        steps.append(Lift("tier_unknown"))
    elif found.economic is not None and LAYERS.index(found.economic) < LAYERS.index(target):
        steps.append(Lift("tier", needed=3 - LAYERS.index(target)))
    return steps


def _relationship_steps(roles: tuple[RoleReach, ...], target: str) -> list[Lift]:
    if target == TRANSACTIONAL:
        best = max(roles, key=lambda role: role.strength, default=None)
        return [Lift("reach", best.role, best.who, best.strength, REACHED) if best else Lift("reach")]
    if target == CONSULTATIVE:
        best = max(
            (role for role in roles if role.role in PROMOTING), key=lambda role: role.strength, default=None
        )
        if best is None:
            return [Lift("promote", needed=REACHED)]
        return [Lift("promote", best.role, best.who, best.strength, REACHED)]
    steps = [
        Lift("strengthen", role.role, role.who, role.strength, STRONG) for role in roles if not role.is_strong
    ]
    if not any(role.role == "decider" for role in roles):
        steps.insert(0, Lift("decider"))
    return sorted(steps, key=lambda step: (step.kind != "decider", step.role != "decider", step.strength))
