"""The role matrix of INTERFACE §4, as predicates, in one place. Views name a permission; nothing else decides.

A permission is "area.action". Those of the `accounts` area are asked with an account (or anything that has
`account`/`account_id`) for a write to one object, and without one for "may this role write at all".
"""

import uuid
from collections.abc import Callable
from typing import Any

import rules
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from kam.tenancy.access import Principal
from kam.tenancy.models import Role

PUBLIC = "public"
SIGNED_IN = "signed_in"


def _role(role: Role) -> rules.Predicate:
    return rules.predicate(lambda principal: principal.role == role, name=f"is_{role}")


is_admin = _role(Role.ADMIN)
is_executive = _role(Role.EXECUTIVE)
is_kam = _role(Role.KAM)
is_contributor = _role(Role.CONTRIBUTOR)
is_integration = _role(Role.INTEGRATION)


def scoped(scope: str) -> rules.Predicate:
    """An integration whose token has the scope."""
    return rules.predicate(
        lambda principal: principal.role == Role.INTEGRATION and principal.has_scope(scope),
        name=f"scope:{scope}",
    )


def account_id_of(obj: Any) -> uuid.UUID | None:
    """The account an object is or hangs on."""
    if obj is None:
        return None
    account_id = getattr(obj, "account_id", None)
    return account_id if account_id is not None else obj.pk


@rules.predicate
def owns(principal: Principal, obj: Any) -> bool:
    """Owner of the account, or lead KAM in its selling centre; true without an object."""
    if obj is None:
        return True
    account = obj if hasattr(obj, "owner_id") and hasattr(obj, "is_key_account") else None
    if account is None:
        account = getattr(obj, "account", None)
    if account is not None and account.owner_id == principal.member.id:
        return True
    return account_id_of(obj) in principal.led_account_ids


@rules.predicate
def in_team(principal: Principal, obj: Any) -> bool:
    """In the account's selling centre; true without an object."""
    return obj is None or account_id_of(obj) in principal.team_account_ids


SCOPES = {
    "accounts:read": "Read accounts and everything under them",
    "accounts:write": "Change accounts and everything under them",
    "ledger:write": "Load sales lines, cost entries and files",
    "portfolio:read": "Read portfolio results",
    "recompute": "Start recomputations and pin the reference date",
}

_person_reads = is_admin | is_executive | is_kam | is_contributor
_runs_data = is_admin | is_executive
_writes_account = is_admin | (is_kam & owns) | (is_contributor & in_team)

MATRIX: dict[str, rules.Predicate] = {
    "members.view": is_admin | is_executive,
    "members.change": is_admin,
    "settings.view": is_admin | is_executive,
    "settings.change": is_admin,
    "webhooks.view": is_admin | is_executive,
    "webhooks.change": is_admin,
    "portfolio.view": is_admin | is_executive | is_kam | scoped("portfolio:read"),
    "portfolio.change": is_admin | is_executive,
    "accounts.view": _person_reads | scoped("accounts:read") | scoped("accounts:write"),
    "accounts.add": is_admin | is_kam | scoped("accounts:write"),
    "accounts.change": _writes_account | scoped("accounts:write"),
    "accounts.delete": is_admin | (is_kam & owns) | scoped("accounts:write"),
    "accounts.assign": is_admin | scoped("accounts:write"),
    # What the law lets a person ask for: handed out and erased by those who answer for the company.
    "people.personal_data": is_admin,
    "team.change": is_admin | (is_kam & owns) | scoped("accounts:write"),
    "catalogue.view": _person_reads | scoped("accounts:read") | scoped("accounts:write"),
    "catalogue.change": _runs_data | scoped("accounts:write") | scoped("ledger:write"),
    # The catalogue is the data owners'; an idea is drawn by whoever may change its account (the service decides).
    "product_lines.change": _runs_data | _writes_account | scoped("accounts:write") | scoped("ledger:write"),
    "ledger.view": _person_reads | scoped("accounts:read") | scoped("ledger:write"),
    "ledger.add": _runs_data | scoped("ledger:write"),
    "imports.view": _runs_data | scoped("ledger:write"),
    "imports.run": _runs_data | scoped("ledger:write"),
    "rates.view": _runs_data | scoped("ledger:write"),
    "rates.change": _runs_data | scoped("ledger:write"),
    "recompute.view": _person_reads | scoped("recompute"),
    "recompute.run": _runs_data | scoped("recompute"),
    "plans.approve": _runs_data,
    "plans.activate": _runs_data | _writes_account | scoped("accounts:write"),
    "plans.comment": _person_reads | scoped("accounts:write"),
    "tokens.own": _person_reads | is_integration,
    "simulations.run": _person_reads | is_integration,
}
for _name, _predicate in MATRIX.items():
    rules.add_perm(_name, _predicate)


class RolePermission(BasePermission):
    """Every API view states `permissions = {"GET": "accounts.view", …}`; a method without one is refused."""

    message = "Your role does not allow this."

    def has_permission(self, request: Request, view: Any) -> bool:
        needed = view.permissions.get("GET" if request.method == "HEAD" else request.method)
        if needed == PUBLIC or request.method == "OPTIONS":
            return True
        principal = getattr(request, "principal", None)
        if principal is None:
            raise NotAuthenticated
        if needed is None:
            return False
        return needed == SIGNED_IN or principal.can(needed)

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        needed = view.permissions.get("GET" if request.method == "HEAD" else request.method)
        if needed in (PUBLIC, SIGNED_IN):
            return True
        return request.principal.can(needed, obj)  # type: ignore[attr-defined]


ViewFunction = Callable[..., HttpResponseBase]


def requires(permission: str, *, write: str | None = None) -> Callable[[ViewFunction], ViewFunction]:
    """Guard a page. `write` names the permission for methods other than GET and HEAD (default: the same).

    Anonymous people are sent to sign in; members whose role does not allow it get 403. The names are kept on
    the view (`kam_permissions`), where the permission-matrix test reads them.
    """

    def decorate(view: ViewFunction) -> ViewFunction:
        from functools import wraps

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            needed = permission if request.method in ("GET", "HEAD") else (write or permission)
            principal = getattr(request, "principal", None)
            if principal is None:
                if request.user.is_authenticated:
                    raise PermissionDenied("You are signed in, but not a member of any company here.")
                return redirect_to_login(request.get_full_path())
            if needed != SIGNED_IN and not principal.can(needed):
                raise PermissionDenied("Your role does not allow this.")
            return view(request, *args, **kwargs)

        guarded.kam_permissions = {"read": permission, "write": write or permission}  # type: ignore[attr-defined]
        return guarded

    return decorate


def public(view: ViewFunction) -> ViewFunction:
    """Mark a page that needs no sign-in, so that the permission-matrix test knows it is meant."""
    view.kam_permissions = {"read": PUBLIC, "write": PUBLIC}  # type: ignore[attr-defined]
    return view


def authorise(principal: Principal, permission: str, obj: object | None = None) -> None:
    """Raise PermissionDenied unless the principal may do this to the object."""
    if not principal.can(permission, obj):
        raise PermissionDenied("Your role does not allow this.")
