"""Who is asking, for which tenant, and the transaction their request runs in."""

from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import AuthenticationFailed

from kam.common.api.exceptions import API_PREFIX, problem_http_response
from kam.tenancy.access import Principal
from kam.tenancy.authentication import token_from_request
from kam.tenancy.context import tenant_context
from kam.tenancy.selectors import membership_of_session

SESSION_TENANT = "tenant_id"
# Signing in asks as nobody, whatever the request carries: inside a member's transaction the record of a failed
# attempt would be rolled back with the refusal, and guessing would never lock.
NOBODYS_PATHS = frozenset({"/api/v1/auth/token/"})


class TenantMiddleware:
    """Proves the membership, then runs the view inside `tenant_context`.

    The context's transaction is the request's: an answer of 400 or above rolls it back, DRF's too.
    Requests of nobody run without a tenant, and row level security shows them no rows.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        principal, via = None, "web"
        request.token_error = None
        if request.path in NOBODYS_PATHS:
            request.principal = None
            return self.get_response(request)
        try:
            token = token_from_request(request)
        except AuthenticationFailed as error:
            token, request.token_error = None, error
        if token is not None:
            principal, via = Principal(member=token.membership, token=token), "api"
        elif request.token_error is None and request.user.is_authenticated:
            member = membership_of_session(user=request.user, tenant_id=request.session.get(SESSION_TENANT))
            principal = Principal(member=member) if member else None
        request.principal = principal
        if principal is None:
            return self.get_response(request)
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
