"""One figure of an account, explained: a fragment for the popover, a page without JavaScript."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.models import Account
from kam.tenancy.object_history import history_entries
from kam.tenancy.permissions import requires
from metrics.explanations import Context, explain, figures
from metrics.views.account import AccountPage, page_of, upv_lines
from metrics.views.account_economics import unprofitable_names

CLV_FIELDS = {
    "clv_retention": "retention",
    "clv_discount_rate": "discount_rate",
    "clv_growth": "growth",
    "clv_horizon_years": "horizon_years",
    "acquisition_cost": "acquisition_cost",
}
NEEDS_LINES = frozenset({"upv", "upv_annual"})


def input_setters(account: Account) -> dict[str, str]:
    """Who set which CLV input of the account; only inputs that stand now."""
    standing = {field for field in CLV_FIELDS if getattr(account, field) is not None}
    if not standing:
        return {}
    setters: dict[str, str] = {}
    for entry in history_entries(Account, account.pk, limit=200):
        for change in entry.changes:
            if change.field in standing and change.after is not None:
                setters.setdefault(
                    CLV_FIELDS[change.field], entry.member_name or f"set by {entry.via or 'import'}"
                )
    return {CLV_FIELDS[field]: setters.get(CLV_FIELDS[field], "set for this account") for field in standing}


def explain_context(page: AccountPage, figure: str) -> Context:
    """What the explanation of a figure needs beside the record."""
    settings, cuts = page.figures.settings, page.figures.cuts
    return Context(
        currency=page.currency,
        set_by=input_setters(page.account) if figure == "clv" else {},
        cut_present=cuts.get("present"),
        cut_potential=cuts.get("potential"),
        tenure_cut=settings.loyalty_tenure_months,
        active_cut=settings.loyalty_active_share,
        hurdle=settings.profitability_hurdle,
        class_a=settings.volume_class_a,
        class_b=settings.volume_class_b,
        category_spend=page.account.category_spend,
        unprofitable_lines=tuple(unprofitable_names(upv_lines(page))) if figure in NEEDS_LINES else (),
    )


@requires("accounts.view")
def account_explanation(request: HttpRequest, account_id: uuid.UUID, figure: str) -> HttpResponse:
    """How a figure came about, with its inputs and who set them."""
    page = page_of(request, account_id)
    if figure not in figures() or page.row is None:
        raise Http404
    explanation = explain(figure, page.row, explain_context(page, figure))
    change_url = ""
    if explanation.can_change and page.principal.can("accounts.change", page.account):
        change_url = reverse("accounts:account_edit", args=[account_id])
    context: dict[str, Any] = {
        "account": page.account,
        "explanation": explanation,
        "change_url": change_url,
    }
    name = "metrics/account_explanation.html"
    return render(request, f"{name}#body" if request.htmx else name, context)  # type: ignore[attr-defined]
