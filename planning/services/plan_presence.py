"""Who looks at which section of a plan right now: a courtesy, kept for seconds and never stored (K32)."""

import time
from dataclasses import dataclass

from django.core.cache import cache

from kam.tenancy.access import Principal
from planning.models import Plan
from planning.selectors.plan_layout import BY_KEY

# A page reports every 15 seconds; who has not been heard of for three of them is gone.
FRESH_SECONDS = 45


@dataclass(frozen=True)
class Present:
    """Somebody else in the plan; `typing`: they are writing in the section."""

    name: str
    section: str
    typing: bool


def presence_touch(*, principal: Principal, plan: Plan, section: str, typing: bool) -> list[Present]:
    """Say where this member is, and get where the others are. Two reports at once may lose one for a beat."""
    key = f"plan-presence:{plan.tenant_id}:{plan.pk}"
    now = time.time()
    found = _fresh(cache.get(key), now)
    mine = str(principal.member.pk)
    if section in BY_KEY:
        found[mine] = (principal.member.user.display_name, section, typing, now)
    else:
        found.pop(mine, None)
    cache.set(key, found, FRESH_SECONDS)
    return [
        Present(name, where, busy)
        for member, (name, where, busy, _) in sorted(found.items(), key=lambda item: item[1][0])
        if member != mine
    ]


Seen = dict[str, tuple[str, str, bool, float]]


def _fresh(stored: object, now: float) -> Seen:
    if not isinstance(stored, dict):
        return {}
    return {member: seen for member, seen in stored.items() if now - seen[3] < FRESH_SECONDS}
