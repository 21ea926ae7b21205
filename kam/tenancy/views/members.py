"""Who works here: list, invite, change, switch off."""

import uuid
from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from kam.common import formatting
from kam.common.errors import ApplicationError
from kam.tenancy.forms import InviteForm, MemberForm
from kam.tenancy.models import Membership, Role
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import invitation_list_open, member_list
from kam.tenancy.services import invitation_create, invitation_resend, invitation_revoke, member_update
from kam.tenancy.views.parts import settings_tabs, show_errors, tells_errors

_NOUNS = {
    Role.ADMIN: ("administrator", "administrators"),
    Role.EXECUTIVE: ("executive", "executives"),
    Role.KAM: ("key account manager", "key account managers"),
    Role.CONTRIBUTOR: ("contributor", "contributors"),
    Role.INTEGRATION: ("integration", "integrations"),
}


@requires("members.view", write="members.change")
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: Any) -> HttpResponse:
    """GET the list, with `?q=`; POST invites a person."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation, _link = invitation_create(
                tenant=request.principal.tenant, invited_by=request.principal.member, **form.cleaned_data
            )
        except ApplicationError as error:
            show_errors(form, error)
        else:
            messages.success(request, f"An invitation is on its way to {invitation.email}.")
            return redirect("tenancy:members")
    text = request.GET.get("q", "").strip()
    everybody = list(member_list())
    shown = [member for member in everybody if _matches(member, text)]
    return render(
        request,
        "tenancy/members.html",
        {
            "tabs": settings_tabs(request),
            "form": form,
            "q": text,
            "members": shown,
            "everybody": len(everybody),
            "finding": members_finding(everybody),
            "invitations": invitation_list_open(),
            "now": timezone.now(),
            "may_change": request.principal.can("members.change"),
        },
        status=422 if form.errors else 200,
    )


@requires("members.view", write="members.change")
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: Any, pk: uuid.UUID) -> HttpResponse:
    """One member: what they may do; POST changes the role."""
    found = get_object_or_404(member_list(), pk=pk)
    form = MemberForm(request.POST or None, initial={"role": found.role})
    if request.method == "POST" and form.is_valid():
        try:
            member_update(
                principal=request.principal,
                member=found,
                role=form.cleaned_data["role"],
                is_active=found.is_active,
            )
        except ApplicationError as error:
            show_errors(form, error)
        else:
            messages.success(request, f"{found.user.display_name} is now {_with_article(found)}.")
            return redirect("tenancy:members")
    context = {
        "tabs": settings_tabs(request),
        "form": form,
        "member": found,
        "may_change": request.principal.can("members.change"),
        "is_integration": found.role == Role.INTEGRATION,
    }
    return render(request, "tenancy/member.html", context, status=422 if form.errors else 200)


@requires("members.change")
@require_POST
@tells_errors("tenancy:members")
def member_switch(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Switch a member off, or on again."""
    found = get_object_or_404(member_list(), pk=pk)
    on = not found.is_active
    member_update(principal=request.principal, member=found, role=found.role, is_active=on)
    told = "may sign in here again" if on else "has no access any more, and their tokens are gone"
    messages.success(request, f"{found.user.display_name} {told}.")
    return redirect("tenancy:members")


@requires("members.change")
@require_POST
@tells_errors("tenancy:members")
def invitation_again(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Send an open invitation again."""
    found = get_object_or_404(invitation_list_open(), pk=pk)
    invitation_resend(principal=request.principal, invitation=found)
    messages.success(request, f"A new invitation is on its way to {found.email}; the earlier link is void.")
    return redirect("tenancy:members")


@requires("members.change")
@require_POST
@tells_errors("tenancy:members")
def invitation_take_back(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Take an open invitation back."""
    found = get_object_or_404(invitation_list_open(), pk=pk)
    invitation_revoke(principal=request.principal, invitation=found)
    messages.success(request, f"The invitation of {found.email} is taken back.")
    return redirect("tenancy:members")


def members_finding(everybody: list[Membership]) -> str:
    """The page's sentence: how many work here, and as what."""
    active = [row for row in everybody if row.is_active]
    people = [row for row in active if row.role != Role.INTEGRATION]
    counts = Counter(row.role for row in active)
    parts = [formatting.plural(counts[role], *nouns) for role, nouns in _NOUNS.items() if counts[role]]
    if not active:
        return "Nobody works here."
    verb = "works" if len(people) == 1 else "work"
    return f"{formatting.plural(len(people), 'person', 'people')} {verb} here: {_listed(parts)}."


def _listed(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def _with_article(found: Membership) -> str:
    noun = _NOUNS[Role(found.role)][0]
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _matches(found: Membership, text: str) -> bool:
    wanted = text.casefold()
    return not wanted or wanted in found.user.name.casefold() or wanted in found.user.email.casefold()
