"""`recomputations/`: start a run, watch it."""

from typing import Any

from django.db.models import Case, F, FloatField, QuerySet, Value, When
from django.db.models.functions import Cast, Least
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kam.common.api.fields import Choice, Day, Flag, Id, Ratio, StrictSerializer, Text, Whole
from kam.common.api.filters import Filter, ListQuery
from kam.common.api.views import ListApi, ReadApi
from kam.tenancy.context import current_tenant_id
from metrics.models import Recomputation
from metrics.services.requests import Keep, recomputation_create
from metrics.tasks import recompute_start


class RecomputationOutput(serializers.Serializer[Any]):
    """One run. `progress` is 1 only when its results are published."""

    id = Id()
    kind = Choice(choices=Recomputation.Kind.choices)
    status = Choice(choices=Recomputation.Status.choices)
    progress = Ratio(source="share_done")
    accounts_total = Whole()
    accounts_done = Whole()
    seconds = Ratio(allow_null=True)
    reference_date = Day()
    accounts = serializers.ListField(child=Id(), allow_null=True, source="account_ids")
    pin = Flag(source="publish")
    failure = Text(allow_null=True)
    engine_version = Text(allow_null=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    version = Whole()


def recomputation_rows() -> "QuerySet[Recomputation, Recomputation]":
    """The tenant's runs with the share that is done (0–1; below 1 until the results are published)."""
    part = Cast(F("accounts_done"), FloatField()) / F("accounts_total")
    return Recomputation.objects.filter(tenant_id=current_tenant_id()).annotate(
        share_done=Case(
            When(status=Recomputation.Status.SUCCEEDED, then=Value(1.0)),
            When(accounts_total__gt=0, then=Least(part, 0.99)),
            default=Value(0.0),
            output_field=FloatField(),
        )
    )


class RecomputationListApi(ListApi):
    """`POST` answers 202: the run is queued. A given `reference_date` is pinned, null unpins, omitted keeps."""

    permissions = {"GET": "recompute.view", "POST": "recompute.run"}
    Output = RecomputationOutput
    success = 202
    query = ListQuery(
        filters={"status": Filter("status", Recomputation.Status.values)},
        ordering={"created_at": "created_at", "reference_date": "reference_date"},
        default="-created_at",
    )

    class Input(StrictSerializer):
        reference_date = Day(
            required=False, allow_null=True, help_text="Any day of the month; null = back to today's."
        )
        accounts = serializers.ListField(
            child=Id(), required=False, allow_null=True, min_length=1, max_length=10_000
        )
        pin = Flag(required=False, default=True, help_text="false = only add history")

    def rows(self) -> Any:
        return recomputation_rows()

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        values = self.parse(request)
        run = recomputation_create(
            principal=self.principal,
            date=values.get("reference_date", Keep.DATE),
            account_ids=values.get("accounts"),
            pin=values["pin"],
        )
        recompute_start(tenant_id=run.tenant_id, run_id=run.pk)
        response = self.show(request, run.pk, status=202)
        response["Location"] = f"{request.path}{run.pk}/"
        return response


class RecomputationDetailApi(ReadApi):
    permissions = {"GET": "recompute.view"}
    Output = RecomputationOutput

    def rows(self) -> Any:
        return recomputation_rows()
