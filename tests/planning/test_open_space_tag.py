"""The grid's entity tag covers all that it shows, and an answer that is kept under it is never a stale one."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import BusinessUnit, CellMonth, Product, SuccessFactor
from kam.tenancy.models import Tenant, TenantSettings, User
from planning.models import OpenSpaceCell, PeerPotential
from tests.factories import SuccessFactorFactory
from tests.planning.grid import Api, World, key, read, url, write


def rename_segment(world: World) -> None:
    world.oslo.name = "Bergen"
    world.oslo.save()


def move_segment(world: World) -> None:
    world.oslo.parent = world.south
    world.oslo.save()


def rename_line(world: World) -> None:
    world.pumps.name = "Big pumps"
    world.pumps.save()


def rename_unit(world: World) -> None:
    BusinessUnit.objects.filter(name="Flow").update(name="Stream")


def sell_more(world: World) -> None:
    CellMonth.objects.filter(net_sales=Decimal("700")).update(net_sales=Decimal("700.0001"))


def move_product(world: World) -> None:
    Product.objects.filter(product_line=world.valves).update(product_line=world.care)


def rename_editor(world: World) -> None:
    User.objects.filter(email="kam@northwind.example").update(name="Kari Nordmann")


def retire_factor(world: World) -> None:
    SuccessFactor.objects.filter(account=world.account).update(state=SuccessFactor.State.RETIRED)


def estimate(world: World) -> None:
    PeerPotential.objects.create(
        tenant_id=world.account.tenant_id, industry="", product_line=world.care, potential=900, buyers=7
    )


def weigh_positions(world: World) -> None:
    TenantSettings.objects.update(position_factor_ours=Decimal("0.9"))


def speak_of_another_month(world: World) -> None:
    TenantSettings.objects.update(pinned_reference_date=date(2025, 5, 15))


def write_past_the_service(world: World) -> None:
    OpenSpaceCell.objects.filter(account=world.account).update(note="Typed into the database")


@pytest.mark.parametrize(
    "change",
    [
        rename_segment,
        move_segment,
        rename_line,
        rename_unit,
        sell_more,
        move_product,
        rename_editor,
        retire_factor,
        estimate,
        weigh_positions,
        speak_of_another_month,
        write_past_the_service,
    ],
)
def test_whatever_the_grid_shows_changes_its_tag_and_its_answer(
    api: Api, world: World, tenant: Tenant, as_tenant: Any, change: Callable[[World], None]
) -> None:
    with as_tenant(tenant):
        factor = SuccessFactorFactory(account=world.account, title="Uptime")
    kam = api("kam")
    written = write(
        kam,
        world,
        {**key(world.oslo, world.pumps), "potential": "1500", "position": "ours", "csfs": [str(factor.pk)]},
    )
    before = read(kam, world)
    assert before == (written.json(), written["ETag"])
    assert read(kam, world) == before, "The answer that was kept is the one that was made."
    with as_tenant(tenant):
        change(world)
    assert kam.get(url(world), HTTP_IF_NONE_MATCH=before[1]).status_code == 200
    after = read(kam, world)
    assert after[0] != before[0]
    assert after[1] != before[1]


def test_a_grid_that_goes_back_to_what_it_was_is_answered_as_it_is(
    api: Api, world: World, tenant: Tenant, as_tenant: Any
) -> None:
    kam = api("kam")
    first = read(kam, world)
    with as_tenant(tenant):
        sold = CellMonth.objects.get(net_sales=Decimal("700"))
        CellMonth.objects.filter(pk=sold.pk).update(net_sales=1)
    assert read(kam, world)[0] != first[0]
    with as_tenant(tenant):
        CellMonth.objects.filter(pk=sold.pk).update(net_sales=700)
    assert read(kam, world) == first


def test_a_kept_answer_opens_for_nobody_else(api: Api, world: World, other_api: Api) -> None:
    _, tag = read(api("kam"), world)
    assert api("contributor").get(url(world)).status_code == 404
    assert other_api("admin").get(url(world), HTTP_IF_NONE_MATCH=tag).status_code == 404
