"""Row level security on the plans, versions that cannot change, and events that are found by plan."""

from django.db import migrations

from kam.tenancy.migrations_ops import SecureTenantTable

TRACKED = (
    "Plan",
    "PlanSection",
    "PlanComment",
    "PlanEntry",
    "PlanAction",
    "PlanMeeting",
    "PlanRisk",
    "PlanResource",
    "PlanTarget",
    "PlanInitiative",
    "PlanReviewer",
)
# What somebody approved is evidence: nobody rewrites it, not even through the application's own mistakes.
# AFTER, so that row level security speaks first.
FROZEN = """
CREATE FUNCTION planning_planversion_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A version of a plan cannot be changed.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER planning_planversion_frozen AFTER UPDATE OR DELETE ON planning_planversion
    FOR EACH ROW EXECUTE FUNCTION planning_planversion_frozen();
"""
THAWED = """
DROP TRIGGER planning_planversion_frozen ON planning_planversion;
DROP FUNCTION planning_planversion_frozen();
"""


def _event_index(model: str) -> migrations.RunSQL:
    """ "What changed since" reads the events of one plan; without an index it would read everybody's."""
    table = f"planning_{model.lower()}event"
    column = "pgh_obj_id" if model == "Plan" else "plan_id"
    return migrations.RunSQL(
        f"CREATE INDEX {table}_plan ON {table} (tenant_id, {column}, pgh_created_at)",
        f"DROP INDEX {table}_plan",
    )


class Migration(migrations.Migration):
    dependencies = [("planning", "0009_plans")]

    operations = [
        *(SecureTenantTable(model) for model in (*TRACKED, "PlanVersion")),
        *(SecureTenantTable(f"{model}Event", keys=False, unique=False) for model in TRACKED),
        migrations.RunSQL(FROZEN, THAWED),
        *(_event_index(model) for model in TRACKED),
    ]
