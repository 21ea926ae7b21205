"""One person: who they are, what drives them, what hangs on them (K13–K15)."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from buying_center import findings
from buying_center.forms.analysis import FORMS
from buying_center.models import (
    ZONES,
    BuyingRole,
    Contact,
    ContactLevel,
    GridColumn,
    InfluenceLink,
    PromoterType,
)
from buying_center.network import loss_of
from buying_center.selectors.analysis import (
    Analysis,
    analysis_of,
    heat,
    need_stage,
    severity,
    state_checks,
    state_words,
)
from buying_center.selectors.centre import CentreRows, centre_rows
from buying_center.selectors.people import contact_with_other_places
from buying_center.services.contacts import shown_version
from buying_center.views.common import gap_cards
from buying_center.views.people import attitude_mark, strength_dots
from kam.tenancy.access import Principal
from kam.tenancy.models import Role
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import member_list

COLUMN_GROUPS = (
    ("Preoccupations", ("preoccupation_tangible", "preoccupation_intangible")),
    ("Consequences", ("consequence_tangible", "consequence_intangible")),
    ("Expectations", ("expectation_current", "expectation_possible")),
)
# BANK E15: what to find out about every member.
COACHING = (
    "Are they for or against what we propose?",
    "Which needs press them, their own and the company’s?",
    "What has kept those needs unmet so far?",
    "How can we help remove that, so that they grow by it?",
)
# BANK E14, by what it lowers.
MITIGATIONS = (
    ("Probability", "Show like projects that succeeded; let other customers speak for us."),
    ("Consequence", "Show how trouble elsewhere was handled; bring in sponsor and executive."),
    ("Both", "Let a facilitator with a good name vouch for us."),
)
ZONE_ICONS = {"power": "crown", "threat": "shield-x", "receptive": "door"}
ZONE_NAMES = {"power": "Power zone", "threat": "Threat zone", "receptive": "Receptive zone"}


@requires("accounts.view")
def detail(request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID) -> HttpResponse:
    """The page of one contact."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    contact, others = contact_with_other_places(principal, account_id, contact_id)
    if contact is None:
        raise Http404
    context = contact_context(request, contact, other_places=others)
    return render(request, "buying_center/contact.html", context)


def contact_context(request: HttpRequest, contact: Contact, **more: Any) -> dict[str, Any]:
    """Everything the page of a contact shows; `more` replaces parts of it (a form with its errors)."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    rows = centre_rows(contact.account_id)
    who = str(contact.pk)
    row, centre, analysis = rows.people[who], rows.centre, rows.analysis
    grid = analysis_of([contact.pk]).get(who, Analysis())
    can_change = principal.can("accounts.change", contact) and contact.person.erased_at is None
    gaps = [gap for gap in gap_cards(rows) if who in gap["people"]]
    zones = rows.zones[who]
    checks = state_checks({zone: zones[zone].is_judged for zone in ZONES}, grid)
    members = [member for member in member_list() if member.is_active and member.role != Role.INTEGRATION]
    figures = analysis.figures.get(who)
    return {
        "account": contact.account,
        "contact": contact,
        "row": row,
        "version": shown_version(contact),
        "finding": contact_finding(contact, rows, gaps),
        "gaps": gaps,
        "roles": [(role, BuyingRole(role).label) for role in row["roles"]],
        "level": ContactLevel(contact.level).label if contact.level else "",
        "promoter": PromoterType(contact.promoter_type).label if contact.promoter_type else "",
        "manager": rows.people.get(row["reports_to"] or ""),
        "attitude": attitude_mark(row["attitude"]),
        "power_ratio": None if row["power"] is None else row["power"] / 10,
        "receptiveness_ratio": None if row["receptiveness"] is None else row["receptiveness"] / 10,
        "dots": strength_dots(row["strength"]),
        "figures": figures,
        "rank": analysis.ranking.index(who) + 1 if figures else None,
        "people_here": len(analysis.ranking),
        "influence": findings.influence_reason(who, centre, analysis) if figures else "",
        "zones": [
            {"mark": zones[zone], "icon": ZONE_ICONS[zone], "name": ZONE_NAMES[zone]} for zone in ZONES
        ],
        "loss": findings.loss_words(loss_of(centre, who, analysis.paths), centre) if figures else [],
        "lines": lines_of(rows, who),
        "others": [(other["id"], other["name"]) for other in rows.people.values() if other["id"] != who],
        "line_kinds": InfluenceLink.Kind.choices,
        "grid": grid,
        "columns": grid_columns(grid),
        "needs": [(need, need_stage(need)) for need in grid.needs],
        "explicit": sum(bool(need.explicit_need) for need in grid.needs),
        "heat": heat(grid.risks),
        "risks": [(risk, severity(risk.probability, risk.consequence)) for risk in grid.risks],
        "forms": {kind: form(members=members, auto_id=f"{kind}_%s") for kind, form in FORMS.items()},
        "checks": checks,
        "state": state_words(checks),
        "coaching": COACHING,
        "mitigations": MITIGATIONS,
        "today": timezone.localdate(),
        "can_change": can_change,
        "can_erase": principal.can("people.personal_data"),
        "undo": request.session.pop("people_undo", None) if "people_undo" in request.session else None,
        **more,
    }


def contact_finding(contact: Contact, rows: CentreRows, gaps: list[dict[str, Any]]) -> str:
    """The heading of a contact's page: the worst gap they are in, else what they are to the decision."""
    who = str(contact.pk)
    if contact.person.erased_at is not None:
        return "This person asked to be forgotten. Only their place in the chart is left."
    if gaps:
        return f"{gaps[0]['words'].fact}."
    if who not in rows.centre.here:
        return f"{contact.name} has left, and nothing waits for them."
    analysis = rows.analysis
    if who in analysis.paths:
        return f"{contact.name} decides, and our way there is {analysis.paths[who].strength} of 5 strong."
    through = [path.decider for path in analysis.paths.values() if who in path.people[1:-1]]
    if through:
        return f"Our way to {findings.names_of(through, rows.centre)} leads through {contact.name}."
    rank = analysis.ranking.index(who) + 1
    if rank == 1 and len(analysis.ranking) > 1:
        return f"Nobody here has more influence than {contact.name}."
    return f"{contact.name} is number {rank} of {len(analysis.ranking)} by influence."


def lines_of(rows: CentreRows, who: str) -> list[dict[str, Any]]:
    """Lines from and to one person, the strongest first, each as a sentence."""
    found = []
    for link in rows.links:
        if who not in (link["from"], link["to"]):
            continue
        outwards = link["from"] == who
        other = rows.people[link["to"] if outwards else link["from"]]
        conflict = link["kind"] == "conflict"
        verb = "in conflict with" if conflict else "influences" if outwards else "is influenced by"
        found.append({**link, "verb": verb, "other": other, "is_conflict": conflict})
    return found


def grid_columns(grid: Analysis) -> list[dict[str, Any]]:
    """The six columns under their three heads."""
    words = dict(GridColumn.choices)
    return [
        {
            "title": title,
            "columns": [
                {"key": key, "label": words[key].partition(", ")[2], "entries": grid.column(key)}
                for key in keys
            ],
        }
        for title, keys in COLUMN_GROUPS
    ]
