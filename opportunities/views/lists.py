"""Opportunities as lists: of everybody's accounts, and of one account (K19)."""

import uuid
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Case, F, IntegerField, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.selectors.accounts import account_find
from kam.common import formatting
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires
from opportunities.models import Direction, Stage, Status
from opportunities.selectors import OpportunityTotals, opportunity_list, opportunity_totals

PAGE_SIZE = 50
ORDERING = {
    "name": "name",
    "stage": "stage_order",
    "amount": "amount",
    "probability": "probability",
    "close_date": "close_date",
    "created_at": "created_at",
}
STATES = ("open", "closed", "all")
CHOICES = {"status": Status, "direction": Direction, "stage": Stage}
NUMBERS = {stage.value: number for number, stage in enumerate(Stage, start=1)}


@require_safe
@requires("accounts.view")
def opportunities(request: HttpRequest) -> HttpResponse:
    """Every visible account's opportunities: filters and order in the address."""
    return render(request, "opportunities/opportunity_list.html", _context(request))


@require_safe
@requires("accounts.view")
def account_opportunities(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """The opportunities of one account: a tab of its pages."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    account = account_find(principal, account_id)
    if account is None:
        raise Http404
    context = _context(request, account_id)
    context |= {"account": account, "can_change": principal.can("accounts.change", account)}
    return render(request, "opportunities/account_opportunities.html", context)


def _context(request: HttpRequest, account_id: uuid.UUID | None = None) -> dict[str, Any]:
    principal: Principal = request.principal  # type: ignore[attr-defined]
    state = request.GET.get("state", "open")
    state = state if state in STATES else "open"
    rows = opportunity_list(principal, account_id=account_id, state=state)
    for name, words in CHOICES.items():
        chosen = [value for value in request.GET.getlist(name) if value in words.values]
        if chosen:
            rows = rows.filter(**{f"{name}__in": chosen})
    if request.GET.get("mine") == "true":
        rows = rows.filter(owner_id=principal.member.pk)
    search = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    if search:
        rows = rows.filter(name__icontains=search)
    totals = opportunity_totals(rows, today=timezone.localdate())
    ordering = request.GET.get("ordering", "-amount")
    page = Paginator(_ordered(rows, ordering), PAGE_SIZE).get_page(request.GET.get("page"))
    return {
        "page": page,
        "totals": totals,
        "finding": finding(totals, state),
        "state": state,
        "search": search,
        "ordering": ordering,
        "filtered": bool(search or set(request.GET) - {"page", "ordering", "state"}),
        "status_options": _options(Status),
        "direction_options": _options(Direction),
        "stage_options": _options(Stage),
    }


def _options(words: Any) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in words.choices]


def _ordered(rows: Any, ordering: str) -> Any:
    name = ordering.removeprefix("-")
    if name not in ORDERING:
        name, ordering = "amount", "-amount"
    if name == "stage":
        numbers = [When(stage=stage, then=Value(number)) for stage, number in NUMBERS.items()]
        rows = rows.annotate(stage_order=Case(*numbers, output_field=IntegerField()))
    path = F(ORDERING[name])
    # What is not known stands last in both directions.
    by = path.desc(nulls_last=True) if ordering.startswith("-") else path.asc(nulls_last=True)
    return rows.order_by(by, "id")


def finding(totals: OpportunityTotals, state: str) -> str:
    """What the list says, as its heading; money in the base currency."""
    if not totals.count:
        return "No opportunity is open." if state == "open" else "There is none of these."
    word = {"open": "open opportunity", "closed": "ended opportunity", "all": "opportunity"}[state]
    many = word.removesuffix("y") + "ies"
    count = formatting.plural(totals.count, word, many)
    known = totals.count - totals.without_amount
    verb = "is" if totals.count == 1 else "are"
    if not known:
        return f"{count}, and nobody has said what {'it is' if totals.count == 1 else 'they are'} worth."
    text = f"{count} {verb} worth {formatting.money(totals.amount, totals.currency)}"
    if totals.without_amount:
        text += f" without {totals.without_amount} whose amount nobody has said"
    if state != "open":
        return f"{text}."
    if not totals.qualified:
        return f"{text}; none is qualified yet."
    return f"{text}; {totals.qualified} {'is' if totals.qualified == 1 else 'are'} qualified."
