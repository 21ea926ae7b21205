"""The money of the product rollup as float8 beside the exact columns, kept by the database.

One statement for the three columns: each would write the table anew.
"""

from django.db import migrations, models
from django.db.models.functions import Cast

_COLUMNS = ("net_sales", "cogs", "unknown_sales")


def _added(name: str) -> migrations.AddField:
    return migrations.AddField(
        model_name="cellmonth",
        name=f"{name}_float",
        field=models.GeneratedField(
            expression=Cast(name, models.FloatField()), output_field=models.FloatField(), db_persist=True
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_success_factors")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE accounts_cellmonth "
            + ", ".join(
                f'ADD COLUMN "{name}_float" double precision GENERATED ALWAYS AS ("{name}"::double precision) STORED'
                for name in _COLUMNS
            ),
            "ALTER TABLE accounts_cellmonth " + ", ".join(f'DROP COLUMN "{name}_float"' for name in _COLUMNS),
            state_operations=[_added(name) for name in _COLUMNS],
        )
    ]
