"""Reads of what a KAM states about an account as a whole: the connection's layer, how we are positioned (K9, K16)."""

import uuid
from typing import Any

from django.db.models import QuerySet

from accounts.models import Account
from accounts.selectors.accounts import of_visible_accounts
from buying_center.models import WEIGHT_FACTORS, RelationshipStanding, SupplierPositioning
from buying_center.network.layers import Depth, depth
from buying_center.network.positioning import Position, position_of
from buying_center.selectors.centre import CentreRows
from kam.common.api.etag import version_tag
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id


def standing_visible(principal: Principal) -> "QuerySet[RelationshipStanding, RelationshipStanding]":
    """What is stated of the accounts this member may see."""
    return of_visible_accounts(RelationshipStanding.objects.all(), principal)


def positioning_visible(principal: Principal) -> "QuerySet[SupplierPositioning, SupplierPositioning]":
    """How we are positioned in the accounts this member may see."""
    return of_visible_accounts(SupplierPositioning.objects.all(), principal)


def standing_of(account: Account) -> RelationshipStanding:
    """The account's standing with its author's name, or an empty one (version 0) that nobody has saved yet."""
    return _one(RelationshipStanding, account, "stated_by__user")


def positioning_of(account: Account) -> SupplierPositioning:
    """The account's positioning with its author's name, or an empty one (version 0)."""
    return _one(SupplierPositioning, account, "judged_by__user")


def _one(model: Any, account: Account, author: str) -> Any:
    rows = model.objects.select_related(author).filter(tenant_id=current_tenant_id(), account_id=account.pk)
    return rows.first() or model(tenant_id=account.tenant_id, account=account, version=0)


def sheet_tag(account_id: uuid.UUID, version: int) -> str:
    """The entity tag of a sheet of which an account has one: it exists for the reader before its row does."""
    return version_tag(account_id, version)


def depth_of(rows: CentreRows, standing: RelationshipStanding) -> Depth:
    """Both facets of the connection, from who is reached and from the vendor tier."""
    return depth(rows.centre, vendor_tier=standing.vendor_tier)


def position_of_account(sheet: SupplierPositioning, *, share: float | None) -> Position:
    """Where the customer places us; `share`: our share of what it spends on suppliers like us, where computed."""
    factors = {name: getattr(sheet, name) for name in WEIGHT_FACTORS}
    return position_of(factors, share=share, judged_spend=sheet.relative_spend)
