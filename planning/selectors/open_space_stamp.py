"""Whether anything that an account's Open Space shows has changed, without reading it."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from accounts.models import Account
from kam.tenancy.models import TenantSettings
from planning.selectors.open_space_sales import windows_of


class Stamp(NamedTuple):
    """One number for each set that the grid shows; equal numbers mean that nothing of the set has changed.

    A sum of hashes depends on no order. A row that people edit is told by its version, which the database counts, and
    sales by the keys of the account's months: a month of the rollups that is computed anew gets a new one
    (`accounts.services.rollups`), a move of a product to another line included.
    """

    settings: str
    segments: Decimal | None
    lines: Decimal | None
    units: Decimal | None
    factors: Decimal | None
    links: Decimal | None
    cells: Decimal | None
    people: Decimal | None
    peers: Decimal | None
    sales: Decimal | None


_STAMP = """
    SELECT
        (SELECT md5(s::text) FROM tenancy_tenantsettings s WHERE s.tenant_id = %(tenant)s),
        (SELECT sum(hash_record_extended(ROW(s.id, s.version), 0)) FROM accounts_segment s
         WHERE s.tenant_id = %(tenant)s AND s.account_id = %(account)s),
        (SELECT sum(hash_record_extended(ROW(l.id, l.version), 0)) FROM accounts_productline l
         WHERE l.tenant_id = %(tenant)s AND (l.account_id = %(account)s OR l.kind = 'catalogue')),
        (SELECT sum(hash_record_extended(ROW(b.id, b.version), 0)) FROM accounts_businessunit b
         WHERE b.tenant_id = %(tenant)s),
        (SELECT sum(hash_record_extended(ROW(f.id, f.version), 0)) FROM accounts_successfactor f
         WHERE f.tenant_id = %(tenant)s AND f.account_id = %(account)s AND f.state = 'open'),
        (SELECT sum(hashtextextended(k::text, 0)) FROM planning_openspacecellfactor k
         JOIN accounts_successfactor f ON f.tenant_id = k.tenant_id AND f.id = k.factor_id
         WHERE k.tenant_id = %(tenant)s AND f.tenant_id = %(tenant)s AND f.account_id = %(account)s
             AND f.state = 'open'),
        (SELECT sum(hash_record_extended(ROW(c.id, c.version), 0)) FROM planning_openspacecell c
         WHERE c.tenant_id = %(tenant)s AND c.account_id = %(account)s),
        (SELECT sum(hashtextextended(concat_ws('|', m.id, u.id, u.name, u.email), 0)) FROM tenancy_membership m
         JOIN tenancy_user u ON u.id = m.user_id WHERE m.tenant_id = %(tenant)s),
        (SELECT sum(hashtextextended(p::text, 0)) FROM planning_peerpotential p
         WHERE p.tenant_id = %(tenant)s AND p.industry IN (%(industry)s, '')),
        (SELECT sum(hash_record_extended(ROW(m.id), 0)) FROM accounts_accountmonth m
         WHERE m.tenant_id = %(tenant)s AND m.account_id = %(account)s
             AND m.month BETWEEN least(%(first)s, %(fiscal_first)s) AND %(last)s)
"""


def read_stamp(account: Account, settings: TenantSettings) -> Stamp:
    """The stamp of an account as it is stored now; one query. `settings` tell the windows of its sales."""
    values: dict[str, Any] = {
        "tenant": account.tenant_id,
        "account": account.pk,
        "industry": account.industry,
        **windows_of(settings),
    }
    with connection.cursor() as cursor:
        cursor.execute(_STAMP, values)
        return Stamp(*cursor.fetchone())


def stamp_after(stamp: Stamp, differences: Iterable[Decimal]) -> Stamp:
    """The stamp when cells were written: of each the hash of its new version less that of the one before.

    Added as whole numbers: sums of many hashes may be longer than the digits that a Decimal keeps.
    """
    return stamp._replace(cells=Decimal(int(stamp.cells or 0) + sum(map(int, differences))))
