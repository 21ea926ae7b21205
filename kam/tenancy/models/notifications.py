"""What the product tells a person: a sentence with a link, unread until they open it."""

from django.db import models
from django.db.models import Q

from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models.base import TenantModel


class Notification(TenantModel):
    """One sentence for one member, shown behind the bell and, where they want it, sent by e-mail.

    `key` says what it is about (a review and its date), so that a task that runs twice tells it once. `mail`:
    to be sent by e-mail; `mailed_at`: it was.
    """

    member = TenantForeignKey("tenancy.Membership", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=300)
    mail = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True, db_default=models.functions.Now())
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "member", "key"], name="notification_told_once"),
            models.CheckConstraint(condition=~Q(text=""), name="notification_has_text"),
            models.CheckConstraint(condition=Q(url__startswith="/"), name="notification_stays_here"),
        ]
        indexes = [
            models.Index(fields=["tenant", "member", "-created_at"], name="notification_member_idx"),
            models.Index(
                fields=["tenant", "member"], condition=Q(read_at__isnull=True), name="notification_unread_idx"
            ),
            models.Index(
                fields=["tenant"],
                condition=Q(mail=True, mailed_at__isnull=True),
                name="notification_unmailed_idx",
            ),
        ]

    def __str__(self) -> str:
        return self.text
