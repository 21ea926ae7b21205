"""The grid's entity tag covers all that it shows, and an answer that is kept under it is never a stale one."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import BusinessUnit, Product, SalesLine, SuccessFactor
from accounts.services.catalogue import product_update
from accounts.services.rollups import rollups_refresh
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Tenant, TenantSettings, User
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


def change_sale(world: World, before: str, after: str) -> None:
    SalesLine.objects.filter(net_sales=Decimal(before)).update(net_sales=Decimal(after))
    rollups_refresh(account_months=[(world.account.pk, date(2025, 6, 1))])


def sell_to_another_segment(world: World) -> None:
    SalesLine.objects.filter(net_sales=Decimal(700)).update(segment=world.south)
    rollups_refresh(account_months=[(world.account.pk, date(2025, 6, 1))])


def take_the_only_sale_of_a_month_away(world: World) -> None:
    SalesLine.objects.filter(net_sales=Decimal(-50)).delete()
    rollups_refresh(account_months=[(world.account.pk, date(2025, 1, 1))])


def sell_more(world: World) -> None:
    change_sale(world, "700", "700.0001")


def move_product(world: World) -> None:
    """As the page, the API and the import do it."""
    product = Product.objects.get(product_line=world.valves)
    admin = Principal(Membership.objects.select_related("user", "tenant").get(role="admin"))
    product_update(principal=admin, product=product, values={"product_line": world.care.pk})


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
        sell_to_another_segment,
        take_the_only_sale_of_a_month_away,
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


def test_sales_that_go_back_to_what_they_were_are_shown_as_they_are(
    api: Api, world: World, tenant: Tenant, as_tenant: Any
) -> None:
    """The tag is another one, because the months were computed anew: the grid is read again, and nothing is lost."""
    kam = api("kam")
    first = read(kam, world)
    with as_tenant(tenant):
        change_sale(world, "700", "1")
    assert read(kam, world)[0] != first[0]
    with as_tenant(tenant):
        change_sale(world, "1", "700")
    assert read(kam, world)[0] == first[0]


def test_a_kept_answer_opens_for_nobody_else(api: Api, world: World, other_api: Api) -> None:
    _, tag = read(api("kam"), world)
    assert api("contributor").get(url(world)).status_code == 404
    assert other_api("admin").get(url(world), HTTP_IF_NONE_MATCH=tag).status_code == 404
