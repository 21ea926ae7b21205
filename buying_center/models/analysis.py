"""The analysis grids of one member (K15, Le Bon & Herman figs 2.3–2.6)."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from buying_center.models.people import Contact, scale, within
from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import VersionedModel, tracked


class GridColumn(models.TextChoices):
    """The six columns of a grid: three questions, each seen from two sides."""

    PREOCCUPATION_TANGIBLE = "preoccupation_tangible", "Preoccupations, tangible"
    PREOCCUPATION_INTANGIBLE = "preoccupation_intangible", "Preoccupations, intangible"
    CONSEQUENCE_TANGIBLE = "consequence_tangible", "Consequences, tangible"
    CONSEQUENCE_INTANGIBLE = "consequence_intangible", "Consequences, intangible"
    EXPECTATION_CURRENT = "expectation_current", "Expectations, current"
    EXPECTATION_POSSIBLE = "expectation_possible", "Expectations, possible"


class RiskKind(models.TextChoices):
    """What a buyer fears (BANK E13)."""

    PRODUCT = "product", "Product"
    CORPORATE = "corporate", "Corporate"
    ECONOMIC = "economic", "Economic"
    PERIPHERAL = "peripheral", "Peripheral"


class _OfContact(VersionedModel):
    """A row that hangs on one contact; the permission layer reads the account through it."""

    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True

    @property
    def account_id(self) -> Any:
        return self.contact.account_id


@tracked()
class GridEntry(_OfContact):
    """One line in one column of a member's grid.

    Who else could serve it, and how strong they are there (1–5), is the competitive risk of K14 and BANK E17;
    null = not judged.
    """

    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="grid")
    column = models.CharField(max_length=30, choices=GridColumn)
    text = models.CharField(max_length=500)
    competitor = models.CharField(max_length=120, blank=True)
    competitive_risk = scale(1, 5)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(column__in=GridColumn.values), name="gridentry_column"),
            models.CheckConstraint(condition=~Q(text=""), name="gridentry_has_text"),
            models.CheckConstraint(condition=within(1, 5, "competitive_risk"), name="gridentry_risk"),
        ]
        indexes = [models.Index(fields=["tenant", "contact"], name="gridentry_contact_idx")]

    def __str__(self) -> str:
        return self.text


@tracked()
class NeedChain(_OfContact):
    """Problem → implied need → explicit need (K15): "no problem, no need, no sale". Empty = not reached yet."""

    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="needs")
    problem = models.CharField(max_length=500)
    implied_need = models.CharField(max_length=500, blank=True)
    explicit_need = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(problem=""), name="needchain_begins_with_problem"),
            models.CheckConstraint(
                condition=Q(explicit_need="") | ~Q(implied_need=""), name="needchain_in_order"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "contact"], name="needchain_contact_idx")]

    def __str__(self) -> str:
        return self.problem


@tracked()
class PerceivedRisk(_OfContact):
    """What a member fears of buying from us: probability 1–5 × consequence 1–5, and what lowers it (K15, E13–E14)."""

    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="risks")
    kind = models.CharField(max_length=12, choices=RiskKind)
    text = models.CharField(max_length=500)
    probability = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])
    consequence = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])
    mitigation = models.CharField(max_length=1000, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=RiskKind.values), name="perceivedrisk_kind"),
            models.CheckConstraint(condition=~Q(text=""), name="perceivedrisk_has_text"),
            models.CheckConstraint(
                condition=within(1, 5, "probability", "consequence"), name="perceivedrisk_scales"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "contact"], name="perceivedrisk_contact_idx")]

    def __str__(self) -> str:
        return self.text


@tracked()
class ContactAction(_OfContact):
    """What we do next for one member, by whom and until when (the last row of figs 2.3–2.6)."""

    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="actions")
    text = models.CharField(max_length=500)
    owner = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    due = models.DateField(null=True, blank=True)
    done_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="contactaction_has_text")]
        indexes = [models.Index(fields=["tenant", "contact"], name="contactaction_contact_idx")]

    def __str__(self) -> str:
        return self.text
