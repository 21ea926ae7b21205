"""`accounts/{id}/people-map/`: what the people map draws, today or on an earlier day, and moving people on it (K14)."""

import datetime
import uuid
from collections.abc import Callable
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from accounts.selectors.accounts import account_find
from buying_center import findings
from buying_center.api.centre import (
    LineOutput,
    OursOutput,
    PathOutput,
    TieOutput,
    paths_json,
)
from buying_center.changes import Mark, marks_of
from buying_center.models import ZONES, BuyingRole, ContactLevel
from buying_center.selectors.centre import CentreRows, centre_rows, our_places, our_rows
from buying_center.selectors.people_map import map_now, map_of
from buying_center.selectors.people_map_tag import people_map_tag
from buying_center.selectors.replay import centre_events, centre_rows_at
from buying_center.services.map_places import map_places_set
from kam.common.api.fields import Choice, Day, Flag, Id, Ratio, StrictSerializer, Text, Whole
from kam.common.api.kept import Encoded, KeptAnswers
from kam.common.api.renderers import json_bytes
from kam.common.api.views import KamApi
from kam.tenancy.history import members_named

MOST_PLACES = 5_000


class MapNodeOutput(serializers.Serializer[Any]):
    """Somebody on the map. null = not known or not judged; `x`, `y` null = nobody has placed them."""

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
    is_opponent = Flag()
    competitor = Text(allow_null=True)
    covered_by = Id(allow_null=True)
    x = Ratio(allow_null=True)
    y = Ratio(allow_null=True)
    is_parked = Flag()
    zones = serializers.ListField(child=Choice(choices=[(zone, zone) for zone in ZONES]))
    version = Whole()


class MapGapOutput(serializers.Serializer[Any]):
    code = Text()
    contacts = serializers.ListField(child=Id())
    fact = Text()
    reason = Text()
    button = Text()
    act = Choice(choices=[(act, act) for act in ("edit", "show", "add", "map")])
    icon = Text()
    is_severe = Flag()


class PeopleMapOutput(serializers.Serializer[Any]):
    """What is drawn. What is computed of it stands at `people-map/findings/`."""

    account = Id()
    today = Day(help_text="The day that is looked at.")
    as_of = serializers.DateTimeField(allow_null=True, help_text="null = as it is now")
    nodes = MapNodeOutput(many=True)
    links = LineOutput(many=True)
    ours = OursOutput(many=True)
    ties = TieOutput(many=True)


class PeopleMapFindingsOutput(serializers.Serializer[Any]):
    account = Id()
    as_of = serializers.DateTimeField(allow_null=True, help_text="null = as it is now")
    finding = Text()
    gaps_title = Text()
    balance = Text()
    gaps = MapGapOutput(many=True)
    paths = PathOutput(many=True)


class PlaceInput(StrictSerializer):
    """Where somebody lies. `version` is the one of the node as it was read."""

    contact = Id()
    version = Whole()
    x = Ratio(source="map_x", allow_null=True, required=False, min_value=-1e6, max_value=1e6)
    y = Ratio(source="map_y", allow_null=True, required=False, min_value=-1e6, max_value=1e6)
    is_parked = Flag(required=False)


class PlaceVersionOutput(serializers.Serializer[Any]):
    contact = Id()
    version = Whole()


class MovedOutput(serializers.Serializer[Any]):
    places = PlaceVersionOutput(many=True)


class MapChangeOutput(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = Choice(
        choices=[
            (kind, kind)
            for kind in ("joined", "left", "moved", "cover", "title", "judged", "named", "role", "line")
        ]
    )
    contact = Id()
    words = Text()
    by = Text(allow_null=True, help_text="Who changed it.")


class MarkOutput(serializers.Serializer[Any]):
    at = serializers.DateTimeField(help_text="Ask for the map `as_of` this moment to see these changes made.")
    changes = MapChangeOutput(many=True)


class PeopleMapHistoryOutput(serializers.Serializer[Any]):
    marks = MarkOutput(many=True)


class _AsOf(serializers.Serializer[Any]):
    as_of = serializers.DateTimeField(required=False)


TAG = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, response=[200], description="Of the centre as it is now."
)
NOT_MODIFIED = OpenApiResponse(description="Not modified: the reader has this version.")
_answers = KeptAnswers(megabytes=16)

AS_OF = OpenApiParameter("as_of", datetime.datetime, description="As the centre stood at that moment.")


class PeopleMapApi(KamApi):
    """The map's data. PATCH moves people: all of the list or nobody; 412 when one of them was changed since."""

    permissions = {"GET": "accounts.view", "PATCH": "accounts.change"}
    errors = (404, 412)
    Output = PeopleMapOutput

    class Input(StrictSerializer):
        places = serializers.ListField(child=PlaceInput(), min_length=1, max_length=MOST_PLACES)

    @extend_schema(parameters=[AS_OF, TAG], responses={200: PeopleMapOutput, 304: NOT_MODIFIED})
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        account, moment = _account(self, pk), _moment(self, request)
        if moment is not None:
            drawn = map_of(centre_rows_at(account.pk, moment))
            return Response({"account": account.pk, "as_of": moment, **drawn})
        return _kept(
            self, request, account, lambda: {"account": account.pk, "as_of": None, **map_now(account.pk)}
        )

    @extend_schema(request=Input, responses={200: MovedOutput})
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        account = _account(self, pk)
        self.check_object_permissions(request, account)
        places = self.parse(request)["places"]
        versions = map_places_set(principal=self.principal, account=account, places=places)
        return Response(
            {"places": [{"contact": key, "version": version} for key, version in versions.items()]}
        )


class PeopleMapFindingsApi(KamApi):
    """What the centre on the map means: finding, gaps, and the strongest path to each decider, in words."""

    permissions = {"GET": "accounts.view"}
    errors = (404,)
    Output = PeopleMapFindingsOutput

    @extend_schema(parameters=[AS_OF, TAG], responses={200: PeopleMapFindingsOutput, 304: NOT_MODIFIED})
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        account, moment = _account(self, pk), _moment(self, request)
        if moment is not None:
            return Response(findings_json(centre_rows_at(account.pk, moment), as_of=moment))
        return _kept(self, request, account, lambda: findings_json(centre_rows(account.pk)))


class PeopleMapHistoryApi(KamApi):
    """When the centre changed, in words, for the slider that replays it."""

    permissions = {"GET": "accounts.view"}
    errors = (404,)
    Output = PeopleMapHistoryOutput

    @extend_schema(responses={200: PeopleMapHistoryOutput})
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        account = _account(self, pk)
        team = {row["id"]: row["name"] for row in our_rows(our_places(account.pk))}
        marks = marks_of(centre_events(account.pk), team, timezone.get_current_timezone())
        return Response({"marks": _marks_json(marks)})


def _kept(view: KamApi, request: Request, account: Account, make: Callable[[], dict[str, Any]]) -> Response:
    """What a view answers about a centre as it is now: made once for what is stored, kept under its tag."""
    tag = people_map_tag(account.pk)
    key = f"{type(view).__name__} {tag}"
    answer = _answers.get(key)
    if answer is None:
        answer = Encoded(json_bytes(make()))
        # Kept only where nobody changed anything while it was read.
        if people_map_tag(account.pk) == tag:
            _answers.keep(key, answer)
    return view.tagged(request, answer, tag)


def findings_json(rows: CentreRows, *, as_of: datetime.datetime | None = None) -> dict[str, Any]:
    """What stands beside the map."""
    centre, analysis = rows.centre, rows.analysis
    gaps = [findings.gap_words(gap, centre, analysis) for gap in analysis.gaps]
    return {
        "account": rows.account_id,
        "as_of": as_of,
        "finding": findings.centre_finding(centre, gaps),
        "gaps_title": findings.gaps_title(gaps),
        "balance": findings.balance_words(centre, analysis),
        "gaps": [
            {
                "code": words.code,
                "contacts": list(gap.people),
                "fact": words.fact,
                "reason": words.reason,
                "button": words.button,
                "act": words.act,
                "icon": words.icon,
                "is_severe": words.is_severe,
            }
            for gap, words in zip(analysis.gaps, gaps, strict=True)
        ],
        "paths": paths_json(rows),
    }


def _moment(view: KamApi, request: Request) -> datetime.datetime | None:
    """The moment that the address asks for; None for now."""
    moment: datetime.datetime | None = view.parse_query(request, _AsOf).get("as_of")
    return None if moment is None or moment >= timezone.now() else moment


def _marks_json(marks: list[Mark]) -> list[dict[str, Any]]:
    names = members_named(change.by or "" for mark in marks for change in mark.changes)
    return [
        {
            "at": mark.at,
            "changes": [
                {
                    "at": change.at,
                    "kind": change.kind,
                    "contact": change.contact,
                    "words": change.words,
                    "by": names.get(change.by or ""),
                }
                for change in mark.changes
            ],
        }
        for mark in marks
    ]


def _account(view: KamApi, pk: uuid.UUID) -> Account:
    account = account_find(view.principal, pk)
    if account is None:
        raise Http404
    return account
