"""Whether anything that an account's people map draws has changed, without reading it (K14)."""

import hashlib
import uuid

from django.db import connection
from django.utils import timezone

from kam.common.formatting import active_locale
from kam.tenancy.context import current_tenant_id

# Counts up when the answer made of the same rows changes.
_FORM = 1

# One number for each set that is drawn. A sum of hashes depends on no order; a row that people edit is told by its
# version, which the database counts, and a place of ours by all that may be said of who holds it.
_SETS = """
    SELECT
        (SELECT sum(hash_record_extended(ROW(c.id, c.version, p.id, p.version), 0))
         FROM buying_center_contact c
         JOIN buying_center_person p ON p.tenant_id = c.tenant_id AND p.id = c.person_id
         WHERE c.tenant_id = %(tenant)s AND c.account_id = %(account)s),
        (SELECT sum(hash_record_extended(ROW(r.id, r.version), 0))
         FROM buying_center_contactrole r
         JOIN buying_center_contact c ON c.tenant_id = r.tenant_id AND c.id = r.contact_id
         WHERE r.tenant_id = %(tenant)s AND c.tenant_id = %(tenant)s AND c.account_id = %(account)s),
        (SELECT sum(hash_record_extended(ROW(l.id, l.version), 0)) FROM buying_center_influencelink l
         WHERE l.tenant_id = %(tenant)s AND l.account_id = %(account)s),
        (SELECT sum(hashtextextended(
                    concat_ws('|', s::text, m.user_id, m.is_active, u.name, u.email, e::text), 0))
         FROM buying_center_sellingcentermember s
         LEFT JOIN tenancy_membership m ON m.tenant_id = s.tenant_id AND m.id = s.member_id
         LEFT JOIN tenancy_user u ON u.id = m.user_id
         LEFT JOIN buying_center_employee e ON e.tenant_id = s.tenant_id AND e.id = s.employee_id
         WHERE s.tenant_id = %(tenant)s AND s.account_id = %(account)s),
        (SELECT sum(hash_record_extended(ROW(k.place_id, k.contact_id, k.strength), 0))
         FROM buying_center_connection k
         WHERE k.tenant_id = %(tenant)s AND k.account_id = %(account)s)
"""


def people_map_tag(account_id: uuid.UUID) -> str:
    """The strong entity tag of what an account's map draws today, with its quotes; one query.

    What is told beside the map is worded for the reader, so their locale is part of it. A registered reader of ties
    beyond connections would have to be part of it too: there is none, which a test holds.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SETS, {"tenant": current_tenant_id(), "account": account_id})
        sets = cursor.fetchone()
    shown = (_FORM, str(account_id), timezone.localdate(), active_locale(), sets)
    return f'"{hashlib.sha256(repr(shown).encode()).hexdigest()[:32]}"'
