"""Changing the objectives of an account (K5, K17, K26)."""

import uuid

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from accounts.models import Account, Horizon
from accounts.views.accounts import own_account
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires
from planning.models import Objective, ObjectiveStatus
from planning.services.objectives import objective_create, objective_delete, objective_update
from planning.views.strategy import (
    NOTHING_CHOSEN,
    OBJECTIVES_CARD,
    find_of,
    objective_form,
    objectives_context,
    objectives_of,
)
from planning.views.strategy_saving import done, save_form


@requires("accounts.view", write="accounts.change")
@require_POST
def objective_add(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Set an objective."""
    account = own_account(request, account_id, "accounts.change")
    principal: Principal = request.principal  # type: ignore[attr-defined]
    return save_form(
        request,
        account,
        objective_form(request, account, request.POST),
        None,
        lambda values, _: objective_create(principal=principal, values={"account": account.pk, **values}),
        objectives_context,
        OBJECTIVES_CARD,
    )


def _own_objective(
    request: HttpRequest, account_id: uuid.UUID, objective_id: uuid.UUID
) -> tuple[Account, Objective]:
    account = own_account(request, account_id, "accounts.change")
    return account, find_of(objectives_of(request, account), account, objective_id)


@requires("accounts.view", write="accounts.change")
@require_POST
def objective_edit(request: HttpRequest, account_id: uuid.UUID, objective_id: uuid.UUID) -> HttpResponse:
    """Change an objective."""
    account, objective = _own_objective(request, account_id, objective_id)
    principal: Principal = request.principal  # type: ignore[attr-defined]
    return save_form(
        request,
        account,
        objective_form(request, account, request.POST),
        objective,
        lambda values, if_match: objective_update(
            principal=principal, objective=objective, values=values, if_match=if_match
        ),
        objectives_context,
        OBJECTIVES_CARD,
    )


@requires("accounts.view", write="accounts.change")
@require_POST
def objective_act(request: HttpRequest, account_id: uuid.UUID, objective_id: uuid.UUID) -> HttpResponse:
    """Achieved, missed, dropped, open again, into another horizon, deleted: `act` says which."""
    account, objective = _own_objective(request, account_id, objective_id)
    principal: Principal = request.principal  # type: ignore[attr-defined]
    act = request.POST.get("act", "")
    if act in ObjectiveStatus.values:
        objective_update(principal=principal, objective=objective, values={"status": act})
        said = f"“{objective.title}” is {ObjectiveStatus(act).label.lower()}."
    elif act in Horizon.values:
        objective_update(principal=principal, objective=objective, values={"horizon": act})
        said = f"“{objective.title}” moved to the {act} term."
    elif act == "delete":
        objective_delete(principal=principal, objective=objective)
        said = f"“{objective.title}” is deleted."
    else:
        raise BadRequest(NOTHING_CHOSEN)
    return done(request, account, OBJECTIVES_CARD, said, str(objective.pk))
