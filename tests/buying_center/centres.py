"""Small centres in one line: people by name, lines as "anna>bo 3", ties as "us>anna 4"."""

import datetime

from buying_center.network import Centre, Line, Ours, Someone, Tie

TODAY = datetime.date(2026, 3, 1)


def centre(
    people: dict[str, dict], lines: str = "", ties: str = "", ours: tuple[str, ...] = ("nora",)
) -> Centre:
    """Names are ids. A line is `from>to strength topic`, with `x` in place of `>` a conflict."""
    drawn = []
    for text in filter(None, (part.strip() for part in lines.split(","))):
        ends, strength, *topic = text.split()
        mark = ">" if ">" in ends else "x"
        source, target = ends.split(mark)
        drawn.append(Line(source, target, int(strength), " ".join(topic), is_conflict=mark == "x"))
    known = []
    for text in filter(None, (part.strip() for part in ties.split(","))):
        ends, strength = text.split()
        member, who = ends.split(">")
        known.append(Tie(member, who, int(strength)))
    return Centre(
        today=TODAY,
        people=tuple(
            Someone(
                id=name,
                name=name.title(),
                **{
                    key: frozenset(value.split()) if key == "roles" else value for key, value in facts.items()
                },
            )
            for name, facts in people.items()
        ),
        lines=tuple(drawn),
        ours=tuple(Ours(name, name.title()) for name in ours),
        ties=tuple(known),
    )
