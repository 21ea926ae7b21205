"""Row level security and composite keys on the people of buying centres."""

from django.db import migrations

from kam.tenancy.migrations_ops import SecureTenantTable

MODELS = (
    "Person",
    "Contact",
    "ContactRole",
    "InfluenceLink",
    "GridEntry",
    "NeedChain",
    "PerceivedRisk",
    "ContactAction",
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_secure"), ("buying_center", "0003_people")]

    operations = [
        *(SecureTenantTable(name) for name in MODELS),
        *(SecureTenantTable(f"{name}Event", keys=False, unique=False) for name in MODELS),
    ]
