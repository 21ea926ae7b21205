"""`plans/{id}/sections/`: what stands in a plan, each section with an ETag of its own (K32)."""

import dataclasses
import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kam.common.api.fields import Ratio
from kam.common.api.renderers import json_bytes
from kam.common.api.views import KamApi
from kam.common.errors import FieldError, InvalidInputError
from planning.api.plan_shapes import ROW_INPUTS, SectionDetail, SectionInput, SectionOutput
from planning.api.plans import plan_of
from planning.models import Plan, PlanSection
from planning.selectors.plan_document import plan_document
from planning.selectors.plan_gaps import SectionMark, completeness, section_marks
from planning.selectors.plan_layout import BY_KEY, may_write
from planning.selectors.plan_rows import section_rows
from planning.selectors.plan_standing import plan_standing
from planning.selectors.plans import plan_sections, section_tag
from planning.services.plan_sections import section_save, stored_row


class PlanSectionsApi(KamApi):
    """All sections with their texts, rows and marks; `completeness` is the mean of their scores, a ratio."""

    permissions = {"GET": "accounts.view"}
    errors = (404,)

    class Output(serializers.Serializer[Any]):
        completeness = Ratio()
        sections = SectionOutput(many=True)

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        plan = plan_of(self, pk)
        stored = plan_sections(plan)
        marks = section_marks(plan, stored, plan_standing(plan.account))
        can = self.principal.can("accounts.change", plan)
        sections = [_shown(plan, stored[mark.spec.key.value], mark, can) for mark in marks]
        return Response({"completeness": completeness(marks), "sections": sections})


class PlanSectionApi(KamApi):
    """One section. A write needs If-Match (428); a stale one answers 412 and lists in `sections` what is stored,
    who changed it and when. The ETag covers its own text and rows, and what other systems show in it; a write is
    refused only when the former changed.
    """

    permissions = {"GET": "accounts.view", "PATCH": "accounts.change"}
    requires_if_match = True
    tagged_object = True
    errors = (404,)
    Input, Output = SectionInput, SectionDetail

    def get(self, request: Request, pk: uuid.UUID, key: str) -> Response:
        return self._answer(request, plan_of(self, pk), key)

    def patch(self, request: Request, pk: uuid.UUID, key: str) -> Response:
        plan = plan_of(self, pk)
        if key not in BY_KEY:
            raise Http404
        self.check_object_permissions(request, plan)
        if_match = self.if_match(request)
        values = self.parse(request)
        rows = values.get("rows")
        section_save(
            principal=self.principal,
            plan=plan,
            key=key,
            text=values.get("text"),
            rows=None if rows is None else _rows(key, rows),
            if_match=if_match,
        )
        return self._answer(request, plan, key)

    def _answer(self, request: Request, plan: Plan, key: str) -> Response:
        spec = BY_KEY.get(key)
        if spec is None:
            raise Http404
        stored = plan_sections(plan)
        marks = section_marks(plan, stored, plan_standing(plan.account))
        mark = next(mark for mark in marks if mark.spec.key.value == key)
        body = _shown(plan, stored[key], mark, self.principal.can("accounts.change", plan))
        shown = dataclasses.asdict(plan_document(principal=self.principal, plan=plan, keys=[key]).sections[0])
        digest = hashlib.sha256(json_bytes([shown, body["missing"]])).hexdigest()[:16]
        return self.tagged(request, body | {"document": shown}, section_tag(stored[key], live=digest))


def _shown(plan: Plan, section: PlanSection, mark: SectionMark, can: bool) -> dict[str, Any]:
    spec, editor = mark.spec, section.changed_by
    return {
        "key": section.key,
        "title": spec.title,
        "purpose": spec.purpose,
        "text": section.text if spec.text else None,
        "rows": [stored_row(spec.rows, row) for row in section_rows(plan, spec.rows)] if spec.rows else [],
        "writable": can and may_write(spec, plan.state, row=True),
        "score": mark.score,
        "missing": [{"code": gap.code, "message": gap.words, "url": gap.url} for gap in mark.gaps],
        "version": section.version,
        "changed_by": editor.user_id if editor else None,
        "changed_by_name": editor.user.display_name if editor else None,
        "changed_at": section.updated_at,
    }


def _rows(key: str, rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows as the section's own serializer reads them. Raises InvalidInputError naming `rows.<n>.<field>`."""
    reader = ROW_INPUTS.get(key)
    if reader is None:
        raise InvalidInputError.of("rows", "This section has no rows.", "no_rows")
    found, faults = [], []
    for number, given in enumerate(rows):
        row = reader(data=given)
        if row.is_valid():
            found.append(dict(row.validated_data))
            continue
        for name, messages in row.errors.items():
            faults.append(FieldError(f"rows.{number}.{name}", _first(messages), _code(messages)))
    if faults:
        raise InvalidInputError(f"{faults[0].field}: {faults[0].message}", errors=faults)
    return found


def _first(messages: Any) -> str:
    while isinstance(messages, dict | list):
        messages = next(iter(messages.values() if isinstance(messages, dict) else messages))
    return str(messages)


def _code(messages: Any) -> str:
    while isinstance(messages, dict | list):
        messages = next(iter(messages.values() if isinstance(messages, dict) else messages))
    return str(getattr(messages, "code", "invalid"))
