"""The buying centre as a table, with its gaps said in words (K13)."""

import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from buying_center import findings
from buying_center.models import BuyingRole
from buying_center.network.figures import Figures
from buying_center.network.model import Id
from buying_center.selectors.centre import CentreRows, centre_rows
from buying_center.views.common import gap_cards, visible_account
from buying_center.views.people_map import VIEW, opens_map
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires

PAGE_SIZE = 50
ATTITUDES = {"for": "For us", "neutral": "Neutral", "against": "Against us", "unknown": "Not judged"}
STATES = {
    "here": "Still there",
    "left": "Have left",
    "unknown": "Not known by name",
    "due": "Due for re-assessment",
}
# Column → what it sorts by, and whether it begins with the greatest.
SORTS = ("name", "power", "attitude", "strength", "influence", "last_contact", "next_assessment")
DEFAULT_SORT = "-influence"
MOST_INFLUENTIAL = 3


@dataclass(frozen=True)
class PersonRow:
    """One row of the table: the contact's columns, its figures, and what the row draws."""

    id: Id
    data: dict[str, Any]
    figures: Figures | None
    url: str
    edit_url: str
    is_overdue: bool
    is_here: bool

    @property
    def roles(self) -> list[tuple[str, str]]:
        return [(role, _ROLES[role]) for role in self.data["roles"]]

    @property
    def attitude(self) -> dict[str, Any] | None:
        return attitude_mark(self.data["attitude"])

    @property
    def power_ratio(self) -> float | None:
        return None if self.data["power"] is None else self.data["power"] / 10

    @property
    def dots(self) -> list[bool] | None:
        return strength_dots(self.data["strength"])


_ROLES = dict(BuyingRole.choices)


def attitude_mark(value: int | None) -> dict[str, Any] | None:
    """Face, meaning and words of an attitude; None where nobody has judged it."""
    if value is None:
        return None
    if value > 0:
        return {"icon": "mood-smile", "meaning": "keep", "text": f"+{value}", "words": "for us"}
    if value < 0:
        return {"icon": "mood-sad", "meaning": "cut", "text": f"\u2212{-value}", "words": "against us"}
    return {"icon": "mood-neutral", "meaning": "none", "text": "0", "words": "neutral"}


def strength_dots(value: int | None) -> list[bool] | None:
    """Five dots, the first `value` of them full; None where nobody has judged it."""
    return None if value is None else [place < value for place in range(5)]


@requires("accounts.view")
def people(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Everybody of one buying centre, what stands between us and the decision, and the way to it."""
    account = visible_account(request, account_id)
    principal: Principal = request.principal  # type: ignore[attr-defined]
    if opens_map(request):
        return redirect(reverse("buying_center:people_map", args=[account.pk]) + "?from=tab")
    if request.GET.get("view") == "table" and request.session.get(VIEW) is not None:
        del request.session[VIEW]
    rows = centre_rows(account.pk)
    shown = _chosen(rows, request)
    sort = request.GET.get("ordering", "")
    sort = sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT
    page = Paginator(_sorted(shown, sort), PAGE_SIZE).get_page(request.GET.get("page"))
    gaps = gap_cards(rows)
    centre, analysis = rows.centre, rows.analysis
    words = [gap["words"] for gap in gaps]
    context = {
        "account": account,
        "rows": rows,
        "total": len(rows.people),
        "page": page,
        "found": len(shown),
        "ordering": sort,
        "filtered": any(request.GET.getlist(name) for name in ("q", "role", "attitude", "cover", "state")),
        "finding": findings.centre_finding(centre, words),
        "gaps": gaps,
        "gaps_title": findings.gaps_title(words),
        "paths": _paths(rows),
        "influential": [
            (rows.people[who], findings.influence_reason(who, centre, analysis))
            for who in analysis.ranking[:MOST_INFLUENTIAL]
            if analysis.figures[who].reach or len(analysis.ranking) > 1
        ],
        "balance": findings.balance_words(centre, analysis),
        "options": _options(rows),
        "can_change": principal.can("accounts.change", account),
        "undo": request.session.pop("people_undo", None) if "people_undo" in request.session else None,
    }
    return render(request, "buying_center/people.html", context)


def person_rows(rows: CentreRows) -> list[PersonRow]:
    """Everybody of a centre as the table draws them."""
    here, figures = rows.centre.here, rows.analysis.figures
    return [
        PersonRow(
            id=who,
            data=data,
            figures=figures.get(who),
            url=reverse("buying_center:contact_detail", args=[rows.account_id, who]),
            edit_url=reverse("buying_center:contact_edit", args=[rows.account_id, who]),
            is_overdue=bool(data["next_assessment"] and data["next_assessment"] < rows.today) and who in here,
            is_here=who in here,
        )
        for who, data in rows.people.items()
    ]


def _chosen(rows: CentreRows, request: HttpRequest) -> list[PersonRow]:
    """The rows that the address asks for. Leavers only where they are asked for."""
    asked = request.GET
    words = asked.get("q", "").casefold().split()
    roles, attitudes = set(asked.getlist("role")), set(asked.getlist("attitude"))
    cover, states = set(asked.getlist("cover")), set(asked.getlist("state"))
    found = []
    for row in person_rows(rows):
        data = row.data
        text = f"{data['name']} {data['title']} {data['department']}".casefold()
        if not all(word in text for word in words):
            continue
        if roles and not roles & {*data["roles"], *(["none"] if not data["roles"] else [])}:
            continue
        if attitudes and _attitude_of(data["attitude"]) not in attitudes:
            continue
        if cover and (data["covered_by"] or "nobody") not in cover:
            continue
        if not _states_of(row) & (states or {"here"}):
            continue
        found.append(row)
    return found


def _attitude_of(value: int | None) -> str:
    if value is None:
        return "unknown"
    return "for" if value > 0 else "against" if value < 0 else "neutral"


def _states_of(row: PersonRow) -> set[str]:
    states = {"here" if row.is_here else "left"}
    if row.data["is_placeholder"]:
        states.add("unknown")
    if row.is_overdue:
        states.add("due")
    return states


def _sorted(rows: list[PersonRow], sort: str) -> list[PersonRow]:
    """By one column; what is not known comes last, whichever way round."""
    name, down = sort.removeprefix("-"), sort.startswith("-")

    def value(row: PersonRow) -> Any:
        if name == "influence":
            return row.figures.influence if row.figures else None
        found = row.data[name]
        return found.casefold() if isinstance(found, str) else found

    known = sorted(
        (row for row in rows if value(row) is not None), key=lambda row: row.data["name"].casefold()
    )
    known.sort(key=value, reverse=down)
    return known + [row for row in rows if value(row) is None]


def _options(rows: CentreRows) -> dict[str, list[dict[str, Any]]]:
    """What can be filtered by, with how many there are."""
    everybody = person_rows(rows)
    here = [row for row in everybody if row.is_here]
    roles = Counter(role for row in here for role in row.data["roles"] or ["none"])
    attitudes = Counter(_attitude_of(row.data["attitude"]) for row in here)
    covers = Counter(row.data["covered_by"] or "nobody" for row in here)
    states = Counter(state for row in everybody for state in _states_of(row))
    team = {member["id"]: f"{member['name']}, {member['role'].lower()}" for member in rows.ours}
    return {
        "role": _counted({**_ROLES, "none": "No role yet"}, roles),
        "attitude": _counted(ATTITUDES, attitudes),
        "cover": _counted({"nobody": "Nobody", **team}, covers),
        "state": _counted(STATES, states),
    }


def _counted(words: dict[str, str], counts: "Counter[str]") -> list[dict[str, Any]]:
    return [{"value": value, "label": word, "count": counts[value]} for value, word in words.items()]


def _paths(rows: CentreRows) -> list[dict[str, Any]]:
    """The strongest path to each decider, the weakest first."""
    centre, analysis = rows.centre, rows.analysis
    found = []
    for path in sorted(analysis.paths.values(), key=lambda path: path.strength):
        first = path.steps[0]
        found.append(
            {
                "title": findings.path_title(path, centre),
                "reason": findings.path_reason(path, centre),
                "start": centre.ours_by_id[first.source].name,
                "steps": [
                    {
                        "name": centre.here[step.target].name,
                        "strength": step.strength,
                        "topic": step.topic,
                        "url": reverse("buying_center:contact_detail", args=[rows.account_id, step.target]),
                        "is_weakest": step is path.weakest,
                    }
                    for step in path.steps
                ],
            }
        )
    return found
