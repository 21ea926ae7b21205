"""What the demo's account managers have written down: success factors, objectives, answers, unknowns."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from accounts.models import Account, SuccessFactor
from accounts.services.success_factors import success_factor_create
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Tenant
from metrics.demo.customers import CUSTOMERS
from metrics.demo.strategy_words import STORIES, Story
from planning.models import Objective, ReflectionQuestion
from planning.selectors.ledger_answers import ledger_answers
from planning.services.objectives import objective_create
from planning.services.reflection import answer_take_from_ledger, answer_write


def strategy_fill(*, tenant: Tenant, members: Mapping[str, Membership], today: datetime.date) -> int:
    """Write the stories into the demo's accounts that have none yet. Returns how many were written.

    Needs the tenant's context and a loaded ledger (it confirms what the ledger says)."""
    accounts = {account.name: account for account in Account.objects.filter(tenant_id=tenant.id)}
    owners = {customer.name: customer.owner for customer in CUSTOMERS}
    done = 0
    for name, story in STORIES.items():
        account = accounts.get(name)
        if (
            account is None
            or SuccessFactor.objects.filter(account=account, tenant_id=account.tenant_id).exists()
        ):
            continue
        principal = Principal(members.get(owners[name]) or members["nora"])
        _write(principal, account, story, members, today)
        done += 1
    return done


def _write(
    principal: Principal,
    account: Account,
    story: Story,
    members: Mapping[str, Membership],
    today: datetime.date,
) -> None:
    factors = []
    for number, factor in enumerate(story.factors):
        row = success_factor_create(
            principal=principal,
            values={
                "account": account.pk,
                "title": factor.title,
                "kind": factor.kind,
                "horizon": factor.horizon,
                "owner_name": factor.owner,
                "owner_title": factor.owner_title,
                "evidence": factor.evidence,
            },
        )
        reviewed = timezone.now() - datetime.timedelta(days=story.reviewed_days[number])
        SuccessFactor.objects.filter(tenant_id=row.tenant_id, pk=row.pk).update(
            reviewed_at=reviewed, reviewed_by=principal.member
        )
        factors.append(row)
    for objective in story.objectives:
        _objective(principal, account, objective, factors, today)
    questions = {
        question.code: question for question in ReflectionQuestion.objects.filter(tenant_id=account.tenant_id)
    }
    for code, text, source, confidence in story.answers:
        answer_write(
            principal=principal,
            account=account,
            question=questions[code],
            values={"text": text, "source": source, "confidence": confidence},
        )
    for code, person, days in story.unknown:
        answer_write(
            principal=principal,
            account=account,
            question=questions[code],
            values={
                "text": "",
                "owner": members[person].user_id if person else None,
                "due": today + datetime.timedelta(days=days) if days else None,
            },
        )
    for code in sorted(ledger_answers(account=account, codes=story.from_ledger)):
        answer_take_from_ledger(principal=principal, account=account, question=questions[code])


def _objective(
    principal: Principal,
    account: Account,
    objective: Mapping[str, Any],
    factors: list[SuccessFactor],
    today: datetime.date,
) -> Objective:
    given = dict(objective)
    days = given.pop("days")
    serves = [factors[number].pk for number in given.pop("serves", ())]
    return objective_create(
        principal=principal,
        values={
            "account": account.pk,
            "owner": principal.member.user_id,
            "target_date": today + datetime.timedelta(days=days),
            "success_factors": serves,
            **given,
        },
    )
