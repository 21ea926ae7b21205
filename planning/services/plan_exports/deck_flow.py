"""Content that flows down slides and onto the next: text, figures, tables, charts, all of them native (K32)."""

import textwrap
from collections.abc import Callable, Sequence
from typing import Any, Final

from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.slide import Slide
from pptx.util import Emu, Inches, Pt

from planning.selectors.plan_parts import Chart, Figure, PlanDocument, Table
from planning.services.plan_exports.deck_look import ACCENT, INK, QUIET, RULE, SERIES, SUNKEN, Look
from planning.services.plan_exports.markdown import Block
from planning.services.plan_exports.words import clean

_TEXT, _SMALL, _CELL = Pt(14), Pt(11), Pt(10)
# The mean width of a letter as a part of its size: a little wide, so that a guess never runs over.
_LETTER: Final = 0.54
_GAP = Inches(0.16)
_PAD = Inches(0.07)
_WEIGHTS: Final = {"long": 4.0, "list": 4.0, "text": 2.1, "choice": 1.3, "day": 1.2, "number": 1.2}
_CHARTS: Final = {
    "column": XL_CHART_TYPE.COLUMN_CLUSTERED,
    "bar": XL_CHART_TYPE.BAR_STACKED,
    "line": XL_CHART_TYPE.LINE_MARKERS,
}


def letters_per_line(width: int, size: int) -> int:
    """How many letters of a size fit a width, both in EMU."""
    return max(4, int(width / (size * _LETTER)))


class Flow:
    """Fills slides of one section from top to bottom; `begin(first)` makes the next slide."""

    def __init__(self, look: Look, document: PlanDocument, begin: Callable[[bool], Slide]) -> None:
        self.look = look
        self.document = document
        self.begin = begin
        self.area = look.area
        self.bottom = self.area.top + self.area.height
        self._slide: Slide | None = None
        self.top = self.bottom

    @property
    def slide(self) -> Slide:
        """The slide being filled."""
        if self._slide is None:
            self.next_slide()
        assert self._slide is not None
        return self._slide

    def next_slide(self) -> None:
        """Go on at the top of a new slide."""
        self._slide = self.begin(self._slide is None)
        self.top = self.area.top

    def room(self, height: int) -> None:
        """Make sure that so much height is left, on a new slide where need be."""
        if self._slide is None or (self.top + height > self.bottom and self.top > self.area.top):
            self.next_slide()

    def text(self, blocks: Sequence[Block]) -> None:
        """Markdown as paragraphs with bold, italic, links and lists; long ones go on on the next slide."""
        waiting = list(blocks)
        while waiting:
            self.room(int(_TEXT * 3))
            fitting: list[Block] = []
            height = 0
            while waiting and self.top + height + self._height(waiting[0]) <= self.bottom:
                height += self._height(waiting[0])
                fitting.append(waiting.pop(0))
            if not fitting:
                if self.top > self.area.top:
                    self.next_slide()
                    continue
                # One paragraph longer than a whole slide: it stands alone, in smaller letters.
                fitting.append(waiting.pop(0))
                height = self.bottom - self.top
            self._paragraphs(fitting, height)
            self.top += height + _GAP

    def _height(self, block: Block) -> int:
        wide = letters_per_line(self.area.width - block.level * Inches(0.3), _TEXT)
        lines = sum(max(1, -(-len(line) // wide)) for line in block.text.split("\n"))
        return int(lines * _TEXT * 1.3 + _TEXT * 0.5)

    def _paragraphs(self, blocks: Sequence[Block], height: int) -> None:
        frame = box(self.slide, self.area.left, self.top, self.area.width, height)
        small = sum(self._height(block) for block in blocks) > self.area.height
        for number, block in enumerate(blocks):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            paragraph.space_after = Pt(6)
            mark = {"bullet": "•  ", "number": f"{block.number}.  "}.get(block.kind, "")
            if block.level:
                paragraph._p.get_or_add_pPr().set("marL", str(int(block.level * Inches(0.3))))
            if mark:
                letters(paragraph.add_run(), mark, _TEXT)
            for word in block.words:
                run = paragraph.add_run()
                letters(run, word.text, _SMALL if small else _TEXT, bold=word.bold or block.kind == "heading")
                run.font.italic = True if word.italic or block.kind == "quote" else None
                if word.link:
                    run.hyperlink.address = word.link

    def figures(self, figures: Sequence[Figure]) -> None:
        """Up to four figures side by side, each with its name above and its basis below."""
        for start in range(0, len(figures), 4):
            row = figures[start : start + 4]
            height = Inches(1.15)
            self.room(height)
            width = int((self.area.width - 3 * _GAP) / 4)
            for number, figure in enumerate(row):
                frame = box(
                    self.slide, self.area.left + number * (width + _GAP), self.top, width, height, fill=SUNKEN
                )
                letters(frame.paragraphs[0].add_run(), figure.label, _SMALL, colour=QUIET)
                value = self.document.show(figure.value, figure.kind)
                letters(frame.add_paragraph().add_run(), value, Pt(20 if len(value) < 22 else 13), bold=True)
                if figure.note:
                    letters(frame.add_paragraph().add_run(), figure.note, Pt(9), colour=QUIET)
            self.top += height + _GAP

    def heading(self, text: str, below: int) -> None:
        """A small heading that stays with at least `below` of what it heads."""
        height = int(Pt(13) * 1.7)
        self.room(height + below)
        frame = box(self.slide, self.area.left, self.top, self.area.width, height)
        letters(frame.paragraphs[0].add_run(), text, Pt(13), bold=True)
        self.top += height

    def sentence(self, text: str) -> None:
        """A quiet line, for instance what to say of an empty table."""
        height = int(_SMALL * 1.6)
        self.room(height)
        frame = box(self.slide, self.area.left, self.top, self.area.width, height)
        letters(frame.paragraphs[0].add_run(), text, _SMALL, colour=QUIET)
        self.top += height + _GAP

    def table(self, table: Table) -> None:
        """A native table; rows that do not fit go on under the same head on the next slide."""
        self.heading(table.title, Inches(0.9) if table.rows else int(_SMALL * 2))
        if not table.rows:
            self.sentence(table.empty)
            return
        weights = [_WEIGHTS.get(column.kind, 1.15) for column in table.columns]
        widths = [int(self.area.width * weight / sum(weights)) for weight in weights]
        money = f" ({self.document.currency})"
        head = [column.label + (money if column.kind == "money" else "") for column in table.columns]
        lines = [
            [
                _wrapped(self.document.show(row.cells.get(column.key), column.kind), width)
                for column, width in zip(table.columns, widths, strict=True)
            ]
            for row in table.rows
        ]
        first_line = [_wrapped(text, width) for text, width in zip(head, widths, strict=True)]
        right = [column.kind in ("money", "number", "ratio") for column in table.columns]
        while lines:
            self.room(_row_height(first_line) + min(_row_height(lines[0]), Inches(1.2)))
            left = self.bottom - self.top - _row_height(first_line)
            part: list[list[list[str]]] = []
            while lines and _row_height(lines[0]) <= left:
                left -= _row_height(lines[0])
                part.append(lines.pop(0))
            if lines and not part:
                fit = max(1, int((left - 2 * _PAD) / (_CELL * 1.25)))
                part.append([cell[:fit] for cell in lines[0]])
                lines[0] = [cell[fit:] for cell in lines[0]]
            self._grid([first_line, *part], widths, right)
            if lines:
                self.next_slide()

    def _grid(self, rows: list[list[list[str]]], widths: list[int], right: list[bool]) -> None:
        heights = [_row_height(row) for row in rows]
        shape = self.slide.shapes.add_table(
            len(rows), len(widths), Emu(self.area.left), Emu(self.top), Emu(sum(widths)), Emu(sum(heights))
        )
        grid = shape.table
        properties: Any = grid._tbl.tblPr
        for name in ("bandRow", "firstRow"):
            properties.set(name, "1" if name == "firstRow" else "0")
        style = properties.find(qn("a:tableStyleId"))
        if style is not None:
            style.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # "No style, no grid": ours is drawn below
        for number, width in enumerate(widths):
            grid.columns[number].width = Emu(width)
        for y, row in enumerate(rows):
            grid.rows[y].height = Emu(heights[y])
            for x, words in enumerate(row):
                cell = grid.cell(y, x)
                cell.margin_left = cell.margin_right = cell.margin_top = cell.margin_bottom = _PAD
                cell.vertical_anchor = MSO_ANCHOR.TOP
                if y == 0:
                    cell.fill.solid()
                    cell.fill.fore_color.rgb = SUNKEN
                paragraph = cell.text_frame.paragraphs[0]
                paragraph.alignment = PP_ALIGN.RIGHT if right[x] else PP_ALIGN.LEFT
                text = " ".join(words) if "\n" not in "".join(words) else "".join(words)
                quiet = text == "not known"
                letters(paragraph.add_run(), text, _CELL, bold=y == 0, colour=QUIET if quiet else INK)
                _rule(cell)
        self.top += sum(heights) + _GAP

    def chart(self, chart: Chart) -> None:
        """A native chart with its numbers behind it, to be changed in PowerPoint."""
        height = int(Inches(3.9))
        self.heading(chart.title, height)
        self.sentence(chart.caption)
        height = min(height, max(Inches(2.4), self.bottom - self.top))
        data: Any = CategoryChartData(number_format="#,##0" if chart.measure != "ratio" else "0%")
        data.categories = [clean(category) for category in chart.categories]
        for line in chart.lines:
            data.add_series(clean(line.label), line.values)
        frame: Any = self.slide.shapes.add_chart(
            _CHARTS[chart.kind], Emu(self.area.left), Emu(self.top), Emu(self.area.width), Emu(height), data
        )
        drawn: Any = frame.chart
        drawn.has_title = False
        drawn.has_legend = len(chart.lines) > 1
        if drawn.has_legend:
            drawn.legend.position = XL_LEGEND_POSITION.TOP
            drawn.legend.include_in_layout = False
            drawn.legend.font.size = _SMALL
        drawn.font.size = _SMALL
        if chart.kind == "bar":
            # PowerPoint counts the bars from below; people read from above.
            drawn.category_axis.reverse_order = True
        drawn.value_axis.major_gridlines.format.line.color.rgb = RULE
        drawn.value_axis.format.line.fill.background()
        drawn.value_axis.tick_labels.number_format = data.number_format
        drawn.value_axis.tick_labels.number_format_is_linked = False
        for number, series in enumerate(drawn.plots[0].series):
            colour = SERIES[number % len(SERIES)] if self.look.own else None
            if colour is not None and chart.kind == "line":
                series.format.line.color.rgb = colour
            elif colour is not None:
                series.format.fill.solid()
                series.format.fill.fore_color.rgb = colour
        if chart.kind != "line":
            drawn.plots[0].gap_width = 60
        self.top += height + _GAP

    def board(self, tables: Sequence[Table]) -> None:
        """A 2 × 2 board; a quadrant that is too full goes on on the next slide."""
        width = int((self.area.width - _GAP) / 2)
        height = int((self.area.height - _GAP) / 2)
        self.next_slide()
        waiting = [
            (table.title, [self._entry(row.cells) for row in table.rows] or [table.empty]) for table in tables
        ]
        while waiting:
            rest: list[tuple[str, list[str]]] = []
            size = Pt(12) if max(len(entries) for _, entries in waiting) <= 4 else Pt(10.5)
            for number, (title, entries) in enumerate(waiting[:4]):
                left = self.area.left + (number % 2) * (width + _GAP)
                top = self.area.top + (number // 2) * (height + _GAP)
                frame = box(self.slide, left, top, width, height, fill=SUNKEN)
                letters(frame.paragraphs[0].add_run(), title, Pt(13), bold=True, colour=ACCENT)
                room = height - int(Pt(13) * 2)
                shown = 0
                for entry in entries:
                    wide = letters_per_line(width - 2 * Inches(0.12), size)
                    need = int((-(-len(entry) // wide)) * size * 1.25 + Pt(4))
                    if need > room and shown:
                        break
                    room -= need
                    shown += 1
                    paragraph = frame.add_paragraph()
                    paragraph.space_before = Pt(4)
                    letters(paragraph.add_run(), entry, size)
                if entries[shown:]:
                    rest.append((title, entries[shown:]))
            waiting = rest + waiting[4:]
            if waiting:
                self.next_slide()
        self.top = self.bottom

    def _entry(self, cells: Any) -> str:
        return " — ".join(str(value) for value in cells.values() if value)


def _wrapped(text: str, width: int) -> list[str]:
    wide = letters_per_line(width - 2 * _PAD, _CELL)
    return [line for part in clean(text).split("\n") for line in (textwrap.wrap(part, wide) or [""])]


def _row_height(cells: Sequence[Sequence[str]]) -> int:
    return int(max(1, *(len(cell) for cell in cells)) * _CELL * 1.25 + 2 * _PAD)


def _rule(cell: Any) -> None:
    """A hairline under a cell."""
    properties = cell._tc.get_or_add_tcPr()
    line = properties.makeelement(qn("a:lnB"), {"w": "6350"})
    fill = line.makeelement(qn("a:solidFill"), {})
    fill.append(fill.makeelement(qn("a:srgbClr"), {"val": str(RULE)}))
    line.append(fill)
    properties.insert(0, line)


def box(slide: Slide, left: int, top: int, width: int, height: int, *, fill: RGBColor | None = None) -> Any:
    """A text frame of its own on a slide, words wrapped; filled ones keep a margin."""
    shape = slide.shapes.add_textbox(Emu(left), Emu(top), Emu(width), Emu(height))
    frame = shape.text_frame
    frame.word_wrap = True
    frame.auto_size = MSO_AUTO_SIZE.NONE
    margin = Inches(0.12) if fill is not None else 0
    frame.margin_left = frame.margin_right = margin
    frame.margin_top = frame.margin_bottom = Inches(0.06) if fill is not None else 0
    if fill is not None:
        shape.fill.solid()
        shape.fill.fore_color.rgb = fill
    return frame


def letters(run: Any, text: str, size: int, *, bold: bool = False, colour: RGBColor = INK) -> None:
    """Fill a run."""
    run.text = clean(text)
    run.font.size = size
    run.font.bold = bold
    run.font.color.rgb = colour
