"""A sweep over PostgreSQL's own catalogue: is every tenant table locked, and every door with it?

Used by the system check, by the start-up refusal and by the isolation tests (RELIABILITY 2 and 3).
"""

from typing import Any

from django.apps import apps
from django.db import models

from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.migrations_ops import composite_key_name
from kam.tenancy.models import TenantModel

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
        " WHERE c.relkind = 'r' AND n.nspname = 'public' AND has_table_privilege(r.oid, c.oid, 'TRUNCATE')), "
        "(SELECT count(*) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid "
        " WHERE m.member = r.oid AND (g.rolsuper OR g.rolbypassrls OR EXISTS "
        "  (SELECT 1 FROM pg_class c WHERE c.relowner = g.oid AND c.relkind = 'r'))) "
        "FROM pg_roles r WHERE rolname = current_user"
    )
    name, superuser, bypass, owned, truncatable, powerful = cursor.fetchone()
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
    return findings


def table_findings(cursor: Any) -> list[str]:
    """Every table of ours that is not locked as ARCHITECTURE §4 asks, in sentences."""
    cursor.execute(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, "
        " EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' "
        "         AND a.attnotnull AND NOT a.attisdropped), "
        " (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid), "
        " (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd = '*' "
        "   AND p.polpermissive AND pg_get_expr(p.polqual, p.polrelid) LIKE '%%kam.tenant_id%%' "
        "   AND pg_get_expr(p.polwithcheck, p.polrelid) LIKE '%%kam.tenant_id%%') "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r','p') AND n.nspname = 'public'"
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
    """Views without security_invoker, readable materialised views, SECURITY DEFINER functions we do not know."""
    cursor.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'public' AND c.relkind = 'v' "
        "AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') "
        "AND NOT coalesce(c.reloptions::text LIKE '%%security_invoker=true%%', false)"
    )
    findings = [f"view {name} is not security_invoker" for (name,) in cursor.fetchall()]
    cursor.execute(
        "SELECT c.relname FROM pg_class c WHERE c.relkind = 'm' "
        "AND has_table_privilege(current_user, c.oid, 'SELECT')"
    )
    findings += [f"materialised view {name} is readable" for (name,) in cursor.fetchall()]
    cursor.execute(
        "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE n.nspname = 'public' AND p.prosecdef"
    )
    findings += [f"function {name} is SECURITY DEFINER" for (name,) in cursor.fetchall()]
    return findings


def key_findings(cursor: Any) -> list[str]:
    """Tenant foreign keys without their composite constraint, and unique constraints that leak."""
    cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'f' AND convalidated")
    constraints = {name for (name,) in cursor.fetchall()}
    findings = []
    for model in tenant_models():
        for field in model._meta.local_fields:
            if isinstance(field, TenantForeignKey):
                name = composite_key_name(model._meta.db_table, field.column)
                if name not in constraints:
                    findings.append(f"{model._meta.label}.{field.name} has no composite foreign key {name}")
    cursor.execute(
        "SELECT t.relname, i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
        "JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace "
        "WHERE n.nspname = 'public' AND x.indisunique AND NOT x.indisprimary "
        "AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'tenant_id' "
        " AND a.attnum = ANY (x.indkey::int2[]))"
    )
    findings += [
        f"unique index {index} on {table} does not hold the tenant"
        for table, index in cursor.fetchall()
        if table not in GLOBAL_TABLES
    ]
    return findings


def tenant_models() -> list[type[models.Model]]:
    """Every concrete model whose rows belong to a tenant (history tables are not among them)."""
    return [model for model in apps.get_models() if issubclass(model, TenantModel)]
