"""`make run`'s supervisor: starts all, brings back what dies, stops all of it, keeps the data."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from kam.embedded import Servers
from kam.embedded_database import OWNER, Database
from kam.embedded_folder import open_folder, processes_in
from kam.supervisor import CRASH_LIMIT, Child, StartError, Supervisor

CHECKOUT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 12.0
START_SECONDS = 240.0

IGNORES_TERM = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(99)"
)
OBEYS_TERM = "import time; print('up'); time.sleep(99)"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def make_supervisor(tmp_path: Path) -> Iterator[Callable[..., Supervisor]]:
    """A supervisor without servers whose children run the given Python code."""
    made: list[Supervisor] = []

    def make(**code: str) -> Supervisor:
        servers = Servers(
            data_dir=tmp_path, database_url="", owner_database_url=None, redis_url=None, broker_url=""
        )
        supervisor = Supervisor(port=free_port(), bind="127.0.0.1", servers=servers)
        supervisor.children = [
            Child(name=name, command=[sys.executable, "-c", text]) for name, text in code.items()
        ]
        made.append(supervisor)
        return supervisor

    yield make
    for supervisor in made:
        for child in supervisor.children:
            child.send(signal.SIGKILL)


def run_for(supervisor: Supervisor, condition: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        supervisor._pump(0.05)
        supervisor._watch()


class TestChildren:
    def test_every_line_carries_the_name_of_its_child(
        self, make_supervisor: Callable[..., Supervisor], capsys: pytest.CaptureFixture[str]
    ) -> None:
        supervisor = make_supervisor(web="print('one'); print('two')\nimport time; time.sleep(99)")
        supervisor._start(supervisor.children[0])
        shown: list[str] = []

        def both() -> bool:
            shown.extend(capsys.readouterr().out.splitlines())
            return len(shown) == 2

        run_for(supervisor, both)
        assert shown == ["web       | one", "web       | two"]

    def test_a_child_that_dies_is_started_again(self, make_supervisor: Callable[..., Supervisor]) -> None:
        supervisor = make_supervisor(worker=OBEYS_TERM)
        child = supervisor.children[0]
        supervisor._start(child)
        assert child.process
        first = child.process.pid
        child.process.kill()
        run_for(supervisor, lambda: child.alive and child.process is not None and child.process.pid != first)

    def test_a_child_that_keeps_dying_ends_the_run_with_its_name(
        self, make_supervisor: Callable[..., Supervisor]
    ) -> None:
        supervisor = make_supervisor(worker="raise SystemExit(3)")
        supervisor._start(supervisor.children[0])
        with pytest.raises(StartError, match=r"worker keeps stopping \(exit code 3\)"):
            run_for(supervisor, lambda: False, seconds=30)
        assert len(supervisor.children[0].crashes) == CRASH_LIMIT

    def test_stopping_ends_also_who_does_not_listen(self, make_supervisor: Callable[..., Supervisor]) -> None:
        supervisor = make_supervisor(scheduler=OBEYS_TERM, web=OBEYS_TERM, worker=IGNORES_TERM)
        for child in supervisor.children:
            supervisor._start(child)
        run_for(supervisor, lambda: all(child.alive for child in supervisor.children))
        time.sleep(0.5)
        begun = time.monotonic()
        supervisor._stop()
        assert time.monotonic() - begun < STOP_SECONDS
        codes = [child.process.returncode for child in supervisor.children if child.process]
        assert codes == [-signal.SIGTERM, -signal.SIGTERM, -signal.SIGKILL]


class TestRefusals:
    def start(self, data_dir: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "kam.supervisor"],
            cwd=CHECKOUT,
            env=environment | {"KAM_DATA_DIR": str(data_dir)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def test_a_taken_port_is_one_clear_line(
        self, make_data_dir: Callable[[], Path], outside_environment: dict[str, str]
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            result = self.start(make_data_dir(), outside_environment | {"PORT": str(port)})
        assert result.returncode == 1
        assert result.stderr.splitlines() == [
            f"KAM cannot run: port {port} is taken by another program: choose one with PORT=8001 make run."
        ]

    def test_a_port_that_is_none_is_one_clear_line(
        self, make_data_dir: Callable[[], Path], outside_environment: dict[str, str]
    ) -> None:
        result = self.start(make_data_dir(), outside_environment | {"PORT": "eighty"})
        assert (result.returncode, result.stderr) == (
            1,
            "KAM cannot run: PORT is 'eighty': expected a number from 1 to 65535.\n",
        )

    def test_a_database_out_of_reach_is_one_clear_line(
        self, make_data_dir: Callable[[], Path], outside_environment: dict[str, str]
    ) -> None:
        nowhere = f"postgresql://kam_app:x@127.0.0.1:{free_port()}/kam"
        environment = outside_environment | {
            "PORT": str(free_port()),
            "DATABASE_URL": nowhere,
            "OWNER_DATABASE_URL": nowhere,
            "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        }
        result = self.start(make_data_dir(), environment)
        assert result.returncode == 1
        assert result.stderr.splitlines()[-1].startswith("KAM cannot run: manage.py migrate failed: ")


class Running:
    """A whole system under the supervisor, with its output read as it comes."""

    def __init__(self, data_dir: Path, environment: dict[str, str]) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kam.supervisor"],
            cwd=CHECKOUT,
            env=environment | {"KAM_DATA_DIR": str(data_dir), "PORT": str(self.port)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def wait_for(self, condition: Callable[[], bool], *, seconds: float, what: str) -> float:
        begun = time.monotonic()
        while not condition():
            output = "\n".join(self.lines[-30:])
            assert self.process.poll() is None, f"it ended while waiting for {what}:\n{output}"
            assert time.monotonic() - begun < seconds, f"no {what} within {seconds} s:\n{output}"
            time.sleep(0.05)
        return time.monotonic() - begun

    def wait_until_up(self) -> None:
        address = f"http://127.0.0.1:{self.port}/"
        self.wait_for(
            lambda: any("KAM runs at" in line and address in line for line in self.lines),
            seconds=START_SECONDS,
            what="address",
        )

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def children(self, word: str) -> list[psutil.Process]:
        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if word in " ".join(process.cmdline()):
                    found.append(process)
        return found

    def servers_left(self) -> list[psutil.Process]:
        home = open_folder(self.data_dir).home
        return processes_in(home / "postgres", names=("postgres",)) + processes_in(
            home / "redis", names=("redis-server", "valkey-server")
        )

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        code = self.process.wait(STOP_SECONDS + 5)
        self.reader.join(5)
        return code

    def tenants(self) -> int:
        url = Database(open_folder(self.data_dir)).url(OWNER)
        with contextlib.closing(psycopg2.connect(url)) as session, session.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM tenancy_tenant")
            return int((cursor.fetchone() or [0])[0])


@pytest.fixture(scope="module")
def data_dir(make_data_dir: Callable[[], Path]) -> Path:
    """One folder for all runs of the whole system, so that the second finds what the first made."""
    return make_data_dir()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("supervisor")
class TestWholeSystem:
    @pytest.fixture
    def running(self, data_dir: Path, outside_environment: dict[str, str]) -> Iterator[Running]:
        system = Running(data_dir, outside_environment | {"DJANGO_SETTINGS_MODULE": "kam.settings.dev"})
        try:
            system.wait_until_up()
            yield system
        finally:
            if system.process.poll() is None:
                system.stop(signal.SIGTERM)

    def test_an_empty_folder_becomes_a_demo_that_answers_and_stops(self, running: Running) -> None:
        assert running.status("/readyz") == 200
        logins = [line for line in running.lines if line.strip().startswith("sign in:")]
        assert logins, running.lines[-20:]
        assert all(re.search(r"\S+@\S+\s+\S+", line) for line in logins)
        assert running.tenants() == 1
        begun = time.monotonic()
        assert running.stop() == 0
        assert time.monotonic() - begun < STOP_SECONDS
        assert running.servers_left() == []
        assert running.status("/healthz") == 0

    def test_a_second_run_keeps_the_data_and_survives_kills(self, running: Running) -> None:
        assert running.tenants() == 1
        assert any(line.strip().startswith("sign in:") for line in running.lines)
        assert not any("building the demo tenant" in line for line in running.lines)

        for word in ("gunicorn", "kam.celery worker"):
            victims = running.children(word)
            assert victims, word
            for victim in victims:
                with contextlib.suppress(psutil.NoSuchProcess):
                    victim.kill()
            killed = {victim.pid for victim in victims}
            running.wait_for(
                lambda word=word, killed=killed: {p.pid for p in running.children(word)} - killed != set(),
                seconds=20,
                what=f"new {word}",
            )
            running.wait_for(lambda: running.status("/readyz") == 200, seconds=40, what="recovery")

        data = Database(open_folder(running.data_dir)).data
        os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        running.wait_for(
            lambda: any("postgres had died" in line for line in running.lines), seconds=10, what="restart"
        )
        running.wait_for(lambda: running.status("/readyz") == 200, seconds=5, what="recovery of the database")
        assert running.stop(signal.SIGTERM) == 0
        assert running.servers_left() == []

    def test_a_killed_supervisor_leaves_no_web_or_worker(self, running: Running) -> None:
        family = psutil.Process(running.process.pid).children(recursive=True)
        assert len(family) >= 3
        running.process.kill()
        running.process.wait(5)
        _gone, alive = psutil.wait_procs(family, timeout=20)
        assert alive == []
        assert running.status("/healthz") == 0
