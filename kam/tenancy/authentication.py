"""Personal API tokens. The middleware finds the token, because the tenant must be known before the view."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from kam.common.prepared import Prepared
from kam.tenancy.models import ApiToken

USED_EVERY = timedelta(minutes=10)
_TOKEN = Prepared(
    lambda key, digest: ApiToken.objects.select_related("membership__tenant", "membership__user").filter(
        token_key=key, digest=digest
    ),
    key=str,
    digest=str,
)


def token_from_request(request: HttpRequest) -> ApiToken | None:
    """The valid token of an `Authorization: Token …` header, None without such a header.

    Raises AuthenticationFailed for a malformed, unknown, revoked or expired token, and for a member or user
    who is no longer active.
    """
    words = request.META.get("HTTP_AUTHORIZATION", "").split()
    if not words or words[0].lower() != "token":
        return None
    if len(words) != 2:
        raise AuthenticationFailed("Expected “Authorization: Token <token>”.")
    digest = hash_token(words[1])
    token: ApiToken | None = _TOKEN.first(key=words[1][: CONSTANTS.TOKEN_KEY_LENGTH], digest=digest)
    now = timezone.now()
    if token is None or (token.expiry is not None and token.expiry < now):
        raise AuthenticationFailed("The token is unknown, revoked or expired.")
    if not (token.membership.is_active and token.membership.user.is_active):
        raise AuthenticationFailed("This member is no longer active.")
    if token.last_used_at is None or now - token.last_used_at > USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def axes_username(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> str:
    """Whose failed attempts are counted: the e-mail address, however it was written and wherever entered."""
    given = credentials or {}
    name = given.get("email") or given.get("username") or given.get("login")
    if not name and request is not None:
        name = request.POST.get("login")
    return str(name or "").strip().lower()


class MemberTokenAuthentication(TokenAuthentication):
    """DRF's view of what the middleware already proved."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        inner: Any = request._request
        if inner.token_error is not None:
            raise inner.token_error
        principal = inner.principal
        if principal is None or principal.token is None:
            return None
        return principal.member.user, principal.token
