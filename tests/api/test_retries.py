"""Promises 5 and 6 of RELIABILITY.md: a retry never doubles, and no update is lost."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Account
from kam.tenancy.idempotency import KEPT
from kam.tenancy.models import IdempotencyRecord, Membership, Tenant
from kam.tenancy.tasks import answers_forget_everywhere
from tests.conftest import client_for
from tests.factories import AccountFactory, OpenSpaceCellFactory

# A hundred connections at once: such tests take turns, or they starve one another.
pytestmark = pytest.mark.xdist_group("threads")

Api = Callable[..., APIClient]
ACCOUNTS = "/api/v1/accounts/"


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work` in 16 threads, the first 16 of them starting at the same moment."""
    start = threading.Barrier(16)

    def one(number: int) -> Any:
        if number < 16:
            start.wait(timeout=30)
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(one, range(count)))


def header(client: APIClient) -> str:
    return str(client._credentials["HTTP_AUTHORIZATION"])


def test_fifty_posts_with_one_key_make_one_row(
    committed_db: None, tenant: Tenant, members: dict[str, Membership], as_tenant: Any
) -> None:
    token = header(client_for(members["admin"]))

    def post(number: int) -> Any:
        return APIClient().post(
            ACCOUNTS,
            {"name": "Once", "external_id": "ONCE"},
            format="json",
            HTTP_AUTHORIZATION=token,
            HTTP_IDEMPOTENCY_KEY="one-key",
        )

    answers = at_once(50, post)
    assert set(Counter(answer.status_code for answer in answers)) <= {201, 409}
    stored = [answer for answer in answers if answer.status_code == 201]
    assert stored
    assert len({answer.content for answer in stored}) == 1
    in_flight = [answer.json()["type"] for answer in answers if answer.status_code == 409]
    assert set(in_flight) <= {"urn:kam:problem:in_flight"}
    with as_tenant(tenant):
        assert Account.objects.count() == 1
    late = post(99)
    assert late.content == stored[0].content


def test_of_a_hundred_patches_with_one_etag_one_wins(
    committed_db: None, tenant: Tenant, members: dict[str, Membership], as_tenant: Any
) -> None:
    client = client_for(members["admin"])
    with as_tenant(tenant):
        account = AccountFactory()
    url = f"{ACCOUNTS}{account.pk}/"
    tag, token = client.get(url)["ETag"], header(client)

    def patch(number: int) -> int:
        answer = APIClient().patch(
            url, {"region": f"R{number}"}, format="json", HTTP_AUTHORIZATION=token, HTTP_IF_MATCH=tag
        )
        return answer.status_code

    assert Counter(at_once(100, patch)) == {200: 1, 412: 99}
    assert client.get(url).json()["version"] == 2


def test_of_a_hundred_grid_writes_with_one_etag_one_wins(
    committed_db: None, tenant: Tenant, members: dict[str, Membership], as_tenant: Any
) -> None:
    client = client_for(members["admin"])
    with as_tenant(tenant):
        cell = OpenSpaceCellFactory()
    url = f"{ACCOUNTS}{cell.account_id}/open-space/"
    tag, token = client.get(url)["ETag"], header(client)

    def patch(number: int) -> int:
        body = {"cells": [{"product_line": str(cell.product_line_id), "potential": str(2000 + number)}]}
        answer = APIClient().patch(url, body, format="json", HTTP_AUTHORIZATION=token, HTTP_IF_MATCH=tag)
        return answer.status_code

    assert Counter(at_once(100, patch)) == {200: 1, 412: 99}


def test_two_moves_at_once_close_no_circle(
    committed_db: None, tenant: Tenant, members: dict[str, Membership], as_tenant: Any
) -> None:
    token = header(client_for(members["admin"]))
    with as_tenant(tenant):
        accounts = AccountFactory.create_batch(16)

    def hang(number: int) -> int:
        above = accounts[(number + 1) % 16]
        answer = APIClient().patch(
            f"{ACCOUNTS}{accounts[number].pk}/",
            {"parent": str(above.pk)},
            format="json",
            HTTP_AUTHORIZATION=token,
        )
        return answer.status_code

    assert Counter(at_once(16, hang)) == {200: 15, 400: 1}


def post(client: APIClient, key: str, **body: Any) -> Any:
    return client.post(ACCOUNTS, {"name": "Once", **body}, format="json", HTTP_IDEMPOTENCY_KEY=key)


def test_a_replay_is_the_first_answer_byte_for_byte(api: Api) -> None:
    admin = api("admin")
    first = post(admin, "k1")
    url = f"{ACCOUNTS}{first.json()['id']}/"
    assert admin.patch(url, {"name": "Changed since"}, format="json").status_code == 200
    again = post(admin, "k1")
    assert (again.status_code, again.content) == (201, first.content)
    for name in ("ETag", "Location", "Content-Type"):
        assert again[name] == first[name]
    assert again["Idempotent-Replayed"] == "true"
    assert admin.get(ACCOUNTS).json()["count"] == 1
    # The same JSON in another order is the same request.
    raw = b'{"external_id": null, "name": "Twice"}'
    one = admin.post(ACCOUNTS, raw, content_type="application/json", HTTP_IDEMPOTENCY_KEY="k2")
    turned = b'{ "name": "Twice", "external_id": null }'
    two = admin.post(ACCOUNTS, turned, content_type="application/json", HTTP_IDEMPOTENCY_KEY="k2")
    assert (one.status_code, one.content) == (two.status_code, two.content)


def test_another_request_with_the_key_is_refused(api: Api) -> None:
    admin = api("admin")
    post(admin, "k1")
    assert post(admin, "k1", industry="Hotels").status_code == 422
    elsewhere = admin.post(
        "/api/v1/business-units/", {"name": "Once"}, format="json", HTTP_IDEMPOTENCY_KEY="k1"
    )
    assert elsewhere.status_code == 422
    # Another member learns nothing from a key that leaked.
    assert post(api("kam"), "k1").status_code == 422


def test_keys_belong_to_their_tenant(api: Api, other_api: Api) -> None:
    ours, theirs = post(api("admin"), "k1"), post(other_api("admin"), "k1")
    assert theirs.status_code == 201
    assert ours.json()["id"] != theirs.json()["id"]


def test_an_error_is_no_answer_to_keep(api: Api) -> None:
    admin = api("admin")
    assert post(admin, "k1", country="Norway").status_code == 400
    assert post(admin, "k1", country="NO").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "a b", "ø"])
def test_a_key_is_printable_text(api: Api, key: str) -> None:
    answer = post(api("admin"), key)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


def test_answers_are_forgotten_after_a_day(api: Api, tenant: Tenant, as_tenant: Any) -> None:
    admin = api("admin")
    post(admin, "old")
    post(admin, "young")
    with as_tenant(tenant):
        old = timezone.now() - KEPT - timedelta(minutes=1)
        IdempotencyRecord.objects.filter(key="old").update(created_at=old)
    assert post(admin, "old", industry="Hotels").status_code == 201
    with as_tenant(tenant):
        IdempotencyRecord.objects.filter(key="old").update(created_at=old)
    answers_forget_everywhere()
    with as_tenant(tenant):
        assert list(IdempotencyRecord.objects.values_list("key", flat=True)) == ["young"]
