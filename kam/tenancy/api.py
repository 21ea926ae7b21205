"""Who am I, tokens, and the schema of everything else."""

from functools import cache
from typing import Any

from allauth.mfa.adapter import get_adapter as mfa_adapter
from allauth.mfa.models import Authenticator
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db import transaction
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kam.common.api.fields import Id, StrictSerializer, Text
from kam.common.api.throttling import MemberThrottle, TokenThrottle
from kam.common.api.views import KamApi
from kam.common.errors import ApplicationError, ConflictError, InvalidInputError
from kam.tenancy.models import Membership, Role, User
from kam.tenancy.permissions import MATRIX, PUBLIC, SIGNED_IN
from kam.tenancy.selectors import membership_list_of_user
from kam.tenancy.services import token_create


class InvalidCredentialsError(ApplicationError):
    """E-mail and password do not fit, or the person may not sign in. Never says which."""

    code = "invalid_credentials"
    status = 401


class LockedOutError(ApplicationError):
    """Too many failed attempts."""

    code = "locked_out"
    status = 429


def _prove(request: Request, *, email: str, password: str, code: str) -> User:
    """The person behind an e-mail and password (and, where switched on, a second factor)."""
    inner: Any = request._request
    user = authenticate(inner, email=email, password=password)
    if getattr(inner, "axes_locked_out", False):
        inner.axes_locked_out = False  # the middleware would answer with a page
        raise LockedOutError("Too many failed attempts. Try again in a quarter of an hour.")
    if not isinstance(user, User):
        raise InvalidCredentialsError("E-mail and password do not fit.")
    if mfa_adapter().is_mfa_enabled(user):
        factors = Authenticator.objects.filter(
            user=user, type__in=[Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]
        )
        if not code or not any(factor.wrap().validate_code(code) for factor in factors):
            if code:
                # Six digits are soon guessed: a wrong code counts like a wrong password.
                user_login_failed.send(sender=__name__, credentials={"email": email}, request=inner)
                inner.axes_locked_out = False
            raise InvalidCredentialsError("The code of your second factor is needed.", code="second_factor")
    user_logged_in.send(sender=User, request=inner, user=user)
    return user


def _choose(user: User, slug: str) -> Membership:
    """The membership to make a token for. Raises InvalidInputError naming `tenant` where it is not clear."""
    members = list(membership_list_of_user(user=user))
    if slug:
        members = [member for member in members if member.tenant.slug == slug]
        if not members:
            raise InvalidInputError.of("tenant", "You are not a member of this company.", "unknown")
    if not members:
        raise InvalidCredentialsError("You are not a member of any company.", code="no_membership")
    if len(members) > 1:
        names = ", ".join(member.tenant.slug for member in members)
        raise InvalidInputError.of(
            "tenant", f"You are in several companies. Say which: {names}.", "ambiguous"
        )
    return members[0]


class TokenApi(KamApi):
    """Exchange e-mail and password for a token of one member of one tenant. The secret is shown once.

    People with a second factor send its `code` too. Answers are never kept for an Idempotency-Key.
    """

    permissions = {"POST": PUBLIC}
    authentication_classes = []
    throttle_classes = [TokenThrottle]
    keeps_answers = False
    errors = (401,)

    class Input(StrictSerializer):
        email = Text(max_length=254)
        password = Text(max_length=1000, trim_whitespace=False)
        tenant = Text(max_length=50, required=False, default="", allow_blank=True)
        code = Text(max_length=20, required=False, default="", allow_blank=True)

    class Output(serializers.Serializer[Any]):
        token = serializers.CharField()
        expiry = serializers.DateTimeField(allow_null=True)

    def post(self, request: Request) -> Response:
        values = self.parse(request)
        user = _prove(request, email=values["email"], password=values["password"], code=values["code"])
        with transaction.atomic():
            member = _choose(user, values["tenant"])
            token, secret = token_create(member=member, name="Signed in over REST")
        return Response({"token": secret, "expiry": token.expiry}, headers={"Cache-Control": "no-store"})


class LogoutApi(KamApi):
    """Revoke the token that this request carries."""

    permissions = {"POST": SIGNED_IN}
    keeps_answers = False
    success = 204

    def post(self, request: Request) -> Response:
        if self.principal.token is None:
            raise ConflictError("This request carries no token.", code="no_token")
        self.principal.token.delete()
        return Response(status=204)


class _TenantOutput(serializers.Serializer[Any]):
    id = Id()
    slug = serializers.CharField()
    name = serializers.CharField()


class MeApi(KamApi):
    """Whose token this is, in which tenant, with which role, and what that allows."""

    permissions = {"GET": SIGNED_IN}

    class Output(serializers.Serializer[Any]):
        id = Id()
        email = serializers.CharField()
        name = serializers.CharField()
        role = serializers.ChoiceField(choices=Role.choices)
        member_id = Id()
        tenant = _TenantOutput()
        scopes = serializers.ListField(child=serializers.CharField())
        permissions = serializers.ListField(child=serializers.CharField())

    def get(self, request: Request) -> Response:
        who = self.principal
        user, tenant = who.member.user, who.tenant
        return Response(
            {
                "id": user.id,
                "email": user.email,
                "name": user.name,
                "role": who.role,
                "member_id": who.member.id,
                "tenant": {"id": tenant.id, "slug": tenant.slug, "name": tenant.name},
                "scopes": who.token.scopes if who.token else [],
                "permissions": sorted(name for name in MATRIX if who.can(name)),
            }
        )


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return schema


@extend_schema(exclude=True)
class SchemaApi(KamApi):
    """The OpenAPI schema, made once per process."""

    permissions = {"GET": PUBLIC}
    authentication_classes = []

    def get(self, request: Request) -> Response:
        return Response(_schema(), content_type="application/vnd.oai.openapi+json")


class DocsApi(SpectacularSwaggerSplitView):
    """The schema as a page. Its script comes from an address of its own: the policy allows no inline ones."""

    permissions = {"GET": PUBLIC}
    url_name = "api:schema"
    throttle_classes = [MemberThrottle]


class MemberTokenScheme(OpenApiAuthenticationExtension):
    """How the schema describes our tokens."""

    target_class = "kam.tenancy.authentication.MemberTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "“Token …”, from `auth/token/` or the settings page.",
        }
