"""Reads of the analysis grids, of one member or rolled up by role group (K15)."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from buying_center.models import (
    BuyingRole,
    ContactAction,
    GridColumn,
    GridEntry,
    NeedChain,
    PerceivedRisk,
)
from buying_center.selectors.people import of_visible_contacts
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id

# The four grids of figs 2.3–2.6: who counts to which.
GROUPS: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("buyers", "Buyers", frozenset({BuyingRole.BUYER})),
    ("users", "Users", frozenset({BuyingRole.USER})),
    ("deciders", "Deciders", frozenset({BuyingRole.DECIDER})),
    (
        "promoters",
        "Promoters",
        frozenset({BuyingRole.INFLUENCER, BuyingRole.ADVISOR, BuyingRole.FACILITATOR}),
    ),
)


@dataclass
class Analysis:
    """The rows of one or several members' grids."""

    entries: list[GridEntry] = field(default_factory=list)
    needs: list[NeedChain] = field(default_factory=list)
    risks: list[PerceivedRisk] = field(default_factory=list)
    actions: list[ContactAction] = field(default_factory=list)

    def column(self, column: str) -> list[GridEntry]:
        return [entry for entry in self.entries if entry.column == column]

    @property
    def is_empty(self) -> bool:
        return not (self.entries or self.needs or self.risks or self.actions)


def analysis_visible(model: type[Any], principal: Principal) -> "QuerySet[Any, Any]":
    """Rows of one kind whose contact's account this member may see."""
    return of_visible_contacts(model.objects.select_related("contact__person"), principal)


def analysis_of(contact_ids: Iterable[uuid.UUID | str]) -> dict[str, Analysis]:
    """The grids of several contacts, by contact id as text; four queries, whatever their number.

    The caller has proved that the contacts are visible.
    """
    ids, tenant_id = list(contact_ids), current_tenant_id()
    found: dict[str, Analysis] = defaultdict(Analysis)
    for entry in GridEntry.objects.filter(tenant_id=tenant_id, contact_id__in=ids).order_by("id"):
        found[str(entry.contact_id)].entries.append(entry)
    for need in NeedChain.objects.filter(tenant_id=tenant_id, contact_id__in=ids).order_by("id"):
        found[str(need.contact_id)].needs.append(need)
    risks = PerceivedRisk.objects.filter(tenant_id=tenant_id, contact_id__in=ids)
    for risk in sorted(risks, key=lambda risk: (-risk.probability * risk.consequence, risk.pk)):
        found[str(risk.contact_id)].risks.append(risk)
    actions = ContactAction.objects.filter(tenant_id=tenant_id, contact_id__in=ids)
    for action in actions.select_related("owner__user").order_by("done_on", "due", "id"):
        found[str(action.contact_id)].actions.append(action)
    return found


def merged(parts: Iterable[Analysis]) -> Analysis:
    """Several members' grids as one; risks the greatest first."""
    whole = Analysis()
    for part in parts:
        whole.entries += part.entries
        whole.needs += part.needs
        whole.risks += part.risks
        whole.actions += part.actions
    whole.risks.sort(key=lambda risk: (-risk.probability * risk.consequence, risk.pk))
    return whole


def heat(risks: Iterable[PerceivedRisk]) -> list[list[dict[str, Any]]]:
    """The 5 × 5 heat map: rows of consequence from 5 down, columns of probability from 1 up.

    Each cell: how many risks are in it, and its severity: low (product < 5), medium (< 12), high.
    """
    counts: dict[tuple[int, int], list[PerceivedRisk]] = defaultdict(list)
    for risk in risks:
        counts[risk.consequence, risk.probability].append(risk)
    return [
        [
            {
                "consequence": consequence,
                "probability": probability,
                "risks": counts[consequence, probability],
                "severity": severity(probability, consequence),
            }
            for probability in range(1, 6)
        ]
        for consequence in range(5, 0, -1)
    ]


def severity(probability: int, consequence: int) -> str:
    """low, medium or high, from probability × consequence (1–25)."""
    product = probability * consequence
    return "high" if product >= 12 else "medium" if product >= 5 else "low"


def need_stage(need: NeedChain) -> str:
    """How far a need has come: problem, implied or explicit."""
    return "explicit" if need.explicit_need else "implied" if need.implied_need else "problem"


@dataclass(frozen=True)
class StateCheck:
    """One check of the way from situational to relational (BANK E17)."""

    text: str
    is_done: bool


def state_checks(zones_judged: dict[str, bool], analysis: Analysis) -> list[StateCheck]:
    """The six checks of BANK E17 for one member: three zones judged, then expectations, benefits, rivals."""
    columns = {entry.column for entry in analysis.entries}
    tangible = bool(columns & {GridColumn.PREOCCUPATION_TANGIBLE, GridColumn.CONSEQUENCE_TANGIBLE})
    intangible = bool(columns & {GridColumn.PREOCCUPATION_INTANGIBLE, GridColumn.CONSEQUENCE_INTANGIBLE})
    expected = [
        entry
        for entry in analysis.entries
        if entry.column in (GridColumn.EXPECTATION_CURRENT, GridColumn.EXPECTATION_POSSIBLE)
    ]
    return [
        StateCheck("Power judged", zones_judged["power"]),
        StateCheck("Threat judged", zones_judged["threat"]),
        StateCheck("Receptiveness judged", zones_judged["receptive"]),
        StateCheck("Expectations and needs known", bool(expected) and bool(analysis.needs)),
        StateCheck("Tangible and intangible benefits worked out", tangible and intangible),
        StateCheck(
            "Competitive risk judged for every expectation",
            bool(expected) and all(entry.competitive_risk is not None for entry in expected),
        ),
    ]


def state_words(checks: list[StateCheck]) -> str:
    """Situational until the zones are known, relational once all six are done (K14)."""
    done = sum(check.is_done for check in checks)
    if done == len(checks):
        return "Relational"
    if not all(check.is_done for check in checks[:3]):
        return "Situational, not yet judged"
    return f"On the way to relational, {done} of {len(checks)}"
