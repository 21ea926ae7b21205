"""`segments/`: the customer's own structure."""

from typing import Any

from rest_framework import serializers

from accounts.models import Segment
from accounts.selectors.segments import segment_visible
from accounts.services.segments import segment_create, segment_delete, segment_update
from kam.common.api.fields import Choice, Id, StrictSerializer, Text, Whole, read_only
from kam.common.api.filters import Filter, IdFilter, ListQuery, NullFilter
from kam.common.api.views import CreateListApi, DetailApi


class SegmentOutput(serializers.Serializer[Any]):
    id = Id()
    external_id = Text(allow_null=True)
    account = Id(source="account_id")
    name = Text()
    kind = Choice(choices=Segment.Kind.choices)
    parent = Id(source="parent_id", allow_null=True)  # type: ignore[assignment]
    position = Whole()
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SegmentInput(StrictSerializer):
    external_id = Text(max_length=100, allow_null=True, required=False)
    account = Id()
    name = Text(max_length=200)
    kind = Choice(choices=Segment.Kind.choices, required=False)
    parent = Id(allow_null=True, required=False)  # type: ignore[assignment]
    position = Whole(required=False, min_value=0)


SegmentInput.ignored = read_only(SegmentOutput, SegmentInput)


class SegmentListApi(CreateListApi):
    permissions = {"GET": "accounts.view", "POST": "accounts.change"}
    Input, Output = SegmentInput, SegmentOutput
    query = ListQuery(
        filters={
            "external_id": Filter("external_id"),
            "account": IdFilter("account_id"),
            "parent": IdFilter("parent_id"),
            "top": NullFilter("parent", help="Only those without a parent, or only those with one."),
            "kind": Filter("kind", Segment.Kind.values),
        },
        search=("name", "external_id"),
        ordering={name: name for name in ("name", "position", "external_id", "created_at")},
        default="position,name",
    )

    def rows(self) -> Any:
        return segment_visible(self.principal)

    def create(self, values: dict[str, Any]) -> Segment:
        return segment_create(principal=self.principal, values=values)


class SegmentDetailApi(DetailApi):
    permissions = {"GET": "accounts.view", "PATCH": "accounts.change", "DELETE": "accounts.change"}
    Input, Output = SegmentInput, SegmentOutput

    def rows(self) -> Any:
        return segment_visible(self.principal).select_related("account")

    def update(self, obj: Segment, values: dict[str, Any], if_match: Any) -> None:
        segment_update(principal=self.principal, segment=obj, values=values, if_match=if_match)

    def remove(self, obj: Segment, if_match: Any) -> None:
        segment_delete(principal=self.principal, segment=obj, if_match=if_match)
