"""API tokens of a person, and of the tenant's integrations."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from kam.common.errors import ApplicationError
from kam.tenancy.forms import IntegrationForm, TokenForm
from kam.tenancy.models import Role
from kam.tenancy.permissions import SCOPES, requires
from kam.tenancy.selectors import integration_list, member_list, token_list
from kam.tenancy.services import integration_create, token_create, token_revoke
from kam.tenancy.views.parts import settings_tabs, show_errors


def _page(request: Any, *, status: int = 200, **context: Any) -> HttpResponse:
    principal = request.principal
    integrations = list(integration_list()) if principal.can("members.change") else []
    return render(
        request,
        "tenancy/tokens.html",
        {
            "tabs": settings_tabs(request),
            "form": TokenForm(for_integration=False),
            "integration_form": IntegrationForm(prefix="integration", initial={"scopes": list(SCOPES)}),
            "tokens": token_list(member=principal.member),
            "integrations": integrations,
            "manages_integrations": principal.can("members.change"),
            "scope_names": SCOPES,
            "now": timezone.now(),
            **context,
        },
        status=status,
    )


@requires("tokens.own")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: Any) -> HttpResponse:
    """GET one's tokens; POST makes one and shows its secret, this once."""
    if request.method != "POST":
        return _page(request)
    form = TokenForm(request.POST, for_integration=False)
    if form.is_valid():
        try:
            token, secret = token_create(member=request.principal.member, **form.cleaned_data)
        except ApplicationError as error:
            show_errors(form, error)
        else:
            return _page(request, secret=secret, new_token=token)
    return _page(request, form=form, status=422)


@requires("members.change")
@never_cache
@require_POST
def integration_add(request: Any) -> HttpResponse:
    """A new integration with its first token."""
    form = IntegrationForm(request.POST, prefix="integration")
    if form.is_valid():
        values = form.cleaned_data
        try:
            member = integration_create(principal=request.principal, name=values.pop("title"))
            token, secret = token_create(member=member, **values)
        except ApplicationError as error:
            show_errors(form, error)
        else:
            return _page(request, secret=secret, new_token=token)
    return _page(request, integration_form=form, status=422)


@requires("members.change")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def integration_token(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Another token for an integration."""
    found = get_object_or_404(member_list().filter(role=Role.INTEGRATION), pk=pk)
    form = TokenForm(request.POST or None, for_integration=True, initial={"scopes": list(SCOPES)})
    if request.method == "POST" and form.is_valid():
        try:
            token, secret = token_create(member=found, **form.cleaned_data)
        except ApplicationError as error:
            show_errors(form, error)
        else:
            return _page(request, secret=secret, new_token=token)
    context = {"tabs": settings_tabs(request), "form": form, "integration": found}
    return render(request, "tenancy/integration_token.html", context, status=422 if form.errors else 200)


@requires("tokens.own")
@require_POST
def token_delete(request: Any) -> HttpResponse:
    """Revoke a token, named by `token` in the body, so that it stands in no log."""
    if not token_revoke(
        principal=request.principal, digest=request.POST.get("token", "").replace("\x00", "")
    ):
        raise Http404
    messages.success(request, "The token is revoked: whatever used it is locked out from now on.")
    return redirect("tenancy:tokens")
