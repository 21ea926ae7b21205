"""`add_member --tenant S --email E --role …`: a person or an integration joins a tenant."""

from argparse import ArgumentParser
from typing import Any

from django.db import transaction

from kam.common.commands import JsonCommand
from kam.common.errors import InvalidInputError
from kam.tenancy.context import tenant_context
from kam.tenancy.management.commands import _people
from kam.tenancy.models import Role, Tenant
from kam.tenancy.permissions import SCOPES
from kam.tenancy.selectors import tenant_by_slug
from kam.tenancy.services import invitation_create, member_add


class Command(JsonCommand):
    help = (
        "Add a member to a tenant; prints one JSON line. With a password, with --token and for integrations "
        "the membership stands at once; otherwise the line holds an invitation link."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="the tenant's short name")
        parser.add_argument("--email", required=True, help="the address the member signs in with")
        parser.add_argument("--role", required=True, help=f"one of {', '.join(Role.values)}")
        parser.add_argument(
            "--scopes", help=f"of an integration's token, with commas between (all): {', '.join(SCOPES)}"
        )
        _people.add_arguments(parser)

    def run(self, **options: Any) -> dict[str, Any]:
        tenant = tenant_by_slug(slug=options["tenant"])
        email, role, name = options["email"], options["role"], options["person"]
        days = _people.token_days(options["token_days"])
        scopes = _scopes(options["scopes"], role=role, token=options["token"])
        password = _people.password_from_stdin(email, name) if options["password_stdin"] else None
        answer: dict[str, Any] = {"tenant": {"id": str(tenant.id), "slug": tenant.slug, "name": tenant.name}}
        if password is None and role != Role.INTEGRATION and not options["token"]:
            return answer | self._invite(tenant=tenant, email=email, role=role, name=name)
        with transaction.atomic():
            member = member_add(tenant=tenant, email=email, role=role, name=name, password=password)
            answer["member"] = _people.person(member)
            if options["token"]:
                answer["token"] = _people.new_token(member, days=days, scopes=scopes)
        link = _people.password_link(member.user) if role != Role.INTEGRATION else None
        return answer | ({"invitation": link} if link else {})

    def _invite(self, *, tenant: Tenant, email: str, role: str, name: str) -> dict[str, Any]:
        with tenant_context(tenant.id, via="command"):
            invitation, link = invitation_create(tenant=tenant, email=email, role=role, name=name, send=False)
        return {
            "member": None,
            "invitation": link,
            "email": invitation.email,
            "role": invitation.role,
            "expires_at": invitation.expires_at.isoformat(),
        }


def _scopes(text: str | None, *, role: str, token: bool) -> list[str] | None:
    """The scopes asked for; None means all. Raises InvalidInputError where they would have no effect."""
    if text is None:
        return None
    if role != Role.INTEGRATION or not token:
        raise InvalidInputError.of("scopes", "--scopes belongs to the token of an integration: add --token.")
    return [scope.strip() for scope in text.split(",") if scope.strip()]
