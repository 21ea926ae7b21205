"""The ledger (K1), and the two monthly rollups that are kept in step with it.

Rows are written set by set (imports) and audited by the import that brought them, not by a trigger per row.
"""

from decimal import Decimal

from django.db import models
from django.db.models.functions import Cast, Coalesce

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


_AMOUNT = models.DecimalField()


def _sent(function: str, value: models.expressions.Combinable) -> models.Func:
    """A value as PostgreSQL sends it in its binary protocol: of fixed width, big-endian."""
    return models.Func(value, function=function, output_field=models.BinaryField())


def _packed_amount(name: str) -> tuple[models.Func, models.Func]:
    """An amount's whole units as float8, and what is left in units of 10^-12 as int8: nothing is lost."""
    units = models.Func(models.F(name), function="TRUNC", output_field=_AMOUNT)
    rest = (models.F(name) - units) * models.Value(Decimal(10**12), output_field=_AMOUNT)
    return (
        _sent("float8send", Cast(units, models.FloatField())),
        _sent("int8send", Cast(rest, models.BigIntegerField())),
    )


PACKED_AMOUNTS = ("net_sales", "unknown_sales", "cogs", "cogs_estimated", "cost_to_serve")
PACKED_COUNTS = ("lines", "unknown_lines", "positive_days")


def packed_month() -> models.GeneratedField:
    """A row of `AccountMonth` as one binary value, kept by the database itself, so that the two cannot differ.

    In this order: the month, each amount in two parts, the counts, first and last sale (the month where there
    is none). A recomputation reads every month of every account: sent as one value instead of as text in
    eleven columns they cost a quarter. `metrics.selectors.reading` takes them apart.
    """
    return models.GeneratedField(
        expression=models.Func(
            _sent("date_send", models.F("month")),
            *(part for name in PACKED_AMOUNTS for part in _packed_amount(name)),
            *(_sent("int4send", models.F(name)) for name in PACKED_COUNTS),
            *(
                _sent("date_send", Coalesce(name, "month", output_field=models.DateField()))
                for name in ("first_sale", "last_sale")
            ),
            template="(%(expressions)s)",
            arg_joiner=" || ",
            output_field=models.BinaryField(),
        ),
        output_field=models.BinaryField(),
        db_persist=True,
    )


class AccountMonth(RollupRow):
    """The ledger by account and month, with cost-to-serve: what the metrics engine reads.

    `positive_days` counts days whose net sales are positive (purchases of K3 `buy_till_you_die`).
    The engine reads `packed`."""

    cost_to_serve = models.DecimalField(max_digits=1000, decimal_places=12, default=0)
    first_sale = models.DateField(null=True)
    last_sale = models.DateField(null=True)
    positive_days = models.IntegerField(default=0)
    packed = packed_month()

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
                # In this order the months of a cell lie side by side, and are summed as they are read, from
                # the index alone.
                fields=["tenant", "account", "product", "segment", "month"],
                include=["net_sales_float", "unknown_sales_float", "cogs_float", "unknown_lines"],
                nulls_distinct=False,
                name="cellmonth_unique",
            )
        ]
