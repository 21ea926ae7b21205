"""One review: while it is open what has changed, what is concluded and decided; then as it was frozen (K33)."""

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms.compare import compared
from accounts.forms.fields import describe_errors, take_errors
from accounts.models import Account
from accounts.views.accounts import own_account
from kam.common.api.etag import IfMatch, version_tag
from kam.common.errors import ApplicationError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Role
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import member_list, tenant_settings
from planning.findings.reviews import review_finding, then_and_now
from planning.forms.reviews import NAMES, ActionForm, ReviewForm, initial_of
from planning.models import Review, ReviewAction
from planning.selectors.reviews import (
    actions_open,
    review_action_visible,
    review_areas,
    review_state,
    review_visible,
)
from planning.services.reviews import (
    review_action_create,
    review_action_delete,
    review_action_update,
    review_delete,
    review_freeze,
    review_update,
)
from planning.views.value import account_or_404


def _review(request: HttpRequest, account_id: uuid.UUID, review_id: uuid.UUID) -> Review:
    """A review of a visible account, with the one before it; 404 for any other id."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    found: Review | None = (
        review_visible(principal)
        .select_related("previous", "account__owner__user", "frozen_by__user")
        .filter(account_id=account_id, pk=review_id)
        .first()
    )
    if found is None:
        raise Http404
    return found


@requires("accounts.view", write="accounts.change")
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, account_id: uuid.UUID, review_id: uuid.UUID) -> HttpResponse:
    """The page. POST saves, and with `do=freeze` asks whether to freeze, with `do=sure` freezes."""
    found = _review(request, account_id, review_id)
    principal: Principal = request.principal  # type: ignore[attr-defined]
    if request.method == "POST":
        own_account(request, account_id, "accounts.change")
        return _save(request, found)
    if found.status == Review.Status.FROZEN:
        return _frozen(request, found)
    form = None
    if principal.can("accounts.change", found):
        initial = initial_of(found)
        form = ReviewForm(initial={**initial, "held_on": initial["held_on"] or timezone.localdate()})
    return _open(request, found, form)


def _save(request: HttpRequest, found: Review) -> HttpResponse:
    principal: Principal = request.principal  # type: ignore[attr-defined]
    asked = request.POST.get("do", "save")
    form = ReviewForm(request.POST)
    if form.is_valid():
        version = form.cleaned_data["version"]
        if_match = IfMatch(frozenset({version_tag(found.pk, version)})) if version else None
        try:
            saved = review_update(principal=principal, review=found, values=form.values(), if_match=if_match)
            if asked == "sure":
                held_on = form.cleaned_data["held_on"] or timezone.localdate()
                review_freeze(principal=principal, review=saved, held_on=held_on)
        except StaleWriteError:
            data = request.POST.copy()
            data["version"] = str(found.version)
            form.data = data
            conflict = compared(form, initial_of(found), NAMES)
            return _open(request, found, form, conflict=conflict, status=409)
        except ApplicationError as error:
            take_errors(form, error)
        else:
            if asked == "sure":
                messages.success(request, "The review is frozen. It stays as it is now.")
            elif asked == "freeze":
                return redirect(f"{request.path}?freeze=1#freeze")
            else:
                messages.success(request, "The review is saved.")
            return redirect("planning:review", found.account_id, found.pk)
    describe_errors(form)
    return _open(request, found, form, status=422)


def _open(
    request: HttpRequest,
    found: Review,
    form: ReviewForm | None,
    *,
    conflict: list[tuple[str, str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    areas = review_areas(account_id=found.account_id, kind=found.kind, since=found.since)
    todo = actions_open(tenant_id=found.tenant_id, account_id=found.account_id)
    context: dict[str, Any] = {
        "account": found.account,
        "review": found,
        "form": form,
        "conflict": conflict,
        "areas": areas,
        "still": [area for area in areas if area["suspicious"]],
        "finding": review_finding(found, areas, found.account.name),
        "own_actions": [action for action in todo if action.review_id == found.pk],
        "earlier_actions": [action for action in todo if action.review_id != found.pk],
        "action_form": ActionForm(members=_people()) if form is not None else None,
        "asks_to_freeze": request.GET.get("freeze") == "1" and form is not None,
        "today": timezone.localdate(),
        "can_change": form is not None,
    }
    return render(request, "planning/review.html", context, status=status)


def _people() -> list[Membership]:
    return [member for member in member_list() if member.is_active and member.role != Role.INTEGRATION]


def _frozen(request: HttpRequest, found: Review) -> HttpResponse:
    result = found.result
    context = {
        "account": found.account,
        "review": found,
        "areas": result.get("areas", []),
        "finding": review_finding(found, result.get("areas", []), found.account.name),
        **_then_now(found.previous, result.get("state", {})),
        "actions": list(
            ReviewAction.objects.select_related("owner__user")
            .filter(tenant_id=found.tenant_id, review_id=found.pk)
            .order_by("created_at", "id")
        ),
        "today": timezone.localdate(),
        "can_change": request.principal.can("accounts.change", found),  # type: ignore[attr-defined]
    }
    return render(request, "planning/review_frozen.html", context)


def _then_now(previous: Review | None, now: dict[str, Any]) -> dict[str, Any]:
    """The table of then and now, and as of which day its figures speak."""
    day = now.get("reference_date")
    return {
        "rows": then_and_now(previous.result.get("state", {}) if previous else {}, now),
        "as_of": datetime.date.fromisoformat(day) if day else None,
    }


@requires("accounts.view")
@require_safe
def state(request: HttpRequest, account_id: uuid.UUID, review_id: uuid.UUID) -> HttpResponse:
    """Figures and facts at the last review and now; the fragment of an open review's page."""
    found = _review(request, account_id, review_id)
    if found.status == Review.Status.FROZEN:
        now = found.result.get("state", {})
    else:
        now = review_state(account=found.account, currency=tenant_settings().base_currency)
    context = {
        "account": found.account,
        "review": found,
        **_then_now(found.previous, now),
        "fragment": bool(getattr(request, "htmx", False)),
    }
    return render(request, "planning/review_state.html", context)


@requires("accounts.view")
@require_safe
def compare(request: HttpRequest, account_id: uuid.UUID, review_id: uuid.UUID) -> HttpResponse:
    """A frozen review beside the one before it, and what became of that one's actions."""
    found = _review(request, account_id, review_id)
    if found.status != Review.Status.FROZEN or found.previous is None:
        return redirect("planning:review", account_id, review_id)
    earlier = ReviewAction.objects.select_related("owner__user").filter(
        tenant_id=found.tenant_id, review_id=found.previous.pk
    )
    actions = list(earlier.order_by("created_at", "id"))
    context = {
        "account": found.account,
        "review": found,
        "previous": found.previous,
        **_then_now(found.previous, found.result.get("state", {})),
        "actions": actions,
        "done": sum(action.done_on is not None for action in actions),
        "came": [name for name in found.attendees if name not in found.previous.attendees],
        "missing": [name for name in found.previous.attendees if name not in found.attendees],
        "same_summary": found.summary.strip() == found.previous.summary.strip(),
    }
    return render(request, "planning/review_compare.html", context)


@require_POST
@requires("accounts.view", write="accounts.change")
def remove(request: HttpRequest, account_id: uuid.UUID, review_id: uuid.UUID) -> HttpResponse:
    """Give up an open review."""
    found = _review(request, account_id, review_id)
    own_account(request, account_id, "accounts.change")
    try:
        review_delete(principal=request.principal, review=found)  # type: ignore[attr-defined]
    except ApplicationError as error:
        messages.error(request, error.message)
        return redirect("planning:review", account_id, review_id)
    messages.success(request, "The review is given up; its date is proposed again.")
    return redirect("planning:review_list", account_id)


@require_POST
@requires("accounts.view", write="accounts.change")
def action_add(request: HttpRequest, account_id: uuid.UUID, review_id: uuid.UUID) -> HttpResponse:
    """Write down an action of an open review."""
    found = _review(request, account_id, review_id)
    own_account(request, account_id, "accounts.change")
    form = ActionForm(request.POST, members=_people())
    if form.is_valid():
        try:
            review_action_create(
                principal=request.principal,  # type: ignore[attr-defined]
                values={"review": found.pk, **form.values()},
            )
        except ApplicationError as error:
            messages.error(request, error.message)
    else:
        faults = [str(fault) for errors in form.errors.values() for fault in errors]
        messages.error(request, f"The action was not added. {' '.join(faults)}")
    return redirect("planning:review", account_id, review_id)


def _own_action(
    request: HttpRequest, account_id: uuid.UUID, action_id: uuid.UUID
) -> tuple[Account, ReviewAction]:
    principal: Principal = request.principal  # type: ignore[attr-defined]
    account = account_or_404(request, account_id)
    action: ReviewAction | None = (
        review_action_visible(principal).filter(account_id=account.pk, pk=action_id).first()
    )
    if action is None:
        raise Http404
    return own_account(request, account_id, "accounts.change"), action


def _back(request: HttpRequest, account_id: uuid.UUID, action: ReviewAction) -> HttpResponse:
    """Where the button stood: the review named in the form, else the list."""
    if request.POST.get("back") == "list":
        return redirect("planning:review_list", account_id)
    try:
        review_id = uuid.UUID(request.POST.get("back", ""))
    except ValueError:
        review_id = action.review_id
    return redirect("planning:review", account_id, review_id)


@require_POST
@requires("accounts.view", write="accounts.change")
def action_done(request: HttpRequest, account_id: uuid.UUID, action_id: uuid.UUID) -> HttpResponse:
    """Tick an action off, or take the tick back."""
    _account, action = _own_action(request, account_id, action_id)
    done_on = None if action.done_on else timezone.localdate()
    review_action_update(
        principal=request.principal,  # type: ignore[attr-defined]
        action=action,
        values={"done_on": done_on},
    )
    messages.success(request, f"“{action.text}” is {'done' if done_on else 'open again'}.")
    return _back(request, account_id, action)


@require_POST
@requires("accounts.view", write="accounts.change")
def action_remove(request: HttpRequest, account_id: uuid.UUID, action_id: uuid.UUID) -> HttpResponse:
    """Delete an action of a review that is still open."""
    _account, action = _own_action(request, account_id, action_id)
    try:
        review_action_delete(principal=request.principal, action=action)  # type: ignore[attr-defined]
    except ApplicationError as error:
        messages.error(request, error.message)
    return _back(request, account_id, action)
