"""A small ledger whose every figure was worked out on paper (RELIABILITY 11)."""

import uuid
from decimal import Decimal

import pytest

from accounts.models import Account
from metrics.models import AccountMetrics, AccountMetricsHistory, PortfolioSnapshot
from planning.models import OpenSpaceCell
from tests.metrics.ledgers import account, catalogue, compute, metrics, pin, sell, spend

pytestmark = pytest.mark.django_db
# r/(1+d) · (1−q⁵)/(1−q) with r = 0.85, d = 0.10, q = 0.85/1.10.
MULTIPLIER = 2.463279295068021


@pytest.fixture
def world(in_tenant: uuid.UUID) -> dict[str, Account]:
    pin()
    products = catalogue({"Bikes": None, "Helmets": None, "Services": None, "Parts": 0.4})
    bikes, helmets = products["Bikes"], products["Helmets"]
    alpha = account("alpha", acquisition_cost=Decimal(2000), category_spend=Decimal(7000))
    spend(alpha, "2022-11-01", "500", "marketing")
    sell(alpha, bikes, "2023-01-15", "1000", "600")
    sell(alpha, bikes, "2024-02-10", "800", "500")
    spend(alpha, "2024-05-01", "40", "service")
    sell(alpha, bikes, "2024-08-10", "700", "400")
    sell(alpha, bikes, "2025-03-05", "900", "500")
    spend(alpha, "2025-05-01", "100")
    sell(alpha, helmets, "2025-06-05", "300", "150")
    sell(alpha, bikes, "2025-09-05", "600", "400")
    sell(alpha, helmets, "2025-12-20", "-50", "-25")
    sell(alpha, bikes, "2026-01-01", "9999", "1")
    for line, potential, probability in (("Helmets", 1000, 0.8), ("Bikes", 2000, None)):
        OpenSpaceCell.objects.create(
            tenant_id=in_tenant,
            account=alpha,
            product_line=products[line].product_line,
            potential=potential,
            probability=probability,
        )
    beta = account("beta", is_key_account=True)
    for year in (2023, 2024, 2025):
        for month in (2, 5, 8, 11):
            sell(beta, bikes, f"{year}-{month:02}-15", "100", "110")
    gamma = account("gamma")
    sell(gamma, products["Services"], "2025-04-01", "500")
    sell(gamma, products["Services"], "2025-05-01", "200", "120")
    delta = account("delta")
    sell(delta, products["Parts"], "2025-07-01", "1000")
    epsilon = account("epsilon")
    sell(epsilon, bikes, "2023-05-01", "300", "100")
    zeta = account("zeta")
    compute()
    return {"alpha": alpha, "beta": beta, "gamma": gamma, "delta": delta, "epsilon": epsilon, "zeta": zeta}


def test_the_windows_are_sums_to_the_cent(world: dict[str, Account]) -> None:
    row = metrics(world["alpha"])
    assert row.net_sales_12m == 1750
    assert row.cogs_12m == 1025
    assert row.gross_margin_12m == 725
    assert row.cost_to_serve_12m == 100
    assert row.contribution_12m == 625
    assert row.contribution_ratio == pytest.approx(625 / 1750)
    assert row.net_sales_prior_12m == 1500
    assert row.contribution_prior_12m == 560
    assert row.net_sales_36m == 4250
    assert row.gross_margin_36m == 1725
    assert row.contribution_36m == 1585
    assert (str(row.first_sale), str(row.last_sale)) == ("2023-01-15", "2025-09-05")
    assert row.months_of_sales == 6


def test_clv_pays_back_the_acquisition_cost_first(world: dict[str, Account]) -> None:
    row = metrics(world["alpha"])
    # 2000 − 1585 earned since the first sale = 415; what was spent before the first sale does not count.
    assert row.clv == Decimal("1124.5496")
    assert row.clv_multiplier == pytest.approx(MULTIPLIER)
    assert row.clv_inputs["annual_margin"] == 625
    assert row.clv_inputs["acquisition_cost"] == 415
    assert row.clv_yearly["margin"] == [625.0] * 5
    assert sum(row.clv_yearly["present_value"]) == pytest.approx(625 * MULTIPLIER, abs=1e-3)


def test_loyalty_counts_the_quarters_since_the_first_sale(world: dict[str, Account]) -> None:
    alpha, beta, delta = (metrics(world[name]) for name in ("alpha", "beta", "delta"))
    assert (alpha.loyalty_class, alpha.tenure_months, alpha.active_share) == ("butterfly", 35, 0.5)
    assert alpha.loyalty_x == pytest.approx(0.5 / 0.75)
    assert alpha.loyalty_evidence["sales"][:4] == [-50.0, 600.0, 300.0, 900.0]
    assert (beta.loyalty_class, beta.tenure_months, beta.active_share) == ("vulture", 34, 1.0)
    assert (delta.loyalty_class, delta.tenure_months) == ("butterfly", 5)


def test_an_unknown_margin_is_null_beside_its_known_part(world: dict[str, Account]) -> None:
    row = metrics(world["gamma"])
    assert row.net_sales_12m == 700
    assert (row.cogs_12m, row.gross_margin_12m, row.contribution_12m, row.clv) == (None, None, None, None)
    assert row.margin_known_part == 80
    assert row.margin_known_share == pytest.approx(200 / 700)
    assert (row.loyalty_class, row.loyalty_reason) == ("", "margin_unknown")
    assert (row.dubinsky_ingram_class, row.dubinsky_ingram_reason) == ("", "margin_unknown")


def test_a_default_margin_stands_in_and_is_marked(world: dict[str, Account]) -> None:
    row = metrics(world["delta"])
    assert (row.cogs_12m, row.gross_margin_12m, row.margin_estimated) == (600, 400, True)
    assert not metrics(world["alpha"]).margin_estimated


def test_a_negative_margin_is_shown_and_silence_is_dormant(world: dict[str, Account]) -> None:
    assert metrics(world["beta"]).clv == Decimal("-98.5312")
    for name in ("epsilon", "zeta"):
        row = metrics(world[name])
        assert (row.net_sales_12m, row.contribution_12m, row.clv) == (0, 0, 0)
        assert (row.loyalty_class, row.loyalty_reason) == ("", "dormant")
    assert metrics(world["zeta"]).first_sale is None


def test_upv_values_the_entered_gaps(world: dict[str, Account]) -> None:
    row = metrics(world["alpha"])
    # Burden 100/3850; bikes (1900 − 1340)/1900 − burden, helmets (250 − 125)/250 − burden.
    burden = 100 / 3850
    bikes, helmets = 560 / 1900 - burden, 0.5 - burden
    annual = 500 * bikes + 750 * helmets
    assert row.upv_annual == Decimal("489.9009")
    assert float(row.upv_annual) == pytest.approx(annual, abs=1e-4)
    assert row.upv_expected_annual == Decimal("351.6063")
    assert float(row.upv) == pytest.approx(annual * MULTIPLIER, abs=1e-4)
    assert (row.upv_up_sell, row.upv_cross_sell, row.upv_co_creation) == (row.upv_annual, 0, 0)
    assert (row.upv_entered, row.upv_estimated) == (row.upv_annual, None)
    assert row.upv_exceeds_clv is True
    assert row.upv_detail["assumed_probabilities"] == 1
    assert metrics(world["beta"]).upv is None


def test_the_matrix_uses_the_medians_of_selling_accounts(world: dict[str, Account]) -> None:
    row, snapshot = metrics(world["alpha"]), PortfolioSnapshot.objects.get(current=True)
    assert snapshot.cuts["present"] == 400
    assert snapshot.cuts["potential"] == pytest.approx(976.6063)
    assert row.potential_contribution == Decimal("976.6063")
    assert (row.dubinsky_ingram_class, row.potential_basis) == ("desirable", "entered")
    assert metrics(world["beta"]).dubinsky_ingram_reason == "potential_not_entered"


def test_ranks_volume_classes_and_wallet(world: dict[str, Account]) -> None:
    rows = {name: metrics(account) for name, account in world.items()}
    assert {name: row.volume_class for name, row in rows.items()} == {
        "alpha": "A", "delta": "A", "beta": "A", "gamma": "B", "epsilon": "C", "zeta": "",
    }  # fmt: skip
    assert {name: row.sales_rank for name, row in rows.items()} == {
        "alpha": 1, "delta": 2, "gamma": 3, "beta": 4, "epsilon": None, "zeta": None,
    }  # fmt: skip
    assert rows["alpha"].share_of_wallet == pytest.approx(0.25)
    assert rows["beta"].share_of_wallet is None


def test_growth_is_split_by_source(world: dict[str, Account]) -> None:
    split = metrics(world["alpha"]).growth_split
    assert (split["previous"], split["current"], split["change"]) == (1500, 1750, 250)
    assert (split["organic"], split["cross_sell"], split["up_sell"], split["loss"]) == (0, 250, 0, 0)


def test_the_snapshot_adds_up_what_is_known(world: dict[str, Account]) -> None:
    summary = PortfolioSnapshot.objects.get(current=True).summary
    assert summary["accounts"] == 6
    assert summary["accounts_sold_12m"] == 4
    assert Decimal(summary["net_sales_12m"]) == 3850
    assert Decimal(summary["contribution_12m"]) == 625 - 40 + 400
    assert summary["unknown"]["contribution_12m"] == 1
    assert summary["key"]["accounts"] == 1
    assert Decimal(summary["clv"]) == sum(
        row.clv for row in AccountMetrics.objects.all() if row.clv is not None
    )
    assert summary["loyalty"]["butterfly"]["accounts"] == 2
    assert summary["loyalty_reasons"] == {"dormant": 2, "margin_unknown": 1}


def test_history_keeps_one_record_per_date(world: dict[str, Account]) -> None:
    import datetime

    compute()
    assert AccountMetricsHistory.objects.filter(account=world["alpha"]).count() == 1
    pin(datetime.date(2024, 12, 31))
    compute()
    rows = AccountMetricsHistory.objects.filter(account=world["alpha"]).order_by("reference_date")
    assert [row.net_sales_12m for row in rows] == [1500, 1750]
    assert metrics(world["alpha"]).net_sales_12m == 1500
