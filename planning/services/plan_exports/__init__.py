"""A plan as a file: PowerPoint, PDF or Excel, all made from the same document (K32)."""

from dataclasses import dataclass
from typing import Final

from kam.common.exports import XLSX_TYPE
from planning.selectors.plan_parts import PlanDocument
from planning.services.plan_exports.deck import plan_deck
from planning.services.plan_exports.pdf import plan_pdf
from planning.services.plan_exports.words import file_name
from planning.services.plan_exports.workbook import plan_workbook

PPTX_TYPE: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
FORMATS: Final = {"pptx": PPTX_TYPE, "pdf": "application/pdf", "xlsx": XLSX_TYPE}


@dataclass(frozen=True)
class PlanFile:
    """A finished file with the name it is saved under."""

    content: bytes
    content_type: str
    name: str


def plan_file(document: PlanDocument, *, file_type: str, template: bytes | None = None) -> PlanFile:
    """The document as `pptx`, `pdf` or `xlsx`. `template`: the company's own .pptx for slides."""
    if file_type == "pptx":
        content = plan_deck(document, template)
    elif file_type == "pdf":
        content = plan_pdf(document)
    elif file_type == "xlsx":
        content = plan_workbook(document)
    else:
        raise ValueError(f"{file_type} is none of {', '.join(FORMATS)}.")
    return PlanFile(content, FORMATS[file_type], file_name(document, file_type))


__all__ = ["FORMATS", "PPTX_TYPE", "PlanFile", "plan_deck", "plan_file", "plan_pdf", "plan_workbook"]
