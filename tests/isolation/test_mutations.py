"""The sweep finds what it should: each weakness is built on purpose, found, and taken back (mutation tests)."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.db import connections

from kam.tenancy import catalogue
from kam.tenancy.migrations_ops import POLICY_PREDICATE

pytestmark = pytest.mark.django_db

TABLE = """
CREATE TABLE mutant (id uuid PRIMARY KEY DEFAULT uuidv7(), tenant_id uuid NOT NULL, account_id uuid, code text);
ALTER TABLE mutant ENABLE ROW LEVEL SECURITY;
ALTER TABLE mutant FORCE ROW LEVEL SECURITY;
"""
POLICY = f"CREATE POLICY t ON mutant USING ({POLICY_PREDICATE}) WITH CHECK ({POLICY_PREDICATE});"

MUTANTS = {
    "table without a tenant": (
        "CREATE TABLE mutant (id uuid PRIMARY KEY)",
        "mutant has no NOT NULL tenant_id",
    ),
    "tenant may be null": (
        TABLE + POLICY + "ALTER TABLE mutant ALTER tenant_id DROP NOT NULL",
        "mutant has no NOT NULL tenant_id",
    ),
    "not forced": (
        TABLE + POLICY + "ALTER TABLE mutant NO FORCE ROW LEVEL SECURITY",
        "mutant does not have row level security enabled and forced",
    ),
    "not enabled": (
        TABLE + POLICY + "ALTER TABLE mutant DISABLE ROW LEVEL SECURITY",
        "mutant does not have row level security enabled and forced",
    ),
    "no policy": (TABLE, "mutant does not have exactly the tenant policy"),
    "no WITH CHECK": (
        TABLE + f"CREATE POLICY t ON mutant USING ({POLICY_PREDICATE})",
        "mutant does not have exactly the tenant policy",
    ),
    "reading only": (
        TABLE + f"CREATE POLICY t ON mutant FOR SELECT USING ({POLICY_PREDICATE})",
        "mutant does not have exactly the tenant policy",
    ),
    "a policy that says more": (
        TABLE + f"CREATE POLICY t ON mutant USING (code = 'public' OR {POLICY_PREDICATE}) "
        f"WITH CHECK ({POLICY_PREDICATE})",
        "mutant does not have exactly the tenant policy",
    ),
    "a second policy": (
        TABLE + POLICY + "CREATE POLICY u ON mutant USING (true) WITH CHECK (true)",
        "mutant does not have exactly the tenant policy",
    ),
    "another schema": (
        "CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.mutant (id uuid PRIMARY KEY)",
        "mutant has no NOT NULL tenant_id",
    ),
    "plain foreign key": (
        TABLE + POLICY + "ALTER TABLE mutant ADD CONSTRAINT plain FOREIGN KEY (account_id) "
        "REFERENCES accounts_account (id)",
        "foreign key plain of mutant does not hold the tenant",
    ),
    "plain key to a member": (
        TABLE + POLICY + "ALTER TABLE mutant ADD CONSTRAINT plain FOREIGN KEY (account_id) "
        "REFERENCES tenancy_membership (id)",
        "foreign key plain of mutant does not hold the tenant",
    ),
    "composite key lost": (
        "ALTER TABLE accounts_account DROP CONSTRAINT accounts_account_owner_id_tfk",
        "accounts.Account.owner has no composite foreign key",
    ),
    "composite key not proved": (
        "ALTER TABLE accounts_account DROP CONSTRAINT accounts_account_owner_id_tfk;"
        "ALTER TABLE accounts_account ADD CONSTRAINT accounts_account_owner_id_tfk "
        "FOREIGN KEY (tenant_id, owner_id) REFERENCES tenancy_membership (tenant_id, id) NOT VALID",
        "accounts.Account.owner has no composite foreign key",
    ),
    "composite key to the wrong table": (
        "ALTER TABLE accounts_account DROP CONSTRAINT accounts_account_owner_id_tfk;"
        "ALTER TABLE accounts_account ADD CONSTRAINT accounts_account_owner_id_tfk "
        "FOREIGN KEY (tenant_id, owner_id) REFERENCES accounts_account (tenant_id, id)",
        "accounts.Account.owner has no composite foreign key",
    ),
    "unique without tenant": (
        TABLE + POLICY + "CREATE UNIQUE INDEX leak ON mutant (code)",
        "unique index leak on mutant does not hold the tenant",
    ),
    "unique over an expression": (
        TABLE + POLICY + "CREATE UNIQUE INDEX leak ON mutant (lower(code))",
        "unique index leak on mutant does not hold the tenant",
    ),
    "exclusion without tenant": (
        TABLE + POLICY + "ALTER TABLE mutant ADD CONSTRAINT leak EXCLUDE USING btree (code WITH =)",
        "unique index leak on mutant does not hold the tenant",
    ),
    "view of the owner": (
        "CREATE VIEW peek AS SELECT * FROM accounts_account",
        "view peek is not security_invoker",
    ),
    "materialised view": (
        "CREATE MATERIALIZED VIEW heap AS SELECT * FROM accounts_account",
        "materialised view heap is readable",
    ),
    "security definer": (
        "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT 1::bigint'",
        "function peek is SECURITY DEFINER",
    ),
}
COMMITTED = {
    "may truncate": (
        "GRANT TRUNCATE ON accounts_account TO kam_app",
        "REVOKE TRUNCATE ON accounts_account FROM kam_app",
        "may TRUNCATE 1 tables",
    ),
    "may create": (
        "GRANT CREATE ON SCHEMA public TO kam_app",
        "REVOKE CREATE ON SCHEMA public FROM kam_app",
        "may create objects in the schema",
    ),
}


@pytest.fixture
def owner() -> Iterator[Any]:
    """The owner on a connection of its own, whose transaction is rolled back."""
    database = settings.DATABASES["owner"]
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "NAME": "dbname"}
    with closing(psycopg2.connect(**{names[key]: database[key] for key in names})) as session:
        session.set_session(autocommit=False)
        with session.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '20s'")
            yield cursor
        session.rollback()


def sweep(cursor: Any) -> list[str]:
    return catalogue.table_findings(cursor) + catalogue.door_findings(cursor) + catalogue.key_findings(cursor)


def test_the_sweep_finds_nothing_in_what_we_ship(owner: Any) -> None:
    assert sweep(owner) == []


def test_a_locked_table_is_no_finding(owner: Any) -> None:
    owner.execute(
        TABLE + POLICY + "ALTER TABLE mutant ADD CONSTRAINT good FOREIGN KEY (tenant_id, account_id) "
        "REFERENCES accounts_account (tenant_id, id); CREATE UNIQUE INDEX good_uq ON mutant (tenant_id, code)"
    )
    assert sweep(owner) == []


@pytest.mark.parametrize("name", MUTANTS)
def test_each_weakness_is_found(owner: Any, name: str) -> None:
    statement, expected = MUTANTS[name]
    owner.execute(statement)
    findings = sweep(owner)
    assert any(finding.startswith(expected) for finding in findings), findings


@pytest.mark.parametrize("name", COMMITTED)
def test_each_right_too_many_is_found(owner: Any, name: str) -> None:
    statement, undo, expected = COMMITTED[name]
    owner.connection.commit()
    owner.connection.autocommit = True
    owner.execute(statement)
    try:
        with connections["default"].cursor() as cursor:
            findings = catalogue.role_findings(cursor)
    finally:
        owner.execute(undo)
        owner.connection.autocommit = False
    assert any(finding.endswith(expected) for finding in findings), findings


def test_an_owner_a_superuser_and_a_bypasser_are_refused(owner: Any) -> None:
    findings = catalogue.role_findings(owner)
    assert "kam_owner bypasses row level security" in findings
    assert any(finding.startswith("kam_owner owns ") for finding in findings)
    assert any(finding.startswith("kam_owner may TRUNCATE ") for finding in findings)
