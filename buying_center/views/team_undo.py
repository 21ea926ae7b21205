"""What was there before a change of a selling centre, kept in the session, so that it can be taken back (K10)."""

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.models import Account
from accounts.views.accounts import own_account
from buying_center.models import PlaceScope, SellingCenterMember
from buying_center.selectors.selling_center import place_find
from buying_center.services.selling_center import (
    selling_center_add,
    selling_center_update,
    shown_version,
)
from buying_center.views.team import UNDO
from kam.common.api.etag import IfMatch, version_tag
from kam.common.errors import ApplicationError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires

_PLAIN = ("role", "is_lead", "title", "function", "level", "is_temporary", "reason")
_DAYS = ("valid_from", "valid_to")


@require_POST
@requires("team.change")
def undo(request: HttpRequest, account_id: uuid.UUID, place_id: uuid.UUID) -> HttpResponse:
    """Take the last change of a place back, unless it was changed again since."""
    _account, place = own_place(request, account_id, place_id)
    kept = request.session.get(f"{UNDO}:{place_id}") or {}
    if not kept or str(kept["version"]) != request.POST.get("version"):
        messages.error(request, "That change can no longer be taken back.")
        return redirect(team_page(account_id))
    try:
        selling_center_update(
            principal=principal_of(request),
            person=place,
            values=as_taken(kept["values"]),
            if_match=seen(place, kept["version"]),
        )
    except StaleWriteError:
        messages.error(request, f"Somebody changed {place.name}’s place since. Nothing was taken back.")
    except ApplicationError as error:
        messages.error(request, f"Nothing was taken back. {error.message}")
    else:
        del request.session[f"{UNDO}:{place_id}"]
        messages.success(request, f"{place.name}’s place is as before.")
    return redirect(team_page(account_id))


@require_POST
@requires("team.change")
def restore(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Put back whoever was just taken out."""
    account = own_account(request, account_id, "team.change")
    kept = request.session.pop(f"{UNDO}:{account.pk}", None)
    if not kept:
        messages.error(request, "Nobody is left to be put back.")
        return redirect(team_page(account_id))
    try:
        place = selling_center_add(
            principal=principal_of(request), values={"account": account.pk, **as_taken(kept["values"])}
        )
    except ApplicationError as error:
        messages.error(request, f"Nobody was put back. {error.message}")
    else:
        messages.success(request, f"{place.name} is in the selling centre again.")
    return redirect(team_page(account_id))


def as_kept(place: SellingCenterMember, scopes: list[PlaceScope]) -> dict[str, Any]:
    """A place as the session can keep it."""
    kept: dict[str, Any] = {name: getattr(place, name) for name in _PLAIN}
    for name in _DAYS:
        day = getattr(place, name)
        kept[name] = day.isoformat() if day is not None else None
    kept["scopes"] = [
        {
            "product_line": _text(scope.product_line_id),
            "segment": _text(scope.segment_id),
            "region": scope.region,
        }
        for scope in scopes
    ]
    if place.employee is not None:
        left = place.employee.left_on
        kept["of_employee"] = {
            "name": place.employee.name, "email": place.employee.email,
            "left_on": left.isoformat() if left is not None else None,
        }  # fmt: skip
    return kept


def as_taken(kept: dict[str, Any]) -> dict[str, Any]:
    """What `as_kept` kept, as the services take it."""
    values = dict(kept)
    for name in _DAYS:
        values[name] = _day(values[name])
    values["scopes"] = [
        {name: uuid.UUID(scope[name]) if scope[name] else None for name in ("product_line", "segment")}
        | {"region": scope["region"]}
        for scope in kept["scopes"]
    ]
    if "of_employee" in values:
        about = dict(values["of_employee"])
        values["of_employee"] = {**about, "left_on": _day(about["left_on"])}
    for name in ("user", "employee"):
        if name in values:
            values[name] = uuid.UUID(values[name])
            values.pop("of_employee", None)
    return values


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _day(text: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def offer_undo(request: HttpRequest, place: SellingCenterMember, text: str, kept: dict[str, Any]) -> None:
    """Keep what was stored before, so that the next page can offer it back."""
    stored = SellingCenterMember.objects.select_related("employee").get(
        tenant_id=place.tenant_id, pk=place.pk
    )
    version = shown_version(stored)
    request.session[f"{UNDO}:{place.pk}"] = {"values": kept, "version": version}
    url = reverse("buying_center:place_undo", args=[place.account_id, place.pk])
    request.session[UNDO] = {"text": text, "url": url, "version": version}


def principal_of(request: HttpRequest) -> Principal:
    return request.principal  # type: ignore[attr-defined]


def own_place(
    request: HttpRequest, account_id: uuid.UUID, place_id: uuid.UUID
) -> tuple[Account, SellingCenterMember]:
    """A place of an account whose team this member may change: 404 where it is not seen, 403 where not."""
    place = place_find(principal_of(request), account_id, place_id)
    if place is None:
        raise Http404
    return own_account(request, account_id, "team.change"), place


def seen(place: SellingCenterMember, version: Any) -> IfMatch:
    return IfMatch(frozenset({version_tag(place.pk, version)}))


def team_page(account_id: uuid.UUID) -> str:
    return reverse("buying_center:team", args=[account_id])
