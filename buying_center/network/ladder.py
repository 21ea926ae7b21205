"""The customer's rung of the relationship ladder from what several of its people say, and the gap to ours (K9)."""

from collections.abc import Iterable, Sequence

RUNGS = ("exploratory", "basic", "cooperative", "interdependent", "integrated")
# An answer counts for a year.
ANSWER_MONTHS = 12


def lower_median(rungs: Iterable[str]) -> str:
    """The middle rung, of two middle ones the lower: suppliers over-estimate, so doubt counts against us.

    "" of nothing.
    """
    places = sorted(RUNGS.index(rung) for rung in rungs)
    return RUNGS[places[(len(places) - 1) // 2]] if places else ""


def latest_of_each(answers: Sequence[tuple[str, str]]) -> list[str]:
    """The last rung that each respondent named; `answers`: (respondent, rung), the oldest first."""
    return list(dict(answers).values())


def perception_gap(ours: str, theirs: str) -> int | None:
    """Ours − theirs in steps: above 0 we think better of it than they do. None with `ending` or without a view."""
    if ours not in RUNGS or theirs not in RUNGS:
        return None
    return RUNGS.index(ours) - RUNGS.index(theirs)
