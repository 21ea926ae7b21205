"""Small ledgers in a tenant, and runs driven to their end without a worker."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

from accounts.models import Account, CostEntry, Product, ProductLine, SalesLine
from accounts.services.rollups import rollups_rebuild
from kam.tenancy.context import current_tenant_id, tenant_context
from kam.tenancy.models import TenantSettings
from kam.tenancy.reference import reference_date
from metrics.models import AccountMetrics, Recomputation
from metrics.services.runs import Next, run_begin, run_publish, run_shard
from tests.factories import BusinessUnitFactory

REFERENCE = datetime.date(2025, 12, 31)
# Stamps of a row; everything else is a figure.
STAMPS = {"id", "tenant_id", "computed_at", "recomputation"}


def pin(date: datetime.date = REFERENCE, **settings: Any) -> None:
    """Fix the tenant's reference date, and other settings."""
    TenantSettings.objects.filter(tenant_id=current_tenant_id()).update(
        pinned_reference_date=date, **settings
    )


def account(name: str, **fields: Any) -> Account:
    values = {"external_id": name, "name": f"{name} Ltd", "industry": "Retail", "country": "NO", **fields}
    return Account.objects.create(tenant_id=current_tenant_id(), **values)


def catalogue(lines: dict[str, float | None]) -> dict[str, Product]:
    """One product per line, both of that name; the value is the line's default gross margin."""
    unit = BusinessUnitFactory()
    return {
        name: Product.objects.create(
            tenant_id=current_tenant_id(),
            external_id=name,
            name=name,
            product_line=ProductLine.objects.create(
                tenant_id=current_tenant_id(), name=name, business_unit=unit, default_gross_margin=margin
            ),
        )
        for name, margin in lines.items()
    }


def sell(
    account: Account, product: Product, day: str, net_sales: str, cogs: str | None = None, **fields: Any
) -> SalesLine:
    return SalesLine.objects.create(
        tenant_id=current_tenant_id(),
        account=account,
        product=product,
        date=datetime.date.fromisoformat(day),
        net_sales=Decimal(net_sales),
        cogs=None if cogs is None else Decimal(cogs),
        currency="USD",
        **fields,
    )


def spend(account: Account, day: str, amount: str, category: str = "delivery") -> CostEntry:
    return CostEntry.objects.create(
        tenant_id=current_tenant_id(),
        account=account,
        date=datetime.date.fromisoformat(day),
        category=category,
        amount=Decimal(amount),
        currency="USD",
    )


def drive(tenant_id: uuid.UUID, run_id: uuid.UUID) -> Recomputation:
    """Take a run to its end, step by step, as the workers do."""
    for _ in range(3):
        step = run_begin(tenant_id=tenant_id, run_id=run_id)
        for shard in step.shards:
            run_shard(tenant_id=tenant_id, shard_id=shard)
        if step.next in (Next.SHARDS, Next.COMPUTE, Next.PUBLISH):
            run_publish(tenant_id=tenant_id, run_id=run_id)
        if step.next in (Next.NOTHING, Next.WAIT):
            break
    with tenant_context(tenant_id):
        return Recomputation.objects.get(pk=run_id)


def compute(*, rebuild: bool = True, **fields: Any) -> Recomputation:
    """Rebuild the rollups and recompute; raises when the run does not succeed. Inside the tenant's context."""
    if rebuild:
        rollups_rebuild()
    run = Recomputation.objects.create(
        tenant_id=current_tenant_id(), **{"reference_date": reference_date(), **fields}
    )
    done = drive(current_tenant_id(), run.pk)
    assert done.status == Recomputation.Status.SUCCEEDED, done.failure
    return done


def metrics(account: Account) -> AccountMetrics:
    return AccountMetrics.objects.get(tenant_id=current_tenant_id(), account_id=account.pk)


def figures(model: type = AccountMetrics) -> dict[Any, dict[str, Any]]:
    """Every figure of every account (and date), without the stamps of the run that wrote it."""
    names = [field.attname for field in model._meta.concrete_fields if field.attname not in STAMPS]
    return {
        (row["account_id"], row["reference_date"]): row
        for row in model.objects.filter(tenant_id=current_tenant_id()).values(*names)
    }
