"""Answering the questions of strategic reflection, set by set; every answer saves itself (K17)."""

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import Account
from accounts.views.accounts import own_account
from kam.common.api.etag import IfMatch
from kam.common.errors import ApplicationError, ConflictError, FieldError, InvalidInputError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires
from planning.models import Confidence, ReflectionQuestion
from planning.selectors.proposals import proposals_of
from planning.selectors.reflection import (
    Item,
    Reflection,
    SetState,
    answer_find,
    question_list,
    reflection_of,
)
from planning.services.reflection import answer_take_from_ledger, answer_write
from planning.views.strategy import NOTHING_CHOSEN, people_of, seen_account
from planning.views.strategy_words import set_finding

LABELS = {"text": "Answer", "source": "Source", "known_on": "Known on", "due": "By", "owner": "Who finds out"}


@requires("accounts.view")
def reflection(request: HttpRequest, account_id: uuid.UUID, set_key: str) -> HttpResponse:
    """One set of questions with what is known; the other sets beside it."""
    account = seen_account(request, account_id)
    state = reflection_of(account=account)
    shown = _set_of(state, set_key)
    if shown is None:
        raise Http404
    proposals = proposals_of(account=account, codes={item.question.code for item in shown.items})
    context = {
        **_common(request, account),
        "state": state,
        "shown": shown,
        "finding": set_finding(shown),
        "rows": [_row(item, proposals.get(item.question.code)) for item in shown.items],
    }
    return render(request, "planning/reflection.html", context)


def _set_of(state: Reflection, key: str) -> SetState | None:
    return next((each for each in state.sets if each.key == key), None)


def _common(request: HttpRequest, account: Account) -> dict[str, Any]:
    principal: Principal = request.principal  # type: ignore[attr-defined]
    may = principal.can("accounts.change", account)
    return {
        "account": account,
        "can_change": may,
        "people": people_of(principal) if may else [],
        "confidences": Confidence.choices,
    }


def _row(item: Item, proposal: Any) -> dict[str, Any]:
    """A question as the page shows it. A confirmed proposal that is not said any more is `outdated`."""
    answer = item.answer
    outdated = bool(answer and answer.from_ledger and proposal and proposal.text != answer.text)
    return {
        "item": item,
        "question": item.question,
        "answer": answer,
        "proposal": proposal if outdated or not item.is_answered else None,
        "outdated": outdated,
        "late": bool(answer and answer.due and answer.due < timezone.localdate()),
    }


def _question(request: HttpRequest, question_id: uuid.UUID) -> ReflectionQuestion:
    question = question_list(active_only=True).filter(pk=question_id).first()
    if question is None:
        raise Http404
    return question


@requires("accounts.view")
def answer(request: HttpRequest, account_id: uuid.UUID, question_id: uuid.UUID) -> HttpResponse:
    """One question as it is stored now: what “Take theirs” fetches."""
    account, question = seen_account(request, account_id), _question(request, question_id)
    if not getattr(request, "htmx", None):
        return redirect(_address(account, question))
    return _whole(request, account, question)


def _whole(
    request: HttpRequest,
    account: Account,
    question: ReflectionQuestion,
    *,
    focus: str = "",
    late: str = "",
    status: int = 200,
) -> HttpResponse:
    """The question anew, with the figures of its set beside it."""
    proposals = proposals_of(account=account, codes={question.code})
    item = Item(question, answer_find(account=account, question=question))
    state = reflection_of(account=account, only_set=question.set)
    context = {
        **_common(request, account),
        "row": _row(item, proposals.get(question.code)),
        "shown": state.sets[0],
        "finding": set_finding(state.sets[0]),
        "focus": focus,
        "late": late,
        "beside": True,
    }
    return render(request, "planning/partials/question.html", context, status=status)


def _address(account: Account, question: ReflectionQuestion) -> str:
    return f"{reverse('planning:reflection', args=[account.pk, question.set])}#q-{question.pk}"


@requires("accounts.view", write="accounts.change")
@require_POST
def answer_save(request: HttpRequest, account_id: uuid.UUID, question_id: uuid.UUID) -> HttpResponse:
    """What the page sends by itself while somebody writes. A stale write changes nothing and shows both."""
    account = own_account(request, account_id, "accounts.change")
    question = _question(request, question_id)
    context: dict[str, Any] = {
        "account": account,
        "question": question,
        "mine": request.POST.get("text", ""),
    }
    status = 200
    try:
        saved = answer_write(
            principal=request.principal,  # type: ignore[attr-defined]
            account=account,
            question=question,
            values=_values(request),
            if_match=_if_match(request),
        )
    except StaleWriteError as error:
        status = 409
        context |= {"conflict": True, "theirs": error.extra["stored"]}
        context["item"] = Item(question, answer_find(account=account, question=question))
    except ApplicationError as error:
        status = 422
        fault = error.errors[0] if error.errors else FieldError("text", error.message)
        context["fault"] = f"{LABELS.get(fault.field, fault.field)}: {fault.message}"
    else:
        state = reflection_of(account=account, only_set=question.set)
        item = Item(question, saved)
        context |= {
            "item": item,
            "row": _row(item, None),
            "shown": state.sets[0],
            "finding": set_finding(state.sets[0]),
            "now": timezone.localtime(),
            "beside": True,
        }
    if not getattr(request, "htmx", None) and status == 200:
        return redirect(_address(account, question))
    htmx = getattr(request, "htmx", None)
    template = "planning/partials/answer_status.html" if htmx else "planning/answer_refused.html"
    return render(request, template, context, status=status)


@requires("accounts.view", write="accounts.change")
@require_POST
def answer_act(request: HttpRequest, account_id: uuid.UUID, question_id: uuid.UUID) -> HttpResponse:
    """Found to be unknown, or what the ledger says confirmed: `act` says which."""
    account = own_account(request, account_id, "accounts.change")
    question = _question(request, question_id)
    principal: Principal = request.principal  # type: ignore[attr-defined]
    act = request.POST.get("act", "")
    if_match = _if_match(request)
    try:
        if act == "ledger":
            answer_take_from_ledger(
                principal=principal, account=account, question=question, if_match=if_match
            )
        elif act == "unknown":
            answer_write(
                principal=principal,
                account=account,
                question=question,
                values={"text": ""},
                if_match=if_match,
            )
        else:
            raise BadRequest(NOTHING_CHOSEN)
    except StaleWriteError:
        late = "Somebody answered this first. This is what stands there now."
        if getattr(request, "htmx", None):
            return _whole(request, account, question, late=late, status=409)
        messages.error(request, late)
        return redirect(_address(account, question))
    except ConflictError as error:  # the ledger lost what it said
        messages.error(request, error.message)
        return redirect(_address(account, question))
    if not getattr(request, "htmx", None):
        return redirect(_address(account, question))
    return _whole(request, account, question, focus="owner" if act == "unknown" else "text")


def _if_match(request: HttpRequest) -> IfMatch:
    """The answer that this person saw; `over` is the one that “Keep mine” means to replace."""
    return IfMatch(frozenset({request.GET.get("over") or request.POST.get("tag", "")}))


def _values(request: HttpRequest) -> dict[str, Any]:
    """An answer takes its source, an unknown its owner: what belongs to the other is not sent on."""
    text = request.POST.get("text", "").replace("\x00", "").strip()
    if text:
        return {
            "text": text,
            "source": request.POST.get("source", "").replace("\x00", "").strip(),
            "confidence": request.POST.get("confidence", ""),
            "known_on": _day(request, "known_on"),
        }
    return {"text": "", "owner": _id(request, "owner"), "due": _day(request, "due")}


def _day(request: HttpRequest, name: str) -> datetime.date | None:
    raw = request.POST.get(name, "")
    try:
        return datetime.date.fromisoformat(raw) if raw else None
    except ValueError:
        raise InvalidInputError.of(name, f"“{raw[:40]}” is no date. Expected YYYY-MM-DD.") from None


def _id(request: HttpRequest, name: str) -> uuid.UUID | None:
    raw = request.POST.get(name, "")
    try:
        return uuid.UUID(raw) if raw else None
    except ValueError:
        raise InvalidInputError.of(name, "There is no such member.", "unknown") from None
