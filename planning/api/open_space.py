"""`accounts/{id}/open-space/`: the grid of one account (K6)."""

import uuid
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account, Horizon, SuccessFactor
from accounts.selectors.accounts import account_find
from kam.common.api.etag import IfMatch, version_tag
from kam.common.api.fields import (
    Choice,
    Day,
    Id,
    Money,
    MoneyInput,
    Objects,
    Ratio,
    StrictSerializer,
    Text,
    Whole,
)
from kam.common.api.kept import Encoded, KeptAnswers
from kam.common.api.prefer import MINIMAL, prefers_minimal
from kam.common.api.renderers import json_bytes
from kam.common.api.rows import read_rows
from kam.common.api.views import KamApi
from opportunities.api import OpportunityOutput
from opportunities.selectors import opportunity_visible
from planning.models import GrowthType, Position
from planning.selectors.open_space import grid_of, stored_cells
from planning.selectors.open_space_facts import Facts, open_space_facts, open_space_outline
from planning.selectors.open_space_stamp import read_stamp
from planning.selectors.open_space_tag import open_space_tag
from planning.services.open_space import open_space_patch
from planning.services.push import open_space_push

MAX_CELLS = 20_000
# A grid is read far more often than it is changed: by everybody who opens it, and by each open page once a minute.
_answers = KeptAnswers(megabytes=24)


class GridRow(serializers.Serializer[Any]):
    id = Id(allow_null=True, help_text="null = the whole-account row")
    external_id = Text(allow_null=True)
    name = Text()
    kind = Text(allow_null=True)
    parent = Id(allow_null=True)  # type: ignore[assignment]


class GridLine(serializers.Serializer[Any]):
    id = Id()
    external_id = Text(allow_null=True)
    name = Text()
    kind = Choice(choices=[("catalogue", "Catalogue"), ("idea", "Idea")])
    business_unit = Id(allow_null=True)
    business_unit_name = Text(allow_null=True)


class Totals(serializers.Serializer[Any]):
    current = Money()
    current_fiscal_year = Money()
    potential = Money(allow_null=True)
    potential_entered = Money(allow_null=True)
    gap = Money(allow_null=True)


class RowTotals(Totals):
    segment = Id(allow_null=True)


class ColumnTotals(Totals):
    product_line = Id()


class UnitTotals(Totals):
    business_unit = Id(allow_null=True)
    name = Text(allow_null=True)


class GridTotals(serializers.Serializer[Any]):
    rows = RowTotals(many=True)
    columns = ColumnTotals(many=True)
    business_units = UnitTotals(many=True)
    grand = Totals()


class CellKey(serializers.Serializer[Any]):
    segment = Id(allow_null=True)
    product_line = Id()


class GridLists(serializers.Serializer[Any]):
    unserved = CellKey(many=True)
    strategic_open = CellKey(many=True)
    competitor_advantaged = CellKey(many=True)


class GridFactor(serializers.Serializer[Any]):
    id = Id()
    title = Text()
    kind = Choice(choices=SuccessFactor.Kind.choices)
    owner_name = Text(allow_null=True, help_text="On the customer's side.")
    horizon = Choice(choices=Horizon.choices, allow_null=True)


class Window(serializers.Serializer[Any]):
    first_month = Day()
    last_month = Day()


class Windows(serializers.Serializer[Any]):
    trailing = Window()
    fiscal_year = Window(help_text="The last one that is over.")


class PositionFactors(serializers.Serializer[Any]):
    ours = Ratio()
    contested = Ratio()
    competitor = Ratio()
    unknown = Ratio()


class GridCell(CellKey):
    """Money per year in the base currency; null = nothing is known."""

    current = Money(help_text="Trailing 12 months, credits included.")
    current_fiscal_year = Money(help_text="Last complete fiscal year; for display, gaps never use it.")
    potential = Money(allow_null=True)
    probability = Ratio(allow_null=True)
    probability_assumed = serializers.BooleanField()
    gap = Money(allow_null=True)
    growth_type = Choice(choices=GrowthType.choices)
    growth_type_override = Choice(choices=GrowthType.choices, allow_null=True)
    position = Choice(choices=Position.choices)
    position_factor = Ratio(help_text="The tenant's setting for that position.")
    competitor = Text(allow_null=True)
    csfs = serializers.ListField(child=Id(), help_text="Open success factors that it serves.")
    priority = Ratio(allow_null=True, help_text="gap × (1 + number of csfs) × position_factor")
    rank = Whole(allow_null=True)
    basis = Choice(choices=[("entered", "Entered"), ("estimated", "Estimated")], allow_null=True)
    buyers = Whole(allow_null=True, help_text="How many accounts stand behind an estimate.")
    contract_end = Day(allow_null=True)
    opportunity = Id(allow_null=True)
    note = Text(allow_null=True)
    owner = Id(allow_null=True, help_text="User id of a member.")
    owner_name = Text(allow_null=True)
    version = Whole(allow_null=True)
    changed_by = Id(allow_null=True)
    changed_by_name = Text(allow_null=True)
    changed_at = serializers.DateTimeField(allow_null=True)


class CellInput(StrictSerializer):
    """One cell. What is omitted stays; null clears."""

    segment = Id(allow_null=True, required=False, default=None)
    product_line = Id()
    potential = MoneyInput(allow_null=True, required=False, min_value=0)
    probability = Ratio(allow_null=True, required=False, min_value=0, max_value=1)
    competitor = Text(max_length=120, allow_null=True, required=False)
    position = Choice(choices=Position.choices, allow_null=True, required=False)
    contract_end = Day(allow_null=True, required=False)
    growth_type = Choice(choices=GrowthType.choices, allow_null=True, required=False)
    growth_type_override = Choice(choices=GrowthType.choices, allow_null=True, required=False)
    csfs = serializers.ListField(
        child=Id(), max_length=100, allow_null=True, required=False, help_text="Replaces those it served."
    )
    note = Text(max_length=4000, allow_null=True, required=False)
    owner = Id(allow_null=True, required=False)


CellInput.ignored = frozenset(GridCell().fields) - frozenset(CellInput().fields)


class OpenSpaceApi(KamApi):
    """The grid. Its ETag covers all that it shows; a write needs it (428) and is refused when it is stale.

    A 412 lists, in `cells`, what is stored now in every submitted cell and who changed it when. A PATCH with
    `Prefer: return=minimal` is answered with that list alone, and says so in `Preference-Applied`, unless more of
    the grid than these cells may have changed in a way that only the server knows: then, as without, all of it.
    """

    permissions = {"GET": "accounts.view", "PATCH": "accounts.change"}
    requires_if_match = True
    tagged_object = True
    errors = (404,)

    class Input(StrictSerializer):
        cells = Objects(child=CellInput(), max_length=MAX_CELLS)

    class Output(serializers.Serializer[Any]):
        account = Id()
        currency = Text(help_text="The tenant's base currency.")
        reference_date = Day()
        windows = Windows()
        position_factors = PositionFactors()
        default_probability = Ratio()
        success_factors = GridFactor(many=True)
        segments = GridRow(many=True)
        product_lines = GridLine(many=True)
        cells = GridCell(many=True)
        totals = GridTotals()
        lists = GridLists()

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        account = account_of(self, pk)
        outline = open_space_outline(account)
        tag = open_space_tag(outline)
        answer = _answers.get(tag)
        if answer is None:
            answer = _answer(open_space_facts(account, outline))
            # Kept only where nobody changed anything while it was read.
            if read_stamp(account, outline.settings) == outline.stamp:
                _answers.keep(tag, answer)
        return self.tagged(request, answer, tag)

    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        account = account_of(self, pk)
        self.check_object_permissions(request, account)
        if_match = self.if_match(request)
        assert isinstance(if_match, IfMatch), "This view requires the header."
        cells = self.parse(request)["cells"]
        brief = prefers_minimal(request.headers.get("Prefer"))
        facts = open_space_patch(
            principal=self.principal, account=account, cells=cells, if_match=if_match, brief=brief
        )
        tag = open_space_tag(facts)
        if not brief or facts.whole:
            return self.tagged(request, _answer(facts), tag)
        keys = [(cell["segment"], cell["product_line"]) for cell in cells]
        answer = {"cells": stored_cells(facts, keys, money=str)}
        response = self.tagged(request, Encoded(json_bytes(answer)), tag)
        response["Preference-Applied"] = MINIMAL
        return response


def _answer(facts: Facts) -> Encoded:
    """The grid as it is sent. Every amount of it has four decimals, so `str` writes no exponent."""
    return Encoded(json_bytes(grid_of(facts, money=str)))


class OpenSpacePushApi(KamApi):
    """Make a push opportunity from a cell: 201 the linked one, again 200 the same one."""

    permissions = {"POST": "accounts.change"}
    errors = (404,)

    class Input(StrictSerializer):
        segment = Id(allow_null=True, required=False, default=None, help_text="null = the whole account")
        product_line = Id()

    Output = OpportunityOutput

    @extend_schema(responses={200: OpportunityOutput, 201: OpportunityOutput})
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        account = account_of(self, pk)
        self.check_object_permissions(request, account)
        cell = self.parse(request)
        opportunity, created = open_space_push(principal=self.principal, account=account, **cell)
        rows = read_rows(opportunity_visible(self.principal).filter(pk=opportunity.pk), OpportunityOutput)
        tag = version_tag(rows[0]["id"], rows[0]["version"])
        return self.tagged(request, rows[0], tag, status=201 if created else 200)


def account_of(view: KamApi, pk: uuid.UUID) -> Account:
    """The account that a path names. Raises Http404."""
    account = account_find(view.principal, pk)
    if account is None:
        raise Http404
    return account
