"""Who asks (`Principal`), and which account teams they are in.

The selling centre lives in a higher app; it tells this one through `register_team_provider`, so that the
rights of contributors and lead managers need no import upwards (docs/adr/0003).
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import rules
from django.db.models import QuerySet

from kam.tenancy.models import ApiToken, Membership, Role, Tenant

TeamProvider = Callable[[uuid.UUID, bool], "QuerySet[Any, Any]"]
_team_provider: TeamProvider | None = None


def register_team_provider(provider: TeamProvider) -> None:
    """Install the function `(member_id, lead_only) -> queryset of account ids` that knows the teams."""
    global _team_provider
    _team_provider = provider


@dataclass(frozen=True)
class Principal:
    """One member of one tenant asking, through the browser or with a token."""

    member: Membership
    token: ApiToken | None = None

    @property
    def tenant(self) -> Tenant:
        return self.member.tenant

    @property
    def role(self) -> str:
        return self.member.role

    def has_scope(self, scope: str) -> bool:
        """Whether the token may do this. Persons' tokens carry no scopes: their role decides."""
        return self.token is not None and scope in self.token.scopes

    def team_accounts(self, *, lead_only: bool = False) -> "QuerySet[Any, Any] | list[uuid.UUID]":
        """Ids of accounts whose selling centre this member is in now (as lead KAM with `lead_only`)."""
        return [] if _team_provider is None else _team_provider(self.member.id, lead_only)

    @cached_property
    def team_account_ids(self) -> frozenset[uuid.UUID]:
        return frozenset(self.team_accounts())

    @cached_property
    def led_account_ids(self) -> frozenset[uuid.UUID]:
        return frozenset(self.team_accounts(lead_only=True))

    @property
    def is_person(self) -> bool:
        return self.role != Role.INTEGRATION

    def can(self, permission: str, obj: object | None = None) -> bool:
        """Whether the role matrix allows `permission` ("area.action"), on an account or in general."""
        if not rules.perm_exists(permission):
            raise KeyError(f"No such permission: {permission}")
        return bool(rules.has_perm(permission, self, obj))
