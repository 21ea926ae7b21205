"""One opportunity: seeing, entering, changing, deleting it (K19)."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.forms.fields import describe_errors, take_errors
from accounts.models import Account, ProductLine
from accounts.selectors.catalogue import product_line_visible
from accounts.selectors.segments import segment_visible
from accounts.views.accounts import own_account
from kam.common.api.etag import IfMatch, version_tag
from kam.common.errors import ApplicationError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.history import history_of
from kam.tenancy.models import Role
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import member_list, tenant_settings
from opportunities.forms import WIDE, OpportunityForm, differences, initial_of
from opportunities.models import CABS, Answer, Opportunity, Stage
from opportunities.selectors import opportunity_list
from opportunities.services import opportunity_create, opportunity_delete, opportunity_update

MARKS = {Answer.YES: ("check", "keep"), Answer.NO: ("x", "cut"), Answer.UNKNOWN: ("help", "none")}
CABS_WORDS = {
    "compelling_reason": ("C", "Compelling reason"),
    "authority": ("A", "Authority leverage"),
    "budget": ("B", "Budget availability"),
    "allies": ("S", "Supporting allies"),
}


def _find(request: HttpRequest, opportunity_id: uuid.UUID) -> Opportunity:
    principal: Principal = request.principal  # type: ignore[attr-defined]
    found = opportunity_list(principal, state="all").filter(pk=opportunity_id).first()
    if found is None:
        raise Http404
    return found


def _own(request: HttpRequest, opportunity_id: uuid.UUID) -> Opportunity:
    opportunity = _find(request, opportunity_id)
    own_account(request, opportunity.account_id, "accounts.change")
    return opportunity


def _form(request: HttpRequest, account: Account, **options: Any) -> OpportunityForm:
    principal: Principal = request.principal  # type: ignore[attr-defined]
    lines = product_line_visible(principal).order_by("kind", "name", "id")
    catalogue = ProductLine.Kind.CATALOGUE
    return OpportunityForm(
        request.POST if request.method == "POST" else None,
        account=account,
        members=[member for member in member_list() if member.is_active and member.role != Role.INTEGRATION],
        lines=[line for line in lines if line.kind == catalogue or line.account_id == account.pk],
        segments=segment_visible(principal).filter(account_id=account.pk).order_by("position", "name", "id"),
        currency=tenant_settings().base_currency,
        **options,
    )


@require_safe
@requires("accounts.view")
def detail(request: HttpRequest, opportunity_id: uuid.UUID) -> HttpResponse:
    """What is known of an opportunity, what is missing to qualify it, and what changed."""
    opportunity = _find(request, opportunity_id)
    principal: Principal = request.principal  # type: ignore[attr-defined]
    letters = [
        (*CABS_WORDS[name], getattr(opportunity, f"get_{name}_display")(), *MARKS[getattr(opportunity, name)])
        for name in CABS
    ]
    amount, probability = opportunity.amount, opportunity.probability
    context = {
        "opportunity": opportunity,
        "account": opportunity.account,
        "letters": letters,
        "missing": [word for name, (_, word) in CABS_WORDS.items() if getattr(opportunity, name) != "yes"],
        "stages": [(number, word) for number, word in enumerate(Stage.labels, start=1)],
        "weighted": None if amount is None or probability is None else float(amount) * probability,
        "entries": history_of(opportunity, limit=20),
        "can_change": principal.can("accounts.change", opportunity.account),
    }
    return render(request, "opportunities/opportunity_detail.html", context)


@requires("accounts.view", write="accounts.change")
def create(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Enter an opportunity of an account."""
    account = own_account(request, account_id, "accounts.change")
    principal: Principal = request.principal  # type: ignore[attr-defined]
    initial = {"direction": "pull", "owner": str(principal.member.user_id)}
    form = _form(request, account, initial=initial)
    if request.method != "POST":
        return _show(request, account, form)
    if form.is_valid():
        try:
            made = opportunity_create(principal=principal, values={"account": account.pk, **form.values()})
        except ApplicationError as error:
            take_errors(form, error)
        else:
            messages.success(request, f"“{made.name}” is added.")
            return redirect("opportunities:opportunity_detail", made.pk)
    describe_errors(form)
    return _show(request, account, form, status=422)


@requires("accounts.view", write="accounts.change")
def edit(request: HttpRequest, opportunity_id: uuid.UUID) -> HttpResponse:
    """Change an opportunity. Somebody else's save in between is shown beside one's own."""
    opportunity = _own(request, opportunity_id)
    account = opportunity.account
    form = _form(request, account, initial=initial_of(opportunity))
    if request.method != "POST":
        return _show(request, account, form, opportunity)
    if form.is_valid():
        try:
            opportunity_update(
                principal=request.principal,  # type: ignore[attr-defined]
                opportunity=opportunity,
                values=form.values(),
                if_match=IfMatch(frozenset({version_tag(opportunity.pk, form.cleaned_data["version"])})),
            )
        except StaleWriteError:
            data = request.POST.copy()
            data["version"] = str(opportunity.version)
            form.data = data
            theirs = differences(form, opportunity)
            return _show(request, account, form, opportunity, conflict=theirs, status=409)
        except ApplicationError as error:
            take_errors(form, error)
        else:
            messages.success(request, f"“{form.cleaned_data['name']}” is saved.")
            return redirect("opportunities:opportunity_detail", opportunity.pk)
    describe_errors(form)
    return _show(request, account, form, opportunity, status=422)


def _show(
    request: HttpRequest,
    account: Account,
    form: OpportunityForm,
    opportunity: Opportunity | None = None,
    *,
    conflict: list[tuple[str, str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    back = (
        reverse("opportunities:opportunity_detail", args=[opportunity.pk])
        if opportunity
        else reverse("opportunities:account_opportunities", args=[account.pk])
    )
    context = {
        "account": account,
        "form": form,
        "opportunity": opportunity,
        "conflict": conflict,
        "back": back,
        "wide": WIDE,
    }
    return render(request, "opportunities/opportunity_form.html", context, status=status)


@require_POST
@requires("accounts.view", write="accounts.change")
def remove(request: HttpRequest, opportunity_id: uuid.UUID) -> HttpResponse:
    """Delete an opportunity; the cell it came from is free again."""
    opportunity = _own(request, opportunity_id)
    opportunity_delete(
        principal=request.principal,  # type: ignore[attr-defined]
        opportunity=opportunity,
    )
    messages.success(request, f"“{opportunity.name}” is deleted.")
    return redirect("opportunities:account_opportunities", opportunity.account_id)
