"""What this app gives to the frame around every page."""

from kam.tenancy.history import register_history
from opportunities.models import Opportunity
from opportunities.selectors import opportunity_visible

HISTORY_LABELS = {
    "compelling_reason": "Compelling reason",
    "authority": "Authority leverage",
    "budget": "Budget availability",
    "allies": "Supporting allies",
    "close_date": "Expected close",
    "closed_on": "Closed on",
}


def register() -> None:
    """Called once, when the app is ready."""
    register_history(Opportunity, permission="accounts.view", rows=opportunity_visible, labels=HISTORY_LABELS)
