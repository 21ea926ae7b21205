"""The segment tree, the catalogue and the rates as pages."""

import datetime
import uuid
from decimal import Decimal

import pytest

from accounts.models import ExchangeRate, ProductLine, Segment
from accounts.views.catalogue import catalogue_finding
from accounts.views.rates import rates_finding
from kam.tenancy.context import tenant_context
from tests.factories import AccountFactory, ProductFactory, ProductLineFactory, SegmentFactory


@pytest.fixture
def account(tenant, members):
    with tenant_context(tenant.id):
        return AccountFactory(name="Fjellvik", owner=members["kam"])


class TestSegments:
    def test_a_tree_is_drawn_moved_renamed_and_cut(self, account, tenant, browser_client):
        client = browser_client("kam")
        url = f"/accounts/{account.pk}/segments/"
        assert "This customer has no segments yet." in client.get(url).content.decode()
        client.post(url, {"name": "Norway", "kind": "region"})
        client.post(url, {"name": "Sweden", "kind": "region"})
        with tenant_context(tenant.id):
            norway, sweden = Segment.objects.order_by("name")
        client.post(url, {"name": "Bergen", "kind": "site", "parent": str(norway.pk)})
        with tenant_context(tenant.id):
            bergen = Segment.objects.get(name="Bergen")
        assert [(node.segment.name, node.depth) for node in client.get(url).context["nodes"]] == [
            ("Norway", 0),
            ("Bergen", 1),
            ("Sweden", 0),
        ]
        client.post(
            f"{url}{bergen.pk}/",
            {"name": "Gothenburg", "kind": "site", "parent": str(sweden.pk), "version": bergen.version},
        )
        with tenant_context(tenant.id):
            bergen.refresh_from_db()
            assert (bergen.name, bergen.parent_id) == ("Gothenburg", sweden.pk)
        client.post(f"{url}{norway.pk}/delete/")
        client.post(f"{url}{sweden.pk}/delete/")
        with tenant_context(tenant.id):
            assert set(Segment.objects.values_list("name", flat=True)) == {"Sweden", "Gothenburg"}

    def test_a_segment_may_not_move_below_itself(self, account, tenant, browser_client):
        with tenant_context(tenant.id):
            top = SegmentFactory(account=account, name="Top")
            below = SegmentFactory(account=account, name="Below", parent=top)
        client = browser_client("kam")
        nodes = {
            node.segment.name: node
            for node in client.get(f"/accounts/{account.pk}/segments/").context["nodes"]
        }
        assert nodes["Top"].targets == []
        client.post(f"/accounts/{account.pk}/segments/{top.pk}/", {"name": "Top", "parent": str(below.pk)})
        with tenant_context(tenant.id):
            top.refresh_from_db()
            assert top.parent_id is None

    def test_an_empty_name_is_said_and_an_old_version_overwrites_nothing(
        self, account, tenant, browser_client
    ):
        client = browser_client("kam")
        url = f"/accounts/{account.pk}/segments/"
        assert "The segment was not added." in client.post(url, {"name": " "}).content.decode()
        with tenant_context(tenant.id):
            segment = SegmentFactory(account=account, name="Norway")
            segment.name = "Norge"
            segment.save()
        client.post(f"{url}{segment.pk}/", {"name": "Mine", "parent": "", "version": "1"})
        with tenant_context(tenant.id):
            segment.refresh_from_db()
            assert segment.name == "Norge"

    def test_readers_see_the_tree_without_its_forms_and_may_not_write(self, account, tenant, browser_client):
        with tenant_context(tenant.id):
            segment = SegmentFactory(account=account, name="Norway")
        reader = browser_client("executive")
        url = f"/accounts/{account.pk}/segments/"
        page = reader.get(url).content.decode()
        assert "Norway" in page and "Add segment" not in page
        assert reader.post(url, {"name": "X"}).status_code == 403
        assert reader.post(f"{url}{segment.pk}/delete/").status_code == 403
        assert browser_client("contributor").get(url).status_code == 404

    def test_segments_of_other_accounts_and_tenants_do_not_exist(
        self, account, tenant, other_tenant, browser_client
    ):
        with tenant_context(tenant.id):
            elsewhere = SegmentFactory(name="Elsewhere")
        with tenant_context(other_tenant.id):
            foreign = SegmentFactory(name="Foreign")
        client = browser_client("admin")
        for pk in (elsewhere.pk, foreign.pk, uuid.uuid4()):
            for part in ("", "delete/"):
                url = f"/accounts/{account.pk}/segments/{pk}/{part}"
                assert client.post(url, {"name": "Mine now"}).status_code == 404
        with tenant_context(other_tenant.id):
            assert Segment.objects.get().name == "Foreign"


class TestCatalogue:
    def test_lines_stand_under_their_units_and_products_are_found(self, tenant, members, browser_client):
        with tenant_context(tenant.id):
            line = ProductLineFactory(name="Road Bikes", default_gross_margin=0.355)
            ProductFactory(name="R-200", product_line=line, external_id="RB-1")
            ProductFactory(name="Gloves", product_line=ProductLineFactory(name="Clothing"))
        client = browser_client("executive")
        page = client.get("/catalogue/").content.decode()
        assert "Road Bikes" in page and 'value="35.5"' in page
        found = client.get("/catalogue/?q=rb-").context["page"].object_list
        assert [product.name for product in found] == ["R-200"]
        assert len(client.get(f"/catalogue/?line={line.pk}").context["page"].object_list) == 1
        assert client.get("/catalogue/?line=nonsense").status_code == 200
        reader = browser_client("kam").get("/catalogue/").content.decode()
        assert "Road Bikes" in reader and "Save" not in reader

    @pytest.mark.parametrize(
        ("typed", "stored"), [("35", 0.35), ("-5", -0.05), ("", None), ("12.5 %", 0.125)]
    )
    def test_a_default_margin_is_typed_as_a_percentage(self, tenant, members, browser_client, typed, stored):
        with tenant_context(tenant.id):
            line = ProductLineFactory(default_gross_margin=0.5)
        browser_client("admin").post(
            f"/catalogue/lines/{line.pk}/margin/", {"margin": typed, "version": line.version}
        )
        with tenant_context(tenant.id):
            assert ProductLine.objects.get(pk=line.pk).default_gross_margin == stored

    @pytest.mark.parametrize("typed", ["much", "140", "NaN"])
    def test_a_margin_that_makes_no_sense_changes_nothing(self, tenant, members, browser_client, typed):
        with tenant_context(tenant.id):
            line = ProductLineFactory(default_gross_margin=0.5)
        client = browser_client("admin")
        response = client.post(
            f"/catalogue/lines/{line.pk}/margin/", {"margin": typed, "version": line.version}, follow=True
        )
        assert any(line.name in str(message) for message in response.context["messages"])
        with tenant_context(tenant.id):
            assert ProductLine.objects.get(pk=line.pk).default_gross_margin == 0.5

    def test_only_data_owners_change_it_and_only_their_own(
        self, tenant, members, other_tenant, browser_client
    ):
        with tenant_context(tenant.id):
            line = ProductLineFactory()
        with tenant_context(other_tenant.id):
            foreign = ProductLineFactory()
        assert (
            browser_client("kam").post(f"/catalogue/lines/{line.pk}/margin/", {"margin": "1"}).status_code
            == 403
        )
        assert browser_client("admin").post(f"/catalogue/lines/{foreign.pk}/margin/", {}).status_code == 404

    def test_its_heading_counts_the_lines_without_a_margin(self):
        assert catalogue_finding(0, 0) == "Nothing is in the catalogue yet."
        assert catalogue_finding(1, 1) == "The one product line has no default margin."
        assert catalogue_finding(33, 33) == "None of 33 product lines has a default margin."
        assert catalogue_finding(33, 1) == "1 of 33 product lines has no default margin."
        assert catalogue_finding(33, 0) == "All 33 product lines have a default margin."


class TestRates:
    def test_a_rate_is_added_and_changed_for_its_month(self, tenant, members, browser_client):
        client = browser_client("executive")
        client.post("/rates/", {"currency": "eur", "month": "2025-03", "rate": "1.0842"})
        client.post("/rates/", {"currency": "EUR", "month": "2025-03", "rate": "1.09"})
        with tenant_context(tenant.id):
            rate = ExchangeRate.objects.get()
            assert (rate.currency, rate.month, rate.rate) == (
                "EUR",
                datetime.date(2025, 3, 1),
                Decimal("1.09"),
            )
        response = client.get("/rates/")
        assert response.context["rows"][0].cells == [("EUR", "1.0900", False)]
        assert "Mar 2025" in response.content.decode()

    @pytest.mark.parametrize(
        ("typed", "message"),
        [
            ({"month": "March"}, "Month: “March” is no month. Expected YYYY-MM."),
            ({"rate": "abc"}, "Rate: “abc” is no number."),
            ({"rate": "0"}, "No rate was saved."),
            ({"rate": "-1"}, "No rate was saved."),
            ({"rate": "NaN"}, "No rate was saved."),
            ({"currency": "EURO"}, "No rate was saved."),
        ],
    )
    def test_a_wrong_rate_is_said_and_not_kept(self, tenant, members, browser_client, typed, message):
        values = {"currency": "EUR", "month": "2025-03", "rate": "1.1"} | typed
        response = browser_client("admin").post("/rates/", values)
        assert message in response.content.decode()
        with tenant_context(tenant.id):
            assert not ExchangeRate.objects.exists()

    def test_managers_do_not_open_it(self, tenant, members, browser_client):
        assert browser_client("kam").get("/rates/").status_code == 403

    def test_its_heading_names_what_the_ledger_lacks(self):
        month = datetime.date(2025, 3, 1)
        assert rates_finding(0, [], "USD") == "No rates yet: everything is counted in USD."
        assert rates_finding(3, [("EUR", month)], "USD") == (
            "1 rate is missing: those amounts cannot be converted to USD."
        )
        assert rates_finding(12, [], "USD") == "12 rates stand; the ledger lacks none."
