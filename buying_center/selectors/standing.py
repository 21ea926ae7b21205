"""Reads of what a KAM states about an account as a whole: the connection's layer, how we are positioned (K9, K16)."""

import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from accounts.models import Account
from accounts.selectors.accounts import of_visible_accounts
from buying_center.models import WEIGHT_FACTORS, RelationshipStanding, SupplierPositioning
from buying_center.network.layers import Depth, depth
from buying_center.network.positioning import Position, position_of
from buying_center.selectors.centre import CentreRows
from kam.common.api.etag import version_tag
from kam.common.formatting import plural
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import TenantSettings
from kam.tenancy.reference import reference_date


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


class Evidence(NamedTuple):
    """What the data say about our economic place with a customer: a heading and a sentence."""

    about: str
    words: str


EvidenceReader = Callable[[Account], "Evidence | None"]
_evidence: list[EvidenceReader] = []


def register_evidence(reader: EvidenceReader) -> None:
    """Let another app say what it knows of an account's economic place; None where it knows nothing. One query."""
    _evidence.append(reader)


_LINES_BOUGHT = """
    SELECT count(*) FILTER (WHERE EXISTS (
               SELECT FROM accounts_product p
               JOIN accounts_cellmonth m ON m.tenant_id = p.tenant_id AND m.product_id = p.id
               WHERE p.tenant_id = l.tenant_id AND p.product_line_id = l.id AND m.account_id = %(account)s
                   AND m.month > %(until)s::date - interval '1 year' AND m.month <= %(until)s
               GROUP BY p.product_line_id HAVING sum(m.net_sales) > 0
           )),
           count(*)
    FROM accounts_productline l WHERE l.tenant_id = %(tenant)s AND l.kind = 'catalogue'
"""


def cross_sell_scope(account: Account, settings: TenantSettings | None = None) -> Evidence | None:
    """How much of the catalogue the customer buys, in the trailing 12 months (K1, K16)."""
    with connection.cursor() as cursor:
        cursor.execute(
            _LINES_BOUGHT,
            {
                "tenant": account.tenant_id,
                "account": account.pk,
                "until": reference_date(settings).replace(day=1),
            },
        )
        bought, offered = cursor.fetchone()
    if not offered:
        return None
    return Evidence(
        "Cross-sell scope", f"Buys {bought} of our {plural(offered, 'product line')}, last 12 months."
    )


def economic_evidence(account: Account, settings: TenantSettings | None = None) -> list[Evidence]:
    """What the data say beside what the KAM states of the economic facet (K16)."""
    found = [cross_sell_scope(account, settings), *(reader(account) for reader in _evidence)]
    return [evidence for evidence in found if evidence is not None]


def position_of_account(sheet: SupplierPositioning, *, share: float | None) -> Position:
    """Where the customer places us; `share`: our share of what it spends on suppliers like us, where computed."""
    factors = {name: getattr(sheet, name) for name in WEIGHT_FACTORS}
    return position_of(factors, share=share, judged_spend=sheet.relative_spend)
