"""The Open Space of an account as a page (K6). The grid itself is drawn from `GET api/v1/…/open-space/`."""

import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_POST

from accounts.models import Account, Segment
from accounts.selectors.accounts import account_find
from accounts.services.catalogue import product_line_create
from accounts.services.segments import segment_create
from accounts.views.accounts import own_account
from kam.common import formatting
from kam.common.errors import ApplicationError
from kam.tenancy.access import Principal
from kam.tenancy.models import Role
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import member_list
from planning.findings.open_space import open_space_estimate, open_space_finding
from planning.selectors.open_space import open_space_grid

NO_ID = uuid.UUID(int=0)
"""Stands in an address for the id that the script puts there."""
LISTS = {
    "unserved": "Not served",
    "strategic_open": "Open and strategic",
    "competitor_advantaged": "Competitor ahead",
}


def visible_account(request: HttpRequest, account_id: uuid.UUID) -> Account:
    """The account of this page; 404 for one that the member may not see."""
    account = account_find(request.principal, account_id)  # type: ignore[attr-defined]
    if account is None:
        raise Http404
    return account


def owners() -> list[dict[str, Any]]:
    """Who can own a cell: user id and name of every active person of the tenant, by name."""
    return [
        {"id": member.user_id, "name": member.user.display_name}
        for member in member_list()
        if member.is_active and member.role != Role.INTEGRATION
    ]


def list_facts(grid: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The three lists of K6, each with its count of cells and the sum of their gaps (per year)."""
    gaps = {(cell["segment"], cell["product_line"]): cell["gap"] or Decimal(0) for cell in grid["cells"]}
    return [
        {
            "key": key,
            "word": word,
            "count": len(grid["lists"][key]),
            "gap": sum(
                (gaps[cell["segment"], cell["product_line"]] for cell in grid["lists"][key]), Decimal(0)
            ),
        }
        for key, word in LISTS.items()
    ]


def window_words(grid: Mapping[str, Any], window: str = "trailing") -> str:
    """The months that sales cover, of the trailing 12 or the `fiscal_year`: "Dec 2012 to Nov 2013"."""
    months = grid["windows"][window]
    return f"{formatting.month(months['first_month'])} to {formatting.month(months['last_month'])}"


@requires("accounts.view")
def open_space(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """The grid of an account with its views, lists and the panel of a cell (K6)."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    account = visible_account(request, account_id)
    grid = open_space_grid(account=account)
    can_change = principal.can("accounts.change", account)
    context = {
        "account": account,
        "finding": open_space_finding(grid, account.name),
        "estimate": open_space_estimate(grid),
        "lists": list_facts(grid),
        "currency": grid["currency"],
        "window": window_words(grid),
        "can_change": can_change,
        "segments": [row for row in grid["segments"] if row["id"] is not None],
        "kinds": Segment.Kind.choices,
        "lines": len(grid["product_lines"]),
        "config": _config(principal, account, can_change=can_change, window=window_words(grid)),
    }
    return render(request, "planning/open_space.html", context)


def _config(principal: Principal, account: Account, *, can_change: bool, window: str) -> dict[str, Any]:
    """What the grid's script needs beyond the figures of the API."""
    return {
        "url": reverse("api:open-space", args=[account.pk]),
        "push": reverse("api:open-space-push", args=[account.pk]),
        "history": reverse("planning:open_space_cell_history", args=[account.pk, NO_ID]),
        "place": f"open-space/{principal.member.id}/{account.pk}",
        "name": account.name,
        "canChange": can_change,
        "window": window,
        "members": owners(),
        "opportunity": _optional("opportunities:opportunity_detail", NO_ID),
        "preview": _optional("api:open-space-preview", account.pk),
    }


def _optional(name: str, *args: Any) -> str | None:
    """The address of a page that stands higher up (a lower app links to it by URL); None without it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None


@require_POST
@requires("accounts.view", write="accounts.change")
def open_space_idea(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Add a co-creation idea: a product line of this one account (K4)."""
    account = own_account(request, account_id, "accounts.change")
    return _added(
        request, account, product_line_create, {"account": account.pk, "kind": "idea", "name": _name(request)}
    )


@require_POST
@requires("accounts.view", write="accounts.change")
def open_space_segment(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Add a segment of the customer: a row of the grid (K6)."""
    account = own_account(request, account_id, "accounts.change")
    try:
        parent = uuid.UUID(request.POST["parent"]) if request.POST.get("parent") else None
    except ValueError:
        raise Http404 from None
    kind = request.POST.get("kind") or Segment.Kind.REGION
    values = {"account": account.pk, "name": _name(request), "kind": kind, "parent": parent}
    return _added(request, account, segment_create, values)


def _name(request: HttpRequest) -> str:
    return request.POST.get("name", "").replace("\x00", "").strip()


def _added(
    request: HttpRequest, account: Account, create: Callable[..., Any], values: dict[str, Any]
) -> HttpResponse:
    """Make the row or column; the grid's script reads JSON, a form without it comes back to the page."""
    wants_json = request.headers.get("Accept", "").startswith("application/json")
    try:
        created = create(principal=request.principal, values=values)  # type: ignore[attr-defined]
    except ApplicationError as error:
        reason = error.errors[0].message if error.errors else error.message
        if wants_json:
            return JsonResponse({"title": "Nothing was added", "detail": reason}, status=error.status)
        messages.error(request, f"Nothing was added. {reason}")
    else:
        if wants_json:
            return JsonResponse({"id": str(created.pk), "name": created.name}, status=201)
        messages.success(request, f"“{created.name}” is added.")
    return redirect("planning:open_space", account.pk)
