"""The account list: filters in the address, honest order, counted queries, files without formulas."""

import io
import uuid
from decimal import Decimal

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import SavedView
from kam.tenancy.context import tenant_context
from kam.tenancy.models import TenantSettings
from metrics.models import StaleAccount
from metrics.selectors.account_filters import AccountFilters, AccountScope
from metrics.selectors.account_rows import account_counts, account_rows
from tests.factories import AccountFactory, SellingCenterMemberFactory
from tests.metrics.account_rows import computed


@pytest.fixture
def ledger(tenant, members):
    """Four accounts: one earns, one loses, one of unknown margin, one never computed."""
    with tenant_context(tenant.id):
        earns = AccountFactory(name="Alpine Sports", country="NO", owner=members["kam"], is_key_account=True)
        loses = AccountFactory(name="Bergen Bikes", country="SE", industry="Wholesale")
        unknown = AccountFactory(name="Cycle Hub", country="SE", industry="")
        AccountFactory(name="Dune Traders", external_id="X-77")
        computed(earns)
        computed(
            loses,
            contribution_12m=Decimal(-90),
            contribution_ratio=-0.5,
            clv=Decimal(-220),
            net_sales_12m=Decimal(180),
            loyalty_class="vulture",
            dubinsky_ingram_class="undesirable",
            volume_class="C",
        )
        computed(
            unknown,
            gross_margin_12m=None,
            cogs_12m=None,
            contribution_12m=None,
            contribution_ratio=None,
            clv=None,
            upv=None,
            potential_basis="",
            net_sales_12m=Decimal(500),
            loyalty_class="",
            loyalty_reason="margin_unknown",
            dubinsky_ingram_class="",
        )
    return tenant


def names(client, query=""):
    """Names on a page of the list, in order."""
    response = client.get(f"/accounts/{query}")
    assert response.status_code == 200
    return [row.name for row in response.context["rows"]]


def test_the_largest_sales_come_first_and_never_computed_accounts_last(ledger, browser_client):
    client = browser_client("admin")
    assert names(client) == ["Alpine Sports", "Cycle Hub", "Bergen Bikes", "Dune Traders"]


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("contribution", ["Bergen Bikes", "Alpine Sports", "Cycle Hub", "Dune Traders"]),
        ("-contribution", ["Alpine Sports", "Bergen Bikes", "Cycle Hub", "Dune Traders"]),
        ("clv", ["Bergen Bikes", "Alpine Sports", "Cycle Hub", "Dune Traders"]),
        ("-upv", ["Alpine Sports", "Bergen Bikes", "Cycle Hub", "Dune Traders"]),
        ("name", ["Alpine Sports", "Bergen Bikes", "Cycle Hub", "Dune Traders"]),
        ("-name", ["Cycle Hub", "Bergen Bikes", "Alpine Sports", "Dune Traders"]),
        ("change", ["Bergen Bikes", "Cycle Hub", "Alpine Sports", "Dune Traders"]),
        ("nonsense", ["Alpine Sports", "Cycle Hub", "Bergen Bikes", "Dune Traders"]),
    ],
)
def test_unknown_values_never_stand_above_known_ones(ledger, browser_client, ordering, expected):
    assert names(browser_client("admin"), f"?ordering={ordering}") == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=bike", ["Bergen Bikes"]),
        ("?q=x-7", ["Dune Traders"]),
        ("?country=SE", ["Cycle Hub", "Bergen Bikes"]),
        ("?country=SE&country=NO", ["Alpine Sports", "Cycle Hub", "Bergen Bikes", "Dune Traders"]),
        ("?industry=none", ["Cycle Hub"]),
        ("?industry=Wholesale", ["Bergen Bikes"]),
        ("?loyalty=vulture", ["Bergen Bikes"]),
        ("?loyalty=none", ["Cycle Hub"]),
        ("?class=desirable&class=undesirable", ["Alpine Sports", "Bergen Bikes"]),
        ("?volume=C", ["Bergen Bikes"]),
        ("?only=key", ["Alpine Sports"]),
        ("?owner=none", ["Cycle Hub", "Bergen Bikes", "Dune Traders"]),
        ("?owner=not-an-id", []),
        ("?q=%00", ["Alpine Sports", "Cycle Hub", "Bergen Bikes", "Dune Traders"]),
        ("?page=nonsense", ["Alpine Sports", "Cycle Hub", "Bergen Bikes", "Dune Traders"]),
        ("?page=99", ["Alpine Sports", "Cycle Hub", "Bergen Bikes", "Dune Traders"]),
    ],
)
def test_filters_stand_in_the_address(ledger, browser_client, query, expected):
    assert names(browser_client("admin"), query) == expected


def test_the_address_of_other_pages_is_turned_into_the_visible_filter(ledger, browser_client):
    response = browser_client("admin").get("/accounts/?key=true&country=NO")
    assert response.status_code == 302
    assert response.url == "/accounts/?country=NO&only=key"


def test_newer_data_is_filtered_and_marked(ledger, browser_client):
    with tenant_context(ledger.id) as tenant_id:
        bergen = next(
            row.id
            for row in account_rows(filters=AccountFilters(), scope=_everything())
            if row.name == "Bergen Bikes"
        )
        StaleAccount.objects.create(tenant_id=tenant_id, account_id=bergen)
    client = browser_client("admin")
    assert names(client, "?only=stale") == ["Bergen Bikes"]
    assert [row.stale for row in client.get("/accounts/").context["rows"]] == [False, False, True, False]
    with tenant_context(ledger.id) as tenant_id:
        StaleAccount.objects.create(tenant_id=tenant_id, account=None)
    assert len(names(client, "?only=stale")) == 4


def _everything() -> AccountScope:
    return AccountScope(member_id=uuid.uuid4(), team=frozenset(), sees_all=True, owns=True)


def test_figures_not_known_are_said_in_words_and_estimates_are_marked(ledger, browser_client):
    page = browser_client("admin").get("/accounts/?q=cycle").content.decode()
    assert "not known" in page
    with tenant_context(ledger.id):
        estimated = AccountFactory(name="Estimated")
        computed(estimated, potential_basis="estimated", upv=Decimal(1234))
    page = browser_client("admin").get("/accounts/?q=estimated").content.decode()
    assert "≈\u00a01,234" in page


def test_counts_and_heading_follow_the_filter(ledger, browser_client):
    client = browser_client("admin")
    assert client.get("/accounts/").context["finding"] == "1 of 3 buying accounts loses money."
    assert client.get("/accounts/?q=bergen").context["finding"] == "One account, and it loses money."
    empty = client.get("/accounts/?q=zzz")
    assert empty.context["finding"] == "No account matches these filters."
    assert "Take a filter away" in empty.content.decode()


def test_an_empty_tenant_is_told_how_to_begin(tenant, browser_client):
    response = browser_client("admin").get("/accounts/")
    assert response.context["finding"] == "No accounts yet: load your customers first."
    assert "Import accounts" in response.content.decode()
    assert "Import accounts" not in browser_client("contributor").get("/accounts/").content.decode()


def test_htmx_gets_the_part_and_a_browser_the_page(ledger, browser_client):
    client = browser_client("admin")
    page, part = client.get("/accounts/"), client.get("/accounts/", headers={"HX-Request": "true"})
    assert b"<html" in page.content
    assert b"<html" not in part.content
    assert b"Alpine Sports" in part.content


class TestWhoSeesWhat:
    def test_a_contributor_sees_only_the_accounts_of_their_teams(self, ledger, members, browser_client):
        client = browser_client("contributor")
        assert names(client) == []
        with tenant_context(ledger.id):
            account = AccountFactory(name="Team account")
            SellingCenterMemberFactory(account=account, member=members["contributor"])
        assert names(client) == ["Team account"]

    def test_a_manager_without_the_right_to_read_others_sees_own_ones(self, ledger, members, browser_client):
        client = browser_client("kam")
        assert len(names(client)) == 4
        with tenant_context(ledger.id):
            TenantSettings.objects.update(kam_reads_all_accounts=False)
        assert names(client) == ["Alpine Sports"]

    def test_mine_are_the_accounts_one_owns_or_works_in(self, ledger, members, browser_client):
        assert names(browser_client("kam"), "?only=mine") == ["Alpine Sports"]
        assert names(browser_client("executive"), "?only=mine") == []

    def test_another_tenants_accounts_are_not_there(self, ledger, other_tenant, browser_client):
        with tenant_context(other_tenant.id):
            computed(AccountFactory(name="Foreign Account"))
        assert "Foreign Account" not in names(browser_client("admin"))
        assert b"Foreign" not in browser_client("admin").get("/accounts/export/csv/").content

    def test_nobody_signed_out_sees_it(self, ledger, client):
        assert client.get("/accounts/").status_code == 302


def test_pages_follow_one_another_without_gap_or_repeat(tenant, members):
    with tenant_context(tenant.id):
        for number in range(7):
            account = AccountFactory(name=f"Account {number}")
            if number < 5:
                computed(account, contribution_12m=Decimal(number) if number < 3 else None)
        filters, scope = AccountFilters(ordering="contribution"), _everything()
        whole = [row.name for row in account_rows(filters=filters, scope=scope, limit=50)]
        assert len(set(whole)) == 7
        for size in (1, 2, 3, 4):
            parts = [
                row.name
                for start in range(0, 8, size)
                for row in account_rows(filters=filters, scope=scope, offset=start, limit=size)
            ]
            assert parts == whole, size
        assert account_counts(filters=filters, scope=scope)[:3] == (7, 5, 5)


@pytest.mark.parametrize("role", ["admin", "kam", "contributor"])
def test_queries_do_not_grow_with_the_list(tenant, members, browser_client, role):
    client = browser_client(role)

    def grow(count):
        with tenant_context(tenant.id):
            for _ in range(count):
                account = AccountFactory(owner=members["kam"])
                SellingCenterMemberFactory(account=account, member=members["contributor"])
                computed(account)

    def queries(url):
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    empty = queries("/profile/")
    grow(20)
    few = queries("/accounts/")
    grow(60)
    assert queries("/accounts/") == few
    assert few - empty <= 12


class TestFiles:
    def test_csv_holds_the_filtered_list_with_full_figures(self, ledger, browser_client):
        response = browser_client("admin").get("/accounts/export/csv/?country=SE")
        assert response["Content-Type"].startswith("text/csv")
        lines = response.content.decode("utf-8-sig").splitlines()
        assert lines[0].startswith("External id,Account,Country")
        assert "Net sales 12 months, USD" in lines[0]
        assert [line.split(",")[1] for line in lines[1:]] == ["Cycle Hub", "Bergen Bikes"]
        assert "-90.0000" in lines[2]

    def test_what_is_not_known_is_empty_and_never_0(self, ledger, browser_client):
        text = browser_client("admin").get("/accounts/export/csv/?q=cycle").content.decode("utf-8-sig")
        cells = text.splitlines()[1].split(",")
        assert cells[8:12] == ["", "", "", ""]

    def test_names_that_look_like_formulas_are_neutralised(self, tenant, members, browser_client):
        with tenant_context(tenant.id):
            for number, name in enumerate(("=1+1", "+cmd", "-2", "@SUM(A1)", "\tx")):
                AccountFactory(name=name, external_id=f"E{number}")
        client = browser_client("admin")
        text = client.get("/accounts/export/csv/?ordering=name").content.decode("utf-8-sig")
        assert "\n=1" not in text and ",=1" not in text
        assert all(f"'{name}" in text for name in ("=1+1", "+cmd", "-2", "@SUM(A1)"))
        book = openpyxl.load_workbook(io.BytesIO(client.get("/accounts/export/xlsx/").content))
        values = {cell.value for row in book.active.iter_rows() for cell in row}
        assert "'=1+1" in values and "=1+1" not in values
        assert not any(cell.data_type == "f" for row in book.active.iter_rows() for cell in row)

    def test_xlsx_keeps_numbers_as_numbers(self, ledger, browser_client):
        content = browser_client("admin").get("/accounts/export/xlsx/?q=bergen").content
        rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
        assert rows[1][8] == -90
        assert rows[1][5] is False

    def test_another_kind_of_file_does_not_exist(self, ledger, browser_client):
        assert browser_client("admin").get("/accounts/export/pdf/").status_code == 404


class TestSavedViews:
    def test_the_present_query_is_kept_under_a_name_without_its_page(self, ledger, browser_client, members):
        client = browser_client("kam")
        response = client.post(
            "/accounts/views/", {"name": " Swedish  ones ", "query": "country=SE&page=3&ordering=clv"}
        )
        assert response.status_code == 302
        assert response.url == "/accounts/?country=SE&ordering=clv"
        with tenant_context(ledger.id):
            view = SavedView.objects.get()
            assert (view.name, view.query) == ("Swedish ones", "country=SE&ordering=clv")
        assert "Swedish ones" in client.get("/accounts/").content.decode()

    def test_the_same_name_replaces_and_an_empty_one_is_refused(self, ledger, browser_client):
        client = browser_client("kam")
        client.post("/accounts/views/", {"name": "Mine", "query": "only=mine"})
        client.post("/accounts/views/", {"name": "Mine", "query": "only=key"})
        client.post("/accounts/views/", {"name": "  ", "query": "only=key"})
        with tenant_context(ledger.id):
            assert [view.query for view in SavedView.objects.all()] == ["only=key"]

    def test_others_see_a_view_only_when_it_is_shared_and_never_change_it(self, ledger, browser_client):
        owner, other = browser_client("kam"), browser_client("executive")
        owner.post("/accounts/views/", {"name": "Private view", "query": ""})
        with tenant_context(ledger.id):
            view = SavedView.objects.get()
        assert "Private view" not in other.get("/accounts/").content.decode()
        assert other.post(f"/accounts/views/{view.id}/share/").status_code == 404
        assert owner.post(f"/accounts/views/{view.id}/share/").status_code == 302
        assert "Private view" in other.get("/accounts/").content.decode()
        assert other.post(f"/accounts/views/{view.id}/delete/").status_code == 404
        assert owner.post(f"/accounts/views/{view.id}/delete/").status_code == 302
        with tenant_context(ledger.id):
            assert not SavedView.objects.exists()
