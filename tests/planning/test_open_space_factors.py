"""Which success factors a cell serves, and what that does to priority, ranks and lists (K6, K12)."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import SuccessFactor
from kam.tenancy.models import Tenant, TenantSettings
from planning.models import OpenSpaceCellFactor
from tests.factories import SuccessFactorFactory
from tests.planning.grid import Api, World, cell_of, key, read, url, write


@pytest.fixture
def factors(world: World, tenant: Tenant, as_tenant: Any) -> list[SuccessFactor]:
    with as_tenant(tenant):
        return [
            SuccessFactorFactory(account=world.account, title=title, position=number)
            for number, title in enumerate(["Uptime", "Lower energy", "Safety"])
        ]


def ids(*factors: SuccessFactor) -> list[str]:
    return [str(factor.pk) for factor in factors]


def test_priority_is_gap_times_factors_times_position(
    api: Api, world: World, factors: list[SuccessFactor]
) -> None:
    """gap × (1 + n) × position factor, worked by hand; ranks by it, ties in the grid's order."""
    uptime, energy, safety = factors
    kam = api("kam")
    answer = write(
        kam,
        world,
        # 500 × 1 × 1 = 500: the gap of a cell that sells 1,000 already.
        {**key(world.oslo, world.pumps), "potential": "1500", "position": "ours"},
        # 400 × 3 × 0.4 = 480
        {
            **key(world.south, world.pumps),
            "potential": "400",
            "position": "competitor",
            "csfs": ids(safety, uptime),
        },
        # 300 × 4 × 0.6 = 720
        {**key(world.north, world.care), "potential": "300", "position": "contested", "csfs": ids(*factors)},
        # 312.5 × 2 × 0.8 = 500: tied with the first, and below it in the grid
        {**key(world.south, world.valves), "potential": "312.5", "csfs": ids(energy)},
        # No gap: nothing to do, no rank.
        {**key(None, world.pumps), "potential": "0", "csfs": ids(energy)},
    )
    assert answer.status_code == 200, answer.content
    grid = answer.json()
    assert [factor["title"] for factor in grid["success_factors"]] == ["Uptime", "Lower energy", "Safety"]
    got = {
        (cell["segment"], cell["product_line"]): (cell["priority"], cell["rank"]) for cell in grid["cells"]
    }
    assert got[str(world.oslo.pk), str(world.pumps.pk)] == (500.0, 2)
    assert got[str(world.south.pk), str(world.pumps.pk)] == (pytest.approx(480), 4)
    assert got[str(world.north.pk), str(world.care.pk)] == (pytest.approx(720), 1)
    assert got[str(world.south.pk), str(world.valves.pk)] == (pytest.approx(500), 3)
    assert got[None, str(world.pumps.pk)] == (0.0, None)
    south = cell_of(grid, world.south, world.pumps)
    assert south["csfs"] == ids(uptime, safety)
    assert south["position_factor"] == 0.4
    assert read(kam, world) == (grid, answer["ETag"])


def test_the_three_lists_are_exactly_those_of_the_enhanced_view(
    api: Api, world: World, factors: list[SuccessFactor]
) -> None:
    kam = api("kam")
    grid = write(
        kam,
        world,
        # Served, a competitor better placed: in the third list though we sell there.
        {
            **key(world.oslo, world.pumps),
            "potential": "1200",
            "position": "competitor",
            "csfs": ids(*factors),
        },
        # Open, potential, no factor: only unserved.
        {**key(world.north, world.care), "potential": "250"},
        # Open and serving a factor without a potential: strategic, not unserved.
        {**key(world.north, world.valves), "csfs": ids(factors[0])},
        # Credits only: open. Potential, factor and competitor: in all three.
        {
            **key(world.south, world.valves),
            "potential": "90",
            "position": "competitor",
            "csfs": ids(factors[1]),
        },
    ).json()
    lists = grid["lists"]
    # By rank: Oslo 200 × 4 × 0.4 = 320, North care 250 × 0.8 = 200, South valves 90 × 2 × 0.4 = 72.
    assert lists["unserved"] == [key(world.north, world.care), key(world.south, world.valves)]
    assert lists["strategic_open"] == [key(world.south, world.valves), key(world.north, world.valves)]
    assert lists["competitor_advantaged"] == [
        key(world.oslo, world.pumps),
        key(world.south, world.valves),
    ]


def test_position_factors_are_the_tenants(api: Api, world: World, tenant: Tenant, as_tenant: Any) -> None:
    with as_tenant(tenant):
        TenantSettings.objects.update(position_factor_contested=0.25)
    cell = {**key(world.north, world.care), "potential": "300", "position": "contested"}
    grid = write(api("kam"), world, cell).json()
    assert grid["position_factors"]["contested"] == 0.25
    assert cell_of(grid, world.north, world.care)["priority"] == 75.0


def test_links_are_replaced_kept_and_taken_away(
    api: Api, world: World, factors: list[SuccessFactor], tenant: Tenant, as_tenant: Any
) -> None:
    kam, here = api("kam"), key(world.north, world.care)
    write(kam, world, {**here, "csfs": ids(factors[0], factors[1])})
    tag = read(kam, world)[1]
    # Naming other fields leaves them; the same ones again change nothing.
    assert write(kam, world, {**here, "csfs": ids(factors[1], factors[0])})["ETag"] == tag
    grid = write(kam, world, {**here, "potential": "5"}).json()
    assert cell_of(grid, world.north, world.care)["csfs"] == ids(factors[0], factors[1])
    replaced = write(kam, world, {**here, "csfs": ids(factors[2])}).json()
    cell = cell_of(replaced, world.north, world.care)
    assert (cell["csfs"], cell["version"]) == (ids(factors[2]), 3)
    cleared = write(kam, world, {**here, "csfs": None, "potential": None}).json()
    assert (str(world.north.pk), str(world.care.pk)) not in {
        (cell["segment"], cell["product_line"]) for cell in cleared["cells"]
    }
    with as_tenant(tenant):
        assert not OpenSpaceCellFactor.objects.exists()


def test_a_retired_factor_counts_no_longer_and_comes_back(
    api: Api, world: World, factors: list[SuccessFactor], tenant: Tenant, as_tenant: Any
) -> None:
    kam, here = api("kam"), key(world.north, world.care)
    write(kam, world, {**here, "potential": "100", "csfs": ids(factors[0], factors[1])})
    with as_tenant(tenant):
        SuccessFactor.objects.filter(pk=factors[0].pk).update(state="retired")
    cell = cell_of(read(kam, world)[0], world.north, world.care)
    assert (cell["csfs"], cell["priority"]) == (ids(factors[1]), 160.0)
    assert write(kam, world, {**here, "csfs": ids(factors[0])}).status_code == 400
    write(kam, world, {**here, "csfs": []})
    with as_tenant(tenant):
        SuccessFactor.objects.filter(pk=factors[0].pk).update(state="open")
    assert cell_of(read(kam, world)[0], world.north, world.care)["csfs"] == ids(factors[0])


def test_factors_of_others_are_unknown_and_nothing_is_stored(
    api: Api, world: World, tenant: Tenant, as_tenant: Any
) -> None:
    with as_tenant(tenant):
        foreign = SuccessFactorFactory()
    kam = api("kam")
    before = read(kam, world)
    answer = write(
        kam,
        world,
        {**key(world.oslo, world.pumps), "potential": "5"},
        {**key(world.north, world.care), "csfs": ids(foreign)},
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "cells.1.csfs"
    assert read(kam, world) == before


def test_a_conflict_shows_the_factors_that_are_stored(
    api: Api, world: World, factors: list[SuccessFactor]
) -> None:
    kam, admin, here = api("kam"), api("admin"), key(world.north, world.care)
    tag = read(kam, world)[1]
    write(admin, world, {**here, "csfs": ids(factors[1])})
    answer = write(kam, world, {**here, "csfs": ids(factors[0])}, tag=tag)
    assert answer.status_code == 412
    stored = answer.json()["cells"][0]
    assert (stored["csfs"], stored["changed_by_name"]) == (ids(factors[1]), "Admin Northwind")
    assert stored["changed_at"] is not None


def test_the_fiscal_year_is_shown_and_changes_no_gap(api: Api, world: World) -> None:
    """Calendar 2024: 9,999 of June and 300 of July; the gap still stands on the 1,000 of the last 12 months."""
    grid = write(api("kam"), world, {**key(world.oslo, world.pumps), "potential": "1500"}).json()
    assert grid["windows"]["fiscal_year"] == {"first_month": "2024-01-01", "last_month": "2024-12-01"}
    assert grid["windows"]["trailing"] == {"first_month": "2024-07-01", "last_month": "2025-06-01"}
    oslo = cell_of(grid, world.oslo, world.pumps)
    assert (oslo["current"], oslo["current_fiscal_year"], oslo["gap"]) == (
        "1000.0000",
        "10299.0000",
        "500.0000",
    )
    assert grid["totals"]["grand"]["current_fiscal_year"] == "10299.0000"


def test_links_cost_the_same_queries_whatever_their_number(
    api: Api, world: World, factors: list[SuccessFactor], tenant: Tenant, as_tenant: Any
) -> None:
    from tests.factories import ProductLineFactory

    kam = api("kam")
    write(kam, world, {**key(None, world.pumps), "csfs": ids(factors[0]), "potential": "5"})
    counts = []
    for size in (2, 20):
        with as_tenant(tenant):
            lines = ProductLineFactory.create_batch(size)
        cells = [{**key(None, line), "potential": "5", "csfs": ids(*factors)} for line in lines]
        with CaptureQueriesContext(connection) as writing:
            assert write(kam, world, *cells, tag="*").status_code == 200
        with CaptureQueriesContext(connection) as reading:
            assert kam.get(url(world)).status_code == 200
        counts.append((len(reading), len(writing)))
    assert counts[0] == counts[1], counts
    assert counts[0][0] <= 18, counts
