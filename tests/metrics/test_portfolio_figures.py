"""The figures behind the portfolio, worked by hand and equal to a slow reference."""

from typing import Any

import pytest

from accounts.models import Account
from kam.tenancy.models import Tenant
from metrics.models import AccountMetrics, PortfolioSnapshot
from metrics.selectors.portfolio_page import line_margins, page_figures
from metrics.selectors.portfolio_rows import PortfolioFilter, read_portfolio
from metrics.selectors.portfolio_totals import pareto_of
from tests.metrics.ledgers import REFERENCE, compute, pin
from tests.metrics.portfolio import bikes, finding, seeded

pytestmark = pytest.mark.django_db

URL = "/portfolio/"
ROLES_WITH_PORTFOLIO = ("admin", "executive", "kam")


class TestFigures:
    def test_hand_worked_ledger(self, ledger: dict[str, Account]) -> None:
        page = PortfolioSnapshot.objects.get(current=True).page
        concentration = page["concentration"]
        # 36 months to 2025-12: Big 900, Good 900 (three years of 300), Gone 250; ties by external id.
        assert (concentration["ranked"], concentration["total"], concentration["half"]) == (3, "2050.0000", 2)
        # Big 900 - 970 < 0.
        assert (concentration["losing"], concentration["unknown"]) == (1, 0)
        assert page["whale"] == {
            "accounts": 2,
            "earning": 1,
            "losing": 1,
            "peak": 100.0,
            "peak_rank": 1,
            "total": 0.0,
            "zero_rank": None,
            "unknown": 0,
        }
        assert [
            (line["name"], line["sales"], line["margin"], line["margin_prior"]) for line in page["lines"]
        ] == [
            ("Road", 300.0, 150.0, 250.0),
            ("Touring", 600.0, -100.0, 30.0),
        ]
        assert [(row["name"], row["change"]) for row in page["risers"]] == [("Big Ltd", 300.0)]
        assert [(row["name"], row["change"], row["sold"]) for row in page["falls"]] == [
            ("Gone Ltd", -250.0, False)
        ]
        assert page["quadrants"]["loyalty"]["friend"]["accounts"] == 1
        by_kind = {row["kind"]: row for row in page["suggestions"]}
        assert by_kind["reprice"]["name"] == "Big Ltd"
        assert (by_kind["reprice"]["worst_line"], by_kind["reprice"]["worst_share"]) == ("Touring", 1.0)
        assert (by_kind["win_back"]["name"], by_kind["win_back"]["stake"]) == ("Gone Ltd", 100.0)
        assert page["multiplier"] == pytest.approx(2.463279, abs=1e-6)

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_equal_to_a_slow_reference(self, tenant: Tenant, in_tenant: Any, seed: int) -> None:
        pin()
        seeded(30, seed)
        compute()
        page = PortfolioSnapshot.objects.get(current=True).page
        rows = list(AccountMetrics.objects.select_related("account"))
        sold = [row for row in rows if row.sold_12m and row.contribution_12m is not None]
        assert page["whale"]["earning"] == sum(1 for row in sold if row.contribution_12m > 0)
        assert page["whale"]["losing"] == sum(1 for row in sold if row.contribution_12m < 0)
        assert page["whale"]["total"] == pytest.approx(float(sum(row.contribution_12m for row in sold)))
        traded = [row for row in rows if row.traded_36m]
        assert page["concentration"]["ranked"] == len(traded)
        assert page["concentration"]["losing"] == sum(
            1 for row in traded if row.gross_margin_36m is not None and row.gross_margin_36m < 0
        )
        assert page["concentration"]["unknown"] == sum(1 for row in traded if row.gross_margin_36m is None)
        for name, part in page["quadrants"]["dubinsky_ingram"].items():
            mine = [row for row in rows if row.dubinsky_ingram_class == name]
            assert part["accounts"] == len(mine)
            assert part["now"] == pytest.approx(float(sum(row.contribution_12m or 0 for row in mine)))
        changes = sorted((float(row.net_sales_12m - row.net_sales_prior_12m) for row in rows), reverse=True)
        assert [row["change"] for row in page["risers"]] == pytest.approx([c for c in changes[:5] if c > 0])
        assert [row["change"] for row in page["falls"]] == pytest.approx(
            [c for c in changes[:-6:-1] if c < 0]
        )
        for row in page["suggestions"]:
            stored = next(one for one in rows if str(one.account_id) == row["account"])
            assert {
                "reprice": stored.sold_12m and stored.contribution_12m < 0,
                "reduce": stored.sold_12m and stored.contribution_12m < 0,
                "win_back": not stored.sold_12m and (stored.contribution_prior_12m or 0) > 0,
                "promote": stored.loyalty_class == "friend" and not stored.account.is_key_account,
                "invest": stored.dubinsky_ingram_class == "undeveloped",
            }[row["kind"]]

    def test_gathered_lines_equal_the_read_ones(self, tenant: Tenant, in_tenant: Any) -> None:
        pin()
        seeded(25)
        compute()
        stored = PortfolioSnapshot.objects.get(current=True).page["lines"]
        read = line_margins(REFERENCE)
        assert [line["name"] for line in stored] == [line["name"] for line in read]
        for one, other in zip(stored, read, strict=True):
            assert one == pytest.approx(other, abs=0.01)

    def test_filter_over_everybody_is_the_snapshot(self, tenant: Tenant, in_tenant: Any) -> None:
        pin()
        seeded(25)
        compute()
        table = read_portfolio(PortfolioFilter(countries=("NO", "SE", "")))
        pareto = pareto_of(table, "net_sales_36m", ranked=table["traded_36m"].to_numpy() != 0)
        chosen = PortfolioFilter(countries=("NO", "SE", ""))
        filtered = page_figures(table, pareto=pareto, months=36, reference=REFERENCE, chosen=chosen)
        stored = PortfolioSnapshot.objects.get(current=True).page
        assert {**filtered, "lines": []} == {**stored, "lines": []}

    def test_a_window_of_its_own(self, tenant: Tenant, in_tenant: Any, browser_client: Any) -> None:
        pin(pareto_months=12)
        bikes()
        compute()
        concentration = PortfolioSnapshot.objects.get(current=True).page["concentration"]
        assert (concentration["ranked"], concentration["losing"], concentration["months"]) == (2, 1, 12)
        assert finding(browser_client("admin").get(URL)).startswith("Big Ltd alone brings 67 % of your sales")
