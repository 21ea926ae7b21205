"""What we do not know yet, over all accounts a member sees (K17)."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.models import Account
from accounts.selectors.accounts import account_visible
from kam.common import formatting
from kam.tenancy.access import Principal
from kam.tenancy.models import Role
from kam.tenancy.permissions import requires
from planning.selectors.reflection import answered_counts, counted_questions, unknown_list

PAGE = 50
CARD = 5


@requires("accounts.view")
def unknown_list_page(request: HttpRequest) -> HttpResponse:
    """Every unknown with who finds out and by when; `?only=mine` and `?only=late` narrow it."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    only = request.GET.get("only", "")
    rows = unknown_list(principal, mine=only == "mine")
    today = timezone.localdate()
    if only == "late":
        rows = rows.filter(due__lt=today)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "only": only,
        "today": today,
        "finding": unknown_finding(page.paginator.count, only),
    }
    return render(request, "planning/unknowns.html", context)


def unknown_finding(count: int, only: str) -> str:
    """The page's sentence."""
    if only == "late":
        return (
            f"{formatting.plural(count, 'answer is', 'answers are')} past the date."
            if count
            else "Nothing is late."
        )
    whose = "you have to find out" if only == "mine" else "we know we do not know"
    return f"{formatting.plural(count, 'thing')} {whose}." if count else f"There is nothing {whose}."


@requires("accounts.view")
def unknown_card(request: HttpRequest) -> HttpResponse:
    """The card of the home page: the first unknowns, and the key accounts we know least about."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    mine = principal.role in (Role.KAM, Role.CONTRIBUTOR)
    rows = unknown_list(principal, mine=mine)
    keys = account_visible(principal).filter(is_key_account=True)
    if principal.role == Role.KAM:
        keys = keys.filter(owner_id=principal.member.id)
    context = {
        "unknown": list(rows[:CARD]),
        "count": rows.count(),
        "mine": mine,
        "today": timezone.localdate(),
        "least": _least_known(list(keys.only("id", "name", "tenant_id"))),
    }
    return render(request, "planning/partials/unknown_card.html", context)


def _least_known(accounts: list[Account]) -> list[dict[str, Any]]:
    """The key accounts with the fewest answers, at most three; those that are complete are left out."""
    total = counted_questions()
    answered = answered_counts([account.pk for account in accounts])
    rows: list[dict[str, Any]] = [
        {"account": account, "answered": answered.get(account.pk, 0), "total": total} for account in accounts
    ]
    open_rows = [row for row in rows if row["answered"] < total]
    return sorted(open_rows, key=lambda row: (row["answered"], row["account"].name))[:3]
