"""Where other apps show themselves on an account: the tabs of its pages and the panels of its home.

An app above this one registers its page in `AppConfig.ready()`; nobody has to import it to link to it.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from accounts.models import Account
from kam.common.addresses import address
from kam.tenancy.access import Principal


@dataclass(frozen=True)
class AccountTab:
    """A page of an account. `url_name` takes the account's id; `position` orders the tabs."""

    key: str
    label: str
    url_name: str
    position: int
    permission: str = "accounts.view"


@dataclass(frozen=True)
class AccountPanel:
    """A card on the account's home, loaded after the page from `url_name`, which takes the account's id."""

    url_name: str
    position: int
    permission: str = "accounts.view"


_tabs: dict[str, AccountTab] = {}
_panels: dict[str, AccountPanel] = {}


def register_account_tab(tab: AccountTab) -> None:
    """Add a tab to every account page; the same key again replaces it."""
    _tabs[tab.key] = tab


def register_account_panel(panel: AccountPanel) -> None:
    """Add a card to the home of every account."""
    _panels[panel.url_name] = panel


def account_tabs(*, principal: Principal, account_id: uuid.UUID, current: str) -> list[dict[str, Any]]:
    """The tabs this member may open, as the `tabs` component takes them: label, url, current."""
    return [
        {"label": tab.label, "url": address(tab.url_name, account_id), "current": tab.key == current}
        for tab in sorted(_tabs.values(), key=lambda tab: tab.position)
        if principal.can(tab.permission)
    ]


def account_tab_url(key: str, account_id: uuid.UUID) -> str | None:
    """The address of a tab of an account; None when no installed app has registered it."""
    tab = _tabs.get(key)
    return address(tab.url_name, account_id) if tab else None


def account_panels(*, principal: Principal, account: Account) -> list[str]:
    """Addresses of the cards that the account's home loads, in their order."""
    return [
        address(panel.url_name, account.pk)
        for panel in sorted(_panels.values(), key=lambda panel: panel.position)
        if principal.can(panel.permission)
    ]
