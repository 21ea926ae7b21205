"""A plan as a PowerPoint presentation with native tables and charts (K32)."""

import io

from pptx.slide import Slide
from pptx.util import Inches, Pt

from planning.selectors.plan_parts import PlanDocument, Section
from planning.services.plan_exports.deck_flow import Flow, box, letters
from planning.services.plan_exports.deck_look import (
    ACCENT,
    QUIET,
    Look,
    default_look,
    template_look,
    without_places,
)
from planning.services.plan_exports.markdown import markdown_blocks
from planning.services.plan_exports.words import (
    as_of,
    cover_facts,
    day,
    heading,
    period,
    stamp,
    standing,
    unwritten,
)

TOKENS = ("account", "title", "company", "period", "state", "date", "currency", "manager")


def plan_deck(document: PlanDocument, template: bytes | None = None) -> bytes:
    """The bytes of the .pptx, in our own look or in that of the company's `template` (a checked .pptx)."""
    look = default_look() if template is None else template_look(template, plan_tokens(document))
    kept = len(look.deck.slides)
    if not kept:
        _cover(look, document)
    for section in document.sections:
        if not section.is_empty:
            _section(look, document, section)
    if missing := unwritten(document):
        Flow(look, document, lambda first: _slide(look, document, missing, first=first)).text(
            markdown_blocks(missing.text)
        )
    properties = look.deck.core_properties
    properties.title = f"{document.title}, {document.account}"
    properties.author = document.tenant
    properties.subject = as_of(document)
    buffer = io.BytesIO()
    look.deck.save(buffer)
    return buffer.getvalue()


def plan_tokens(document: PlanDocument) -> dict[str, str]:
    """What a template's `{{…}}` stand for."""
    return {
        "account": document.account,
        "title": document.title,
        "company": document.tenant,
        "period": period(document),
        "state": standing(document),
        "date": day(document.reference_date),
        "currency": document.currency,
        "manager": document.owner or "",
    }


def _cover(look: Look, document: PlanDocument) -> None:
    slide = look.deck.slides.add_slide(look.cover)
    if slide.shapes.title is not None:
        slide.shapes.title.text = document.account
    facts = "\n".join(f"{label}: {value}" for label, value in cover_facts(document))
    text = f"{document.title}\n{document.tenant}\n{facts}"
    holder = next((each for each in slide.placeholders if each.placeholder_format.idx == 1), None)
    if holder is not None and holder.has_text_frame:
        holder.text_frame.text = text
    else:
        frame = box(slide, look.area.left, look.area.top, look.area.width, look.area.height)
        letters(frame.paragraphs[0].add_run(), text, Pt(16))
    without_places(slide)


def _section(look: Look, document: PlanDocument, section: Section) -> None:
    def begin(first: bool) -> Slide:
        return _slide(look, document, section, first=first)

    flow = Flow(look, document, begin)
    if section.layout == "board":
        flow.board(section.tables)
        if section.text.strip():
            flow.next_slide()
            flow.text(markdown_blocks(section.text))
        return
    if section.text.strip():
        flow.text(markdown_blocks(section.text))
    flow.figures(section.figures)
    for chart in section.charts:
        flow.chart(chart)
    for table in section.tables:
        flow.table(table)


def _slide(look: Look, document: PlanDocument, section: Section, *, first: bool) -> Slide:
    slide = look.deck.slides.add_slide(look.content)
    words = heading(section)
    if not look.own and section.finding:
        # A company's own slides have no place above the title that could name the section.
        words = f"{section.title}: {words}"
    if slide.shapes.title is not None:
        title = slide.shapes.title
        title.text = words if first else f"{section.title}, continued"
        if look.own and len(title.text) > 95:
            title.text_frame.paragraphs[0].runs[0].font.size = Pt(20 if len(title.text) < 150 else 16)
    without_places(slide)
    if look.own:
        kicker = box(slide, Inches(0.6), Inches(0.34), Inches(12), Inches(0.26))
        letters(kicker.paragraphs[0].add_run(), section.title, Pt(11), bold=True, colour=ACCENT)
    height = int(look.deck.slide_height or Inches(7.5))
    foot = box(slide, look.area.left, height - Inches(0.42), look.area.width - Inches(0.8), Inches(0.25))
    letters(foot.paragraphs[0].add_run(), stamp(document), Pt(9), colour=QUIET)
    number = box(
        slide,
        look.area.left + look.area.width - Inches(0.6),
        height - Inches(0.42),
        Inches(0.6),
        Inches(0.25),
    )
    letters(number.paragraphs[0].add_run(), str(len(look.deck.slides)), Pt(9), colour=QUIET)
    slide.notes_slide.notes_text_frame.text = f"{section.title}. {stamp(document)}"
    return slide
