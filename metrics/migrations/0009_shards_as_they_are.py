"""What a shard keeps is compressed already: the database need not try again, twice, before it stores it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("metrics", "0008_app_analyses")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE metrics_recomputationshard ALTER COLUMN result SET STORAGE EXTERNAL",
            "ALTER TABLE metrics_recomputationshard ALTER COLUMN result SET STORAGE EXTENDED",
        )
    ]
