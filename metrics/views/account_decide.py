"""Deciding about an account: the card's form posts here."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from kam.common.errors import InvalidInputError
from kam.tenancy.permissions import requires
from metrics.selectors.account_detail import account_metrics
from metrics.services.decisions import decision_record, may_decide
from metrics.suggestions import suggestion_for
from metrics.views.account import account_or_404


@require_POST
@requires("accounts.view")
def account_decide(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Keep a verdict and its reason, then show the account again."""
    account = account_or_404(request, account_id)
    principal = request.principal  # type: ignore[attr-defined]
    if not may_decide(principal, account):
        raise PermissionDenied("Your role does not allow this.")
    row = account_metrics(account_id=account_id)
    if row is None:
        raise Http404
    due = suggestion_for(row, is_key=account.is_key_account, currency="")
    try:
        decision = decision_record(
            principal=principal,
            account=account,
            row=row,
            suggestion=due.verdict if due else "",
            verdict=request.POST.get("verdict", ""),
            reason=request.POST.get("reason", ""),
        )
    except InvalidInputError as error:
        messages.error(request, f"Nothing was decided. {error.message}")
    else:
        messages.success(request, f"Decided: {decision.get_verdict_display().lower()}.")
    return redirect("metrics:account_detail", account_id)
