"""Deciding about accounts: what waits, the form for a verdict and its reason, taking it back (K34)."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Account
from accounts.selectors.accounts import account_find
from kam.common.errors import ApplicationError
from kam.tenancy.context import current_tenant_id
from kam.tenancy.permissions import requires
from metrics.findings import portfolio_cards as headings
from metrics.findings.portfolio_suggestions import VERBS
from metrics.models import AccountDecision, AccountMetrics
from metrics.selectors.freshness import published
from metrics.selectors.portfolio_decisions import decided_this_month, decisions_recent, waiting_of
from metrics.selectors.portfolio_snapshot import Portfolio
from metrics.services.decisions import decision_record, decision_undo, may_decide, may_undo
from metrics.views import portfolio_cards as cards
from metrics.views.portfolio_filters import PortfolioFilters

Verdict = AccountDecision.Verdict


def _view(request: HttpRequest) -> Portfolio:
    chosen = PortfolioFilters().chosen(request.principal)  # type: ignore[attr-defined]
    return Portfolio(published(), chosen)


@require_safe
@requires("portfolio.view")
def decision_list(request: HttpRequest) -> HttpResponse:
    """Everything that waits for a person, and what was decided lately."""
    view = _view(request)
    waiting = waiting_of(view.page["suggestions"], view.figures.date) if view.computed else []
    decided = decided_this_month(view.chosen.account_ids)
    kinds = [kind for kind in VERBS if any(row["kind"] == kind for row in waiting)]
    principal = request.principal  # type: ignore[attr-defined]
    context = {
        "figures": view.figures,
        "heading": headings.decisions_finding(len(waiting), decided),
        "groups": [
            {
                "verb": VERBS[kind],
                "rows": [cards.suggestion_row(row, view.currency) for row in waiting if row["kind"] == kind],
            }
            for kind in kinds
        ],
        "decided": decided,
        "recent": [
            {"decision": decision, "may_undo": may_undo(principal, decision)}
            for decision in decisions_recent(limit=30, accounts=view.chosen.account_ids)
        ],
    }
    return render(request, "metrics/decisions.html", context)


def _account(request: HttpRequest, account_id: uuid.UUID) -> Account:
    account = account_find(request.principal, account_id)  # type: ignore[attr-defined]
    if account is None:
        raise Http404
    return account


def _suggestion(view: Portfolio, account_id: uuid.UUID) -> dict[str, Any] | None:
    if not view.computed:
        return None
    return next((row for row in view.page["suggestions"] if row["account"] == str(account_id)), None)


@requires("portfolio.view", write="portfolio.view")
def decide(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """The form for one account; posted, the decision is kept with its reason."""
    account, view = _account(request, account_id), _view(request)
    principal = request.principal  # type: ignore[attr-defined]
    if not may_decide(principal, account):
        raise PermissionDenied("You may decide about the accounts that you own or lead.")
    suggested = _suggestion(view, account_id)
    context: dict[str, Any] = {
        "account": account,
        "row": cards.suggestion_row(suggested, view.currency) if suggested else None,
        "figures": view.figures,
        "verdicts": _verdicts(suggested["kind"] if suggested else ""),
        "verdict": suggested["kind"] if suggested else "",
        "reason": "",
        "short": request.htmx,  # type: ignore[attr-defined]
    }
    if request.method == "POST":
        return _decide(request, account, suggested, context)
    return _form(request, context)


@require_safe
@requires("portfolio.view")
def decision_row(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """The row of a suggestion again, after its form was left."""
    account, view = _account(request, account_id), _view(request)
    suggested = _suggestion(view, account_id)
    row = cards.suggestion_row(suggested, view.currency) if suggested else None
    return render(request, "metrics/decision_row.html", {"row": row, "account": account})


def _verdicts(first: str) -> list[tuple[str, str]]:
    """All verdicts, the suggested one first."""
    return sorted(Verdict.choices, key=lambda choice: choice[0] != first)


def _form(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    name = "metrics/decision_form.html"
    return render(request, f"{name}#form" if request.htmx else name, context, status=status)  # type: ignore[attr-defined]


def _decide(
    request: HttpRequest, account: Account, suggested: dict[str, Any] | None, context: dict[str, Any]
) -> HttpResponse:
    row = AccountMetrics.objects.filter(tenant_id=current_tenant_id(), account_id=account.pk).first()
    if row is None:
        raise Http404
    verdict, reason = request.POST.get("verdict", ""), request.POST.get("reason", "")
    try:
        decision = decision_record(
            principal=request.principal,  # type: ignore[attr-defined]
            account=account,
            row=row,
            suggestion=suggested["kind"] if suggested else "",
            verdict=verdict,
            reason=reason,
        )
    except ApplicationError as error:
        faults = {fault.field: fault.message for fault in error.errors}
        context |= {"verdict": verdict, "reason": reason, "faults": faults, "error": error.message}
        # htmx swaps only successful answers: the form comes back with its message.
        return _form(request, context, status=200 if request.htmx else 400)  # type: ignore[attr-defined]
    if request.htmx:  # type: ignore[attr-defined]
        return render(
            request,
            "metrics/decision_done.html",
            {"decision": decision, "account": account, **_counts(request)},
        )
    messages.success(request, f"Decided about {account.name}: {decision.get_verdict_display().lower()}.")
    return redirect("metrics:decision_list")


def _counts(request: HttpRequest) -> dict[str, Any]:
    """What the card's heading and foot say after a change."""
    view = _view(request)
    waiting = waiting_of(view.page["suggestions"], view.figures.date) if view.computed else []
    decided = decided_this_month(view.chosen.account_ids)
    return {
        "heading": headings.decisions_finding(len(waiting), decided),
        "waiting": len(waiting),
        "decided": decided,
    }


@require_POST
@requires("portfolio.view", write="portfolio.view")
def decision_undone(request: HttpRequest, decision_id: uuid.UUID) -> HttpResponse:
    """Take a decision back; the suggestion waits again."""
    decision = (
        AccountDecision.objects.select_related("account")
        .filter(tenant_id=current_tenant_id(), pk=decision_id)
        .first()
    )
    if decision is None:
        raise Http404
    account = decision.account
    decision_undo(principal=request.principal, decision=decision)  # type: ignore[attr-defined]
    if request.htmx:  # type: ignore[attr-defined]
        view = _view(request)
        suggested = _suggestion(view, account.pk)
        row = cards.suggestion_row(suggested, view.currency) if suggested else None
        return render(
            request,
            "metrics/decision_row.html",
            {"row": row, "account": account, "oob": True, **_counts(request)},
        )
    messages.success(request, f"The decision about {account.name} is taken back.")
    return redirect(reverse("metrics:decision_list"))
