"""Real Celery workers of a test's own, to be killed: their processes, their queue, and waiting for them."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from django.conf import settings
from kombu import Connection

from kam.celery import app

ROOT = Path(__file__).resolve().parent.parent.parent
# Per test and kind of kill; `.ci/run` asks for ten of each, so twenty of each promise.
KILLS = int(os.environ.get("KAM_KILLS", "3"))
# Redis hands a dead worker's task on after so long; an installation waits 10 s (`KAM_VISIBILITY_TIMEOUT`), and forty
# kills that wait as long would be most of the time of this folder.
HANDED_ON_AFTER = 4
AGAIN_WITHIN = HANDED_ON_AFTER + 5.0


def own_broker() -> str:
    """A Redis database of this process alone: two test processes must not work off each other's queue."""
    number = 3 + os.getpid() % 12
    return urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}").geturl()


class Worker:
    """A Celery worker of its own with its children, on this process's database and queue."""

    def __init__(self, broker: str, log: Path, *, children: int = 2, **environment: str) -> None:
        database = settings.DATABASES["default"]
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "kam.settings.dev",
            "DATABASE_URL": (
                f"postgres://{database['USER']}:{quote(database['PASSWORD'], safe='')}"
                f"@{database['HOST']}:{database['PORT']}/{database['NAME']}"
            ),
            "CELERY_BROKER_URL": broker,
            "KAM_MEDIA_ROOT": str(settings.MEDIA_ROOT),
            "PYTHONDONTWRITEBYTECODE": "",
            "KAM_VISIBILITY_TIMEOUT": str(HANDED_ON_AFTER),
            **environment,
        }
        self.broker = broker
        self.log = log
        self.concurrency = children
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "kam.celery", "worker", "--concurrency", str(self.concurrency),
             "--loglevel", "INFO", "--without-gossip", "--without-mingle"],
            cwd=ROOT, env=self.environment, stdout=self.log.open("ab"), stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip

    def children(self) -> list[int]:
        assert self.process is not None
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def restart(self) -> None:
        """Start again and wait until it takes work: how long Python takes to start is another matter."""
        ready = self.log.read_text().count(" ready.")
        self.start()
        until(lambda: self.log.read_text().count(" ready.") > ready, 90, self.log.read_text)

    def kill_child(self) -> None:
        os.kill(random.choice(self.children()), signal.SIGKILL)

    def kill_tree(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def kill(self, what: str) -> None:
        """`child`: the process that does the work; `tree`: all of them, and the worker is started again."""
        if what == "child":
            self.kill_child()
        else:
            self.kill_tree()
            self.restart()

    def send(self, task: str, **kwargs: str) -> None:
        """Put a task into this worker's queue."""
        with Connection(self.broker) as connection:
            app.send_task(task, kwargs=kwargs, connection=connection, queue="kam")

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill_tree()


def until(condition: Callable[[], bool], seconds: float, what: Callable[[], str]) -> float:
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > seconds:
            pytest.fail(f"not within {seconds} s: {what()}")
        time.sleep(0.02)
    return time.monotonic() - started
