"""Reads of what the supplier sells, of rates, and of the ledger's rows."""

from django.db.models import QuerySet

from accounts.models import BusinessUnit, CostEntry, ExchangeRate, Product, ProductLine, SalesLine
from accounts.selectors.accounts import of_visible_accounts
from kam.tenancy.access import Principal


def business_unit_list(principal: Principal) -> "QuerySet[BusinessUnit, BusinessUnit]":
    """Business units of the supplier."""
    return BusinessUnit.objects.filter(tenant_id=principal.tenant.id)


def product_line_visible(principal: Principal) -> "QuerySet[ProductLine, ProductLine]":
    """The catalogue's lines, and the ideas of the accounts this member may see."""
    return of_visible_accounts(ProductLine.objects.all(), principal, or_none=True)


def product_list(principal: Principal) -> "QuerySet[Product, Product]":
    """Products of visible lines."""
    products = Product.objects.filter(
        tenant_id=principal.tenant.id, product_line__tenant_id=principal.tenant.id
    )
    return products.filter(product_line_id__in=product_line_visible(principal).values("id"))


def exchange_rate_list(principal: Principal) -> "QuerySet[ExchangeRate, ExchangeRate]":
    """The tenant's monthly rates."""
    return ExchangeRate.objects.filter(tenant_id=principal.tenant.id)


def sales_line_visible(principal: Principal) -> "QuerySet[SalesLine, SalesLine]":
    """Ledger lines of the accounts this member may see."""
    return of_visible_accounts(SalesLine.objects.all(), principal)


def cost_entry_visible(principal: Principal) -> "QuerySet[CostEntry, CostEntry]":
    """Cost-to-serve entries of the accounts this member may see."""
    return of_visible_accounts(CostEntry.objects.all(), principal)
