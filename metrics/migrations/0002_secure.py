"""Row level security and composite keys on this app's tenant tables."""

from django.db import migrations

from kam.tenancy.migrations_ops import SecureTenantTable


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_secure"), ("metrics", "0001_initial")]

    operations = [
        SecureTenantTable("Recomputation"),
        SecureTenantTable("RecomputationShard"),
        SecureTenantTable("StaleAccount"),
        SecureTenantTable("AccountMetrics"),
        SecureTenantTable("AccountMetricsHistory"),
        SecureTenantTable("StagedMetrics"),
        SecureTenantTable("PortfolioSnapshot"),
        SecureTenantTable("AccountDecision"),
        SecureTenantTable("AccountDecisionEvent", keys=False, unique=False),
    ]
