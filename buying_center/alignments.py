"""The three alignments of an account and which of them is the weakest (K11, Le Bon & Herman ch. 1, fig. 1.5).

Each is scored where its rows live: an app above this one registers its reader in `AppConfig.ready()`. One that
nobody registered, or that has nothing to score yet, is not known: never 0.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accounts.models import Account
from kam.tenancy.access import Principal

INTERFACES, CONNECTIONS, SALES_PROCESS = "interfaces", "connections", "sales_process"
LABELS = {
    INTERFACES: "Interfaces",
    CONNECTIONS: "Connections",
    SALES_PROCESS: "Sales process",
}
CHOICES = list(LABELS.items())
WHAT = {
    INTERFACES: "Functions that work together",
    CONNECTIONS: "People who know each other",
    SALES_PROCESS: "Resources where a deal needs them",
}


@dataclass(frozen=True)
class AlignmentScore:
    """One alignment. `score` 0–1, None = not known. `reason` is a sentence; `act` and `url` lead to where it is
    mended."""

    score: float | None
    reason: str
    act: str = ""
    url: str = ""


@dataclass(frozen=True)
class Alignment:
    """A score with its place among the three."""

    key: str
    label: str
    what: str
    found: AlignmentScore
    is_weakest: bool = False

    @property
    def score(self) -> float | None:
        return self.found.score

    @property
    def score_width(self) -> str:
        """The score as the width of its bar, in percent."""
        return f"{(self.found.score or 0) * 100:.1f}"


Reader = Callable[[Principal, Account], AlignmentScore]
_readers: dict[str, Reader] = {}


def register_alignment(key: str, reader: Reader) -> None:
    """Let `reader(principal, account)` score one of the three; the same key again replaces it. The account is
    visible to the principal."""
    assert key in LABELS, f"Expected one of {', '.join(LABELS)}."
    _readers[key] = reader


_NOTHING = {
    CONNECTIONS: "No connection has been checked yet.",
    SALES_PROCESS: "No open opportunity has its resources planned yet.",
}


def alignments(principal: Principal, account: Account) -> list[Alignment]:
    """All three, the weakest first, what is not known last."""
    found = []
    for key, label in LABELS.items():
        reader = _readers.get(key)
        score = (
            reader(principal, account)
            if reader is not None
            else AlignmentScore(None, _NOTHING.get(key, "Not known yet."))
        )
        found.append(Alignment(key, label, WHAT[key], score))
    return ranked(found)


def ranked(found: Sequence[Alignment]) -> list[Alignment]:
    """By score from below; the first is the weakest where it is known and something is left to mend."""
    known = sorted(
        (one for one in found if one.score is not None),
        key=lambda one: one.score or 0.0,
    )
    rest = [one for one in found if one.score is None]
    if known and (known[0].score or 0.0) < 1.0:
        first = known[0]
        known[0] = Alignment(first.key, first.label, first.what, first.found, is_weakest=True)
    return known + rest


def weakest(found: Sequence[Alignment]) -> Alignment | None:
    """The one to mend; None where nothing is known or nothing is wanting."""
    return next((one for one in found if one.is_weakest), None)
