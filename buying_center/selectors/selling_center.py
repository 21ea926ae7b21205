"""Reads of the selling centre."""

import uuid
from typing import Any

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone

from accounts.selectors.accounts import of_visible_accounts
from buying_center.models import Employee, PlaceScope, SellingCenterMember
from kam.common.prepared import Prepared
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id


def places_of(tenant_id: uuid.UUID) -> "QuerySet[SellingCenterMember]":
    """Places in the selling centres of a tenant, named on every joined table, lead first."""
    return SellingCenterMember.objects.filter(
        Q(member__isnull=True) | Q(member__tenant_id=tenant_id),
        Q(employee__isnull=True) | Q(employee__tenant_id=tenant_id),
        tenant_id=tenant_id,
        account__tenant_id=tenant_id,
    ).order_by("-is_lead", "role", "id")


_PEOPLE = Prepared(
    lambda tenant, account: (
        places_of(tenant)
        .filter(account_id=account)
        .select_related("member__user", "employee")
        .only("id", "tenant_id", "member__user__name", "member__user__email", "employee__name")
    ),
    tenant=uuid.UUID,
    account=uuid.UUID,
)


def selling_center_people(*, account_id: uuid.UUID) -> list[SellingCenterMember]:
    """The selling centre of one account as every page of it names it: who, lead first, and no more."""
    return _PEOPLE(tenant=current_tenant_id(), account=account_id)


def selling_center_list(*, account_id: uuid.UUID | None = None) -> QuerySet[SellingCenterMember]:
    """Places in selling centres (of one account), with the person behind each, lead first."""
    members = places_of(current_tenant_id()).select_related("member__user", "employee", "account")
    return members if account_id is None else members.filter(account_id=account_id)


def place_visible(principal: Principal) -> "QuerySet[SellingCenterMember, SellingCenterMember]":
    """Places in the selling centres of the accounts this member may see.

    `shown_name` is the person's; `shown_version` grows with every change of the place or of the employee
    behind it.
    """
    name = Coalesce(
        NullIf(F("member__user__name"), Value("")), F("member__user__email"), F("employee__name"),
        output_field=CharField(),
    )  # fmt: skip
    version = F("version") + Coalesce(F("employee__version"), 0)
    return of_visible_accounts(
        selling_center_list().annotate(shown_name=name, shown_version=version), principal
    )


def place_find(
    principal: Principal, account_id: uuid.UUID, place_id: uuid.UUID
) -> SellingCenterMember | None:
    """One visible place of an account; None for any other id."""
    return place_visible(principal).filter(account_id=account_id, pk=place_id).first()


def scopes_of(place_ids: "list[uuid.UUID] | QuerySet[Any, Any]") -> dict[uuid.UUID, list[PlaceScope]]:
    """What the holders of places answer for; one query."""
    tenant_id = current_tenant_id()
    found: dict[uuid.UUID, list[PlaceScope]] = {}
    rows = PlaceScope.objects.select_related("product_line", "segment").filter(
        Q(product_line__isnull=True) | Q(product_line__tenant_id=tenant_id),
        Q(segment__isnull=True) | Q(segment__tenant_id=tenant_id),
        tenant_id=tenant_id,
        place_id__in=place_ids,
    )
    for scope in rows.order_by("product_line__name", "segment__name", "region", "id"):
        found.setdefault(scope.place_id, []).append(scope)
    return found


def employee_visible(principal: Principal) -> "QuerySet[Employee, Employee]":
    """Our people without a login. They are the company's, so whoever sees accounts may see them."""
    rows = Employee.objects.filter(tenant_id=principal.tenant.id)
    return rows if principal.can("accounts.view") else rows.none()


def serving_today(prefix: str = "") -> Q:
    """Places that hold today, by their dates."""
    today = timezone.localdate()
    begun = Q(**{f"{prefix}valid_from__isnull": True}) | Q(**{f"{prefix}valid_from__lte": today})
    not_over = Q(**{f"{prefix}valid_to__isnull": True}) | Q(**{f"{prefix}valid_to__gte": today})
    return begun & not_over


def still_with_us() -> Q:
    """Places whose person has a login that works, or is an employee who has not left."""
    today = timezone.localdate()
    employed = Q(employee__left_on__isnull=True) | Q(employee__left_on__gt=today)
    return Q(member__is_active=True) | (Q(employee__isnull=False) & employed)


def team_account_ids(member_id: uuid.UUID, lead_only: bool) -> "QuerySet[Any, Any]":
    """Ids of the accounts whose selling centre the member is in today (as its lead KAM with `lead_only`)."""
    rows = SellingCenterMember.objects.filter(
        serving_today(), tenant_id=current_tenant_id(), member_id=member_id
    )
    if lead_only:
        rows = rows.filter(is_lead=True)
    return rows.values_list("account_id", flat=True)
