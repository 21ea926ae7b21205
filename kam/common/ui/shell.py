"""The frame of every page: which doors are shown, and to whom."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from django import template
from django.http import HttpRequest
from django.urls import get_script_prefix

register = template.Library()


class Door(NamedTuple):
    """One entry of the main navigation. Paths are those of INTERFACE §5."""

    key: str
    label: str
    path: str
    icon: str
    on_phone: bool = False


DOORS: Final = (
    Door("home", "Home", "", "home", on_phone=True),
    Door("portfolio", "Portfolio", "portfolio/", "chart-dots", on_phone=True),
    Door("accounts", "Accounts", "accounts/", "building-store", on_phone=True),
    Door("opportunities", "Opportunities", "opportunities/", "target-arrow"),
    Door("imports", "Imports", "imports/", "database-import"),
    Door("settings", "Settings", "settings/", "settings"),
)


@register.simple_tag(takes_context=True)
def shell_nav(context: template.Context) -> list[dict[str, Any]]:
    """The doors this person may open, as ``label, url, icon, current, on_phone``.

    Reads ``nav`` (door → may open) of the context; a door that is not named there is not shown.
    """
    allowed: dict[str, bool] = context.get("nav") or {}
    request: HttpRequest | None = context.get("request")
    here = request.path if request is not None else ""
    prefix = get_script_prefix()
    doors = []
    for door in DOORS:
        if door.key != "home" and not allowed.get(door.key):
            continue
        url = f"{prefix}{door.path}"
        current = here == url if door.key == "home" else here.startswith(url)
        doors.append({**door._asdict(), "url": url, "current": current})
    return doors


class Adding(NamedTuple):
    """What the phone's + writes down: a kind of activity (LOOK §11)."""

    kind: str
    label: str
    icon: str


ADDINGS: Final = (
    Adding("note", "Note", "note"),
    Adding("call", "Call", "phone"),
    Adding("meeting", "Meeting", "users"),
)


@register.simple_tag(takes_context=True)
def shell_add(context: template.Context) -> list[dict[str, str]]:
    """What this person may write down, as ``label, icon, url``: of the account that the page shows, where it is
    theirs to write, else of one to choose. Empty for who writes nowhere."""
    principal, key = context.get("principal"), getattr(context.get("account"), "pk", None)
    if principal is None or not (context.get("nav") or {}).get("log"):
        return []
    prefix = get_script_prefix()
    own = key is not None and principal.can("accounts.change", context["account"])
    path = f"{prefix}accounts/{key}/activities/?add=true&" if own else f"{prefix}activities/add/?"
    return [
        {"label": adding.label, "icon": adding.icon, "url": f"{path}kind={adding.kind}"} for adding in ADDINGS
    ]
