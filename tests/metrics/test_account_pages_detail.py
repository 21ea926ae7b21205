"""The home of an account, its economics and explanations: truthful with unknown, negative and missing figures."""

import datetime
import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.services.rollups import rollups_rebuild
from kam.tenancy.context import tenant_context
from metrics.models import AccountDecision, AccountMetrics, PortfolioSnapshot, Recomputation, StaleAccount
from tests.factories import (
    AccountFactory,
    CostEntryFactory,
    OpenSpaceCellFactory,
    ProductFactory,
    ProductLineFactory,
    SalesLineFactory,
    SegmentFactory,
    SellingCenterMemberFactory,
)
from tests.metrics.account_rows import REFERENCE, computed

D = Decimal


@pytest.fixture
def account(tenant, members):
    """A computed account with a small ledger: two product lines, one new this year, delivery costs."""
    with tenant_context(tenant.id):
        account = AccountFactory(name="Fjellvik Cycle Group", owner=members["kam"], region="Bergen")
        road = ProductFactory(product_line=ProductLineFactory(name="Road Bikes"))
        gloves = ProductFactory(product_line=ProductLineFactory(name="Gloves"))
        for product, day, net, cogs in (
            (road, datetime.date(2024, 2, 10), D(1000), D(700)),
            (road, datetime.date(2025, 2, 10), D(1500), D(1200)),
            (gloves, datetime.date(2025, 3, 5), D(300), D(100)),
        ):
            SalesLineFactory(account=account, product=product, date=day, net_sales=net, cogs=cogs)
        CostEntryFactory(account=account, date=datetime.date(2025, 2, 11), amount=D(80))
        rollups_rebuild()
        computed(
            account,
            net_sales_12m=D(1800),
            net_sales_prior_12m=D(1000),
            cogs_12m=D(1300),
            gross_margin_12m=D(500),
            cost_to_serve_12m=D(80),
            contribution_12m=D(420),
            contribution_prior_12m=D(300),
            contribution_ratio=420 / 1800,
            growth_split={"loss": 0, "organic": 500, "up_sell": 0, "cross_sell": 300, "co_creation": 0},
        )
    return account


def publish_ratios(tenant):
    """A published portfolio in which a fifth of any sale stays."""
    PortfolioSnapshot.objects.create(
        tenant_id=tenant.id,
        reference_date=REFERENCE,
        computed_at=timezone.now(),
        recomputation=uuid.uuid4(),
        engine_version="1.0",
        current=True,
        line_ratios={"overall": 0.2, "lines": {}},
    )


def get(client, account, part=""):
    response = client.get(f"/accounts/{account.pk}/{part}")
    assert response.status_code == 200, response.content[:400]
    return response


def test_the_page_opens_with_its_finding_and_proves_it(account, browser_client):
    response = get(browser_client("admin"), account)
    assert response.context["finding"] == ("Sales are up 80\u00a0%, and contribution grew 40\u00a0% to $420.")
    rows = {row.label: row for row in response.context["pnl"].rows}
    assert rows["Net sales"].now.text == "1,800"
    assert rows["Net sales"].before.text == "1,000"
    assert rows["Net sales"].change.text == "+800"
    assert rows["Delivery"].now.text == "−80"
    assert rows["Contribution"].now.text == "420"
    assert rows["Contribution"].share == "23.3\u00a0%"
    page = response.content.decode()
    assert "Bergen, Norway" in page
    assert "Kam Northwind" in page


def test_the_growth_split_names_the_lines_behind_each_part(account, browser_client):
    response = get(browser_client("admin"), account)
    notes = {part["type"]: part["note"] for part in response.context["growth"].parts}
    assert notes["organic"] == "Road Bikes"
    assert notes["cross_sell"] == "Gloves"
    assert (
        response.context["growth_finding"] == "The same lines in the same segments brought the most of +$800"
    )


def test_an_account_that_was_never_computed_says_so_and_offers_it(tenant, members, browser_client):
    with tenant_context(tenant.id):
        account = AccountFactory(name="New Account")
    page = get(browser_client("admin"), account).content.decode()
    assert "Nothing is computed for this account yet." in page
    assert "Compute this account" in page
    reader = get(browser_client("kam"), account).content.decode()
    assert "Compute this account" not in reader
    get(browser_client("admin"), account, "economics/")
    get(browser_client("admin"), account, "history/")


def test_an_unknown_margin_is_never_a_number(account, tenant, browser_client):
    with tenant_context(tenant.id):
        line = ProductFactory(product_line=ProductLineFactory(name="No cost line"))
        SalesLineFactory(
            account=account, product=line, date=datetime.date(2025, 5, 1), net_sales=D(200), cogs=None
        )
        rollups_rebuild()
        row = account_row(account)
        for name in ("cogs_12m", "gross_margin_12m", "contribution_12m", "contribution_ratio", "clv"):
            setattr(row, name, None)
        row.margin_known_share, row.margin_known_part = 0.9, D(500)
        row.loyalty_class, row.loyalty_reason = "", "margin_unknown"
        row.save()
    response = get(browser_client("admin"), account)
    rows = {line.label: line for line in response.context["pnl"].rows}
    assert rows["Gross margin"].now.text == rows["Contribution"].now.text == "not known"
    assert rows["Contribution"].share == "–"
    assert "margin is known for only 90" in response.context["finding"]
    assert "Cost of goods is missing" in response.content.decode()
    economics = get(browser_client("admin"), account, "economics/")
    assert "not known" in economics.content.decode()
    assert not economics.context["clv"].can_simulate


def account_row(account):
    return AccountMetrics.objects.get(account_id=account.pk)


def test_a_dormant_account_is_told_from_one_without_sales(account, tenant, browser_client):
    with tenant_context(tenant.id):
        row = account_row(account)
        row.sold_12m, row.net_sales_12m = False, D(0)
        row.loyalty_class, row.loyalty_reason = "", "dormant"
        row.save()
    response = get(browser_client("admin"), account)
    assert response.context["finding"].startswith("Nothing was sold here in the last 12 months")
    assert "Dormant" in response.content.decode()
    with tenant_context(tenant.id):
        row.first_sale = None
        row.save()
    assert "Never bought" in get(browser_client("admin"), account).content.decode()


def test_economics_lays_out_years_lines_value_and_potential(account, tenant, browser_client):
    with tenant_context(tenant.id):
        segment = SegmentFactory(account=account, name="Oslo")
        OpenSpaceCellFactory(
            account=account,
            segment=segment,
            product_line=ProductLineFactory(name="Helmets"),
            potential=D(900),
            probability=None,
        )
        publish_ratios(tenant)
    response = get(browser_client("admin"), account, "economics/")
    years = response.context["years"]
    assert years.heads == ["2025", "2024"]
    assert years.part == "2025"
    assert [figure.text for figure in years.rows[0].figures] == ["1,800", "1,000"]
    assert [line.line for line in response.context["lines"]] == ["Road Bikes", "Gloves"]
    assert response.context["mix_finding"] == "Road Bikes is 83\u00a0% of what it buys"
    clv = response.context["clv"]
    assert [row[0] for row in clv.rows] == [1, 2, 3, 4, 5]
    assert {entry.name: entry.source for entry in clv.inputs}["retention"] == "default"
    groups = {group.kind: group for group in response.context["upv"].groups}
    helmets = groups["cross_sell"].lines[0]
    assert (helmets["line"], helmets["segment"], helmets["basis"]) == ("Helmets", "Oslo", "entered")
    assert (helmets["gap"], helmets["ratio"], helmets["worth"]) == ("900", "20.0\u00a0%", "180")
    assert helmets["assumed"]


def test_the_eight_largest_potentials_are_shown_and_all_on_request(account, tenant, browser_client):
    with tenant_context(tenant.id):
        segment = SegmentFactory(account=account, name="Oslo", external_id="OSL")
        for number in range(11):
            OpenSpaceCellFactory(
                account=account,
                segment=segment,
                product_line=ProductLineFactory(name=f"Line {number:02}"),
                potential=D(100 * (number + 1)),
            )
        publish_ratios(tenant)

    def shown(query: str) -> tuple[list[str], str]:
        response = get(browser_client("admin"), account, f"economics/{query}")
        page = response.content.decode().replace("\u00a0", " ")
        return [line["line"] for group in response.context["upv"].groups for line in group.lines], page

    names, page = shown("")
    assert names == [f"Line {number:02}" for number in range(10, 2, -1)]
    assert "Show all 11 lines" in page
    names, page = shown("?potential=all")
    assert len(names) == 11
    assert "Show the 8 largest only" in page


def test_inputs_that_were_set_here_name_their_setter(account, tenant, members, browser_client):
    with tenant_context(tenant.id, member_id=members["kam"].id, via="web"):
        account.clv_retention = 0.9
        account.save()
    economics = get(browser_client("admin"), account, "economics/")
    sources = {entry.name: entry.source for entry in economics.context["clv"].inputs}
    assert sources["retention"] == "set for this account"
    page = get(browser_client("admin"), account, "explain/clv/").content.decode()
    assert "Kam Northwind" in page


def test_chart_data_has_months_lines_and_quarters(account, browser_client):
    client = browser_client("admin")
    months = get(client, account, "data/months/").json()
    assert months["months"][0] == "2024-02"
    assert months["months"][-1] == "2025-06"
    assert sum(months["net_sales"]) == 2800
    assert months["contribution"][months["months"].index("2025-02")] == 220
    lines = get(client, account, "data/lines/").json()
    assert lines["rows"] == [{"label": "Road Bikes", "value": 1500.0}, {"label": "Gloves", "value": 300.0}]
    assert get(client, account, "data/quarters/").json()["points"][-1] == ["to Jun 2025", None]


def test_an_explanation_is_a_fragment_for_the_popover_and_a_page_without_it(account, browser_client):
    client = browser_client("kam")
    page = get(client, account, "explain/contribution/").content.decode()
    assert "<html" in page and "$500 − $80 = $420" in page
    part = client.get(f"/accounts/{account.pk}/explain/contribution/", headers={"HX-Request": "true"})
    assert b"<html" not in part.content
    assert client.get(f"/accounts/{account.pk}/explain/happiness/").status_code == 404


def test_newer_data_is_said_and_can_be_recomputed_by_those_allowed(account, tenant, browser_client):
    with tenant_context(tenant.id) as tenant_id:
        StaleAccount.objects.create(tenant_id=tenant_id, account=account)
    assert "This account has newer data" in get(browser_client("admin"), account).content.decode()
    reader = get(browser_client("kam"), account).content.decode()
    assert "They are computed again tonight." in reader
    assert browser_client("kam").post(f"/accounts/{account.pk}/recompute/").status_code == 403
    assert browser_client("admin").post(f"/accounts/{account.pk}/recompute/").status_code == 302
    with tenant_context(tenant.id):
        run = Recomputation.objects.get()
        assert run.account_ids == [account.pk]


def test_pinning_a_date_needs_the_right_and_a_date(account, tenant, browser_client):
    assert browser_client("kam").post("/recompute/date/", {"reference_date": "2025-05-31"}).status_code == 403
    admin = browser_client("admin")
    admin.post("/recompute/date/", {"reference_date": "31.02.2013"})
    with tenant_context(tenant.id):
        assert not Recomputation.objects.exists()
    admin.post("/recompute/date/", {"reference_date": "2025-05-10"})
    with tenant_context(tenant.id):
        assert Recomputation.objects.get().reference_date == datetime.date(2025, 5, 31)


def test_progress_is_polled_and_ends_with_a_refresh(account, tenant, other_tenant, browser_client):
    with tenant_context(tenant.id) as tenant_id:
        run = Recomputation.objects.create(
            tenant_id=tenant_id,
            reference_date=REFERENCE,
            status="running",
            accounts_total=10,
            accounts_done=4,
        )
    client = browser_client("kam")
    running = client.get(f"/recompute/{run.pk}/")
    assert "Computing 4 of 10" in running.content.decode().replace('<span class="k-num">', "").replace(
        "</span>", ""
    )
    assert "HX-Refresh" not in running
    with tenant_context(tenant.id):
        run.status = "succeeded"
        run.save()
    assert client.get(f"/recompute/{run.pk}/")["HX-Refresh"] == "true"
    assert client.get(f"/recompute/{uuid.uuid4()}/").status_code == 404


class TestDeciding:
    @pytest.fixture
    def vulture(self, account, tenant):
        with tenant_context(tenant.id):
            row = account_row(account)
            row.loyalty_class, row.contribution_12m = "vulture", D(-90)
            row.save()
        return account

    def test_a_vulture_asks_for_a_decision_with_its_figures(self, vulture, browser_client):
        context = get(browser_client("admin"), vulture).context
        assert context["suggestion"].verdict == "reprice"
        assert context["suggestion"].sentence == "It buys for $1.8k a year and leaves −$90."

    def test_a_decision_needs_a_reason_and_stands_until_the_class_changes(
        self, vulture, tenant, browser_client
    ):
        client = browser_client("executive")
        url = f"/accounts/{vulture.pk}/decide/"
        client.post(url, {"verdict": "reprice", "reason": " "})
        client.post(url, {"verdict": "burn", "reason": "why not"})
        with tenant_context(tenant.id):
            assert not AccountDecision.objects.exists()
        client.post(url, {"verdict": "reprice", "reason": "Prices are below cost."})
        context = get(client, vulture).context
        assert context["decided"].reason == "Prices are below cost."
        with tenant_context(tenant.id):
            row = account_row(vulture)
            row.dubinsky_ingram_class = "undesirable"
            row.save()
        assert get(client, vulture).context["decided"] is None

    def test_managers_decide_about_their_own_accounts_only(self, vulture, tenant, members, browser_client):
        post = {"verdict": "reprice", "reason": "because"}
        assert browser_client("kam").post(f"/accounts/{vulture.pk}/decide/", post).status_code == 302
        with tenant_context(tenant.id):
            other = AccountFactory(name="Not mine")
            computed(other, loyalty_class="vulture")
            SellingCenterMemberFactory(account=other, member=members["contributor"])
        assert browser_client("kam").post(f"/accounts/{other.pk}/decide/", post).status_code == 403
        assert browser_client("contributor").post(f"/accounts/{other.pk}/decide/", post).status_code == 403
        with tenant_context(tenant.id):
            assert AccountDecision.objects.count() == 1


PARTS = (
    "",
    "economics/",
    "history/",
    "header/",
    "segments/",
    "explain/clv/",
    "data/months/",
    "data/lines/",
    "edit/",
)


@pytest.mark.parametrize("part", PARTS)
def test_another_tenants_account_does_not_exist(account, other_tenant, other_members, browser_client, part):
    with tenant_context(other_tenant.id):
        foreign = AccountFactory(name="Foreign")
        computed(foreign)
    assert browser_client("admin").get(f"/accounts/{foreign.pk}/{part}").status_code == 404
    assert browser_client("admin").get(f"/accounts/{uuid.uuid4()}/{part}").status_code == 404


@pytest.mark.parametrize("part", PARTS)
def test_a_contributor_outside_the_team_finds_nothing(account, browser_client, part):
    assert browser_client("contributor").get(f"/accounts/{account.pk}/{part}").status_code == 404


@pytest.mark.parametrize("part", ["", "economics/", "history/"])
def test_queries_do_not_grow_with_the_ledger(account, tenant, members, browser_client, part):
    client = browser_client("admin")

    def queries(url):
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    empty = queries("/profile/")
    few = queries(f"/accounts/{account.pk}/{part}")
    with tenant_context(tenant.id):
        for number in range(12):
            line = ProductFactory(product_line=ProductLineFactory())
            segment = SegmentFactory(account=account)
            for year in (2022, 2023, 2024, 2025):
                day = datetime.date(year, number % 6 + 1, 3)
                SalesLineFactory(account=account, product=line, segment=segment, date=day)
                CostEntryFactory(account=account, date=day)
            OpenSpaceCellFactory(account=account, segment=segment, product_line=line.product_line)
            AccountFactory(parent=account)
        rollups_rebuild()
    assert queries(f"/accounts/{account.pk}/{part}") == few
    assert few - empty <= 12
