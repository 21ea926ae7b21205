"""What this app gives to the frame around every page, and to every new tenant."""

import uuid
from typing import Any

from kam.tenancy.history import register_history
from kam.tenancy.signals import tenant_created
from planning.bank.reflection import questions_fill
from planning.models import Objective, ReflectionAnswer, ReflectionQuestion
from planning.selectors.objectives import objective_visible
from planning.selectors.reflection import answer_visible


def bring_the_bank(sender: object, *, tenant_id: uuid.UUID, **_: Any) -> None:
    """A new tenant begins with the questions of the bank."""
    questions_fill(model=ReflectionQuestion, rows=ReflectionQuestion.objects, tenant_id=tenant_id)


def register() -> None:
    """Called once, when the app is ready."""
    tenant_created.connect(bring_the_bank, dispatch_uid="planning.bring_the_bank")
    register_history(
        Objective,
        permission="accounts.view",
        rows=objective_visible,
        labels={"growth_source": "Source of growth", "growth_move": "Growth move"},
    )
    register_history(
        ReflectionAnswer,
        permission="accounts.view",
        rows=answer_visible,
        labels={"text": "Answer", "known_on": "Known on", "from_ledger": "From the ledger", "due": "Due"},
    )
