"""What this app gives to the frame around every page."""

from django.urls import reverse

from accounts.places import AccountTab, register_account_tab
from buying_center.models import Contact, Employee, SellingCenterMember
from buying_center.selectors.people import contact_visible
from buying_center.selectors.selling_center import employee_visible, place_visible
from kam.tenancy.access import Principal
from kam.tenancy.history import register_history
from kam.tenancy.search import SearchHit, register_search

HISTORY_LABELS = {
    "strength": "Relationship",
    "is_opponent": "Opponent",
    "is_dominant_advisor": "Dominant advisor",
    "covered_by": "Covered by",
    "reports_to": "Reports to",
    "left_on": "Left on",
    "assessed_by": "Judged by",
    "assessed_on": "Judged on",
    "next_assessment": "Next re-assessment",
    "is_parked": "In the parking lot",
}
PLACE_LABELS = {
    "is_lead": "Leads the account",
    "is_temporary": "Only for a time",
    "valid_from": "From",
    "valid_to": "Last day",
}


def find_people(principal: Principal, text: str, limit: int) -> list[SearchHit]:
    """People of buying centres by name, for the search palette."""
    text = text.replace("\x00", "")[:100]
    if not text or not principal.can("accounts.view"):
        return []
    rows = contact_visible(principal).select_related("person", "account")
    return [
        SearchHit(
            label=contact.name,
            url=reverse("buying_center:contact_detail", args=[contact.account_id, contact.pk]),
            detail=" · ".join(part for part in (contact.title, contact.account.name) if part),
            icon="user",
        )
        for contact in rows.filter(person__name__icontains=text).order_by("person__name", "id")[:limit]
    ]


def register() -> None:
    """Called once, when the app is ready."""
    register_account_tab(AccountTab("people", "Buying centre", "buying_center:people", 40))
    register_account_tab(AccountTab("team", "Selling centre", "buying_center:team", 50))
    register_account_tab(AccountTab("activity", "Activity", "buying_center:activities", 90))
    register_search("People", find_people)
    register_history(Contact, permission="accounts.view", rows=contact_visible, labels=HISTORY_LABELS)
    register_history(SellingCenterMember, permission="accounts.view", rows=place_visible, labels=PLACE_LABELS)
    register_history(
        Employee,
        permission="accounts.view",
        rows=employee_visible,
        labels={"left_on": "No longer with us since"},
    )
