"""One real database per test process, made by the owner, used as `kam_app` under row level security.

The template is migrated once per run of the code (its name holds a digest of all migrations); each process
copies it, which takes a fraction of a second.
"""

import hashlib
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import Client, TransactionTestCase
from psycopg2 import sql
from rest_framework.test import APIClient

from kam.tenancy.context import tenant_context
from kam.tenancy.models import Membership, Role, Tenant
from kam.tenancy.services import member_add, tenant_create, token_create

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct horse battery"


def _migration_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(ROOT.glob("*/migrations/*.py")) + sorted(ROOT.glob("kam/*/migrations/*.py")):
        digest.update(path.read_bytes())
    digest.update((ROOT / "kam/tenancy/migrations_ops.py").read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def _admin_cursor() -> Iterator["psycopg2.extensions.cursor"]:
    """The owner, in autocommit: databases are made outside of transactions."""
    owner = settings.DATABASES["owner"]
    connection = psycopg2.connect(
        host=owner["HOST"],
        port=owner["PORT"],
        user=owner["USER"],
        password=owner["PASSWORD"],
        dbname=os.environ.get("KAM_MAINTENANCE_DB", "postgres"),
    )
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def _point_at(name: str) -> None:
    for alias in ("default", "owner"):
        connections[alias].close()
        settings.DATABASES[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name


def _make_template(name: str) -> None:
    """Migrate the template once; other processes wait for it and find it."""
    with _admin_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone():
            return
        building = f"{name}_building"
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(building)))
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(building)))
        _point_at(building)
        with connections["owner"].cursor() as owner:
            owner.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO kam_app")
            owner.execute(
                "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO kam_app;"
                "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO kam_app"
            )
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        for alias in ("default", "owner"):
            connections[alias].close()
        cursor.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(building), sql.Identifier(name))
        )


@pytest.fixture(scope="session")
def django_db_setup(worker_id: str, django_db_blocker: "pytest.FixtureRequest") -> Iterator[None]:
    """Make this process's own database from the migrated template, and drop it afterwards."""
    template = f"kam_template_{_migration_digest()}"
    name = f"kam_test_{worker_id}_{os.getpid()}"
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        _make_template(template)
        with _admin_cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext('kam_template_copy'))")
            cursor.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
            # No test kills this server: waiting for the disk at each commit would prove nothing here.
            cursor.execute(
                sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(name))
            )
        _point_at(name)
    yield
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        _point_at("postgres")
        with _admin_cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


# Bytes of all tables together: above, their files are made anew.
_TRUNCATE_FROM = 2_000_000


def _flush_as_owner(self: TransactionTestCase) -> None:
    """`kam_app` may not TRUNCATE: the owner empties the tables after a test that committed.

    On a connection of its own, because Django lets a test use only the databases it names."""
    owner = settings.DATABASES["owner"]
    connection = psycopg2.connect(
        host=owner["HOST"],
        port=owner["PORT"],
        user=owner["USER"],
        password=owner["PASSWORD"],
        dbname=owner["NAME"],
    )
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT quote_ident(relname), pg_relation_size(oid) FROM pg_class WHERE relkind = 'r' "
                "AND relnamespace = 'public'::regnamespace AND relname NOT IN "
                "('django_migrations', 'django_content_type', 'auth_permission')"
            )
            sizes = dict(cursor.fetchall())
            filled = [table for table, size in sizes.items() if size]
            if sum(sizes.values()) > _TRUNCATE_FROM:
                cursor.execute(f"TRUNCATE {', '.join(sizes)} CASCADE")
            elif filled:
                # A few rows in a few tables: making two hundred files anew takes longer than deleting them.
                for table in filled:
                    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                for table in filled:
                    cursor.execute(f"DELETE FROM {table}")
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                for table in filled:
                    cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    finally:
        connection.close()


TransactionTestCase._fixture_teardown = _flush_as_owner  # type: ignore[method-assign]


@pytest.fixture
def committed_db(transactional_db: None) -> None:
    """For tests that need real commits: threads, workers, live servers."""


@pytest.fixture
def tenant(db: None) -> Tenant:
    return tenant_create(name="Northwind Tools", slug="northwind", base_currency="USD")


@pytest.fixture
def other_tenant(db: None) -> Tenant:
    return tenant_create(name="Fabrikam Supply", slug="fabrikam", base_currency="USD")


def make_members(tenant: Tenant) -> dict[str, Membership]:
    """One member of each role, as role@slug.example with `PASSWORD`."""
    return {
        role: member_add(
            tenant=tenant,
            email=f"{role}@{tenant.slug}.example",
            role=role,
            name=f"{role.title()} {tenant.slug.title()}",
            password=PASSWORD,
        )
        for role in Role.values
    }


@pytest.fixture
def members(tenant: Tenant) -> dict[str, Membership]:
    return make_members(tenant)


@pytest.fixture
def other_members(other_tenant: Tenant) -> dict[str, Membership]:
    return make_members(other_tenant)


@pytest.fixture
def in_tenant(tenant: Tenant) -> Iterator[uuid.UUID]:
    """The whole test runs inside the tenant's context."""
    with tenant_context(tenant.id) as tenant_id:
        yield tenant_id


@pytest.fixture
def as_tenant() -> Callable[[Tenant], AbstractContextManager[uuid.UUID]]:
    """Enter a tenant for a `with` block."""
    return lambda tenant: tenant_context(tenant.id)


def client_for(member: Membership, scopes: list[str] | None = None) -> APIClient:
    """An API client that sends a fresh token of the member."""
    _, secret = token_create(member=member, name="test", scopes=scopes)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    return client


@pytest.fixture
def api(members: dict[str, Membership]) -> Callable[..., APIClient]:
    """`api(role)` → a client with a token of the tenant's member of that role."""
    return lambda role="admin", scopes=None: client_for(members[role], scopes)


@pytest.fixture
def other_api(other_members: dict[str, Membership]) -> Callable[..., APIClient]:
    """`other_api(role)` → the same for the other tenant."""
    return lambda role="admin", scopes=None: client_for(other_members[role], scopes)


@pytest.fixture
def browser_client(members: dict[str, Membership]) -> Callable[[str], Client]:
    """`browser_client(role)` → a signed-in Django test client."""

    def sign_in(role: str = "admin") -> Client:
        client = Client()
        client.force_login(members[role].user, backend="kam.tenancy.backends.MemberBackend")
        return client

    return sign_in
