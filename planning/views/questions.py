"""The questions of strategic reflection as this tenant asks them (K17): a page of the settings."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from kam.common import formatting
from kam.common.api.etag import IfMatch, version_tag
from kam.common.errors import ApplicationError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires
from kam.tenancy.views.parts import settings_tabs
from planning.models import ReflectionQuestion, ReflectionSet
from planning.selectors.reflection import question_list
from planning.services.reflection import (
    question_create,
    question_delete,
    question_move,
    question_update,
)
from planning.views.strategy import NOTHING_CHOSEN


@requires("settings.view", write="settings.change")
@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: HttpRequest) -> HttpResponse:
    """The sets with their questions; POST adds one of our own."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    fault, typed, status = "", {}, 200
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").replace("\x00", "").strip() for name in ("set", "text")}
        try:
            created = question_create(principal=principal, values=typed)
        except ApplicationError as error:
            fault, status = error.errors[0].message if error.errors else error.message, 422
        else:
            messages.success(request, f"“{created.text}” is asked in every account from now on.")
            return redirect(f"{reverse('planning:question_list')}#{created.set}")
    rows = list(question_list())
    context: dict[str, Any] = {
        "tabs": settings_tabs(request),
        "finding": questions_finding(rows),
        "sets": [
            {"key": key, "label": label, "rows": [row for row in rows if row.set == key]}
            for key, label in ReflectionSet.choices
        ],
        "may_change": principal.can("settings.change"),
        "fault": fault,
        "typed": typed,
    }
    return render(request, "planning/questions.html", context, status=status)


def questions_finding(rows: list[ReflectionQuestion]) -> str:
    """The page's sentence."""
    asked = sum(row.is_active for row in rows)
    own = sum(row.is_own for row in rows)
    off = len(rows) - asked
    parts = [f"{formatting.plural(asked, 'question')} asked"]
    parts.append(f"{own} of them your own" if own else "all of them from the bank")
    return f"{', '.join(parts)}{f'; {off} switched off' if off else ''}."


@requires("settings.view", write="settings.change")
@require_POST
def question_act(request: HttpRequest, question_id: uuid.UUID) -> HttpResponse:
    """Re-word, switch on or off, one place up or down, delete: `act` says which."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    question = question_list().filter(pk=question_id).first()
    if question is None:
        raise Http404
    act = request.POST.get("act", "")
    version = request.POST.get("version", "")
    if_match = IfMatch(frozenset({version_tag(question.pk, version)})) if version else None
    try:
        if act == "save":
            text = request.POST.get("text", "").replace("\x00", "").strip()
            question_update(principal=principal, question=question, values={"text": text}, if_match=if_match)
            said = "The question is saved."
        elif act in ("on", "off"):
            question_update(principal=principal, question=question, values={"is_active": act == "on"})
            said = f"“{question.text}” is {'asked again' if act == 'on' else 'switched off; its answers are kept'}."
        elif act in ("up", "down"):
            question_move(principal=principal, question=question, up=act == "up")
            said = ""
        elif act == "delete":
            question_delete(principal=principal, question=question)
            said = f"“{question.text}” is deleted."
        else:
            raise BadRequest(NOTHING_CHOSEN)
    except StaleWriteError:
        messages.error(request, "Somebody else changed this question first. Look at it again, then decide.")
    except ApplicationError as error:
        messages.error(request, f"Nothing was changed. {error.message}")
    else:
        if said:
            messages.success(request, said)
    return redirect(f"{reverse('planning:question_list')}#q-{question_id if act != 'delete' else ''}")
