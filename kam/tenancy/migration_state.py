"""Migrations from nothing in a fraction of the time: models are rendered when their fields change, and only then.

Django keeps a picture of all models while it migrates, and draws a model and everything related to it anew after
each operation, also where a constraint, an index or a trigger was added, which changes no field and no relation.
With row level security, checks and history triggers on every table there are some four hundred of these; they
were nine tenths of the time of a first `migrate`. What the
database is told stays the same; `tests/tenancy/test_migration_state.py` compares the pictures.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ModelState, ProjectState
from pgtrigger.migrations import AddTrigger


def _append_option(state: ProjectState, app_label: str, model_name: str, option: str, added: Any) -> None:
    """Add a constraint, an index or a trigger to the options of a model, and to its class where it is drawn."""
    model_state = state.models[app_label, model_name.lower()]
    model_state.options[option] = [*model_state.options.get(option, []), added]
    if "apps" in state.__dict__:
        options = state.apps.get_model(app_label, model_name)._meta
        known = [*getattr(options, option, []), added]
        setattr(options, option, known)
        options.original_attrs[option] = known


def _add_trigger(operation: AddTrigger, app_label: str, state: ProjectState) -> None:
    _append_option(state, app_label, operation.model_name, "triggers", operation.trigger)


def _add_model(state: ProjectState, model_state: ModelState) -> None:
    """Draw the new model alone: nothing refers to it yet, and what it refers to is drawn already."""
    key = model_state.app_label, model_state.name_lower
    state.models[key] = model_state
    if state._relations is not None:  # type: ignore[attr-defined]
        state.resolve_model_relations(key)
    if "apps" in state.__dict__:
        state.apps.render_multiple([model_state])


@contextmanager
def lean_migration_state() -> Iterator[None]:
    """Within, operations that add options or models draw no other model anew."""
    ours: tuple[tuple[type, str, Any], ...] = (
        (ProjectState, "_append_option", _append_option),
        (ProjectState, "add_model", _add_model),
        (AddTrigger, "state_forwards", _add_trigger),
    )
    before = [getattr(owner, name) for owner, name, _ in ours]
    for owner, name, lean in ours:
        setattr(owner, name, lean)
    try:
        yield
    finally:
        for (owner, name, _), method in zip(ours, before, strict=True):
            setattr(owner, name, method)
