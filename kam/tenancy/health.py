"""Is everything there that the application needs? Answers without a secret, quickly, also when it is not."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.db import connections

from kam.tenancy.catalogue import role_findings

HEARTBEATS = "kam:workers"
# The worker beats every 2 s; busy machines are given time.
FRESH_SECONDS = 20.0
TIMEOUT = 2.0


def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)


def _heartbeat_file() -> Path:
    return Path(settings.CELERY_BEAT_SCHEDULE_FILENAME).with_name("worker-heartbeat")


def worker_beats(hostname: str) -> None:
    """A worker is alive: called by its own event loop, so that a loop that hangs is missed."""
    if settings.REDIS_URL:
        with _redis() as client:
            client.zadd(HEARTBEATS, {hostname: time.time()})
            client.zremrangebyscore(HEARTBEATS, 0, time.time() - 3600)
    else:
        _heartbeat_file().write_text(str(time.time()))


def worker_leaves(hostname: str) -> None:
    """A worker stops: it is not waited for."""
    if settings.REDIS_URL:
        with _redis() as client:
            client.zrem(HEARTBEATS, hostname)
    else:
        _heartbeat_file().unlink(missing_ok=True)


def _last_beat() -> float | None:
    if settings.REDIS_URL:
        with _redis() as client:
            latest = client.zrange(HEARTBEATS, 0, 0, desc=True, withscores=True)
        return float(latest[0][1]) if latest else None
    file = _heartbeat_file()
    return os.stat(file).st_mtime if file.exists() else None


def _database() -> dict[str, Any]:
    with connections["default"].cursor() as cursor:
        findings = role_findings(cursor)
        cursor.execute("SELECT to_regclass('public.tenancy_tenant') IS NOT NULL")
        row = cursor.fetchone()
    if findings:
        return {"ok": False, "reason": "the role is unsafe"}
    return {"ok": True} if row and row[0] else {"ok": False, "reason": "not migrated"}


def _queue() -> dict[str, Any]:
    if not settings.REDIS_URL:
        return {"ok": True, "reason": "none is used"}
    with _redis() as client:
        client.ping()
    return {"ok": True}


def _worker() -> dict[str, Any]:
    beat = _last_beat()
    if beat is None:
        return {"ok": False, "reason": "no worker"}
    age = max(0.0, time.time() - beat)
    return {"ok": age <= FRESH_SECONDS, "seconds_since_heartbeat": round(age, 1)}


def _checked(check: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        found = check()
    except Exception as error:  # whatever is wrong, the answer is "not ready", with nothing but its kind
        found = {"ok": False, "reason": type(error).__name__}
    return {**found, "milliseconds": round((time.perf_counter() - started) * 1000, 1)}


def readiness() -> tuple[bool, dict[str, Any]]:
    """Whether database (as the application's own role), Redis and a worker are there, and each part's state."""
    parts = {"database": _checked(_database), "redis": _checked(_queue), "worker": _checked(_worker)}
    ready = all(part["ok"] for part in parts.values())
    return ready, {"status": "ready" if ready else "not ready", "checks": parts}
