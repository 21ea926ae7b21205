"""A plan as PowerPoint, PDF and Excel: opened again by a library, and nothing of the document is missing (K32)."""

import dataclasses
import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook
from pptx import Presentation
from pypdf import PdfReader

from kam.common.errors import InvalidInputError
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership
from planning.models import DeckTemplate, OpenSpaceCell
from planning.selectors.plan_document import plan_document
from planning.selectors.plan_parts import Column, PlanDocument, Row, Section, Table
from planning.services.deck_templates import checked_layouts
from planning.services.plan_exports import FORMATS, plan_deck, plan_pdf, plan_workbook
from planning.services.plan_exports.markdown import markdown_blocks
from planning.services.plan_sections import section_save
from tests.factories import ObjectiveFactory, OpportunityFactory, SuccessFactorFactory
from tests.planning.grid import World
from tests.planning.plans import filled_plan

READERS = ("pptx", "pdf", "xlsx")


@pytest.fixture
def plan(world: World, in_tenant: Any, members: dict[str, Membership]) -> Any:
    principal = Principal(member=members["kam"])
    OpenSpaceCell.objects.create(
        tenant_id=principal.tenant.id,
        account=world.account,
        segment=world.south,
        product_line=world.valves,
        potential="5000",
        note="They want two suppliers from spring.",
    )
    SuccessFactorFactory(account=world.account, title="No cold room in May")
    ObjectiveFactory(account=world.account, title="Keep the Oslo contract")
    OpportunityFactory(account=world.account, name="Bergen pumps", amount="900")
    plan = filled_plan(world, principal, owner=principal.member.user_id)
    text = (
        '=HYPERLINK("http://x","y") is text.\n\n1. First **bold**\n2. Second [page](https://example.com/plan)'
    )
    section_save(principal=principal, plan=plan, key="summary", text=text)
    return plan


@pytest.fixture
def document(plan: Any, members: dict[str, Membership]) -> PlanDocument:
    return plan_document(principal=Principal(member=members["kam"]), plan=plan)


def squeezed(text: str) -> str:
    """Without white space: where lines break is the document's own business."""
    return re.sub(r"\s+", "", text)


def shapes_text(shapes: Any) -> Iterator[str]:
    for shape in shapes:
        if shape.has_text_frame:
            yield shape.text_frame.text
        if shape.has_table:
            for row in shape.table.rows:
                yield from (cell.text_frame.text for cell in row.cells)
        if shape.has_chart:
            plot = shape.chart.plots[0]
            yield from (str(category) for category in plot.categories)
            for series in plot.series:
                yield series.name
                yield from (str(value) for value in series.values)


def text_of(content: bytes, file_type: str) -> str:
    if file_type == "pptx":
        deck = Presentation(io.BytesIO(content))
        return squeezed("".join(text for slide in deck.slides for text in shapes_text(slide.shapes)))
    if file_type == "pdf":
        return squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages))
    book = load_workbook(io.BytesIO(content))
    values = (cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    return squeezed("".join(str(value) for value in values if value is not None))


def made(document: PlanDocument, file_type: str) -> bytes:
    return {"pptx": plan_deck, "pdf": plan_pdf, "xlsx": plan_workbook}[file_type](document)


def said(document: PlanDocument, *, numbers: bool) -> Iterator[str]:
    """Every text and figure that the screen shows of a plan. Sections that hold nothing are named only."""
    yield from (
        document.title,
        document.account,
        document.tenant,
        document.show(document.reference_date, "day"),
    )
    for section in document.sections:
        yield section.title
        yield section.finding
        if section.is_empty:
            continue
        yield from (block.text for block in markdown_blocks(section.text))
        for figure in section.figures:
            yield from (figure.label, figure.note)
            if numbers or figure.kind in ("text", "choice"):
                yield document.show(figure.value, figure.kind)
        for table in section.tables:
            yield table.title
            yield from (column.label for column in table.columns if table.rows and section.layout != "board")
            for row in table.rows:
                for column in table.columns:
                    value = row.cells.get(column.key)
                    if value is not None and (
                        numbers or column.kind not in ("money", "number", "ratio", "day")
                    ):
                        yield document.show(value, column.kind)
        for chart in section.charts:
            yield from (chart.title, chart.caption, *chart.categories, *(line.label for line in chart.lines))


@pytest.mark.parametrize("file_type", READERS)
def test_nothing_of_the_screen_is_lost(document: PlanDocument, file_type: str) -> None:
    text = text_of(made(document, file_type), file_type)
    missing = [
        words
        for words in said(document, numbers=file_type != "xlsx")
        if words and squeezed(words) not in text
    ]
    assert missing == []


def test_figures_are_numbers_in_excel_and_unknown_ones_say_so(document: PlanDocument) -> None:
    book = load_workbook(io.BytesIO(plan_workbook(document)))
    cells = {str(row[0].value): row[1] for row in book["Open Space"].iter_rows(min_col=1, max_col=2)}
    space = document.section("open_space")
    assert space is not None
    figure = next(figure for figure in space.figures if figure.key == "gap")
    assert cells[figure.label].value == pytest.approx(float(str(figure.value)))
    assert cells[figure.label].number_format.startswith("#,##0")
    value = document.section("value")
    assert value is not None
    assert value.figures[0].value is None
    cells = {str(row[0].value): row[1] for row in book["Value"].iter_rows(min_col=1, max_col=2)}
    assert cells[value.figures[0].label].value == "not known"
    assert len(book["Open Space"]._charts) == len(space.charts)


def test_text_never_becomes_a_formula_in_excel(document: PlanDocument) -> None:
    book = load_workbook(io.BytesIO(plan_workbook(document)))
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert any(
        str(cell.value).startswith("'=HYPERLINK") for row in book["In short"].iter_rows() for cell in row
    )


def test_tables_and_charts_of_slides_are_native_and_carry_their_numbers(document: PlanDocument) -> None:
    deck = Presentation(io.BytesIO(plan_deck(document)))
    charts = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    wanted = [chart for section in document.sections for chart in section.charts if not section.is_empty]
    assert len(charts) == len(wanted) > 0
    for drawn, chart in zip(charts, wanted, strict=True):
        assert [tuple(series.values) for series in drawn.plots[0].series] == [
            line.values for line in chart.lines
        ]
        assert drawn.part.chart_workbook.xlsx_part is not None
    assert any(shape.has_table for slide in deck.slides for shape in slide.shapes)
    for slide in list(deck.slides)[1:]:
        assert any("Figures as of 30 Jun 2025" in text for text in shapes_text(slide.shapes))


def test_everything_stands_on_its_slide_and_long_cells_go_on_on_the_next(document: PlanDocument) -> None:
    columns = (Column("a", "A"), Column("b", "Story", "long"))
    rows = tuple(Row(str(n), {"a": f"Row {n}", "b": f"word{n} " * (900 if n == 3 else 8)}) for n in range(30))
    section = Section("x", "Long", "", "", "A paragraph. " * 400, (), (Table("t", "Stories", columns, rows),))
    content = plan_deck(dataclasses.replace(document, sections=(section,)))
    deck = Presentation(io.BytesIO(content))
    height, width = int(deck.slide_height or 0), int(deck.slide_width or 0)
    for slide in deck.slides:
        for shape in slide.shapes:
            assert shape.top >= 0
            assert shape.top + shape.height <= height
            assert shape.left + shape.width <= width
    text = text_of(content, "pptx")
    assert text.count("word3") - text.count("word30") >= 900


def template(*, token: str = "{{account}}, {{date}}") -> bytes:
    deck = Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[0])
    first.shapes.title.text = token
    deck.slides.add_slide(deck.slide_layouts[1]).shapes.title.text = "A sample of last year"
    buffer = io.BytesIO()
    deck.save(buffer)
    return buffer.getvalue()


def test_a_company_s_own_slides_carry_the_plan(document: PlanDocument) -> None:
    content = plan_deck(document, template())
    deck = Presentation(io.BytesIO(content))
    texts = ["".join(shapes_text(slide.shapes)) for slide in deck.slides]
    assert f"{document.account}, 30 Jun 2025" in texts[0]
    assert not any("A sample of last year" in text for text in texts)
    assert deck.slide_width == Presentation(io.BytesIO(template())).slide_width
    text = text_of(content, "pptx")
    assert [words for section in document.sections if squeezed(words := section.title) not in text] == []


def _with_part(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO(template())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


RELATION = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    b'Type="http://x/relationships/image" Target="http://evil.example/p.png" TargetMode="External"/></Relationships>'
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 no presentation", "no PowerPoint file"),
        (_with_part("ppt/vbaProject.bin", b"x"), "macros"),
        (_with_part("ppt/slides/_rels/odd.xml.rels", RELATION), "from elsewhere"),
        (_with_part("ppt/slides/_rels/odd.xml.rels", b"<!DOCTYPE a><a/>"), "no PowerPoint file"),
    ],
    ids=["empty", "another kind", "macros", "external picture", "entities"],
)
def test_an_unsafe_template_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        checked_layouts(content)
    assert caught.value.errors[0].field == "file"
    assert words in caught.value.errors[0].message


@pytest.mark.parametrize("file_type", FORMATS)
def test_integrations_and_pages_hand_out_the_same_file(
    plan: Any, api: Any, browser_client: Any, file_type: str
) -> None:
    answer = api("executive").get(f"/api/v1/plans/{plan.pk}/export/?format={file_type}")
    page = browser_client("kam").get(reverse("planning:plan_export", args=[plan.pk, file_type]))
    for response in (answer, page):
        assert response.status_code == 200
        assert response["Content-Type"] == FORMATS[file_type]
        assert re.fullmatch(
            rf'attachment; filename="[a-z0-9-]+-plan-2025-06-30\.{file_type}"',
            response["Content-Disposition"],
        )
    assert text_of(answer.content, file_type) == text_of(page.content, file_type)


def test_what_is_asked_for_wrongly_is_refused(plan: Any, api: Any, other_api: Any) -> None:
    path = f"/api/v1/plans/{plan.pk}/export/"
    assert api("kam").get(f"{path}?format=docx").status_code == 400
    assert api("kam").get(f"{path}?version=x").status_code == 400
    assert api("kam").get(f"{path}?version=7").status_code == 404
    assert other_api("admin").get(path).status_code == 404


def test_an_administrator_uploads_replaces_and_removes_the_slides(
    tenant: Any, in_tenant: Any, browser_client: Any
) -> None:
    url = reverse("planning:deck_settings")
    client = browser_client("admin")
    wrong = client.post(url, {"file": SimpleUploadedFile("a.pptx", b"nothing")})
    assert wrong.status_code == 422
    assert "no PowerPoint file" in wrong.content.decode()
    for _ in range(2):
        assert client.post(url, {"file": SimpleUploadedFile("ours.pptx", template())}).status_code == 302
    row = DeckTemplate.objects.get()
    assert (row.name, row.tenant_id) == ("ours.pptx", tenant.id)
    assert "Title Slide" in row.layouts
    assert "ours.pptx" in client.get(url).content.decode()
    assert client.get(reverse("planning:deck_template")).content == template_bytes(row)
    assert browser_client("executive").post(url, {"remove": "1"}).status_code == 403
    assert client.post(url, {"remove": "1"}).status_code == 302
    assert not DeckTemplate.objects.exists()
    assert client.get(reverse("planning:deck_template")).status_code == 404


def template_bytes(row: DeckTemplate) -> bytes:
    return bytes(row.content)
