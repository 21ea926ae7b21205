"""Row level security and composite keys on this app's tenant tables."""

from django.db import migrations

from kam.tenancy.migrations_ops import SecureTenantTable


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_secure"), ("opportunities", "0001_initial")]

    operations = [
        SecureTenantTable("Opportunity"),
        SecureTenantTable("OpportunityEvent", keys=False, unique=False),
    ]
