"""`create_tenant NAME --slug S --admin EMAIL`: a supplier company with its first administrator."""

from argparse import ArgumentParser
from typing import Any

from django.db import transaction

from kam.common.commands import JsonCommand
from kam.tenancy.management.commands import _people
from kam.tenancy.models import Role
from kam.tenancy.services import member_add, tenant_create


class Command(JsonCommand):
    help = "Create a tenant and its first administrator; prints one JSON line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the company's name")
        parser.add_argument(
            "--slug", required=True, help="its short name: lower-case letters, digits, hyphens"
        )
        parser.add_argument("--admin", required=True, metavar="EMAIL", help="the first administrator")
        parser.add_argument("--currency", default="EUR", help="base currency, ISO 4217 (EUR)")
        _people.add_arguments(parser)

    def run(self, **options: Any) -> dict[str, Any]:
        days = _people.token_days(options["token_days"])
        password = None
        if options["password_stdin"]:
            password = _people.password_from_stdin(options["admin"], options["person"])
        with transaction.atomic():
            tenant = tenant_create(
                name=options["name"], slug=options["slug"], base_currency=options["currency"]
            )
            admin = member_add(
                tenant=tenant,
                email=options["admin"],
                role=Role.ADMIN,
                name=options["person"],
                password=password,
            )
            answer: dict[str, Any] = {
                "tenant": {"id": str(tenant.id), "slug": tenant.slug, "name": tenant.name},
                "admin": _people.person(admin),
            }
            if options["token"]:
                answer["token"] = _people.new_token(admin, days=days)
            link = _people.password_link(admin.user)
            if link:
                answer["invitation"] = link
        return answer
