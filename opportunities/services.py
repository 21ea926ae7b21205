"""Creating, changing and deleting opportunities (K19), and the table of what each buying stage needs (K11)."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Account, ProductLine, Segment
from accounts.selectors.accounts import account_find
from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, FieldError, InvalidInputError, NotFoundError
from kam.common.saving import lock_row, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.models import TenantSettings
from kam.tenancy.permissions import authorise
from kam.tenancy.selectors import member_ids_of_users, tenant_settings
from opportunities.bank import DEFAULT_RESOURCES
from opportunities.models import CABS, Answer, Opportunity, Status, StepResource

LETTERS = {
    "compelling_reason": "a compelling reason",
    "authority": "authority leverage",
    "budget": "budget availability",
    "allies": "supporting allies",
}


@transaction.atomic
def opportunity_create(*, principal: Principal, values: Mapping[str, Any]) -> Opportunity:
    """Create an opportunity; `account`, `product_line`, `segment` are ids, `owner` a user id (K19).

    `amount` in `currency` (default: the account's, else the base currency), `expected_margin` and
    `probability` ratios. The status follows the four letters of CABS. Raises InvalidInputError naming the
    field, PermissionDenied.
    """
    account = account_find(principal, values.get("account"))
    if account is None:
        raise InvalidInputError.of("account", "There is no such account.", "unknown")
    authorise(principal, "accounts.change", account)
    opportunity = Opportunity(tenant_id=principal.tenant.id, account=account)
    given = {name: value for name, value in values.items() if name != "account"}
    if not given.get("currency"):
        given["currency"] = account.currency or tenant_settings().base_currency
    _set(principal, opportunity, given)
    opportunity.save(force_insert=True)
    return opportunity


@transaction.atomic
def opportunity_update(
    *,
    principal: Principal,
    opportunity: Opportunity,
    values: Mapping[str, Any],
    if_match: IfMatch | None = None,
) -> Opportunity:
    """Change an opportunity; its account stays. A stage may move in both directions, and history keeps it.

    Raises as `opportunity_create`, and StaleWriteError (412).
    """
    row = lock_row(Opportunity.objects.filter(tenant_id=principal.tenant.id), opportunity.pk, if_match)
    authorise(principal, "accounts.change", row)
    given = dict(values)
    if given.pop("account", row.account_id) != row.account_id:
        raise InvalidInputError.of("account", "An opportunity stays with its account.", "fixed")
    if "currency" in given and not given["currency"]:
        given["currency"] = row.account.currency or tenant_settings().base_currency
    save_changes(row, _set(principal, row, given))
    return row


@transaction.atomic
def opportunity_delete(
    *, principal: Principal, opportunity: Opportunity, if_match: IfMatch | None = None
) -> None:
    """Delete an opportunity; cells that point to it are free again. Raises StaleWriteError (412)."""
    row = lock_row(Opportunity.objects.filter(tenant_id=principal.tenant.id), opportunity.pk, if_match)
    authorise(principal, "accounts.change", row)
    row.delete()


def _set(principal: Principal, row: Opportunity, values: dict[str, Any]) -> set[str]:
    if ("name" in values and not values["name"]) or not (row.name or values.get("name")):
        raise InvalidInputError.of("name", "This field may not be blank.", "blank")
    _check_cell(row, values)
    if values.get("owner") is not None:
        member_id = member_ids_of_users([values["owner"]]).get(values["owner"])
        if member_id is None:
            raise InvalidInputError.of("owner", "There is no such member. Expected a user's id.", "unknown")
        values["owner"] = member_id
    asked = values.pop("status", None)
    for letter in CABS:
        if letter in values and values[letter] is None:
            values[letter] = Answer.UNKNOWN.value
    changed = set_values(row, values)
    changed |= set_values(row, {"status": _status(row, asked)})
    changed |= _close(row, changed)
    return changed


def _status(row: Opportunity, asked: str | None) -> str:
    """The status that CABS gives. Raises InvalidInputError when another one is asked for (K19)."""
    open_letters = [words for letter, words in LETTERS.items() if getattr(row, letter) != Answer.YES]
    status = Status.LEAD if open_letters else Status.QUALIFIED
    if asked is not None and asked != status:
        reason = (
            f"A lead is qualified when CABS is answered yes four times. Missing: {', '.join(open_letters)}."
            if open_letters
            else "CABS is answered yes four times, so it is qualified. Take an answer back to make it a lead."
        )
        raise InvalidInputError.of("status", reason, "not_qualified" if open_letters else "qualified")
    return status.value


def _close(row: Opportunity, changed: set[str]) -> set[str]:
    """An outcome has a day and an open opportunity has none; the reason is asked for at the end (K19)."""
    if not row.outcome:
        if "outcome" in changed:
            return set_values(row, {"closed_on": None, "outcome_reason": ""})
        if row.closed_on is not None:
            raise InvalidInputError.of("closed_on", "An open opportunity has no closing day.", "open")
        return set()
    if changed & {"outcome", "outcome_reason"} and not row.outcome_reason:
        raise InvalidInputError.of("outcome_reason", "Say why it ended so.", "required")
    return set_values(row, {"closed_on": row.closed_on or timezone.localdate()})


def _check_cell(row: Opportunity, values: Mapping[str, Any]) -> None:
    """The cell is one of this account's grid: a catalogue line or its own idea, a segment of its own."""
    line, segment = values.get("product_line"), values.get("segment")
    if line is not None and line != row.product_line_id and not _is_line(row.account, line):
        raise InvalidInputError.of("product_line", "There is no such product line.", "unknown")
    if segment is not None and segment != row.segment_id:
        segments = Segment.objects.filter(tenant_id=row.tenant_id, account_id=row.account_id)
        if not segments.filter(pk=segment).exists():
            raise InvalidInputError.of("segment", "There is no such segment of this account.", "unknown")


def _is_line(account: Account, line_id: uuid.UUID) -> bool:
    found = (
        ProductLine.objects.filter(tenant_id=account.tenant_id, pk=line_id).values_list("account_id").first()
    )
    return found is not None and found[0] in (None, account.pk)


@transaction.atomic
def step_resource_add(*, principal: Principal, values: Mapping[str, Any]) -> StepResource:
    """Add what a buying stage needs of ours (K11): `stage`, `resource`, `is_person`.

    The first change makes the bank's table the tenant's own. Raises InvalidInputError naming the field,
    PermissionDenied, ConflictError for the same resource twice in a stage.
    """
    authorise(principal, "settings.change")
    _own_table(principal)
    row = StepResource(tenant_id=principal.tenant.id)
    _set_resource(row, values)
    row.save(force_insert=True)
    return row


@transaction.atomic
def step_resource_update(
    *, principal: Principal, row: StepResource, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> StepResource:
    """Change a row of the table. Raises as `step_resource_add`, StaleWriteError (412)."""
    authorise(principal, "settings.change")
    locked = lock_row(StepResource.objects.filter(tenant_id=principal.tenant.id), row.pk, if_match)
    save_changes(locked, _set_resource(locked, values))
    return locked


@transaction.atomic
def step_resource_delete(*, principal: Principal, row: StepResource, if_match: IfMatch | None = None) -> None:
    """Take a resource out of a stage. Raises PermissionDenied, StaleWriteError, ConflictError for the last row
    of all: a tenant without rows has the bank's table."""
    authorise(principal, "settings.change")
    rows = StepResource.objects.filter(tenant_id=principal.tenant.id)
    locked = lock_row(rows, row.pk, if_match)
    if rows.count() == 1:
        raise ConflictError(
            "This is the last resource of all steps. Go back to the product’s table instead.", code="last"
        )
    locked.delete()


@transaction.atomic
def step_resource_drop(*, principal: Principal, stage: str, resource: str) -> None:
    """Take a resource out of a stage by its name, as the page shows it; the bank's table becomes the tenant's own.

    Raises NotFoundError where the stage has no such resource, and as `step_resource_delete`.
    """
    authorise(principal, "settings.change")
    _own_table(principal)
    row = StepResource.objects.filter(tenant_id=principal.tenant.id, stage=stage, resource=resource).first()
    if row is None:
        raise NotFoundError("That step has no such resource any more.")
    step_resource_delete(principal=principal, row=row)


@transaction.atomic
def step_resources_reset(*, principal: Principal) -> int:
    """Go back to the bank's table. Returns how many own rows that removed."""
    authorise(principal, "settings.change")
    rows = StepResource.objects.filter(tenant_id=principal.tenant.id)
    count = rows.count()
    rows.delete()
    return count


def _own_table(principal: Principal) -> None:
    """Before the first change the bank's table is copied: what nobody touched stays as it was."""
    tenant_id = principal.tenant.id
    TenantSettings.objects.select_for_update(no_key=True).filter(tenant_id=tenant_id).first()
    if StepResource.objects.filter(tenant_id=tenant_id).exists():
        return
    StepResource.objects.bulk_create(
        [
            StepResource(tenant_id=tenant_id, stage=stage, resource=name, is_person=is_person)
            for stage, needed in DEFAULT_RESOURCES.items()
            for name, is_person in needed
        ]
    )


def _set_resource(row: StepResource, values: Mapping[str, Any]) -> set[str]:
    given = dict(values)
    if "resource" in given:
        given["resource"] = (given["resource"] or "").strip()
    if ("resource" in given and not given["resource"]) or not (row.resource or given.get("resource")):
        raise InvalidInputError.of("resource", "This field may not be blank.", "blank")
    changed = set_values(row, given)
    if row._state.adding and "stage" not in changed:
        raise InvalidInputError.of("stage", "This field is required.", "required")
    twice = StepResource.objects.filter(
        tenant_id=row.tenant_id, stage=row.stage, resource__iexact=row.resource
    ).exclude(pk=row.pk)
    if changed & {"stage", "resource"} and twice.exists():
        message = f"{row.get_stage_display()} has “{row.resource}” already."
        raise ConflictError(message, code="unique", errors=[FieldError("resource", message, "unique")])
    return changed
