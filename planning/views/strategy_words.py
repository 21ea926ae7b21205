"""What the strategy page says before it shows anything (LOOK §1): computed sentences."""

from collections.abc import Sequence

from django.utils import timezone

from accounts.models import SuccessFactor
from accounts.selectors.success_factors import FEWEST, MOST, reviews_due, success_factor_warning
from kam.common import formatting
from planning.models import Objective, ObjectiveStatus
from planning.selectors.reflection import Coverage, SetState

_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five")


def strategy_finding(
    *, factors: Sequence[SuccessFactor], missing: Sequence[str], coverage: Coverage, unknown: int
) -> str:
    """The page's sentence: the first thing that keeps this account from being understood."""
    open_questions = coverage.total - coverage.answered
    if not factors and not coverage.answered:
        return "Nothing is written down yet about what decides this customer’s success."
    if len(factors) < FEWEST or len(factors) > MOST:
        return success_factor_warning(len(factors))
    due = reviews_due(factors)
    known = f"{coverage.answered} of {coverage.total} questions are answered"
    if due:
        waits = "one waits" if due == 1 else f"{due} wait"
        return f"{count_word(len(factors))} success factors are named, {waits} for review; {known}."
    if missing:
        return f"{known[:1].upper()}{known[1:]}, but no objective says how we {' and '.join(missing)} this account."
    if unknown:
        return (
            f"{known[:1].upper()}{known[1:]}; {formatting.plural(unknown, 'thing')} we know we do not know."
        )
    if open_questions:
        return f"{count_word(len(factors))} success factors decide; {known}."
    return f"{count_word(len(factors))} success factors decide, and every question is answered."


def factors_finding(factors: Sequence[SuccessFactor]) -> str:
    """Heading of the card of success factors."""
    warning = success_factor_warning(len(factors))
    if warning:
        return warning
    due = reviews_due(factors)
    word = count_word(len(factors))
    if due == len(factors):
        return f"{word} factors decide; none was reviewed this quarter"
    if due:
        reviews = "one review is" if due == 1 else f"{count_word(due).lower()} reviews are"
        return f"{word} factors decide; {reviews} due"
    return f"{word} factors decide, all reviewed this quarter"


def objectives_finding(objectives: Sequence[Objective], missing: Sequence[str], is_key: bool) -> str:
    """Heading of the board: a key account carries retain and grow (K5)."""
    there = [objective for objective in objectives if objective.status == ObjectiveStatus.OPEN]
    if not there and not is_key:
        return "No objective is open"
    if missing:
        return f"This key account has no objective to {' or to '.join(missing)}"
    late = [objective for objective in there if is_late(objective)]
    if late:
        return (
            f"{count_word(len(late))} {'objective is' if len(late) == 1 else 'objectives are'} past the date"
        )
    return f"{count_word(len(there))} open {'objective' if len(there) == 1 else 'objectives'} over three horizons"


def is_late(objective: Objective) -> bool:
    """Whether an open objective is past its date."""
    return (
        objective.status == ObjectiveStatus.OPEN
        and objective.target_date is not None
        and objective.target_date < timezone.localdate()
    )


def set_finding(state: SetState) -> str:
    """The sentence of one set of questions."""
    coverage = state.coverage
    if coverage.answered == coverage.total:
        return f"All {coverage.total} questions are answered."
    if not coverage.answered:
        return f"None of {coverage.total} questions is answered yet."
    rest = coverage.total - coverage.answered
    return f"{coverage.answered} of {coverage.total} questions are answered, {rest} to go."


def count_word(count: int) -> str:
    """Small numbers as words at the start of a sentence."""
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)
