"""`plans/{id}/versions/`, `document/`, `compare/`, `changes/`: a plan at other moments (K32)."""

import dataclasses
import datetime
import uuid
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kam.common.api.fields import Choice, Day, Flag, StrictSerializer, Text, Whole
from kam.common.api.filters import Filter, ListQuery
from kam.common.api.views import KamApi, ListApi
from planning.api.plan_shapes import DocumentOutput, VersionOutput
from planning.api.plans import plan_of
from planning.models import Plan, PlanVersion, SectionKey
from planning.selectors.plan_changes import plan_changes, since_choices
from planning.selectors.plan_compare import compare
from planning.selectors.plan_document import PlanDocument, plan_document
from planning.services.plan_lifecycle import plan_version_keep

NUMBER = r"^[1-9][0-9]{0,6}$"


def version_of(plan: Plan, number: int) -> PlanVersion:
    """A version of a plan, with its document. Raises Http404."""
    found = PlanVersion.objects.filter(tenant_id=plan.tenant_id, plan_id=plan.pk, number=number).first()
    if found is None:
        raise Http404
    return found


class PlanVersionsApi(ListApi):
    """The kept versions of a plan; POST keeps it as it stands now."""

    permissions = {"GET": "accounts.view", "POST": "accounts.change"}
    Output = VersionOutput
    query = ListQuery(
        filters={"reason": Filter("reason", PlanVersion.Reason.values)},
        ordering={"number": "number"},
        default="-number",
    )

    class Input(StrictSerializer):
        label = Text(max_length=120, required=False, allow_blank=True)  # type: ignore[assignment]

    def rows(self) -> Any:
        plan = plan_of(self, self.kwargs["pk"])
        return PlanVersion.objects.filter(tenant_id=plan.tenant_id, plan_id=plan.pk)

    def tag_of(self, row: dict[str, Any]) -> str:
        return f'"{row["digest"][:32]}"'

    def post(self, request: Request, pk: uuid.UUID) -> Response:
        plan = plan_of(self, pk)
        self.check_object_permissions(request, plan)
        label = self.parse(request).get("label", "")
        made = plan_version_keep(principal=self.principal, plan=plan, label=label)
        body = self.read(self.rows().filter(pk=made.pk))[0]
        headers = {"ETag": self.tag_of(body), "Location": f"{request.path}{made.number}/"}
        return Response(body, status=201, headers=headers)


class PlanVersionApi(KamApi):
    """A version whole, exactly as it was kept."""

    permissions = {"GET": "accounts.view"}
    tagged_object = True
    errors = (404,)
    Output = DocumentOutput

    def get(self, request: Request, pk: uuid.UUID, number: int) -> Response:
        plan = plan_of(self, pk)
        version = version_of(plan, number)
        document = plan_document(principal=self.principal, plan=plan, version=version)
        return self.tagged(request, document.as_json(), f'"{version.digest[:32]}"')


class PlanDocumentApi(KamApi):
    """The plan whole, as it stands now: own words and rows, and what other systems know."""

    permissions = {"GET": "accounts.view"}
    errors = (404,)
    Output = DocumentOutput

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return Response(plan_document(principal=self.principal, plan=plan_of(self, pk)).as_json())


class PieceShape(serializers.Serializer[Any]):
    op = Choice(choices=[("same", "Same"), ("added", "Added"), ("removed", "Removed")])
    text = Text()


class PairShape(serializers.Serializer[Any]):
    key = Text()
    label = Text()  # type: ignore[assignment]
    kind = Text()
    old = serializers.JSONField(allow_null=True)
    new = serializers.JSONField(allow_null=True)


class RowShape(serializers.Serializer[Any]):
    op = Choice(
        choices=[("added", "Added"), ("removed", "Removed"), ("changed", "Changed"), ("moved", "Moved")]
    )
    key = Text()
    title = Text()
    cells = PairShape(many=True)
    moved = serializers.ListField(child=Text(), help_text="From where to where.")


class TableShape(serializers.Serializer[Any]):
    key = Text()
    title = Text()
    rows = RowShape(many=True)


class SectionShape(serializers.Serializer[Any]):
    key = Choice(choices=SectionKey.choices)
    title = Text()
    text = PieceShape(many=True)
    figures = PairShape(many=True)
    tables = TableShape(many=True)
    differs = Flag()


class PlanCompareApi(KamApi):
    """Two states section by section; a version that is not named is the plan as it stands now."""

    permissions = {"GET": "accounts.view"}
    errors = (404,)

    class Query(StrictSerializer):
        old = serializers.RegexField(NUMBER, help_text="Number of a version.")
        new = serializers.RegexField(NUMBER, required=False, help_text="Number of a version; default: now.")

    class Output(serializers.Serializer[Any]):
        old = Whole()
        new = Whole(allow_null=True)
        sections = SectionShape(many=True)

    @extend_schema(parameters=[Query])
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        plan = plan_of(self, pk)
        asked = {name: int(value) for name, value in self.parse_query(request, self.Query).items()}
        old = self._document(plan, asked["old"])
        new = self._document(plan, asked.get("new"))
        sections = [dataclasses.asdict(each) | {"differs": each.differs} for each in compare(old, new)]
        return Response({"old": asked["old"], "new": asked.get("new"), "sections": sections})

    def _document(self, plan: Plan, number: int | None) -> PlanDocument:
        version = version_of(plan, number) if number is not None else None
        return plan_document(principal=self.principal, plan=plan, version=version)


class FieldShape(serializers.Serializer[Any]):
    label = Text()  # type: ignore[assignment]
    old = Text()
    new = Text()


class ThingShape(serializers.Serializer[Any]):
    op = Choice(choices=[("added", "Added"), ("changed", "Changed"), ("removed", "Removed")])
    title = Text()
    who = Text()
    at = serializers.DateTimeField()
    fields = FieldShape(many=True)  # type: ignore[assignment]


class ChangesShape(serializers.Serializer[Any]):
    key = Choice(choices=SectionKey.choices)
    title = Text()
    things = ThingShape(many=True)


class PlanChangesApi(KamApi):
    """What is different in the plan and in what it rests on since a day, from the audit trail.

    Without a day: since the last frozen review, else the last approval, else 30 days.
    """

    permissions = {"GET": "accounts.view"}
    errors = (404,)

    class Query(StrictSerializer):
        since = Day(required=False)

    class Output(serializers.Serializer[Any]):
        since = serializers.DateTimeField()
        sections = ChangesShape(many=True)

    @extend_schema(parameters=[Query])
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        plan = plan_of(self, pk)
        day = self.parse_query(request, self.Query).get("since")
        now = timezone.now()
        if day is None:
            since = since_choices(plan, now=now)[0].at
        else:
            since = datetime.datetime.combine(day, datetime.time(), tzinfo=datetime.UTC)
        sections = [dataclasses.asdict(each) for each in plan_changes(plan, since)]
        return Response({"since": since, "sections": sections})
