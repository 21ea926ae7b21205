"""Every route of the product, from the URLconf, with what it declares about permissions and its arguments."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import get_resolver
from django.urls.resolvers import URLPattern

API = "api/v1/"
# The link's key is the right to see it, whoever one is: tests/tenancy/test_invitations.py and
# tests/planning/test_value_link.py, test_review_calendar.py and tests/buying_center/test_pulse.py ask them.
BY_KEY = {"tenancy:invitation", "planning:value_confirm", "planning:review_feed", "buying_center:pulse"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ARGUMENT = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")


@dataclass(frozen=True)
class Argument:
    """One part of a path: its kind (uuid, slug, str, int), its name, and the static part before it."""

    kind: str
    name: str
    before: str


@dataclass(frozen=True)
class Route:
    """A path with its view. `permissions` maps methods to names; None where nothing is declared."""

    path: str
    name: str
    view: Any

    @property
    def is_api(self) -> bool:
        return self.path.startswith(API)

    @property
    def is_allauth(self) -> bool:
        return self.view.__module__.startswith("allauth.") or self.path.startswith("auth/")

    @property
    def permissions(self) -> dict[str, str] | None:
        declared = getattr(getattr(self.view, "cls", None), "permissions", None)
        if declared is not None:
            return dict(declared)
        named = getattr(self.view, "kam_permissions", None)
        if named is None:
            return None
        return {method: named["read" if method == "GET" else "write"] for method in METHODS}

    @property
    def methods(self) -> list[str]:
        """The methods worth sending: those an API view names, all of them for a page."""
        return [method for method in METHODS if method in (self.permissions or {})]

    @property
    def arguments(self) -> list[Argument]:
        found = []
        for match in _ARGUMENT.finditer(self.path):
            static = [part for part in self.path[: match.start()].split("/") if part and "<" not in part]
            found.append(Argument(match["kind"] or "str", match["name"], static[-1] if static else ""))
        return found

    def url(self, values: dict[str, Any]) -> str:
        return "/" + _ARGUMENT.sub(lambda match: str(values[match["name"]]), self.path)

    def __str__(self) -> str:
        return f"/{self.path}"


def _walk(patterns: Any, prefix: str, namespace: str) -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield Route(path, namespace + (pattern.name or ""), pattern.callback)
        else:
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, path, inner)


@cache
def all_routes() -> list[Route]:
    """Every route, allauth's and the development gallery's included."""
    return list(_walk(get_resolver().url_patterns, "", ""))


def our_routes() -> list[Route]:
    """The routes whose views are ours."""
    return [
        route for route in all_routes() if not route.is_allauth or route.view.__module__.startswith("kam.")
    ]
