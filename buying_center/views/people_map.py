"""The people map: both charts of a buying centre to look at and to draw on (K13, K14)."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.models import Account
from buying_center.models import BuyingRole
from buying_center.views.common import visible_account
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires

# Which of the centre's views the tab opens: what the person looked at last.
VIEW = "people_view"
NO_ID = uuid.UUID(int=0)
# Icons of cards, zones, buttons and gaps that the map's scripts draw.
SYMBOLS = (
    "bolt", "crown", "dots", "door-enter", "door-exit", "heart-handshake", "help", "history", "minus", "mood-happy",
    "mood-neutral", "mood-puzzled", "mood-sad", "mood-smile", "parking", "pencil", "player-pause", "player-play",
    "plus", "refresh", "route", "route-off", "scale", "shield-exclamation", "shield-x", "sitemap", "trash", "user",
    "user-check", "user-off", "user-question", "vector-spline", "x",
)  # fmt: skip


@requires("accounts.view")
def people_map(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """The page of the map. Its script reads and writes through `accounts/{id}/people-map/` and `contacts/`."""
    account = visible_account(request, account_id)
    principal: Principal = request.principal  # type: ignore[attr-defined]
    can_change = principal.can("accounts.change", account)
    if request.session.get(VIEW) != "map":
        request.session[VIEW] = "map"
    context = {
        "account": account,
        "can_change": can_change,
        "symbols": SYMBOLS,
        "config": _config(principal, account, can_change=can_change),
    }
    return render(request, "buying_center/people_map.html", context)


def opens_map(request: HttpRequest) -> bool:
    """Whether the tab leads on to the map: it was used last, and this is no phone (there the table comes first)."""
    if request.GET or request.session.get(VIEW) != "map":
        return False
    agent = request.headers.get("User-Agent", "")
    return request.headers.get("Sec-CH-UA-Mobile") != "?1" and "Mobi" not in agent


def _config(principal: Principal, account: Account, *, can_change: bool) -> dict[str, Any]:
    """What the map's script needs beyond its data."""
    contact = [account.pk, NO_ID]
    return {
        "account": str(account.pk),
        "name": account.name,
        "canChange": can_change,
        "place": f"people-map/{principal.member.id}/{account.pk}",
        "data": reverse("api:people-map", args=[account.pk]),
        "findings": reverse("api:people-map-findings", args=[account.pk]),
        "history": reverse("api:people-map-history", args=[account.pk]),
        "contacts": reverse("api:contact-list"),
        "links": reverse("api:influence-link-list"),
        "contact": reverse("buying_center:contact_detail", args=contact),
        "edit": reverse("buying_center:contact_edit", args=contact) + "?from=map",
        "add": reverse("buying_center:contact_add", args=[account.pk]) + "?from=map",
        "table": reverse("buying_center:people", args=[account.pk]) + "?view=table",
        "noId": str(NO_ID),
        "roles": [{"value": value, "word": word} for value, word in BuyingRole.choices],
    }
