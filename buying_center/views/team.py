"""Who of ours serves an account, and which rules of K10 that keeps or breaks."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from buying_center.models import SellingRole, Seniority
from buying_center.selectors.team import team_of
from buying_center.selectors.team_people import team_history
from buying_center.team.model import ENDED, LATER, NOW, Place, Team
from buying_center.team.roles import LEADERS, TIERS, WHO_JOINS, RoleWords
from buying_center.team.rules import SEVERE, checks_title, team_checks, team_finding
from buying_center.views.common import visible_account
from kam.common import formatting
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires

UNDO = "team_undo"


@dataclass(frozen=True)
class PageDoors:
    """Where a broken rule is mended; empty for whoever only reads."""

    account_id: uuid.UUID
    can_change: bool
    can_see_load: bool

    def add(self, role: str, scope: str = "") -> str:
        asked = {name: value for name, value in (("role", role), ("scopes", scope)) if value}
        return self._to("team_add", query=asked)

    def edit(self, place: Place) -> str:
        return self._to("place_edit", place.id)

    def leave(self, place: Place) -> str:
        return self._to("place_leave", place.id)

    def load(self) -> str:
        return reverse("buying_center:load") if self.can_see_load else ""

    def _to(self, name: str, *more: Any, query: dict[str, str] | None = None) -> str:
        if not self.can_change:
            return ""
        url = reverse(f"buying_center:{name}", args=[self.account_id, *more])
        return f"{url}?{urlencode(query)}" if query else url


@dataclass(frozen=True)
class Card:
    """A person in one role, as the page draws them."""

    place: Place
    level: str
    until: str
    since: str

    @property
    def until_words(self) -> str:
        return f"Until {self.until}"

    @property
    def since_words(self) -> str:
        return f"From {self.since}"

    @property
    def part(self) -> str:
        """Whose counterpart they are, and how high they stand."""
        return " · ".join(part for part in (self.place.function, self.level) if part)


@dataclass(frozen=True)
class Column:
    """A role with whoever holds it; an empty one that a key account needs is drawn as a gap."""

    words: RoleWords
    cards: list[Card]
    is_required: bool
    add_url: str

    @property
    def is_gap(self) -> bool:
        return self.is_required and not self.cards


@requires("accounts.view")
def team(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """The selling centre as cards by role, its rules, and its history."""
    account = visible_account(request, account_id)
    principal: Principal = request.principal  # type: ignore[attr-defined]
    found = team_of(principal, account)
    doors = PageDoors(account.pk, principal.can("team.change", account), principal.can("portfolio.view"))
    checks = team_checks(found, doors)
    context = {
        "account": account,
        "team": found,
        "finding": team_finding(found, checks),
        "lede": team_lede(found),
        "checks": [(check, check.key in SEVERE) for check in checks if check.passed is not None],
        "checks_title": checks_title(checks),
        "tiers": [
            {"tier": tier, "columns": [_column(found, words, doors) for words in tier.roles]}
            for tier in TIERS
        ],
        "ended": [_card(place, found) for place in found.in_state(ENDED)],
        "who_joins": WHO_JOINS,
        "can_change": doors.can_change,
        "load_url": doors.load(),
        "add_url": doors.add(""),
        "lead_url": doors.add(SellingRole.KAM),
        "happenings": team_history(account.pk, limit=4),
        "undo": request.session.pop(UNDO, None) if UNDO in request.session else None,
    }
    return render(request, "buying_center/team.html", context)


def team_lede(team: Team) -> str:
    """Who they are, in one line below the heading."""
    if not team.serving:
        return ""
    leaders = len({place.person for place in team.serving if place.role in {w.role for w in LEADERS.roles}})
    for_a_time = len({place.person for place in team.serving if place.is_temporary})
    without = len({place.person for place in team.serving if not place.has_login})
    parts = [formatting.plural(team.people, "person serves", "people serve") + " this account"]
    if leaders:
        parts.append(f"{formatting.plural(leaders, 'leader')}")
    if for_a_time:
        parts.append(f"{for_a_time} for a time")
    if without:
        parts.append(f"{without} without a login")
    return f"{', '.join(parts)}."


def _column(team: Team, words: RoleWords, doors: PageDoors) -> Column:
    places = [place for place in team.in_state(NOW, LATER) if place.role == words.role]
    return Column(
        words,
        [_card(place, team) for place in places],
        team.is_key and words.role in (SellingRole.SPONSOR, SellingRole.EXECUTIVE, SellingRole.KAM),
        doors.add(words.role),
    )


def _card(place: Place, team: Team) -> Card:
    level = Seniority(place.level).label.removesuffix(" management") if place.level else ""
    until = formatting.date(place.valid_to) if place.valid_to is not None else ""
    later = place.state(team.today) == LATER
    return Card(place, level, until, formatting.date(place.valid_from) if later else "")
