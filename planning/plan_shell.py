"""What account plans give to the frame around every page."""

from accounts.places import AccountTab, register_account_tab
from kam.tenancy.history import register_history
from kam.tenancy.home import HomeCard, register_home_card
from planning.models import Plan
from planning.selectors import plan_sources
from planning.selectors.plans import plan_visible


def register() -> None:
    """Called once, when the app is ready."""
    plan_sources.register()
    register_account_tab(AccountTab("plan", "Plan", "planning:account_plan", 20))
    register_home_card(HomeCard("planning:plans_card", 10, "accounts.view"))
    register_history(Plan, permission="accounts.view", rows=plan_visible)
