"""The activity log of an account: read, added to, changed, taken back (K11, K38)."""

import datetime
import uuid
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.forms.compare import compared
from accounts.forms.fields import describe_errors, take_errors
from accounts.models import Account
from accounts.selectors.pickers import account_search
from accounts.views.accounts import own_account
from buying_center.forms.connection import ActivityForm
from buying_center.models import Activity
from buying_center.selectors.activities import activities_of
from buying_center.selectors.connections import our_side_of
from buying_center.selectors.our_side import OurSide
from buying_center.selectors.people import contact_list, present
from buying_center.services.activities import activity_add, activity_remove, activity_update
from buying_center.views.common import visible_account
from kam.common.api.etag import IfMatch, version_tag
from kam.common.errors import ApplicationError, StaleWriteError
from kam.common.formatting import date, plural
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires

PAGE_SIZE = 25
CHOICES = 20
UNDO = "activity_undo"
NAMES = ("kind", "happened_on", "subject", "contacts", "places", "text")
ICONS = {"meeting": "users", "call": "phone", "email": "mail", "note": "note"}


@requires("accounts.view", write="accounts.change")
def log(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """The log, the newest first, with the form that adds to it."""
    account = visible_account(request, account_id)
    if request.method != "POST":
        return _show(request, account)
    own_account(request, account_id, "accounts.change")
    side = our_side_of(account.pk, timezone.localdate())
    form = _form(account.pk, side, request.POST)
    if form.is_valid():
        try:
            activity = activity_add(
                principal=request.principal,  # type: ignore[attr-defined]
                values={"account": account.pk, **form.values()},
            )
        except ApplicationError as error:
            take_errors(form, error)
        else:
            messages.success(request, f"“{activity.subject}” is in the log.")
            return redirect(_next(request, account))
    describe_errors(form)
    return _show(request, account, form=form, status=422)


@requires("accounts.change")
def choose_account(request: HttpRequest) -> HttpResponse:
    """Of which account something is to be written down; the only one that is theirs is not asked for."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    text = request.GET.get("q", "")
    found = account_search(principal, text, limit=CHOICES + 1, to_change=True)
    query = urlencode({"add": "true", "kind": _kind(request)})
    if len(found) == 1 and not text:
        return redirect(f"{reverse('buying_center:activities', args=[found[0].pk])}?{query}")
    context = {
        "accounts": found[:CHOICES],
        "more": len(found) > CHOICES,
        "text": text,
        "kind": _kind(request),
        "what": Activity.Kind(_kind(request)).label.lower(),
        "query": query,
    }
    return render(request, "buying_center/activity_account.html", context)


def _kind(request: HttpRequest) -> str:
    kind = request.GET.get("kind", "")
    return kind if kind in Activity.Kind.values else Activity.Kind.NOTE.value


@requires("accounts.change")
def edit(request: HttpRequest, account_id: uuid.UUID, activity_id: uuid.UUID) -> HttpResponse:
    """Change an entry. Somebody else's save in between is shown beside one's own."""
    account, activity = _own(request, account_id, activity_id)
    side = our_side_of(account.pk, timezone.localdate())
    before = _initial(activity)
    if request.method != "POST":
        return _show_form(
            request, account, activity, _form(account.pk, side, initial=before, activity=activity)
        )
    form = _form(account.pk, side, request.POST, activity=activity)
    if form.is_valid():
        try:
            saved = activity_update(
                principal=request.principal,  # type: ignore[attr-defined]
                activity=activity,
                values=form.values(),
                if_match=IfMatch(frozenset({version_tag(activity.pk, form.cleaned_data["version"])})),
            )
        except StaleWriteError:
            data = request.POST.copy()
            data["version"] = str(activity.version)
            form.data = data
            return _show_form(request, account, activity, form, compared(form, before, NAMES), 409)
        except ApplicationError as error:
            take_errors(form, error)
        else:
            if request.POST.get("undo"):
                messages.success(request, f"“{saved.subject}” is as before.")
            else:
                saved.refresh_from_db()
                _offer(request, f"“{saved.subject}” is saved.", request.path, before, saved.version)
            return redirect("buying_center:activities", account.pk)
    describe_errors(form)
    return _show_form(request, account, activity, form, status=422)


@require_POST
@requires("accounts.view", write="accounts.change")
def delete(request: HttpRequest, account_id: uuid.UUID, activity_id: uuid.UUID) -> HttpResponse:
    """Take an entry out; the next page offers it back."""
    account, activity = _own(request, account_id, activity_id)
    before = _initial(activity)
    activity_remove(principal=request.principal, activity=activity)  # type: ignore[attr-defined]
    back = reverse("buying_center:activities", args=[account.pk])
    _offer(request, f"“{activity.subject}” is out of the log.", back, before, None)
    return redirect(back)


def quick_form(
    account_id: uuid.UUID,
    side: OurSide,
    today: datetime.date,
    *,
    contacts: Iterable[str] = (),
    me: uuid.UUID | None = None,
) -> ActivityForm:
    """An empty form for today; whoever asks is there, if they have a place."""
    mine = [str(human.id) for human in side.humans if human.member_id == me and me is not None]
    initial = {"happened_on": today, "contacts": list(contacts), "places": mine}
    return _form(account_id, side, initial=initial)


def _form(
    account_id: uuid.UUID,
    side: OurSide,
    data: Any = None,
    *,
    activity: Activity | None = None,
    **options: Any,
) -> ActivityForm:
    people = present(contact_list().filter(account_id=account_id)).order_by("person__name", "id")
    contacts = {str(pk): name for pk, name in people.values_list("id", "person__name")}
    places = {str(human.id): human.name for human in side.humans}
    if activity is not None:
        # Whoever has left since was still there.
        for one in activity.people.all():
            if one.contact is not None:
                contacts.setdefault(str(one.contact_id), one.contact.name)
            elif one.place is not None and str(one.place_id) not in side.canonical:
                places.setdefault(str(one.place_id), one.place.name)
    return ActivityForm(
        data, contacts=contacts.items(), places=places.items(), auto_id="activity_%s", **options
    )


def _initial(activity: Activity) -> dict[str, Any]:
    side = our_side_of(activity.account_id, timezone.localdate())
    people = list(activity.people.all())
    return {
        **{name: getattr(activity, name) for name in ("kind", "happened_on", "subject", "text", "version")},
        "contacts": [str(one.contact_id) for one in people if one.contact_id],
        "places": list(
            dict.fromkeys(
                side.canonical.get(str(one.place_id), str(one.place_id)) for one in people if one.place_id
            )
        ),
    }


def _own(request: HttpRequest, account_id: uuid.UUID, activity_id: uuid.UUID) -> tuple[Account, Activity]:
    account = own_account(request, account_id, "accounts.change")
    activity = activities_of(account.pk).filter(pk=activity_id).first()
    if activity is None:
        raise Http404
    return account, activity


def _offer(request: HttpRequest, text: str, url: str, before: dict[str, Any], version: int | None) -> None:
    """Keep what was stored before, so that the next page can offer it back."""
    fields = {
        **{name: before[name] for name in ("kind", "subject", "text")},
        "happened_on": before["happened_on"].isoformat(),
        "version": "" if version is None else str(version),
        "undo": "yes",
    }
    lists = {name: before[name] for name in ("contacts", "places")}
    request.session[UNDO] = {"text": text, "url": url, "fields": fields, "lists": lists}


def _next(request: HttpRequest, account: Account) -> str:
    """Back to where the form stood; never to another host."""
    asked = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(asked, allowed_hosts=None):
        return asked
    return reverse("buying_center:activities", args=[account.pk])


def _show(
    request: HttpRequest, account: Account, *, form: ActivityForm | None = None, status: int = 200
) -> HttpResponse:
    principal: Principal = request.principal  # type: ignore[attr-defined]
    today = timezone.localdate()
    side = our_side_of(account.pk, today)
    everything = activities_of(account.pk)
    rows = _filtered(everything, request)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    can_change = principal.can("accounts.change", account)
    if can_change and form is None:
        form = quick_form(account.pk, side, today, me=principal.member.pk)
        if request.GET.get("add") == "true" and "kind" in request.GET:
            form.initial["kind"] = _kind(request)
    people = contact_list().filter(account_id=account.pk).order_by("person__name", "id")
    latest = next(iter(page.object_list), None)
    filtered = rows is not everything
    context = {
        "account": account,
        "page": page,
        "icons": ICONS,
        "finding": _finding(page.paginator.count, latest, today, filtered),
        "filtered": filtered,
        "form": form,
        "people": [(str(pk), name) for pk, name in people.values_list("id", "person__name")],
        "humans": side.humans,
        "kinds": Activity.Kind.choices,
        "can_change": can_change,
        "opened": request.GET.get("add") == "true" or (form is not None and form.is_bound),
        "undo": request.session.pop(UNDO, None) if UNDO in request.session else None,
    }
    return render(request, "buying_center/activities.html", context, status=status)


def _filtered(rows: Any, request: HttpRequest) -> Any:
    asked = request.GET
    if asked.get("add") == "true":
        return rows
    kinds = [kind for kind in asked.getlist("kind") if kind in Activity.Kind.values]
    if kinds:
        rows = rows.filter(kind__in=kinds)
    for name in ("contact", "place"):
        if who := _uuid(asked.get(name, "")):
            rows = rows.filter(**{f"people__{name}_id": who})
    for word in asked.get("q", "").replace("\x00", "")[:200].split():
        rows = rows.filter(Q(subject__icontains=word) | Q(text__icontains=word))
    return rows


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _finding(count: int, latest: Activity | None, today: datetime.date, filtered: bool) -> str:
    if filtered:
        return f"{plural(count, 'entry', 'entries').capitalize()} found." if count else "Nothing matches."
    if latest is None:
        return "Nothing has been written down yet."
    days = (today - latest.happened_on).days
    when = "today" if days == 0 else "yesterday" if days == 1 else f"{plural(days, 'day')} ago"
    if days > 90:
        return f"Nothing since {date(latest.happened_on)}: the last entry is {when.removesuffix(' ago')} old."
    return f"{plural(count, 'entry', 'entries').capitalize()}, the latest {when}: {latest.subject}."


def _show_form(
    request: HttpRequest,
    account: Account,
    activity: Activity,
    form: ActivityForm,
    conflict: list[tuple[str, str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "account": account,
        "activity": activity,
        "form": form,
        "conflict": conflict,
        "back": reverse("buying_center:activities", args=[account.pk]),
    }
    return render(request, "buying_center/activity_form.html", context, status=status)
