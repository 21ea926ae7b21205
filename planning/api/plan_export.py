"""`plans/{id}/export/`: a plan as PowerPoint, PDF or Excel (K32)."""

import uuid

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from kam.common.api.fields import Choice, StrictSerializer
from kam.common.api.views import KamApi
from planning.selectors.plans import plan_find, version_visible
from planning.services.plan_export import plan_export
from planning.services.plan_exports import FORMATS


class PlanExportQuery(StrictSerializer):
    """`format`: pptx (native tables and charts), pdf or xlsx. `version`: a kept one; omitted = as it stands."""

    format = Choice(choices=[(name, name) for name in FORMATS], required=False, default="pptx")
    version = serializers.RegexField(r"\A[1-9][0-9]{0,5}\Z", required=False)


class PlanExportApi(KamApi):
    """The plan as a file. Figures in it carry their reference date."""

    permissions = {"GET": "accounts.view"}
    errors = (404,)

    @extend_schema(
        parameters=[PlanExportQuery],
        responses={(200, kind): OpenApiResponse(OpenApiTypes.BINARY) for kind in FORMATS.values()},
    )
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponse:
        query = self.parse_query(request, PlanExportQuery)
        plan = plan_find(self.principal, pk)
        if plan is None:
            raise Http404
        version = None
        if number := query.get("version"):
            version = version_visible(self.principal).filter(plan_id=plan.pk, number=int(number)).first()
            if version is None:
                raise Http404
        file = plan_export(principal=self.principal, plan=plan, file_type=query["format"], version=version)
        response = HttpResponse(file.content, content_type=file.content_type)
        response["Content-Disposition"] = f'attachment; filename="{file.name}"'
        return response
