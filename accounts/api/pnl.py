"""`accounts/{id}/pnl/`: profit and loss of an account for a range of days (K1)."""

import uuid
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import CostCategory
from accounts.selectors.accounts import account_find
from accounts.selectors.ledger import Pnl, account_pnl, ledger_span
from kam.common.api.fields import Day, Money
from kam.common.api.views import KamApi
from kam.common.errors import InvalidInputError


class PnlQuery(serializers.Serializer[Any]):
    """Both days are included; without one, the range begins or ends with the account's ledger."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": Day(required=False), "to": Day(required=False)}


class PnlOutput(serializers.Serializer[Any]):
    """Amounts in the tenant's base currency. `cogs` and the margins are null while a line's cost of goods is
    not known; `known_margin` is the margin of the others, `known_share` (ratio) their share of net sales.
    `cogs_estimated` of the cost comes from default margins. `contribution_ratio` is null unless net sales
    are above 0."""

    account = serializers.UUIDField()
    currency = serializers.CharField()
    net_sales = Money()
    cogs = Money(allow_null=True)
    cogs_known = Money()
    cogs_estimated = Money()
    gross_margin = Money(allow_null=True)
    cost_to_serve = serializers.DictField(child=Money())
    cost_to_serve_total = Money()
    contribution_margin = Money(allow_null=True)
    contribution_ratio = serializers.FloatField(allow_null=True)
    unknown_sales = Money()
    unknown_lines = serializers.IntegerField()
    lines = serializers.IntegerField()
    known_margin = Money()
    known_share = serializers.FloatField(allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {**super().get_fields(), "from": Day(allow_null=True), "to": Day(allow_null=True)}


class AccountPnlApi(KamApi):
    permissions = {"GET": "ledger.view"}
    Output = PnlOutput

    @extend_schema(
        parameters=[
            OpenApiParameter("from", date, description="First day, included."),
            OpenApiParameter("to", date, description="Last day, included."),
        ]
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        if account_find(self.principal, pk) is None:
            raise Http404
        unknown = set(request.query_params) - {"from", "to"}
        if unknown:
            raise InvalidInputError.of(min(unknown)[:100], "There is no such parameter.", "unknown")
        query = self.parse_query(request, PnlQuery)
        first, last = query.get("from"), query.get("to")
        if first is None or last is None:
            begin, end = ledger_span(account_id=pk)
            today = date.today()  # noqa: DTZ011 - only frames an empty ledger
            first, last = (
                first or begin or min(last or today, today),
                last or end or max(first or today, today),
            )
        if first > last:
            if "from" in query and "to" in query:
                raise InvalidInputError.of("to", "The last day lies before the first.")
            first, last = (first, first) if "from" in query else (last, last)
        return Response(pnl_body(pk, account_pnl(account_id=pk, date_from=first, date_to=last)))


def pnl_body(account_id: uuid.UUID, pnl: Pnl) -> dict[str, Any]:
    """A P&L as the API answers it. Every category is named; one without an entry is a real 0."""
    return {
        "account": account_id,
        "from": pnl.date_from,
        "to": pnl.date_to,
        "currency": pnl.currency,
        "net_sales": _amount(pnl.net_sales),
        "cogs": _amount(pnl.cogs),
        "cogs_known": _amount(pnl.cogs_known),
        "cogs_estimated": _amount(pnl.cogs_estimated),
        "gross_margin": _amount(pnl.gross_margin),
        "cost_to_serve": {
            name: _amount(pnl.cost_to_serve.get(name, Decimal(0))) for name in CostCategory.values
        },
        "cost_to_serve_total": _amount(pnl.cost_to_serve_total),
        "contribution_margin": _amount(pnl.contribution_margin),
        "contribution_ratio": pnl.contribution_ratio,
        "unknown_sales": _amount(pnl.unknown_sales),
        "unknown_lines": pnl.unknown_lines,
        "lines": pnl.lines,
        "known_margin": _amount(pnl.known_margin),
        "known_share": pnl.known_share,
    }


def _amount(value: Decimal | None) -> Decimal | None:
    """The amount unrounded, with 4 decimals or, where a rate made more, with all that are not 0."""
    if value is None:
        return None
    with localcontext() as context:
        context.prec = 60
        short = value.normalize()
        return short if int(short.as_tuple().exponent) < -4 else short.quantize(Decimal("0.0001"))
