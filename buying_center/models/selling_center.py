"""Who of ours is in an account’s selling centre (K10)."""

from django.db import models
from django.db.models import Q

from accounts.models import Account
from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import VersionedModel, tracked


class SellingRole(models.TextChoices):
    """The eight roles of a selling centre (K10, Le Bon & Herman ch. 1, fig. 1.4)."""

    SPONSOR = "sponsor", "Key account sponsor"
    EXECUTIVE = "executive", "Key account executive"
    KAM = "kam", "Key account manager"
    SUBJECT_MATTER_LEADER = "subject_matter_leader", "Subject matter leader"
    GEOGRAPHIC_LEADER = "geographic_leader", "Geographic leader"
    SUPPLY_CHAIN_LEADER = "supply_chain_leader", "Supply chain leader"
    ADMINISTRATIVE_LEADER = "administrative_leader", "Administrative leader"
    CONTRIBUTOR = "contributor", "Contributor"


@tracked()
class SellingCenterMember(VersionedModel):
    """One member of the supplier in an account's selling centre; `is_lead` marks the lead KAM."""

    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="selling_center")
    member = TenantForeignKey("tenancy.Membership", on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=30, choices=SellingRole)
    is_lead = models.BooleanField(default=False, db_default=False)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "member", "role"], name="sellingcenter_role_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "account"], condition=Q(is_lead=True), name="sellingcenter_one_lead"
            ),
            models.CheckConstraint(condition=Q(role__in=SellingRole.values), name="sellingcenter_role"),
            models.CheckConstraint(
                condition=Q(is_lead=False) | Q(role="kam"), name="sellingcenter_lead_is_kam"
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_to__isnull=True)
                | Q(valid_to__gte=models.F("valid_from")),
                name="sellingcenter_dates",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "member"], name="sellingcenter_member_idx")]
