"""Migration operations that put the second lock on every tenant table (ARCHITECTURE §4)."""

from typing import Any

from django.db.migrations import RunSQL
from django.db.migrations.operations.base import Operation

from kam.tenancy.fields import TenantForeignKey

POLICY_PREDICATE = "tenant_id = (SELECT NULLIF(current_setting('kam.tenant_id', true), '')::uuid)"


# Whoever may write a table but does not own it, the application's role whatever its name, may also analyse it.
# MAINTAIN is of PostgreSQL 17; it opens no row and no TRUNCATE.
_LET_WRITERS_ANALYSE = """
DO $$
DECLARE writer record;
BEGIN
    IF current_setting('server_version_num')::int < 170000 THEN RETURN; END IF;
    FOR writer IN
        SELECT DISTINCT c.oid::regclass AS name, held.grantee::regrole AS role
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) held
        WHERE c.oid = '{table}'::regclass AND held.privilege_type = 'INSERT'
        AND held.grantee <> c.relowner AND held.grantee <> 0
    LOOP
        EXECUTE format('{verb} MAINTAIN ON %s {preposition} %s', writer.name, writer.role);
    END LOOP;
END $$
"""


def let_writers_analyse(*tables: str) -> list[RunSQL]:
    """Operations that let the application keep the planner's statistics of bulk-written tables in step."""
    return [
        RunSQL(
            _LET_WRITERS_ANALYSE.format(table=table, verb="GRANT", preposition="TO"),
            _LET_WRITERS_ANALYSE.format(table=table, verb="REVOKE", preposition="FROM"),
        )
        for table in tables
    ]


def composite_key_name(table: str, column: str) -> str:
    """Name of the composite foreign key of a column (PostgreSQL keeps 63 characters)."""
    return f"{table[:40]}_{column[:17]}_tfk"


class SecureTenantTable(Operation):
    """Enable and force row level security on a model's table, and make its keys tenant-safe.

    Adds: the policy with USING and WITH CHECK; UNIQUE (tenant_id, id) as the target of composite keys;
    for each `TenantForeignKey` the constraint `(tenant_id, x_id) → (tenant_id, id)`, deferred like
    Django's own; where the model has `version`, the trigger that counts every change of a row.
    Rollups and history tables, which keep ids of rows that may be gone, pass `keys=False`.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_name: str, *, keys: bool = True, unique: bool = True) -> None:
        self.model_name = model_name
        self.keys = keys
        self.unique = unique

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (self.__class__.__qualname__, [self.model_name], {"keys": self.keys, "unique": self.unique})

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The model's state does not change."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        table, q = model._meta.db_table, schema_editor.quote_name
        run = schema_editor.execute
        run(f"ALTER TABLE {q(table)} ENABLE ROW LEVEL SECURITY")
        run(f"ALTER TABLE {q(table)} FORCE ROW LEVEL SECURITY")
        run(
            f"CREATE POLICY tenant_isolation ON {q(table)} "
            f"USING ({POLICY_PREDICATE}) WITH CHECK ({POLICY_PREDICATE})"
        )
        if self.unique:
            run(
                f"ALTER TABLE {q(table)} ADD CONSTRAINT {q(table[:50] + '_tenant_uq')} UNIQUE (tenant_id, id)"
            )
        if self.keys:
            for field in model._meta.local_fields:
                if isinstance(field, TenantForeignKey):
                    run(add_composite_key_sql(q, table, field))
        if any(field.name == "version" for field in model._meta.local_fields):
            run(
                f"CREATE TRIGGER {q(table[:50] + '_version')} BEFORE UPDATE ON {q(table)} "
                "FOR EACH ROW EXECUTE FUNCTION kam_count_version()"
            )

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        table, q = model._meta.db_table, schema_editor.quote_name
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {q(table[:50] + '_version')} ON {q(table)}")
        for field in model._meta.local_fields:
            if self.keys and isinstance(field, TenantForeignKey):
                name = composite_key_name(table, field.column)
                schema_editor.execute(f"ALTER TABLE {q(table)} DROP CONSTRAINT IF EXISTS {q(name)}")
        if self.unique:
            schema_editor.execute(
                f"ALTER TABLE {q(table)} DROP CONSTRAINT IF EXISTS {q(table[:50] + '_tenant_uq')} CASCADE"
            )
        schema_editor.execute(f"DROP POLICY IF EXISTS tenant_isolation ON {q(table)}")
        schema_editor.execute(f"ALTER TABLE {q(table)} NO FORCE ROW LEVEL SECURITY")
        schema_editor.execute(f"ALTER TABLE {q(table)} DISABLE ROW LEVEL SECURITY")

    def describe(self) -> str:
        return f"Row level security and composite keys on {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        return f"secure_{self.model_name.lower()}"


class SecureTenantKey(Operation):
    """The composite constraint of one `TenantForeignKey` that joins an already secured table later."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_name: str, field_name: str) -> None:
        self.model_name = model_name
        self.field_name = field_name

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (self.__class__.__qualname__, [self.model_name, self.field_name], {})

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The model's state does not change."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        field = model._meta.get_field(self.field_name)
        schema_editor.execute(add_composite_key_sql(schema_editor.quote_name, model._meta.db_table, field))

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        table, q = model._meta.db_table, schema_editor.quote_name
        column = model._meta.get_field(self.field_name).column
        schema_editor.execute(
            f"ALTER TABLE {q(table)} DROP CONSTRAINT IF EXISTS {q(composite_key_name(table, column))}"
        )

    def describe(self) -> str:
        return f"Composite key on {self.model_name}.{self.field_name}"


def add_composite_key_sql(q: Any, table: str, field: Any) -> str:
    """ALTER TABLE … ADD CONSTRAINT for one tenant foreign key."""
    target = field.remote_field.model._meta.db_table
    return (
        f"ALTER TABLE {q(table)} ADD CONSTRAINT {q(composite_key_name(table, field.column))} "
        f"FOREIGN KEY (tenant_id, {q(field.column)}) REFERENCES {q(target)} (tenant_id, id) "
        "DEFERRABLE INITIALLY DEFERRED"
    )
