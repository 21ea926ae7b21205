"""Changing the success factors of an account (K12)."""

import uuid

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from accounts.models import Account, SuccessFactor
from accounts.selectors.success_factors import success_factor_list, success_factor_visible
from accounts.services.success_factors import (
    success_factor_create,
    success_factor_delete,
    success_factor_reorder,
    success_factor_review,
    success_factor_update,
)
from accounts.views.accounts import own_account
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires
from planning.forms.strategy import FactorForm
from planning.views.strategy import FACTORS_CARD, NOTHING_CHOSEN, factors_context, find_of
from planning.views.strategy_saving import done, save_form


@requires("accounts.view", write="accounts.change")
@require_POST
def factor_add(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Write a success factor down."""
    account = own_account(request, account_id, "accounts.change")
    principal: Principal = request.principal  # type: ignore[attr-defined]
    return save_form(
        request,
        account,
        FactorForm(request.POST, prefix_id="factor"),
        None,
        lambda values, _: success_factor_create(
            principal=principal, values={"account": account.pk, **values}
        ),
        factors_context,
        FACTORS_CARD,
    )


@requires("accounts.view", write="accounts.change")
@require_POST
def factor_edit(request: HttpRequest, account_id: uuid.UUID, factor_id: uuid.UUID) -> HttpResponse:
    """Change a success factor."""
    account, factor = _own_factor(request, account_id, factor_id)
    principal: Principal = request.principal  # type: ignore[attr-defined]
    return save_form(
        request,
        account,
        FactorForm(request.POST, prefix_id="factor"),
        factor,
        lambda values, if_match: success_factor_update(
            principal=principal, factor=factor, values=values, if_match=if_match
        ),
        factors_context,
        FACTORS_CARD,
    )


def _own_factor(
    request: HttpRequest, account_id: uuid.UUID, factor_id: uuid.UUID
) -> tuple[Account, SuccessFactor]:
    account = own_account(request, account_id, "accounts.change")
    return account, find_of(success_factor_visible(request.principal), account, factor_id)  # type: ignore[attr-defined]


@requires("accounts.view", write="accounts.change")
@require_POST
def factor_act(request: HttpRequest, account_id: uuid.UUID, factor_id: uuid.UUID) -> HttpResponse:
    """Reviewed, one place up or down, retired, taken back, deleted: `act` says which."""
    account, factor = _own_factor(request, account_id, factor_id)
    principal: Principal = request.principal  # type: ignore[attr-defined]
    act = request.POST.get("act", "")
    if act == "review":
        success_factor_review(principal=principal, factor=factor)
        said = f"“{factor.title}” still holds: reviewed today."
    elif act in ("up", "down"):
        order = moved([row.pk for row in success_factor_list(account=account)], factor.pk, up=act == "up")
        success_factor_reorder(principal=principal, account=account, ordered=order)
        said = f"“{factor.title}” is number {order.index(factor.pk) + 1} now." if factor.pk in order else ""
    elif act in ("retire", "reopen"):
        state = SuccessFactor.State.RETIRED if act == "retire" else SuccessFactor.State.OPEN
        success_factor_update(principal=principal, factor=factor, values={"state": state})
        said = f"“{factor.title}” is {'retired. It can be taken back' if act == 'retire' else 'open again'}."
    elif act == "delete":
        success_factor_delete(principal=principal, factor=factor)
        said = f"“{factor.title}” is deleted."
    else:
        raise BadRequest(NOTHING_CHOSEN)
    return done(request, account, FACTORS_CARD, said, str(factor.pk))


def moved(ids: list[uuid.UUID], pk: uuid.UUID, *, up: bool) -> list[uuid.UUID]:
    """The ids with one of them exchanged with its neighbour; at the end, or unknown, as they were."""
    if pk not in ids:
        return ids
    at = ids.index(pk)
    other = at - 1 if up else at + 1
    if 0 <= other < len(ids):
        ids[at], ids[other] = ids[other], ids[at]
    return ids
