"""What saving on the strategy page has in common: faults at their fields, both values of a conflict."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.models import Account
from kam.common.api.etag import IfMatch, version_tag
from kam.common.errors import ApplicationError, StaleWriteError
from kam.tenancy.history import history_of
from planning.forms.strategy import StrategyForm
from planning.models import Objective
from planning.selectors.objectives import objective_list
from planning.views.strategy import (
    FACTORS_CARD,
    TEMPLATES,
    card_response,
    factors_context,
    objectives_context,
    strategy_page,
)


def done(request: HttpRequest, account: Account, card: str, said: str, anchor: str = "") -> HttpResponse:
    """After a change: htmx gets its card anew, without it the page again with the words above."""
    if getattr(request, "htmx", None):
        make = factors_context if card == FACTORS_CARD else objectives_context
        return card_response(request, account, card, make(request, account, saved=anchor), said)
    messages.success(request, said)
    return redirect(f"{reverse('planning:strategy', args=[account.pk])}#{card}")


def save_form(
    request: HttpRequest,
    account: Account,
    form: StrategyForm,
    row: Any,
    write: Callable[[dict[str, Any], IfMatch | None], Any],
    show: Callable[..., dict[str, Any]],
    card: str,
) -> HttpResponse:
    """Save a form of this page: faults at their fields, a stale version beside what is stored."""
    more: dict[str, Any] = {"editing": str(row.pk) if row is not None else "new"}
    status = 422
    if form.is_valid():
        if_match = None
        if row is not None:
            if_match = IfMatch(frozenset({version_tag(row.pk, form.cleaned_data["version"])}))
        try:
            saved = write(form.values(), if_match)
        except StaleWriteError:
            more["conflict"] = _differences(request, form, row)
            status = 409
        except ApplicationError as error:
            form.take(error)
        else:
            return done(request, account, card, f"“{saved.title}” is saved.", str(saved.pk))
    form.describe()
    context = show(request, account, form=form, **more)
    if getattr(request, "htmx", None):
        return render(request, TEMPLATES[card], {**context, "account": account}, status=status)
    parts = {"factors": context} if card == FACTORS_CARD else {"objectives": context}
    return strategy_page(request, account, **parts, status=status)


def _differences(request: HttpRequest, form: StrategyForm, row: Any) -> dict[str, Any]:
    """Mine beside theirs; saving the same form again keeps mine, because it now names their version."""
    row.refresh_from_db()
    if isinstance(row, Objective):
        row = objective_list(account=row.account).get(pk=row.pk)
    stored = type(form).initial_of(row)  # type: ignore[attr-defined]
    data = request.POST.copy()
    data["version"] = str(row.version)
    differing = []
    for name, field in form.fields.items():
        mine = data.getlist(name) if name == "success_factors" else data.get(name, "")
        theirs = stored.get(name)
        theirs = theirs if isinstance(theirs, list) else "" if theirs is None else str(theirs)
        if name != "version" and mine != theirs:
            words = dict(getattr(field, "choices", ()))
            differing.append(
                {"label": field.label, "mine": _written(mine, words), "theirs": _written(theirs, words)}
            )
    form.data = data
    latest = next(iter(history_of(row, limit=1)), None)
    return {"differing": differing, "latest": latest}


def _written(value: str | list[str], words: dict[str, str]) -> str:
    if isinstance(value, list):
        return ", ".join(str(words.get(each, each)) for each in value) or "none"
    return str(words.get(value, value)) or "empty"
