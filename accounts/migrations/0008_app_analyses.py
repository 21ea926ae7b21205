"""The application may analyse what it loads in bulk (RELIABILITY 9)."""

from django.db import migrations

from kam.tenancy.migrations_ops import let_writers_analyse


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_cells_lie_together")]

    operations = let_writers_analyse(
        "accounts_account",
        "accounts_segment",
        "accounts_product",
        "accounts_salesline",
        "accounts_costentry",
        "accounts_accountmonth",
        "accounts_cellmonth",
    )
