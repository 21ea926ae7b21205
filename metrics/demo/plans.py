"""Account plans of the demo: one approved with a newer draft, one in review, one active."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from accounts.models import Account
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Tenant
from kam.tenancy.reference import reference_date
from kam.tenancy.selectors import tenant_settings
from metrics.demo.customers import CUSTOMERS
from metrics.demo.plan_words import PLANS, PlanStory
from planning.models import Objective, Plan
from planning.selectors.plan_actuals import actuals_by_year, fiscal_year_of
from planning.selectors.plan_layout import BY_KEY
from planning.selectors.plans import plan_find
from planning.services.plan_comments import comment_add
from planning.services.plan_lifecycle import plan_activate, plan_approve, plan_submit
from planning.services.plan_sections import row_add, row_update, section_save
from planning.services.plans import plan_create

_STEPS = {"draft": 0, "in_review": 1, "approved": 2, "active": 3}


def plans_fill(*, tenant: Tenant, members: Mapping[str, Membership], today: datetime.date) -> int:
    """Write the plans of accounts that have none yet. Returns how many were begun.

    Needs the tenant's context, a loaded ledger and the objectives of `strategy_fill`."""
    accounts = {account.name: account for account in Account.objects.filter(tenant_id=tenant.id)}
    owners = {customer.name: customer.owner for customer in CUSTOMERS}
    done = 0
    for name, story in PLANS.items():
        account = accounts.get(name)
        if account is None or Plan.objects.filter(tenant_id=tenant.id, account_id=account.pk).exists():
            continue
        principal = Principal(members.get(owners[name]) or members["nora"])
        approver = Principal(members["executive"])
        plan = _begin(principal, account)
        _write(principal, plan, story, members, today)
        for person, section, body in story.comments:
            comment_add(principal=Principal(members[person]), plan=plan, section=section, body=body)
        steps = ((plan_submit, principal), (plan_approve, approver), (plan_activate, principal))
        for step, who in steps[: _STEPS[story.state]]:
            step(principal=who, plan=plan)
        if story.following:
            newer = plan_create(
                principal=principal,
                values={
                    "account": account.pk,
                    "continues": plan.pk,
                    "starts_on": plan.ends_on + datetime.timedelta(days=1),
                },
            )
            for key, text in story.following.items():
                section_save(principal=principal, plan=newer, key=key, text=text)
        done += 1
    return done


def _begin(principal: Principal, account: Account) -> Plan:
    start = tenant_settings().fiscal_year_start
    first = datetime.date(fiscal_year_of(reference_date(), start), start, 1)
    last = first.replace(year=first.year + 2) - datetime.timedelta(days=1)
    plan = plan_create(
        principal=principal,
        values={
            "account": account.pk,
            "title": f"Account plan {first.year}–{(last.year) % 100:02d}",
            "starts_on": first,
            "ends_on": last,
        },
    )
    found = plan_find(principal, plan.pk)
    assert found is not None, "Whoever wrote a plan sees it."
    return found


def _write(
    principal: Principal,
    plan: Plan,
    story: PlanStory,
    members: Mapping[str, Membership],
    today: datetime.date,
) -> None:
    objectives = list(
        Objective.objects.filter(tenant_id=plan.tenant_id, account_id=plan.account_id).order_by("position")
    )
    for key, text in story.texts.items():
        section_save(principal=principal, plan=plan, key=key, text=text)
    for key, rows in story.rows.items():
        for given in rows:
            values = _values(key, given, members, objectives, today)
            status = values.pop("status", None) if key in ("actions", "next_steps") else None
            row = row_add(principal=principal, plan=plan, key=key, values=values)
            if status is not None:
                row_update(principal=principal, plan=plan, key=key, row_id=row.pk, values={"status": status})
    for values in _targets(plan, story):
        row_add(principal=principal, plan=plan, key="targets", values=values)


def _values(
    key: str,
    given: Mapping[str, Any],
    members: Mapping[str, Membership],
    objectives: list[Objective],
    today: datetime.date,
) -> dict[str, Any]:
    values = dict(given)
    kind = BY_KEY[key].rows
    assert kind is not None, "Only sections with rows have some."
    if "days" in values:
        day = next(field.name for field in kind.fields if field.kind == "day")
        values[day] = today + datetime.timedelta(days=values.pop("days"))
    if "days_needed" in values:
        values["days"] = values.pop("days_needed")
    if "owner" in values:
        values["owner"] = members[values["owner"]].user_id
    if "serves" in values:
        number = values.pop("serves")
        if number < len(objectives):
            values["objective"] = objectives[number].pk
    if "amount" in values:
        values["amount"] = Decimal(values["amount"])
    return values


def _targets(plan: Plan, story: PlanStory) -> list[dict[str, Any]]:
    """Sales and contribution for the plan's years, grown from the last whole year of the ledger."""
    start = tenant_settings().fiscal_year_start
    first = fiscal_year_of(plan.starts_on, start)
    before = actuals_by_year(plan.account, [first - 1], start_month=start, reference=reference_date()).get(
        first - 1
    )
    if before is None or before.net_sales <= 0:
        return []
    found = []
    for measure, base in (("net_sales", before.net_sales), ("contribution", before.contribution)):
        amount = base
        for number, rate in enumerate(story.targets):
            if amount is None or amount <= 0:
                break
            amount = (amount * Decimal(str(rate))).quantize(Decimal("1E3"))
            found.append({"year": first + number, "measure": measure, "amount": amount})
    return found
