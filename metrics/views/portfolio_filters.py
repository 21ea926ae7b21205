"""The filters of the portfolio, kept in the address: what is chosen, and what there is to choose from."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from babel import Locale
from django.http import QueryDict

from accounts.selectors.accounts import account_visible, sees_all_accounts
from kam.common import formatting
from kam.tenancy.access import Principal
from metrics.selectors.portfolio_rows import PortfolioFilter

NOT_KNOWN = "none"
"""The value of an option that stands for accounts without one."""
_MOST = 50


@dataclass(frozen=True)
class PortfolioFilters:
    """What the address asks for; what does not make sense is left out, so that no address is an error."""

    countries: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    key: bool = False

    @classmethod
    def of(cls, query: QueryDict) -> "PortfolioFilters":
        def values(name: str) -> tuple[str, ...]:
            return tuple(value.replace("\x00", "")[:120] for value in query.getlist(name) if value)[:_MOST]

        return cls(
            countries=values("country"),
            industries=values("industry"),
            owners=tuple(value for value in values("owner") if value == NOT_KNOWN or _uuid(value)),
            key=query.get("key") == "true",
        )

    @property
    def active(self) -> bool:
        """Whether the view is narrowed."""
        return self != PortfolioFilters()

    def chosen(self, principal: Principal) -> PortfolioFilter:
        """The filter as the selectors take it, within the accounts that the member may see."""
        visible = (
            None
            if sees_all_accounts(principal)
            else frozenset(account_visible(principal).values_list("id", flat=True))
        )
        return PortfolioFilter(
            account_ids=visible,
            countries=tuple("" if value == NOT_KNOWN else value for value in self.countries),
            industries=tuple("" if value == NOT_KNOWN else value for value in self.industries),
            owners=tuple(None if value == NOT_KNOWN else _uuid(value) for value in self.owners),
            key=True if self.key else None,
        )

    def query(self, **more: str) -> str:
        """The filters as a query string with its question mark, plus `more`; empty when there is nothing."""
        built = QueryDict(mutable=True)
        for name, values in (
            ("country", self.countries),
            ("industry", self.industries),
            ("owner", self.owners),
        ):
            if values:
                built.setlist(name, list(values))
        if self.key:
            built["key"] = "true"
        for name, value in more.items():
            if value:
                built[name] = value
        return f"?{built.urlencode()}" if built else ""


def _uuid(value: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(value)
    except ValueError:
        return None


def filter_options(
    facets: Mapping[str, Mapping[str, int]], owners: Mapping[str, str]
) -> dict[str, list[dict[str, Any]]]:
    """What the chips offer: value, label and how many accounts have it, the unknown last."""
    countries = Locale.parse(formatting.active_locale()).territories
    return {
        "country": _options(
            facets.get("country", {}), lambda value: countries.get(value, value), "Not known"
        ),
        "industry": _options(facets.get("industry", {}), str, "Not known"),
        "owner": _options(
            facets.get("owner", {}), lambda value: owners.get(value, "Somebody who left"), "Nobody"
        ),
    }


def _options(counts: Mapping[str, int], label: Any, unknown: str) -> list[dict[str, Any]]:
    known = [
        {"value": value, "label": label(value), "count": count} for value, count in counts.items() if value
    ]
    known.sort(key=lambda option: str(option["label"]).casefold())
    if counts.get(""):
        known.append({"value": NOT_KNOWN, "label": unknown, "count": counts[""]})
    return known
