"""What each section of a plan is for and is made of: one description for forms, REST, documents and comparison.

Sections as in K32 with the fields of BANK H3 (Le Bon & Herman ch. 2; Brown).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from planning.models import (
    PEST,
    SWOT,
    PlanAction,
    PlanEntry,
    PlanInitiative,
    PlanMeeting,
    PlanResource,
    PlanReviewer,
    PlanRisk,
    PlanRow,
    PlanState,
    PlanTarget,
    Quadrant,
    SectionKey,
)


@dataclass(frozen=True)
class RowField:
    """A field of a section's rows.

    `kind`: text, long, list (one entry per line), choice, day, member (user id), objective (id), money, whole.
    `width` is how much of the form's twelve columns it takes.
    """

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    width: int = 12
    hint: str = ""

    def model_field(self, model: type[PlanRow]) -> Any:
        return model._meta.get_field(self.name)


@dataclass(frozen=True)
class RowKind:
    """The rows of a section. `fixed` tells rows of one table apart that belong to two sections.

    `living`: rows that go on being kept after approval (what was done, what came of a meeting).
    """

    model: type[PlanRow]
    noun: str
    fields: tuple[RowField, ...]
    fixed: tuple[tuple[str, str], ...] = ()
    living: bool = False
    quadrants: tuple[Quadrant, ...] = ()

    def field(self, name: str) -> RowField:
        return next(field for field in self.fields if field.name == name)


@dataclass(frozen=True)
class SectionSpec:
    """A section: its group, what it is for, what its text should say ("" = it has no text), its rows.

    `live`: it also shows what other systems know, read when it is shown and kept in a version.
    `tab`: the account's page where that is entered.
    """

    key: SectionKey
    group: str
    purpose: str
    text: str = ""
    rows: RowKind | None = None
    live: bool = False
    tab: str = ""

    @property
    def title(self) -> str:
        return str(self.key.label)

    @property
    def short(self) -> str:
        """The title where there is little room."""
        return SHORT.get(self.key, self.title)


SHORT = {
    SectionKey.SWOT: "SWOT",
    SectionKey.PEST: "World and strategy",
    SectionKey.SUCCESS_FACTORS: "Success factors",
    SectionKey.REFLECTION: "Reflection",
    SectionKey.INITIATIVES: "Initiatives",
    SectionKey.ACTIONS: "Actions",
    SectionKey.PROGRESS_MEETINGS: "Progress meetings",
    SectionKey.TARGETS: "Targets",
    SectionKey.REVIEWERS: "Reviewers",
}
STAND, MATTERS, GROW, DO, TAKES = (
    "Where we stand",
    "What matters",
    "Where to grow",
    "What we do",
    "What it takes",
)


def _board(quadrants: tuple[Quadrant, ...]) -> RowKind:
    return RowKind(
        PlanEntry,
        "entry",
        (
            RowField("quadrant", "Quadrant", "choice", required=True, width=4),
            RowField("text", "What", required=True, width=12),
            RowField("evidence", "How we know", width=12),
        ),
        quadrants=quadrants,
    )


def _actions(section: SectionKey, noun: str, *, counterpart: bool) -> RowKind:
    fields = [
        RowField("text", "What", required=True),
        RowField("owner", "Owner", "member", width=4),
        RowField("due_on", "Due", "day", width=4),
        RowField("status", "Status", "choice", width=4),
        RowField("objective", "Objective", "objective", width=6),
    ]
    if counterpart:
        fields.insert(2, RowField("counterpart", "With, at the customer", width=6))
    return RowKind(PlanAction, noun, tuple(fields), fixed=(("section", section.value),), living=True)


_MEETINGS = RowKind(
    PlanMeeting,
    "meeting",
    (
        RowField("title", "Meeting", required=True, width=8),
        RowField("held_on", "Day", "day", width=4),
        RowField("attendees", "Who attends", width=12),
        RowField("goal", "Goal", "long"),
        RowField("questions", "Two or three deep questions", "list", hint="One per line."),
        RowField("to_learn", "What we want to learn", "long"),
        RowField("outcome", "What came of it", "long"),
        RowField("next_steps", "Next steps", "long"),
    ),
    fixed=(("section", SectionKey.MEETINGS.value),),
    living=True,
)
_PROGRESS = RowKind(
    PlanMeeting,
    "progress meeting",
    (
        RowField("title", "Meeting", required=True, width=8),
        RowField("held_on", "Day", "day", width=4),
        RowField("attendees", "Who attends", hint="Senior managers included."),
        RowField("goal", "What is looked at", "long"),
        RowField("outcome", "What came of it", "long"),
        RowField("next_steps", "Next steps", "long"),
    ),
    fixed=(("section", SectionKey.PROGRESS_MEETINGS.value),),
    living=True,
)
_RISKS = RowKind(
    PlanRisk,
    "risk",
    (
        RowField("text", "What could go wrong", required=True),
        RowField("likelihood", "Likelihood, 1–5", "whole", width=3),
        RowField("impact", "Impact, 1–5", "whole", width=3),
        RowField("owner", "Owner", "member", width=3),
        RowField("status", "Status", "choice", width=3),
        RowField("answer", "What we do about it"),
    ),
)
_RESOURCES = RowKind(
    PlanResource,
    "resource",
    (
        RowField("text", "What is needed", required=True),
        RowField("kind", "Kind", "choice", width=3),
        RowField("days", "Days per year", "whole", width=3),
        RowField("amount", "Money per year", "money", width=3),
        RowField("status", "Status", "choice", width=3),
        RowField("provider", "From whom", width=6),
    ),
)
_TARGETS = RowKind(
    PlanTarget,
    "target",
    (
        RowField("year", "Fiscal year", "whole", required=True, width=3, hint="Named after its first month."),
        RowField("measure", "Measure", "choice", width=4),
        RowField("amount", "Target", "money", required=True, width=5),
        RowField("note", "What it rests on"),
    ),
)
_INITIATIVES = RowKind(
    PlanInitiative,
    "initiative",
    (
        RowField("text", "Initiative of the customer", required=True),
        RowField("solution", "Possible solution"),
        RowField("status", "Status", "choice", width=4),
        RowField("validated_with", "Validated with", width=5),
        RowField("validated_on", "On", "day", width=3),
    ),
)
_REVIEWERS = RowKind(
    PlanReviewer,
    "reviewer",
    (
        RowField("name", "Name", required=True, width=5),
        RowField("function", "Function", width=4),
        RowField("side", "Side", "choice", width=3),
        RowField("looks_at", "What they look at"),
    ),
)

SECTIONS: tuple[SectionSpec, ...] = (
    SectionSpec(
        SectionKey.SUMMARY,
        STAND,
        "The whole plan for somebody who has one minute.",
        text="Where does this account go, why, and what do we ask for? Three to five sentences.",
    ),
    SectionSpec(
        SectionKey.PROFILE,
        STAND,
        "Who this customer is, and what we earn with it.",
        text="What does the customer do, how does it earn its money, what is changing?",
        live=True,
    ),
    SectionSpec(
        SectionKey.BUYING_CENTRE,
        STAND,
        "Who decides, who advises, who is for us, and who looks after whom.",
        text="How is a decision made here, and whom do we not reach yet?",
        live=True,
        tab="people",
    ),
    SectionSpec(
        SectionKey.SWOT,
        STAND,
        "What we are good and bad at with this customer, and what comes towards us.",
        rows=_board(SWOT),
    ),
    SectionSpec(
        SectionKey.PEST,
        STAND,
        "What moves the customer's world, and where the customer wants to be in the long run.",
        text="The customer's strategy for the long run, in its own terms.",
        rows=_board(PEST),
    ),
    SectionSpec(
        SectionKey.SUCCESS_FACTORS,
        MATTERS,
        "The two to five things that must go right for the customer.",
        text="What do they mean for us?",
        live=True,
        tab="strategy",
    ),
    SectionSpec(
        SectionKey.REFLECTION,
        MATTERS,
        "What we know about the customer's market, competition and our position.",
        text="What follows from the answers? Name the two or three insights that change what we do.",
        live=True,
        tab="strategy",
    ),
    SectionSpec(
        SectionKey.OBJECTIVES,
        MATTERS,
        "What we want to reach in the short, medium and long term.",
        text="Why these objectives, and what is left out on purpose?",
        live=True,
        tab="strategy",
    ),
    SectionSpec(
        SectionKey.OPEN_SPACE,
        GROW,
        "What the customer buys, could buy, and where nobody serves it.",
        text="Which cells do we go for first, and why?",
        live=True,
        tab="open_space",
    ),
    SectionSpec(
        SectionKey.VALUE,
        GROW,
        "Why the customer should work with us rather than with anybody else.",
        text="The value proposition for this customer: what it gains, how we prove it, and for whom there.",
        live=True,
        tab="value",
    ),
    SectionSpec(
        SectionKey.OPPORTUNITIES,
        GROW,
        "What is being sold now.",
        text="Which of them decide the year?",
        live=True,
        tab="opportunities",
    ),
    SectionSpec(
        SectionKey.INITIATIVES,
        GROW,
        "What the customer plans, what we could offer for it, and whether they agree.",
        rows=_INITIATIVES,
    ),
    SectionSpec(
        SectionKey.ACTIONS,
        DO,
        "The strategies, and what is done for them by whom until when.",
        text="The strategies in a few sentences each.",
        rows=_actions(SectionKey.ACTIONS, "action", counterpart=False),
    ),
    SectionSpec(
        SectionKey.NEXT_STEPS,
        DO,
        "The next few steps, with people of both sides.",
        rows=_actions(SectionKey.NEXT_STEPS, "next step", counterpart=True),
    ),
    SectionSpec(
        SectionKey.MEETINGS,
        DO,
        "Meetings worth preparing: a goal, two or three deep questions, something to learn.",
        rows=_MEETINGS,
    ),
    SectionSpec(
        SectionKey.PROGRESS_MEETINGS,
        DO,
        "When both sides look at progress together, senior managers included.",
        rows=_PROGRESS,
    ),
    SectionSpec(SectionKey.RISKS, TAKES, "What could go wrong, and what we do about it.", rows=_RISKS),
    SectionSpec(
        SectionKey.RESOURCES, TAKES, "People, money and other things that the plan needs.", rows=_RESOURCES
    ),
    SectionSpec(
        SectionKey.TARGETS,
        TAKES,
        "What we want to earn in each fiscal year, beside what the ledger says.",
        text="What the targets rest on.",
        rows=_TARGETS,
        live=True,
    ),
    SectionSpec(
        SectionKey.REVIEWERS,
        TAKES,
        "Who looks at this plan, with us and at the customer, and how often.",
        text="The rhythm of reviews.",
        rows=_REVIEWERS,
    ),
)
BY_KEY: dict[str, SectionSpec] = {spec.key.value: spec for spec in SECTIONS}
ROW_KINDS: tuple[type[PlanRow], ...] = (
    PlanEntry,
    PlanAction,
    PlanMeeting,
    PlanRisk,
    PlanResource,
    PlanTarget,
    PlanInitiative,
    PlanReviewer,
)


def groups() -> list[tuple[str, list[SectionSpec]]]:
    """The sections by group, in the order of reading."""
    found: dict[str, list[SectionSpec]] = {}
    for spec in SECTIONS:
        found.setdefault(spec.group, []).append(spec)
    return list(found.items())


def section_of(model: type[Any], values: Mapping[str, Any]) -> str:
    """The key of the section that a row with these values stands in. Raises ValueError for other models."""
    for spec in SECTIONS:
        kind = spec.rows
        if (
            kind is not None
            and kind.model is model
            and all(values.get(name) == value for name, value in kind.fixed)
            and (not kind.quadrants or values.get("quadrant") in kind.quadrants)
        ):
            return spec.key.value
    raise ValueError(f"A row of {model.__name__} stands in no section.")


def may_write(spec: SectionSpec, state: str, *, row: bool) -> bool:
    """Whether a section can be written in a plan of this state.

    All of a draft; of an approved or active plan only what goes on (actions done, meetings held), because what
    was approved is what was signed. Nothing while somebody reviews it, and nothing once it is superseded.
    """
    if state == PlanState.DRAFT:
        return True
    living = spec.rows is not None and spec.rows.living
    return row and living and state in (PlanState.APPROVED, PlanState.ACTIVE)


def writable_keys(state: str) -> Sequence[str]:
    """Keys of the sections in which at least something can be written."""
    return [spec.key.value for spec in SECTIONS if may_write(spec, state, row=True)]
