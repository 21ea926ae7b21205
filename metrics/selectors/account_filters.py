"""What the address of the account list asks for, and which accounts its reader sees."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from django.db.models import Q
from django.http import QueryDict

from accounts.selectors.accounts import sees_all_accounts
from kam.tenancy.access import Principal
from kam.tenancy.models import Role

NOT_KNOWN: Final = "none"
"""The value of a class filter that asks for accounts without a class."""

MULTIPLE: Final = ("country", "industry", "owner", "loyalty", "class", "volume")
CLASS_FIELDS: Final = {"loyalty": "loyalty_class", "class": "dubinsky_ingram_class", "volume": "volume_class"}
ORDERINGS: Final = {
    "name": "account__name",
    "net_sales": "net_sales_12m",
    "change": "change",
    "contribution": "contribution_12m",
    "ratio": "contribution_ratio",
    "clv": "clv",
    "upv": "upv",
}
DEFAULT_ORDERING: Final = "-net_sales"
NEVER_NULL: Final = frozenset({"net_sales_12m"})


@dataclass(frozen=True)
class AccountFilters:
    """What the address of the list asks for. Tuples hold the chosen values; empty means all."""

    search: str = ""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    key: bool = False
    stale: bool = False
    mine: bool = False
    ordering: str = DEFAULT_ORDERING

    @classmethod
    def of(cls, query: QueryDict) -> "AccountFilters":
        """Read a query string; what does not make sense is left out, so that no address is an error."""
        ordering = query.get("ordering", "")
        return cls(
            search=query.get("q", "").strip()[:100].replace("\x00", ""),
            choices={
                name: tuple(value.replace("\x00", "")[:120] for value in query.getlist(name) if value)[:50]
                for name in MULTIPLE
                if any(query.getlist(name))
            },
            key="key" in query.getlist("only"),
            stale="stale" in query.getlist("only"),
            mine="mine" in query.getlist("only"),
            ordering=ordering if ordering.lstrip("-") in ORDERINGS else DEFAULT_ORDERING,
        )

    @property
    def active(self) -> bool:
        """Whether anything but the order is asked for."""
        return bool(self.search or self.choices or self.key or self.stale or self.mine)

    @property
    def needs_metrics(self) -> bool:
        """Whether an account without figures can never match."""
        return any(name in self.choices for name in CLASS_FIELDS)

    @property
    def field_name(self) -> str:
        return ORDERINGS[self.ordering.lstrip("-")]

    @property
    def descending(self) -> bool:
        return self.ordering.startswith("-")


@dataclass(frozen=True)
class AccountScope:
    """Which accounts the asking member sees (INTERFACE §4), found out once per page.

    `sees_all`: every account of the tenant; else those of the teams, and where `owns` the member's own."""

    member_id: uuid.UUID
    team: frozenset[uuid.UUID]
    sees_all: bool
    owns: bool

    @classmethod
    def of(cls, principal: Principal, *, mine: bool = True) -> "AccountScope":
        """The scope of a member. Teams are read when they matter: `mine` False = nobody asks for `mine()`."""
        sees_all = sees_all_accounts(principal)
        return cls(
            member_id=principal.member.id,
            team=principal.team_account_ids if mine or not sees_all else frozenset(),
            sees_all=sees_all,
            owns=principal.role != Role.CONTRIBUTOR,
        )

    def mine(self, prefix: str = "") -> Q:
        """Accounts that the member owns or works in; `prefix` is "" or "account__"."""
        key = "account_id" if prefix else "id"
        team = Q(**{f"{key}__in": list(self.team)})
        return team | Q(**{f"{prefix}owner_id": self.member_id}) if self.owns else team

    def visible(self, prefix: str = "") -> Q:
        """Accounts that the member sees."""
        return Q() if self.sees_all else self.mine(prefix)
