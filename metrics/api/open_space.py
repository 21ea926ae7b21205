"""What Open Space is worth: as it is stored, as somebody types it, and one cell explained (K4, K6)."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kam.common.api.fields import Choice, Day, Flag, Id, Money, Objects, Ratio, StrictSerializer, Text, Whole
from kam.common.api.views import KamApi
from kam.common.errors import InvalidInputError
from metrics.selectors.space_cell import cell_explained
from metrics.selectors.space_worth import published_ratios, space_worth, worth_of
from planning.api.open_space import (
    CellInput,
    GridCell,
    GridFactor,
    GridLists,
    GridTotals,
    Window,
    account_of,
)
from planning.selectors.open_space import open_space_grid
from planning.services.open_space import open_space_pending

# A paste of the whole grid goes to the grid's own PATCH; this is for what changed since the last save.
MAX_PENDING = 2_000


class LineRatio(serializers.Serializer[Any]):
    product_line = Id()
    ratio = Ratio(allow_null=True, help_text="What a currency unit of extra sales contributes.")
    ratio_basis = Choice(choices=[("line", "Its own"), ("overall", "The company's")])
    known_share = Ratio(allow_null=True, help_text="Share of its sales whose cost of goods is known.")
    unprofitable = Flag(allow_null=True, help_text="Ratio ≤ 0: gaps on it are worth 0.")


class UpvParts(serializers.Serializer[Any]):
    """Money per year."""

    up_sell = Money(allow_null=True)
    cross_sell = Money(allow_null=True)
    co_creation = Money(allow_null=True)
    entered = Money(allow_null=True)
    estimated = Money(allow_null=True)


class SpaceUpv(UpvParts):
    """The parts are annual."""

    annual = Money(allow_null=True)
    value = Money(allow_null=True, help_text="annual × multiplier")
    expected_annual = Money(allow_null=True)
    exceeds_clv = Flag(allow_null=True)
    expected = UpvParts(help_text="The parts of expected_annual.")


class SpaceWorth(serializers.Serializer[Any]):
    reference_date = Day()
    ratios_as_of = Day(allow_null=True, help_text="Reference date of the published figures.")
    currency = Text()
    multiplier = Ratio(allow_null=True, help_text="The account's own CLV multiplier.")
    clv = Money(allow_null=True)
    overall_ratio = Ratio(allow_null=True)
    line_ratios = LineRatio(many=True)
    upv = SpaceUpv()


class CellWorth(serializers.Serializer[Any]):
    ratio = Ratio(allow_null=True)
    ratio_basis = Choice(choices=[("line", "Its own"), ("overall", "The company's")])
    known_share = Ratio(allow_null=True)
    unprofitable = Flag(allow_null=True)
    annual = Money(allow_null=True, help_text="gap × ratio")
    expected_annual = Money(allow_null=True, help_text="× probability")


class OpenSpaceWorthApi(KamApi):
    """UPV of the grid as it is stored now, in total, by growth type and by basis, annual and expected."""

    permissions = {"GET": "accounts.view"}
    errors = (404,)
    Output = SpaceWorth

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        account = account_of(self, pk)
        return Response(space_worth(account=account, grid=open_space_grid(account=account)))


class PreviewCell(GridCell):
    worth = CellWorth()


class OpenSpacePreviewApi(KamApi):
    """What the grid would be worth with these cells written; nothing is stored. Cells as PATCH takes them.

    `cells` answers those that were sent; `totals`, `lists` and `upv` speak of the whole grid.
    """

    permissions = {"POST": "accounts.view"}
    keeps_answers = False
    errors = (404,)

    class Input(StrictSerializer):
        cells = Objects(child=CellInput(), max_length=MAX_PENDING)

    class Output(SpaceWorth):
        cells = PreviewCell(many=True)
        totals = GridTotals()
        lists = GridLists()

    def post(self, request: Request, pk: uuid.UUID) -> Response:
        account = account_of(self, pk)
        sent = self.parse(request)["cells"]
        grid = open_space_pending(account=account, cells=sent)
        keys = {(cell["segment"], cell["product_line"]) for cell in sent}
        ratios = published_ratios()
        return Response(
            {
                **space_worth(account=account, grid=grid),
                "cells": [
                    {**cell, "worth": worth_of(cell, ratios)}
                    for cell in grid["cells"]
                    if (cell["segment"], cell["product_line"]) in keys
                ],
                "totals": grid["totals"],
                "lists": grid["lists"],
            }
        )


class PriorityParts(serializers.Serializer[Any]):
    """gap × (1 + number of factors) × position_factor"""

    gap = Money(allow_null=True)
    factors = GridFactor(many=True)
    position = Text()
    position_factor = Ratio()
    value = Ratio(allow_null=True)
    rank = Whole(allow_null=True)
    ranked_cells = Whole(help_text="How many cells of the account have a rank.")


class OpenSpaceCellApi(KamApi):
    """One cell with the reason of every figure: what it stands on, why it ranks where it does, its worth."""

    permissions = {"GET": "accounts.view"}
    errors = (404,)

    class Query(StrictSerializer):
        segment = Id(required=False, help_text="Omitted = the whole account.")
        product_line = Id()

    class Output(serializers.Serializer[Any]):
        cell = GridCell()
        segment_name = Text()
        product_line_name = Text()
        currency = Text()
        window = Window()
        sold_elsewhere = Money(help_text="Current sales of the line in other segments of this account.")
        priority = PriorityParts()
        worth = CellWorth()
        ratios_as_of = Day(allow_null=True)
        sentences = serializers.ListField(child=serializers.CharField())

    @extend_schema(parameters=[Query])
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        account = account_of(self, pk)
        asked = self.parse_query(request, self.Query)
        found = cell_explained(
            account=account, segment=asked.get("segment"), product_line=asked["product_line"]
        )
        if found is None:
            raise InvalidInputError.of("product_line", "There is no such cell in this grid.", "unknown")
        return Response(found)
