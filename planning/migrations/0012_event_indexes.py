"""Indexes of the audit trails that "what has changed since" reads by account, of this app and of those below."""

from django.db import migrations

TABLES = ("planning_objectiveevent", "accounts_successfactorevent", "buying_center_sellingcentermemberevent")


class Migration(migrations.Migration):
    dependencies = [
        ("planning", "0011_reflection"),
        ("accounts", "0005_success_factors"),
        ("buying_center", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            f"CREATE INDEX {table}_account ON {table} (tenant_id, account_id, pgh_created_at)",
            f"DROP INDEX {table}_account",
        )
        for table in TABLES
    ]
