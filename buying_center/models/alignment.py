"""How well the two companies fit each other, function by function and as a whole (K9, K11, K16, K28)."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models import Account
from accounts.models.customers import Ladder
from buying_center.models.people import Contact, scale, within
from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import TenantModel, VersionedModel, tracked


class Boundary(models.TextChoices):
    """Where value arises between two companies (K28, BANK F12)."""

    SUPPLY_CHAIN = "supply_chain", "Supply chain"
    FINANCE = "finance", "Finance"
    PRODUCT_DEVELOPMENT = "product_development", "Product development"
    HUMAN_RESOURCES = "human_resources", "Human resources"
    TRAINING = "training", "Training"
    FIELD_SERVICE = "field_service", "Field service"
    MARKETING = "marketing", "Marketing"


class ConnectionLayer(models.TextChoices):
    """How deep the connection goes (K16, BANK G5)."""

    TRANSACTIONAL = "transactional", "Transactional"
    CONSULTATIVE = "consultative", "Consultative"
    TRANSFORMATIVE = "transformative", "Transformative"


# What makes a supplier weighty in the customer's eyes (K9, BANK G7).
WEIGHT_FACTORS = ("technology", "brands", "savings", "few_competitors", "switching_time", "our_investment")


def _saving() -> models.DecimalField:
    """Money per year in the tenant's base currency; null = not known."""
    return models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(0)]
    )


@tracked()
class InterfacePair(VersionedModel):
    """One of our functions facing one of theirs, and how well the two run together (K11, BANK D6).

    `opportunity` is the value at this boundary (K28), with the saving for each side per year.
    """

    class Status(models.TextChoices):
        ALIGNED = "aligned", "Aligned"
        FRICTION = "friction", "Friction"
        BROKEN = "broken", "Broken"
        UNKNOWN = "unknown", "Not known"

    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="interfaces")
    our_function = models.CharField(max_length=120)
    their_function = models.CharField(max_length=120)
    status = models.CharField(
        max_length=10, choices=Status, default=Status.UNKNOWN, db_default=Status.UNKNOWN
    )
    owner = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    issue = models.CharField(max_length=500, blank=True)
    opportunity = models.CharField(max_length=500, blank=True)
    boundary = models.CharField(max_length=20, choices=Boundary, blank=True)
    saving_ours = _saving()
    saving_theirs = _saving()
    position = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "our_function", "their_function"], name="interfacepair_once"
            ),
            models.CheckConstraint(
                condition=~Q(our_function="") & ~Q(their_function=""), name="interfacepair_two_functions"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["aligned", "friction", "broken", "unknown"]),
                name="interfacepair_status",
            ),
            models.CheckConstraint(
                condition=Q(boundary="") | Q(boundary__in=Boundary.values), name="interfacepair_boundary"
            ),
            models.CheckConstraint(
                condition=(Q(saving_ours__isnull=True) | Q(saving_ours__gte=0))
                & (Q(saving_theirs__isnull=True) | Q(saving_theirs__gte=0)),
                name="interfacepair_savings",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "account", "position"], name="interfacepair_account_idx")]

    def __str__(self) -> str:
        return f"{self.our_function} ↔ {self.their_function}"


@tracked()
class RelationshipStanding(VersionedModel):
    """What the KAM states about an account's connection: its layer, and the economic facet with its evidence (K16).

    `vendor_tier` 1–3, 1 the closest. One per account.
    """

    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="standing")
    stated_layer = models.CharField(max_length=20, choices=ConnectionLayer, blank=True)
    vendor_tier = scale(1, 3)
    cross_sell_scope = models.CharField(max_length=500, blank=True)
    lead_mix = models.CharField(max_length=500, blank=True)
    stated_on = models.DateField(null=True, blank=True)
    stated_by = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "account"], name="standing_one_per_account"),
            models.CheckConstraint(
                condition=Q(stated_layer="") | Q(stated_layer__in=ConnectionLayer.values),
                name="standing_layer",
            ),
            models.CheckConstraint(condition=within(1, 3, "vendor_tier"), name="standing_vendor_tier"),
        ]

    def __str__(self) -> str:
        return self.get_stated_layer_display()


@tracked()
class SupplierPositioning(VersionedModel):
    """How the customer places us: six factors 0–10 against what it spends with us (K9, BANK G7). One per account.

    `relative_spend` 0–10: our share of what this customer spends on suppliers like us, judged where it is not
    computed; null = not judged.
    """

    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="positioning")
    technology = scale(0, 10)
    brands = scale(0, 10)
    savings = scale(0, 10)
    few_competitors = scale(0, 10)
    switching_time = scale(0, 10)
    our_investment = scale(0, 10)
    relative_spend = scale(0, 10)
    evidence = models.TextField(blank=True, max_length=2000)
    judged_on = models.DateField(null=True, blank=True)
    judged_by = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "account"], name="positioning_one_per_account"),
            models.CheckConstraint(
                condition=within(0, 10, *WEIGHT_FACTORS, "relative_spend"), name="positioning_scores"
            ),
        ]

    def __str__(self) -> str:
        return f"Positioning of {self.account}"


class PulseSurvey(TenantModel):
    """A few questions to one person of the customer, answered through a signed link without a login (K9).

    The link's key is stored as a digest only. `ladder` is the customer's view of the relationship; `recommends`
    0–10 (NPS), `satisfied` 1–5 (CSAT). Once answered it never changes again (a trigger sees to it).
    """

    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="surveys")
    contact = TenantForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="surveys"
    )
    key_digest = models.CharField(max_length=64)
    contact_name = models.CharField(max_length=200)
    contact_email = models.CharField(max_length=254, blank=True)
    asked_by = TenantForeignKey("tenancy.Membership", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True, db_default=models.functions.Now())
    expires_at = models.DateTimeField()
    sent = models.BooleanField(default=True, db_default=True)
    opened_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ladder = models.CharField(max_length=20, choices=Ladder, blank=True)
    recommends = scale(0, 10)
    satisfied = scale(1, 5)
    comment = models.TextField(blank=True, max_length=2000)
    # What we thought on the day of the answer, so that the gap over time is not rewritten by a later change.
    ladder_ours = models.CharField(max_length=20, choices=Ladder, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key_digest"], name="pulsesurvey_key_unique"),
            models.CheckConstraint(
                condition=Q(ladder="") | Q(ladder__in=Ladder.values) & ~Q(ladder="ending"),
                name="pulsesurvey_ladder",
            ),
            models.CheckConstraint(
                condition=Q(
                    answered_at__isnull=True, ladder="", recommends__isnull=True, satisfied__isnull=True
                )
                | Q(answered_at__isnull=False) & ~Q(ladder=""),
                name="pulsesurvey_answered_with_ladder",
            ),
            models.CheckConstraint(condition=within(0, 10, "recommends"), name="pulsesurvey_recommends"),
            models.CheckConstraint(condition=within(1, 5, "satisfied"), name="pulsesurvey_satisfied"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(revoked_at__isnull=True),
                name="pulsesurvey_answered_or_revoked",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "account", "-asked_at"], name="pulsesurvey_account_idx"),
            models.Index(fields=["tenant", "contact"], name="pulsesurvey_contact_idx"),
        ]

    def __str__(self) -> str:
        return f"Pulse of {self.contact_name}"
