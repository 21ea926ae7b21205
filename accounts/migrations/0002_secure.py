"""Row level security and composite keys on this app's tenant tables."""

from django.db import migrations

from kam.tenancy.migrations_ops import SecureTenantTable


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0002_secure"), ("accounts", "0001_initial")]

    operations = [
        SecureTenantTable("Account"),
        SecureTenantTable("Segment"),
        SecureTenantTable("SavedView"),
        SecureTenantTable("BusinessUnit"),
        SecureTenantTable("ProductLine"),
        SecureTenantTable("Product"),
        SecureTenantTable("ExchangeRate"),
        SecureTenantTable("SalesLine"),
        SecureTenantTable("CostEntry"),
        SecureTenantTable("AccountMonth"),
        SecureTenantTable("CellMonth"),
        SecureTenantTable("ImportJob"),
        SecureTenantTable("ImportProblem"),
        SecureTenantTable("AccountEvent", keys=False, unique=False),
        SecureTenantTable("SegmentEvent", keys=False, unique=False),
        SecureTenantTable("BusinessUnitEvent", keys=False, unique=False),
        SecureTenantTable("ProductLineEvent", keys=False, unique=False),
        SecureTenantTable("ProductEvent", keys=False, unique=False),
        SecureTenantTable("ExchangeRateEvent", keys=False, unique=False),
    ]
