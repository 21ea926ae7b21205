"""Who is asking, for which tenant, and the transaction their request runs in."""

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import AuthenticationFailed
from structlog import contextvars

from kam.common import formatting
from kam.common.api.exceptions import API_PREFIX, problem_http_response
from kam.tenancy.access import Principal
from kam.tenancy.authentication import token_from_request
from kam.tenancy.context import tenant_context
from kam.tenancy.selectors import membership_of_session

SESSION_TENANT = "tenant_id"
# Signing in asks as nobody, whatever the request carries: inside a member's transaction the record of a
# failed attempt would be rolled back with the refusal, and guessing would never lock.
NOBODYS_PATHS = frozenset({"/api/v1/auth/token/", "/healthz", "/readyz"})
# allauth's pages know the person, but no tenant: what they write about a failed attempt must stay.
ACCOUNT_PAGES = "/auth/"


class TenantMiddleware:
    """Proves the membership, then runs the view inside `tenant_context`.

    The context's transaction is the request's: an answer of 400 or above rolls it back, DRF's too.
    Requests of nobody run without a tenant, and row level security shows them no rows.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.token_error = None
        formatting.activate(None)
        if request.path in NOBODYS_PATHS:
            request.principal = None
            return self.get_response(request)
        principal = self._principal(request)
        request.principal = principal
        if principal is None:
            return self.get_response(request)
        formatting.activate(principal.member.user.locale)
        contextvars.bind_contextvars(tenant=str(principal.tenant.id), member=str(principal.member.id))
        if request.path.startswith(ACCOUNT_PAGES):
            return self.get_response(request)
        via = "web" if principal.token is None else "api"
        try:
            with tenant_context(principal.tenant.id, member_id=principal.member.id, via=via):
                response = self.get_response(request)
                if response.status_code >= 400:
                    transaction.set_rollback(True)
        except IntegrityError:
            # Composite keys are checked at the commit, when the view has answered already.
            if not request.path.startswith(API_PREFIX):
                raise
            return problem_http_response(
                409, "Something this refers to is gone, or something refers to this.", code="reference"
            )
        return response

    def _principal(self, request: Any) -> Principal | None:
        """Tokens open the API only; a page asked with one is asked by nobody."""
        if request.path.startswith(API_PREFIX):
            try:
                token = token_from_request(request)
            except AuthenticationFailed as error:
                request.token_error = error
                return None
            if token is not None:
                return Principal(member=token.membership, token=token)
        if not request.user.is_authenticated:
            return None
        member = membership_of_session(user=request.user, tenant_id=request.session.get(SESSION_TENANT))
        return Principal(member=member) if member else None
