"""What changed in a plan and in what it rests on since a moment, from the audit trail (K32, K33)."""

import datetime
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast, JSONObject

from accounts.models import ProductLine, Segment, SuccessFactor
from kam.common import formatting
from kam.tenancy.models import Membership
from opportunities.models import Opportunity
from planning.models import (
    Objective,
    OpenSpaceCell,
    Plan,
    PlanSection,
    PlanVersion,
    Review,
    SectionKey,
    ValueItem,
)
from planning.selectors.plan_layout import ROW_KINDS, SECTIONS, section_of

# Kept by the database for its own purposes, or followed by something a person sees anyway.
_SILENT = frozenset(
    "id tenant plan account version created_at updated_at changed_by position score missing section".split()  # noqa: SIM905
)
_ELSEWHERE: tuple[tuple[type[models.Model], SectionKey], ...] = (
    (SuccessFactor, SectionKey.SUCCESS_FACTORS),
    (Objective, SectionKey.OBJECTIVES),
    (OpenSpaceCell, SectionKey.OPEN_SPACE),
    (ValueItem, SectionKey.VALUE),
    (Opportunity, SectionKey.OPPORTUNITIES),
)
_LONGEST = 300


@dataclass(frozen=True)
class FieldChange:
    """A field then and now, as a person reads it."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class ChangedThing:
    """One row or text that is not what it was: added, changed or removed, last by `who` at `at`."""

    op: str
    title: str
    who: str
    at: datetime.datetime
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True)
class SectionChanges:
    """What is different in one section; never empty."""

    key: str
    title: str
    things: tuple[ChangedThing, ...]


@dataclass(frozen=True)
class Since:
    """A moment to look back to, and why it matters. `key` is what a page's address says."""

    key: str
    label: str
    at: datetime.datetime


def since_choices(plan: Plan, *, now: datetime.datetime) -> list[Since]:
    """The moments worth looking back to: the last frozen review, the last approval, a month. Two queries."""
    found = []
    review = (
        Review.objects.filter(tenant_id=plan.tenant_id, account_id=plan.account_id, frozen_at__isnull=False)
        .order_by("-frozen_at")
        .first()
    )
    if review is not None and review.frozen_at is not None:
        found.append(
            Since("review", f"the last review, {formatting.date(review.frozen_at)}", review.frozen_at)
        )
    approved = (
        PlanVersion.objects.filter(
            tenant_id=plan.tenant_id,
            plan__tenant_id=plan.tenant_id,
            plan__account_id=plan.account_id,
            reason=PlanVersion.Reason.APPROVED,
        )
        .order_by("-created_at")
        .values_list("created_at", flat=True)
        .first()
    )
    if approved is not None:
        found.append(Since("approval", f"the last approval, {formatting.date(approved)}", approved))
    month = now - datetime.timedelta(days=30)
    found.append(Since("month", f"30 days ago, {formatting.date(month)}", month))
    found.append(Since("start", f"the plan was begun, {formatting.date(plan.created_at)}", plan.created_at))
    return found


def plan_changes(plan: Plan, since: datetime.datetime) -> list[SectionChanges]:
    """What is different from what it was at `since`, by section in the order of reading.

    Net changes: what came and went in between is left out. At most six queries, whatever the size.
    """
    after = _events(plan, lambda rows: rows.filter(pgh_created_at__gt=since).order_by("pgh_id"))
    touched = {(label, obj) for label, obj, *_ in after}
    before = {
        (label, obj): data
        for label, obj, kind, _, _, data in _events(
            plan,
            lambda rows: (
                rows.filter(pgh_created_at__lte=since)
                .order_by("pgh_obj_id", "-pgh_id")
                .distinct("pgh_obj_id")
            ),
        )
        if kind != "delete" and (label, obj) in touched
    }
    latest = {(label, obj): (kind, at, context, data) for label, obj, kind, at, context, data in after}
    words = _Words(plan, [*before.values(), *(data for *_, data in latest.values())], latest.values())
    found: dict[str, list[ChangedThing]] = {}
    for (label, obj), (kind, at, context, data) in latest.items():
        old, new = before.get((label, obj)), None if kind == "delete" else data
        thing = _thing(label, old, new, words, at, (context or {}).get("member", ""))
        if thing is not None:
            found.setdefault(_section_key(label, data), []).append(thing)
    return [
        SectionChanges(
            spec.key.value, spec.title, tuple(sorted(things, key=lambda each: each.at, reverse=True))
        )
        for spec in SECTIONS
        if (things := found.get(spec.key.value))
    ]


def _tracked() -> list[tuple[Any, str]]:
    own: list[tuple[Any, str]] = [(model, "plan_id") for model in (PlanSection, *ROW_KINDS)]
    return [*own, *((model, "account_id") for model, _ in _ELSEWHERE)]


def _events(plan: Plan, choose: Any) -> list[tuple[Any, ...]]:
    """(model label, object, kind, when, context, columns) of the events of everything a plan rests on; one query."""
    parts: list[QuerySet[Any, Any]] = []
    for model, column in _tracked():
        events: Any = apps.get_model(model._meta.app_label, f"{model.__name__}Event")
        rows = choose(
            events.objects.filter(
                tenant_id=plan.tenant_id,
                **{column: plan.pk if column == "plan_id" else plan.account_id},
            )
        )
        columns = {field.attname: F(field.attname) for field in _fields(model)}
        parts.append(
            rows.values_list(
                Value(model._meta.label, output_field=CharField()),
                Cast("pgh_obj_id", CharField()),
                "pgh_label",
                "pgh_created_at",
                "pgh_context",
                JSONObject(**columns),
            )
        )
    return list(parts[0].union(*parts[1:], all=True))


def _fields(model: type[models.Model]) -> list[Any]:
    keep = {"key", "section", "text"}
    return [
        field
        for field in model._meta.local_concrete_fields
        if field.name in keep or field.name not in _SILENT
    ]


def _section_key(label: str, data: Mapping[str, Any]) -> str:
    model = apps.get_model(label)
    for other, key in _ELSEWHERE:
        if model is other:
            return key.value
    if model is PlanSection:
        return str(data["key"])
    return section_of(model, data)


def _thing(
    label: str,
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    words: "_Words",
    at: datetime.datetime,
    member: str,
) -> ChangedThing | None:
    """The net change of one object; None when there is none a person sees."""
    model = apps.get_model(label)
    current = new if new is not None else old
    if current is None:
        return None
    then, now = old or {}, new or {}
    changed = tuple(
        FieldChange(
            _label(field),
            words.text(field, then.get(field.attname)),
            words.text(field, now.get(field.attname)),
        )
        for field in _fields(model)
        if field.name not in ("key", "section")
        and _known(then.get(field.attname)) != _known(now.get(field.attname))
    )
    if old is not None and new is not None and not changed:
        return None
    if model is PlanSection:
        return ChangedThing("changed", "The text", words.member(member), at, changed) if changed else None
    op = "added" if old is None else "removed" if new is None else "changed"
    shown = changed if op == "changed" else ()
    return ChangedThing(op, words.title(model, current), words.member(member), at, shown)


def _known(value: Any) -> Any:
    """Empty is empty, however a column writes it."""
    return None if value in ("", []) else value


def _label(field: Any) -> str:
    for model in ROW_KINDS:
        if field.model is model:
            for spec in SECTIONS:
                if spec.rows and spec.rows.model is model:
                    for each in spec.rows.fields:
                        if each.name == field.name:
                            return each.label
    text = str(field.verbose_name)
    return text[:1].upper() + text[1:]


class _Words:
    """Names of the people, objectives, product lines and segments that the events point to; at most four queries."""

    def __init__(
        self, plan: Plan, data: Iterable[Mapping[str, Any]], latest: Iterable[tuple[Any, ...]]
    ) -> None:
        rows = list(data)
        members = {(context or {}).get("member") for _, _, context, _ in latest}
        members |= {row.get(name) for row in rows for name in ("owner_id", "reviewed_by_id")}
        self._names: dict[str, str] = {}
        self._fill(
            Membership.objects.filter(tenant_id=plan.tenant_id, pk__in=_ids(members)).select_related("user"),
            lambda row: row.user.display_name,
        )
        for model, name in (
            (Objective, "objective_id"),
            (ProductLine, "product_line_id"),
            (Segment, "segment_id"),
        ):
            wanted = _ids({row.get(name) for row in rows})
            if wanted:
                self._fill(model._default_manager.filter(tenant_id=plan.tenant_id, pk__in=wanted), str)

    def _fill(self, rows: "QuerySet[Any, Any]", name: Any) -> None:
        self._names |= {str(row.pk): name(row) for row in rows}

    def member(self, member_id: str) -> str:
        return self._names.get(member_id, "somebody")

    def title(self, model: type[models.Model], data: Mapping[str, Any]) -> str:
        """What a person calls the object."""
        if model is OpenSpaceCell:
            line = self._names.get(str(data.get("product_line_id")), "a product line")
            segment = data.get("segment_id")
            return f"{line}, {self._names.get(str(segment), 'a segment') if segment else 'whole account'}"
        for name in ("text", "title", "name"):
            if data.get(name):
                return str(data[name])[:160]
        return f"{data.get('year', model._meta.verbose_name)}"

    def text(self, field: Any, value: Any) -> str:
        """A value of an event's columns as a person reads it."""
        if value is None or value == "" or value == []:
            return "empty"
        if field.is_relation:
            return self._names.get(str(value), "something that is gone")
        if field.choices:
            return str(dict(field.flatchoices).get(value, value))
        match field:
            case models.DateTimeField():
                return formatting.moment(datetime.datetime.fromisoformat(value))
            case models.DateField():
                return formatting.date(datetime.date.fromisoformat(value))
            case models.DecimalField():
                return formatting.number(Decimal(str(value)))
        if isinstance(value, list):
            return "; ".join(str(each) for each in value)[:_LONGEST]
        return str(value)[:_LONGEST]


def _ids(values: Iterable[Any]) -> list[uuid.UUID]:
    found = []
    for value in values:
        try:
            found.append(uuid.UUID(str(value)))
        except ValueError:
            continue
    return found
