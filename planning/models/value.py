"""The value register (K29): what we do for a customer, what both sides gain by it, and what the customer confirmed."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from accounts.models import Account
from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import TenantModel, VersionedModel, tracked


class ValueClass(models.IntegerChoices):
    """The four kinds of value-related activity (K29, Ilsley 2019; BANK I1)."""

    EXPECTED = 1, "Expected"
    WELCOME = 2, "Welcome"
    PROVEN = 3, "Proven"
    PIPELINE = 4, "Not yet done"


class GainKind(models.TextChoices):
    """Customer gains that are not money (BANK I2)."""

    LESS_RISK = "less_risk", "Less risk"
    BRAND = "brand", "A stronger brand or public perception"
    STAFF = "staff", "Happier operations staff"


class Reward(models.TextChoices):
    """What the customer gives in return for class 3 (K29)."""

    PREMIUM = "premium", "Pays a premium"
    FAVOUR = "favour", "Favours us"


class Measure(models.TextChoices):
    """By which measure a customer expects the value (K29, BANK E5)."""

    CORE = "core_transactional", "Core of the transaction"
    SERVICE = "service", "Service"
    PROCESS = "process", "Process"
    FIT = "fit", "Fit of buyer and seller"


def _money() -> models.DecimalField:
    return models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(0)]
    )


@tracked()
class ValueItem(VersionedModel):
    """One thing we do, or could do, for one account. Money is per year in the tenant's base currency.

    `statement` is what the customer reads when asked to confirm; evidence, our gain and our cost are never
    shown to them. `confirmed_at` and `confirmed_by` are set by the customer's own link alone; a change of what
    was confirmed takes them away. `reported_by` and `reported_on` are what a colleague says the customer said.
    """

    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="value_items")
    title = models.CharField(max_length=200)
    statement = models.TextField(blank=True, max_length=2000)
    value_class = models.PositiveSmallIntegerField(choices=ValueClass)
    measure = models.CharField(max_length=20, choices=Measure, blank=True)
    customer_gain = _money()
    gain_kinds: ArrayField = ArrayField(
        models.CharField(max_length=20, choices=GainKind), default=list, blank=True, size=3
    )
    gain_note = models.CharField(max_length=300, blank=True)
    our_gain = _money()
    our_cost = _money()
    reward = models.CharField(max_length=10, choices=Reward, blank=True)
    reward_note = models.CharField(max_length=300, blank=True)
    evidence = models.TextField(blank=True, max_length=4000)
    contact_name = models.CharField(max_length=150, blank=True)
    contact_email = models.EmailField(max_length=254, blank=True)
    reported_by = models.CharField(max_length=150, blank=True)
    reported_on = models.DateField(null=True, blank=True)
    copied_by = models.CharField(max_length=150, blank=True)
    copied_on = models.DateField(null=True, blank=True)
    planned_for = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    confirmed_by = models.CharField(max_length=150, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="valueitem_has_title"),
            models.CheckConstraint(
                condition=Q(value_class__in=[choice.value for choice in ValueClass]), name="valueitem_class"
            ),
            models.CheckConstraint(
                condition=(Q(customer_gain__isnull=True) | Q(customer_gain__gte=0))
                & (Q(our_gain__isnull=True) | Q(our_gain__gte=0))
                & (Q(our_cost__isnull=True) | Q(our_cost__gte=0)),
                name="valueitem_money_positive",
            ),
            models.CheckConstraint(
                condition=~Q(value_class=3) | Q(reward__in=Reward.values), name="valueitem_proven_has_reward"
            ),
            # What competitors copy is expected of everybody (K29).
            models.CheckConstraint(
                condition=Q(copied_on__isnull=True) | Q(value_class=1), name="valueitem_copied_is_expected"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, confirmed_by="")
                | Q(confirmed_at__isnull=False) & ~Q(confirmed_by=""),
                name="valueitem_confirmed_by_somebody",
            ),
            # Something not done yet cannot have been confirmed.
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | ~Q(value_class=4), name="valueitem_confirmed_is_done"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "account", "value_class"], name="valueitem_account_idx")]

    def __str__(self) -> str:
        return self.title


@tracked()
class ValueConfirmation(TenantModel):
    """One request to the customer to confirm one item, answered through a signed link without a login.

    The link's key is stored as a digest only. The row keeps what the customer was shown, so that nobody can
    change the item under the question. Once answered it never changes again (a trigger sees to it).
    """

    class Answer(models.TextChoices):
        CONFIRMED = "confirmed", "Confirmed"
        DECLINED = "declined", "Declined"

    item = TenantForeignKey(ValueItem, on_delete=models.CASCADE, related_name="confirmations")
    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    key_digest = models.CharField(max_length=64)
    contact_name = models.CharField(max_length=150)
    contact_email = models.EmailField(max_length=254)
    sent = models.BooleanField(default=True)
    asked_by = TenantForeignKey("tenancy.Membership", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True, db_default=models.functions.Now())
    expires_at = models.DateTimeField()
    title = models.CharField(max_length=200)
    statement = models.TextField(blank=True, max_length=2000)
    customer_gain = _money()
    currency = models.CharField(max_length=3)
    gain_kinds: ArrayField = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    gain_note = models.CharField(max_length=300, blank=True)
    opened_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    answered_by = models.CharField(max_length=150, blank=True)
    comment = models.TextField(blank=True, max_length=2000)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key_digest"], name="valueconfirmation_key_unique"),
            models.UniqueConstraint(
                fields=["tenant", "item"],
                condition=Q(answered_at__isnull=True, revoked_at__isnull=True),
                name="valueconfirmation_one_open",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answer="")
                | Q(answered_at__isnull=False, answer__in=["confirmed", "declined"]) & ~Q(answered_by=""),
                name="valueconfirmation_answered",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(revoked_at__isnull=True),
                name="valueconfirmation_answered_or_revoked",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("asked_at")), name="valueconfirmation_expires_later"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "item", "-asked_at"], name="valueconfirmation_item_idx"),
            models.Index(fields=["tenant", "account"], name="valueconfirmation_account_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, asked of {self.contact_name}"
