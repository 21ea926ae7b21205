"""`accounts/{id}/standing/`, `…/positioning/`, `…/alignment/`: an account's alignment as a whole (K9, K11, K16)."""

import uuid
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from accounts.selectors.accounts import account_find
from buying_center.alignments import CHOICES, alignments
from buying_center.models import WEIGHT_FACTORS, BuyingRole, ConnectionLayer
from buying_center.network.positioning import weight_of
from buying_center.selectors.centre import centre_rows
from buying_center.selectors.standing import depth_of, positioning_of, sheet_tag, standing_of
from buying_center.services.standing import positioning_update, standing_update
from kam.common.api.fields import Choice, Day, Flag, Id, Ratio, StrictSerializer, Text, Whole
from kam.common.api.views import KamApi


class _SheetApi(KamApi):
    """Of each account there is one; before anybody saves it, it is there with version 0 and nothing in it."""

    tagged_object = True
    errors = (404,)

    def account(self, request: Request, pk: uuid.UUID) -> Account:
        account = account_find(self.principal, pk)
        if account is None:
            raise Http404
        self.check_object_permissions(request, account)
        return account


class RoleReachOutput(serializers.Serializer[Any]):
    """A role that somebody holds, and how well we know whom we know best in it (0–5; 3 counts as reached)."""

    role = Choice(choices=BuyingRole.choices)
    contact = Id()
    strength = Whole()
    reached = Flag()


class StandingApi(_SheetApi):
    """The depth of the connection, computed on two facets, beside the layer that is stated (K16)."""

    permissions = {"GET": "accounts.view", "PATCH": "accounts.change"}

    class Input(StrictSerializer):
        stated_layer = Choice(choices=ConnectionLayer.choices, allow_null=True, required=False)
        vendor_tier = Whole(min_value=1, max_value=3, allow_null=True, required=False)
        cross_sell_scope = Text(max_length=500, allow_null=True, required=False)
        lead_mix = Text(max_length=500, allow_null=True, required=False)

    class Output(serializers.Serializer[Any]):
        account = Id()
        relationship_layer = Choice(choices=ConnectionLayer.choices, allow_null=True)
        economic_layer = Choice(choices=ConnectionLayer.choices, allow_null=True)
        computed_layer = Choice(
            choices=ConnectionLayer.choices, allow_null=True, help_text="The lower of the two facets."
        )
        stated_layer = Choice(choices=ConnectionLayer.choices, allow_null=True)
        steps_above = Whole(
            allow_null=True, help_text="Layers by which what is stated lies above what is computed."
        )
        roles = RoleReachOutput(many=True)
        vendor_tier = Whole(allow_null=True, help_text="3, 2 or 1, the closest.")
        cross_sell_scope = Text(allow_null=True)
        lead_mix = Text(allow_null=True)
        stated_on = Day(allow_null=True)
        version = Whole()

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return self._show(request, self.account(request, pk))

    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        account = self.account(request, pk)
        standing_update(
            principal=self.principal,
            account=account,
            values=self.parse(request, partial=True),
            if_match=self.if_match(request),
        )
        return self._show(request, account)

    def _show(self, request: Request, account: Account) -> Response:
        standing = standing_of(account)
        found = depth_of(centre_rows(account.pk), standing)
        body = {
            "account": account.pk,
            "relationship_layer": found.relationship,
            "economic_layer": found.economic,
            "computed_layer": found.overall,
            "stated_layer": standing.stated_layer or None,
            "steps_above": found.against(standing.stated_layer),
            "roles": [
                {
                    "role": role.role,
                    "contact": role.who,
                    "strength": role.strength,
                    "reached": role.is_reached,
                }
                for role in found.roles
            ],
            "vendor_tier": standing.vendor_tier,
            "cross_sell_scope": standing.cross_sell_scope or None,
            "lead_mix": standing.lead_mix or None,
            "stated_on": standing.stated_on,
            "version": standing.version,
        }
        return self.tagged(request, body, sheet_tag(account.pk, standing.version))


def _score() -> Whole:
    return Whole(min_value=0, max_value=10, allow_null=True, required=False)


class PositioningApi(_SheetApi):
    """How the customer weighs us as a supplier: six factors 0–10, and its relative spend where it is judged (K9).

    Where we stand in the matrix: `portfolio/matrix/?kind=positioning`.
    """

    permissions = {"GET": "accounts.view", "PATCH": "accounts.change"}

    class Input(StrictSerializer):
        technology = _score()
        brands = _score()
        savings = _score()
        few_competitors = _score()
        switching_time = _score()
        our_investment = _score()
        relative_spend = _score()
        evidence = Text(max_length=2000, allow_null=True, required=False)

    class Output(serializers.Serializer[Any]):
        account = Id()
        technology = Whole(allow_null=True)
        brands = Whole(allow_null=True)
        savings = Whole(allow_null=True)
        few_competitors = Whole(allow_null=True)
        switching_time = Whole(allow_null=True)
        our_investment = Whole(allow_null=True)
        relative_spend = Whole(allow_null=True, help_text="0–10, where it is not computed.")
        weight = Ratio(allow_null=True, help_text="Mean of the judged factors; null below three of them.")
        evidence = Text(allow_null=True)
        judged_on = Day(allow_null=True)
        version = Whole()

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return self._show(request, self.account(request, pk))

    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        account = self.account(request, pk)
        positioning_update(
            principal=self.principal,
            account=account,
            values=self.parse(request, partial=True),
            if_match=self.if_match(request),
        )
        return self._show(request, account)

    def _show(self, request: Request, account: Account) -> Response:
        sheet = positioning_of(account)
        factors = {name: getattr(sheet, name) for name in WEIGHT_FACTORS}
        body = {
            "account": account.pk,
            **factors,
            "relative_spend": sheet.relative_spend,
            "weight": weight_of(factors)[0],
            "evidence": sheet.evidence or None,
            "judged_on": sheet.judged_on,
            "version": sheet.version,
        }
        return self.tagged(request, body, sheet_tag(account.pk, sheet.version))


class AlignmentScoreOutput(serializers.Serializer[Any]):
    key = Choice(choices=CHOICES)
    score = Ratio(allow_null=True, help_text="0–1; null = not known.")
    reason = Text()
    weakest = Flag()


class AlignmentApi(KamApi):
    """The three alignments of an account, the weakest first, what is not known last (K11)."""

    permissions = {"GET": "accounts.view"}
    errors = (404,)

    class Output(serializers.Serializer[Any]):
        account = Id()
        weakest = Choice(choices=CHOICES, allow_null=True)
        alignments = AlignmentScoreOutput(many=True)

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        account = account_find(self.principal, pk)
        if account is None:
            raise Http404
        found = alignments(self.principal, account)
        rows = [
            {
                "key": one.key,
                "score": one.score,
                "reason": one.found.reason,
                "weakest": one.is_weakest,
            }
            for one in found
        ]
        weak = next((one.key for one in found if one.is_weakest), None)
        return Response({"account": account.pk, "weakest": weak, "alignments": rows})
