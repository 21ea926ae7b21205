"""Beginning a plan, continuing one, renaming and deleting it (K32)."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.selectors.accounts import account_find
from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, InvalidInputError
from kam.common.saving import lock_row, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise
from kam.tenancy.reference import reference_date
from planning.models import OPEN_STATES, Plan, PlanRow, PlanSection, PlanState, SectionKey
from planning.selectors.plan_gaps import own_gaps
from planning.selectors.plan_layout import ROW_KINDS, section_of


@transaction.atomic
def plan_create(*, principal: Principal, values: Mapping[str, Any]) -> Plan:
    """Begin a plan: `account` (id), `title`, `starts_on`, `ends_on`; `continues` (a plan of the account) carries
    its sections over.

    Without a period it is the calendar year after the reference date; without a title "Account plan <year>".
    What was done, dropped, held or closed in the continued plan stays there. Raises InvalidInputError naming
    the field, PermissionDenied, ConflictError (`plan_open`) while another plan of the account is being written.
    """
    account = account_find(principal, values.get("account"))
    if account is None:
        raise InvalidInputError.of("account", "There is no such account.", "unknown")
    authorise(principal, "accounts.change", account)
    lock_row(type(account).objects.filter(tenant_id=account.tenant_id), account.pk)
    own = Plan.objects.filter(tenant_id=account.tenant_id, account_id=account.pk)
    if own.filter(state__in=OPEN_STATES).exists():
        raise ConflictError("A plan of this account is being written already.", code="plan_open")
    previous = None
    if values.get("continues") is not None:
        previous = own.filter(pk=values["continues"]).first()
        if previous is None:
            raise InvalidInputError.of("continues", "There is no such plan of this account.", "unknown")
    plan = Plan(tenant_id=account.tenant_id, account=account, previous=previous, created_by=principal.member)
    starts_on, ends_on = values.get("starts_on"), values.get("ends_on")
    if starts_on is None:
        year = reference_date().year + 1
        starts_on, ends_on = datetime.date(year, 1, 1), ends_on or datetime.date(year, 12, 31)
    title = values.get("title") or f"Account plan {starts_on.year}"
    _set(plan, {"title": title, "starts_on": starts_on, "ends_on": ends_on or _a_year_after(starts_on)})
    plan.save(force_insert=True)
    _fill(principal, plan, previous)
    return plan


@transaction.atomic
def plan_update(
    *, principal: Principal, plan: Plan, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> Plan:
    """Change title or period of a draft. Raises InvalidInputError, ConflictError (`not_a_draft`), StaleWriteError."""
    row = lock_row(Plan.objects.filter(tenant_id=principal.tenant.id), plan.pk, if_match)
    authorise(principal, "accounts.change", row)
    given = dict(values)
    if given.pop("account", row.account_id) != row.account_id:
        raise InvalidInputError.of("account", "A plan stays with its account.", "fixed")
    if given.pop("continues", row.previous_id) != row.previous_id:
        raise InvalidInputError.of("continues", "What a plan was continued from stays.", "fixed")
    if row.state != PlanState.DRAFT:
        raise ConflictError("Only a draft can be renamed or moved.", code="not_a_draft")
    save_changes(row, _set(row, given))
    return row


@transaction.atomic
def plan_delete(*, principal: Principal, plan: Plan, if_match: IfMatch | None = None) -> None:
    """Delete a draft that nobody has submitted. Raises ConflictError (`kept`) once a version of it exists."""
    row = lock_row(Plan.objects.filter(tenant_id=principal.tenant.id), plan.pk, if_match)
    authorise(principal, "accounts.change", row)
    if row.state != PlanState.DRAFT:
        raise ConflictError("Only a draft can be deleted.", code="not_a_draft")
    if row.versions.exists():
        raise ConflictError("Versions of this plan are kept, so it stays.", code="kept")
    row.delete()


def _a_year_after(day: datetime.date) -> datetime.date:
    try:
        return day.replace(year=day.year + 1) - datetime.timedelta(days=1)
    except ValueError:  # 29 February, or the last year there is
        return day + datetime.timedelta(days=min(364, (datetime.date.max - day).days))


def _set(plan: Plan, values: dict[str, Any]) -> set[str]:
    if not values.get("title", plan.title):
        raise InvalidInputError.of("title", "Give the plan a name.", "blank")
    for name in ("starts_on", "ends_on"):
        if name in values and values[name] is None:
            raise InvalidInputError.of(name, "This field may not be null.", "null")
    changed = set_values(plan, values)
    if plan.ends_on <= plan.starts_on:
        raise InvalidInputError.of("ends_on", "The plan has to end after it starts.", "period")
    return changed


def _fill(principal: Principal, plan: Plan, previous: Plan | None) -> None:
    texts: dict[str, str] = {}
    rows: list[PlanRow] = []
    if previous is not None:
        of = {"tenant_id": plan.tenant_id, "plan_id": previous.pk}
        texts = dict(PlanSection.objects.filter(**of).values_list("key", "text"))
        for model in ROW_KINDS:
            kept = [_copied(row, plan) for row in model._default_manager.filter(**of) if _goes_on(row)]
            model._default_manager.bulk_create(kept)
            rows += kept
    by_section: dict[str, list[PlanRow]] = {}
    for row in rows:
        by_section.setdefault(section_of(type(row), vars(row)), []).append(row)
    sections = []
    for key in SectionKey.values:
        text = texts.get(key, "")
        score, missing = own_gaps(key, text, by_section.get(key, []))
        sections.append(
            PlanSection(tenant_id=plan.tenant_id, plan=plan, key=key, text=text, score=score, missing=missing)
        )
    PlanSection.objects.bulk_create(sections)


def _goes_on(row: PlanRow) -> bool:
    """Whether a row of the plan before still matters: not what is done, dropped, closed, refuted or held."""
    if getattr(row, "status", "") in ("done", "dropped", "closed", "refused", "refuted"):
        return False
    return not getattr(row, "outcome", "")


def _copied(row: PlanRow, plan: Plan) -> PlanRow:
    left_out = ("id", "tenant", "plan", "version", "created_at", "updated_at")
    values = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.local_concrete_fields
        if field.name not in left_out
    }
    return type(row)(tenant_id=plan.tenant_id, plan=plan, **values)
