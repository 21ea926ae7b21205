"""Row level security on the resources that buying stages need."""

from django.db import migrations

from kam.tenancy.migrations_ops import SecureTenantTable


class Migration(migrations.Migration):
    dependencies = [("opportunities", "0003_step_resources")]

    operations = [
        SecureTenantTable("StepResource"),
        SecureTenantTable("StepResourceEvent", keys=False, unique=False),
    ]
