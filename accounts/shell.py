"""What this app gives to the frame around every page: accounts in the search, the history of its objects."""

from django.urls import reverse

from accounts.models import Account
from accounts.selectors.accounts import account_visible
from accounts.selectors.pickers import account_search
from kam.tenancy.access import Principal
from kam.tenancy.history import register_history
from kam.tenancy.search import SearchHit, register_search

HISTORY_LABELS = {
    "customer_since": "Customer since",
    "is_key_account": "Key account",
    "managed_as_evidence": "Evidence for how it is managed",
    "ladder_ours": "Relationship, our view",
    "ladder_customer": "Relationship, the customer’s view",
    "clv_retention": "Retention",
    "clv_discount_rate": "Discount rate",
    "clv_growth": "Growth",
    "clv_horizon_years": "Horizon in years",
    "owner": "Account manager",
    "parent": "Belongs to",
}


def find_accounts(principal: Principal, text: str, limit: int) -> list[SearchHit]:
    """Accounts by name or external id, for the search palette."""
    if not principal.can("accounts.view"):
        return []
    return [
        SearchHit(
            label=account.name,
            url=reverse("metrics:account_detail", args=[account.pk]),
            detail=" · ".join(part for part in (account.country, account.external_id) if part),
            icon="star" if account.is_key_account else "building-store",
        )
        for account in account_search(principal, text, limit=limit)
    ]


def register() -> None:
    """Called once, when the app is ready."""
    register_search("Accounts", find_accounts)
    register_history(Account, permission="accounts.view", rows=account_visible, labels=HISTORY_LABELS)
