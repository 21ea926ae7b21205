"""The ledger (K1), and the two monthly rollups that are kept in step with it.

Rows are written set by set (imports) and audited by the import that brought them, not by a trigger per row.
"""

from django.db import models
from django.db.models.functions import Cast

from accounts.models.catalogue import Product
from accounts.models.customers import Account, Segment
from kam.tenancy.fields import TenantForeignKey, TenantReference
from kam.tenancy.models import TenantModel, tenant_reference


class CostCategory(models.TextChoices):
    """Cost-to-serve categories (K1); the first five are pre-sale."""

    SALARY_COMMISSION = "salary_commission", "Salaries and commission"
    RELATIONSHIP = "relationship", "Relationship"
    ADMINISTRATION = "administration", "Administration"
    MARKETING = "marketing", "Marketing"
    TRADE_CREDIT = "trade_credit", "Trade credit"
    DELIVERY = "delivery", "Delivery"
    SERVICE = "service", "Service"


class LedgerRow(TenantModel):
    """What sales lines and cost entries share. The tenant is proved by the composite key of the account."""

    tenant = tenant_reference()
    external_id = models.CharField(max_length=100, null=True, blank=True)
    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    date = models.DateField()
    currency = models.CharField(max_length=3)
    import_job = models.UUIDField(null=True, editable=False)

    class Meta:
        abstract = True


class SalesLine(LedgerRow):
    """One line of an invoice or a credit note. Amounts in `currency`, 4 decimals; credits are negative.

    `cogs` null = cost of goods not known."""

    product = TenantForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    segment = TenantForeignKey(Segment, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    quantity = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    net_sales = models.DecimalField(max_digits=19, decimal_places=4)
    cogs = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "external_id"], name="salesline_external_id_unique")
        ]
        indexes = [models.Index(fields=["tenant", "account", "date"], name="salesline_account_date_idx")]


class CostEntry(LedgerRow):
    """A cost of serving one account. `amount` in `currency`, 4 decimals; refunds are negative."""

    category = models.CharField(max_length=20, choices=CostCategory)
    amount = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "external_id"], name="costentry_external_id_unique"),
            models.CheckConstraint(
                condition=models.Q(category__in=CostCategory.values), name="costentry_category"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "account", "date"], name="costentry_account_date_idx")]


class RollupRow(TenantModel):
    """Monthly sums in the tenant's base currency, unrounded (`numeric`). `month` is its first day.

    `cogs` holds what is known plus what the product line's default margin estimates; `unknown_sales` are the
    net sales of lines with neither, so a margin of the month is known only where `unknown_lines` is 0.
    """

    tenant = tenant_reference()
    account = TenantReference(Account)
    month = models.DateField()
    net_sales = models.DecimalField(max_digits=1000, decimal_places=12, default=0)
    cogs = models.DecimalField(max_digits=1000, decimal_places=12, default=0)
    cogs_estimated = models.DecimalField(max_digits=1000, decimal_places=12, default=0)
    unknown_sales = models.DecimalField(max_digits=1000, decimal_places=12, default=0)
    lines = models.IntegerField(default=0)
    unknown_lines = models.IntegerField(default=0)

    class Meta:
        abstract = True


class AccountMonth(RollupRow):
    """The ledger by account and month, with cost-to-serve: what the metrics engine reads.

    `positive_days` counts days whose net sales are positive (purchases of K3 `buy_till_you_die`)."""

    cost_to_serve = models.DecimalField(max_digits=1000, decimal_places=12, default=0)
    first_sale = models.DateField(null=True)
    last_sale = models.DateField(null=True)
    positive_days = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "account", "month"], name="accountmonth_unique")
        ]


def _as_float(name: str) -> models.GeneratedField:
    """A column's value as float8, kept by the database itself, so that the two cannot differ.

    PostgreSQL adds numeric by numeric, and turns it into float8 by way of text: over a million rows that is
    most of a recomputation. What people compare with the ledger is read from the exact column.
    """
    return models.GeneratedField(
        expression=Cast(name, models.FloatField()), output_field=models.FloatField(), db_persist=True
    )


class CellMonth(RollupRow):
    """The ledger by account, month, product and segment: what Open Space and K5 read."""

    net_sales_float = _as_float("net_sales")
    cogs_float = _as_float("cogs")
    unknown_sales_float = _as_float("unknown_sales")
    product = TenantReference(Product)
    segment = TenantReference(Segment, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                # In this order the months of a cell lie side by side, and are summed as they are read.
                fields=["tenant", "account", "product", "segment", "month"],
                nulls_distinct=False,
                name="cellmonth_unique",
            )
        ]
