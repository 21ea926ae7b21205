"""`accounts/{id}/open-space/potentials.csv` and `grid.xlsx`: the same files as the page's."""

import uuid

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from kam.common.api.views import KamApi
from kam.common.exports import XLSX_TYPE
from planning.api.open_space import account_of
from planning.services.open_space_files import open_space_workbook, potentials_csv


class PotentialsCsvApi(KamApi):
    """Every entered potential; it can be imported again as `potentials`."""

    permissions = {"GET": "accounts.view"}
    errors = (404,)

    @extend_schema(responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR)})
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponse:
        return potentials_csv(account_of(self, pk))


class OpenSpaceWorkbookApi(KamApi):
    """The whole grid as a workbook; its first sheet can be imported again as `potentials`."""

    permissions = {"GET": "accounts.view"}
    errors = (404,)

    @extend_schema(responses={(200, XLSX_TYPE): OpenApiResponse(OpenApiTypes.BINARY)})
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponse:
        return open_space_workbook(account_of(self, pk))
