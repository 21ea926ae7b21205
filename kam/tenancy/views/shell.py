"""What belongs to the frame around every page: switching companies, the first run, search, history."""

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from kam.tenancy.history import history_of, history_rows
from kam.tenancy.middleware import SESSION_TENANT
from kam.tenancy.permissions import SIGNED_IN, public, requires
from kam.tenancy.search import search as search_everything
from kam.tenancy.selectors import memberships_of
from kam.tenancy.services import membership_touch
from kam.tenancy.welcome import welcome_steps


@requires(SIGNED_IN)
@require_POST
def switch(request: Any) -> HttpResponse:
    """Work in another company from now on: `tenant` is its id. 404 for one the person is no member of."""
    wanted = request.POST.get("tenant", "")
    members = memberships_of(request.principal.member.user)
    chosen = next((member for member in members if str(member.tenant_id) == wanted), None)
    if chosen is None:
        raise Http404
    membership_touch(member=chosen)
    request.session[SESSION_TENANT] = str(chosen.tenant_id)
    return redirect("/")


@requires(SIGNED_IN)
@require_safe
def welcome(request: Any) -> HttpResponse:
    """Load your ledger in four steps: what is there already, and what comes next."""
    steps = welcome_steps()
    done = sum(step.done for step in steps)
    context = {"steps": steps, "done": done, "may_import": request.principal.can("imports.run")}
    return render(request, "tenancy/welcome.html", context)


@requires(SIGNED_IN)
@require_safe
def search(request: Any) -> HttpResponse:
    """`?q=` in everything that registered; a fragment for the palette, a page without JavaScript."""
    text = request.GET.get("q", "").replace("\x00", "")[:200]
    context = {"q": text, "groups": search_everything(principal=request.principal, text=text)}
    fragment = request.htmx or request.headers.get("X-Requested-With") == "XMLHttpRequest"
    return render(request, "tenancy/search.html#results" if fragment else "tenancy/search.html", context)


@requires(SIGNED_IN)
@require_safe
def history(request: Any, label: str, pk: uuid.UUID) -> HttpResponse:
    """Who changed one object, when and what. 404 for what this person may not see, or what keeps none."""
    rows = history_rows(label, request.principal)
    if rows is None:
        raise Http404
    obj = get_object_or_404(rows, pk=pk)
    context = {"object": obj, "entries": history_of(obj)}
    return render(request, "tenancy/history.html#panel" if request.htmx else "tenancy/history.html", context)


@public
def closed(request: Any) -> HttpResponse:
    """In the place of allauth's page for changing one's address: the address is what invitations prove."""
    raise Http404
