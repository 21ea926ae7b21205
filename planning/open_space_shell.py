"""What Open Space gives to the frame: its tab of an account, the history of its cells."""

from typing import Any

from accounts.places import AccountTab, register_account_tab
from accounts.selectors.accounts import of_visible_accounts
from kam.tenancy.access import Principal
from kam.tenancy.history import register_history
from planning.models import OpenSpaceCell

CELL_LABELS = {
    "contract_end": "Their contract ends",
    "growth_type_override": "Growth type",
    "changed_by": "Last changed by",
}


def cells_visible(principal: Principal) -> Any:
    """Stored cells of the accounts this member may see."""
    rows = OpenSpaceCell.objects.select_related("segment", "product_line")
    return of_visible_accounts(rows, principal)


def register() -> None:
    """Called once, when the app is ready."""
    register_account_tab(AccountTab("open_space", "Open Space", "planning:open_space", 30))
    register_history(OpenSpaceCell, permission="accounts.view", rows=cells_visible, labels=CELL_LABELS)
