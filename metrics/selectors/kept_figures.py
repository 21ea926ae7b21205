"""The figures that reviews keep: the latest published ones of one account."""

import uuid
from decimal import Decimal

from kam.tenancy.context import current_tenant_id
from metrics.models import AccountMetrics
from planning.figures import Figure, Figures

_KEPT = (
    ("net_sales_12m", "Net sales, 12 months", "money"),
    ("contribution_12m", "Contribution, 12 months", "money"),
    ("contribution_ratio", "Contribution of sales", "ratio"),
    ("clv", "Lifetime value", "money"),
    ("upv_annual", "Unrealised potential a year", "money"),
)


def kept_figures(account_id: uuid.UUID) -> Figures:
    """What `planning.figures` asks for. One query."""
    names = [name for name, _label, _unit in _KEPT]
    row = (
        AccountMetrics.objects.filter(tenant_id=current_tenant_id(), account_id=account_id)
        .values_list("reference_date", *names)
        .first()
    )
    if row is None:
        return Figures(None)
    return Figures(
        row[0],
        tuple(
            Figure(name, label, unit, None if value is None else Decimal(str(value)))
            for (name, label, unit), value in zip(_KEPT, row[1:], strict=True)
        ),
    )
