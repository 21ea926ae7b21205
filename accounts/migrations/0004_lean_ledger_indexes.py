"""Only the indexes that the ledger and its rollups are read by: every other one is paid on each insert.

Nothing refers to a ledger row or a rollup row, so the target of composite keys is not needed on them.
"""

from django.db import migrations


def _drop(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_tenant_uq",
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_tenant_uq UNIQUE (tenant_id, id)",
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_import_progress")]

    operations = [
        migrations.RemoveIndex(model_name="accountmonth", name="accountmonth_month_idx"),
        migrations.RemoveIndex(model_name="cellmonth", name="cellmonth_month_idx"),
        _drop("accounts_accountmonth"),
        _drop("accounts_cellmonth"),
        _drop("accounts_salesline"),
        _drop("accounts_costentry"),
    ]
