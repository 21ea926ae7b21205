"""`make run`: servers, migrations, a demo tenant, then web, worker and scheduler until Ctrl-C.

Process managers such as honcho start and colour, but neither restart a crashed child, wait until the whole
answers, bring back a killed database, nor stop in an order; that is why this is our own.
Everything happens in one thread: logs are pumped by a selector, so that children can safely be given a
death signal between fork and exec and never outlive a killed supervisor.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psycopg2

from kam.embedded import CHECKOUT, EmbeddedServerError, Servers, hold_servers, restart_dead_servers
from kam.embedded_folder import port_is_free

READY_TIMEOUT = 90.0
STOP_TIMEOUT = 6.0
# A child that dies this often within the window will not get better by itself.
CRASH_LIMIT = 5
CRASH_WINDOW = 60.0
SERVER_WATCH = 0.5
PR_SET_PDEATHSIG = 1


class StartError(RuntimeError):
    """The system cannot start; the message is the one line to show."""


@dataclass(kw_only=True)
class Child:
    """One long-running process and how to end it."""

    name: str
    command: Sequence[str]
    stop_signals: tuple[signal.Signals, ...] = (signal.SIGTERM, signal.SIGKILL)
    process: subprocess.Popen[bytes] | None = None
    crashes: list[float] = field(default_factory=list)
    restart_at: float = 0.0
    tail: bytes = b""

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Signal the child; SIGKILL goes to its whole group."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            elif self.alive:
                self.process.send_signal(number)


class Supervisor:
    """Starts, watches and stops the processes of one installation."""

    def __init__(self, *, port: int, bind: str, servers: Servers) -> None:
        self.port = port
        self.bind = bind
        self.servers = servers
        self.selector = selectors.DefaultSelector()
        self.stopping = 0
        self.watched_at = 0.0
        self.children = [
            Child(name="web", command=self._web()),
            # A second SIGTERM-like signal makes Celery give its running task back to the queue at once.
            Child(
                name="worker",
                command=self._celery("worker", "--concurrency", os.environ.get("KAM_WORKERS", "2")),
                stop_signals=(signal.SIGTERM, signal.SIGQUIT, signal.SIGKILL),
            ),
            Child(name="scheduler", command=self._celery("beat", "--pidfile=")),
        ]

    def _web(self) -> list[str]:
        return [
            *(sys.executable, "-m", "gunicorn", "kam.wsgi:application"),
            *("--bind", f"{self.bind}:{self.port}", "--workers", os.environ.get("KAM_WEB_WORKERS", "2")),
            *("--threads", "4", "--graceful-timeout", "4", "--timeout", "120", "--no-control-socket"),
        ]

    def _celery(self, *arguments: str) -> list[str]:
        level = os.environ.get("KAM_LOG_LEVEL", "INFO")
        return [
            sys.executable,
            "-m",
            "celery",
            "--quiet",
            "-A",
            "kam.celery",
            *arguments,
            "--loglevel",
            level,
        ]

    def run(self) -> int:
        """Prepare, start everything, say where it is, and watch until told to stop; returns the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        try:
            logins = self._prepare()
            if not self.stopping:
                for child in self.children:
                    self._start(child)
                self._wait_until_ready()
            if not self.stopping:
                self._greet(logins)
            while not self.stopping:
                self._pump(0.2)
                self._watch()
            return 0
        finally:
            self._stop()

    def _prepare(self) -> list[dict[str, Any]]:
        """Migrations, static files, and a demo tenant where there is none; returns the demo's logins."""
        _print("preparing the database ...")
        self._manage("migrate", "--database", "owner", "--noinput", "--verbosity", "0")
        static_root = Path(os.environ.get("KAM_STATIC_ROOT") or CHECKOUT / ".static")
        if not (static_root / "staticfiles.json").exists():
            self._manage("collectstatic", "--noinput", "--verbosity", "0")
        if self._has_tenants():
            # An installation with tenants of its own need not have a demo: then there is nothing to print.
            with contextlib.suppress(StartError):
                return _logins(self._manage("demo", "--logins", quiet=True))
            return []
        _print("building the demo tenant (60 accounts, five years of ledger) ...")
        return _logins(self._manage("demo"))

    def _has_tenants(self) -> bool:
        url = self.servers.owner_database_url or self.servers.database_url
        try:
            with contextlib.closing(psycopg2.connect(url)) as session, session.cursor() as cursor:
                cursor.execute("SELECT EXISTS (SELECT FROM tenancy_tenant)")
                row = cursor.fetchone()
        except psycopg2.Error as error:
            raise StartError(f"the database does not answer: {str(error).strip()}") from None
        return bool(row and row[0])

    def _manage(self, *arguments: str, quiet: bool = False) -> str:
        """Run a management command to its end, or to ours, and return what it printed.

        Raises StartError with the last line of what failed.
        """
        if self.stopping:
            return ""
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(
                [sys.executable, str(CHECKOUT / "manage.py"), *arguments],
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
            while process.poll() is None:
                time.sleep(0.05)
                if self.stopping:
                    process.terminate()
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(3)
                    process.kill()
                    process.wait()
            output.seek(0)
            errors.seek(0)
            printed, complaints = output.read(), errors.read().strip() or "no message"
        if process.returncode and not self.stopping:
            *before, last = complaints.splitlines()
            for line in [] if quiet else before:
                _print(line, stream=sys.stderr)
            raise StartError(f"manage.py {arguments[0]} failed: {last}")
        return printed

    def _asked_to_stop(self, number: int, frame: object) -> None:
        self.stopping += 1
        if self.stopping > 1:
            for child in self.children:
                child.send(signal.SIGKILL)

    def _start(self, child: Child) -> None:
        child.process = subprocess.Popen(
            child.command,
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        assert child.process.stdout is not None
        os.set_blocking(child.process.stdout.fileno(), False)
        self.selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT
        asked_at = 0.0
        answer = "it never answered"
        while not self.stopping:
            self._pump(0.1)
            self._watch()
            if time.monotonic() - asked_at < 0.3:
                continue
            asked_at = time.monotonic()
            ready, answer = _ask_ready(f"http://{_local(self.bind)}:{self.port}/readyz")
            if ready:
                return
            if time.monotonic() > deadline:
                raise StartError(f"not ready after {READY_TIMEOUT:.0f} s: {answer}")

    def _watch(self) -> None:
        """Bring back what died: children at once and then ever later, servers as soon as they are missed."""
        now = time.monotonic()
        if now - self.watched_at > SERVER_WATCH:
            self.watched_at = now
            for name in restart_dead_servers(self.servers):
                self._say(f"{name} had died and was started again")
        for child in self.children:
            if child.alive or self.stopping:
                continue
            if child.restart_at == 0.0:
                code = child.process.returncode if child.process else 0
                child.crashes = [moment for moment in child.crashes if now - moment < CRASH_WINDOW] + [now]
                if len(child.crashes) >= CRASH_LIMIT:
                    raise StartError(
                        f"{child.name} keeps stopping (exit code {code}); its last lines are above"
                    )
                self._say(f"{child.name} stopped with exit code {code}; starting it again")
                child.send(signal.SIGKILL)
                child.restart_at = now + 0.5 * (len(child.crashes) - 1)
            if now >= child.restart_at:
                child.restart_at = 0.0
                self._start(child)

    def _pump(self, timeout: float) -> None:
        """Print what the children wrote, each line with its name in front."""
        for key, _events in self.selector.select(timeout):
            child: Child = key.data
            stream: IO[bytes] = key.fileobj  # type: ignore[assignment]
            text = stream.read(65536)
            if text:
                *lines, child.tail = (child.tail + text).split(b"\n")
                for line in lines:
                    _print(f"{child.name:<9} | {line.decode(errors='replace')}")
            elif text is not None:
                self.selector.unregister(stream)
                stream.close()

    def _stop(self) -> None:
        """Scheduler first, so that nothing new is asked for; then web and worker together."""
        waves = [[child for child in self.children if child.name == "scheduler"]]
        waves.append([child for child in self.children if child.name != "scheduler"])
        for wave, patience in zip(waves, (1.5, STOP_TIMEOUT), strict=True):
            for step in range(max(len(child.stop_signals) for child in wave)):
                for child in wave:
                    if child.alive:
                        child.send(child.stop_signals[min(step, len(child.stop_signals) - 1)])
                deadline = time.monotonic() + (patience if step == 0 else 1.0)
                while any(child.alive for child in wave) and time.monotonic() < deadline:
                    self._pump(0.05)
        for child in self.children:
            child.send(signal.SIGKILL)
            if child.process:
                child.process.wait()
        self._pump(0)

    def _greet(self, logins: Sequence[dict[str, Any]]) -> None:
        lines = ["", f"  KAM runs at http://{_local(self.bind)}:{self.port}/"]
        for login in logins:
            shown = "  ".join(str(login[key]) for key in ("role", "email", "password") if login.get(key))
            lines.append(f"  sign in:  {shown}")
        lines += [f"  data in   {self.servers.data_dir}", "  Ctrl-C stops all of it and keeps the data.", ""]
        for line in lines:
            _print(line)

    def _say(self, text: str) -> None:
        _print(f"supervisor | {text}")


def _logins(output: str) -> list[dict[str, Any]]:
    """The logins in the last JSON line that `demo` printed; none where there is no demo tenant."""
    for line in reversed(output.splitlines()):
        with contextlib.suppress(ValueError):
            value = json.loads(line)
            logins = value.get("logins", []) if isinstance(value, dict) else value
            return [login for login in logins if isinstance(login, dict)]
    return []


def _ask_ready(url: str) -> tuple[bool, str]:
    # Only hosts on the list are answered, and an operator's list need not hold the loopback address.
    hosts = os.environ.get("KAM_ALLOWED_HOSTS", "").split(",")
    headers = {"Host": hosts[0].strip().lstrip(".")} if hosts[0].strip(" .*") else {}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  (our own address)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
            return response.status == 200, f"HTTP {response.status}"
    except urllib.error.HTTPError as error:
        return False, f"HTTP {error.code} {error.read(300).decode(errors='replace')}"
    except OSError as error:
        return False, str(error)


def _local(bind: str) -> str:
    return "127.0.0.1" if bind in ("0.0.0.0", "") else bind  # noqa: S104  (only compared with)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _print(text: str, *, stream: IO[str] | None = None) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(text, file=stream or sys.stdout, flush=True)


def _port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise StartError(f"PORT is {text!r}: expected a number from 1 to 65535.")
    return int(text)


@contextlib.contextmanager
def _one_line_errors() -> Iterator[list[int]]:
    code = [0]
    try:
        yield code
    except (StartError, EmbeddedServerError) as error:
        _print(f"KAM cannot run: {error}", stream=sys.stderr)
        code[0] = 1
    except KeyboardInterrupt:
        code[0] = 130


def main() -> int:
    """Run until told to stop; 0 after a clean stop, 1 with one clear line when it cannot start or go on."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kam.settings.dev")
    with _one_line_errors() as code:
        port = _port()
        bind = os.environ.get("KAM_BIND") or "127.0.0.1"
        if not port_is_free(port):
            raise StartError(f"port {port} is taken by another program: choose one with PORT=8001 make run.")
        os.environ["PORT"] = str(port)
        with hold_servers() as servers:
            os.environ.update(servers.environment())
            code[0] = Supervisor(port=port, bind=bind, servers=servers).run()
    return code[0]


if __name__ == "__main__":
    socket.setdefaulttimeout(10)
    sys.exit(main())
