"""The commands that programs read (INTERFACE §1): one JSON line, or one line on stderr."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from kam.tenancy.context import tenant_context
from kam.tenancy.models import ApiToken, Invitation, Membership, Role, Tenant, TenantSettings, User
from kam.tenancy.permissions import SCOPES

ROOT = Path(__file__).resolve().parents[2]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, stdin: str = "") -> dict[str, Any]:
    monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    lines = output.getvalue().splitlines()
    assert len(lines) == 1
    answer: dict[str, Any] = json.loads(lines[0])
    return answer


@pytest.mark.django_db
def test_a_tenant_with_password_and_token(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = run(
        monkeypatch,
        *("create_tenant", "Acme Ltd", "--slug", "acme", "--admin", "Boss@Acme.example"),
        *("--password-stdin", "--token", "--currency", "usd"),
        stdin="a long pass phrase\n",
    )
    tenant = Tenant.objects.get(slug="acme")
    assert answer["tenant"] == {"id": str(tenant.id), "slug": "acme", "name": "Acme Ltd"}
    user = User.objects.get(email="boss@acme.example")
    assert answer["admin"]["id"] == str(user.id)
    assert answer["admin"]["email"] == "boss@acme.example"
    assert "invitation" not in answer
    assert user.check_password("a long pass phrase")
    with tenant_context(tenant.id):
        assert TenantSettings.objects.get().base_currency == "USD"
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {answer['token']}")
    me = client.get("/api/v1/me/").json()
    assert (me["id"], me["role"], me["tenant"]["slug"]) == (answer["admin"]["id"], "admin", "acme")
    assert ApiToken.objects.get().expiry is not None


@pytest.mark.django_db
def test_without_a_password_there_is_a_link_that_sets_one(
    monkeypatch: pytest.MonkeyPatch, client: Any
) -> None:
    answer = run(monkeypatch, "create_tenant", "Acme", "--slug", "acme", "--admin", "boss@acme.example")
    assert "token" not in answer
    path = answer["invitation"].split("/", 3)[3]
    page = client.get(f"/{path}", follow=True)
    assert page.status_code == 200
    done = client.post(
        page.redirect_chain[-1][0], {"password1": "a long pass phrase", "password2": "a long pass phrase"}
    )
    assert done.status_code == 302
    assert User.objects.get().check_password("a long pass phrase")


@pytest.mark.django_db
def test_a_member_is_invited_by_link(monkeypatch: pytest.MonkeyPatch, tenant: Tenant) -> None:
    answer = run(
        monkeypatch, "add_member", "--tenant", "northwind", "--email", "k@x.example", "--role", "kam"
    )
    assert answer["member"] is None
    assert f"/invitations/{tenant.id}/" in answer["invitation"]
    with tenant_context(tenant.id):
        invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role) == ("k@x.example", "kam")
    assert not Membership.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role.values)
def test_a_member_with_a_token_stands_at_once(
    monkeypatch: pytest.MonkeyPatch, tenant: Tenant, role: str
) -> None:
    answer = run(
        monkeypatch,
        *("add_member", "--tenant", "northwind", "--email", "k@x.example", "--role", role, "--token"),
    )
    member = Membership.objects.get()
    assert (member.role, answer["member"]["member_id"]) == (role, str(member.id))
    assert ("invitation" in answer) == (role != "integration")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {answer['token']}")
    me = client.get("/api/v1/me/").json()
    assert me["role"] == role
    assert me["scopes"] == (sorted(SCOPES) if role == "integration" else [])


@pytest.mark.django_db
def test_an_integrations_scopes_can_be_limited(monkeypatch: pytest.MonkeyPatch, tenant: Tenant) -> None:
    run(
        monkeypatch,
        *(
            "add_member",
            "--tenant",
            "northwind",
            "--email",
            "i@x.example",
            "--role",
            "integration",
            "--token",
        ),
        *("--scopes", "ledger:write, portfolio:read"),
    )
    assert ApiToken.objects.get().scopes == ["ledger:write", "portfolio:read"]


@pytest.mark.django_db
def test_who_has_a_password_keeps_it(monkeypatch: pytest.MonkeyPatch, tenant: Tenant) -> None:
    User.objects.create_user(email="k@x.example", password="their own password")
    run(
        monkeypatch,
        *(
            "add_member",
            "--tenant",
            "northwind",
            "--email",
            "K@x.example",
            "--role",
            "kam",
            "--password-stdin",
        ),
        stdin="somebody else’s idea\n",
    )
    assert User.objects.get().check_password("their own password")


REFUSED = {
    "taken slug": (["create_tenant", "N", "--slug", "northwind", "--admin", "a@b.example"], "already"),
    "bad slug": (["create_tenant", "N", "--slug", "No Slug", "--admin", "a@b.example"], "no slug"),
    "bad address": (["create_tenant", "N", "--slug", "n", "--admin", "nobody"], "not an e-mail address"),
    "bad currency": (
        ["create_tenant", "N", "--slug", "n", "--admin", "a@b.example", "--currency", "EURO"],
        "no currency",
    ),
    "weak password": (
        ["create_tenant", "N", "--slug", "n", "--admin", "a@b.example", "--password-stdin"],
        "password was refused",
    ),
    "unknown tenant": (
        ["add_member", "--tenant", "x", "--email", "a@b.example", "--role", "kam"],
        "no tenant",
    ),
    "unknown role": (
        ["add_member", "--tenant", "northwind", "--email", "a@b.example", "--role", "king"],
        "not a role",
    ),
    "scopes of a person": (
        ["add_member", "--tenant", "northwind", "--email", "a@b.example", "--role", "kam", "--scopes", "x"],
        "integration",
    ),
    "unknown scope": (
        *(
            [
                "add_member",
                "--tenant",
                "northwind",
                "--email",
                "a@b.example",
                "--role",
                "integration",
                "--token",
                "--scopes",
                "everything",
            ],
            "Unknown scope",
        ),
    ),
    "endless token": (
        *(
            [
                "add_member",
                "--tenant",
                "northwind",
                "--email",
                "a@b.example",
                "--role",
                "kam",
                "--token",
                "--token-days",
                "0",
            ],
            "expected 1 to 3650",
        ),
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_says_why_and_stores_nothing(
    monkeypatch: pytest.MonkeyPatch, tenant: Tenant, name: str
) -> None:
    arguments, expected = REFUSED[name]
    with pytest.raises(CommandError, match=expected) as caught:
        run(monkeypatch, *arguments, stdin="short\n")
    assert "\n" not in str(caught.value)
    assert Tenant.objects.count() == 1
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_member_twice_is_refused(monkeypatch: pytest.MonkeyPatch, members: dict[str, Membership]) -> None:
    arguments = ("add_member", "--tenant", "northwind", "--email", "kam@northwind.example", "--role", "kam")
    with pytest.raises(CommandError, match="a member of Northwind Tools already"):
        run(monkeypatch, *arguments)


def manage(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "kam.settings.test"} | environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("create_tenant",), "the following arguments are required"),
        (("create_tenant", "X", "--slug", "x", "--admin", "a@b.example", "--colour", "red"), "--colour"),
        (("backup", "/nowhere/at/all/file"), "There is no folder /nowhere/at/all."),
        (("restore", "/nowhere/file"), "There is no file /nowhere/file."),
    ],
)
def test_the_command_line_fails_with_one_line(arguments: tuple[str, ...], expected: str) -> None:
    done = manage(*arguments)
    assert done.returncode != 0
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert expected in done.stderr


def test_a_database_that_is_away_is_told_in_one_line() -> None:
    nowhere = "postgresql://kam_app:x@127.0.0.1:1/kam"
    done = manage(
        *("create_tenant", "X", "--slug", "x", "--admin", "a@b.example"),
        DATABASE_URL=nowhere,
        OWNER_DATABASE_URL=nowhere,
        KAM_EMBEDDED="",
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("The database refused: ")
