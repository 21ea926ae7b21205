"""A plan as PDF, typeset by Typst from `plan.typ`. The document goes in as data: none of it is ever markup (K32)."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typst
from django.conf import settings

from kam.common.assets import fonts_dir
from planning.selectors.plan_parts import Chart, PlanDocument, Section, Table
from planning.services.plan_exports.markdown import markdown_blocks
from planning.services.plan_exports.words import as_of, chart_values, clean, cover_facts, stamp, unwritten

_TEMPLATE = Path(__file__).with_name("plan.typ")
_WEIGHTS = {"long": 3.0, "list": 3.0, "text": 2.0, "choice": 1.2, "day": 1.1}


def plan_pdf(document: PlanDocument) -> bytes:
    """The bytes of the PDF, A4 landscape. Raises typst.TypstError only on a fault of the template."""
    fonts = fonts_dir(Path(settings.BASE_DIR))
    made = typst.compile(
        str(_TEMPLATE),
        format="pdf",
        font_paths=[str(fonts)] if fonts.is_dir() else [],
        ignore_system_fonts=True,
        sys_inputs={"plan": json.dumps(_data(document))},
    )
    assert isinstance(made, bytes), "One PDF."
    return made


def _data(document: PlanDocument) -> dict[str, Any]:
    sections = [section for section in document.sections if not section.is_empty]
    if missing := unwritten(document):
        sections.append(missing)
    return {
        "title": clean(document.title),
        "account": clean(document.account),
        "tenant": clean(document.tenant),
        "stamp": stamp(document),
        "asof": as_of(document),
        "facts": cover_facts(document),
        "sections": [_section(section, document) for section in sections],
    }


def _section(section: Section, document: PlanDocument) -> dict[str, Any]:
    return {
        "title": clean(section.title),
        "finding": clean(section.finding),
        "group": section.group,
        "board": section.layout == "board",
        "blocks": [
            {
                "kind": block.kind,
                "level": block.level,
                "number": block.number,
                "words": [{**asdict(word), "text": clean(word.text)} for word in block.words],
            }
            for block in markdown_blocks(section.text)
        ],
        "figures": [
            {
                "label": clean(figure.label),
                "value": clean(document.show(figure.value, figure.kind)),
                "note": clean(figure.note),
            }
            for figure in section.figures
        ],
        "tables": [_table(table, document) for table in section.tables],
        "charts": [_chart(chart) for chart in section.charts],
    }


def _table(table: Table, document: PlanDocument) -> dict[str, Any]:
    return {
        "title": clean(table.title),
        "empty": clean(table.empty),
        "columns": [
            {
                "label": clean(column.label),
                "number": column.kind in ("money", "number", "ratio"),
                "weight": _WEIGHTS.get(column.kind, 1.1),
            }
            for column in table.columns
        ],
        "rows": [
            [clean(document.show(row.cells.get(column.key), column.kind)) for column in table.columns]
            for row in table.rows
        ],
    }


def _chart(chart: Chart) -> dict[str, Any]:
    numbers = [value for line in chart.lines for value in line.values if value is not None]
    return {
        "title": clean(chart.title),
        "caption": clean(chart.caption),
        "categories": [clean(category) for category in chart.categories],
        "lines": [
            {"label": clean(line.label), "values": list(line.values), "texts": texts}
            for line, (_, texts) in zip(chart.lines, chart_values(chart), strict=True)
        ],
        "largest": max((abs(number) for number in numbers), default=0.0),
    }
