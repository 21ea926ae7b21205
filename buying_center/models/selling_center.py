"""Who of ours is in an account’s selling centre (K10)."""

import uuid
from typing import Any

from django.db import models
from django.db.models import Q

from accounts.models import Account, ProductLine, Segment
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


class Seniority(models.TextChoices):
    """How high one of ours stands; with the customer's own levels it tells who is a senior pair (K9)."""

    EXECUTIVE = "executive", "Executive"
    SENIOR = "senior", "Senior management"
    MIDDLE = "middle", "Middle management"
    OPERATIONAL = "operational", "Operational"


@tracked()
class Employee(VersionedModel):
    """Somebody of ours without a login, once per tenant, in however many selling centres (K10)."""

    name = models.CharField(max_length=150)
    email = models.CharField(max_length=254, blank=True)
    title = models.CharField(max_length=200, blank=True)
    left_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "email"], condition=~Q(email=""), name="employee_email_unique"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="employee_has_name"),
        ]
        indexes = [models.Index(fields=["tenant", "name"], name="employee_name_idx")]

    def __str__(self) -> str:
        return self.name


@tracked()
class SellingCenterMember(VersionedModel):
    """A place in an account's selling centre, of a member or of an employee without a login; `is_lead` marks
    the lead KAM.

    `function` (such as "Supply chain") and `level` say whom of the customer's they face. A temporary place ends
    on `valid_to`, and `reason` names the opportunity or concern that brought them in.
    """

    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="selling_center")
    member = TenantForeignKey(
        "tenancy.Membership", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    employee = TenantForeignKey(
        Employee, on_delete=models.CASCADE, null=True, blank=True, related_name="places"
    )
    role = models.CharField(max_length=30, choices=SellingRole)
    is_lead = models.BooleanField(default=False, db_default=False)
    title = models.CharField(max_length=200, blank=True)
    function = models.CharField(max_length=120, blank=True)
    level = models.CharField(max_length=20, choices=Seniority, blank=True)
    is_temporary = models.BooleanField(default=False, db_default=False)
    reason = models.CharField(max_length=500, blank=True)
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
            models.UniqueConstraint(
                fields=["tenant", "account", "employee", "role"], name="sellingcenter_employee_role_once"
            ),
            models.CheckConstraint(
                condition=Q(member__isnull=False, employee__isnull=True)
                | Q(member__isnull=True, employee__isnull=False),
                name="sellingcenter_one_person",
            ),
            models.CheckConstraint(
                condition=Q(level="") | Q(level__in=Seniority.values), name="sellingcenter_level"
            ),
            models.CheckConstraint(
                condition=Q(is_temporary=False) | Q(valid_to__isnull=False) & ~Q(reason=""),
                name="sellingcenter_temporary_ends_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "member"], name="sellingcenter_member_idx"),
            models.Index(fields=["tenant", "employee"], name="sellingcenter_employee_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.get_role_display()}"

    @property
    def name(self) -> str:
        """The person's name, whoever they are; reads `member__user` and `employee`."""
        if self.employee_id is not None:
            return self.employee.name  # type: ignore[union-attr]
        return self.member.user.display_name  # type: ignore[union-attr]

    @property
    def person_key(self) -> uuid.UUID:
        """The human behind the place: the same in all their places."""
        return self.employee_id or self.member_id  # type: ignore[return-value]


@tracked()
class PlaceScope(VersionedModel):
    """What a leader answers for in an account: a product line, a segment or a region (K10, BANK D1)."""

    place = TenantForeignKey(SellingCenterMember, on_delete=models.CASCADE, related_name="scopes")
    product_line = TenantForeignKey(
        ProductLine, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    segment = TenantForeignKey(Segment, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    region = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "place", "product_line", "segment", "region"],
                name="placescope_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(product_line__isnull=False, segment__isnull=True, region="")
                | Q(product_line__isnull=True, segment__isnull=False, region="")
                | Q(product_line__isnull=True, segment__isnull=True) & ~Q(region=""),
                name="placescope_one_thing",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "place"], name="placescope_place_idx")]

    def __str__(self) -> str:
        return self.region or str(self.product_line or self.segment)

    @property
    def account_id(self) -> Any:
        return self.place.account_id
