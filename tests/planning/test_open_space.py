"""The Open Space grid (K6 with K4): what it shows, and that nobody's entry is lost."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kam.tenancy.models import Membership, Tenant, TenantSettings
from planning.models import OpenSpaceCell, PeerPotential
from planning.selectors.open_space_facts import open_space_rows
from planning.selectors.open_space_sales import fiscal_year, twelve_months
from planning.signals import open_space_changed
from tests.factories import (
    ProductLineFactory,
    SegmentFactory,
    SellingCenterMemberFactory,
)
from tests.planning.grid import Api, World, cell_of, key, read, url, write


def test_the_window_is_twelve_whole_months() -> None:
    assert twelve_months(date(2025, 6, 30)) == (date(2024, 7, 1), date(2025, 6, 1))
    assert twelve_months(date(2025, 12, 31)) == (date(2025, 1, 1), date(2025, 12, 1))
    assert twelve_months(date(2025, 1, 31)) == (date(2024, 2, 1), date(2025, 1, 1))


def test_the_last_fiscal_year_is_the_one_that_is_over() -> None:
    june = date(2025, 6, 30)
    assert fiscal_year(june, start_month=1) == (date(2024, 1, 1), date(2024, 12, 1))
    assert fiscal_year(june, start_month=7) == (date(2024, 7, 1), date(2025, 6, 1))
    assert fiscal_year(june, start_month=6) == (date(2024, 6, 1), date(2025, 5, 1))
    assert fiscal_year(date(2025, 12, 31), start_month=1) == (date(2025, 1, 1), date(2025, 12, 1))
    assert fiscal_year(date(2025, 1, 31), start_month=4) == (date(2023, 4, 1), date(2024, 3, 1))


def test_rows_are_a_tree_and_columns_go_by_business_unit(api: Api, world: World) -> None:
    grid, _ = read(api("admin"), world)
    assert [row["name"] for row in grid["segments"]] == ["Whole account", "North", "Oslo", "South"]
    assert grid["segments"][0]["id"] is None
    assert grid["segments"][2]["parent"] == str(world.north.pk)
    assert [line["name"] for line in grid["product_lines"]] == ["Pumps", "Valves", "Care", "Leak radar"]
    assert grid["product_lines"][3]["kind"] == "idea"
    assert grid["reference_date"] == "2025-06-30"
    assert grid["currency"] == "USD"


def test_current_is_the_trailing_twelve_months_of_the_ledger(api: Api, world: World) -> None:
    grid, _ = read(api("admin"), world)
    oslo = cell_of(grid, world.oslo, world.pumps)
    assert oslo["current"] == "1000.0000"
    assert oslo["potential"] is None
    assert oslo["gap"] is None
    assert oslo["basis"] is None
    assert oslo["priority"] is None
    assert cell_of(grid, None, world.pumps)["current"] == "40.5000"
    assert cell_of(grid, world.south, world.valves)["current"] == "-50.0000"
    rows = {row["segment"]: row for row in grid["totals"]["rows"]}
    assert rows[str(world.north.pk)]["current"] == "1000.0000"
    assert rows[None]["current"] == "40.5000"
    units = {row["name"]: row for row in grid["totals"]["business_units"]}
    assert units["Flow"]["current"] == "990.5000"
    assert units["Flow"]["potential"] is None
    assert grid["totals"]["grand"]["current"] == "990.5000"


def test_entered_potentials_get_gap_growth_type_and_priority(api: Api, world: World) -> None:
    kam = api("kam")
    answer = write(
        kam,
        world,
        {**key(world.oslo, world.pumps), "potential": "1500", "probability": 0.8, "position": "ours"},
        {**key(world.south, world.pumps), "potential": "400", "position": "competitor", "competitor": "Acme"},
        {**key(world.south, world.valves), "potential": "100"},
        {**key(world.north, world.care), "potential": "250.1234", "contract_end": "2026-12-31"},
        {**key(None, world.idea), "potential": "5000", "note": "Ask Kari"},
    )
    assert answer.status_code == 200, answer.content
    grid = answer.json()
    assert read(kam, world) == (grid, answer["ETag"])
    oslo = cell_of(grid, world.oslo, world.pumps)
    assert (oslo["gap"], oslo["growth_type"], oslo["probability"]) == ("500.0000", "up_sell", 0.8)
    assert oslo["priority"] == 500.0
    assert oslo["probability_assumed"] is False
    assert oslo["changed_by_name"] == "Kam Northwind"
    south = cell_of(grid, world.south, world.pumps)
    assert (south["growth_type"], south["priority"]) == ("up_sell", 160.0)
    assert (south["probability"], south["probability_assumed"]) == (0.5, True)
    valves = cell_of(grid, world.south, world.valves)
    # Bought nowhere: a credit is no purchase, and the gap starts at 0, not below it.
    assert (valves["gap"], valves["growth_type"]) == ("100.0000", "cross_sell")
    assert valves["priority"] == pytest.approx(80.0)
    care = cell_of(grid, world.north, world.care)
    assert (care["potential"], care["growth_type"]) == ("250.1234", "cross_sell")
    idea = cell_of(grid, None, world.idea)
    assert (idea["growth_type"], idea["rank"]) == ("co_creation", 1)
    north = next(row for row in grid["totals"]["rows"] if row["segment"] == str(world.north.pk))
    assert (north["potential"], north["gap"]) == ("1750.1234", "750.1234")
    assert grid["totals"]["grand"]["potential"] == "7250.1234"
    assert grid["lists"]["competitor_advantaged"] == [key(world.south, world.pumps)]
    assert grid["lists"]["unserved"] == [
        key(None, world.idea),
        key(world.north, world.care),
        key(world.south, world.pumps),
        key(world.south, world.valves),
    ]
    assert grid["lists"]["strategic_open"] == []


def test_estimates_stand_in_until_somebody_enters(
    api: Api, world: World, as_tenant: Any, tenant: Tenant
) -> None:
    with as_tenant(tenant):
        PeerPotential.objects.create(
            tenant=tenant, industry="Hotels", product_line=world.pumps, potential=Decimal("2000"), buyers=6
        )
        PeerPotential.objects.create(
            tenant=tenant, industry="", product_line=world.care, potential=Decimal("300"), buyers=9
        )
    kam = api("kam")
    grid, tag = read(kam, world)
    pumps = cell_of(grid, None, world.pumps)
    assert (pumps["basis"], pumps["potential"], pumps["gap"]) == ("estimated", "2000.0000", "959.5000")
    assert (pumps["probability"], pumps["probability_assumed"], pumps["buyers"]) == (0.25, True, 6)
    assert cell_of(grid, None, world.care)["basis"] == "estimated"
    assert grid["totals"]["grand"]["potential_entered"] is None
    assert grid["lists"]["unserved"] == [key(None, world.care)]
    grid = write(kam, world, {**key(world.south, world.pumps), "potential": "10"}, tag=tag).json()
    assert cell_of(grid, None, world.pumps)["potential"] is None
    assert grid["totals"]["grand"]["potential_entered"] == "10.0000"
    grid = write(kam, world, {**key(world.south, world.pumps), "potential": None}).json()
    assert cell_of(grid, None, world.pumps)["basis"] == "estimated"
    with pytest.raises(StopIteration):
        cell_of(grid, world.south, world.pumps)
    with as_tenant(tenant):
        TenantSettings.objects.update(potential_estimates_enabled=False)
    assert cell_of(read(kam, world)[0], None, world.pumps)["basis"] is None


def test_a_growth_type_is_overridden_and_taken_back(api: Api, world: World) -> None:
    kam = api("kam")
    cell = {**key(world.oslo, world.pumps), "potential": "2000"}
    grid = write(kam, world, {**cell, "growth_type": "co_creation"}).json()
    assert cell_of(grid, world.oslo, world.pumps)["growth_type_override"] == "co_creation"
    # A client that sends back what it read overrides nothing anew and loses nothing.
    sent_back = cell_of(grid, world.oslo, world.pumps)
    grid = write(kam, world, sent_back).json()
    assert cell_of(grid, world.oslo, world.pumps)["growth_type"] == "co_creation"
    grid = write(kam, world, {**key(world.oslo, world.pumps), "growth_type": None}).json()
    assert cell_of(grid, world.oslo, world.pumps)["growth_type"] == "up_sell"
    grid = write(kam, world, {**key(world.oslo, world.pumps), "growth_type": "up_sell"}).json()
    assert cell_of(grid, world.oslo, world.pumps)["growth_type_override"] is None


def test_a_write_needs_the_etag_of_what_was_read(api: Api, world: World) -> None:
    kam = api("kam")
    answer = kam.patch(url(world), {"cells": []}, format="json")
    assert answer.status_code == 428
    _, tag = read(kam, world)
    first = write(
        api("admin"), world, {**key(world.oslo, world.pumps), "potential": "1", "note": "mine"}, tag=tag
    )
    assert first.status_code == 200
    stale = write(
        kam,
        world,
        {**key(world.oslo, world.pumps), "potential": "2"},
        {**key(world.south, world.care), "potential": "3"},
        tag=tag,
    )
    assert stale.status_code == 412
    assert stale["Content-Type"] == "application/problem+json"
    taken, untouched = stale.json()["cells"]
    assert (taken["potential"], taken["note"]) == ("1.0000", "mine")
    assert taken["changed_by_name"] == "Admin Northwind"
    assert taken["changed_at"] is not None
    assert untouched == {
        **key(world.south, world.care),
        **dict.fromkeys(
            ("potential", "probability", "competitor", "position", "contract_end", "growth_type_override")
        ),
        "csfs": [],
        "opportunity": None,
        **dict.fromkeys(
            ("note", "owner", "owner_name", "version", "changed_by", "changed_by_name", "changed_at")
        ),
    }
    assert read(kam, world)[1] == first["ETag"]
    assert kam.patch(url(world), {"cells": []}, format="json", HTTP_IF_MATCH="*").status_code == 200
    unchanged = kam.get(url(world), HTTP_IF_NONE_MATCH=first["ETag"])
    assert unchanged.status_code == 304


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"potential": "-1"}, "cells.1.potential"),
        ({"potential": "1.00001"}, "cells.1.potential"),
        ({"potential": "NaN"}, "cells.1.potential"),
        ({"probability": 1.2}, "cells.1.probability"),
        ({"position": "leading"}, "cells.1.position"),
        ({"contract_end": "soon"}, "cells.1.contract_end"),
        ({"segment": "0198c0de-0000-7000-8000-000000000000"}, "cells.1.segment"),
        ({"product_line": "0198c0de-0000-7000-8000-000000000000"}, "cells.1.product_line"),
        ({"owner": "0198c0de-0000-7000-8000-000000000000"}, "cells.1.owner"),
        ({"pottential": "5"}, "cells.1.pottential"),
        ({"note": "x" * 4001}, "cells.1.note"),
    ],
)
def test_a_bad_cell_names_itself_and_nothing_is_stored(
    api: Api, world: World, change: dict[str, Any], field: str
) -> None:
    kam = api("kam")
    before = read(kam, world)
    good = {**key(world.oslo, world.pumps), "potential": "5"}
    answer = write(kam, world, good, {**key(world.south, world.care), **change}, tag=before[1])
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["field"] == field
    assert read(kam, world) == before


def test_a_cell_twice_in_one_request_is_refused(api: Api, world: World) -> None:
    cell = {**key(world.oslo, world.pumps), "potential": "5"}
    assert write(api("kam"), world, cell, cell).status_code == 400


def test_who_may_write_the_grid(
    api: Api, world: World, members: dict[str, Membership], other_api: Api, as_tenant: Any, tenant: Tenant
) -> None:
    cell = {**key(world.oslo, world.pumps), "potential": "5"}
    assert write(api("executive"), world, cell).status_code == 403
    assert api("contributor").get(url(world)).status_code == 404
    assert other_api("admin").get(url(world)).status_code == 404
    foreign = other_api("admin").patch(url(world), {"cells": [cell]}, format="json", HTTP_IF_MATCH="*")
    assert foreign.status_code == 404
    with as_tenant(tenant):
        assert not OpenSpaceCell.objects.exists()
        SellingCenterMemberFactory(account=world.account, member=members["contributor"])
    assert write(api("contributor"), world, cell).status_code == 200
    assert write(api("integration", ["accounts:read"]), world, cell).status_code == 403


def test_other_accounts_segments_and_ideas_are_unknown(
    api: Api, world: World, as_tenant: Any, tenant: Tenant
) -> None:
    with as_tenant(tenant):
        elsewhere = SegmentFactory()
        idea = ProductLineFactory(kind="idea", account=elsewhere.account, business_unit=None)
    kam = api("kam")
    assert write(kam, world, {**key(elsewhere, world.pumps), "potential": "5"}).status_code == 400
    assert write(kam, world, {**key(None, idea), "potential": "5"}).status_code == 400


def test_others_hear_of_real_changes_only(api: Api, world: World) -> None:
    heard: list[Any] = []

    def hear(**kwargs: Any) -> None:
        heard.append(kwargs["account_ids"])

    open_space_changed.connect(hear)
    try:
        kam = api("kam")
        first = write(kam, world, {**key(world.oslo, world.pumps), "potential": "5"})
        again = write(kam, world, {**key(world.oslo, world.pumps), "potential": "5.00"})
    finally:
        open_space_changed.disconnect(hear)
    assert first["ETag"] == again["ETag"]
    assert heard == [[world.account.pk]]


def test_a_tree_of_any_shape_keeps_every_segment(world: World, as_tenant: Any, tenant: Tenant) -> None:
    with as_tenant(tenant):
        deep = world.oslo
        for number in range(30):
            deep = SegmentFactory(account=world.account, parent=deep, name=f"Level {number}")
        rows = open_space_rows(world.account)
    assert len(rows) == 34
    seen: set[Any] = {None}
    for row in rows[1:]:
        assert row.parent in seen
        seen.add(row.id)


def test_the_grid_costs_the_same_queries_whatever_its_size(
    api: Api, world: World, as_tenant: Any, tenant: Tenant
) -> None:
    kam = api("kam")
    # The first use of a token writes when it was used, and the first entry brings its author's name.
    write(kam, world, {**key(None, world.pumps), "potential": "5"})
    counts = []
    for size in (2, 18):
        with as_tenant(tenant):
            segments = SegmentFactory.create_batch(size, account=world.account)
            lines = ProductLineFactory.create_batch(size)
        cells = [{**key(segment, line), "potential": "5"} for segment in segments for line in lines]
        with CaptureQueriesContext(connection) as writing:
            assert write(kam, world, *cells, tag="*").status_code == 200
        with CaptureQueriesContext(connection) as reading:
            assert len(read(kam, world)[0]["cells"]) >= size * size
        counts.append((len(reading), len(writing)))
    assert counts[0] == counts[1], counts
