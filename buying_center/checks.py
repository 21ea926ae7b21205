"""A rule that somebody can see kept or broken, with what to do about it (K10, K11)."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One rule. `passed` None = it does not apply here, or nothing is known yet; then it does not count.

    `words` say what is true ("Nobody is the sponsor."), `reason` why it matters, `act` the button's verb and
    object, `url` where that is done.
    """

    key: str
    passed: bool | None
    words: str
    reason: str = ""
    act: str = ""
    url: str = ""


def score(checks: Iterable[Check]) -> float | None:
    """Passed checks / all that apply, 0–1 (K11); None where none applies."""
    counted = [check.passed for check in checks if check.passed is not None]
    return sum(counted) / len(counted) if counted else None
