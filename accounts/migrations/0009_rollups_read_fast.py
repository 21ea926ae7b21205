"""What a recomputation reads of the rollups: a month as one binary value, and cells from their index alone."""

from decimal import Decimal

from django.db import migrations, models
from django.db.models.functions import Cast, Coalesce

_AMOUNT = models.DecimalField()


def _sent(function: str, value: models.expressions.Combinable) -> models.Func:
    return models.Func(value, function=function, output_field=models.BinaryField())


def _amount(name: str) -> tuple[models.Func, models.Func]:
    units = models.Func(models.F(name), function="TRUNC", output_field=_AMOUNT)
    rest = (models.F(name) - units) * models.Value(Decimal(10**12), output_field=_AMOUNT)
    return (
        _sent("float8send", Cast(units, models.FloatField())),
        _sent("int8send", Cast(rest, models.BigIntegerField())),
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_app_analyses")]

    operations = [
        migrations.AddField(
            "accountmonth",
            "packed",
            models.GeneratedField(
                expression=models.Func(
                    _sent("date_send", models.F("month")),
                    *(
                        part
                        for name in ("net_sales", "unknown_sales", "cogs", "cogs_estimated", "cost_to_serve")
                        for part in _amount(name)
                    ),
                    *(
                        _sent("int4send", models.F(name))
                        for name in ("lines", "unknown_lines", "positive_days")
                    ),
                    *(
                        _sent("date_send", Coalesce(name, "month", output_field=models.DateField()))
                        for name in ("first_sale", "last_sale")
                    ),
                    template="(%(expressions)s)",
                    arg_joiner=" || ",
                    output_field=models.BinaryField(),
                ),
                output_field=models.BinaryField(),
                db_persist=True,
            ),
        ),
        migrations.RemoveConstraint("cellmonth", "cellmonth_unique"),
        migrations.AddConstraint(
            "cellmonth",
            models.UniqueConstraint(
                fields=["tenant", "account", "product", "segment", "month"],
                include=["net_sales_float", "unknown_sales_float", "cogs_float", "unknown_lines"],
                nulls_distinct=False,
                name="cellmonth_unique",
            ),
        ),
    ]
