"""A backup is counted; a restore proves itself before anything is replaced."""

import json
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.db import connections
from psycopg2 import sql

from kam.common.errors import ConflictError, NotFoundError
from kam.tenancy import backup as module
from kam.tenancy.backup import BackupError, backup, restore
from kam.tenancy.context import tenant_context
from kam.tenancy.services import tenant_create
from tests.conftest import _admin_cursor, _migration_digest
from tests.factories import AccountFactory


@pytest.fixture
def apart(committed_db: None) -> Iterator[str]:
    """A database of its own, copied from the migrated template, which a restore may replace.

    Not from this process's database: threads of an earlier test may still hold connections to that one.
    """
    name, before = f"kam_backup_{uuid.uuid4().hex[:8]}", settings.DATABASES["owner"]["NAME"]
    template = f"kam_template_{_migration_digest()}"
    connections.close_all()
    with _admin_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('kam_template_copy'))")
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
    _point_at(name)
    yield name
    connections.close_all()
    _point_at(before)
    with _admin_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{name}%"])
        for (made,) in cursor.fetchall():
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(made)))


def _point_at(name: str) -> None:
    for alias in ("default", "owner"):
        connections[alias].close()
        settings.DATABASES[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name


def _accounts(tenant_id: Any) -> set[str]:
    with tenant_context(tenant_id), connections["default"].cursor() as cursor:
        cursor.execute("SELECT name FROM accounts_account")
        return {name for (name,) in cursor.fetchall()}


def test_there_and_back(apart: str, tmp_path: Path) -> None:
    tenant = tenant_create(name="Acme", slug="acme")
    with tenant_context(tenant.id):
        AccountFactory(name="kept")
    file = tmp_path / "kam.dump"
    answer = backup(file)
    assert answer["rows"] > 0
    assert file.stat().st_mode & 0o077 == 0
    manifest = json.loads((tmp_path / "kam.dump.json").read_text())
    assert manifest["rows"]["accounts_account"] == 1

    with tenant_context(tenant.id):
        AccountFactory(name="later")
    with pytest.raises(ConflictError, match="holds 1 tenants"):
        restore(file)
    assert _accounts(tenant.id) == {"kept", "later"}

    done = restore(file, force=True)
    assert done["verified"]
    assert done["migrations_pending"] == 0
    assert done["previous"].startswith(apart[:30])
    assert _accounts(tenant.id) == {"kept"}
    # As before, nobody but the application's role and the owner may enter, and nobody sees a row without a tenant.
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_account")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT has_database_privilege('public', current_database(), 'CONNECT')")
        assert cursor.fetchone() == (False,)


def test_an_empty_database_needs_no_force_and_leaves_nothing_behind(apart: str, tmp_path: Path) -> None:
    tenant = tenant_create(name="Acme", slug="acme")
    backup(tmp_path / "kam.dump")
    with closing(psycopg2.connect(**_owner(apart))) as session, session, session.cursor() as cursor:
        cursor.execute("TRUNCATE tenancy_tenant CASCADE")
    done = restore(tmp_path / "kam.dump")
    assert done["previous"] is None
    assert _accounts(tenant.id) == set()
    with _admin_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{apart}%"])
        assert cursor.fetchall() == [(apart,)]


def test_a_copy_that_does_not_stand_up_replaces_nothing(
    apart: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = tenant_create(name="Acme", slug="acme")
    file = tmp_path / "kam.dump"
    backup(file)
    beside = tmp_path / "kam.dump.json"
    manifest = json.loads(beside.read_text())
    manifest["rows"]["tenancy_tenant"] += 1
    beside.write_text(json.dumps(manifest))
    with pytest.raises(BackupError, match="other row counts than the backup in tenancy_tenant"):
        restore(file, force=True)

    backup(file)
    monkeypatch.setattr(module.catalogue, "door_findings", lambda cursor: ["a door stands open"])
    with pytest.raises(BackupError, match="a door stands open"):
        restore(file, force=True)

    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(BackupError, match="checksum differs"):
        restore(file, force=True)
    beside.unlink()
    file.write_text("no dump at all")
    with pytest.raises(BackupError, match="pg_restore failed"):
        restore(file, force=True)
    with pytest.raises(NotFoundError):
        restore(tmp_path / "nothing")
    assert _accounts(tenant.id) == set()
    with _admin_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{apart}%"])
        assert cursor.fetchall() == [(apart,)]


def test_the_applications_own_role_cannot_back_up(
    apart: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setitem(settings.DATABASES, "owner", settings.DATABASES["default"])
        with pytest.raises(BackupError, match="Set OWNER_DATABASE_URL"):
            backup(tmp_path / "kam.dump")
    assert list(tmp_path.iterdir()) == []


def _owner(database: str) -> dict[str, Any]:
    owner = settings.DATABASES["owner"]
    return {
        "host": owner["HOST"],
        "port": owner["PORT"],
        "user": owner["USER"],
        "password": owner["PASSWORD"],
        "dbname": database,
    }
