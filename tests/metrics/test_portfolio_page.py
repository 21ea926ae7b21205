"""The portfolio page: true for any ledger, the same queries whatever its size, its own tenant only."""

import datetime
import html
import random
import re
from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import Account, Product
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Membership, Tenant, TenantSettings
from metrics.models import AccountMetrics, PortfolioSnapshot, Recomputation, StaleAccount
from metrics.selectors.portfolio_page import line_margins, page_figures
from metrics.selectors.portfolio_rows import PortfolioFilter, read_portfolio
from metrics.selectors.portfolio_totals import pareto_of
from tests.metrics.ledgers import REFERENCE, account, catalogue, compute, pin, sell, spend

pytestmark = pytest.mark.django_db

URL = "/portfolio/"
NB = "\u00a0"
ROLES_WITH_PORTFOLIO = ("admin", "executive", "kam")


def text(response: Any, pattern: str) -> str:
    """The text of the first element that the pattern finds, without tags and double spaces."""
    found = re.search(pattern, response.content.decode(), re.DOTALL)
    assert found, pattern
    bare = html.unescape(re.sub(r"<[^>]+>", "", found.group(1))).replace(NB, " ")
    return re.sub(r"\s+", " ", bare).replace(", explain", "").strip()


def finding(response: Any) -> str:
    # The hidden words of an explained figure are for screen readers.
    source = re.sub(r'<span class="k-hidden-text">.*?</span>', "", response.content.decode())
    found = re.search(r'<h1 class="k-finding">(.*?)</h1>', source, re.DOTALL)
    assert found
    return html.unescape(re.sub(r"<[^>]+>", "", found.group(1))).replace(NB, " ")


def bikes() -> dict[str, Account]:
    """Four accounts, worked by hand: a big loser, a friend, one that left, one that never bought.

    Net sales of 2025 / 2024: Big 600/300, Good 300/300, Gone 0/250. Cost of goods of Big 700, Good 150;
    cost to serve of Good 50. So contribution: Big -100 (before +30), Good +100 (before +150), Gone 0 (before +100).
    """
    touring, road = catalogue({"Touring": None, "Road": None}).values()
    made = {
        "big": account("Big", country="US", is_key_account=True, key_since=datetime.date(2023, 1, 1)),
        "good": account("Good", country="CA"),
        "gone": account("Gone", country="CA"),
        "never": account("Never", country=""),
    }
    sell(made["big"], touring, "2024-03-01", "300", "270")
    sell(made["big"], touring, "2025-03-01", "600", "700")
    sell(made["gone"], road, "2024-02-01", "250", "150")
    for year in (2022, 2023):
        for month in (2, 5, 8, 11):
            sell(made["good"], road, f"{year}-{month:02}-01", "75", "37.5")
    for month in (2, 5, 8, 11):
        sell(made["good"], road, f"2024-{month:02}-01", "75", "37.5")
        sell(made["good"], road, f"2025-{month:02}-01", "75", "37.5")
    spend(made["good"], "2025-06-01", "50")
    return made


@pytest.fixture
def ledger(tenant: Tenant, in_tenant: Any) -> dict[str, Account]:
    pin(potential_estimates_enabled=False)
    made = bikes()
    compute()
    return made


def seeded(count: int, seed: int = 3) -> None:
    chance = random.Random(seed)
    products: list[Product] = list(catalogue({f"Line {i}": None for i in range(5)}).values())
    for number in range(count):
        one = account(
            f"A{number:03}", country=chance.choice(["NO", "SE", ""]), is_key_account=number % 7 == 0
        )
        for _ in range(4):
            amount = Decimal(chance.randrange(-50, 900))
            cost = None if chance.random() < 0.1 else amount * Decimal(chance.randrange(50, 130)) / 100
            day = datetime.date(2023, 1, 1) + datetime.timedelta(days=chance.randrange(1090))
            sell(
                one,
                chance.choice(products),
                day.isoformat(),
                str(amount),
                None if cost is None else str(cost),
            )


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


class TestPage:
    def test_says_what_the_ledger_says(self, ledger: Any, browser_client: Callable[[str], Client]) -> None:
        response = browser_client("executive").get(URL)
        assert response.status_code == 200
        assert (
            finding(response)
            == "Half of your sales come from 2 of 3 accounts; 1 loses money at gross margin."
        )
        lede = text(response, r'<p class="k-lede">(.*?)</p>')
        assert lede == (
            "Sales grew 6 % in twelve months while contribution fell by $280. "
            "Touring, sold 14 % below cost, took $130 of it."
        )
        page = response.content.decode()
        assert "Computed" in page
        assert "31 Dec 2025" in page
        assert "$900" in page
        assert reverse("metrics:account_detail", args=[ledger["big"].pk]) in page

    def test_no_account(self, tenant: Tenant, browser_client: Callable[[str], Client]) -> None:
        response = browser_client("admin").get(URL)
        assert finding(response) == "No accounts yet: load your ledger to see where the money is."

    def test_never_computed(
        self, tenant: Tenant, in_tenant: Any, browser_client: Callable[[str], Client]
    ) -> None:
        account("One")
        response = browser_client("admin").get(URL)
        assert finding(response) == "Your one account waits for a first computation."

    @pytest.mark.parametrize(
        ("sales", "expected"),
        [
            (None, "The one account here bought nothing in the last 36 months."),
            (
                ("100", "40"),
                "All of your sales come from one account; it does not lose money at gross margin over 36 months.",
            ),
            (
                ("100", "140"),
                "All of your sales come from one account; it loses money at gross margin over 36 months.",
            ),
            (("100", None), "All of your sales come from one account; what it earns is not known."),
            (
                ("-100", "-40"),
                "Only one account traded in the last 36 months, and bought no more than was credited.",
            ),
        ],
    )
    def test_one_account(
        self,
        tenant: Tenant,
        in_tenant: Any,
        browser_client: Callable[[str], Client],
        sales: Any,
        expected: str,
    ) -> None:
        pin()
        only = account("Only")
        if sales:
            sell(only, catalogue({"Line": None})["Line"], "2025-05-01", *sales)
        compute()
        for query in ("", "?matrix=loyalty", "?country=NO"):
            response = browser_client("admin").get(URL + query)
            assert response.status_code == 200
            assert finding(response) == expected.replace("your", "these" if "country" in query else "your")

    def test_filtered_to_nothing(self, ledger: Any, browser_client: Callable[[str], Client]) -> None:
        response = browser_client("admin").get(URL + "?country=US&country=NO&industry=none")
        assert finding(response) == "No account matches these filters."

    def test_filters_choose_and_stay_in_the_address(
        self, ledger: Any, browser_client: Callable[[str], Client]
    ) -> None:
        client = browser_client("admin")
        canada = client.get(URL + "?country=CA")
        assert (
            finding(canada) == "Good Ltd alone brings 78 % of these sales; none loses money at gross margin."
        )
        page = canada.content.decode()
        assert 'value="CA" checked' in page
        assert "portfolio/data/pareto/?country=CA" in page
        key = client.get(URL + "?key=true")
        assert finding(key).startswith("All of these sales come from one account; it loses money")
        assert "None of 1" not in finding(key)
        unknown = client.get(URL + "?country=none")
        assert finding(unknown) == "The one account here bought nothing in the last 36 months."
        nonsense = client.get(URL + "?owner=nobody&country=%00&matrix=x")
        assert nonsense.status_code == 200

    def test_quadrant_leads_to_its_list(self, ledger: Any, browser_client: Callable[[str], Client]) -> None:
        response = browser_client("admin").get(URL + "?quadrant=undesirable&country=CA")
        assert response.headers["Location"] == "/portfolio/list/?country=CA&quadrant=undesirable"

    def test_stale_and_running_are_said(
        self, ledger: dict[str, Account], tenant: Tenant, browser_client: Callable[[str], Client]
    ) -> None:
        StaleAccount.objects.create(tenant_id=tenant.pk, account_id=ledger["big"].pk)
        page = browser_client("executive").get(URL).content.decode().replace(NB, " ")
        assert "1 account has newer sales or inputs than these figures" in page
        run = Recomputation.objects.create(
            tenant_id=tenant.pk, reference_date=REFERENCE, accounts_total=4, accounts_done=1, status="running"
        )
        client = browser_client("executive")
        page = client.get(URL).content.decode()
        progress_url = reverse("metrics:portfolio_progress", args=[run.pk])
        assert progress_url in page
        bar = client.get(progress_url)
        assert 'value="1" max="4"' in bar.content.decode()
        assert "HX-Refresh" not in bar.headers
        run.status = "succeeded"
        run.save()
        assert client.get(progress_url).headers["HX-Refresh"] == "true"


class TestParts:
    def test_chart_data(self, ledger: Any, browser_client: Callable[[str], Client]) -> None:
        client = browser_client("kam")
        pareto = client.get("/portfolio/data/pareto/").json()
        assert pareto["curve"] == [[1, pytest.approx(900 / 2050)], [2, pytest.approx(1800 / 2050)], [3, 1.0]]
        assert {"level": 0.5, "rank": 2} in pareto["levels"]
        whale = client.get("/portfolio/data/whale/").json()
        assert whale["curve"] == [[1, 100.0], [2, 0.0]]
        assert (whale["peak"], whale["end"]) == ({"rank": 1, "value": 100.0}, {"rank": 2, "value": 0.0})
        lines = client.get("/portfolio/data/lines/").json()
        assert lines["rows"] == [{"label": "Road", "value": 150.0}, {"label": "Touring", "value": -100.0}]
        assert client.get("/portfolio/data/lines/?country=US").json()["rows"] == [
            {"label": "Touring", "value": -100.0}
        ]
        matrix = client.get("/portfolio/data/matrix/?kind=loyalty").json()
        # Good bought in each quarter of three years, Big in two quarters of two years.
        assert {point["name"]: point["class"] for point in matrix["points"]} == {
            "Good Ltd": "friend",
            "Big Ltd": "stranger",
        }
        assert {part["class"]: part["count"] for part in matrix["quadrants"]} == {
            "friend": 1,
            "butterfly": 0,
            "stranger": 1,
            "vulture": 0,
        }
        assert client.get("/portfolio/data/nothing/").status_code == 404

    def test_accounts_without_potential_are_drawn_hollow(
        self, ledger: Any, browser_client: Callable[[str], Client]
    ) -> None:
        matrix = browser_client("admin").get("/portfolio/data/matrix/").json()
        points = {point["name"]: point for point in matrix["points"]}
        assert set(points) == {"Big Ltd", "Good Ltd"}
        assert points["Big Ltd"]["hollow"]
        assert points["Big Ltd"]["class"] == "none"
        assert points["Big Ltd"]["x"] == points["Big Ltd"]["y"] == -100.0
        page = browser_client("admin").get(URL).content.decode()
        assert "4 potential not entered" in page.replace('<span class="k-num">', "").replace("</span>", "")

    def test_every_figure_is_explained(self, ledger: Any, browser_client: Callable[[str], Client]) -> None:
        client = browser_client("executive")
        expected = {
            "net_sales": "$900",
            "gross_margin": "$900 \u2212 $850 = $50",
            "contribution": "$50 \u2212 $50 = $0",
            "clv": "$0 × 2.463279 = $0",
            "potential": "Without probability",
            "half": "2 make 50 %",
            "losing": "1 of 3 accounts with a known margin",
        }
        for figure, words in expected.items():
            response = client.get(f"/portfolio/explain/{figure}/", headers={"HX-Request": "true"})
            body = html.unescape(response.content.decode()).replace(NB, " ")
            assert words in body, figure
            assert "<html" not in body
            assert "<html" in client.get(f"/portfolio/explain/{figure}/").content.decode()
        assert client.get("/portfolio/explain/other/").status_code == 404

    def test_key_accounts_against_the_rest(
        self, ledger: Any, browser_client: Callable[[str], Client]
    ) -> None:
        client = browser_client("executive")
        assert reverse("metrics:portfolio_key") in client.get(URL).content.decode()
        card = client.get("/portfolio/key-accounts/", headers={"HX-Request": "true"}).content.decode()
        assert "The key account grew 100" in card
        assert "the rest fell 45" in card

    def test_list_sorts_and_says_its_advice(
        self, ledger: Any, browser_client: Callable[[str], Client]
    ) -> None:
        client = browser_client("admin")
        response = client.get("/portfolio/list/?quadrant=friend")
        assert text(response, r'<h1 class="k-finding">(.*?)</h1>') == "1 friend"
        assert "Candidates for key account" in response.content.decode()
        everyone = client.get("/portfolio/list/?ordering=contribution").content.decode()
        names = re.findall(r'class="k-name" href="[^"]+">([^<]+)<', everyone)
        assert names[0] == "Big Ltd"
        assert set(names) == {"Big Ltd", "Good Ltd", "Gone Ltd", "Never Ltd"}
        assert client.get("/portfolio/list/?quadrant=nobody").status_code == 404
        assert client.get("/portfolio/list/?group=nobody").status_code == 404
        losing = client.get("/portfolio/list/?group=losing").content.decode()
        assert "Big Ltd" in losing
        assert "Good Ltd" not in losing
        assert "<html" not in client.get("/portfolio/list/", headers={"HX-Request": "true"}).content.decode()

    def test_export_has_everybody_and_no_formula(
        self, ledger: dict[str, Account], browser_client: Callable[[str], Client]
    ) -> None:
        Account.objects.filter(pk=ledger["good"].pk).update(name="=1+1")
        client = browser_client("kam")
        lines = client.get("/portfolio/export/csv/").content.decode("utf-8-sig").splitlines()
        assert len(lines) == 5
        assert "'=1+1" in "".join(lines)
        assert ",-100.0000," in next(line for line in lines if "Big Ltd" in line)
        book = load_workbook(BytesIO(client.get("/portfolio/export/xlsx/?country=CA").content))
        rows = list(book.active.values)
        assert [row[1] for row in rows[1:]] == ["'=1+1", "Gone Ltd"]
        assert rows[0][6] == "Net sales 12 months, USD"
        assert client.get("/portfolio/export/pdf/").status_code == 404


PAGES = (
    URL,
    "/portfolio/list/",
    "/portfolio/decisions/",
    "/portfolio/key-accounts/",
    "/portfolio/data/matrix/",
    "/portfolio/explain/net_sales/",
    "/portfolio/export/csv/",
)


class TestRights:
    @pytest.mark.parametrize("page", PAGES)
    def test_roles(self, ledger: Any, browser_client: Callable[[str], Client], page: str) -> None:
        for role in ROLES_WITH_PORTFOLIO:
            assert browser_client(role).get(page).status_code == 200, role
        assert browser_client("contributor").get(page).status_code == 403
        assert Client().get(page).status_code == 302

    @pytest.mark.parametrize("page", PAGES)
    def test_another_tenant_sees_nothing_of_it(
        self, ledger: Any, other_tenant: Tenant, other_members: dict[str, Membership], page: str
    ) -> None:
        client = Client()
        client.force_login(other_members["admin"].user, backend="kam.tenancy.backends.MemberBackend")
        response = client.get(page)
        for name in ("Big Ltd", "Good Ltd", "Gone Ltd"):
            assert name not in response.content.decode()

    def test_a_manager_who_sees_only_own_accounts(
        self, ledger: dict[str, Account], tenant: Tenant, members: dict[str, Membership], browser_client: Any
    ) -> None:
        TenantSettings.objects.filter(tenant_id=tenant.pk).update(kam_reads_all_accounts=False)
        Account.objects.filter(pk=ledger["good"].pk).update(owner=members["kam"])
        client = browser_client("kam")
        for page in PAGES:
            body = client.get(page).content.decode()
            assert "Big Ltd" not in body, page
            assert "Gone Ltd" not in body, page
        assert finding(client.get(URL)).startswith("All of your sales come from one account")


def _queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


def test_queries_do_not_grow(tenant: Tenant, members: dict[str, Membership], browser_client: Any) -> None:
    """At most 12 beyond an empty view behind the same middleware, the same at 20 and at 200 accounts."""
    client = browser_client("executive")
    counted: dict[int, dict[str, int]] = {}
    for size in (20, 200):
        with tenant_context(tenant.pk):
            pin()
            if size == 20:
                seeded(20)
            else:
                products = list(Product.objects.all())
                for number in range(20, 200):
                    one = account(f"A{number:03}")
                    sell(one, products[number % 5], "2025-04-01", str(number), str(number * 2 - 150))
            compute()
        counted[size] = {
            url: _queries(client, url)
            for url in (
                URL,
                URL + "?country=NO&key=true",
                "/portfolio/list/?quadrant=undesirable",
                "/portfolio/decisions/",
            )
        }
    assert counted[20] == counted[200]
    base = _queries(client, reverse("metrics:portfolio_progress", args=[_any_run(tenant)]))
    # The progress bar reads one row; everything else of it is what every page pays.
    assert max(counted[200].values()) - (base - 1) <= 12
    assert counted[200][URL] - (base - 1) <= 7


def _any_run(tenant: Tenant) -> Any:
    with tenant_context(tenant.pk):
        return Recomputation.objects.values_list("pk", flat=True).first()
