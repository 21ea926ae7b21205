"""The rules of K10 as checks: kept or broken, why it matters, and what to do."""

import datetime
from collections.abc import Callable, Sequence
from typing import Protocol

from buying_center.checks import Check
from buying_center.models import SellingRole
from buying_center.team.model import ENDED, LATER, NOW, LedAccount, Place, Team, some
from buying_center.team.roles import ROLES
from kam.common import formatting

# A temporary place is asked about this long before it ends, and for as long after it has ended by itself.
SOON = datetime.timedelta(days=30)
NEEDS_SCOPE = (SellingRole.SUBJECT_MATTER_LEADER, SellingRole.GEOGRAPHIC_LEADER)


class Doors(Protocol):
    """Where things are done; "" where this person may not."""

    def add(self, role: str, scope: str = "") -> str: ...
    def edit(self, place: Place) -> str: ...
    def leave(self, place: Place) -> str: ...
    def load(self) -> str: ...


def team_checks(team: Team, doors: Doors) -> list[Check]:
    """Every rule, the broken ones first and the weightiest of them on top; those that do not apply come last."""
    checks = [rule(team, doors) for rule in RULES]
    rank = {False: 0, True: 1, None: 2}
    return sorted(checks, key=lambda check: rank[check.passed])


def lead_check(team: Team, doors: Doors) -> Check:
    """A key account has exactly one lead KAM who serves today."""
    reason = "One person keeps the whole account in view, grows it, and speaks for the customer here."
    if team.lead is not None:
        return Check("lead", True if team.is_key else None, f"{team.lead.name} leads the account.", reason)
    past = next((place for place in team.places if place.is_lead), None)
    managers = team.holders(SellingRole.KAM)
    if past is not None:
        what, act, url = _why_not(past, team.today), "Decide who leads", doors.leave(past)
        if past.state(team.today) == LATER:
            act, url = "Change the start", doors.edit(past)
        return _only_key(team, "lead", f"Nobody leads the account: {what}.", reason, act, url)
    if managers:
        words = f"{managers[0].name} manages the account, and nobody leads."
        if len(managers) > 1:
            words = f"{formatting.plural(len(managers), 'account manager')}, and none of them leads."
        return _only_key(team, "lead", words, reason, "Say who leads", doors.edit(managers[0]))
    return _only_key(
        team, "lead", "Nobody leads the account.", reason, "Name the lead KAM", doors.add(SellingRole.KAM)
    )


def sponsor_check(team: Team, doors: Doors) -> Check:
    """A key account has a sponsor."""
    reason = "A sponsor keeps executives of both sides in touch, also when the KAM changes."
    return _held(team, doors, SellingRole.SPONSOR, "sponsor", "Name a sponsor", reason)


def executive_check(team: Team, doors: Doors) -> Check:
    """A key account has a key account executive."""
    reason = "The executive answers for the program, and can commit what the KAM cannot."
    return _held(team, doors, SellingRole.EXECUTIVE, "executive", "Name an executive", reason)


def gone_check(team: Team, doors: Doors) -> Check:
    """Nobody who has left us holds a place."""
    gone = [place for place in team.in_state(NOW, LATER) if place.is_gone]
    if not gone:
        passed = True if team.places else None
        return Check("gone", passed, "Everybody in the team works here still.")
    names = some([place.name for place in gone])
    verb = "has left us and still holds a place" if len(gone) == 1 else "have left us and still hold places"
    act = "Hand over" if any(place.ties.open for place in gone) else "Take out"
    return Check("gone", False, f"{names} {verb}.", _hanging(gone), act, doors.leave(gone[0]))


def ended_check(team: Team, doors: Doors) -> Check:
    """Nothing hangs on an ended place, and a temporary one that ended by itself was looked at."""
    ended = [place for place in team.in_state(ENDED) if _is_loose(place, team.today)]
    if not ended:
        applies = any(place.valid_to is not None for place in team.places)
        return Check("ended", True if applies else None, "Nothing waits for anybody whose time has ended.")
    first = ended[0]
    if len(ended) == 1:
        words = f"{first.name}’s time ended on {formatting.date(first.valid_to)}."
    else:
        words = f"The time of {some([place.name for place in ended])} has ended."
    if any(place.ties.open for place in ended):
        return Check("ended", False, words, _hanging(ended), "Hand over", doors.leave(first))
    reason = f"Came for: {first.reason}. Settled?" if first.reason else "Was the need met?"
    return Check("ended", False, words, reason, "Extend or take out", doors.leave(first))


def ending_check(team: Team, doors: Doors) -> Check:
    """No place ends within 30 days without anybody having been asked."""
    ending = [
        place
        for place in team.serving
        if place.valid_to is not None and place.valid_to <= team.today + SOON and place.is_temporary
    ]
    ending.sort(key=lambda place: (place.valid_to, place.name))
    if not ending:
        applies = any(place.is_temporary for place in team.serving)
        return Check("ending", True if applies else None, "No temporary place ends within 30 days.")
    first = ending[0]
    assert first.valid_to is not None
    days = (first.valid_to - team.today).days
    when = "today" if days == 0 else f"in {formatting.plural(days, 'day')}"
    if len(ending) == 1:
        words = f"{first.name}’s time ends {when}."
    else:
        words = f"The time of {some([place.name for place in ending])} ends, the first {when}."
    reason = f"Came for: {first.reason}." if first.reason else ""
    if first.ties.open:
        reason = f"{reason} Who takes over {first.ties.words}?".strip()
    return Check("ending", False, words, reason, "Extend or end", doors.edit(first))


def scope_check(team: Team, doors: Doors) -> Check:
    """Leaders for a subject or a place say which (BANK D1)."""
    leaders = [place for place in team.serving if place.role in NEEDS_SCOPE]
    without = [place for place in leaders if not place.scopes]
    if not without:
        words = "Every leader says what they answer for."
        return Check("scope", True if leaders else None, words)
    first = without[0]
    what = ROLES[first.role].scope
    verb = "leads" if len(without) == 1 else "lead"
    words = f"{some([place.name for place in without])} {verb}, and nobody knows what."
    reason = f"A {ROLES[first.role].label.lower()} answers for {what}."
    return Check("scope", False, words, reason, "Say for what", doors.edit(first))


def lines_check(team: Team, doors: Doors) -> Check:
    """Somebody answers for each product line that has potential entered in the Open Space (K6)."""
    if not team.is_key or not team.open_lines:
        return Check("lines", None, "No potential is entered in the Open Space.")
    answered = {scope.id for place in team.serving for scope in place.scopes if scope.kind == "line"}
    open_lines = sorted(
        (line for line in team.open_lines if line.id not in answered), key=lambda line: -line.potential
    )
    if not open_lines:
        return Check("lines", True, "Somebody answers for every product line with potential.")
    names = some([line.name for line in open_lines])
    verb, them = ("has", "it") if len(open_lines) == 1 else ("have", "them")
    amount = formatting.money(sum(line.potential for line in open_lines), team.currency)
    return Check(
        "lines",
        False,
        f"{names} {verb} nobody who answers for {them}.",
        f"{amount} a year of potential is entered there.",
        "Add a subject leader",
        doors.add(SellingRole.SUBJECT_MATTER_LEADER, f"line:{open_lines[0].id}"),
    )


def limit_check(team: Team, doors: Doors) -> Check:
    """The lead KAM has at most so many key accounts; one is ideal."""
    if not team.is_key or team.lead is None:
        return Check("limit", None, "Nobody leads, so nobody has too many accounts.")
    count = len(team.led) + 1
    name = team.lead.name
    if count > team.limit:
        words = f"{name} leads {formatting.plural(count, 'key account')}; {team.limit} is the limit."
        reason = "With more, none of them is treated as a key account any more. One is ideal."
        return Check("limit", False, words, reason, "See who has room", doors.load())
    if count == 1:
        return Check("limit", True, f"{name} leads this key account only, which is ideal.")
    words = f"{name} leads {count} key accounts; {team.limit} is the limit, 1 the ideal."
    return Check("limit", True, words)


def compete_check(team: Team, doors: Doors) -> Check:
    """The lead KAM has no two key accounts that compete: same industry, another client."""
    if not team.is_key or team.lead is None:
        return Check("compete", None, "Nobody leads, so nobody serves two rivals.")
    rivals = rivals_of(team.account, team.led)
    if not rivals:
        return Check("compete", True, f"{team.lead.name} leads no rival of {team.account.name}.")
    # Whoever does not see an account learns that there is a rival, and not which.
    named = [rival.name for rival in rivals if rival.is_visible]
    words = some([*named, *["a rival that you do not see"] * (len(rivals) - len(named))])
    industry = team.account.industry.lower()
    return Check(
        "compete",
        False,
        f"{team.lead.name} also leads {words}.",
        f"Both are in {industry}. A customer may not want their plans in the same hands as a rival’s.",
        "See who has room",
        doors.load(),
    )


# Without these a key account is not one; the others are worth a thought in good time.
SEVERE = frozenset({"lead", "sponsor", "executive", "gone", "limit"})
RULES: tuple[Callable[[Team, Doors], Check], ...] = (
    lead_check,
    sponsor_check,
    executive_check,
    gone_check,
    ended_check,
    limit_check,
    compete_check,
    ending_check,
    scope_check,
    lines_check,
)


def rivals_of(account: LedAccount, others: Sequence[LedAccount]) -> list[LedAccount]:
    """Accounts of the same industry that belong to another client. An unknown industry competes with none."""
    industry = account.industry.strip().casefold()
    return [
        other
        for other in others
        if industry and other.industry.strip().casefold() == industry and other.family != account.family
    ]


def team_finding(team: Team, checks: Sequence[Check]) -> str:
    """The page's heading: the worst broken rule, else who serves the account."""
    broken = [check for check in checks if check.passed is False]
    if not team.serving and not broken:
        return f"Nobody of ours serves {team.account.name} yet."
    if not team.places:
        return f"{team.account.name} is a key account, and nobody of ours is named for it."
    if broken:
        more = len(broken) - 1
        if not more:
            return broken[0].words
        return f"{broken[0].words} {formatting.plural(more, 'more check is open', 'more checks are open')}."
    count = formatting.plural(team.people, "person", "people")
    if team.is_key and team.lead is not None:
        return f"{team.lead.name} leads a team of {team.people}, and no check is open."
    return f"{count} of ours {'serves' if team.people == 1 else 'serve'} {team.account.name}."


def checks_title(checks: Sequence[Check]) -> str:
    """The heading above the rules."""
    counted = [check for check in checks if check.passed is not None]
    broken = sum(check.passed is False for check in counted)
    if not counted:
        return "No check applies yet"
    if not broken:
        return "Every check is passed" if len(counted) > 1 else "The check is passed"
    return f"{broken} of {formatting.plural(len(counted), 'check')} {'is' if broken == 1 else 'are'} open"


def _only_key(team: Team, key: str, words: str, reason: str, act: str, url: str) -> Check:
    """A rule for key accounts: broken there, and elsewhere it does not apply."""
    if not team.is_key:
        return Check(key, None, words, reason)
    return Check(key, False, words, reason, act, url)


def _held(team: Team, doors: Doors, role: str, word: str, act: str, reason: str) -> Check:
    holders = team.holders(role)
    if holders:
        names = some([place.name for place in holders])
        verb = "is" if len(holders) == 1 else "are"
        return Check(word, True if team.is_key else None, f"{names} {verb} {word}.", reason)
    past = next((place for place in team.places if place.role == role), None)
    if past is None:
        return _only_key(team, word, f"Nobody is {word}.", reason, act, doors.add(role))
    words = f"Nobody is {word} today: {_why_not(past, team.today)}."
    return _only_key(team, word, words, reason, act, doors.add(role))


def _why_not(place: Place, today: datetime.date) -> str:
    """Why somebody named does not serve today."""
    state = place.state(today)
    if place.is_gone:
        return f"{place.name} has left us"
    if state == ENDED:
        return f"{place.name}’s time ended on {formatting.date(place.valid_to)}"
    return f"{place.name} begins on {formatting.date(place.valid_from)}"


def _is_loose(place: Place, today: datetime.date) -> bool:
    """Something still hangs on an ended place; or it was temporary and ended by itself within 30 days."""
    assert place.valid_to is not None
    if place.ties.open:
        return True
    by_itself = place.touched_on is None or place.touched_on < place.valid_to
    return place.is_temporary and by_itself and place.valid_to >= today - SOON


def _hanging(places: Sequence[Place]) -> str:
    with_ties = [place for place in places if place.ties.open]
    if not with_ties:
        return "Nothing hangs on it. Take the place out."
    first = with_ties[0]
    more = sum(place.ties.open for place in with_ties[1:])
    text = f"{first.ties.words} still {'hangs' if first.ties.open == 1 else 'hang'} on {first.name}"
    return f"{text}, {more} more on others." if more else f"{text}."
