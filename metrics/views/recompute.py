"""Starting a recomputation, moving the reference date, and how far a run is."""

import datetime
import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from accounts.selectors.accounts import account_find
from kam.common import formatting
from kam.common.errors import ApplicationError
from kam.tenancy.permissions import requires
from metrics.models import Recomputation
from metrics.services.requests import recomputation_create
from metrics.tasks import recompute_start


def _back(request: HttpRequest, fallback: str = "/") -> HttpResponse:
    """To the page that asked; with htmx the page fetches itself anew."""
    url = request.META.get("HTTP_REFERER", "")
    safe = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    if request.htmx:  # type: ignore[attr-defined]
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    return redirect(url if safe else fallback)


@require_POST
@requires("recompute.run")
def recompute_all(request: HttpRequest) -> HttpResponse:
    """Compute every account anew."""
    return _start(request, None, "Every account is computed anew. You can go on working.")


@require_POST
@requires("recompute.run")
def account_recompute(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Compute one account anew; the others keep their figures."""
    principal = request.principal  # type: ignore[attr-defined]
    account = account_find(principal, account_id)
    if account is None:
        raise Http404
    return _start(request, [account.pk], f"“{account.name}” is computed anew.")


def _start(request: HttpRequest, account_ids: list[uuid.UUID] | None, said: str) -> HttpResponse:
    principal = request.principal  # type: ignore[attr-defined]
    try:
        run = recomputation_create(principal=principal, account_ids=account_ids)
    except ApplicationError as error:
        messages.error(request, f"Nothing was started. {error.message}")
    else:
        recompute_start(tenant_id=principal.tenant.id, run_id=run.pk)
        messages.success(request, said)
    return _back(request)


@require_POST
@requires("recompute.run")
def pin_date(request: HttpRequest) -> HttpResponse:
    """Show every figure as of a date, or as of today again (empty)."""
    text = request.POST.get("reference_date", "").strip()
    try:
        chosen = datetime.date.fromisoformat(text) if text else None
    except ValueError:
        messages.error(request, f"Nothing was changed: “{text[:40]}” is no date. Expected YYYY-MM-DD.")
        return _back(request)
    principal = request.principal  # type: ignore[attr-defined]
    try:
        run = recomputation_create(principal=principal, date=chosen)
    except ApplicationError as error:
        messages.error(request, f"Nothing was changed. {error.message}")
    else:
        recompute_start(tenant_id=principal.tenant.id, run_id=run.pk)
        day = formatting.date(run.reference_date)
        messages.success(request, f"Every figure is computed as of {day}. You can go on working.")
    return _back(request)


def run_or_404(request: HttpRequest, run_id: uuid.UUID) -> Recomputation:
    """A run of the reader's tenant. Raises Http404."""
    run = Recomputation.objects.filter(
        tenant_id=request.principal.tenant.id,  # type: ignore[attr-defined]
        pk=run_id,
    ).first()
    if run is None:
        raise Http404
    return run


@require_safe
@requires("recompute.view")
def progress(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """How far a run is, for the control that polls it; when it has ended the page fetches itself anew."""
    run = run_or_404(request, run_id)
    ended = run.status in (Recomputation.Status.SUCCEEDED, Recomputation.Status.FAILED)
    response = render(request, "metrics/partials/run.html", {"run": run, "ended": ended})
    if ended:
        if run.status == Recomputation.Status.FAILED:
            messages.error(request, f"The figures were not computed. {run.failure}")
        response["HX-Refresh"] = "true"
    return response
