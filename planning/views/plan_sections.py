"""One section of a plan: its text that saves itself, its rows, what other systems say, what was said about it."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.forms.compare import compared
from accounts.forms.fields import describe_errors, take_errors
from accounts.places import account_tab_url
from accounts.views.accounts import own_account
from kam.common.api.etag import IfMatch, version_tag
from kam.common.errors import ApplicationError, NotFoundError, StaleWriteError
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import member_list, tenant_settings
from planning.forms.plans import RowForm, row_initial
from planning.models import Plan, PlanSection, SectionKey
from planning.selectors.plan_compare import text_pieces
from planning.selectors.plan_document import plan_document
from planning.selectors.plan_gaps import section_url
from planning.selectors.plan_layout import BY_KEY, RowKind, SectionSpec, may_write
from planning.selectors.plan_rows import cell, columns, objective_options, section_rows
from planning.selectors.plans import plan_comments, text_digest
from planning.services.plan_comments import comment_add, comment_resolve
from planning.services.plan_sections import row_add, row_delete, row_move, row_update, section_save
from planning.views.plan_common import finding_of, plan_context, principal_of, visible_plan


def _spec(key: str) -> SectionSpec:
    spec = BY_KEY.get(key)
    if spec is None:
        raise Http404
    return spec


def _own_plan(request: HttpRequest, plan_id: uuid.UUID) -> Plan:
    """A plan that this member may write to: 404 where it is not seen, 403 where the role does not allow it."""
    plan = visible_plan(request, plan_id)
    own_account(request, plan.account_id, "accounts.change")
    return plan


def section_context(
    request: HttpRequest,
    plan: Plan,
    key: str,
    sections: dict[str, PlanSection],
    *,
    open_row: str = "",
    form: RowForm | None = None,
) -> dict[str, Any]:
    """What the section shows. At most five queries: rows, members, objectives, settings, comments.

    `open_row`: the id of a row whose form stands open, or "new"; `form`: that form with what was typed.
    """
    principal = principal_of(request)
    spec, section = BY_KEY[key], sections[key]
    can_change = principal.can("accounts.change", plan)
    context: dict[str, Any] = {
        "plan": plan,
        "account": plan.account,
        "key": key,
        "spec": spec,
        "section": section,
        "section_url": section_url(plan, key),
        "base": text_digest(section.text),
        "can_write_text": bool(spec.text) and can_change and may_write(spec, plan.state, row=False),
        "can_write_rows": can_change and spec.rows is not None and may_write(spec, plan.state, row=True),
        "comments": [each for each in plan_comments(plan) if each.section in (key, "")],
        "today": timezone.localdate(),
    }
    if spec.rows is not None:
        context |= _rows_context(plan, spec, spec.rows, context["can_write_rows"], open_row, form)
    return context


def _rows_context(
    plan: Plan, spec: SectionSpec, kind: RowKind, can_write: bool, open_row: str, form: RowForm | None
) -> dict[str, Any]:
    rows = list(section_rows(plan, kind))
    currency = tenant_settings().base_currency
    options = _options(plan, kind) if can_write else {}
    shown = [
        {
            "row": row,
            "cells": [
                (column, cell(row, field))
                for field, column in zip(kind.fields, columns(kind), strict=True)
                if field.name not in ("quadrant",)
            ],
            "late": getattr(row, "overdue", lambda today: False)(timezone.localdate()),
            "form": (
                form
                or RowForm(
                    kind,
                    initial=row_initial(kind, row),
                    auto_id=f"row-{row.pk}-%s",
                    currency=currency,
                    **options,
                )
            )
            if can_write and str(row.pk) == open_row
            else None,
        }
        for row in rows
    ]
    found: dict[str, Any] = {"kind": kind, "rows": shown, "currency": currency, "open_row": open_row}
    if can_write:
        blank = RowForm(
            kind, initial={"year": plan.starts_on.year}, auto_id="row-new-%s", currency=currency, **options
        )
        found["new_form"] = form if form is not None and open_row == "new" else blank
    if kind.quadrants:
        found["quadrants"] = [
            {
                "value": quadrant.value,
                "label": quadrant.label,
                "rows": [each for each in shown if each["row"].quadrant == quadrant],
            }
            for quadrant in kind.quadrants
        ]
    return found


def _options(plan: Plan, kind: RowKind) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    kinds = {field.kind for field in kind.fields}
    if "member" in kinds:
        people = member_list().filter(is_active=True).exclude(role="integration")
        found["members"] = [(str(member.user_id), member.user.display_name) for member in people]
    if "objective" in kinds:
        found["objectives"] = objective_options(plan.account)
    return found


def _fragment(request: HttpRequest, plan: Plan, key: str, template: str, **extra: Any) -> HttpResponse:
    """A part of the section with the navigation and the gap list beside it, which follow every write."""
    context = plan_context(request, plan)
    row_part = {name: extra.pop(name) for name in ("open_row", "form") if name in extra}
    context |= section_context(request, plan, key, context["sections"], **row_part)
    context["mark"] = next(mark for mark in context["marks"] if mark.spec.key.value == key)
    context["finding"] = finding_of(plan, context)
    return render(request, template, context | extra | {"fragment": True})


@require_POST
@requires("accounts.view", write="accounts.change")
def section_text(request: HttpRequest, plan_id: uuid.UUID, key: str) -> HttpResponse:
    """Save the text as it is typed. Somebody else's save in between is shown beside one's own."""
    plan, spec = _own_plan(request, plan_id), _spec(key)
    is_htmx = request.headers.get("HX-Request") == "true"
    text = request.POST.get("text", "").replace("\x00", "").replace("\r\n", "\n")
    try:
        section_save(
            principal=principal_of(request),
            plan=plan,
            key=key,
            text=text,
            base=request.POST.get("base", ""),
        )
    except StaleWriteError as error:
        stored = error.extra["sections"][0]
        response = _fragment(
            request,
            plan,
            key,
            "planning/partials/plan_text_conflict.html" if is_htmx else "planning/plan_conflict.html",
            mine=text,
            theirs=stored,
            theirs_base=text_digest(stored["text"]),
            pieces=text_pieces(text, stored["text"]),
            both=f"{stored['text'].rstrip()}\n\n{text.lstrip()}",
        )
        if is_htmx:
            response["HX-Retarget"], response["HX-Reswap"] = "#plan-text", "outerHTML"
        else:
            response.status_code = 409
        return response
    except ApplicationError as error:
        words = error.errors[0].message if error.errors else error.message
        if is_htmx:
            return _fragment(
                request, plan, key, "planning/partials/plan_text_state.html", state="failed", words=words,
                base=request.POST.get("base", ""),
            )  # fmt: skip
        messages.error(request, f"Nothing was saved. {words}")
        return redirect(section_url(plan, key))
    if is_htmx:
        whole = request.POST.get("whole") == "true"
        template = "planning/partials/plan_text.html" if whole else "planning/partials/plan_text_state.html"
        return _fragment(request, plan, key, template, state="saved")
    messages.success(request, f"“{spec.title}” is saved.")
    return redirect(section_url(plan, key))


@requires("accounts.view", write="accounts.change")
def section_row_add(request: HttpRequest, plan_id: uuid.UUID, key: str) -> HttpResponse:
    """Add a row to the section."""
    if request.method != "POST":
        return _rows(request, _own_plan(request, plan_id), key, open_row="new")
    return _write_row(request, _own_plan(request, plan_id), key, None)


@requires("accounts.view", write="accounts.change")
def section_row(request: HttpRequest, plan_id: uuid.UUID, key: str, entry_id: uuid.UUID) -> HttpResponse:
    """Open a row's form, or save it."""
    # What is not there is said first: a reader learns from 403 only that a row of their own is not to be written.
    _known_row(visible_plan(request, plan_id), key, entry_id)
    plan = _own_plan(request, plan_id)
    if request.method != "POST":
        return _rows(request, plan, key, open_row=str(entry_id))
    return _write_row(request, plan, key, entry_id)


def _known_row(plan: Plan, key: str, row_id: uuid.UUID) -> None:
    """Raise Http404 unless the section has the row."""
    kind = _spec(key).rows
    if kind is None or not section_rows(plan, kind).filter(pk=row_id).exists():
        raise Http404


def _write_row(request: HttpRequest, plan: Plan, key: str, row_id: uuid.UUID | None) -> HttpResponse:
    spec = _spec(key)
    if spec.rows is None:
        raise Http404
    principal = principal_of(request)
    place = "new" if row_id is None else str(row_id)
    form = RowForm(
        spec.rows,
        request.POST,
        auto_id=f"row-{place}-%s",
        currency=tenant_settings().base_currency,
        **_options(plan, spec.rows),
    )
    if not form.is_valid():
        describe_errors(form)
        return _rows(request, plan, key, open_row=place, form=form, status=422)
    try:
        if row_id is None:
            row_add(principal=principal, plan=plan, key=key, values=form.values())
        else:
            version = form.cleaned_data["version"]
            row_update(
                principal=principal,
                plan=plan,
                key=key,
                row_id=row_id,
                values=form.values(),
                if_match=None if version is None else IfMatch(frozenset({version_tag(row_id, version)})),
            )
    except StaleWriteError:
        stored = section_rows(plan, spec.rows).get(pk=row_id)
        data = request.POST.copy()
        data["version"] = str(stored.version)
        form.data = data
        names = [field.name for field in spec.rows.fields]
        conflict = compared(form, row_initial(spec.rows, stored), names)
        return _rows(
            request, plan, key, open_row=place, form=form, conflict=conflict, stored=stored, status=409
        )
    except ApplicationError as error:
        take_errors(form, error)
        return _rows(request, plan, key, open_row=place, form=form, status=422)
    return _rows(request, plan, key)


def _rows(request: HttpRequest, plan: Plan, key: str, *, status: int = 200, **extra: Any) -> HttpResponse:
    """The rows of the section as a fragment; without htmx the page, or what went wrong as a page."""
    spec = _spec(key)
    if spec.rows is None:
        raise Http404
    if request.headers.get("HX-Request") == "true":
        # htmx swaps answers of success only; what is wrong stands in the form.
        return _fragment(request, plan, key, "planning/partials/plan_rows.html", **extra)
    if status == 200 and not extra:
        return redirect(section_url(plan, key))
    response = _fragment(request, plan, key, "planning/plan_rows_page.html", **extra)
    response.status_code = status
    return response


@require_POST
@requires("accounts.view", write="accounts.change")
def section_row_delete(
    request: HttpRequest, plan_id: uuid.UUID, key: str, entry_id: uuid.UUID
) -> HttpResponse:
    """Take a row out of the section."""
    plan = _own_plan(request, plan_id)
    _known_row(plan, key, entry_id)
    try:
        row_delete(principal=principal_of(request), plan=plan, key=key, row_id=entry_id)
    except ApplicationError as error:
        messages.error(request, f"Nothing was deleted. {error.message}")
        return redirect(section_url(plan, key))
    return _rows(request, plan, key)


@require_POST
@requires("accounts.view", write="accounts.change")
def section_row_move(request: HttpRequest, plan_id: uuid.UUID, key: str, entry_id: uuid.UUID) -> HttpResponse:
    """Put a row elsewhere: `before` (a row's id, empty = last), on a board `quadrant` too."""
    plan = _own_plan(request, plan_id)
    _known_row(plan, key, entry_id)
    try:
        before = uuid.UUID(request.POST["before"]) if request.POST.get("before") else None
    except ValueError:
        raise Http404 from None
    try:
        row_move(
            principal=principal_of(request),
            plan=plan,
            key=key,
            row_id=entry_id,
            before=before,
            quadrant=request.POST.get("quadrant") or None,
        )
    except ApplicationError as error:
        messages.error(request, f"Nothing was moved. {error.message}")
        return redirect(section_url(plan, key))
    return _rows(request, plan, key)


@require_safe
@requires("accounts.view")
def section_live(request: HttpRequest, plan_id: uuid.UUID, key: str) -> HttpResponse:
    """What other systems say in this section: a fragment, or without htmx a page."""
    plan, spec = visible_plan(request, plan_id), _spec(key)
    principal = principal_of(request)
    document = plan_document(principal=principal, plan=plan, keys=[key])
    part = document.sections[0]
    own = {spec.key.value} if spec.rows else set()
    context = {
        "plan": plan,
        "account": plan.account,
        "document": document,
        "part": part,
        "tables": [table for table in part.tables if table.key not in own],
        "section_url": section_url(plan, key),
        "tab_url": account_tab_url(spec.tab, plan.account_id),
        "spec": spec,
    }
    is_htmx = request.headers.get("HX-Request") == "true"
    template = "planning/partials/plan_live.html" if is_htmx else "planning/plan_live_page.html"
    return render(request, template, context)


@require_POST
@requires("accounts.view", write="plans.comment")
def plan_comment(request: HttpRequest, plan_id: uuid.UUID) -> HttpResponse:
    """Say something about a section."""
    plan = visible_plan(request, plan_id)
    key = request.POST.get("section") or SectionKey.SUMMARY.value
    _spec(key)
    try:
        comment_add(
            principal=principal_of(request),
            plan=plan,
            section=key,
            body=request.POST.get("body", "").replace("\x00", ""),
        )
    except ApplicationError as error:
        return _side(request, plan, key, fault=error.errors[0].message if error.errors else error.message)
    return _side(request, plan, key)


@require_POST
@requires("accounts.view", write="plans.comment")
def plan_comment_settle(request: HttpRequest, plan_id: uuid.UUID, comment_id: uuid.UUID) -> HttpResponse:
    """Settle a comment (`resolved=true`) or open it again."""
    plan = visible_plan(request, plan_id)
    key = request.POST.get("section") or SectionKey.SUMMARY.value
    _spec(key)
    try:
        comment_resolve(
            principal=principal_of(request),
            plan=plan,
            comment_id=comment_id,
            resolved=request.POST.get("resolved") == "true",
        )
    except NotFoundError as error:
        raise Http404 from error
    return _side(request, plan, key)


def _side(request: HttpRequest, plan: Plan, key: str, *, fault: str = "") -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        return _fragment(request, plan, key, "planning/partials/plan_talk.html", fault=fault)
    if fault:
        messages.error(request, f"Nothing was said. {fault}")
    return redirect(section_url(plan, key))
