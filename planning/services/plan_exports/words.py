"""What every export of a plan says the same way: its cover, its stamp, its file name (K32)."""

import datetime
import re
import unicodedata

from kam.common import formatting
from planning.models import PlanState, PlanVersion
from planning.selectors.plan_parts import Chart, PlanDocument, Section

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def clean(text: str) -> str:
    """Text without the control characters that XML refuses."""
    return _CONTROL.sub("", text)


def day(iso: str) -> str:
    """A day of a document as people read it."""
    return formatting.date(datetime.date.fromisoformat(iso[:10]))


def period(document: PlanDocument) -> str:
    """From when to when the plan goes."""
    return f"{day(document.starts_on)} to {day(document.ends_on)}"


def standing(document: PlanDocument) -> str:
    """Which state or version of the plan this is."""
    if document.version is not None:
        reason = PlanVersion.Reason(document.version_reason).label.lower() if document.version_reason else ""
        return f"Version {document.version}" + (f", {reason}" if reason else "")
    return str(PlanState(document.state).label)


def stamp(document: PlanDocument) -> str:
    """The line under every page: whose plan, and as of when its figures are."""
    return f"{clean(document.account)} · {clean(document.title)} · {standing(document)} · {as_of(document)}"


def as_of(document: PlanDocument) -> str:
    """The reference date of the figures and their currency."""
    return f"Figures as of {day(document.reference_date)}, {document.currency}"


def cover_facts(document: PlanDocument) -> list[tuple[str, str]]:
    """Label and value of what the cover says beside title and account."""
    facts = [
        ("Period", period(document)),
        ("State", standing(document)),
        ("Account manager", document.owner or formatting.NOT_KNOWN),
        ("Figures as of", day(document.reference_date)),
        ("Currency", document.currency),
        ("Made on", day(document.made_at)),
    ]
    if document.submitted_by:
        facts.append(("Submitted by", document.submitted_by))
    if document.approved_by:
        on = f", {day(document.approved_at)}" if document.approved_at else ""
        facts.append(("Approved by", f"{document.approved_by}{on}"))
    return [(label, clean(value)) for label, value in facts]


def file_name(document: PlanDocument, ending: str) -> str:
    """`fjellvik-plan-2026-10-31.pptx`: letters, digits and hyphens only, safe in a header and on a disk."""
    plain = unicodedata.normalize("NFKD", document.account).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "account"
    version = f"-v{document.version}" if document.version is not None else ""
    return f"{name}-plan-{document.reference_date}{version}.{ending}"


def heading(section: Section) -> str:
    """The sentence a section opens with: its finding, or its title where it has none."""
    return clean(section.finding or section.title)


def unwritten(document: PlanDocument) -> Section | None:
    """The empty sections as one, so that slides and pages are not spent on them; None where there are none."""
    empty = [section for section in document.sections if section.is_empty]
    if not empty:
        return None
    lines = [f"- {section.title}" + (f": {section.finding}" if section.finding else "") for section in empty]
    count = formatting.plural(len(empty), "section is", "sections are")
    return Section("unwritten", "Not written yet", "", f"{count} not written yet.", "\n".join(lines))


def chart_values(chart: Chart) -> list[tuple[str, list[str]]]:
    """Label of each series with its values as people read them (for the table beside a drawn chart)."""
    return [
        (line.label, ["" if value is None else formatting.number(round(value)) for value in line.values])
        for line in chart.lines
    ]
