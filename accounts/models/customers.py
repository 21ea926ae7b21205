"""Customers and their own structure (K1, K6, K9)."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import VersionedModel, tracked

currency_code = RegexValidator(r"^[A-Z]{3}$", "Expected a currency code of three capitals, such as EUR.")
country_code = RegexValidator(r"^[A-Z]{2}$", "Expected a country code of two capitals, such as NO.")


class Tier(models.TextChoices):
    """What the supplier is to the customer (K9, BANK G2)."""

    VENDOR = "vendor", "Vendor"
    PREFERRED_PROVIDER = "preferred_provider", "Preferred provider"
    BUSINESS_CONSULTANT = "business_consultant", "Business consultant"
    PARTNER = "partner", "Partner"


class ManagedAs(models.TextChoices):
    """How the customer wants to be managed (K9)."""

    TRANSACTIONAL = "transactional", "Transactional"
    CONSULTATIVE = "consultative", "Consultative"
    CO_CREATING = "co_creating", "Co-creating"


class Ladder(models.TextChoices):
    """The relationship ladder (K9); `ending` is our own word."""

    EXPLORATORY = "exploratory", "Exploratory"
    BASIC = "basic", "Basic"
    COOPERATIVE = "cooperative", "Cooperative"
    INTERDEPENDENT = "interdependent", "Interdependent"
    INTEGRATED = "integrated", "Integrated"
    ENDING = "ending", "Ending"


@tracked()
class Account(VersionedModel):
    """A company the supplier sells to. Money in `currency` of the account unless a field says otherwise."""

    external_id = models.CharField(max_length=100, null=True, blank=True)
    name = models.CharField(max_length=200)
    industry = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, blank=True, validators=[country_code])
    region = models.CharField(max_length=120, blank=True)
    currency = models.CharField(max_length=3, blank=True, validators=[currency_code])
    parent = TenantForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    owner = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    customer_since = models.DateField(null=True, blank=True)
    acquisition_cost = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    is_key_account = models.BooleanField(default=False, db_default=False)
    key_since = models.DateField(null=True, blank=True)
    tier = models.CharField(max_length=20, choices=Tier, blank=True)
    managed_as = models.CharField(max_length=20, choices=ManagedAs, blank=True)
    managed_as_evidence = models.TextField(blank=True, max_length=2000)
    ladder_ours = models.CharField(max_length=20, choices=Ladder, blank=True)
    ladder_customer = models.CharField(max_length=20, choices=Ladder, blank=True, editable=False)
    industry_volume = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    volume_unit = models.CharField(max_length=60, blank=True)
    category_spend = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    clv_retention = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )
    clv_discount_rate = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0.0), MaxValueValidator(5.0)]
    )
    clv_growth = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-0.99), MaxValueValidator(5.0)]
    )
    clv_horizon_years = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "external_id"], name="account_external_id_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="account_has_name"),
            models.CheckConstraint(condition=~Q(external_id=""), name="account_external_id_not_empty"),
            models.CheckConstraint(
                condition=Q(country="") | Q(country__regex=r"^[A-Z]{2}$"), name="account_country_code"
            ),
            models.CheckConstraint(
                condition=Q(currency="") | Q(currency__regex=r"^[A-Z]{3}$"), name="account_currency_code"
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="account_not_its_own_parent"),
            models.CheckConstraint(
                condition=Q(acquisition_cost__isnull=True) | Q(acquisition_cost__gte=0),
                name="account_acquisition_cost_positive",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "name"], name="account_name_idx"),
            models.Index(fields=["tenant", "parent"], name="account_parent_idx"),
            models.Index(fields=["tenant", "owner"], name="account_owner_idx"),
            models.Index(fields=["tenant", "industry"], name="account_industry_idx"),
            models.Index(fields=["tenant", "country"], name="account_country_idx"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class Segment(VersionedModel):
    """A region, business unit or site of a customer, as the customer draws it (K6)."""

    class Kind(models.TextChoices):
        REGION = "region", "Region"
        BUSINESS_UNIT = "business_unit", "Business unit"
        SITE = "site", "Site"

    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="segments")
    external_id = models.CharField(max_length=100, null=True, blank=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.REGION, db_default=Kind.REGION)
    parent = TenantForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    position = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "external_id"], name="segment_external_id_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="segment_has_name"),
            models.CheckConstraint(condition=~Q(external_id=""), name="segment_external_id_not_empty"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="segment_not_its_own_parent"),
            models.CheckConstraint(
                condition=Q(kind__in=["region", "business_unit", "site"]), name="segment_kind"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "account", "position"], name="segment_account_idx"),
            models.Index(fields=["tenant", "parent"], name="segment_parent_idx"),
        ]

    def __str__(self) -> str:
        return self.name


class SavedView(VersionedModel):
    """A member's named filter of the account list: the query string, as the URL holds it."""

    member = TenantForeignKey("tenancy.Membership", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000, blank=True)
    is_shared = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "member", "name"], name="savedview_name_unique")
        ]
