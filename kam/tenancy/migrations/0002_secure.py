"""Row level security on this app's tenant tables, and the trigger function that counts versions."""

from django.db import migrations

from kam.tenancy.migrations_ops import SecureTenantTable

COUNT_VERSION = """
CREATE FUNCTION kam_count_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0001_initial")]

    operations = [
        migrations.RunSQL(COUNT_VERSION, "DROP FUNCTION kam_count_version()"),
        SecureTenantTable("TenantSettings"),
        SecureTenantTable("TenantSettingsEvent", keys=False, unique=False),
        SecureTenantTable("Invitation"),
        SecureTenantTable("IdempotencyRecord"),
    ]
