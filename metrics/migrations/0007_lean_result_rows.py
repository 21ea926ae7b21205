"""Results are derived rows, written by the ten thousand: no key to the tenant checked row by row, and no target
for composite keys, which nothing refers to."""

from django.db import migrations, models


def _unchecked(model: str) -> migrations.AlterField:
    return migrations.AlterField(
        model_name=model,
        name="tenant",
        field=models.ForeignKey(
            "tenancy.tenant",
            on_delete=models.deletion.PROTECT,
            related_name="+",
            db_index=False,
            db_constraint=False,
            editable=False,
        ),
    )


def _untargeted(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_tenant_uq",
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_tenant_uq UNIQUE (tenant_id, id)",
    )


class Migration(migrations.Migration):
    dependencies = [("metrics", "0006_portfolio_page")]

    operations = [
        _unchecked("accountmetrics"),
        _unchecked("accountmetricshistory"),
        _untargeted("metrics_accountmetrics"),
        _untargeted("metrics_accountmetricshistory"),
    ]
