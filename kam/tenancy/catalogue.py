"""A sweep over PostgreSQL's own catalogue: is every tenant table locked, and every door with it?

Used by the system check, by the start-up refusal and by the isolation tests (RELIABILITY 2 and 3).
"""

from typing import Any

from django.apps import apps
from django.db import models

from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.migrations_ops import composite_key_name
from kam.tenancy.models import TenantModel

# How PostgreSQL 18 writes `POLICY_PREDICATE` back: a policy that says anything more or less is found.
POLICY_AS_STORED = (
    "(tenant_id = ( SELECT (NULLIF(current_setting('kam.tenant_id'::text, true), ''::text))::uuid "
    'AS "nullif"))'
)

# Rows that are read before a tenant is known, or belong to none.
GLOBAL_TABLES = frozenset(
    {
        "tenancy_tenant",
        "tenancy_user",
        "tenancy_membership",
        "tenancy_apitoken",
        "django_migrations",
        "django_session",
        "django_content_type",
        "auth_group",
        "auth_group_permissions",
        "auth_permission",
        "account_emailaddress",
        "account_emailconfirmation",
        "mfa_authenticator",
        "socialaccount_socialaccount",
        "socialaccount_socialapp",
        "socialaccount_socialtoken",
        "axes_accessattempt",
        "axes_accessattemptexpiration",
        "axes_accessfailurelog",
        "axes_accesslog",
        "pghistory_context",
        "knox_authtoken",
    }
)


def role_findings(cursor: Any) -> list[str]:
    """What is wrong with the connected role, in sentences; empty when it is safe."""
    cursor.execute(
        "SELECT rolname, rolsuper, rolbypassrls, "
        "(SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        " WHERE c.relowner = r.oid AND c.relkind IN ('r','p','v','m') AND n.nspname = 'public'), "
        "(SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        " WHERE c.relkind IN ('r','p') AND n.nspname = 'public' "
        " AND has_table_privilege(r.oid, c.oid, 'TRUNCATE')), "
        "(SELECT count(*) FROM pg_roles g WHERE g.oid <> r.oid AND pg_has_role(r.oid, g.oid, 'MEMBER') "
        " AND (g.rolsuper OR g.rolbypassrls OR EXISTS "
        "  (SELECT 1 FROM pg_class c WHERE c.relowner = g.oid AND c.relkind IN ('r','p')))), "
        "coalesce((SELECT has_schema_privilege(r.oid, n.oid, 'CREATE') FROM pg_namespace n "
        " WHERE n.nspname = 'public'), false) "
        "FROM pg_roles r WHERE rolname = current_user"
    )
    name, superuser, bypass, owned, truncatable, powerful, creates = cursor.fetchone()
    findings = []
    if superuser:
        findings.append(f"{name} is a superuser")
    if bypass:
        findings.append(f"{name} bypasses row level security")
    if owned:
        findings.append(f"{name} owns {owned} tables")
    if truncatable:
        findings.append(f"{name} may TRUNCATE {truncatable} tables")
    if powerful:
        findings.append(f"{name} is a member of a role that owns tables or bypasses row level security")
    if creates and not superuser:
        findings.append(f"{name} may create objects in the schema")
    return findings


def table_findings(cursor: Any) -> list[str]:
    """Every table of ours that is not locked as ARCHITECTURE §4 asks, in sentences."""
    cursor.execute(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, "
        " EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' "
        "         AND a.attnotnull AND NOT a.attisdropped), "
        " (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid), "
        " (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd = '*' "
        "   AND p.polpermissive AND p.polroles = '{0}' AND pg_get_expr(p.polqual, p.polrelid) = %s "
        "   AND pg_get_expr(p.polwithcheck, p.polrelid) = %s) "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r','p','f') "
        "AND left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'",
        [POLICY_AS_STORED, POLICY_AS_STORED],
    )
    findings = []
    for name, enabled, forced, has_tenant, policies, good_policies in cursor.fetchall():
        if name in GLOBAL_TABLES:
            continue
        if not has_tenant:
            findings.append(f"{name} has no NOT NULL tenant_id and is not listed as global")
        if not (enabled and forced):
            findings.append(f"{name} does not have row level security enabled and forced")
        if policies != 1 or good_policies != 1:
            findings.append(f"{name} does not have exactly the tenant policy with USING and WITH CHECK")
    return findings


def door_findings(cursor: Any) -> list[str]:
    """Side doors: views without security_invoker, materialised views that can be read, SECURITY DEFINER."""
    cursor.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind = 'v' "
        "AND left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema' "
        "AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') "
        "AND NOT coalesce('security_invoker=true' = ANY (c.reloptions), false)"
    )
    findings = [f"view {name} is not security_invoker" for (name,) in cursor.fetchall()]
    cursor.execute(
        "SELECT c.relname FROM pg_class c WHERE c.relkind = 'm' "
        "AND has_table_privilege(current_user, c.oid, 'SELECT')"
    )
    findings += [f"materialised view {name} is readable" for (name,) in cursor.fetchall()]
    cursor.execute(
        "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE p.prosecdef "
        "AND left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'"
    )
    findings += [f"function {name} is SECURITY DEFINER" for (name,) in cursor.fetchall()]
    return findings


def key_findings(cursor: Any) -> list[str]:
    """Tenant foreign keys without their composite constraint, plain ones, and uniques that leak."""
    cursor.execute(
        "SELECT con.conname, t.relname, f.relname, con.convalidated, "
        " (SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(con.conkey) WITH ORDINALITY k(num, n) "
        "  JOIN pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.num), "
        " (SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(con.confkey) WITH ORDINALITY k(num, n) "
        "  JOIN pg_attribute a ON a.attrelid = con.confrelid AND a.attnum = k.num) "
        "FROM pg_constraint con JOIN pg_class t ON t.oid = con.conrelid "
        "JOIN pg_class f ON f.oid = con.confrelid JOIN pg_namespace n ON n.oid = t.relnamespace "
        "WHERE con.contype = 'f' "
        "AND left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'"
    )
    findings, composite = [], set()
    for name, table, target, validated, columns, targets in cursor.fetchall():
        if columns[0] == "tenant_id" == targets[0] and targets[1:] == ["id"] and validated:
            composite.add((name, table, columns[1], target))
        elif table not in GLOBAL_TABLES and (target not in GLOBAL_TABLES or target == "tenancy_membership"):
            findings.append(f"foreign key {name} of {table} does not hold the tenant")
    for model in tenant_models():
        table = model._meta.db_table
        for field in model._meta.local_fields:
            if isinstance(field, TenantForeignKey):
                name = composite_key_name(table, field.column)
                if (name, table, field.column, field.remote_field.model._meta.db_table) not in composite:
                    findings.append(f"{model._meta.label}.{field.name} has no composite foreign key {name}")
    cursor.execute(
        "SELECT t.relname, i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
        "JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace "
        "WHERE (x.indisunique OR x.indisexclusion) AND NOT x.indisprimary "
        "AND left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema' "
        "AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'tenant_id' "
        " AND a.attnum = ANY (x.indkey::int2[]))"
    )
    findings += [
        f"unique index {index} on {table} does not hold the tenant"
        for table, index in cursor.fetchall()
        if table not in GLOBAL_TABLES
    ]
    return findings


def all_findings(cursor: Any) -> list[str]:
    """Everything that is not as it should be, in sentences; empty when both locks are on every door."""
    return role_findings(cursor) + table_findings(cursor) + door_findings(cursor) + key_findings(cursor)


def tenant_models() -> list[type[models.Model]]:
    """Every concrete model whose rows belong to a tenant (history tables are not among them)."""
    return [model for model in apps.get_models() if issubclass(model, TenantModel)]
