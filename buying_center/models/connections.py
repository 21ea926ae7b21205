"""Who of ours knows whom of theirs, and what keeps that knowledge fresh (K11, Le Bon & Herman ch. 1, fig. 1.5)."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models import Account
from buying_center.models.people import Contact, scale, within
from buying_center.models.selling_center import SellingCenterMember
from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import VersionedModel, tracked


@tracked()
class Connection(VersionedModel):
    """A person-to-person link between one of ours and one of theirs.

    `strength` 1–5 is what it is, `desired` what it should be; null = not judged or not wanted. `last_contact` is
    kept true by the activities of both, never typed in.
    """

    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="connections")
    place = TenantForeignKey(SellingCenterMember, on_delete=models.CASCADE, related_name="connections")
    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="connections")
    strength = scale(1, 5)
    desired = scale(1, 5)
    last_contact = models.DateField(null=True, blank=True, editable=False)
    owner = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    next_action = models.CharField(max_length=300, blank=True)
    next_action_on = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True, max_length=4000)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "place", "contact"], name="connection_once"),
            models.CheckConstraint(condition=within(1, 5, "strength", "desired"), name="connection_strength"),
            models.CheckConstraint(
                condition=Q(strength__isnull=False) | Q(desired__isnull=False),
                name="connection_says_something",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "account"], name="connection_account_idx"),
            models.Index(fields=["tenant", "contact"], name="connection_contact_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.place} – {self.contact}"


@tracked()
class Engagement(VersionedModel):
    """How we keep in touch with a senior executive of the customer: who, how often, when next (K11, BANK D4)."""

    class Kind(models.TextChoices):
        ENGAGEMENT = "engagement", "Regular contact"
        EXECUTIVE_REVIEW = "executive_review", "Executive review"

    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="engagements")
    place = TenantForeignKey(SellingCenterMember, on_delete=models.CASCADE, related_name="engagements")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.ENGAGEMENT, db_default=Kind.ENGAGEMENT)
    every_weeks = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(104)])
    next_on = models.DateField()
    purpose = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "contact", "place", "kind"], name="engagement_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["engagement", "executive_review"]), name="engagement_kind"
            ),
            models.CheckConstraint(
                condition=Q(every_weeks__gte=1, every_weeks__lte=104), name="engagement_rhythm"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "contact"], name="engagement_contact_idx"),
            models.Index(fields=["tenant", "next_on"], name="engagement_next_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.place} meets {self.contact}"

    @property
    def account_id(self) -> Any:
        return self.contact.account_id


@tracked()
class Activity(VersionedModel):
    """What happened between us and the customer: a call, a meeting, an e-mail; or a note (K11, K38)."""

    class Kind(models.TextChoices):
        MEETING = "meeting", "Meeting"
        CALL = "call", "Call"
        EMAIL = "email", "E-mail"
        NOTE = "note", "Note"

    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="activities")
    kind = models.CharField(max_length=10, choices=Kind)
    happened_on = models.DateField()
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True, max_length=20000)
    author = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(subject=""), name="activity_has_subject"),
            models.CheckConstraint(
                condition=Q(kind__in=["meeting", "call", "email", "note"]), name="activity_kind"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "account", "-happened_on", "-id"], name="activity_account_idx"),
        ]

    def __str__(self) -> str:
        return self.subject


@tracked()
class ActivityPerson(VersionedModel):
    """Who took part in an activity: one of theirs, or one of ours."""

    activity = TenantForeignKey(Activity, on_delete=models.CASCADE, related_name="people")
    contact = TenantForeignKey(
        Contact, on_delete=models.CASCADE, null=True, blank=True, related_name="activities"
    )
    place = TenantForeignKey(
        SellingCenterMember, on_delete=models.CASCADE, null=True, blank=True, related_name="activities"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "activity", "contact", "place"],
                name="activityperson_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(contact__isnull=False, place__isnull=True)
                | Q(contact__isnull=True, place__isnull=False),
                name="activityperson_one_side",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "contact"], name="activityperson_contact_idx"),
            models.Index(fields=["tenant", "place"], name="activityperson_place_idx"),
        ]

    def __str__(self) -> str:
        return str(self.contact or self.place)

    @property
    def account_id(self) -> Any:
        return self.activity.account_id
