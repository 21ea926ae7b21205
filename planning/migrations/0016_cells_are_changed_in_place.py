"""Room on each page for the next version of its cells: a changed potential then touches no index."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("planning", "0015_cell_history_by_statement")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE planning_openspacecell SET (fillfactor = 70)",
            "ALTER TABLE planning_openspacecell RESET (fillfactor)",
        )
    ]
