"""What Open Space gives to the frame: its tab of an account, the history of its cells."""

import uuid
from typing import Any

from django.db.models import Sum

from accounts.places import AccountTab, register_account_tab
from accounts.selectors.accounts import of_visible_accounts
from buying_center.selectors.team import register_open_lines
from buying_center.team.model import OpenLine
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id
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


def open_lines(account_id: uuid.UUID) -> list[OpenLine]:
    """Product lines with potential entered in an account's Open Space, per year in the base currency; one query."""
    tenant_id = current_tenant_id()
    rows = OpenSpaceCell.objects.filter(
        tenant_id=tenant_id, product_line__tenant_id=tenant_id, account_id=account_id, potential__gt=0
    )
    summed = rows.values_list("product_line_id", "product_line__name").annotate(total=Sum("potential"))
    return [OpenLine(pk, name, total) for pk, name, total in summed.order_by("-total", "product_line_id")]


def register() -> None:
    """Called once, when the app is ready."""
    register_open_lines(open_lines)
    register_account_tab(AccountTab("open_space", "Open Space", "planning:open_space", 30))
    register_history(OpenSpaceCell, permission="accounts.view", rows=cells_visible, labels=CELL_LABELS)
