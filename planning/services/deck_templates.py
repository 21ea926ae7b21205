"""Taking in, checking and removing a company's own slides (K32)."""

import io
import zipfile

from django.db import transaction
from lxml.etree import XMLSyntaxError  # type: ignore[import-untyped]
from pptx.opc.oxml import parse_xml

from kam.common.errors import InvalidInputError
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise
from planning.models import DeckTemplate
from planning.services.plan_exports.deck_look import template_layouts

MAX_BYTES = 20 * 1024 * 1024
_MAX_UNPACKED = 200 * 1024 * 1024
_MAX_PARTS = 5_000
_MACROS = ("vbaproject", "activex", "oleobject")
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


@transaction.atomic
def deck_template_set(*, principal: Principal, name: str, content: bytes) -> DeckTemplate:
    """Check a .pptx and make it the tenant's template, in place of any other.

    Raises InvalidInputError (field `file`) for what is too large, no presentation, or not safe to hand out again:
    macros, embedded programs, and links to pictures or files elsewhere.
    """
    authorise(principal, "settings.change")
    layouts = checked_layouts(content)
    row, _ = DeckTemplate.objects.update_or_create(
        tenant_id=principal.tenant.id,
        defaults={
            "name": name.replace("\x00", "").strip()[:200] or "template.pptx",
            "content": content,
            "size": len(content),
            "layouts": layouts,
            "uploaded_by": principal.member,
        },
    )
    return row


@transaction.atomic
def deck_template_remove(*, principal: Principal) -> bool:
    """Go back to our own look. Whether there was a template."""
    authorise(principal, "settings.change")
    deleted, _ = DeckTemplate.objects.filter(tenant_id=principal.tenant.id).delete()
    return bool(deleted)


def checked_layouts(content: bytes) -> list[str]:
    """The layout names of a presentation that is safe to keep. Raises InvalidInputError otherwise."""
    if not content:
        raise _refused("The file is empty. Expected a PowerPoint file (.pptx).")
    if len(content) > MAX_BYTES:
        raise _refused(f"The file is larger than {MAX_BYTES // 1024**2} MB.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive)
    except (zipfile.BadZipFile, XMLSyntaxError, RuntimeError, NotImplementedError) as error:
        raise _refused("This is no PowerPoint file. Expected .pptx.") from error
    try:
        layouts = template_layouts(content)
    except InvalidInputError:
        raise
    except Exception as error:  # python-pptx raises whatever a broken part makes it raise
        raise _refused("PowerPoint's parts are missing or broken in this file. Expected .pptx.") from error
    if not layouts:
        raise _refused("The file has no slide layout.")
    return [layout[:200] for layout in layouts]


def _check_parts(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_UNPACKED:
        raise _refused("The file is too large when unpacked.")
    for part in parts:
        name = part.filename.lower()
        if any(word in name for word in _MACROS):
            raise _refused("The file holds macros or embedded programs. Save it as .pptx without them.")
        if name.endswith(".rels"):
            # A document type could define entities that blow up; no part of Office has one.
            text = archive.read(part)
            if b"<!DOCTYPE" in text:
                raise _refused("This is no PowerPoint file. Expected .pptx.")
            for relation in parse_xml(text).iter(_RELATIONSHIP):
                outside = relation.get("TargetMode") == "External"
                if outside and not str(relation.get("Type")).endswith("/hyperlink"):
                    raise _refused(
                        "The file loads pictures or other content from elsewhere. Embed them, then save it again."
                    )


def _refused(message: str) -> InvalidInputError:
    return InvalidInputError.of("file", message)
