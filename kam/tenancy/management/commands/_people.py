"""What `create_tenant` and `add_member` share: the password from standard input, the token, the link."""

import sys
from argparse import ArgumentParser
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse

from kam.common.errors import InvalidInputError
from kam.tenancy.models import Membership, Role, User
from kam.tenancy.services import token_create

TOKEN_DAYS = 365


def add_arguments(parser: ArgumentParser) -> None:
    """The options both commands know."""
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    parser.add_argument("--token", action="store_true", help="also make an API token and print it, once")
    parser.add_argument(
        "--token-days", type=int, default=TOKEN_DAYS, metavar="N", help="days until the token expires (365)"
    )
    parser.add_argument("--name", default="", dest="person", help="the person's name")


def password_from_stdin(email: str, name: str) -> str:
    """The first line of standard input. Raises InvalidInputError when it is empty or too weak."""
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise InvalidInputError.of("password", "No password was given on standard input.")
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        raise InvalidInputError.of(
            "password", "The password was refused: " + " ".join(error.messages)
        ) from error
    return password


def token_days(days: int) -> int:
    """Raises InvalidInputError unless a token can live that long."""
    if not 1 <= days <= 3650:
        raise InvalidInputError.of("token_days", f"--token-days is {days}: expected 1 to 3650.")
    return days


def new_token(member: Membership, *, days: int, scopes: list[str] | None = None) -> str:
    """The secret of a new token that the command line asked for."""
    return token_create(member=member, name="command line", days=days, scopes=scopes)[1]


def password_link(user: User) -> str | None:
    """Where a person without a password sets one (valid as long as a password-reset link); None with one."""
    if user.has_usable_password():
        return None
    key = default_token_generator.make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    return settings.PUBLIC_URL.rstrip("/") + path


def person(member: Membership) -> dict[str, Any]:
    """How a member is printed: `id` is the user's, as everywhere in the API; `member_id` the place in the tenant."""
    return {
        "id": str(member.user_id),
        "member_id": str(member.id),
        "email": member.user.email,
        "role": str(Role(member.role)),
    }
