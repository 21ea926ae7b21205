"""A company's own slides, in which plans are presented (K32)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import VersionedModel


class DeckTemplate(VersionedModel):
    """The .pptx that a tenant's plans are presented in; at most one.

    Kept in the database: it is small, belongs to a tenant like every row, and is in every backup.
    """

    name = models.CharField(max_length=200)
    content = models.BinaryField(editable=False)
    size = models.PositiveIntegerField(editable=False)
    layouts: ArrayField = ArrayField(models.CharField(max_length=200), default=list, editable=False)
    uploaded_by = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="decktemplate_one"),
            models.CheckConstraint(condition=~models.Q(name=""), name="decktemplate_has_name"),
        ]

    def __str__(self) -> str:
        return self.name
