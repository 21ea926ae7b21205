"""Throw-away databases, made by the owner from the migrations, and what only the owner may do in them."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg2 import sql

from kam.tenancy.catalogue import tenant_models
from kam.tenancy.models.base import TenantModel

_ALIASES = ("default", "owner")


@contextmanager
def _maintenance() -> Iterator[Any]:
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


def point_at(name: str) -> None:
    """Let both roles, and the subprocesses started from now on, work in this database."""
    for alias in _ALIASES:
        connections[alias].close()
        settings.DATABASES[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name
    os.environ["KAM_BENCH_DATABASE"] = name


class Databases:
    """The databases of one run: a migrated template, its copies, and their end."""

    def __init__(self, *, keep: bool) -> None:
        self.keep = keep
        self.names: list[str] = []
        self.template = self._name("template")

    def _name(self, purpose: str) -> str:
        return f"kam_bench_{purpose}_{os.getpid()}"

    def make_template(self) -> None:
        """An empty database with every migration applied."""
        with _maintenance() as cursor:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.template)))
        self.names.append(self.template)
        point_at(self.template)
        with connections["owner"].cursor() as cursor:
            cursor.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO kam_app")
            cursor.execute(
                "ALTER DEFAULT PRIVILEGES IN SCHEMA public "
                "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO kam_app;"
                "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO kam_app"
            )
        call_command("migrate", database="owner", verbosity=0, interactive=False)

    def make(self, purpose: str, *, like: str | None = None) -> str:
        """A copy of the template (or of `like`); both roles work in it from now on. Returns its name."""
        name = self._name(purpose)
        for alias in _ALIASES:
            connections[alias].close()
        with _maintenance() as cursor:
            cursor.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(like or self.template)
                )
            )
        self.names.append(name)
        point_at(name)
        return name

    def drop(self, name: str) -> None:
        """Drop one of them, unless they are to be kept."""
        if self.keep:
            print(f"  kept: database {name}")
            return
        point_at("postgres")
        with _maintenance() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        self.names.remove(name)

    def drop_all(self) -> None:
        """Drop what is left."""
        for name in list(reversed(self.names)):
            self.drop(name)


@contextmanager
def quick_writes(*tables: str) -> Iterator[None]:
    """Foreign keys, uniques and indexes of these tables aside for a bulk load; then back, and checked."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint c "
            "WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('f', 'u') AND (contype = 'f' OR NOT EXISTS "
            "(SELECT 1 FROM pg_constraint r WHERE r.contype = 'f' AND r.conindid = c.conindid)) "
            "ORDER BY contype = 'f'",
            [list(tables)],
        )
        constraints = cursor.fetchall()
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i "
            "WHERE indrelid = ANY(%s::regclass[]) AND NOT EXISTS "
            "(SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)",
            [list(tables)],
        )
        indexes = cursor.fetchall()
        for table, name, _ in reversed(constraints):
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _, definition in indexes:
            cursor.execute(definition)
        for table, name, definition in constraints:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def settle() -> None:
    """What autovacuum would do in the next minutes, so that no timed step pays for another."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def settle_tables(*tables: str) -> None:
    """The same for a few tables."""
    with connections["owner"].cursor() as cursor:
        for table in tables:
            cursor.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(table)))


# Columns that name a member.
_PEOPLE = ("owner_id", "changed_by_id", "member_id", "requested_by_id", "decided_by_id", "invited_by_id")
_NEW_ID = "(substr({0}::text, 1, 24) || substr(md5({1}::text || {0}::text), 1, 12))::uuid"


def clone_tenant(tenant_id: uuid.UUID, *, times: int) -> None:
    """Copies of everything a tenant has, under new ids, set by set, each under a tenant of its own.

    People and histories are not copied: owners and requesters of the copies are not known.
    """
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE bench_clone AS SELECT n, uuidv7() AS tenant_id FROM generate_series(1, %s) n",
            [times],
        )
        cursor.execute(
            "INSERT INTO tenancy_tenant (id, slug, name, is_demo, created_at) "
            "SELECT tenant_id, 'clone-' || n, 'Clone ' || n, false, now() FROM bench_clone"
        )
        tables = []
        for model in tenant_models():
            table = model._meta.db_table
            if issubclass(model, TenantModel):
                cursor.execute(
                    f'SELECT EXISTS (SELECT 1 FROM "{table}" WHERE tenant_id = %s)', [str(tenant_id)]
                )
                if cursor.fetchone()[0]:
                    tables.append(table)
        with quick_writes(*tables):
            for table in tables:
                _clone_rows(cursor, table, tenant_id)
        cursor.execute("DROP TABLE bench_clone")


def _clone_rows(cursor: Any, table: str, tenant_id: uuid.UUID) -> None:
    cursor.execute(
        "SELECT column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'",
        [table],
    )
    values = {}
    for name, kind in cursor.fetchall():
        if name == "tenant_id":
            values[name] = "k.tenant_id"
        elif name in _PEOPLE:
            values[name] = "NULL"
        else:
            values[name] = _NEW_ID.format(f's."{name}"', "k.n") if kind == "uuid" else f's."{name}"'
    names = ", ".join(f'"{name}"' for name in values)
    cursor.execute(
        f'INSERT INTO "{table}" ({names}) SELECT {", ".join(values.values())} '
        f'FROM bench_clone k CROSS JOIN "{table}" s WHERE s.tenant_id = %s',
        [str(tenant_id)],
    )
