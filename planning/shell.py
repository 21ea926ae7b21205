"""What this app gives to the frame around every page, and to every new tenant."""

import uuid
from typing import Any

from accounts.places import AccountTab, register_account_tab
from kam.tenancy.history import register_history
from kam.tenancy.home import HomeCard, register_home_card
from kam.tenancy.signals import tenant_created
from planning.bank.reflection import questions_fill
from planning.models import Objective, ReflectionAnswer, ReflectionQuestion, Review, ValueItem
from planning.selectors.objectives import objective_visible
from planning.selectors.reflection import answer_visible
from planning.selectors.reviews import review_visible
from planning.selectors.value import value_item_visible

VALUE_LABELS = {
    "statement": "What the customer reads",
    "value_class": "Class",
    "customer_gain": "Customer’s gain",
    "our_gain": "Our gain",
    "our_cost": "Our cost",
    "gain_kinds": "Gains that are not money",
    "confirmed_at": "Confirmed by the customer",
    "confirmed_by": "Confirmed by",
}


def bring_the_bank(sender: object, *, tenant_id: uuid.UUID, **_: Any) -> None:
    """A new tenant begins with the questions of the bank."""
    questions_fill(model=ReflectionQuestion, rows=ReflectionQuestion.objects, tenant_id=tenant_id)


def register() -> None:
    """Called once, when the app is ready."""
    tenant_created.connect(bring_the_bank, dispatch_uid="planning.bring_the_bank")
    register_account_tab(AccountTab("strategy", "Strategy", "planning:strategy", 25))
    register_home_card(HomeCard("planning:unknown_card", 40, "accounts.view"))
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
    register_account_tab(AccountTab("value", "Value", "planning:value", 70))
    register_history(ValueItem, permission="accounts.view", rows=value_item_visible, labels=VALUE_LABELS)
    register_account_tab(AccountTab("reviews", "Reviews", "planning:review_list", 75))
    register_history(Review, permission="accounts.view", rows=review_visible)
    register_home_card(HomeCard("planning:reviews_due_card", 20, "accounts.view"))
