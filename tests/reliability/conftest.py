"""A Celery worker of its own for each test of this folder."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.reliability.workers import Worker, own_broker


@pytest.fixture
def worker_of(committed_db: None, tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """`worker_of(children=2, **environment)` → a started worker, stopped and forgotten afterwards."""
    if not os.environ.get("REDIS_URL"):
        pytest.fail("this promise is about Redis, and there is none")
    broker = own_broker()
    redis.Redis.from_url(broker).flushdb()
    started: list[Worker] = []

    def start(**options: Any) -> Worker:
        one = Worker(broker, tmp_path / f"worker-{len(started)}.log", **options)
        started.append(one)
        one.start()
        return one

    try:
        yield start
    finally:
        for one in started:
            one.stop()
        redis.Redis.from_url(broker).flushdb()
