"""Signing in: throttled, locked, rotated; password reset and second factor within reach (promise 12)."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.core.cache import cache
from django.test import Client, override_settings

from kam.tenancy.models import Membership, User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN = "/auth/login/"


@pytest.fixture(autouse=True)
def _no_counters() -> None:
    cache.clear()


def sign_in(client: Client, email: str, password: str, **extra: Any) -> Any:
    return client.post(LOGIN, {"login": email, "password": password}, **extra)


def test_a_member_signs_in_and_the_session_rotates(members: dict[str, Membership]) -> None:
    client = Client()
    client.get(LOGIN)
    session = client.session
    session["before"] = "kept"
    session.save()
    before = session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = before
    answer = sign_in(client, "KAM@northwind.example", PASSWORD)
    assert answer.status_code == 302
    assert answer["Location"] == "/"
    assert client.session.session_key != before
    assert client.get("/profile/").status_code == 200


def test_signing_out_ends_the_session(browser_client: Any) -> None:
    client = browser_client("kam")
    key = client.session.session_key
    assert client.get("/auth/logout/").status_code == 200
    assert client.get("/profile/").status_code == 200
    assert client.post("/auth/logout/").status_code == 302
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    assert client.get("/profile/").status_code == 302


@override_settings(AXES_FAILURE_LIMIT=3)
def test_too_many_tries_lock_with_429(members: dict[str, Membership]) -> None:
    client = Client(REMOTE_ADDR="192.0.2.1")
    statuses = [sign_in(client, "kam@northwind.example", "wrong").status_code for _try in range(3)]
    assert statuses == [200, 200, 429]
    locked = sign_in(client, "kam@northwind.example", PASSWORD)
    assert locked.status_code == 429
    assert "Too many tries" in locked.content.decode()
    # However it is written, it is the same person; another one, and another address, are not locked.
    assert sign_in(client, "Kam@Northwind.example", PASSWORD).status_code == 429
    assert sign_in(client, "admin@northwind.example", PASSWORD).status_code == 302
    elsewhere = Client(REMOTE_ADDR="192.0.2.2")
    assert sign_in(elsewhere, "kam@northwind.example", PASSWORD).status_code == 302


@override_settings(AXES_FAILURE_LIMIT=3)
def test_page_and_api_count_together(members: dict[str, Membership]) -> None:
    client = Client(REMOTE_ADDR="192.0.2.3")
    body = {"email": "kam@northwind.example", "password": "wrong"}
    for _try in range(2):
        assert client.post("/api/v1/auth/token/", body, content_type="application/json").status_code == 401
    assert sign_in(client, "kam@northwind.example", "wrong").status_code == 429
    right = {**body, "password": PASSWORD}
    assert client.post("/api/v1/auth/token/", right, content_type="application/json").status_code == 429


@override_settings(AXES_FAILURE_LIMIT=3)
def test_a_session_is_no_cover_for_guessing(browser_client: Any) -> None:
    """Failed attempts are counted also when somebody is signed in, whose transaction is rolled back."""
    client = browser_client("kam")
    body = {"email": "admin@northwind.example", "password": "wrong"}
    statuses = [
        client.post("/api/v1/auth/token/", body, content_type="application/json").status_code
        for _try in range(3)
    ]
    assert statuses[-1] == 429


@override_settings(AXES_FAILURE_LIMIT=2, PROXY_COUNT=1)
def test_behind_a_proxy_the_address_cannot_be_claimed(members: dict[str, Membership]) -> None:
    client = Client()
    for claimed in ("198.51.100.1", "198.51.100.2"):
        answer = sign_in(
            client, "kam@northwind.example", "wrong", HTTP_X_FORWARDED_FOR=f"{claimed}, 203.0.113.9"
        )
    assert answer.status_code == 429
    other = sign_in(client, "kam@northwind.example", PASSWORD, HTTP_X_FORWARDED_FOR="203.0.113.10")
    assert other.status_code == 302


def test_a_password_is_reset_by_mail(members: dict[str, Membership]) -> None:
    client = Client()
    answer = client.post("/auth/password/reset/", {"email": "kam@northwind.example"})
    assert answer.status_code == 302
    assert [message.to for message in mail.outbox] == [["kam@northwind.example"]]
    path = re.search(r"https?://[^/]+(/\S+)", mail.outbox[0].body)
    assert path is not None
    page = client.get(path[1], follow=True)
    chosen = {"password1": "an entirely new phrase", "password2": "an entirely new phrase"}
    assert client.post(page.redirect_chain[-1][0], chosen).status_code == 302
    assert sign_in(Client(), "kam@northwind.example", "an entirely new phrase").status_code == 302
    # The link works once.
    assert client.post(page.redirect_chain[-1][0], chosen).status_code == 200


def test_nobody_learns_who_has_an_account(members: dict[str, Membership]) -> None:
    client = Client()
    known = client.post("/auth/password/reset/", {"email": "kam@northwind.example"})
    unknown = client.post("/auth/password/reset/", {"email": "nobody@northwind.example"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("path", ["/auth/signup/", "/auth/3rdparty/signup/"])
def test_nobody_signs_up(path: str) -> None:
    body = {
        "email": "x@y.example",
        "password1": "an entirely new phrase",
        "password2": "an entirely new phrase",
    }
    Client().post(path, body)
    assert not User.objects.exists()


def test_nobody_takes_another_address(browser_client: Any) -> None:
    client = browser_client("kam")
    assert client.get("/auth/email/").status_code == 404
    body = {"action_add": "", "email": "admin2@northwind.example"}
    assert client.post("/auth/email/", body).status_code == 404


@pytest.mark.parametrize("path", ["/auth/2fa/", "/auth/password/change/", "/auth/3rdparty/"])
def test_account_pages_are_within_reach(browser_client: Any, path: str) -> None:
    answer = browser_client("kam").get(path, follow=True)
    assert answer.status_code == 200


def test_a_second_factor_is_asked_for(members: dict[str, Membership]) -> None:
    totp.TOTP.activate(members["kam"].user, totp.generate_totp_secret())
    assert Authenticator.objects.filter(user=members["kam"].user).exists()
    client = Client()
    answer = sign_in(client, "kam@northwind.example", PASSWORD)
    assert answer["Location"].startswith("/auth/2fa/authenticate/")
    assert client.get("/profile/").status_code == 302
    assert client.post("/auth/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert client.get("/profile/").status_code == 302


@override_settings(AXES_FAILURE_LIMIT=3)
def test_guessing_the_second_factor_locks_too(members: dict[str, Membership]) -> None:
    totp.TOTP.activate(members["kam"].user, totp.generate_totp_secret())
    client = Client()
    body = {"email": "kam@northwind.example", "password": PASSWORD, "code": "000000"}
    statuses = [
        client.post("/api/v1/auth/token/", body, content_type="application/json").status_code
        for _try in range(4)
    ]
    assert statuses == [401, 401, 401, 429]


@override_settings(
    SOCIALACCOUNT_PROVIDERS={
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "corp",
                    "name": "Corporate sign-in",
                    "client_id": "kam",
                    "secret": "s",
                    "settings": {"server_url": "https://id.example.com"},
                }
            ]
        }
    }
)
def test_single_sign_on_is_a_button_away() -> None:
    page = Client().get(LOGIN).content.decode()
    assert "Corporate sign-in" in page
    assert "/auth/oidc/corp/login/" in page


def test_an_inactive_person_is_out_at_once(browser_client: Any, members: dict[str, Membership]) -> None:
    client = browser_client("kam")
    User.objects.filter(pk=members["kam"].user_id).update(is_active=False)
    assert client.get("/profile/").status_code == 302
    assert sign_in(Client(), "kam@northwind.example", PASSWORD).status_code in (200, 302)
    assert client.get("/profile/").status_code == 302


def test_an_integration_cannot_sign_in_to_pages(members: dict[str, Membership]) -> None:
    client = Client()
    sign_in(client, "integration@northwind.example", PASSWORD)
    assert client.get("/profile/").status_code == 403


def test_passwords_are_hashed_with_scrypt() -> None:
    """The suite hashes cheaply; what every other environment uses is base's list."""
    from kam.settings import base

    assert base.PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.ScryptPasswordHasher"
    with override_settings(PASSWORD_HASHERS=base.PASSWORD_HASHERS):
        assert make_password(PASSWORD).startswith("scrypt$")


def test_secure_defaults() -> None:
    from kam.settings import base

    assert base.SESSION_COOKIE_HTTPONLY
    assert base.X_FRAME_OPTIONS == "DENY"
    directives = base.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & set(map(str, directives["script-src"]))
    assert directives["object-src"] == ["'none'"] == directives["frame-ancestors"]


def test_every_page_carries_the_policy(browser_client: Any) -> None:
    for path in ("/profile/", LOGIN, "/nowhere/"):
        policy = browser_client("kam").get(path)["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
