"""Alive and ready; logs that tell what happened and nobody's business."""

import io
import json
import logging
import logging.config
import time
from typing import Any

import pytest
import redis
import structlog
from django.conf import settings
from django.test import Client, override_settings

from kam.common.request_log import HEADER
from kam.common.scrub import scrub
from kam.settings.logging import logging_config
from kam.tenancy import health
from kam.tenancy.models import Membership
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> str:
    """A worker's heartbeat under a key of this test."""
    monkeypatch.setattr(health, "HEARTBEATS", f"kam:test:{time.time_ns()}")
    health.worker_beats("celery@test")
    return "celery@test"


def ready() -> tuple[int, dict[str, Any]]:
    answer = Client().get("/readyz")
    return answer.status_code, answer.json()


def test_alive_asks_nobody(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0), override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
    assert "no-store" in answer["Cache-Control"]
    assert Client().post("/healthz").status_code == 405


def test_ready_when_all_is_there(worker: str) -> None:
    status, answer = ready()
    assert status == 200, answer
    assert answer["status"] == "ready"
    assert set(answer["checks"]) == {"database", "redis", "worker"}
    assert answer["checks"]["worker"]["seconds_since_heartbeat"] < 5


def test_a_worker_that_left_or_hangs_is_missed(worker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(health, "FRESH_SECONDS", -1.0)
        status, answer = ready()
        assert (status, answer["checks"]["worker"]["ok"]) == (503, False)
    health.worker_leaves(worker)
    status, answer = ready()
    assert (status, answer["checks"]["worker"]["reason"]) == (503, "no worker")


def test_lost_redis_is_told_without_its_address(worker: str) -> None:
    with override_settings(REDIS_URL="redis://:secret@127.0.0.1:1/0"):
        answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["redis"] == {
        "ok": False,
        "reason": "ConnectionError",
        "milliseconds": answer.json()["checks"]["redis"]["milliseconds"],
    }
    assert answer.json()["checks"]["database"]["ok"]
    assert "secret" not in answer.content.decode()


def test_an_unsafe_or_empty_database_is_not_ready(worker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "role_findings", lambda cursor: ["kam_app is a superuser"])
    assert ready()[1]["checks"]["database"]["reason"] == "the role is unsafe"

    def broken(cursor: Any) -> list[str]:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(health, "role_findings", broken)
    status, answer = ready()
    assert (status, answer["checks"]["database"]["reason"]) == (503, "RuntimeError")
    assert "hunter2" not in json.dumps(answer)


def test_the_worker_beats_through_celerys_own_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    from celery.signals import heartbeat_sent, worker_shutdown

    import kam.celery  # noqa: F401

    monkeypatch.setattr(health, "HEARTBEATS", f"kam:test:{time.time_ns()}")

    class Heart:
        class eventer:  # noqa: N801
            hostname = "celery@beats"

    heartbeat_sent.send(sender=Heart())
    client = redis.Redis.from_url(settings.REDIS_URL)
    assert client.zscore(health.HEARTBEATS, "celery@beats") is not None

    class Worker:
        hostname = "celery@beats"

    worker_shutdown.send(sender=Worker())
    assert client.zscore(health.HEARTBEATS, "celery@beats") is None


def test_without_redis_the_heartbeat_is_a_file(tmp_path: Any) -> None:
    schedule = str(tmp_path / "celerybeat-schedule")
    with override_settings(REDIS_URL="", CELERY_BEAT_SCHEDULE_FILENAME=schedule):
        assert not ready()[1]["checks"]["worker"]["ok"]
        health.worker_beats("celery@files")
        assert ready()[0] == 200
        health.worker_leaves("celery@files")
        assert ready()[0] == 503


@pytest.fixture
def log() -> Any:
    """What production would write, one JSON object a line."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logging.config.dictConfig(logging_config(level="INFO"))
    written = io.StringIO()
    for handler in root.handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(written)

    def lines() -> list[dict[str, Any]]:
        return [json.loads(line) for line in written.getvalue().splitlines()]

    yield lines
    logging.config.dictConfig(settings.LOGGING)
    root.handlers[:] = before
    root.setLevel(level)


def test_a_request_is_one_line_with_its_id(
    browser_client: Any, log: Any, members: dict[str, Membership]
) -> None:
    answer = browser_client("kam").get("/profile/?secret=of-the-query")
    [line] = [line for line in log() if line["event"] == "request_finished"]
    assert line["request"] == "GET /profile/"
    assert line["request_id"] == answer[HEADER]
    assert (line["code"], line["member"]) == (200, str(members["kam"].id))
    assert line["tenant"] == str(members["kam"].tenant_id)
    assert line["milliseconds"] > 0


def test_a_clients_own_id_is_not_believed(log: Any) -> None:
    answer = Client(HTTP_X_REQUEST_ID="somebody-elses").get("/auth/login/")
    assert answer[HEADER] != "somebody-elses"


def test_health_is_quiet_when_well(log: Any, worker: str) -> None:
    Client().get("/healthz")
    Client().get("/readyz")
    assert log() == []


def test_no_secret_and_no_address_reaches_the_log(
    members: dict[str, Membership], browser_client: Any, log: Any
) -> None:
    client = Client(REMOTE_ADDR="192.0.2.77")
    with override_settings(AXES_FAILURE_LIMIT=2):
        for _try in range(3):
            client.post("/auth/login/", {"login": "kam@northwind.example", "password": PASSWORD + "x"})
    client.get(f"/invitations/{members['kam'].tenant_id}/the-key-of-an-invitation/")
    client.get("/auth/password/reset/key/abc-the-key-of-a-reset/")
    secret = browser_client("kam").post("/settings/tokens/", {"name": "x", "days": "30"}).context["secret"]
    Client(HTTP_AUTHORIZATION=f"Token {secret}").get("/api/v1/me/")
    Client(HTTP_AUTHORIZATION="Token kam_0123456789abcdef0123").get("/api/v1/me/")
    structlog.get_logger("test").warning("told by hand", who="kam@northwind.example", body={"t": secret})
    logging.getLogger("test").error("plain %s", "kam@northwind.example")
    text = json.dumps(log())
    assert "request_finished" in text
    assert "told by hand" in text
    for secret_thing in (
        *("kam@northwind.example", PASSWORD, secret, "the-key-of-an-invitation", "the-key-of-a-reset"),
        "kam_0123456789abcdef0123",
    ):
        assert secret_thing not in text, secret_thing


def test_a_crash_is_logged_with_its_trace_and_shown_without(
    browser_client: Any, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("cannot mail kam@northwind.example")

    monkeypatch.setattr("kam.tenancy.views.profile.settings_tabs", crash)
    client = browser_client("kam")
    client.raise_request_exception = False
    answer = client.get("/profile/")
    assert answer.status_code == 500
    assert "cannot mail" not in answer.content.decode()
    [line] = [line for line in log() if line["event"] == "request_failed"]
    assert "RuntimeError: cannot mail [e-mail]" in line["exception"]
    assert line["request_id"] == answer[HEADER]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("to a.b+c@mail.example.com now", "to [e-mail] now"),
        ("redis://:pa55@127.0.0.1/0", "redis://:…@127.0.0.1/0"),
        ("postgresql://kam_app:pa55@db/kam", "postgresql://kam_app:…@db/kam"),
        ("Token kam_0123456789abcdef", "Token kam_…"),
        ("GET /invitations/1-2/abc-DEF_1/", "GET /invitations/1-2/…/"),
        ("GET /auth/password/reset/key/x-y/", "GET /auth/password/reset/key/…/"),
        ("nothing to hide, 3 @ 4", "nothing to hide, 3 @ 4"),
    ],
)
def test_scrubbing(text: str, expected: str) -> None:
    assert scrub(text) == expected
