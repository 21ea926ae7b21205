"""What this app gives to the frame around every page."""

from kam.tenancy.history import register_history
from planning.models import Objective
from planning.selectors.objectives import objective_visible


def register() -> None:
    """Called once, when the app is ready."""
    register_history(
        Objective,
        permission="accounts.view",
        rows=objective_visible,
        labels={"growth_source": "Source of growth", "growth_move": "Growth move"},
    )
