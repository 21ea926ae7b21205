"""Row level security on our side, the connections and the alignment; a customer's answer is evidence."""

from django.db import migrations

from kam.tenancy.migrations_ops import SecureTenantKey, SecureTenantTable, let_writers_analyse

MODELS = (
    "Employee",
    "PlaceScope",
    "Connection",
    "Engagement",
    "Activity",
    "ActivityPerson",
    "InterfacePair",
    "RelationshipStanding",
    "SupplierPositioning",
)

# Whoever is forgotten (K13) leaves their answer behind without their name; nothing else of it may change.
ANSWERED = """
CREATE FUNCTION buying_center_survey_answered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(NEW) - ARRAY['contact_name', 'contact_email', 'contact_id'])
        IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['contact_name', 'contact_email', 'contact_id']) THEN
        RAISE EXCEPTION 'A customer''s answer cannot be changed.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER buying_center_survey_answered BEFORE UPDATE ON buying_center_pulsesurvey
    FOR EACH ROW WHEN (OLD.answered_at IS NOT NULL) EXECUTE FUNCTION buying_center_survey_answered();
"""
FORGOTTEN = """
DROP TRIGGER buying_center_survey_answered ON buying_center_pulsesurvey;
DROP FUNCTION buying_center_survey_answered();
"""


class Migration(migrations.Migration):
    dependencies = [("buying_center", "0006_connections")]

    operations = [
        *(SecureTenantTable(name) for name in MODELS),
        *(SecureTenantTable(f"{name}Event", keys=False, unique=False) for name in MODELS),
        SecureTenantTable("PulseSurvey"),
        SecureTenantKey("SellingCenterMember", "employee"),
        migrations.RunSQL(ANSWERED, FORGOTTEN),
        *let_writers_analyse("buying_center_person", "buying_center_contact", "buying_center_contactrole"),
    ]
