"""The application may analyse what it loads in bulk (RELIABILITY 9)."""

from django.db import migrations

from kam.tenancy.migrations_ops import let_writers_analyse


class Migration(migrations.Migration):
    dependencies = [("metrics", "0007_lean_result_rows")]

    operations = let_writers_analyse(
        "metrics_accountmetrics",
        "metrics_accountmetricshistory",
    )
