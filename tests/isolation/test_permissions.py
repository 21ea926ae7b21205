"""Who may open what: every route × role × method, from the URLconf, against the one matrix (INTERFACE §4)."""

from typing import Any

import pytest
import rules

from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Role
from kam.tenancy.permissions import MATRIX, PUBLIC, SCOPES, SIGNED_IN
from tests.conftest import client_for
from tests.isolation.conftest import Asker
from tests.isolation.routes import BY_KEY, METHODS, Route, our_routes

NOBODY = "nobody"
PERSONS = {"admin", "executive", "kam", "contributor"}
# The table of INTERFACE §4, written down a second time, by hand: role → permissions, integrations by scope.
INTERFACE = {
    "members.view": {"admin", "executive"},
    "members.change": {"admin"},
    "settings.view": {"admin", "executive"},
    "settings.change": {"admin"},
    "webhooks.view": {"admin", "executive"},
    "webhooks.change": {"admin"},
    "portfolio.view": {"admin", "executive", "kam", "portfolio:read"},
    "portfolio.change": {"admin", "executive"},
    "accounts.view": PERSONS | {"accounts:read", "accounts:write"},
    "accounts.add": {"admin", "kam", "accounts:write"},
    "accounts.change": {"admin", "kam", "contributor", "accounts:write"},
    "accounts.delete": {"admin", "kam", "accounts:write"},
    "accounts.assign": {"admin", "accounts:write"},
    # Who is in the team has rights by it: contributors must not decide that themselves.
    "team.change": {"admin", "kam", "accounts:write"},
    # Lines are the data owners'; an idea (co-creation) is drawn by whoever may change its account.
    "people.personal_data": {"admin"},
    "product_lines.change": {"admin", "executive", "kam", "contributor", "accounts:write", "ledger:write"},
    "catalogue.view": PERSONS | {"accounts:read", "accounts:write"},
    "catalogue.change": {"admin", "executive", "accounts:write", "ledger:write"},
    "ledger.view": PERSONS | {"accounts:read", "ledger:write"},
    "ledger.add": {"admin", "executive", "ledger:write"},
    "imports.view": {"admin", "executive", "ledger:write"},
    "imports.run": {"admin", "executive", "ledger:write"},
    "rates.view": {"admin", "executive", "ledger:write"},
    "rates.change": {"admin", "executive", "ledger:write"},
    "recompute.view": PERSONS | {"recompute"},
    "recompute.run": {"admin", "executive", "recompute"},
    "plans.approve": {"admin", "executive"},
    # Whoever approves, or writes the account, puts an approved plan to work.
    "plans.activate": {"admin", "executive", "kam", "contributor", "accounts:write"},
    "plans.comment": PERSONS | {"accounts:write"},
    "tokens.own": PERSONS | {"integration"},
    "simulations.run": PERSONS | {"integration"},
}
ROUTES = [route for route in our_routes() if route.name not in BY_KEY]


class FakeToken:
    def __init__(self, scopes: list[str]) -> None:
        self.scopes = scopes


@pytest.mark.parametrize("permission", sorted(set(MATRIX) | set(INTERFACE)))
def test_the_matrix_is_the_contracts(permission: str) -> None:
    """A permission that the contract does not name has to be written into this test with its reason."""
    allowed = INTERFACE.get(permission)
    assert allowed is not None, f"{permission} is not in the table of this test"
    for role in PERSONS:
        principal = Principal(member=Membership(role=role))
        assert rules.has_perm(permission, principal) == (role in allowed), f"{role} {permission}"
    for scope in SCOPES:
        token: Any = FakeToken([scope])
        principal = Principal(member=Membership(role=Role.INTEGRATION), token=token)
        expected = scope in allowed or "integration" in allowed
        assert rules.has_perm(permission, principal) == expected, f"{scope} {permission}"
    nothing: Any = FakeToken([])
    bare = Principal(member=Membership(role=Role.INTEGRATION), token=nothing)
    assert rules.has_perm(permission, bare) == ("integration" in allowed)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_route_says_who_may_open_it(route: Route) -> None:
    declared = route.permissions
    assert declared is not None, (
        f"{route} ({route.name}) declares no permission: give the page @requires(…) or @public, "
        "the API view `permissions`."
    )
    assert set(declared.values()) <= {*MATRIX, PUBLIC, SIGNED_IN}, declared
    view = getattr(route.view, "cls", None)
    if view is not None:
        implemented = {method for method in METHODS if hasattr(view, method.lower())}
        assert set(declared) == implemented, f"{route}: handlers and permissions differ"


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_the_answer_is_what_the_matrix_says(route: Route, asker: Asker) -> None:
    """Refused before anything else where the role may not; never refused where it may, on its own objects."""
    before = asker.state()
    for method, permission in (route.permissions or {}).items():
        if not route.is_api and method not in ("GET", "POST"):
            continue
        unsupported = asker.ask(route, method, asker.own.values(route)).status == 405
        for role in (NOBODY, *Role.values):
            if not route.is_api and role == Role.INTEGRATION:
                continue
            answer = asker.ask(route, method, asker.own.values(route), role=role)
            asked = f"{role} {method} {route} ({permission}): {answer.status}"
            assert answer.foreign_state == before, asked
            if route.name == "tenancy:readyz":
                continue
            if unsupported:
                assert answer.status in (302, 403, 405), asked
                continue
            if permission == PUBLIC:
                assert answer.status not in (401, 500), asked
            elif role == NOBODY:
                assert answer.status == (401 if route.is_api else 302), asked
            elif may(asker, role, permission):
                assert answer.status not in (401, 500), asked
                if role in (Role.ADMIN, Role.INTEGRATION):
                    assert answer.status != 403, asked
            else:
                assert answer.status == 403, asked


def may(asker: Asker, role: str, permission: str) -> bool:
    """Whether the contract's table allows it; the world's integration token has every scope."""
    if permission == SIGNED_IN:
        return True
    allowed = INTERFACE[permission]
    return role in allowed or (role == Role.INTEGRATION and bool(allowed & {*SCOPES, "integration"}))


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_opens_only_its_own_routes(scope: str, asker: Asker) -> None:
    client = client_for(asker.own.members[Role.INTEGRATION], [scope])
    client.raise_request_exception = False
    asker._clients[scope, True] = client
    for route in ROUTES:
        for method, permission in (route.permissions or {}).items() if route.is_api else ():
            if permission in (PUBLIC, SIGNED_IN):
                continue
            answer = asker.ask(route, method, asker.own.values(route), role=scope)
            allowed = INTERFACE[permission]
            expected = scope in allowed or "integration" in allowed
            assert (answer.status == 403) != expected, f"{scope} {method} {route}: {answer.status}"


@pytest.mark.parametrize("route", [route for route in ROUTES if not route.is_api], ids=str)
def test_a_page_writes_only_with_its_own_form(route: Route, asker: Asker) -> None:
    """Without the CSRF token no POST of a session reaches a view."""
    client = asker.client("admin", api=False)
    client.handler.enforce_csrf_checks = True
    try:
        answer = asker.ask(route, "POST", asker.own.values(route))
    finally:
        client.handler.enforce_csrf_checks = False
    assert answer.status == 403, f"POST {route} without its token: {answer.status}"


def test_a_session_writes_to_the_api_only_with_its_token(asker: Asker) -> None:
    client = asker.client("admin", api=False)
    client.handler.enforce_csrf_checks = True
    try:
        response = client.post("/api/v1/accounts/", {"name": "X"}, content_type="application/json")
    finally:
        client.handler.enforce_csrf_checks = False
    assert response.status_code == 403


def test_a_token_opens_no_page(asker: Asker) -> None:
    client = asker.client("admin", api=True)
    assert client.get("/settings/").status_code == 302
    assert client.get("/api/v1/me/").status_code == 200
