"""API tokens: hashed, expiring, revocable, shown once."""

from datetime import timedelta

from kam.common.errors import InvalidInputError
from kam.tenancy.access import Principal
from kam.tenancy.models import ApiToken, Membership, Role
from kam.tenancy.permissions import SCOPES

TOKEN_DAYS = (30, 90, 365)


def token_create(
    *, member: Membership, name: str, days: int | None = 90, scopes: list[str] | None = None
) -> tuple[ApiToken, str]:
    """A new API token and its secret, which is shown once and stored only as a hash.

    `days` until it expires (None = never). An integration without `scopes` gets all of them; people's tokens
    carry none, their role decides. Raises InvalidInputError naming the field.
    """
    if member.role != Role.INTEGRATION:
        scopes = []
    elif scopes is None:
        scopes = list(SCOPES)
    unknown = set(scopes) - set(SCOPES)
    if unknown:
        raise InvalidInputError.of("scopes", f"Unknown scope {', '.join(sorted(unknown))}.")
    if not name.strip():
        raise InvalidInputError.of("name", "Give the token a name, so that you know later what uses it.")
    token, secret = ApiToken.objects.create(
        user=member.user,
        membership=member,
        name=name.strip()[:100],
        scopes=sorted(set(scopes)),
        expiry=timedelta(days=days) if days else None,
    )
    return token, secret


def token_revoke(*, principal: Principal, digest: str) -> bool:
    """Delete one of the member's own tokens, or, as an administrator, one of an integration of the tenant.

    False when there is no such token.
    """
    tokens = ApiToken.objects.filter(membership__tenant=principal.tenant, digest=digest)
    if principal.can("members.change"):
        tokens = tokens.filter(membership__role=Role.INTEGRATION) | tokens.filter(membership=principal.member)
    else:
        tokens = tokens.filter(membership=principal.member)
    return bool(tokens.delete()[0])
