"""What Open Space is worth while somebody types, and that a recomputation gives the same (K4, K6)."""

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import Account, ProductLine, Segment
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Tenant
from planning.models import OpenSpaceCell
from tests.factories import ProductLineFactory, SegmentFactory, SuccessFactorFactory
from tests.metrics.ledgers import account, catalogue, compute, metrics, pin, sell, spend

pytestmark = pytest.mark.django_db
Api = Callable[..., APIClient]
# r/(1+d) · (1−q⁵)/(1−q) with r = 0.85, d = 0.10, q = 0.85/1.10.
MULTIPLIER = 2.463279295068021
# Burden 100/2,500; bikes (2,000 − 1,200)/2,000 − 0.04; helmets (500 − 480)/500 − 0.04 = 0: worth nothing.
BIKES, HELMETS = 0.36, 0.0


class Space:
    """Alpha sells bikes in the north; helmets earn nothing; services are sold nowhere; one idea."""

    account: Account
    north: Segment
    bikes: ProductLine
    helmets: ProductLine
    services: ProductLine
    idea: ProductLine

    def url(self, last: str) -> str:
        return f"/api/v1/accounts/{self.account.pk}/open-space/{last}"

    def cells(self) -> list[dict[str, Any]]:
        return [
            {"segment": str(self.north.pk), "product_line": str(self.bikes.pk), "potential": "2500",
             "probability": 0.8},
            {"segment": None, "product_line": str(self.bikes.pk), "potential": "100.10"},
            {"segment": str(self.north.pk), "product_line": str(self.helmets.pk), "potential": "5000"},
            {"segment": None, "product_line": str(self.services.pk), "potential": "700",
             "position": "competitor"},
            {"segment": None, "product_line": str(self.idea.pk), "potential": "333.33", "probability": 0.1},
        ]  # fmt: skip


@pytest.fixture
def space(tenant: Tenant) -> Space:
    space = Space()
    with tenant_context(tenant.id):
        pin()
        products = catalogue({"Bikes": None, "Helmets": None, "Services": None})
        space.bikes, space.helmets, space.services = (
            products[name].product_line for name in ("Bikes", "Helmets", "Services")
        )
        space.account = account("alpha", clv_retention=None)
        space.north = SegmentFactory(account=space.account, name="North")
        space.idea = ProductLineFactory(
            name="Cargo bike", kind="idea", account=space.account, business_unit=None
        )
        sell(space.account, products["Bikes"], "2025-03-01", "2000", "1200", segment=space.north)
        sell(account("beta"), products["Helmets"], "2025-04-01", "500", "480")
        spend(space.account, "2025-05-01", "100")
        compute()
    return space


def test_upv_by_growth_type_worked_by_hand(space: Space, api: Api) -> None:
    """Up-sell 500 × 0.36 (at 0.8) + 100.10 × 0.36 (at the default 0.5); helmets are unprofitable; cross-sell
    700 × overall, co-creation 333.33 × overall (at 0.1), overall = (2,500 − 1,680)/2,500 − 0.04 = 0.288."""
    answer = api("kam").post(space.url("preview/"), {"cells": space.cells()}, format="json")
    assert answer.status_code == 200, answer.content
    body = answer.json()
    upv = body["upv"]
    up_sell, cross, idea = 500 * BIKES + 100.10 * BIKES, 700 * 0.288, 333.33 * 0.288
    assert float(upv["up_sell"]) == pytest.approx(up_sell, abs=1e-4)
    assert float(upv["cross_sell"]) == pytest.approx(cross, abs=1e-4)
    assert float(upv["co_creation"]) == pytest.approx(idea, abs=1e-4)
    assert float(upv["annual"]) == pytest.approx(up_sell + cross + idea, abs=1e-4)
    assert float(upv["value"]) == pytest.approx((up_sell + cross + idea) * MULTIPLIER, abs=1e-3)
    expected = upv["expected"]
    assert float(expected["up_sell"]) == pytest.approx(500 * BIKES * 0.8 + 100.10 * BIKES * 0.5, abs=1e-4)
    assert float(expected["cross_sell"]) == pytest.approx(cross * 0.5, abs=1e-4)
    assert float(expected["co_creation"]) == pytest.approx(idea * 0.1, abs=1e-4)
    assert (upv["entered"], upv["estimated"]) == (upv["annual"], None)
    cells = {(cell["segment"], cell["product_line"]): cell for cell in body["cells"]}
    helmets = cells[str(space.north.pk), str(space.helmets.pk)]
    assert helmets["gap"] == "5000.0000"
    assert helmets["worth"]["unprofitable"] is True
    assert helmets["worth"]["annual"] == "0.0000"
    assert cells[None, str(space.services.pk)]["priority"] == pytest.approx(280)
    assert body["totals"]["grand"]["potential"] == "8633.4300"


def test_a_preview_stores_nothing_and_names_what_is_wrong(space: Space, api: Api, tenant: Tenant) -> None:
    before = api("kam").get(space.url(""))["ETag"]
    api("kam").post(space.url("preview/"), {"cells": space.cells()}, format="json")
    with tenant_context(tenant.id):
        assert not OpenSpaceCell.objects.exists()
    assert api("kam").get(space.url(""))["ETag"] == before
    bad = [space.cells()[0], {**space.cells()[1], "product_line": str(uuid.uuid4())}]
    answer = api("kam").post(space.url("preview/"), {"cells": bad}, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "cells.1.product_line"


def same_as_computed(space: Space, previewed: dict[str, Any], tenant: Tenant) -> None:
    with tenant_context(tenant.id):
        compute()
        row = metrics(space.account)
    names = {"annual": "upv_annual", "value": "upv", "expected_annual": "upv_expected_annual"}
    for name in ("annual", "value", "expected_annual", "up_sell", "cross_sell", "co_creation", "entered",
                 "estimated"):  # fmt: skip
        computed = getattr(row, names.get(name, f"upv_{name}"))
        shown = previewed[name]
        if computed is None:
            assert shown is None, name
        else:
            assert abs(Decimal(shown) - computed) <= Decimal("0.0001"), name
    assert previewed["exceeds_clv"] == row.upv_exceeds_clv


def test_the_preview_is_what_a_recomputation_gives(space: Space, api: Api, tenant: Tenant) -> None:
    admin = api("admin")
    previewed = admin.post(space.url("preview/"), {"cells": space.cells()}, format="json").json()["upv"]
    stored = admin.patch(space.url(""), {"cells": space.cells()}, format="json", HTTP_IF_MATCH="*")
    assert stored.status_code == 200
    assert admin.get(space.url("worth/")).json()["upv"] == previewed
    same_as_computed(space, previewed, tenant)


def test_estimates_are_in_it_and_leave_as_soon_as_somebody_types(
    space: Space, api: Api, tenant: Tenant
) -> None:
    with tenant_context(tenant.id):
        product = space.services.products.get()
        for number in range(5):
            sell(account(f"peer{number}"), product, "2025-04-01", str(1000 + number), "100")
        compute()
    admin = api("admin")
    shown = admin.get(space.url("worth/")).json()["upv"]
    assert shown["entered"] is None
    assert Decimal(shown["estimated"]) > 0
    same_as_computed(space, shown, tenant)
    cell = {"segment": str(space.north.pk), "product_line": str(space.services.pk), "potential": "10"}
    typed = admin.post(space.url("preview/"), {"cells": [cell]}, format="json").json()["upv"]
    assert typed["estimated"] is None
    assert typed["annual"] == typed["cross_sell"] == typed["entered"]
    admin.patch(space.url(""), {"cells": [cell]}, format="json", HTTP_IF_MATCH="*")
    same_as_computed(space, typed, tenant)


AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=4).map(str)


@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(AMOUNTS, st.none() | st.floats(0, 1), st.booleans()), min_size=4, max_size=4))
def test_whatever_is_typed_the_preview_agrees_with_the_engine(
    space: Space, api: Api, tenant: Tenant, typed: list[tuple[str, float | None, bool]]
) -> None:
    lines = (space.bikes, space.helmets, space.services, space.idea)
    cells = [
        {
            "segment": str(space.north.pk),
            "product_line": str(line.pk),
            "potential": amount,
            "probability": chance,
            "growth_type_override": "co_creation" if moved else None,
        }
        for line, (amount, chance, moved) in zip(lines, typed, strict=True)
    ]
    admin = api("admin")
    previewed = admin.post(space.url("preview/"), {"cells": cells}, format="json").json()["upv"]
    admin.patch(space.url(""), {"cells": cells}, format="json", HTTP_IF_MATCH="*")
    with tenant_context(tenant.id):
        compute(rebuild=False)
        row = metrics(space.account)
    for name in ("up_sell", "cross_sell", "co_creation"):
        computed = getattr(row, f"upv_{name}")
        # Millions: the last of 17 digits of a float may differ, which is below a cent.
        assert abs(Decimal(previewed[name]) - computed) <= Decimal("0.001"), name


def test_a_cell_says_why_it_ranks_and_what_it_is_worth(space: Space, api: Api, tenant: Tenant) -> None:
    with tenant_context(tenant.id):
        factor = SuccessFactorFactory(account=space.account, title="Uptime")
    cells = space.cells()
    cells[0] |= {"csfs": [str(factor.pk)], "position": "contested"}
    api("admin").patch(space.url(""), {"cells": cells}, format="json", HTTP_IF_MATCH="*")
    asked = {"segment": str(space.north.pk), "product_line": str(space.bikes.pk)}
    body = api("kam").get(space.url("cell/"), asked).json()
    # 500 × (1 + 1) × 0.6
    assert body["priority"] | {"factors": []} == {
        "gap": "500.0000", "factors": [], "position": "contested", "position_factor": 0.6,
        "value": 600.0, "rank": 2, "ranked_cells": 5,
    }  # fmt: skip
    assert [factor["title"] for factor in body["priority"]["factors"]] == ["Uptime"]
    assert body["worth"]["annual"] == "180.0000"
    assert body["worth"]["expected_annual"] == "144.0000"
    text = " ".join(body["sentences"]).replace("\u00a0", " ")
    assert "leaves $500.00 a year" in text
    assert "$500.00 × 2 (1 success factor served) × 0.6 (the place is contested) = 600, rank 2 of 5." in text
    assert "contributes 36.0 % of extra sales" in text
    empty = api("kam").get(space.url("cell/"), {"product_line": str(space.helmets.pk)}).json()
    assert empty["cell"]["potential"] is None
    assert empty["sentences"][0] == "No potential is entered, so there is no gap to rank."
    unknown = api("kam").get(space.url("cell/"), {"product_line": str(uuid.uuid4())})
    assert unknown.status_code == 400


def test_before_anything_is_computed_worth_is_not_known(api: Api, tenant: Tenant) -> None:
    with tenant_context(tenant.id):
        pin()
        line = catalogue({"Bikes": None})["Bikes"].product_line
        alone = account("alone")
    path = f"/api/v1/accounts/{alone.pk}/open-space/"
    cell = {"segment": None, "product_line": str(line.pk), "potential": "10"}
    body = api("admin").post(f"{path}preview/", {"cells": [cell]}, format="json").json()
    assert (body["upv"]["annual"], body["ratios_as_of"], body["clv"]) == (None, None, None)
    assert body["cells"][0]["worth"]["annual"] is None
    assert body["totals"]["grand"]["gap"] == "10.0000"


def test_a_preview_costs_the_same_queries_whatever_is_typed(space: Space, api: Api, tenant: Tenant) -> None:
    admin = api("admin")
    admin.post(space.url("preview/"), {"cells": space.cells()}, format="json")
    counts = []
    for size in (2, 20):
        with tenant_context(tenant.id):
            lines = ProductLineFactory.create_batch(size)
        cells = [{"segment": None, "product_line": str(line.pk), "potential": "5"} for line in lines]
        with CaptureQueriesContext(connection) as queries:
            assert admin.post(space.url("preview/"), {"cells": cells}, format="json").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 20
