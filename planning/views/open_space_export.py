"""The Open Space of an account as a file: CSV of its potentials, or a workbook of the whole grid (K6)."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.selectors.accounts import account_find
from kam.tenancy.permissions import requires
from planning.services.open_space_files import open_space_workbook, potentials_csv


@require_safe
@requires("accounts.view")
def open_space_export(request: HttpRequest, account_id: uuid.UUID, file_type: str) -> HttpResponse:
    """Download; `csv` and the first sheet of `xlsx` can be imported again as `potentials`."""
    account = account_find(request.principal, account_id)  # type: ignore[attr-defined]
    if account is None:
        raise Http404
    if file_type == "csv":
        return potentials_csv(account)
    if file_type == "xlsx":
        return open_space_workbook(account)
    raise Http404
