"""What decides about the customer's own success (K12, Le Bon & Herman ch. 1)."""

from django.db import models
from django.db.models import Q

from accounts.models.customers import Account
from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import VersionedModel, tracked


class Horizon(models.TextChoices):
    """The three horizons of strategic reflection (K17, BANK A6): 3–6 months, 6–18, beyond 18."""

    SHORT = "short", "Short term, 3–6 months"
    MEDIUM = "medium", "Medium term, 6–18 months"
    LONG = "long", "Long term, beyond 18 months"


@tracked()
class SuccessFactor(VersionedModel):
    """A critical success factor or strategic initiative of the customer; it needs no knowledge of us.

    An account has two to five that are open. `owner_name` and `owner_title` name the executive on the
    customer's side who answers for it, `evidence` what makes us believe it. `reviewed_at`, `reviewed_by`: when
    a person last held it against reality (quarterly, K33); null = never since it was written down.
    """

    class Kind(models.TextChoices):
        FACTOR = "factor", "Critical success factor"
        INITIATIVE = "initiative", "Strategic initiative"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        RETIRED = "retired", "Retired"

    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="success_factors")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True, max_length=4000)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.FACTOR, db_default=Kind.FACTOR)
    owner_name = models.CharField(max_length=120, blank=True)
    owner_title = models.CharField(max_length=120, blank=True)
    horizon = models.CharField(max_length=8, choices=Horizon, blank=True)
    evidence = models.TextField(blank=True, max_length=4000)
    position = models.PositiveIntegerField(default=0, db_default=0)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN, db_default=State.OPEN)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="successfactor_has_title"),
            models.CheckConstraint(condition=Q(kind__in=["factor", "initiative"]), name="successfactor_kind"),
            models.CheckConstraint(condition=Q(state__in=["open", "retired"]), name="successfactor_state"),
            models.CheckConstraint(
                condition=Q(horizon="") | Q(horizon__in=Horizon.values), name="successfactor_horizon"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "account", "position"], name="successfactor_account_idx")]

    def __str__(self) -> str:
        return self.title
