"""Signing in over REST: tokens, lock-out, who am I."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from kam.tenancy.models import ApiToken, Membership, Tenant
from kam.tenancy.services import member_add
from tests.conftest import PASSWORD

TOKEN = "/api/v1/auth/token/"


def sign_in(client: APIClient, **body: Any) -> Any:
    return client.post(TOKEN, body, format="json")


def test_a_password_buys_a_token_that_says_whose_it_is(members: dict[str, Membership]) -> None:
    answer = sign_in(APIClient(), email="KAM@northwind.example", password=PASSWORD)
    assert answer.status_code == 200
    assert set(answer.json()) == {"token", "expiry"}
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
    me = client.get("/api/v1/me/").json()
    assert me["email"] == "kam@northwind.example"
    assert me["role"] == "kam"
    assert me["tenant"]["slug"] == "northwind"
    assert me["id"] == str(members["kam"].user_id)
    assert "accounts.view" in me["permissions"]
    assert "members.change" not in me["permissions"]


def test_logging_out_ends_the_token(api: Callable[..., APIClient]) -> None:
    client = api("kam")
    assert client.post("/api/v1/auth/logout/").status_code == 204
    answer = client.get("/api/v1/me/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Token"
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("email", ["kam@northwind.example", "nobody@northwind.example"])
def test_a_wrong_password_and_an_unknown_person_look_alike(
    members: dict[str, Membership], email: str
) -> None:
    answer = sign_in(APIClient(), email=email, password="wrong")
    assert answer.status_code == 401
    assert answer.json()["detail"] == "E-mail and password do not fit."


def test_somebody_in_two_companies_is_asked_which(
    members: dict[str, Membership], other_tenant: Tenant
) -> None:
    member_add(tenant=other_tenant, email="kam@northwind.example", role="executive")
    answer = sign_in(APIClient(), email="kam@northwind.example", password=PASSWORD)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "tenant"
    assert "fabrikam" in answer.json()["errors"][0]["message"]
    # Whoever does not know the password learns nothing about companies.
    assert sign_in(APIClient(), email="kam@northwind.example", password="x").status_code == 401
    chosen = sign_in(APIClient(), email="kam@northwind.example", password=PASSWORD, tenant="fabrikam")
    assert chosen.status_code == 200
    elsewhere = sign_in(APIClient(), email="kam@northwind.example", password=PASSWORD, tenant="contoso")
    assert elsewhere.status_code == 400


def test_integrations_have_no_password_door(members: dict[str, Membership]) -> None:
    answer = sign_in(APIClient(), email="integration@northwind.example", password=PASSWORD)
    assert answer.status_code == 401
    assert not ApiToken.objects.exists()


def test_guessing_locks_even_behind_somebody_elses_token(
    members: dict[str, Membership], api: Callable[..., APIClient]
) -> None:
    guesser = api("contributor")
    with override_settings(AXES_FAILURE_LIMIT=3):
        tried = [sign_in(guesser, email="admin@northwind.example", password=f"x{n}") for n in range(3)]
        assert {answer.status_code for answer in tried} <= {401, 429}
        locked = sign_in(guesser, email="ADMIN@northwind.example", password=PASSWORD)
    assert locked.status_code == 429
    assert locked["Content-Type"] == "application/problem+json"
    assert locked.json()["type"] == "urn:kam:problem:locked_out"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"password": "x"}, "email"),
        ({"email": 5, "password": "x"}, "email"),
        ({"email": "a@b.example", "password": "x", "role": "admin"}, "role"),
    ],
)
def test_a_bad_body_names_the_field(db: None, body: dict[str, Any], field: str) -> None:
    answer = APIClient().post(TOKEN, body, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("header", ["Token", "Token nonsense", "Token a b", "token " + "f" * 64])
def test_a_bad_token_is_a_problem(db: None, header: str) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header)
    answer = client.get("/api/v1/me/")
    assert answer.status_code == 401
    assert answer.json()["status"] == 401


def test_unknown_paths_and_methods_are_problems(api: Callable[..., APIClient]) -> None:
    client = api("admin")
    missing = client.get("/api/v1/nothing-here/")
    assert (missing.status_code, missing["Content-Type"]) == (404, "application/problem+json")
    refused = client.delete("/api/v1/me/")
    assert refused.status_code == 405
    assert "GET" in refused["Allow"]
    assert refused["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b'{"email": NaN}',
        b'{"email": Infinity}',
        b'{"email": "\\u0000"}',
        b'{"email": "\\ud800"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"email": 123456789012345678901234567890}',
        b"[]",
        b"null",
    ],
)
def test_broken_json_is_refused(db: None, raw: bytes) -> None:
    answer = APIClient().post(TOKEN, raw, content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"


def test_other_media_types_and_large_bodies_are_refused(db: None) -> None:
    assert APIClient().post(TOKEN, b"<a/>", content_type="application/xml").status_code == 415
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000):
        large = APIClient().post(TOKEN, b'{"email":"' + b"x" * 2000 + b'"}', content_type="application/json")
    assert large.status_code == 413


def test_docs_work_without_inline_scripts(db: None) -> None:
    page = APIClient().get("/api/v1/docs/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "<script>" not in text
    assert "/static/drf_spectacular_sidecar/" in text
    script = APIClient().get("/api/v1/docs/", {"script": ""})
    assert script["Content-Type"].startswith("application/javascript")
    schema = APIClient().get("/api/v1/schema/")
    assert schema.status_code == 200
    assert schema.json()["openapi"].startswith("3.")
