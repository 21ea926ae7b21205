"""What this app gives to the frame around every page."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from accounts.places import AccountTab, register_account_tab
from buying_center.selectors.standing import register_evidence
from kam.tenancy.access import Principal
from kam.tenancy.history import register_history
from kam.tenancy.search import SearchHit, register_search
from opportunities.models import Opportunity, StepResource
from opportunities.selectors import lead_mix, opportunity_list, opportunity_visible, step_resource_list

HISTORY_LABELS = {
    "compelling_reason": "Compelling reason",
    "authority": "Authority leverage",
    "budget": "Budget availability",
    "allies": "Supporting allies",
    "close_date": "Expected close",
    "closed_on": "Closed on",
}


def find_opportunities(principal: Principal, text: str, limit: int) -> list[SearchHit]:
    """Opportunities by name, for the search palette."""
    if not text or not principal.can("accounts.view"):
        return []
    rows = opportunity_list(principal, state="all").filter(name__icontains=text.replace("\x00", ""))
    return [
        SearchHit(
            label=row.name,
            url=reverse("opportunities:opportunity_detail", args=[row.pk]),
            detail=row.account.name,
            icon="target-arrow",
        )
        for row in rows.order_by("name", "id")[:limit]
    ]


def step_resource_visible(principal: Principal) -> "QuerySet[Any, Any]":
    """Rows of the table of buying stages; the history asks with a principal."""
    return step_resource_list()


def register() -> None:
    """Called once, when the app is ready."""
    register_account_tab(
        AccountTab("opportunities", "Opportunities", "opportunities:account_opportunities", 60)
    )
    register_search("Opportunities", find_opportunities)
    register_evidence(lead_mix)
    register_history(Opportunity, permission="accounts.view", rows=opportunity_visible, labels=HISTORY_LABELS)
    register_history(
        StepResource, permission="settings.view", rows=step_resource_visible, labels={"is_person": "A person"}
    )
