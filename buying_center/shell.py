"""What this app gives to the frame around every page."""

from django.urls import reverse

from accounts.places import AccountPanel, AccountTab, register_account_panel, register_account_tab
from buying_center.alignments import CONNECTIONS, INTERFACES, register_alignment
from buying_center.models import (
    Contact,
    Employee,
    InterfacePair,
    RelationshipStanding,
    SellingCenterMember,
    SupplierPositioning,
)
from buying_center.selectors.alignment import connections_reader, interfaces_alignment
from buying_center.selectors.connection_checks import connection_checks
from buying_center.selectors.interfaces import interface_visible
from buying_center.selectors.people import contact_visible
from buying_center.selectors.selling_center import employee_visible, place_visible
from buying_center.selectors.standing import positioning_visible, standing_visible
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

INTERFACE_LABELS = {
    "their_function": "Their function",
    "our_function": "Our function",
    "saving_ours": "We would save a year",
    "saving_theirs": "They would save a year",
}
STANDING_LABELS = {
    "stated_layer": "Layer, as stated",
    "vendor_tier": "Vendor tier",
    "cross_sell_scope": "Scope of cross-selling",
    "lead_mix": "Who brings the leads",
    "stated_on": "Stated on",
    "stated_by": "Stated by",
}
POSITIONING_LABELS = {
    "few_competitors": "Few competing suppliers",
    "switching_time": "Long time needed to switch",
    "our_investment": "Our investment in this market",
    "relative_spend": "Share of what they spend, in tenths",
    "judged_on": "Judged on",
    "judged_by": "Judged by",
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
    _register_alignment()


def _register_alignment() -> None:
    register_account_tab(AccountTab("alignment", "Alignment", "buying_center:alignment", 55))
    register_account_panel(AccountPanel("buying_center:alignment_panel", 10))
    register_alignment(INTERFACES, interfaces_alignment)
    register_alignment(CONNECTIONS, connections_reader(connection_checks))
    for model, rows, labels in (
        (InterfacePair, interface_visible, INTERFACE_LABELS),
        (RelationshipStanding, standing_visible, STANDING_LABELS),
        (SupplierPositioning, positioning_visible, POSITIONING_LABELS),
    ):
        register_history(model, permission="accounts.view", rows=rows, labels=labels)
