"""The page behind a customer's link: one item, two answers. Open to everybody: the signed key is the right."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kam.common.errors import ApplicationError, ConflictError
from kam.tenancy.answer_links import ANSWERED
from kam.tenancy.models import Tenant
from kam.tenancy.permissions import public
from kam.tenancy.views.answer_link import LinkPage, answer_link, is_ours
from planning.models import ValueConfirmation
from planning.services.confirmations import (
    PURPOSE,
    confirmation_answer,
    confirmation_find,
    confirmation_opened,
    gains_in_words,
)


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def value_confirm(request: Any, token: str) -> HttpResponse:
    """GET asks; POST answers, once (`kam.tenancy.views.answer_link`)."""
    return answer_link(request, token, PAGE)


def _ask(
    request: Any, tenant: Tenant, found: ValueConfirmation, *, fault: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "tenant_name": tenant.name,
        "confirmation": found,
        "gains": gains_in_words(found),
        "is_ours": is_ours(request, tenant),
        "fault": fault,
        "name": request.POST.get("name", found.contact_name)[:150],
        "comment": request.POST.get("comment", "")[:2000],
    }
    return render(request, "planning/value_confirm.html", context, status=status)


def _take(request: Any, tenant: Tenant, found: ValueConfirmation) -> HttpResponse:
    words = {name: request.POST.get(name, "").replace("\x00", "") for name in ("answer", "name", "comment")}
    try:
        answered = confirmation_answer(confirmation=found, **words)
    except ConflictError as error:
        return _void(request, tenant, found, ANSWERED if error.code == "used" else error.code)
    except ApplicationError as error:
        return _ask(request, tenant, found, fault=error.message, status=422)
    context = {"tenant_name": tenant.name, "confirmation": answered}
    return render(request, "planning/value_confirm_done.html", context)


def _void(
    request: Any, tenant: Tenant | None, found: ValueConfirmation | None, state: str, *, status: int = 410
) -> HttpResponse:
    """Nothing of the item; of a link that was ours, what has become of it and whom to ask."""
    context: dict[str, Any] = {"state": state}
    if found is not None:
        context |= {
            "answered_at": found.answered_at,
            "expires_at": found.expires_at,
            "asker": found.asked_by.user.display_name,
        }
    return render(request, "planning/value_confirm_void.html", context, status=status)


PAGE = LinkPage(
    purpose=PURPOSE,
    find=lambda digest: confirmation_find(digest=digest),
    opened=lambda found: confirmation_opened(confirmation=found),
    ask=_ask,
    take=_take,
    void=_void,
)
