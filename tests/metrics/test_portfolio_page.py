"""The portfolio page: true for any ledger, the same queries whatever its size, its own tenant only."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Account, Product
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Membership, Tenant, TenantSettings
from metrics.models import Recomputation, StaleAccount
from tests.metrics.ledgers import REFERENCE, account, catalogue, compute, pin, sell
from tests.metrics.portfolio import NB, finding, seeded, text

pytestmark = pytest.mark.django_db

URL = "/portfolio/"
ROLES_WITH_PORTFOLIO = ("admin", "executive", "kam")


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
