"""Row level security on the value register and the reviews, and what the database keeps from changing."""

from django.db import migrations

from kam.tenancy.migrations_ops import SecureTenantTable

# A frozen review, what it decided to do, and a customer's answer are evidence: nobody rewrites them.
FROZEN = """
CREATE FUNCTION planning_review_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A frozen review cannot be changed.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER planning_review_frozen BEFORE UPDATE OR DELETE ON planning_review
    FOR EACH ROW WHEN (OLD.status = 'frozen') EXECUTE FUNCTION planning_review_frozen();

CREATE FUNCTION planning_reviewaction_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    review uuid := CASE WHEN TG_OP = 'INSERT' THEN NEW.review_id ELSE OLD.review_id END;
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.text, NEW.review_id, NEW.account_id)
                            IS NOT DISTINCT FROM (OLD.text, OLD.review_id, OLD.account_id) THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT 1 FROM planning_review WHERE id = review AND status = 'frozen') THEN
        RAISE EXCEPTION 'The actions of a frozen review cannot be changed.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER planning_reviewaction_frozen BEFORE INSERT OR UPDATE OR DELETE ON planning_reviewaction
    FOR EACH ROW EXECUTE FUNCTION planning_reviewaction_frozen();

CREATE FUNCTION planning_valueconfirmation_answered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A customer''s answer cannot be changed.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER planning_valueconfirmation_answered BEFORE UPDATE ON planning_valueconfirmation
    FOR EACH ROW WHEN (OLD.answered_at IS NOT NULL) EXECUTE FUNCTION planning_valueconfirmation_answered();
"""
THAWED = """
DROP TRIGGER planning_valueconfirmation_answered ON planning_valueconfirmation;
DROP FUNCTION planning_valueconfirmation_answered();
DROP TRIGGER planning_reviewaction_frozen ON planning_reviewaction;
DROP FUNCTION planning_reviewaction_frozen();
DROP TRIGGER planning_review_frozen ON planning_review;
DROP FUNCTION planning_review_frozen();
"""
# "What changed since" reads the events of one account; without these it would read everybody's.
EVENT_INDEXES = """
CREATE INDEX planning_valueitemevent_account ON planning_valueitemevent (tenant_id, account_id, pgh_created_at);
CREATE INDEX planning_openspacecellevent_account
    ON planning_openspacecellevent (tenant_id, account_id, pgh_created_at);
"""
NO_EVENT_INDEXES = """
DROP INDEX planning_openspacecellevent_account;
DROP INDEX planning_valueitemevent_account;
"""


class Migration(migrations.Migration):
    dependencies = [("planning", "0006_value_and_reviews"), ("tenancy", "0003_notifications")]

    operations = [
        SecureTenantTable("ValueItem"),
        SecureTenantTable("ValueItemEvent", keys=False, unique=False),
        SecureTenantTable("ValueConfirmation"),
        SecureTenantTable("ValueConfirmationEvent", keys=False, unique=False),
        SecureTenantTable("Review"),
        SecureTenantTable("ReviewEvent", keys=False, unique=False),
        SecureTenantTable("ReviewAction"),
        SecureTenantTable("ReviewActionEvent", keys=False, unique=False),
        SecureTenantTable("CalendarLink"),
        migrations.RunSQL(FROZEN, THAWED),
        migrations.RunSQL(EVENT_INDEXES, NO_EVENT_INDEXES),
    ]
