"""What a plan's page says first: one sentence that is true of this plan (LOOK §1)."""

from collections.abc import Sequence
from dataclasses import dataclass

from kam.common.formatting import date, percent, plural
from planning.models import Plan, PlanState
from planning.selectors.plan_gaps import SectionMark, completeness


@dataclass(frozen=True)
class Work:
    """Actions and next steps of a plan: all, done, overdue."""

    total: int
    done: int
    late: int


def plan_finding(plan: Plan, marks: Sequence[SectionMark], *, comments: int, work: Work) -> str:
    """What matters about the plan in its state."""
    share = percent(completeness(marks), decimals=0)
    match plan.state:
        case PlanState.DRAFT:
            weakest = min(marks, key=lambda mark: mark.score)
            if all(mark.state == "full" for mark in marks):
                return "Everything is there. Submit the plan for approval."
            if completeness(marks) == 0:
                return "Nothing is written yet. Begin with what you know best."
            said = f"; {plural(comments, 'comment')} to settle" if comments else ""
            return f"{share} of this plan has substance{said}. “{weakest.spec.short}” needs you most."
        case PlanState.IN_REVIEW:
            who = plan.submitted_by.user.display_name if plan.submitted_by else "Somebody"
            when = date(plan.submitted_at)
            return f"{who} asked for approval on {when}; {share} of the plan has substance."
        case PlanState.APPROVED:
            who = plan.approved_by.user.display_name if plan.approved_by else "Somebody"
            return f"{who} approved this plan on {date(plan.approved_at)}. Activate it to begin."
        case PlanState.ACTIVE:
            if not work.total:
                return "This plan is active, and it names nothing to do."
            late = (
                f", {work.late} {'is' if work.late == 1 else 'are'} late" if work.late else ", none is late"
            )
            verb = "is" if work.done == 1 or work.total == 1 else "are"
            return f"{work.done} of {plural(work.total, 'action')} {verb} done{late}."
    return f"A newer plan took this one’s place on {date(plan.superseded_at)}."


def waiting_finding(plans: Sequence[Plan]) -> str:
    """What the plans that wait for one person say together; the decisions first."""
    asked = sum(plan.state == PlanState.IN_REVIEW for plan in plans)
    back = sum(plan.state == PlanState.DRAFT for plan in plans)
    ready = len(plans) - asked - back
    if asked:
        return f"{plural(asked, 'plan')} {'waits' if asked == 1 else 'wait'} for your approval"
    if back:
        return f"{plural(back, 'plan')} of yours came back"
    return f"{plural(ready, 'plan')} of yours {'is' if ready == 1 else 'are'} approved and can begin"
