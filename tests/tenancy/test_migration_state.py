"""The lean picture that `migrate` keeps of the models is the one Django would have drawn."""

from typing import Any

from django.db.migrations.loader import MigrationLoader

from kam.tenancy.migration_state import lean_migration_state


def _picture(apps: Any) -> dict[str, Any]:
    return {
        model._meta.label: {
            "fields": sorted(field.name for field in model._meta.get_fields(include_hidden=True)),
            "constraints": [constraint.name for constraint in model._meta.constraints],
            "indexes": [index.name for index in model._meta.indexes],
            "triggers": sorted(trigger.name for trigger in getattr(model._meta, "triggers", [])),
            "targets": {
                field.name: field.related_model._meta.label
                for field in model._meta.fields
                if field.is_relation
            },
        }
        for model in apps.get_models(include_auto_created=True)
    }


def test_models_drawn_once_are_the_models_django_would_draw() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    plan = [
        loader.graph.nodes[key]
        for leaf in loader.graph.leaf_nodes()
        for key in loader.graph.forwards_plan(leaf)
    ]
    with lean_migration_state():
        state = loader.project_state(nodes=[])
        assert state.apps is not None
        for migration in dict.fromkeys(plan):
            for operation in migration.operations:
                operation.state_forwards(migration.app_label, state)
        lean = _picture(state.apps)

    plain = _picture(loader.project_state().apps)

    assert lean == plain
    assert sum(len(model["constraints"]) for model in plain.values()) > 100
