"""What other systems hold that a plan rests on, counted in one query (K32)."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, IntegerField, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Account, SuccessFactor
from buying_center.models import BuyingRole, Contact, ContactRole, SellingCenterMember
from opportunities.models import Opportunity
from planning.models import (
    AnswerState,
    Objective,
    ObjectiveStatus,
    ObjectiveType,
    OpenSpaceCell,
    OpenSpaceCellFactor,
    ReflectionAnswer,
    ReflectionQuestion,
    ValueItem,
)
from planning.selectors.reflection import COUNTED


@dataclass(frozen=True)
class Standing:
    """Counts of what is entered about one account outside of its plan. `reflection`: coverage, a ratio."""

    described: bool
    contacts: int
    deciders: int
    leads: int
    factors: int
    factors_with_evidence: int
    reflection: float
    retain: int
    grow: int
    horizons: int
    objectives: int
    objectives_measured: int
    potentials: int
    strategic_cells: int
    value_items: int
    value_confirmed: int
    opportunities: int
    opportunities_known: int


def plan_standing(account: Account) -> Standing:
    """Count what the plan of an account rests on. One query."""
    of = {"tenant_id": account.tenant_id, "account_id": account.pk}
    tenant = account.tenant_id
    factors = SuccessFactor.objects.filter(**of, state=SuccessFactor.State.OPEN)
    objectives = Objective.objects.filter(**of, status=ObjectiveStatus.OPEN)
    open_ones = Opportunity.objects.filter(**of, outcome="")
    value = ValueItem.objects.filter(**of, ended_on__isnull=True)
    counts = {
        "contacts": Contact.objects.filter(**of, left_on__isnull=True),
        "deciders": ContactRole.objects.filter(
            tenant_id=tenant,
            role=BuyingRole.DECIDER,
            contact__tenant_id=tenant,
            contact__account_id=account.pk,
            contact__left_on__isnull=True,
        ),
        "leads": SellingCenterMember.objects.filter(**of, is_lead=True),
        "factors": factors,
        "factors_with_evidence": factors.exclude(evidence=""),
        "retain": objectives.filter(type=ObjectiveType.RETAIN),
        "grow": objectives.filter(type=ObjectiveType.GROW),
        "objectives": objectives,
        "objectives_measured": objectives.exclude(Q(target_date__isnull=True) | Q(measure="")),
        "potentials": OpenSpaceCell.objects.filter(**of, potential__isnull=False),
        "strategic_cells": OpenSpaceCellFactor.objects.filter(
            tenant_id=tenant,
            cell__tenant_id=tenant,
            cell__account_id=account.pk,
            factor__tenant_id=tenant,
            factor__state=SuccessFactor.State.OPEN,
        ),
        "value_items": value,
        "value_confirmed": value.filter(confirmed_at__isnull=False),
        "opportunities": open_ones,
        "opportunities_known": open_ones.filter(amount__isnull=False, close_date__isnull=False),
        "answered": ReflectionAnswer.objects.filter(
            **of,
            state=AnswerState.ANSWERED,
            question__tenant_id=tenant,
            question__is_active=True,
            question__set__in=COUNTED,
        ),
        "questions": ReflectionQuestion.objects.filter(tenant_id=tenant, is_active=True, set__in=COUNTED),
    }
    rows: Any = (
        Account.objects.filter(tenant_id=tenant, pk=account.pk)
        .annotate(
            **{f"n_{name}": _count(rows) for name, rows in counts.items()},
            n_horizons=_count(objectives, Count("horizon", distinct=True)),
        )
        .values(*(f"n_{name}" for name in (*counts, "horizons")))
    )
    found: dict[str, Any] = {name.removeprefix("n_"): number for name, number in rows.get().items()}
    answered, questions = found.pop("answered"), found.pop("questions")
    return Standing(
        described=bool(account.industry and account.country),
        reflection=answered / questions if questions else 0.0,
        **found,
    )


def _count(rows: "QuerySet[Any, Any]", how: Any = None) -> Coalesce:
    counted = rows.order_by().values("tenant_id").annotate(counted=how or Count("pk")).values("counted")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
