"""Reviews of an account (K33): when one is due, who was there, what had changed, what was decided."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Account
from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import TenantModel, VersionedModel, tracked


class ReviewKind(models.TextChoices):
    """The three rhythms (K33, Le Bon & Herman ch. 1; Brown)."""

    QUARTERLY = "quarterly", "Quarterly review"
    SELECTION = "selection", "Yearly selection"
    MEMBERS = "members", "Re-assessment of members"


@tracked()
class Review(VersionedModel):
    """One review of one account: open until it is frozen, then unchangeable (a trigger refuses every write).

    `since` is when the previous one was frozen; `result` holds, from the freezing on, all that the page showed:
    the changes since then, the state, the figures, the actions. A frozen review keeps its account from being
    deleted.
    """

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        FROZEN = "frozen", "Frozen"

    account = TenantForeignKey(Account, on_delete=models.PROTECT, related_name="reviews")
    kind = models.CharField(max_length=10, choices=ReviewKind, default=ReviewKind.QUARTERLY)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN, editable=False)
    due_on = models.DateField()
    held_on = models.DateField(null=True, blank=True)
    attendees: ArrayField = ArrayField(models.CharField(max_length=160), default=list, blank=True, size=60)
    summary = models.TextField(blank=True, max_length=20_000)
    unchanged_reason = models.TextField(blank=True, max_length=2000)
    previous = TenantForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    since = models.DateTimeField(null=True, editable=False)
    result = models.JSONField(default=dict, editable=False)
    frozen_at = models.DateTimeField(null=True, editable=False)
    frozen_by = TenantForeignKey(
        "tenancy.Membership", on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "kind"], condition=Q(status="open"), name="review_one_open"
            ),
            models.CheckConstraint(condition=Q(kind__in=ReviewKind.values), name="review_kind"),
            models.CheckConstraint(
                condition=Q(status="open", frozen_at__isnull=True)
                | Q(status="frozen", frozen_at__isnull=False, held_on__isnull=False),
                name="review_frozen_has_date",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "account", "kind", "-held_on"], name="review_account_idx"),
            models.Index(fields=["tenant", "due_on"], condition=Q(status="open"), name="review_open_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.held_on or self.due_on:%d %b %Y}"


@tracked()
class ReviewAction(VersionedModel):
    """Something a review decided to do. It can be done long after the review was frozen."""

    review = TenantForeignKey(Review, on_delete=models.CASCADE, related_name="actions")
    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    text = models.CharField(max_length=500)
    owner = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    due_on = models.DateField(null=True, blank=True)
    done_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="reviewaction_has_text")]
        indexes = [
            models.Index(fields=["tenant", "review"], name="reviewaction_review_idx"),
            models.Index(
                fields=["tenant", "account"], condition=Q(done_on__isnull=True), name="reviewaction_open_idx"
            ),
        ]

    def __str__(self) -> str:
        return self.text


class CalendarLink(TenantModel):
    """A member's address of their review dates for a calendar program: a key stands in for the login."""

    member = TenantForeignKey("tenancy.Membership", on_delete=models.CASCADE, related_name="+")
    key_digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True, db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "member"], name="calendarlink_one_each"),
            models.UniqueConstraint(fields=["tenant", "key_digest"], name="calendarlink_key_unique"),
        ]
