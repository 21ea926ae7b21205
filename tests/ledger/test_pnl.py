"""P&L from the lines: to the cent, with what is not known said and not guessed (K1)."""

import random
import uuid
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import CostCategory, ExchangeRate
from accounts.selectors.ledger import (
    account_pnl,
    account_pnl_by_month,
    account_pnl_by_year,
    pnl_by_account,
    rate_gaps,
    tenant_pnl,
)
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import Tenant, TenantSettings
from tests.factories import (
    AccountFactory,
    CostEntryFactory,
    ProductFactory,
    ProductLineFactory,
    SalesLineFactory,
)

YEAR = {"date_from": date(2025, 1, 1), "date_to": date(2025, 12, 31)}


def test_a_hand_worked_account(in_tenant: uuid.UUID) -> None:
    account = AccountFactory()
    known = ProductFactory()
    estimated = ProductFactory(product_line=ProductLineFactory(default_gross_margin=0.4))
    SalesLineFactory(account=account, product=known, net_sales=Decimal(1000), cogs=Decimal("600.5"))
    SalesLineFactory(account=account, product=known, net_sales=Decimal(-100), cogs=Decimal(-60))
    SalesLineFactory(account=account, product=estimated, net_sales=Decimal(200), cogs=None)
    CostEntryFactory(account=account, category="delivery", amount=Decimal("25.25"))
    CostEntryFactory(account=account, category="marketing", amount=Decimal(10))
    pnl = account_pnl(account_id=account.id, **YEAR)
    assert (pnl.net_sales, pnl.cogs, pnl.cogs_estimated) == (Decimal(1100), Decimal("660.5"), Decimal(120))
    assert pnl.gross_margin == Decimal("439.5")
    assert pnl.cost_to_serve == {"marketing": Decimal(10), "delivery": Decimal("25.25")}
    assert pnl.contribution_margin == Decimal("404.25")
    assert pnl.contribution_ratio == pytest.approx(404.25 / 1100)


def test_one_unknown_cost_makes_the_margin_unknown_beside_its_known_part(in_tenant: uuid.UUID) -> None:
    account = AccountFactory()
    SalesLineFactory(account=account, net_sales=Decimal(300), cogs=Decimal(100))
    SalesLineFactory(account=account, net_sales=Decimal(100), cogs=None)
    pnl = account_pnl(account_id=account.id, **YEAR)
    assert (pnl.cogs, pnl.gross_margin, pnl.contribution_margin, pnl.contribution_ratio) == (None,) * 4
    assert (pnl.known_margin, pnl.known_share, pnl.unknown_lines) == (Decimal(200), 0.75, 1)


def test_ranges_are_inclusive_days(in_tenant: uuid.UUID) -> None:
    account = AccountFactory()
    for day in (1, 2, 3, 4):
        SalesLineFactory(
            account=account, date=date(2025, 3, day), net_sales=Decimal(10**day), cogs=Decimal(0)
        )
    pnl = account_pnl(account_id=account.id, date_from=date(2025, 3, 2), date_to=date(2025, 3, 3))
    assert pnl.net_sales == Decimal(1100)


def test_the_ratio_is_null_unless_sales_are_above_zero(in_tenant: uuid.UUID) -> None:
    account = AccountFactory()
    CostEntryFactory(account=account, amount=Decimal(5))
    pnl = account_pnl(account_id=account.id, **YEAR)
    assert (pnl.contribution_margin, pnl.contribution_ratio) == (Decimal(-5), None)


def test_the_tenants_pnl_is_the_sum_of_its_accounts(in_tenant: uuid.UUID) -> None:
    dice = random.Random(7)
    for month in range(1, 13):
        ExchangeRate.objects.create(
            tenant_id=current_tenant_id(),
            currency="NOK",
            month=date(2025, month, 1),
            rate=Decimal(dice.randrange(1, 10**8)).scaleb(-8),
        )
    accounts = [AccountFactory() for _ in range(7)]
    products = [
        ProductFactory(product_line=ProductLineFactory(default_gross_margin=m)) for m in (0.3217, 0.5)
    ]

    def day() -> date:
        return date(2025, dice.randrange(1, 13), dice.randrange(1, 29))

    def amount() -> Decimal:
        return Decimal(dice.randrange(-(10**8), 10**9)).scaleb(-4)

    for _ in range(300):
        SalesLineFactory(
            account=dice.choice(accounts),
            product=dice.choice(products),
            date=day(),
            net_sales=amount(),
            cogs=dice.choice([None, amount()]),
            currency=dice.choice(["USD", "NOK"]),
        )
        CostEntryFactory(
            account=dice.choice(accounts),
            date=day(),
            amount=amount(),
            category=dice.choice(CostCategory.values),
            currency=dice.choice(["USD", "NOK"]),
        )
    total, parts = tenant_pnl(**YEAR), pnl_by_account(**YEAR)
    assert set(parts) == {account.id for account in accounts}
    for name in ("net_sales", "cogs", "gross_margin", "cost_to_serve_total", "contribution_margin"):
        assert getattr(total, name) == sum(getattr(part, name) for part in parts.values())
        assert getattr(total, name) == sum(
            getattr(month, name)
            for account in accounts
            for month in account_pnl_by_month(account_id=account.id, **YEAR)
        )
    for account in accounts:
        assert account_pnl(account_id=account.id, **YEAR) == parts[account.id]


def test_years_are_fiscal_and_without_holes(in_tenant: uuid.UUID) -> None:
    TenantSettings.objects.update(fiscal_year_start=4)
    account = AccountFactory()
    for day in (date(2023, 3, 31), date(2023, 4, 1), date(2025, 5, 1)):
        SalesLineFactory(account=account, date=day, net_sales=Decimal(1))
    years = account_pnl_by_year(account_id=account.id)
    assert [(year.date_from, year.date_to, year.lines) for year in years] == [
        (date(2022, 4, 1), date(2023, 3, 31), 1),
        (date(2023, 4, 1), date(2024, 3, 31), 1),
        (date(2024, 4, 1), date(2025, 3, 31), 0),
        (date(2025, 4, 1), date(2026, 3, 31), 1),
    ]


def test_gaps_in_the_rates_are_found_for_another_base_currency(in_tenant: uuid.UUID) -> None:
    SalesLineFactory(currency="USD", date=date(2025, 6, 3))
    assert rate_gaps() == []
    assert rate_gaps(base_currency="EUR") == [("USD", date(2025, 6, 1))]


def test_the_api_answers_exact_decimal_strings(
    api: Callable[..., APIClient], other_api: Callable[..., APIClient], tenant: Tenant, as_tenant: Any
) -> None:
    with as_tenant(tenant):
        account = AccountFactory()
        SalesLineFactory(account=account, net_sales=Decimal("80450596.9823"), cogs=Decimal("79980114.3790"))
        CostEntryFactory(account=account, amount=Decimal("2011265.9158"))
    url = f"/api/v1/accounts/{account.id}/pnl/"
    body = api("admin").get(url, {"from": "2025-01-01", "to": "2025-12-31"}).json()
    assert (body["net_sales"], body["cogs"]) == ("80450596.9823", "79980114.3790")
    assert (body["gross_margin"], body["contribution_margin"]) == ("470482.6033", "-1540783.3125")
    assert (body["cost_to_serve"]["delivery"], body["cost_to_serve"]["service"]) == ("2011265.9158", "0.0000")
    assert body["contribution_ratio"] == pytest.approx(-0.01915, abs=1e-5)
    assert api("admin").get(url).json()["from"] == "2025-06-15"
    assert api("admin").get(url, {"from": "2025-13-01"}).status_code == 400
    assert api("admin").get(url, {"from": "2025-02-01", "to": "2025-01-01"}).status_code == 400
    assert api("admin").get(url, {"until": "2025-02-01"}).status_code == 400
    assert other_api("admin").get(url).status_code == 404
