"""The reviews of an account, those that are due anywhere, and the card on the home page (K33)."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Account
from accounts.views.accounts import own_account
from kam.common.errors import ApplicationError
from kam.tenancy.access import Principal
from kam.tenancy.models import Role
from kam.tenancy.permissions import requires
from planning.findings.reviews import NEAR_DAYS, account_reviews_finding, due_finding
from planning.models import Review, ReviewKind
from planning.selectors.review_dates import DueReview, reviews_due, reviews_due_visible
from planning.selectors.reviews import actions_open, review_visible
from planning.services.reviews import review_create
from planning.views.value import account_or_404

CARD = 6
KIND_TEXTS = {
    ReviewKind.QUARTERLY: "Selection criteria, success factors, ladder and Open Space.",
    ReviewKind.SELECTION: "Whether it stays a key account, on what it has proven.",
    ReviewKind.MEMBERS: "Who decides and influences, and who of us reaches them.",
}


@requires("accounts.view", write="accounts.change")
@require_http_methods(["GET", "HEAD", "POST"])
def review_list(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """The three rhythms with their next dates, what was frozen, what is still to be done. POST opens one."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    if request.method == "POST":
        own_account(request, account_id, "accounts.change")
        values = {"account": account_id, "kind": request.POST.get("kind", "").replace("\x00", "")}
        try:
            opened = review_create(principal=principal, values=values)
        except ApplicationError as error:
            messages.error(request, error.message)
            return redirect("planning:review_list", account_id)
        return redirect("planning:review", account_id, opened.pk)
    account = account_or_404(request, account_id)
    today = timezone.localdate()
    due = reviews_due(
        tenant_id=account.tenant_id,
        accounts=Account.objects.filter(tenant_id=account.tenant_id, pk=account.pk),
    )
    frozen = (
        review_visible(principal)
        .select_related("frozen_by__user")
        .filter(account_id=account.pk, status=Review.Status.FROZEN)
        .defer("result")
        .order_by("-held_on", "-frozen_at")
    )
    by_kind = {one.kind: one for one in due}
    context = {
        "account": account,
        "kinds": [
            {"kind": str(kind), "label": kind.label, "text": KIND_TEXTS[kind], "due": by_kind.get(kind)}
            for kind in ReviewKind
        ],
        "frozen": list(frozen[:50]),
        "actions": actions_open(tenant_id=account.tenant_id, account_id=account.pk),
        "today": today,
        "finding": account_reviews_finding(account.name, due, today, is_key=account.is_key_account),
        "can_change": principal.can("accounts.change", account),
    }
    return render(request, "planning/reviews.html", context)


def _wanted(request: HttpRequest) -> tuple[list[DueReview], bool]:
    """The due reviews a person cares about: their own; administrators and executives see all at first."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    oversees = principal.role in (Role.ADMIN, Role.EXECUTIVE)
    asked = request.GET.get("only", "" if oversees else "mine")
    mine = asked == "mine"
    return reviews_due_visible(principal, mine=mine), mine


@requires("accounts.view")
@require_safe
def due_list(request: HttpRequest) -> HttpResponse:
    """Every next review of the accounts one works on, or of all one may see."""
    due, mine = _wanted(request)
    today = timezone.localdate()
    context = {
        "rows": [(one, one.days(today)) for one in due],
        "mine": mine,
        "finding": due_finding(due, today),
        "near": NEAR_DAYS,
    }
    return render(request, "planning/reviews_due.html", context)


@requires("accounts.view")
@require_safe
def due_card(request: HttpRequest) -> HttpResponse:
    """The home page's card: what is overdue or comes soon. Nothing where no review is proposed at all."""
    due, mine = _wanted(request)
    today = timezone.localdate()
    if not due:
        return HttpResponse("")
    near: list[tuple[DueReview, int]] = [(one, days) for one in due if (days := one.days(today)) <= NEAR_DAYS]
    context: dict[str, Any] = {
        "rows": near[:CARD],
        "more": max(len(near) - CARD, 0),
        "finding": due_finding(due, today),
        "mine": mine,
    }
    return render(request, "planning/partials/reviews_card.html", context)
