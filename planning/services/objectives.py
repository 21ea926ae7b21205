"""What we want to reach with an account: entering, changing, moving (K5, K17, K26)."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from accounts.models import Account
from accounts.selectors.accounts import account_find
from accounts.selectors.success_factors import success_factor_ids
from kam.common.api.etag import IfMatch
from kam.common.errors import InvalidInputError
from kam.common.saving import lock_row, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise
from kam.tenancy.selectors import person_member_id
from planning.models import Objective, ObjectiveFactor, ObjectiveType


@transaction.atomic
def objective_create(*, principal: Principal, values: Mapping[str, Any]) -> Objective:
    """Set an objective. `values`: model fields; `account` an id, `owner` a user id, `success_factors` ids.

    Raises InvalidInputError naming the field, PermissionDenied.
    """
    account = account_find(principal, values.get("account"))
    if account is None:
        raise InvalidInputError.of("account", "There is no such account.", "unknown")
    authorise(principal, "accounts.change", account)
    given = {name: value for name, value in values.items() if name != "account"}
    factors = given.pop("success_factors", None) or []
    if "position" not in given:
        last = Objective.objects.filter(tenant_id=account.tenant_id, account_id=account.pk).aggregate(
            last=Max("position")
        )["last"]
        given["position"] = 0 if last is None else last + 1
    objective = Objective(tenant_id=principal.tenant.id, account=account)
    for name in ("horizon", "type"):
        if not given.get(name):
            raise InvalidInputError.of(name, "This field is required.", "required")
    _set(principal, objective, given)
    objective.save(force_insert=True)
    _link(objective, account, factors)
    return objective


@transaction.atomic
def objective_update(
    *, principal: Principal, objective: Objective, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> Objective:
    """Change an objective; its account stays. `success_factors` replaces the links. Other values as in
    `objective_create`. Raises as that, and StaleWriteError (412)."""
    row = lock_row(Objective.objects.filter(tenant_id=principal.tenant.id), objective.pk, if_match)
    authorise(principal, "accounts.change", row)
    given = dict(values)
    if given.pop("account", row.account_id) != row.account_id:
        raise InvalidInputError.of("account", "An objective stays with its account.", "fixed")
    factors = given.pop("success_factors", None)
    changed = _set(principal, row, given)
    if factors is not None and _link(row, row.account, factors):
        changed.add("updated_at")  # the links are part of what its ETag covers
    save_changes(row, changed)
    return row


@transaction.atomic
def objective_delete(*, principal: Principal, objective: Objective, if_match: IfMatch | None = None) -> None:
    """Delete an objective. One that was worked for is better closed. Raises PermissionDenied, StaleWriteError."""
    row = lock_row(Objective.objects.filter(tenant_id=principal.tenant.id), objective.pk, if_match)
    authorise(principal, "accounts.change", row)
    row.delete()


def _set(principal: Principal, objective: Objective, values: dict[str, Any]) -> set[str]:
    if not values.get("title", objective.title):
        raise InvalidInputError.of("title", "Say the objective in a few words.", "blank")
    if "owner" in values:
        values["owner"] = person_member_id(
            tenant_id=principal.tenant.id, user_id=values["owner"], field="owner"
        )
    changed = set_values(objective, values)
    if objective.type != ObjectiveType.GROW:
        for name in ("growth_source", "growth_move"):
            if values.get(name):
                raise InvalidInputError.of(name, "Only an objective that grows has this.", "not_grow")
            if getattr(objective, name):
                setattr(objective, name, "")
                changed.add(name)
    return changed


def _link(objective: Objective, account: Account, wanted: list[uuid.UUID]) -> bool:
    """Make the links exactly these. Returns whether any changed."""
    chosen = set(wanted)
    if chosen - success_factor_ids(account=account):
        raise InvalidInputError.of(
            "success_factors", "There is no such success factor of this account.", "unknown"
        )
    links = ObjectiveFactor.objects.filter(tenant_id=objective.tenant_id, objective_id=objective.pk)
    there = set(links.values_list("factor_id", flat=True))
    if there - chosen:
        links.filter(factor_id__in=there - chosen).delete()
    ObjectiveFactor.objects.bulk_create(
        ObjectiveFactor(tenant_id=objective.tenant_id, objective=objective, factor_id=pk)
        for pk in sorted(chosen - there)
    )
    return there != chosen
