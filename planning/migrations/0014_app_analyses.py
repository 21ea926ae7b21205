"""The application may analyse the cells of Open Space, which files of potentials fill (RELIABILITY 9)."""

from django.db import migrations

from kam.tenancy.migrations_ops import let_writers_analyse


class Migration(migrations.Migration):
    dependencies = [("planning", "0013_deck_template")]

    operations = let_writers_analyse("planning_openspacecell")
