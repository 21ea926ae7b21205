"""Key accounts against the rest, over the published 12 months and the year before (K31)."""

import datetime

import numpy as np
import pyarrow as pa

from kam.tenancy.context import current_tenant_id
from metrics.engine import ControlGroup, control_group
from metrics.selectors.copying import copy_out
from metrics.selectors.portfolio_rows import MONEY
from metrics.selectors.portfolio_totals import as_floats

_EPOCH = datetime.date(1970, 1, 1)


def key_growth(reference: datetime.date) -> ControlGroup:
    """Growth of net sales of the accounts that were key a year before `reference`, against the others.

    One query over the published rows. Accounts that became key since then are shown apart (`late_joiners`).
    """
    tenant = str(current_tenant_id())
    table = copy_out(
        "SELECT m.net_sales_prior_12m, m.net_sales_12m, "
        "CASE WHEN a.is_key_account THEN coalesce(a.key_since, '1970-01-01'::date) - '1970-01-01'::date END "
        "FROM metrics_accountmetrics m "
        "JOIN accounts_account a ON a.tenant_id = m.tenant_id AND a.id = m.account_id "
        "WHERE m.tenant_id = %s AND a.tenant_id = %s ORDER BY m.account_id",
        [tenant, tenant],
        {"before": MONEY, "after": MONEY, "since": pa.float64()},
    )
    # A reference date is the last day of its month, so `from` is the last day of the month a year before.
    following = datetime.date(reference.year - 1 + reference.month // 12, reference.month % 12 + 1, 1)
    year_ago = (following - _EPOCH).days - 1
    return control_group(
        as_floats(table["before"]), as_floats(table["after"]), np.asarray(as_floats(table["since"])), year_ago
    )
