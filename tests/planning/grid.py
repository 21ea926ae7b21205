"""The Open Space grid that the tests of this folder write to and read, and how they do it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from rest_framework.test import APIClient

from accounts.models import Account, Product, ProductLine, Segment
from accounts.services.rollups import rollups_refresh
from tests.factories import ProductFactory, SalesLineFactory

Api = Callable[..., APIClient]


class World:
    """One account: North with Oslo below it, South; Pumps and Valves in Flow, Care in Service; one idea."""

    account: Account
    north: Segment
    oslo: Segment
    south: Segment
    pumps: ProductLine
    valves: ProductLine
    care: ProductLine
    idea: ProductLine

    def sell(self, segment: Segment | None, line: ProductLine, amount: str, month: date) -> None:
        product = Product.objects.filter(product_line=line).first() or ProductFactory(product_line=line)
        SalesLineFactory(
            account=self.account,
            segment=segment,
            product=product,
            date=month,
            net_sales=Decimal(amount),
        )
        rollups_refresh(account_months=[(self.account.pk, month)])


def url(world: World) -> str:
    return f"/api/v1/accounts/{world.account.pk}/open-space/"


def read(client: APIClient, world: World) -> tuple[dict[str, Any], str]:
    answer = client.get(url(world))
    assert answer.status_code == 200, answer.content
    return answer.json(), answer["ETag"]


def write(client: APIClient, world: World, *cells: dict[str, Any], tag: str | None = None) -> Any:
    tag = tag or read(client, world)[1]
    return client.patch(url(world), {"cells": list(cells)}, format="json", HTTP_IF_MATCH=tag)


def cell_of(grid: dict[str, Any], segment: Segment | None, line: ProductLine) -> dict[str, Any]:
    wanted = (str(segment.pk) if segment else None, str(line.pk))
    return next(cell for cell in grid["cells"] if (cell["segment"], cell["product_line"]) == wanted)


def key(segment: Segment | None, line: ProductLine) -> dict[str, Any]:
    return {"segment": str(segment.pk) if segment else None, "product_line": str(line.pk)}
