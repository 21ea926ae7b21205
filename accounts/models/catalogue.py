"""What the supplier sells: business units → product lines → products (K1, K6)."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models.customers import Account
from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import VersionedModel, tracked


@tracked()
class BusinessUnit(VersionedModel):
    """A business unit of the supplier."""

    external_id = models.CharField(max_length=100, null=True, blank=True)
    name = models.CharField(max_length=200)
    position = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="businessunit_name_unique"),
            models.UniqueConstraint(fields=["tenant", "external_id"], name="businessunit_external_id_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="businessunit_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class ProductLine(VersionedModel):
    """A product line, or (`kind=idea`) a co-creation idea for one account.

    `default_gross_margin` (ratio) stands in for unknown cost of goods, marked as an estimate (K1)."""

    class Kind(models.TextChoices):
        CATALOGUE = "catalogue", "Catalogue"
        IDEA = "idea", "Idea"

    external_id = models.CharField(max_length=100, null=True, blank=True)
    name = models.CharField(max_length=200)
    business_unit = TenantForeignKey(
        BusinessUnit, on_delete=models.PROTECT, null=True, blank=True, related_name="product_lines"
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CATALOGUE, db_default=Kind.CATALOGUE)
    account = TenantForeignKey(Account, on_delete=models.CASCADE, null=True, blank=True, related_name="ideas")
    default_gross_margin = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-10.0), MaxValueValidator(1.0)]
    )
    position = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="productline_name_unique"),
            models.UniqueConstraint(fields=["tenant", "external_id"], name="productline_external_id_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="productline_has_name"),
            models.CheckConstraint(
                condition=Q(kind="idea", account__isnull=False)
                | Q(kind="catalogue", account__isnull=True, business_unit__isnull=False),
                name="productline_idea_has_account",
            ),
            models.CheckConstraint(
                condition=Q(default_gross_margin__isnull=True) | Q(default_gross_margin__lte=1),
                name="productline_margin_ratio",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "account"], name="productline_account_idx")]

    def __str__(self) -> str:
        return self.name


@tracked()
class Product(VersionedModel):
    """One product of a line; `co_created` with a customer (K5)."""

    external_id = models.CharField(max_length=100, null=True, blank=True)
    name = models.CharField(max_length=200)
    product_line = TenantForeignKey(ProductLine, on_delete=models.PROTECT, related_name="products")
    co_created = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "external_id"], name="product_external_id_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="product_has_name"),
            models.CheckConstraint(condition=~Q(external_id=""), name="product_external_id_not_empty"),
        ]
        indexes = [
            models.Index(fields=["tenant", "product_line"], name="product_line_idx"),
            models.Index(fields=["tenant", "name"], name="product_name_idx"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class ExchangeRate(VersionedModel):
    """Units of the base currency for one unit of `currency`, in one calendar month (its first day)."""

    currency = models.CharField(max_length=3)
    month = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=8, validators=[MinValueValidator(0)])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "currency", "month"], name="exchangerate_unique"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="exchangerate_positive"),
            models.CheckConstraint(condition=Q(month__day=1), name="exchangerate_first_of_month"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="exchangerate_currency"),
        ]
