"""The customer's side (K13, K14): persons, and the place each has in the buying centre of an account."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from accounts.models import Account
from buying_center.models.selling_center import SellingCenterMember
from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import VersionedModel, tracked


class BuyingRole(models.TextChoices):
    """What somebody does in a buying centre (K13, Le Bon & Herman ch. 2, fig. 2.1)."""

    DECIDER = "decider", "Decider"
    BUYER = "buyer", "Buyer"
    USER = "user", "User"
    INFLUENCER = "influencer", "Influencer"
    ADVISOR = "advisor", "Advisor"
    FACILITATOR = "facilitator", "Facilitator"
    GATEKEEPER = "gatekeeper", "Gatekeeper"


class PromoterType(models.TextChoices):
    """How an influencer, advisor or facilitator promotes us (K13, BANK E12)."""

    INFORMATION_PROVIDER = "information_provider", "Information provider"
    GOOD_BUDDY = "good_buddy", "Good buddy"
    INNER_SALESPERSON = "inner_salesperson", "Inner salesperson"


class ContactLevel(models.TextChoices):
    """How high somebody stands at the customer; decides who is a senior counterpart (K9, K11)."""

    EXECUTIVE = "executive", "Executive"
    SENIOR = "senior", "Senior management"
    MIDDLE = "middle", "Middle management"
    OPERATIONAL = "operational", "Operational"


ZONES = ("power", "threat", "receptive")


def scale(low: int, high: int, help_text: str = "") -> Any:
    """A judged whole number between two ends; null = nobody has judged it yet."""
    return models.SmallIntegerField(
        null=True,
        blank=True,
        help_text=help_text,
        validators=[MinValueValidator(low), MaxValueValidator(high)],
    )


def within(low: int, high: int, *names: str) -> Q:
    """The condition that each of the columns is empty or between the ends."""
    condition = Q()
    for name in names:
        condition &= Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": low, f"{name}__lte": high})
    return condition


@tracked()
class Person(VersionedModel):
    """Somebody on the customers' side, once per tenant, wherever they work.

    A placeholder stands for somebody who must exist and is not known yet; its name says what is known
    ("Fleet finance controller"). `erased_at`: the person asked to be forgotten; what is left names nobody.
    """

    external_id = models.CharField(max_length=100, null=True, blank=True)
    name = models.CharField(max_length=200)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    is_placeholder = models.BooleanField(default=False, db_default=False)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Of the external id of an erased person, so that the next import does not bring them back.
    erased_key = models.CharField(max_length=64, blank=True, editable=False, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "external_id"], name="person_external_id_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="person_has_name"),
            models.CheckConstraint(condition=~Q(external_id=""), name="person_external_id_not_empty"),
        ]
        indexes = [
            models.Index(fields=["tenant", "name"], name="person_name_idx"),
            models.Index(fields=["tenant", "email"], name="person_email_idx"),
            models.Index(
                fields=["tenant", "erased_key"], name="person_erased_idx", condition=~Q(erased_key="")
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class Contact(VersionedModel):
    """The place of one person in the buying centre of one account, and what we make of it (K13, K14).

    Judgements are ours: attitude to us −2…+2, power, receptiveness 0–10, relationship strength 0–5, the three
    tests of a facilitator 0–10 (BANK E10); null = not judged. `assessed_by` and `assessed_on` name the author of the
    latest, history keeps the others. `zone_*` null = as suggested by the figures (K14), else a person's
    override with its reason. `left_on`: no longer there; kept for what hung on them.
    """

    person = TenantForeignKey(Person, on_delete=models.CASCADE, related_name="contacts")
    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="contacts")
    title = models.CharField(max_length=200, blank=True)
    department = models.CharField(max_length=200, blank=True)
    level = models.CharField(max_length=20, choices=ContactLevel, blank=True)
    reports_to = TenantForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="reports"
    )
    left_on = models.DateField(null=True, blank=True)

    promoter_type = models.CharField(max_length=30, choices=PromoterType, blank=True)
    is_dominant_advisor = models.BooleanField(default=False, db_default=False)
    is_opponent = models.BooleanField(default=False, db_default=False)
    competitor = models.CharField(max_length=120, blank=True, help_text="Whom an opponent works for.")

    attitude = scale(-2, 2)
    power = scale(0, 10)
    receptiveness = scale(0, 10)
    strength = scale(0, 5)
    facilitator_trust = scale(0, 10)
    facilitator_reputation = scale(0, 10)
    facilitator_interest = scale(0, 10)
    assessed_by = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    assessed_on = models.DateField(null=True, blank=True)
    next_assessment = models.DateField(null=True, blank=True)

    covered_by = TenantForeignKey(
        SellingCenterMember, on_delete=models.SET_NULL, null=True, blank=True, related_name="covers"
    )
    last_contact = models.DateField(null=True, blank=True)
    personal_goals = models.TextField(blank=True, max_length=4000)
    assessment = models.TextField(blank=True, max_length=4000)
    note = models.TextField(blank=True, max_length=4000)

    zone_power = models.BooleanField(null=True, blank=True)
    zone_power_reason = models.CharField(max_length=500, blank=True)
    zone_threat = models.BooleanField(null=True, blank=True)
    zone_threat_reason = models.CharField(max_length=500, blank=True)
    zone_receptive = models.BooleanField(null=True, blank=True)
    zone_receptive_reason = models.CharField(max_length=500, blank=True)

    map_x = models.FloatField(null=True, blank=True)
    map_y = models.FloatField(null=True, blank=True)
    is_parked = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "person", "account"], name="contact_once_per_account"),
            models.CheckConstraint(condition=~Q(reports_to=F("id")), name="contact_not_its_own_manager"),
            models.CheckConstraint(condition=within(-2, 2, "attitude"), name="contact_attitude"),
            models.CheckConstraint(condition=within(0, 5, "strength"), name="contact_strength"),
            models.CheckConstraint(
                condition=within(
                    0,
                    10,
                    "power",
                    "receptiveness",
                    "facilitator_trust",
                    "facilitator_reputation",
                    "facilitator_interest",
                ),
                name="contact_judgements",
            ),
            models.CheckConstraint(
                condition=Q(level="") | Q(level__in=ContactLevel.values), name="contact_level"
            ),
            models.CheckConstraint(
                condition=Q(promoter_type="") | Q(promoter_type__in=PromoterType.values),
                name="contact_promoter",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"zone_{zone}__isnull": True}) | ~Q(**{f"zone_{zone}_reason": ""}),
                    name=f"contact_zone_{zone}_has_reason",
                )
                for zone in ZONES
            ),
            models.CheckConstraint(
                condition=Q(map_x__isnull=True, map_y__isnull=True)
                | Q(map_x__isnull=False, map_y__isnull=False),
                name="contact_position_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "account", "department"], name="contact_account_idx"),
            models.Index(fields=["tenant", "reports_to"], name="contact_manager_idx"),
            models.Index(fields=["tenant", "covered_by"], name="contact_covered_idx"),
            models.Index(fields=["tenant", "next_assessment"], name="contact_due_idx"),
            models.Index(fields=["tenant", "left_on"], name="contact_left_idx"),
        ]

    def __str__(self) -> str:
        return self.person.name

    @property
    def name(self) -> str:
        return self.person.name


@tracked()
class ContactRole(VersionedModel):
    """One role of one contact (K13). A decider may be one of a committee, which `committee` names."""

    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=20, choices=BuyingRole)
    committee = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "contact", "role"], name="contactrole_once"),
            models.CheckConstraint(condition=Q(role__in=BuyingRole.values), name="contactrole_role"),
        ]
        indexes = [models.Index(fields=["tenant", "role"], name="contactrole_role_idx")]

    def __str__(self) -> str:
        return self.get_role_display()

    @property
    def account_id(self) -> Any:
        """The account whose buying centre it is, for the permission layer."""
        return self.contact.account_id


@tracked()
class InfluenceLink(VersionedModel):
    """A line of the political chart: who influences whom, on what, how strongly 1–5; or a conflict (K13)."""

    class Kind(models.TextChoices):
        INFLUENCE = "influence", "Influence"
        CONFLICT = "conflict", "Conflict"

    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="influence_links")
    source = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="influences")
    target = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="influenced_by")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.INFLUENCE, db_default=Kind.INFLUENCE)
    topic = models.CharField(max_length=120, blank=True)
    strength = models.PositiveSmallIntegerField(
        default=3, db_default=3, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    note = models.TextField(blank=True, max_length=4000)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "source", "target", "kind", "topic"], name="influencelink_once"
            ),
            models.CheckConstraint(condition=~Q(source=F("target")), name="influencelink_two_people"),
            models.CheckConstraint(
                condition=Q(strength__gte=1, strength__lte=5), name="influencelink_strength"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["influence", "conflict"]), name="influencelink_kind"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "account"], name="influencelink_account_idx"),
            models.Index(fields=["tenant", "target"], name="influencelink_target_idx"),
        ]

    def __str__(self) -> str:
        return self.topic or self.get_kind_display()
