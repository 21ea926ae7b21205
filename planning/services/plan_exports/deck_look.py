"""The look of a deck: our own slides where a company has none, and what a template of its own offers (K32)."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.oxml.ns import qn
from pptx.presentation import Presentation as Deck
from pptx.slide import Slide, SlideLayout
from pptx.util import Emu, Inches, Pt

FONT: Final = "Inter"
INK: Final = RGBColor(0x19, 0x1C, 0x24)
QUIET: Final = RGBColor(0x63, 0x6A, 0x78)
ACCENT: Final = RGBColor(0x2B, 0x57, 0xC9)
RULE: Final = RGBColor(0xCF, 0xCE, 0xC7)
SUNKEN: Final = RGBColor(0xEE, 0xEE, 0xE9)
SERIES: Final = (ACCENT, RGBColor(0xD0, 0x7C, 0x00), RGBColor(0x00, 0x7F, 0x72), RGBColor(0x93, 0x40, 0x8F))
_TITLES = (PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE)
_FURNITURE = (PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER)


@dataclass(frozen=True)
class Area:
    """A rectangle of a slide, in EMU."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Look:
    """A presentation to fill: its layouts, where content may stand, and whether the look is our own."""

    deck: Deck
    cover: SlideLayout
    content: SlideLayout
    area: Area
    own: bool


def default_look() -> Look:
    """Our own look: 13.33 × 7.5 inches, white, one accent, titles that hold a sentence."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    cover, content = deck.slide_layouts[0], deck.slide_layouts[5]
    _theme(deck)
    for holder in [*deck.slide_master.placeholders, *cover.placeholders, *content.placeholders]:
        match holder.placeholder_format.type:
            case PP_PLACEHOLDER.CENTER_TITLE:
                _place(holder, Inches(0.9), Inches(2.3), Inches(11.5), Inches(1.4))
                _letters(holder, Pt(40), INK)
            case PP_PLACEHOLDER.SUBTITLE:
                _place(holder, Inches(0.9), Inches(3.8), Inches(11.5), Inches(2.6))
                _letters(holder, Pt(16), QUIET)
            case PP_PLACEHOLDER.TITLE:
                _place(holder, Inches(0.6), Inches(0.62), Inches(12.13), Inches(0.85))
                _letters(holder, Pt(24), INK)
            case kind if kind in _FURNITURE:
                element = holder._element
                element.getparent().remove(element)
    # Layouts that nobody uses still hold places for the old slide size.
    for layout in list(deck.slide_layouts):
        if layout not in (cover, content):
            deck.slide_layouts.remove(layout)
    return Look(deck, cover, content, Area(Inches(0.6), Inches(1.6), Inches(12.13), Inches(5.25)), own=True)


def template_look(template: bytes, tokens: Mapping[str, str]) -> Look:
    """The look of a company's own file. Slides that hold a `{{token}}` stay, filled in; the others go.

    The content layout is the one with a title and the fewest other places; content stands between that
    title and the foot of the slide.
    """
    deck = Presentation(io.BytesIO(template))
    for slide in list(deck.slides):
        if not _fill_tokens(slide, tokens):
            _drop(deck, slide)
    layouts = list(deck.slide_layouts)
    cover = next((each for each in layouts if _has(each, PP_PLACEHOLDER.CENTER_TITLE)), None)
    titled = [each for each in layouts if _has(each, *_TITLES) and each is not cover]
    content = min(titled or layouts, key=lambda each: len(_places(each)))
    return Look(deck, cover or content, content, _area(deck, content), own=False)


def template_layouts(template: bytes) -> list[str]:
    """The names of a template's layouts. Raises what python-pptx raises for a file that is no presentation."""
    return [layout.name for layout in Presentation(io.BytesIO(template)).slide_layouts]


def _place(shape: Any, left: int, top: int, width: int, height: int) -> None:
    shape.left, shape.top, shape.width, shape.height = left, top, width, height


def _letters(holder: Any, size: int, colour: RGBColor) -> None:
    """Left aligned, top anchored text of one size in every level of a placeholder."""
    body = holder.text_frame._txBody
    properties = body.find(qn("a:bodyPr"))
    properties.set("anchor", "b" if holder.placeholder_format.type == PP_PLACEHOLDER.CENTER_TITLE else "t")
    properties.set("lIns", "0")
    for child in list(properties):
        properties.remove(child)
    styles = body.find(qn("a:lstStyle"))
    for child in list(styles):
        styles.remove(child)
    level = styles.makeelement(qn("a:lvl1pPr"), {"algn": "l", "marL": "0", "indent": "0"})
    level.append(level.makeelement(qn("a:buNone"), {}))
    letters = level.makeelement(
        qn("a:defRPr"), {"sz": str(int(Emu(size).pt * 100)), "b": "1" if size >= Pt(24) else "0"}
    )
    fill = letters.makeelement(qn("a:solidFill"), {})
    fill.append(fill.makeelement(qn("a:srgbClr"), {"val": str(colour)}))
    letters.append(fill)
    level.append(letters)
    styles.append(level)


def _theme(deck: Deck) -> None:
    """Our typeface and colours in the theme, so that what people add later looks the same."""
    part = next(
        relation.target_part
        for relation in deck.slide_master.part.rels.values()
        if relation.reltype.endswith("/theme")
    )
    xml = part.blob.decode("utf-8")
    for old in ('typeface="Calibri Light"', 'typeface="Calibri"'):
        xml = xml.replace(old, f'typeface="{FONT}"')
    for name, colour in zip(("4F81BD", "C0504D", "9BBB59", "8064A2"), SERIES, strict=True):
        xml = xml.replace(f'val="{name}"', f'val="{colour}"')
    part._blob = xml.encode("utf-8")


def _holders(layout: SlideLayout) -> list[Any]:
    places: Any = layout.placeholders
    return list(places)


def _places(layout: SlideLayout) -> list[Any]:
    return [each for each in _holders(layout) if each.placeholder_format.type not in (*_TITLES, *_FURNITURE)]


def _has(layout: SlideLayout, *kinds: Any) -> bool:
    return any(each.placeholder_format.type in kinds for each in _holders(layout))


def _area(deck: Deck, layout: SlideLayout) -> Area:
    width, height = int(deck.slide_width or Inches(13.333)), int(deck.slide_height or Inches(7.5))
    margin = width // 22
    title = next((each for each in _holders(layout) if each.placeholder_format.type in _TITLES), None)
    top = int(title.top + title.height) + Inches(0.1) if title is not None else margin
    if top > height // 2:
        top = height // 5
    left = int(title.left) if title is not None and 0 < title.left < width // 3 else margin
    feet = [
        int(each.top) for each in _holders(layout)
        if each.placeholder_format.type in _FURNITURE and each.top and each.top > height * 0.8
    ]  # fmt: skip
    bottom = min([height - margin, *feet]) - Inches(0.3)
    return Area(left, top, width - left - margin, bottom - top)


def _drop(deck: Deck, slide: Slide) -> None:
    slides = deck.slides._sldIdLst
    for entry in list(slides):
        if deck.part.related_part(entry.rId) is slide.part:
            deck.part.drop_rel(entry.rId)
            slides.remove(entry)


def _fill_tokens(slide: Slide, tokens: Mapping[str, str]) -> bool:
    """Put the values in for `{{name}}`; whether the slide held any."""
    found = False
    for paragraph in _paragraphs(slide.shapes):
        text = "".join(run.text for run in paragraph.runs)
        filled = text
        for name, value in tokens.items():
            filled = filled.replace(f"{{{{{name}}}}}", value)
        if filled != text:
            found = True
            # A token may be cut into several runs; the first one's style speaks for all of it.
            paragraph.runs[0].text = filled
            for run in paragraph.runs[1:]:
                run.text = ""
    return found


def _paragraphs(shapes: Iterable[Any]) -> Iterable[Any]:
    for shape in shapes:
        if shape.has_text_frame:
            yield from shape.text_frame.paragraphs
        elif getattr(shape, "has_table", False) and shape.has_table:
            for row in shape.table.rows:
                for cell in row.cells:
                    yield from cell.text_frame.paragraphs
        elif hasattr(shape, "shapes"):
            yield from _paragraphs(shape.shapes)


def without_places(slide: Slide) -> None:
    """Take the empty placeholders off a slide: in a show they would say "Click to add text"."""
    for holder in list(slide.placeholders):
        if holder.placeholder_format.type not in (*_TITLES, *_FURNITURE) and not (
            holder.has_text_frame and holder.text_frame.text.strip()
        ):
            element = holder._element
            element.getparent().remove(element)
