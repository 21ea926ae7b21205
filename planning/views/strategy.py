"""The strategy tab of an account: what decides the customer's success, what we want, what we know (K12, K17)."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.http import trigger_client_event

from accounts.models import Account, Horizon
from accounts.selectors.accounts import account_find
from accounts.selectors.success_factors import (
    review_due,
    success_factor_list,
    success_factor_visible,
)
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Role
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import member_list, tenant_settings
from planning.forms.strategy import FactorForm, ObjectiveForm
from planning.models import ObjectiveStatus, ReflectionSet
from planning.selectors.objectives import objective_list, objective_visible, objectives_missing
from planning.selectors.reflection import COUNTED, reflection_of
from planning.views.strategy_words import (
    factors_finding,
    is_late,
    objectives_finding,
    strategy_finding,
)

NOTHING_CHOSEN = "The request names nothing that can be done here."
FACTORS_CARD, OBJECTIVES_CARD = "factors-card", "objectives-card"
TEMPLATES = {
    FACTORS_CARD: "planning/partials/factors.html",
    OBJECTIVES_CARD: "planning/partials/objectives.html",
}


def people_of(principal: Principal) -> list[Membership]:
    """Active persons of the tenant: who may own something."""
    people = member_list(tenant_id=principal.tenant.id).filter(is_active=True)
    return list(people.exclude(role=Role.INTEGRATION))


def seen_account(request: HttpRequest, account_id: uuid.UUID) -> Account:
    """The account, 404 unless this member sees it."""
    account = account_find(request.principal, account_id)  # type: ignore[attr-defined]
    if account is None:
        raise Http404
    return account


@requires("accounts.view")
def strategy(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """The page. `?factor=` and `?objective=` (an id or "new") open a form in place; htmx gets that card alone."""
    account = seen_account(request, account_id)
    target = getattr(request, "htmx", None) and request.htmx.target  # type: ignore[attr-defined]
    if target == FACTORS_CARD:
        return card_response(
            request,
            account,
            FACTORS_CARD,
            factors_context(request, account, form=_opened_factor(request, account)),
        )
    if target == OBJECTIVES_CARD:
        return card_response(
            request,
            account,
            OBJECTIVES_CARD,
            objectives_context(request, account, form=_opened_objective(request, account)),
        )
    return strategy_page(request, account)


def strategy_page(
    request: HttpRequest,
    account: Account,
    *,
    factors: dict[str, Any] | None = None,
    objectives: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    factors = factors or factors_context(request, account, form=_opened_factor(request, account))
    objectives = objectives or objectives_context(request, account, form=_opened_objective(request, account))
    state = reflection_of(account=account)
    work = state.work
    context = {
        **factors,
        **objectives,
        "account": account,
        "finding": strategy_finding(
            factors=[row["factor"] for row in factors["factors"]],
            missing=objectives["missing"],
            coverage=state.coverage,
            unknown=len(work),
        ),
        "state": state,
        "counted_sets": [each for each in state.sets if each.key in COUNTED],
        "other_sets": [each for each in state.sets if each.key not in COUNTED],
        "work": work[:8],
        "work_more": max(len(work) - 8, 0),
        "next_set": state.next_set,
        "own_set": ReflectionSet.OWN,
    }
    return render(request, "planning/strategy.html", context, status=status)


def card_response(
    request: HttpRequest, account: Account, card: str, context: dict[str, Any], said: str = ""
) -> HttpResponse:
    """One card for htmx; `said` is spoken."""
    response = render(request, TEMPLATES[card], {**context, "account": account})
    return trigger_client_event(response, "kam:say", {"text": said}) if said else response


# ---- success factors -------------------------------------------------------------------------------------


def factors_context(
    request: HttpRequest, account: Account, *, form: FactorForm | None = None, **more: Any
) -> dict[str, Any]:
    """What the card of success factors shows; `editing` is the id of the one whose form is open, or "new"."""
    rows = list(success_factor_list(account=account))
    opened = more.pop("editing", None) or request.GET.get("factor", "")
    return {
        "factors": [
            {"factor": factor, "due": review_due(factor), "editing": opened == str(factor.pk)}
            for factor in rows
        ],
        "retired": list(success_factor_list(account=account, retired=True)),
        "factors_title": factors_finding(rows),
        "factors_wrong": not 2 <= len(rows) <= 5,
        "factor_form": form,
        "factor_new": opened == "new" and form is not None,
        "can_change": request.principal.can("accounts.change", account),  # type: ignore[attr-defined]
        **more,
    }


def _opened_factor(request: HttpRequest, account: Account) -> FactorForm | None:
    opened = request.GET.get("factor", "")
    if not opened or not request.principal.can("accounts.change", account):  # type: ignore[attr-defined]
        return None
    if opened == "new":
        return FactorForm(prefix_id="factor")
    factor = find_of(success_factor_visible(request.principal), account, opened)  # type: ignore[attr-defined]
    return FactorForm(initial=FactorForm.initial_of(factor), prefix_id="factor")


def find_of(rows: Any, account: Account, pk: str | uuid.UUID) -> Any:
    try:
        found = rows.select_related("account").filter(account_id=account.pk, pk=uuid.UUID(str(pk))).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found


# ---- objectives ------------------------------------------------------------------------------------------


def objectives_context(
    request: HttpRequest, account: Account, *, form: ObjectiveForm | None = None, **more: Any
) -> dict[str, Any]:
    """What the board shows: open objectives by horizon, closed ones below."""
    rows = list(objective_list(account=account))
    missing = objectives_missing(account=account, objectives=rows)
    opened = more.pop("editing", None) or request.GET.get("objective", "")
    titles = {factor.pk: number for number, factor in enumerate(success_factor_list(account=account), 1)}
    shown: list[dict[str, Any]] = [
        {
            "objective": row,
            "late": is_late(row),
            "serves": [titles[pk] for pk in row.factor_ids if pk in titles],  # type: ignore[attr-defined]
        }
        for row in rows
    ]
    return {
        "objectives": True,
        "horizons": [
            {
                "key": key,
                "label": label.split(",")[0],
                "span": label.split(", ")[1],
                "rows": [
                    each
                    for each in shown
                    if each["objective"].horizon == key and each["objective"].status == ObjectiveStatus.OPEN
                ],
            }
            for key, label in Horizon.choices
        ],
        "closed": [each for each in shown if each["objective"].status != ObjectiveStatus.OPEN],
        "missing": missing,
        "objectives_title": objectives_finding(rows, missing, account.is_key_account),
        "objective_form": form,
        "objective_editing": opened if form is not None else "",
        "currency": tenant_settings().base_currency,
        "can_change": request.principal.can("accounts.change", account),  # type: ignore[attr-defined]
        **more,
    }


def objective_form(
    request: HttpRequest, account: Account, data: Any = None, initial: dict[str, Any] | None = None
) -> ObjectiveForm:
    return ObjectiveForm(
        data,
        initial=initial,
        prefix_id="objective",
        people=people_of(request.principal),  # type: ignore[attr-defined]
        factors=success_factor_list(account=account),
        currency=tenant_settings().base_currency,
    )


def _opened_objective(request: HttpRequest, account: Account) -> ObjectiveForm | None:
    opened = request.GET.get("objective", "")
    if not opened or not request.principal.can("accounts.change", account):  # type: ignore[attr-defined]
        return None
    if opened == "new":
        horizon = request.GET.get("horizon", "")
        known = horizon if horizon in Horizon.values else Horizon.SHORT
        missing = request.GET.get("type", "")
        return objective_form(request, account, initial={"horizon": known, "type": missing or "grow"})
    objective = find_of(objectives_of(request, account), account, opened)
    return objective_form(request, account, initial=ObjectiveForm.initial_of(objective))


def objectives_of(request: HttpRequest, account: Account) -> Any:
    visible = objective_visible(request.principal).values("pk")  # type: ignore[attr-defined]
    return objective_list(account=account).filter(pk__in=visible)
