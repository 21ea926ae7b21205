"""`accounts/{id}/people/`: one buying centre whole, for the map (K13, K14)."""

import uuid
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.selectors.accounts import account_find
from buying_center import findings
from buying_center.models import (
    ZONES,
    BuyingRole,
    ContactLevel,
    InfluenceLink,
    PromoterType,
)
from buying_center.network.zones import department_zones
from buying_center.selectors.centre import CentreRows, centre_rows
from kam.common.api.fields import Choice, Day, Flag, Id, Ratio, Text, Whole
from kam.common.api.views import KamApi

MOST_INFLUENTIAL = 5
_NULLED = ("title", "department", "level", "promoter_type", "competitor")


class ZoneOutput(serializers.Serializer[Any]):
    inside = Flag()
    suggested = Flag(allow_null=True, help_text="null = not judged")
    override = Flag(allow_null=True)
    reason = Text(allow_null=True)


class ZonesOutput(serializers.Serializer[Any]):
    power = ZoneOutput()
    threat = ZoneOutput()
    receptive = ZoneOutput()


class FiguresOutput(serializers.Serializer[Any]):
    influence = Ratio(help_text="Share of the influence in this centre, 0–1.")
    rank = Whole()
    reach = Whole(help_text="How many people they influence directly.")
    weight = Whole(help_text="The strengths of those lines, added.")
    listens_to = Whole()
    between = Ratio(
        allow_null=True, help_text="Share of the shortest ways to the deciders through them, 0–1."
    )


class NodeOutput(serializers.Serializer[Any]):
    id = Id()
    person = Id()
    name = Text()
    title = Text(allow_null=True)
    department = Text(allow_null=True)
    level = Choice(choices=ContactLevel.choices, allow_null=True)
    roles = serializers.ListField(child=Choice(choices=BuyingRole.choices))
    is_placeholder = Flag()
    left_on = Day(allow_null=True)
    reports_to = Id(allow_null=True)
    attitude = Whole(allow_null=True)
    power = Whole(allow_null=True)
    receptiveness = Whole(allow_null=True)
    strength = Whole(allow_null=True)
    promoter_type = Choice(choices=PromoterType.choices, allow_null=True)
    is_dominant_advisor = Flag()
    is_opponent = Flag()
    competitor = Text(allow_null=True)
    covered_by = Id(allow_null=True)
    covered_by_name = Text(allow_null=True)
    last_contact = Day(allow_null=True)
    next_assessment = Day(allow_null=True)
    x = Ratio(allow_null=True)
    y = Ratio(allow_null=True)
    is_parked = Flag()
    zones = ZonesOutput()
    figures = FiguresOutput(allow_null=True, help_text="null = has left")
    version = Whole()


class _Ends(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "from": Id(), "to": Id()}


class ReportingOutput(_Ends):
    """`from` reports to `to`."""


class LineOutput(_Ends):
    id = Id()
    kind = Choice(choices=InfluenceLink.Kind.choices)
    topic = Text(allow_null=True)
    strength = Whole()
    note = Text(allow_null=True)
    version = Whole()


class OursOutput(serializers.Serializer[Any]):
    id = Id()
    name = Text()
    role = Text()
    is_lead = Flag()


class TieOutput(serializers.Serializer[Any]):
    ours = Id()
    contact = Id()
    strength = Whole()


class StepOutput(_Ends):
    strength = Whole()
    topic = Text(allow_null=True)


class PathOutput(serializers.Serializer[Any]):
    decider = Id()
    strength = Whole()
    title = Text()
    reason = Text()
    steps = StepOutput(many=True, help_text="The first begins with one of ours.")


class GapOutput(serializers.Serializer[Any]):
    code = Text()
    contacts = serializers.ListField(child=Id())
    fact = Text()
    reason = Text()
    button = Text()
    is_severe = Flag()


class InfluentialOutput(serializers.Serializer[Any]):
    contact = Id()
    reason = Text()


class BalanceOutput(serializers.Serializer[Any]):
    opponents = serializers.ListField(child=Id())
    facilitators = serializers.ListField(child=Id())
    against = Ratio()
    for_us = Ratio()
    sentence = Text()


class DepartmentOutput(serializers.Serializer[Any]):
    department = Text()
    zone = Choice(choices=[(zone, zone) for zone in ZONES])
    contacts = serializers.ListField(child=Id())


class PeopleOutput(serializers.Serializer[Any]):
    """One buying centre: people, both charts, zones, and what is computed of them. Ids are those of `contacts/`;
    of our side those of `selling-centre/`."""

    account = Id()
    today = Day()
    finding = Text()
    nodes = NodeOutput(many=True)
    reporting = ReportingOutput(many=True)
    links = LineOutput(many=True)
    ours = OursOutput(many=True)
    ties = TieOutput(many=True)
    department_zones = DepartmentOutput(many=True)
    gaps = GapOutput(many=True)
    paths = PathOutput(many=True)
    influential = InfluentialOutput(many=True)
    balance = BalanceOutput()


class AccountPeopleApi(KamApi):
    permissions = {"GET": "accounts.view"}
    Output = PeopleOutput

    @extend_schema(responses={200: PeopleOutput})
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        account = account_find(self.principal, pk)
        if account is None:
            raise Http404
        return Response(people_json(centre_rows(account.pk)))


def people_json(rows: CentreRows) -> dict[str, Any]:
    """The whole centre as the map reads it."""
    centre, analysis = rows.centre, rows.analysis
    gaps = [findings.gap_words(gap, centre, analysis) for gap in analysis.gaps]
    marked = [(someone, rows.zones[someone.id]) for someone in centre.here.values()]
    return {
        "account": rows.account_id,
        "today": rows.today,
        "finding": findings.centre_finding(centre, gaps),
        "nodes": _nodes(rows),
        "reporting": [
            {"from": row["id"], "to": row["reports_to"]} for row in rows.people.values() if row["reports_to"]
        ],
        "links": [{**row, "topic": row["topic"] or None, "note": row["note"] or None} for row in rows.links],
        "ours": rows.ours,
        "ties": [
            {"ours": tie.ours, "contact": tie.theirs, "strength": tie.strength} for tie in centre.live_ties
        ],
        "department_zones": [
            {"department": place, "zone": zone, "contacts": people}
            for place, zones in department_zones(marked).items()
            for zone, people in zones.items()
        ],
        "gaps": [
            {
                "code": words.code,
                "contacts": list(gap.people),
                "fact": words.fact,
                "reason": words.reason,
                "button": words.button,
                "is_severe": words.is_severe,
            }
            for gap, words in zip(analysis.gaps, gaps, strict=True)
        ],
        "paths": paths_json(rows),
        "influential": [
            {"contact": who, "reason": findings.influence_reason(who, centre, analysis)}
            for who in analysis.ranking[:MOST_INFLUENTIAL]
        ],
        "balance": {
            "opponents": list(analysis.balance.opponents),
            "facilitators": list(analysis.balance.facilitators),
            "against": analysis.balance.against,
            "for_us": analysis.balance.for_us,
            "sentence": findings.balance_words(centre, analysis),
        },
    }


def paths_json(rows: CentreRows) -> list[dict[str, Any]]:
    """The strongest path to each decider that can be reached, with its words."""
    centre = rows.centre
    return [
        {
            "decider": path.decider,
            "strength": path.strength,
            "title": findings.path_title(path, centre),
            "reason": findings.path_reason(path, centre),
            "steps": [
                {
                    "from": step.source,
                    "to": step.target,
                    "strength": step.strength,
                    "topic": step.topic or None,
                }
                for step in path.steps
            ],
        }
        for path in rows.analysis.paths.values()
    ]


def _nodes(rows: CentreRows) -> list[dict[str, Any]]:
    analysis, zones = rows.analysis, rows.zones
    ranks = {who: rank for rank, who in enumerate(analysis.ranking, 1)}
    nodes = []
    for who, row in rows.people.items():
        figures = analysis.figures.get(who)
        node: dict[str, Any] = {name: row[name] for name in _SHOWN}
        for name in _NULLED:
            node[name] = node[name] or None
        node["x"], node["y"] = row["map_x"], row["map_y"]
        node["zones"] = {
            zone: {
                "inside": mark.is_in,
                "suggested": mark.suggested,
                "override": mark.override,
                "reason": mark.reason or None,
            }
            for zone, mark in zones[who].items()
        }
        node["figures"] = figures and {
            "influence": figures.influence,
            "rank": ranks[who],
            "reach": figures.reach,
            "weight": figures.weight,
            "listens_to": figures.listens_to,
            "between": figures.between,
        }
        nodes.append(node)
    return nodes


_SHOWN = tuple(str(name) for name in NodeOutput().fields if str(name) not in ("x", "y", "zones", "figures"))
