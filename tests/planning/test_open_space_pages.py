"""The pages of Open Space without their scripts: the finding, the plain table, a cell's form, adding rows (K6)."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, ProductLine, Segment
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Membership, Tenant, TenantSettings
from planning.findings.open_space import open_space_finding
from planning.models import OpenSpaceCell
from planning.selectors.open_space import open_space_grid
from tests.factories import (
    AccountFactory,
    BusinessUnitFactory,
    OpenSpaceCellFactory,
    ProductLineFactory,
    SegmentFactory,
)


class Desk:
    """Fjellvik with two segments and two lines."""

    account: Account
    alps: Segment
    norway: Segment
    touring: ProductLine
    road: ProductLine


@pytest.fixture
def desk(tenant: Tenant, members: dict[str, Membership]) -> Desk:
    desk = Desk()
    with tenant_context(tenant.id):
        TenantSettings.objects.update(pinned_reference_date=datetime.date(2025, 6, 30))
        desk.account = AccountFactory(name="Fjellvik", owner=members["kam"])
        desk.alps = SegmentFactory(account=desk.account, name="Rental fleet, Alps", position=1)
        desk.norway = SegmentFactory(account=desk.account, name="Norway", position=2)
        bikes = BusinessUnitFactory(name="Bikes")
        desk.touring = ProductLineFactory(name="Touring", business_unit=bikes, position=1)
        desk.road = ProductLineFactory(name="Road", business_unit=bikes, position=2)
    return desk


def path(desk: Desk, rest: str = "") -> str:
    return f"/accounts/{desk.account.pk}/open-space/{rest}"


def finding(desk: Desk, tenant: Tenant) -> str:
    with tenant_context(tenant.id):
        return open_space_finding(open_space_grid(account=desk.account), "Fjellvik")


def enter(desk: Desk, tenant: Tenant, segment: Segment | None, line: ProductLine, **values: Any) -> None:
    with tenant_context(tenant.id):
        OpenSpaceCellFactory(account=desk.account, segment=segment, product_line=line, **values)


class TestFinding:
    def test_it_says_so_when_nothing_is_entered(self, desk: Desk, tenant: Tenant) -> None:
        assert finding(desk, tenant) == "Nobody has entered yet what Fjellvik could buy."

    def test_it_names_the_gap_who_holds_most_of_it_and_whose_contract_ends_there(
        self, desk: Desk, tenant: Tenant
    ) -> None:
        enter(desk, tenant, desk.norway, desk.road, potential=Decimal(100_000))
        end = datetime.date(2026, 3, 31)
        enter(
            desk,
            tenant,
            desk.alps,
            desk.touring,
            potential=Decimal(300_000),
            position="competitor",
            competitor="Kestra",
            contract_end=end,
        )
        assert finding(desk, tenant) == (
            "They could buy $400k more a year. Rental fleet, Alps holds 75\u00a0% of it, "
            "and Kestra’s contract there ends in Mar 2026."
        )

    def test_what_is_entered_and_sold_looks_unfinished(self, desk: Desk, tenant: Tenant) -> None:
        enter(desk, tenant, desk.norway, desk.road, potential=Decimal(0))
        assert finding(desk, tenant) == "Fjellvik buys all that was entered: its Open Space looks unfinished."


class TestPages:
    def test_the_page_hands_its_script_what_it_needs_and_readers_no_way_to_write(
        self, desk: Desk, browser_client: Any
    ) -> None:
        for role, may in (("kam", True), ("executive", False)):
            answer = browser_client(role).get(path(desk))
            assert answer.context["config"]["canChange"] is may
            assert answer.context["config"]["url"] == f"/api/v1/accounts/{desk.account.pk}/open-space/"
            assert ('id="os-undo"' in answer.content.decode()) is may

    def test_the_plain_table_shows_cells_sums_and_the_way_to_each(
        self, desk: Desk, tenant: Tenant, browser_client: Any
    ) -> None:
        enter(desk, tenant, desk.alps, desk.touring, potential=Decimal(300_000))
        answer = browser_client("kam").get(path(desk, "table/"))
        page = answer.content.decode()
        assert f"{path(desk)}{desk.touring.pk}/?segment={desk.alps.pk}" in page
        assert answer.context["grand"] == {"current": "0", "gap": "+300"}
        assert answer.context["groups"][0]["total"]["gap"] == "+300"

    def test_a_cell_is_changed_by_its_form_with_separators_of_either_style(
        self, desk: Desk, tenant: Tenant, browser_client: Any
    ) -> None:
        client = browser_client("kam")
        url = f"{path(desk)}{desk.touring.pk}/?segment={desk.alps.pk}"
        tag = client.get(url).context["tag"]
        answer = client.post(
            url, {"tag": tag, "potential": "240.000,50", "probability": "35", "position": "competitor"}
        )
        assert answer.status_code == 302
        with tenant_context(tenant.id):
            cell = OpenSpaceCell.objects.get()
            assert (cell.potential, cell.probability, cell.position) == (
                Decimal("240000.5"),
                0.35,
                "competitor",
            )
        again = client.post(url, {"tag": client.get(url).context["tag"], "potential": "abc"})
        assert "Enter an amount a year" in again.content.decode()

    def test_a_stale_form_shows_what_is_stored_and_saves_only_when_asked_again(
        self, desk: Desk, tenant: Tenant, browser_client: Any
    ) -> None:
        client = browser_client("kam")
        url = f"{path(desk)}{desk.touring.pk}/?segment={desk.alps.pk}"
        old = client.get(url).context["tag"]
        enter(desk, tenant, desk.alps, desk.touring, potential=Decimal(90_000))
        refused = client.post(url, {"tag": old, "potential": "80000"})
        assert "Nothing was saved: somebody else changed this grid first." in refused.content.decode()
        assert "$90.0k" in refused.content.decode()
        with tenant_context(tenant.id):
            assert OpenSpaceCell.objects.get().potential == Decimal(90_000)
        client.post(url, {"tag": refused.context["tag"], "potential": "80000"})
        with tenant_context(tenant.id):
            assert OpenSpaceCell.objects.get().potential == Decimal(80_000)

    def test_a_cell_becomes_an_opportunity_once_and_tells_its_history(
        self, desk: Desk, tenant: Tenant, browser_client: Any
    ) -> None:
        client = browser_client("kam")
        enter(desk, tenant, desk.alps, desk.touring, potential=Decimal(90_000))
        base = f"{path(desk)}{desk.touring.pk}/"
        query = f"?segment={desk.alps.pk}"
        first = client.post(f"{base}push/{query}", follow=True).content.decode()
        second = client.post(f"{base}push/{query}", follow=True).content.decode()
        assert "is an opportunity now" in first
        assert "is an opportunity already" in second
        assert "created this" in client.get(f"{base}history/{query}").content.decode()

    def test_segments_and_ideas_are_added_in_place(
        self, desk: Desk, tenant: Tenant, browser_client: Any
    ) -> None:
        client = browser_client("kam")
        made = client.post(path(desk, "idea/"), {"name": "Tracking"}, headers={"Accept": "application/json"})
        assert (made.status_code, made.json()["name"]) == (201, "Tracking")
        twice = client.post(path(desk, "idea/"), {"name": "Tracking"}, headers={"Accept": "application/json"})
        assert twice.status_code == 409
        client.post(path(desk, "segment/"), {"name": "Bergen", "parent": str(desk.norway.pk)})
        with tenant_context(tenant.id):
            assert Segment.objects.get(name="Bergen").parent_id == desk.norway.pk
            assert ProductLine.objects.get(name="Tracking").account_id == desk.account.pk

    def test_queries_do_not_grow_with_the_grid(self, desk: Desk, tenant: Tenant, browser_client: Any) -> None:
        client = browser_client("kam")

        def counts() -> list[int]:
            found = []
            for rest in ("", "table/", f"{desk.touring.pk}/?segment={desk.alps.pk}"):
                client.get(path(desk, rest))
                with CaptureQueriesContext(connection) as queries:
                    client.get(path(desk, rest))
                found.append(len(queries))
            return found

        small = counts()
        with tenant_context(tenant.id):
            for number in range(18):
                segment = SegmentFactory(account=desk.account, name=f"Shop {number}")
                OpenSpaceCellFactory(
                    account=desk.account, segment=segment, product_line=desk.road, potential=Decimal(1)
                )
        assert counts() == small
        with CaptureQueriesContext(connection) as empty:
            client.get("/accounts/parents/?q=nobody")
        assert max(small) <= len(empty) + 12
