"""A save of Open Space that asks for no more than what it wrote (RFC 7240), and the history of a paste."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kam.common.api.prefer import prefers_minimal
from kam.tenancy.models import Tenant
from planning.models import OpenSpaceCell, PeerPotential
from tests.factories import ProductLineFactory, SegmentFactory, SuccessFactorFactory
from tests.planning.grid import Api, World, cell_of, key, read, url, write


def save(client: Any, world: World, *cells: dict[str, Any], tag: str | None = None) -> Any:
    tag = tag or read(client, world)[1]
    return client.patch(
        url(world), {"cells": list(cells)}, format="json", HTTP_IF_MATCH=tag, HTTP_PREFER="return=minimal"
    )


@pytest.mark.parametrize(
    ("header", "minimal"),
    [
        (None, False),
        ("return=minimal", True),
        ('respond-async, Return="minimal"; foo=1', True),
        ("return=representation", False),
        ("return=representation, return=minimal", False),
        ("minimal", False),
    ],
)
def test_a_preference_is_read_as_the_standard_writes_it(header: str | None, minimal: bool) -> None:
    assert prefers_minimal(header) is minimal


def test_a_brief_save_answers_the_cells_as_stored_and_the_tag_of_the_whole_grid(
    api: Api, world: World, tenant: Tenant, as_tenant: Any
) -> None:
    with as_tenant(tenant):
        factor = SuccessFactorFactory(account=world.account, title="Uptime")
    kam = api("kam")
    tag = write(kam, world, {**key(world.oslo, world.pumps), "potential": "1", "note": "Ask Kari"})["ETag"]
    answer = save(
        kam,
        world,
        {**key(world.oslo, world.pumps), "potential": "1500", "position": "ours"},
        {**key(None, world.care), "potential": "400", "csfs": [str(factor.pk)]},
        tag=tag,
    )
    assert answer.status_code == 200, answer.content
    assert answer["Preference-Applied"] == "return=minimal"
    assert set(answer.json()) == {"cells"}
    grid, now = read(kam, world)
    assert answer["ETag"] == now
    changed, new = answer.json()["cells"]
    assert (changed["potential"], changed["note"], changed["version"]) == ("1500.0000", "Ask Kari", 2)
    assert (new["csfs"], new["version"], new["changed_by_name"]) == ([str(factor.pk)], 1, "Kam Northwind")
    for cell, shown in (
        (changed, cell_of(grid, world.oslo, world.pumps)),
        (new, cell_of(grid, None, world.care)),
    ):
        assert cell == {name: shown[name] for name in cell} | {"probability": None}
        assert shown["probability_assumed"] is True
    # The tag is good for the next save, and one that changes nothing keeps it.
    again = save(kam, world, {**key(world.oslo, world.pumps), "potential": "1500"}, tag=now)
    assert (again.status_code, again["ETag"]) == (200, now)


def test_a_stale_brief_save_lists_what_is_stored(api: Api, world: World) -> None:
    kam = api("kam")
    _, tag = read(kam, world)
    write(api("admin"), world, {**key(world.oslo, world.pumps), "potential": "1"}, tag=tag)
    stale = save(kam, world, {**key(world.oslo, world.pumps), "potential": "2"}, tag=tag)
    assert stale.status_code == 412
    assert stale.json()["cells"][0]["potential"] == "1.0000"
    assert stale.json()["cells"][0]["changed_by_name"] == "Admin Northwind"


def test_sales_that_changed_meanwhile_make_a_brief_save_stale(
    api: Api, world: World, tenant: Tenant, as_tenant: Any
) -> None:
    kam = api("kam")
    _, tag = read(kam, world)
    with as_tenant(tenant):
        world.sell(world.south, world.care, "0.0001", date(2025, 5, 1))
    assert save(kam, world, {**key(None, world.pumps), "potential": "2"}, tag=tag).status_code == 412


def test_a_potential_taken_back_is_answered_in_full_for_an_estimate_may_stand_in(
    api: Api, world: World, tenant: Tenant, as_tenant: Any
) -> None:
    with as_tenant(tenant):
        PeerPotential.objects.create(
            tenant=tenant, industry="", product_line=world.care, potential=Decimal(300), buyers=9
        )
    kam = api("kam")
    first = save(kam, world, {**key(world.south, world.care), "potential": "10"})
    assert set(first.json()) == {"cells"}
    back = save(kam, world, {**key(world.south, world.care), "potential": None}, tag=first["ETag"])
    assert "Preference-Applied" not in back
    assert cell_of(back.json(), None, world.care)["basis"] == "estimated"
    assert (back.json(), back["ETag"]) == read(kam, world)


def test_a_computed_growth_type_is_known_to_a_brief_save_too(api: Api, world: World) -> None:
    kam = api("kam")
    cell = {**key(world.oslo, world.pumps), "potential": "2000"}
    answer = save(kam, world, {**cell, "growth_type": "up_sell"})
    assert cell_of(answer.json(), world.oslo, world.pumps)["growth_type_override"] is None


def test_a_brief_save_names_the_cell_that_is_none_of_the_grid(api: Api, world: World) -> None:
    unknown = "0198c0de-0000-7000-8000-000000000000"
    for field in ("segment", "product_line"):
        answer = save(api("kam"), world, {**key(world.oslo, world.pumps), field: unknown, "potential": "5"})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == f"cells.0.{field}"


def test_a_brief_save_costs_the_same_queries_whatever_its_size(
    api: Api, world: World, as_tenant: Any, tenant: Tenant
) -> None:
    kam = api("kam")
    save(kam, world, {**key(None, world.pumps), "potential": "5"})
    counts = []
    for size in (2, 12):
        with as_tenant(tenant):
            segments = SegmentFactory.create_batch(size, account=world.account)
            lines = ProductLineFactory.create_batch(size)
        cells = [{**key(segment, line), "potential": "5"} for segment in segments for line in lines]
        with CaptureQueriesContext(connection) as writing:
            answer = save(kam, world, *cells, tag="*")
        assert len(answer.json()["cells"]) == size * size
        counts.append(len(writing))
    assert counts[0] == counts[1], counts


def test_each_cell_of_a_paste_has_its_own_history(
    api: Api, world: World, tenant: Tenant, as_tenant: Any
) -> None:
    kam, admin = api("kam"), api("admin")
    places = [key(world.oslo, world.pumps), key(world.south, world.care)]
    write(kam, world, {**places[0], "potential": "1"})
    save(admin, world, *({**place, "potential": "7"} for place in places))
    with as_tenant(tenant):
        for place, expected in (
            (places[0], [("insert", 1, Decimal(1)), ("update", 2, Decimal(7))]),
            (places[1], [("insert", 1, Decimal(7))]),
        ):
            cell = OpenSpaceCell.objects.get(
                segment_id=place["segment"], product_line_id=place["product_line"]
            )
            events = list(cell.history.order_by("pgh_id"))
            assert [(event.pgh_label, event.version, event.potential) for event in events] == expected
            last = events[-1]
            assert (last.tenant_id, last.pgh_obj_id, last.updated_at) == (tenant.pk, cell.pk, cell.updated_at)
            assert last.changed_by_id == cell.changed_by_id
            assert last.pgh_context["via"] == "api"
            cell.delete()
            gone = type(last).objects.filter(pgh_obj_id=last.pgh_obj_id).latest("pgh_id")
            assert (gone.pgh_label, gone.version) == ("delete", last.version)
