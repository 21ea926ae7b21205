"""The product rollup's key in the order in which a recomputation reads it: the months of a cell side by side."""

from django.db import migrations, models

_MODEL, _NAME = "cellmonth", "cellmonth_unique"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_rollup_as_floats")]

    operations = [
        migrations.RemoveConstraint(model_name=_MODEL, name=_NAME),
        migrations.AddConstraint(
            model_name=_MODEL,
            constraint=models.UniqueConstraint(
                fields=["tenant", "account", "product", "segment", "month"], name=_NAME, nulls_distinct=False
            ),
        ),
    ]
