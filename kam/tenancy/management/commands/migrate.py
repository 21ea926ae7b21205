"""`migrate`, as Django's, without drawing all models anew four hundred times."""

from typing import Any

from django.core.management.commands import migrate

from kam.tenancy.migration_state import lean_migration_state


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> Any:
        with lean_migration_state():
            return super().handle(*args, **options)
