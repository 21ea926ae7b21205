"""How complete a plan is, and what is missing where (K32): substance counts, filled boxes do not.

Each section has a few checks. Those about the plan's own words and rows are judged whenever the section is
written (`own_gaps`) and kept with it; those about other systems are counted when the plan is read, in one query.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from accounts.places import account_tab_url
from planning.models import (
    PEST,
    SWOT,
    ActionStatus,
    Plan,
    PlanInitiative,
    PlanReviewer,
    PlanSection,
    PlanTarget,
    Quadrant,
    SectionKey,
)
from planning.selectors.plan_layout import BY_KEY, SECTIONS, SectionSpec
from planning.selectors.plan_standing import Standing
from planning.selectors.plan_substance import says

Rows = Sequence[Any]
_UNDER_WAY = (ActionStatus.OPEN, ActionStatus.DOING)


@dataclass(frozen=True)
class Own:
    """A check of what stands in the plan itself. `anchor`: where in the section it is filled in."""

    code: str
    words: str
    holds: Callable[[str, Rows], bool]
    anchor: str = "rows"


@dataclass(frozen=True)
class Live:
    """A check of what another system knows; it is filled in on the account's `tab`."""

    code: str
    words: str
    holds: Callable[[Standing], bool]
    tab: str


@dataclass(frozen=True)
class Gap:
    """One missing piece, in words, with the address where it is filled in."""

    code: str
    words: str
    url: str


@dataclass(frozen=True)
class SectionMark:
    """How far one section is: `done` of `total` checks hold."""

    spec: SectionSpec
    done: int
    total: int
    gaps: tuple[Gap, ...]

    @property
    def score(self) -> float:
        """Ratio of the checks that hold."""
        return self.done / self.total

    @property
    def state(self) -> str:
        """full, part or none."""
        if self.done == self.total:
            return "full"
        return "part" if self.done else "none"


def _text(words: int, say: str) -> Own:
    return Own("text", say, lambda text, rows: says(text, words), "text")


def _some(code: str, say: str, holds: Callable[[Any], bool], at_least: int = 1) -> Own:
    return Own(code, say, lambda text, rows: sum(bool(holds(row)) for row in rows) >= at_least)


def _all(
    code: str, say: str, holds: Callable[[Any], bool], of: Callable[[Any], bool] = lambda row: True
) -> Own:
    """Every row (that `of` chooses) holds, and there is one."""

    def every(text: str, rows: Rows) -> bool:
        chosen = [row for row in rows if of(row)]
        return bool(chosen) and all(holds(row) for row in chosen)

    return Own(code, say, every)


def _quadrants(quadrants: tuple[Quadrant, ...]) -> tuple[Own, ...]:
    def check(quadrant: Quadrant) -> Own:
        return _some(
            quadrant.value,
            f"Name something under “{quadrant.label}”.",
            lambda row: row.quadrant == quadrant and says(row.text, 2),
        )

    return tuple(check(quadrant) for quadrant in quadrants)


def _open(row: Any) -> bool:
    return row.status in _UNDER_WAY


def _owned(row: Any) -> bool:
    return row.owner_id is not None and row.due_on is not None


CHECKS: dict[SectionKey, tuple[Own | Live, ...]] = {
    SectionKey.SUMMARY: (_text(15, "Say in three to five sentences where this account goes and why."),),
    SectionKey.PROFILE: (
        _text(12, "Say what the customer does, how it earns its money and what is changing."),
        Live("industry", "Enter the customer’s industry and country.", lambda s: s.described, "edit"),
    ),
    SectionKey.BUYING_CENTRE: (
        Live("contacts", "Name at least two people at the customer.", lambda s: s.contacts >= 2, "people"),
        Live("decider", "Name who decides.", lambda s: s.deciders >= 1, "people"),
        Live("lead", "Name the lead key account manager.", lambda s: s.leads == 1, "team"),
    ),
    SectionKey.SWOT: (
        *_quadrants(SWOT),
        Own(
            "evidence",
            "Say for at least half of the entries how we know.",
            lambda text, rows: bool(rows) and sum(says(row.evidence, 1) for row in rows) * 2 >= len(rows),
        ),
    ),
    SectionKey.PEST: (
        _text(8, "Write down the customer’s strategy for the long run."),
        *_quadrants(PEST),
    ),
    SectionKey.SUCCESS_FACTORS: (
        Live("count", "Name two to five success factors.", lambda s: 2 <= s.factors <= 5, "strategy"),
        Live(
            "evidence",
            "Say of each success factor how we know.",
            lambda s: s.factors > 0 and s.factors_with_evidence == s.factors,
            "strategy",
        ),
    ),
    SectionKey.REFLECTION: (
        Live("coverage", "Answer at least half of the questions.", lambda s: s.reflection >= 0.5, "strategy"),
        _text(8, "Say what follows from the answers."),
    ),
    SectionKey.OBJECTIVES: (
        Live("retain", "Set an objective to retain.", lambda s: s.retain > 0, "strategy"),
        Live("grow", "Set an objective to grow.", lambda s: s.grow > 0, "strategy"),
        Live("horizons", "Set objectives for all three horizons.", lambda s: s.horizons == 3, "strategy"),
        Live(
            "dated",
            "Give every objective a date and a measure.",
            lambda s: s.objectives > 0 and s.objectives_measured == s.objectives,
            "strategy",
        ),
    ),
    SectionKey.OPEN_SPACE: (
        Live("potential", "Enter what the customer could buy.", lambda s: s.potentials > 0, "open_space"),
        Live("served", "Link a cell to a success factor.", lambda s: s.strategic_cells > 0, "open_space"),
        _text(8, "Say which cells come first, and why."),
    ),
    SectionKey.VALUE: (
        _text(12, "Write the value proposition for this customer."),
        Live("items", "Enter what we do for this customer.", lambda s: s.value_items > 0, "value"),
        Live("confirmed", "Have the customer confirm a gain.", lambda s: s.value_confirmed > 0, "value"),
    ),
    SectionKey.OPPORTUNITIES: (
        Live("open", "Enter an opportunity.", lambda s: s.opportunities > 0, "opportunities"),
        Live(
            "dated",
            "Give every opportunity an amount and a date.",
            lambda s: s.opportunities > 0 and s.opportunities_known == s.opportunities,
            "opportunities",
        ),
    ),
    SectionKey.INITIATIVES: (
        _some(
            "solution",
            "Name an initiative of the customer with a possible solution.",
            lambda row: says(row.text, 2) and says(row.solution, 2),
        ),
        _some(
            "validated",
            "Validate one with the customer.",
            lambda row: row.status != PlanInitiative.Status.TO_VALIDATE and says(row.validated_with, 1),
        ),
    ),
    SectionKey.ACTIONS: (
        _some("three", "Name at least three actions.", lambda row: says(row.text, 2), 3),
        _all("owned", "Give every open action an owner and a date.", _owned, _open),
        _some("objective", "Link an action to an objective.", lambda row: row.objective_id is not None),
    ),
    SectionKey.NEXT_STEPS: (
        _some(
            "owned", "Name a next step with owner and date.", lambda row: says(row.text, 2) and _owned(row)
        ),
        _some(
            "counterpart",
            "Name a next step with somebody at the customer.",
            lambda row: says(row.counterpart, 1),
        ),
    ),
    SectionKey.MEETINGS: (
        _some("goal", "Prepare a meeting with a goal.", lambda row: says(row.goal, 3)),
        _some(
            "questions",
            "Prepare two or three deep questions.",
            lambda row: sum(says(question, 3) for question in row.questions) >= 2,
        ),
        _some("learn", "Say what we want to learn.", lambda row: says(row.to_learn, 2)),
    ),
    SectionKey.PROGRESS_MEETINGS: (
        _some(
            "attended",
            "Set a progress meeting with its day and who attends.",
            lambda row: row.held_on is not None and says(row.attendees, 1),
        ),
    ),
    SectionKey.RISKS: (
        _some(
            "answer",
            "Name a risk with what we do about it.",
            lambda row: says(row.text, 2) and says(row.answer, 2),
        ),
        _all("judged", "Judge likelihood and impact of every risk.", lambda row: row.weight is not None),
    ),
    SectionKey.RESOURCES: (
        _some(
            "needed",
            "Say what the plan needs, how much and from whom.",
            lambda row: (
                says(row.text, 1)
                and says(row.provider, 1)
                and (row.days is not None or row.amount is not None)
            ),
        ),
    ),
    SectionKey.TARGETS: (
        _some(
            "sales",
            "Set a sales target for a fiscal year.",
            lambda row: row.measure == PlanTarget.Measure.NET_SALES,
        ),
        _some(
            "margin",
            "Set a margin target too.",
            lambda row: row.measure != PlanTarget.Measure.NET_SALES,
        ),
        _text(5, "Say what the targets rest on."),
    ),
    SectionKey.REVIEWERS: (
        _text(2, "Say how often the plan is reviewed."),
        _some("ours", "Name a reviewer with us.", lambda row: row.side == PlanReviewer.Side.OURS),
        _some(
            "customer", "Name a reviewer at the customer.", lambda row: row.side == PlanReviewer.Side.CUSTOMER
        ),
    ),
}


def own_gaps(key: str, text: str, rows: Rows) -> tuple[float | None, list[str]]:
    """Score (a ratio) and codes of what is missing, of a section's own words and rows; None without own checks."""
    checks = [check for check in CHECKS[SectionKey(key)] if isinstance(check, Own)]
    missing = [check.code for check in checks if not check.holds(text, rows)]
    return ((1 - len(missing) / len(checks)) if checks else None), missing


def section_marks(plan: Plan, sections: Mapping[str, PlanSection], standing: Standing) -> list[SectionMark]:
    """The marks of all sections in their order. No query."""
    marks = []
    for spec in SECTIONS:
        stored = sections.get(spec.key.value)
        missing = set(stored.missing) if stored else set()
        gaps = []
        for check in CHECKS[spec.key]:
            holds = check.code not in missing if isinstance(check, Own) else check.holds(standing)
            if not holds:
                gaps.append(Gap(check.code, check.words, _url(plan, spec, check)))
        total = len(CHECKS[spec.key])
        marks.append(SectionMark(spec, total - len(gaps), total, tuple(gaps)))
    return marks


def completeness(marks: Sequence[SectionMark]) -> float:
    """Completeness of a plan: the mean of its sections, a ratio."""
    return sum(mark.score for mark in marks) / len(marks)


def _url(plan: Plan, spec: SectionSpec, check: Own | Live) -> str:
    if isinstance(check, Live):
        if check.tab == "edit":
            return reverse("accounts:account_edit", args=[plan.account_id])
        found = account_tab_url(check.tab, plan.account_id)
        if found:
            return found
    anchor = check.anchor if isinstance(check, Own) else "section"
    return f"{section_url(plan, spec.key.value)}#{anchor}"


def section_url(plan: Plan, key: str) -> str:
    """The address of one section of a plan, where it is written."""
    return f"{reverse('planning:plan_detail', args=[plan.pk])}?section={BY_KEY[key].key.value}"
