"""A sheet is a form that saves itself: faults at once, a stale write beside what is stored, never over it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.forms.compare import compared
from buying_center.forms.alignment import SheetForm
from kam.common.api.etag import IfMatch
from kam.common.errors import ApplicationError, StaleWriteError


@dataclass
class Sheet:
    """One form of a page: `key` names it in the document, `tag` is the version that is shown.

    `history`: (label, id) of the stored row; `hidden`: what goes with it besides its fields.
    """

    key: str
    url: str
    back: str
    tag: str
    form: SheetForm
    history: tuple[str, Any] | None = None
    hidden: dict[str, str] | None = None


@dataclass(frozen=True)
class Stored:
    """A sheet as it is stored now: its values as the form shows them, its version, who saved it last."""

    initial: dict[str, Any]
    tag: str
    who: str = ""


def seen_version(request: HttpRequest) -> str:
    """The version that this person saw; `over` is the one that “Keep mine” means to replace."""
    return request.GET.get("over") or request.POST.get("tag", "")


def save_sheet(
    request: HttpRequest,
    sheet: Sheet,
    *,
    write: Callable[[dict[str, Any], IfMatch], Any],
    stored: Callable[[], Stored],
    beside: Callable[[], dict[str, Any]],
) -> HttpResponse:
    """Save what a (bound) sheet says.

    `beside` answers, after a save, what changed around it: `template` and its context. Without htmx a save goes
    back to the page, and a refusal is a page of its own.
    """
    form = sheet.form
    context: dict[str, Any] = {"sheet": sheet}
    status = 200
    if not form.is_valid():
        status, context["fault"] = 422, next(iter(form.errors.values()))[0]
    else:
        try:
            write(form.values(), IfMatch(frozenset({seen_version(request)})))
        except StaleWriteError:
            now = stored()
            status = 409
            context |= {"conflict": compared(form, now.initial, form.fields), "now": now}
        except ApplicationError as error:
            status, context["fault"] = 422, _fault(form, error)
        else:
            sheet.tag = stored().tag
            context |= {"saved_at": timezone.localtime(), **beside()}
    if getattr(request, "htmx", None):
        return render(request, "buying_center/partials/sheet_status.html", context, status=status)
    if status == 200:
        return redirect(f"{sheet.back}#sheet-{sheet.key}")
    sent = [
        (name, value)
        for name in request.POST
        if name not in ("csrfmiddlewaretoken", "tag")
        for value in request.POST.getlist(name)
    ]
    return render(request, "buying_center/sheet_refused.html", {**context, "sent": sent}, status=status)


def _fault(form: SheetForm, error: ApplicationError) -> str:
    for fault in error.errors:
        if fault.field in form.fields:
            return f"{form.fields[fault.field].label}: {fault.message}"
    return error.errors[0].message if error.errors else error.message
