"""Saving, sharing and deleting views of the account list. Each answers with the way back to the list."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.models import SavedView
from accounts.selectors.saved_views import saved_view_own
from accounts.services.saved_views import saved_view_delete, saved_view_save, saved_view_share
from kam.common.errors import InvalidInputError
from kam.tenancy.permissions import requires


def _list_url(query: str) -> str:
    url = reverse("metrics:account_list")
    return f"{url}?{query}" if query else url


def _own(request: HttpRequest, view_id: uuid.UUID) -> SavedView:
    view = saved_view_own(member_id=request.principal.member.id, view_id=view_id)  # type: ignore[attr-defined]
    if view is None:
        raise Http404
    return view


@require_POST
@requires("accounts.view")
def view_save(request: HttpRequest) -> HttpResponse:
    """Save the list's present query under a name."""
    query = request.POST.get("query", "")
    try:
        view = saved_view_save(
            member=request.principal.member,  # type: ignore[attr-defined]
            name=request.POST.get("name", ""),
            query=query,
            is_shared=request.POST.get("is_shared") == "on",
        )
    except InvalidInputError as error:
        messages.error(request, f"The view was not saved. {error.message}")
        return redirect(_list_url(""))
    messages.success(request, f"Saved as “{view.name}”.")
    return redirect(_list_url(view.query))


@require_POST
@requires("accounts.view")
def view_share(request: HttpRequest, view_id: uuid.UUID) -> HttpResponse:
    """Share one's own view with the company, or stop sharing it."""
    view = _own(request, view_id)
    saved_view_share(view=view, is_shared=not view.is_shared)
    word = "Everybody sees" if view.is_shared else "Only you see"
    messages.success(request, f"{word} “{view.name}” now.")
    return redirect(_list_url(view.query))


@require_POST
@requires("accounts.view")
def view_delete(request: HttpRequest, view_id: uuid.UUID) -> HttpResponse:
    """Delete one's own view."""
    view = _own(request, view_id)
    saved_view_delete(view=view)
    messages.success(request, f"The view “{view.name}” is deleted.")
    return redirect(_list_url(""))
