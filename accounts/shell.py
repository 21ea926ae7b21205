"""What this app gives to the frame around every page: accounts in the search, the history of its objects."""

from django.db.models import Sum
from django.urls import reverse

from accounts.models import Account, AccountMonth, CostEntry, ExchangeRate, Product, SalesLine, SuccessFactor
from accounts.places import AccountTab, register_account_tab
from accounts.selectors.accounts import account_visible
from accounts.selectors.pickers import account_search
from accounts.selectors.success_factors import success_factor_visible
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id
from kam.tenancy.history import register_history
from kam.tenancy.search import SearchHit, register_search
from kam.tenancy.services import register_settings_guard
from kam.tenancy.welcome import register_count

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


def products_count() -> int:
    """How many products the current tenant's catalogue holds."""
    return Product.objects.filter(tenant_id=current_tenant_id()).count()


def accounts_count() -> int:
    """How many accounts the current tenant has."""
    return Account.objects.filter(tenant_id=current_tenant_id()).count()


def sales_lines_count() -> int:
    """How many sales lines are loaded, from the monthly rollup: the ledger itself is too long to count."""
    rows = AccountMonth.objects.filter(tenant_id=current_tenant_id())
    return rows.aggregate(lines=Sum("lines"))["lines"] or 0


def base_currency_kept() -> str:
    """Why the base currency cannot be changed any more; empty while nothing stands in it."""
    tenant_id = current_tenant_id()
    if any(
        model.objects.filter(tenant_id=tenant_id).exists() for model in (SalesLine, CostEntry, ExchangeRate)
    ):
        return "Sales, costs or exchange rates are loaded in this currency already. Start a new company for another."
    return ""


def register() -> None:
    """Called once, when the app is ready."""
    register_count("catalogue", products_count)
    register_count("accounts", accounts_count)
    register_count("sales", sales_lines_count)
    register_settings_guard("base_currency", base_currency_kept)
    register_search("Accounts", find_accounts)
    register_account_tab(AccountTab("segments", "Segments", "accounts:segments", 90))
    register_history(Account, permission="accounts.view", rows=account_visible, labels=HISTORY_LABELS)
    register_history(
        SuccessFactor,
        permission="accounts.view",
        rows=success_factor_visible,
        labels={"owner_name": "Owner at the customer", "owner_title": "The owner’s position"},
    )
