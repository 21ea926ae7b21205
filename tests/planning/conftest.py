"""One account with segments, lines and sales, as `tests/planning/grid.py` describes it."""

from datetime import date
from typing import Any

import pytest

from kam.tenancy.models import Membership, Tenant, TenantSettings
from tests.factories import AccountFactory, BusinessUnitFactory, ProductLineFactory, SegmentFactory
from tests.planning.grid import World


@pytest.fixture
def world(tenant: Tenant, as_tenant: Any, members: dict[str, Membership]) -> World:
    world = World()
    with as_tenant(tenant):
        TenantSettings.objects.update(pinned_reference_date=date(2025, 6, 15))
        world.account = AccountFactory(owner=members["kam"], industry="Hotels")
        world.north = SegmentFactory(account=world.account, name="North", position=1)
        world.oslo = SegmentFactory(account=world.account, name="Oslo", parent=world.north)
        world.south = SegmentFactory(account=world.account, name="South", position=2)
        flow, service = BusinessUnitFactory(name="Flow"), BusinessUnitFactory(name="Service")
        world.pumps = ProductLineFactory(name="Pumps", business_unit=flow, position=1)
        world.valves = ProductLineFactory(name="Valves", business_unit=flow, position=2)
        world.care = ProductLineFactory(name="Care", business_unit=service)
        world.idea = ProductLineFactory(
            name="Leak radar", kind="idea", account=world.account, business_unit=None
        )
        world.sell(world.oslo, world.pumps, "700", date(2025, 6, 1))
        world.sell(world.oslo, world.pumps, "300", date(2024, 7, 1))
        world.sell(world.oslo, world.pumps, "9999", date(2024, 6, 1))
        world.sell(world.oslo, world.pumps, "9999", date(2025, 7, 1))
        world.sell(world.south, world.valves, "-50", date(2025, 1, 1))
        world.sell(None, world.pumps, "40.5", date(2025, 2, 1))
    return world
