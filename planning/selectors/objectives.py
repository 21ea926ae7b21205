"""Reads of objectives (K5, K17)."""

from collections.abc import Iterable

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from accounts.models import Account
from accounts.selectors.accounts import of_visible_accounts
from kam.tenancy.access import Principal
from planning.models import Objective, ObjectiveFactor, ObjectiveStatus, ObjectiveType

_TYPE_WORDS = {ObjectiveType.RETAIN: "retain", ObjectiveType.GROW: "grow"}


def objective_visible(principal: Principal) -> "QuerySet[Objective, Objective]":
    """Objectives of the accounts this member may see."""
    return of_visible_accounts(Objective.objects.all(), principal)


def with_factor_ids(rows: "QuerySet[Objective, Objective]") -> "QuerySet[Objective, Objective]":
    """Annotate `factor_ids`: the success factors that an objective serves, in the customer's order."""
    links = (
        ObjectiveFactor.objects.filter(
            tenant_id=OuterRef("tenant_id"),
            objective_id=OuterRef("pk"),
            factor__tenant_id=OuterRef("tenant_id"),
        )
        .order_by("factor__position", "factor_id")
        .values("factor_id")
    )
    return rows.annotate(factor_ids=ArraySubquery(links))


def objective_list(*, account: Account, open_only: bool = False) -> "QuerySet[Objective, Objective]":
    """The objectives of an account in their order, with owner and `factor_ids`. One query."""
    rows = Objective.objects.select_related("owner__user").filter(
        tenant_id=account.tenant_id, account_id=account.pk
    )
    if open_only:
        rows = rows.filter(status=ObjectiveStatus.OPEN)
    return with_factor_ids(rows).order_by("position", "created_at", "id")


def objectives_missing(*, account: Account, objectives: Iterable[Objective]) -> list[str]:
    """The types that a key account has to carry and does not: retain, grow (K5). Empty for other accounts."""
    if not account.is_key_account:
        return []
    there = {objective.type for objective in objectives if objective.status == ObjectiveStatus.OPEN}
    return [word for value, word in _TYPE_WORDS.items() if value not in there]
