"""The history of one object over REST."""

import uuid
from dataclasses import asdict
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kam.common.api.fields import Id
from kam.common.api.filters import ListQuery
from kam.common.api.pagination import PageNumberPagination
from kam.common.api.views import ListApi
from kam.tenancy.object_history import history_count, history_entries


class ChangeOutput(serializers.Serializer[Any]):
    field = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class HistoryEntryOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    action = serializers.ChoiceField(choices=["created", "changed", "deleted"])
    member_id = Id(allow_null=True)
    member_name = serializers.CharField(allow_null=True)
    via = serializers.CharField()
    changes = ChangeOutput(many=True)


class _Events:
    """The events of one row, sliced like a queryset, so that pagination needs no case of its own."""

    def __init__(self, model: type[Model], pk: uuid.UUID) -> None:
        self.model, self.pk = model, pk

    def count(self) -> int:
        return history_count(self.model, self.pk)

    def __getitem__(self, part: slice) -> list[dict[str, Any]]:
        entries = history_entries(self.model, self.pk, offset=part.start, limit=part.stop - part.start)
        return [asdict(entry) for entry in entries]


class HistoryApi(ListApi):
    """Who changed what of one object and when, newest first.

    A view names the tracked `model` and, as `rows()`, which of its objects this principal may see."""

    model: ClassVar[type[Model]]
    Output = HistoryEntryOutput
    query = ListQuery()

    def get(self, request: Request, pk: uuid.UUID, *args: Any, **kwargs: Any) -> Response:
        visible: QuerySet[Any, Any] = self.rows()
        self.query.apply(request, visible)
        if not visible.filter(pk=pk).exists():
            raise Http404
        events: Any = _Events(self.model, pk)
        return Response(PageNumberPagination().page_of(request, events, lambda part: part))  # type: ignore[arg-type, return-value]
