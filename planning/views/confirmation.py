"""The page behind a customer's link: one item, two answers. Open to everybody: the signed key is the right."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kam.common.errors import ApplicationError, ConflictError
from kam.common.network import client_ip
from kam.common.rate import within_rate
from kam.tenancy.context import tenant_context
from kam.tenancy.links import token_read
from kam.tenancy.models import Tenant
from kam.tenancy.permissions import public
from kam.tenancy.selectors import tenant_by_id
from planning.models import ValueConfirmation
from planning.services.confirmations import (
    PURPOSE,
    confirmation_answer,
    confirmation_find,
    confirmation_opened,
    gains_in_words,
    state_of,
)

RATE_SECONDS = 60


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def value_confirm(request: Any, token: str) -> HttpResponse:
    """GET asks; POST answers, once.

    A link that we never gave out answers 410 without a word about what it might be; one that was used, was
    taken back or has expired says so and shows nothing of the item. Too many requests of one address: 429.
    """
    response = _answer(request, token)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _answer(request: Any, token: str) -> HttpResponse:
    allowed, wait = within_rate(
        scope="value-link",
        identity=client_ip(request),
        limit=settings.VALUE_LINK_RATE,
        seconds=RATE_SECONDS,
    )
    if not allowed:
        response = render(request, "planning/value_confirm_void.html", {"state": "rate"}, status=429)
        response["Retry-After"] = str(int(wait) + 1)
        return response
    read = token_read(purpose=PURPOSE, token=token)
    tenant = tenant_by_id(read[0]) if read else None
    if read is None or tenant is None:
        return _void(request, None, "unknown")
    with tenant_context(tenant.id, via="link"):
        found = confirmation_find(digest=read[1])
        if found is None:
            return _void(request, None, "unknown")
        state = state_of(found)
        if state not in ("waiting", "opened"):
            return _void(request, found, state)
        if request.method == "POST":
            return _take(request, tenant, found)
        if request.method == "GET" and not _is_ours(request, tenant):
            confirmation_opened(confirmation=found)
        return _ask(request, tenant, found)


def _is_ours(request: Any, tenant: Tenant) -> bool:
    """Whether a member of the supplier is looking, who may see but not answer."""
    principal = getattr(request, "principal", None)
    return principal is not None and principal.tenant == tenant


def _ask(
    request: Any, tenant: Tenant, found: ValueConfirmation, *, fault: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "tenant_name": tenant.name,
        "confirmation": found,
        "gains": gains_in_words(found),
        "is_ours": _is_ours(request, tenant),
        "fault": fault,
        "name": request.POST.get("name", found.contact_name)[:150],
        "comment": request.POST.get("comment", "")[:2000],
    }
    return render(request, "planning/value_confirm.html", context, status=status)


def _take(request: Any, tenant: Tenant, found: ValueConfirmation) -> HttpResponse:
    if _is_ours(request, tenant):
        return _ask(request, tenant, found, status=403)
    words = {name: request.POST.get(name, "").replace("\x00", "") for name in ("answer", "name", "comment")}
    try:
        answered = confirmation_answer(confirmation=found, **words)
    except ConflictError as error:
        return _void(request, found, "confirmed" if error.code == "used" else error.code)
    except ApplicationError as error:
        return _ask(request, tenant, found, fault=error.message, status=422)
    context = {"tenant_name": tenant.name, "confirmation": answered}
    return render(request, "planning/value_confirm_done.html", context)


def _void(request: Any, found: ValueConfirmation | None, state: str) -> HttpResponse:
    """Nothing of the item; of a link that was ours, what has become of it and whom to ask."""
    context: dict[str, Any] = {"state": state}
    if found is not None:
        context |= {
            "answered_at": found.answered_at,
            "expires_at": found.expires_at,
            "asker": found.asked_by.user.display_name,
        }
    return render(request, "planning/value_confirm_void.html", context, status=410)
