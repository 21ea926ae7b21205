"""The frame around a page that is opened through a signed link: who may come in how often, and into which tenant."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from kam.common.network import client_ip
from kam.common.rate import within_rate
from kam.tenancy.answer_links import OPENED, WAITING, link_state
from kam.tenancy.context import tenant_context
from kam.tenancy.links import token_read
from kam.tenancy.models import Tenant
from kam.tenancy.selectors import tenant_by_id

RATE_SECONDS = 60


@dataclass(frozen=True)
class LinkPage:
    """One feature's pages. `find` takes the key's digest and looks in the tenant that was entered.

    `ask` shows the question, `take` receives the answer (never of a member of the supplier), `void` says why
    there is nothing: state unknown or rate without a row, answered, revoked or expired with it.
    """

    purpose: str
    find: Callable[[str], Any]
    opened: Callable[[Any], None]
    ask: Callable[..., HttpResponse]
    take: Callable[[HttpRequest, Tenant, Any], HttpResponse]
    void: Callable[..., HttpResponse]


def answer_link(request: HttpRequest, token: str, page: LinkPage) -> HttpResponse:
    """GET asks; POST answers, once.

    A link that we never gave out answers 410 without a word about what it might be; one that was used, was
    taken back or has expired says so and shows nothing else. Too many requests of one address: 429.
    """
    response = _answer(request, token, page)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _answer(request: HttpRequest, token: str, page: LinkPage) -> HttpResponse:
    allowed, wait = within_rate(
        scope=f"link:{page.purpose}",
        identity=client_ip(request),
        limit=settings.VALUE_LINK_RATE,
        seconds=RATE_SECONDS,
    )
    if not allowed:
        response = page.void(request, None, None, "rate", status=429)
        response["Retry-After"] = str(int(wait) + 1)
        return response
    read = token_read(purpose=page.purpose, token=token)
    tenant = tenant_by_id(read[0]) if read else None
    if read is None or tenant is None:
        return page.void(request, None, None, "unknown")
    with tenant_context(tenant.id, via="link"):
        found = page.find(read[1])
        if found is None:
            return page.void(request, None, None, "unknown")
        state = link_state(found)
        if state not in (WAITING, OPENED):
            return page.void(request, tenant, found, state)
        ours = is_ours(request, tenant)
        if request.method == "POST":
            return page.ask(request, tenant, found, status=403) if ours else page.take(request, tenant, found)
        if request.method == "GET" and not ours:
            page.opened(found)
        return page.ask(request, tenant, found)


def is_ours(request: HttpRequest, tenant: Tenant) -> bool:
    """Whether a member of the supplier is looking, who may see but not answer."""
    principal = getattr(request, "principal", None)
    return principal is not None and principal.tenant == tenant
