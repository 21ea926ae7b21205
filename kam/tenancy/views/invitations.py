"""The page behind an invitation's link. Open to everybody: the key in the address is the right to be here."""

import uuid
from typing import Any

from allauth.mfa.adapter import get_adapter as mfa_adapter
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kam.common.errors import ApplicationError
from kam.tenancy.context import tenant_context
from kam.tenancy.forms import AcceptForm
from kam.tenancy.middleware import SESSION_TENANT
from kam.tenancy.models import Invitation, Tenant, User
from kam.tenancy.permissions import public
from kam.tenancy.selectors import tenant_by_id, user_by_email
from kam.tenancy.services import invitation_accept, invitation_find
from kam.tenancy.views.parts import show_errors

BACKEND = "kam.tenancy.backends.MemberBackend"


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: Any, tenant_id: uuid.UUID, key: str) -> HttpResponse:
    """GET asks; POST accepts. A void, used, expired or unknown link answers 410, always the same."""
    tenant = tenant_by_id(tenant_id)
    if tenant is None:
        return _void(request)
    with tenant_context(tenant.id, via="web"):
        found = invitation_find(key=key)
        if found is None:
            return _void(request)
        person = user_by_email(found.email)
        if person is not None and not person.is_active:
            return _void(request)
        if person is not None and _signs_in(person):
            return _existing(request, tenant, found, person)
        return _newcomer(request, tenant, found)


def _signs_in(person: User) -> bool:
    """Whether the person has a way of their own to prove who they are."""
    return person.has_usable_password() or mfa_adapter().is_mfa_enabled(person)


def _existing(request: Any, tenant: Tenant, found: Invitation, person: User) -> HttpResponse:
    """Somebody with an account here accepts as themselves, after signing in."""
    itself = request.user.is_authenticated and request.user.pk == person.pk
    if request.method == "POST" and itself:
        try:
            invitation_accept(tenant=tenant, invitation=found)
        except ApplicationError as error:
            messages.error(request, error.message)
            return redirect("/")
        return _enter(request, tenant)
    login_url = f"{reverse('account_login')}?next={request.path}"
    context = {"tenant_name": tenant.name, "invitation": found, "itself": itself, "login_url": login_url}
    refused = request.method == "POST"
    return render(request, "tenancy/invitation_existing.html", context, status=403 if refused else 200)


def _newcomer(request: Any, tenant: Tenant, found: Invitation) -> HttpResponse:
    """Somebody new says who they are and sets a password."""
    form = AcceptForm(request.POST or None, email=found.email, initial={"name": found.name})
    if request.method == "POST" and form.is_valid():
        try:
            member = invitation_accept(tenant=tenant, invitation=found, **form.cleaned_data)
        except ApplicationError as error:
            show_errors(form, error)
        else:
            login(request, member.user, backend=BACKEND)
            return _enter(request, tenant)
    context = {"form": form, "tenant_name": tenant.name, "invitation": found}
    return render(request, "tenancy/invitation_new.html", context, status=422 if form.errors else 200)


def _enter(request: Any, tenant: Tenant) -> HttpResponse:
    request.session[SESSION_TENANT] = str(tenant.id)
    messages.success(request, f"Welcome to {tenant.name}.")
    return redirect("/")


def _void(request: Any) -> HttpResponse:
    return render(request, "tenancy/invitation_void.html", status=410)
