"""PostgreSQL's own dump and restore, checked (INTERFACE §1).

A restore never touches what is there until the copy has proved itself: it is built as a database of its own,
counted against the backup, swept for its row level security, and only then takes the name of the old one.
"""

import contextlib
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from psycopg2 import sql

from kam.common.errors import ApplicationError, ConflictError, NotFoundError
from kam.embedded import EmbeddedServerError, postgres_program
from kam.tenancy import catalogue

FORMAT = 1


class BackupError(ApplicationError):
    """A dump or a restore did not come out as it should; nothing was replaced."""

    code = "backup"


def backup(file: Path) -> dict[str, Any]:
    """Dump the whole database into `file` (pg_dump's custom format) and what it holds into `file`.json.

    The row counts are taken in the snapshot that the dump is made of. The file appears under its name only
    when it is complete and readable. Raises BackupError.
    """
    if not file.parent.is_dir():
        raise NotFoundError(f"There is no folder {file.parent}.")
    building = file.with_name(f".{file.name}.{os.getpid()}")
    started = datetime.now(UTC)
    try:
        with _session("owner") as owner:
            owner.set_session(isolation_level="REPEATABLE READ", readonly=True)
            with owner.cursor() as cursor:
                _assert_sees_everything(cursor)
                cursor.execute("SELECT pg_export_snapshot()")
                snapshot = cursor.fetchone()[0]
                building.touch(mode=0o600)
                _run(
                    "pg_dump",
                    "--format=custom",
                    "--exclude-extension=*",
                    f"--snapshot={snapshot}",
                    f"--file={building}",
                )
                counts = _row_counts(cursor)
                cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY id")
                migrations = [name for (name,) in cursor.fetchall()]
        _assert_lists(building, counts)
        manifest = {
            "format": FORMAT,
            "made_at": started.isoformat(),
            "sha256": _sha256(building),
            "rows": counts,
            "migrations": migrations,
        }
        _write_synced(file.with_name(file.name + ".json"), json.dumps(manifest, indent=1))
        _sync(building)
        building.replace(file)
    finally:
        building.unlink(missing_ok=True)
    return {
        "file": str(file),
        "bytes": file.stat().st_size,
        "sha256": manifest["sha256"],
        "tables": len(counts),
        "rows": sum(counts.values()),
    }


def restore(file: Path, *, force: bool = False) -> dict[str, Any]:
    """Bring the database back to what `file` holds.

    The database that was there is kept under another name when it held tenants (told in the answer).
    Raises ConflictError when it holds tenants and `force` is not set, BackupError when the file is not what
    the backup wrote or the copy does not stand up to the checks.
    """
    if not file.is_file():
        raise NotFoundError(f"There is no file {file}.")
    manifest = _manifest(file)
    _assert_lists(file, manifest["rows"] if manifest else {})
    name = settings.DATABASES["owner"]["NAME"]
    held = _tenants_in(name)
    if held and not force:
        raise ConflictError(
            f"The database {name} holds {held} tenants. Nothing was restored: --force replaces them."
        )
    stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    fresh, previous = f"{name[:30]}_restore_{stamp}", f"{name[:30]}_before_{stamp}"
    with _maintenance() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(fresh)))
        try:
            _grant(cursor, fresh)
            _run(
                "pg_restore",
                "--single-transaction",
                "--exit-on-error",
                "--no-owner",
                f"--dbname={fresh}",
                str(file),
            )
            answer = _prove(fresh, manifest)
            connections.close_all()
            _take_over(cursor, name=name, fresh=fresh, previous=previous)
        except BaseException:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(fresh)))
            raise
        if not held:
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(previous)))
    cache.clear()
    return {"file": str(file), "database": name, "previous": previous if held else None, **answer}


def _prove(database: str, manifest: dict[str, Any] | None) -> dict[str, Any]:
    """Count and sweep a restored database. Raises BackupError with what is wrong."""
    with _session("owner", database) as owner, owner.cursor() as cursor:
        cursor.execute("ANALYZE")
        counts = _row_counts(cursor)
        cursor.execute("SELECT app, name FROM django_migrations")
        applied = set(cursor.fetchall())
    if manifest and counts != manifest["rows"]:
        wrong = sorted(
            table
            for table in counts.keys() | manifest["rows"].keys()
            if counts.get(table) != manifest["rows"].get(table)
        )
        raise BackupError(f"The restored copy has other row counts than the backup in {', '.join(wrong)}.")
    pending = sorted(set(MigrationLoader(None).disk_migrations) - applied)
    with _session("default", database) as app, app.cursor() as cursor:
        findings = catalogue.role_findings(cursor)
        findings += catalogue.table_findings(cursor) + catalogue.door_findings(cursor)
        # The keys are those of today's models: an older backup gets them by its migrations.
        findings += catalogue.key_findings(cursor) if not pending else []
    if findings:
        raise BackupError("The restored copy is not safe: " + "; ".join(findings))
    return {
        "tables": len(counts),
        "rows": sum(counts.values()),
        "verified": manifest is not None,
        "migrations_pending": len(pending),
    }


def _take_over(cursor: Any, *, name: str, fresh: str, previous: str) -> None:
    """Give the fresh database the old one's name. Connections are closed and come back by themselves."""
    old = sql.Identifier(name)
    cursor.execute(sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false").format(old))
    try:
        for database in (name, fresh):
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [database]
            )
        cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(old, sql.Identifier(previous)))
    except psycopg2.Error:
        cursor.execute(sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS true").format(old))
        raise
    try:
        cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(fresh), old))
    except psycopg2.Error:
        cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(previous), old))
        cursor.execute(sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS true").format(old))
        raise
    cursor.execute(sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS true").format(sql.Identifier(previous)))


def _grant(cursor: Any, database: str) -> None:
    """The database's own rights are no part of a dump: nobody but the application's role may enter."""
    app = settings.DATABASES["default"]["USER"]
    cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))
    cursor.execute(
        sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
            sql.Identifier(database), sql.Identifier(app)
        )
    )


def _tenants_in(database: str) -> int:
    with _session("owner", database) as owner, owner.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.tenancy_tenant')")
        if cursor.fetchone()[0] is None:
            return 0
        cursor.execute("SELECT count(*) FROM tenancy_tenant")
        return int(cursor.fetchone()[0])


def _row_counts(cursor: Any) -> dict[str, int]:
    """Rows of every ordinary table, by name."""
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    counts = {}
    for (table,) in cursor.fetchall():
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", table)))
        counts[table] = int(cursor.fetchone()[0])
    return counts


def _assert_sees_everything(cursor: Any) -> None:
    cursor.execute("SELECT rolname, rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user")
    role, sees = cursor.fetchone()
    if not sees:
        raise BackupError(
            f"The role {role} sees only its tenant's rows. Set OWNER_DATABASE_URL to the owner's address."
        )


def _assert_lists(file: Path, counts: dict[str, int]) -> None:
    """The dump can be read, and holds the data of every table that had rows."""
    listing = _run("pg_restore", "--list", str(file))
    listed = {
        line.split(" TABLE DATA public ", 1)[1].split(" ")[0]
        for line in listing.splitlines()
        if " TABLE DATA public " in line
    }
    missing = sorted(table for table in counts if table not in listed)
    if missing or not listed:
        raise BackupError(f"{file} does not hold the tables {', '.join(missing) or 'of this product'}.")


def _manifest(file: Path) -> dict[str, Any] | None:
    """What the backup wrote beside the file; None without it. Raises BackupError when the two disagree."""
    beside = file.with_name(file.name + ".json")
    if not beside.is_file():
        return None
    try:
        manifest: dict[str, Any] = json.loads(beside.read_text(encoding="utf-8"))
        digest, _rows = manifest["sha256"], manifest["rows"]
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{beside} is not what the backup wrote.") from error
    if digest != _sha256(file):
        raise BackupError(f"{file} is not the file that {beside.name} describes: its checksum differs.")
    return manifest


def _run(program: str, *arguments: str) -> str:
    """One of PostgreSQL's programs as the owner; its output. Raises BackupError with its first complaint."""
    owner = settings.DATABASES["owner"]
    places = {
        "PGHOST": "HOST",
        "PGPORT": "PORT",
        "PGUSER": "USER",
        "PGPASSWORD": "PASSWORD",
        "PGDATABASE": "NAME",
    }
    environment = {key: str(owner[name]) for key, name in places.items() if owner.get(name)}
    environment |= {f"PG{key.upper()}": str(value) for key, value in _ssl_options(owner).items()}
    try:
        path = postgres_program(program)
    except EmbeddedServerError as error:
        raise BackupError(str(error)) from error
    done = subprocess.run(
        [path, *arguments],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        complaint = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr)
        raise BackupError(f"{program} failed: {complaint.strip() or 'no message'}")
    return done.stdout


def _ssl_options(database: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in database.get("OPTIONS", {}).items() if key.startswith("ssl")}


@contextlib.contextmanager
def _session(alias: str, database: str | None = None) -> Iterator[Any]:
    """A connection of its own beside Django's, with the credentials of an alias."""
    chosen = settings.DATABASES[alias]
    try:
        session = psycopg2.connect(
            host=chosen["HOST"],
            port=chosen["PORT"] or None,
            user=chosen["USER"],
            password=chosen["PASSWORD"],
            dbname=database or chosen["NAME"],
            **_ssl_options(chosen),
        )
        with contextlib.closing(session):
            yield session
    except psycopg2.Error as error:
        raise BackupError(
            f"PostgreSQL refused: {(str(error).splitlines() or ['no reason given'])[0]}"
        ) from error


@contextlib.contextmanager
def _maintenance() -> Iterator[Any]:
    """The owner outside of the database that is being replaced, in autocommit."""
    with _session("owner", os.environ.get("KAM_MAINTENANCE_DB", "postgres")) as session:
        session.autocommit = True
        with session.cursor() as cursor:
            yield cursor


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync(file: Path) -> None:
    with file.open("rb") as stream:
        os.fsync(stream.fileno())


def _write_synced(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    _sync(file)
