"""`portfolio/…`: the customer base as an asset (K2, K3, K4, K8, K31, K34)."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kam.common.api.fields import Choice, Day, Flag, Id, Money, Ratio, StrictSerializer, Text, Whole
from kam.common.api.views import KamApi
from kam.common.errors import InvalidInputError
from kam.tenancy.reference import end_of_month, reference_date
from kam.tenancy.selectors import tenant_settings
from metrics.selectors.control import MEASURES as GROWTH_MEASURES
from metrics.selectors.control import control_group_growth
from metrics.selectors.matrices import KINDS, portfolio_matrix
from metrics.selectors.pareto import MEASURES, portfolio_pareto
from metrics.selectors.portfolio import filter_for, portfolio_summary, snapshot_current
from metrics.services.requests import FIRST_DATE, LAST_DATE


class QueryFlag(serializers.ChoiceField):
    """true or false in a query string."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=["true", "false"], **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return bool(super().to_internal_value(data) == "true")


class PortfolioQuery(StrictSerializer):
    """Filters that every portfolio endpoint takes."""

    country = Text(required=False, max_length=2)
    industry = Text(required=False, max_length=120)
    owner = Id(required=False, help_text="User id")
    key = QueryFlag(required=False, help_text="true = key accounts only, false = the others")


class LevelOutput(serializers.Serializer[Any]):
    level = Ratio()
    rank = Whole(allow_null=True)
    account = Id(allow_null=True)
    name = Text(allow_null=True)


class ConcentrationOutput(serializers.Serializer[Any]):
    measure = Text()
    months = Whole()
    accounts = Whole()
    total = Money()
    gini = Ratio(allow_null=True)
    hhi = Ratio(allow_null=True)
    levels = LevelOutput(many=True)
    top = serializers.DictField(child=Ratio(allow_null=True), help_text="Share of the first 1, 5, 10, 20.")


class GrowthOutput(serializers.Serializer[Any]):
    key = Ratio(allow_null=True)
    rest = Ratio(allow_null=True)
    all = Ratio(allow_null=True)


class GrowthsOutput(serializers.Serializer[Any]):
    net_sales = GrowthOutput()
    contribution = GrowthOutput()


class PortfolioSummaryApi(KamApi):
    """Totals of the portfolio, of sums over accounts whose figure is known; `unknown` counts the others."""

    permissions = {"GET": "portfolio.view"}

    class Output(serializers.Serializer[Any]):
        reference_date = Day()
        computed_at = serializers.DateTimeField(allow_null=True)
        currency = Text()
        stale = Flag()
        accounts = Whole()
        accounts_sold_12m = Whole()
        key_accounts = Whole()
        customer_equity = Money(allow_null=True)
        total_upv = Money(allow_null=True)
        upv_annual = Money(allow_null=True)
        upv_expected_annual = Money(allow_null=True)
        upv_entered = Money(allow_null=True)
        upv_estimated = Money(allow_null=True)
        net_sales_12m = Money(allow_null=True)
        net_sales_prior_12m = Money(allow_null=True)
        gross_margin_12m = Money(allow_null=True)
        cost_to_serve_12m = Money(allow_null=True)
        contribution_12m = Money(allow_null=True)
        contribution_prior_12m = Money(allow_null=True)
        contribution_ratio = Ratio(allow_null=True)
        unknown = serializers.DictField(child=Whole())
        potential_entered_accounts = Whole()
        potential_estimated_accounts = Whole()
        concentration = ConcentrationOutput()
        growth = GrowthsOutput()
        loyalty = serializers.DictField(child=Whole())
        dubinsky_ingram = serializers.DictField(child=Whole())
        volume = serializers.DictField(child=Whole())

    @extend_schema(parameters=[PortfolioQuery])
    def get(self, request: Request) -> Response:
        values = self.parse_query(request, PortfolioQuery)
        return Response(portfolio_summary(filter_for(self.principal, values)))


class CurvePointOutput(serializers.Serializer[Any]):
    rank = Whole()
    account = Id()
    name = Text()
    value = Money()
    share = Ratio(allow_null=True, help_text="Cumulative, of the sum of positive values.")


class PortfolioParetoApi(KamApi):
    """Accounts ranked by a measure with their cumulative share (K2)."""

    permissions = {"GET": "portfolio.view"}

    class Query(PortfolioQuery):
        measure = Choice(choices=MEASURES, required=False, default="net_sales")
        months = serializers.RegexField(
            r"^[0-9]{1,3}$",
            required=False,
            help_text="1 to 120; default: the tenant's. CLV and UPV ignore it.",
        )

    class Output(serializers.Serializer[Any]):
        measure = Text()
        months = Whole()
        reference_date = Day()
        accounts = Whole()
        unknown = Whole(help_text="Accounts of the window whose measure is not known; they are not ranked.")
        total = Money()
        levels = LevelOutput(many=True)
        gini = Ratio(allow_null=True)
        hhi = Ratio(allow_null=True)
        top = serializers.DictField(child=Ratio(allow_null=True))
        curve = CurvePointOutput(many=True)

    @extend_schema(parameters=[Query])
    def get(self, request: Request) -> Response:
        values = self.parse_query(request, self.Query)
        settings = tenant_settings()
        months = int(values.get("months", settings.pareto_months))
        if not 1 <= months <= 120:
            raise InvalidInputError.of("months", "Expected a whole number from 1 to 120.", "out_of_range")
        reference = reference_date(settings)
        found = portfolio_pareto(
            values["measure"],
            months=months,
            reference=reference,
            chosen=filter_for(self.principal, values),
            full=True,
        )
        return Response(
            {"measure": values["measure"], "months": months, "reference_date": reference, **found}
        )


class AxisOutput(serializers.Serializer[Any]):
    name = Text()
    label = Text()  # type: ignore[assignment]
    unit = Text()


class AxesOutput(serializers.Serializer[Any]):
    x = AxisOutput()
    y = AxisOutput()
    size = AxisOutput()


class CutsOutput(serializers.Serializer[Any]):
    x = Ratio(allow_null=True)
    y = Ratio(allow_null=True)


class PointOutput(serializers.Serializer[Any]):
    """Coordinates are numbers, so that they can be drawn as they come."""

    account = Id()
    external_id = Text(allow_null=True)
    name = Text()
    x = Ratio()
    y = Ratio()
    size = Ratio()
    advice = Text(allow_null=True)
    key = Flag()
    hollow = Flag(help_text="The potential is estimated, nobody entered one.")
    tenure_months = Ratio(required=False, allow_null=True)
    active_share = Ratio(required=False, allow_null=True)
    basis = Text(required=False, allow_null=True)
    gain = Ratio(required=False, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "class": Text()}


class PortfolioMatrixApi(KamApi):
    """One of the matrices as points; kinds without inputs answer no points."""

    permissions = {"GET": "portfolio.view"}

    class Query(PortfolioQuery):
        kind = Choice(choices=KINDS)

    class Output(serializers.Serializer[Any]):
        kind = Choice(choices=KINDS)
        reference_date = Day(allow_null=True)
        axes = AxesOutput()
        cuts = CutsOutput()
        points = PointOutput(many=True)
        unplaced = serializers.DictField(child=Whole(), help_text="Accounts without a class, by reason.")

    @extend_schema(parameters=[Query])
    def get(self, request: Request) -> Response:
        values = self.parse_query(request, self.Query)
        snapshot = snapshot_current()
        found = portfolio_matrix(values["kind"], snapshot=snapshot, chosen=filter_for(self.principal, values))
        return Response({"reference_date": snapshot.reference_date if snapshot else None, **found})


class GroupOutput(serializers.Serializer[Any]):
    accounts = Whole()
    before = Money()
    after = Money()
    growth = Ratio(allow_null=True)


class PortfolioControlGroupApi(KamApi):
    """Growth of the key accounts against the rest: 12 months to `to` against 12 months to `from` (K31)."""

    permissions = {"GET": "portfolio.view"}

    class Query(PortfolioQuery):
        to = Day(required=False, help_text="Default: the reference date.")
        measure = Choice(choices=GROWTH_MEASURES, required=False, default="net_sales")

        def get_fields(self) -> dict[str, Any]:
            since = Day(required=False, help_text="Default: a year before `to`.")
            return {"from": since, **super().get_fields()}

    class Output(serializers.Serializer[Any]):
        measure = Text()
        to = Day()
        key = GroupOutput()
        rest = GroupOutput()
        late_joiners = GroupOutput(help_text="Became key accounts after `from`; in neither group.")
        ratio = Ratio(allow_null=True)
        difference = Ratio(allow_null=True)
        interval = serializers.ListField(child=Ratio(), allow_null=True, min_length=2, max_length=2)
        unknown = Whole()

        def get_fields(self) -> dict[str, Any]:
            return {"from": Day(), **super().get_fields()}

    @extend_schema(parameters=[Query])
    def get(self, request: Request) -> Response:
        values = self.parse_query(request, self.Query)
        for name in ("from", "to"):
            day = values.get(name)
            if day is not None and not FIRST_DATE <= day <= LAST_DATE:
                raise InvalidInputError.of(
                    name, f"Expected a date from {FIRST_DATE} to {LAST_DATE}.", "out_of_range"
                )
        end = end_of_month(values["to"]) if "to" in values else reference_date()
        start = (
            end_of_month(values["from"])
            if "from" in values
            else end_of_month(end.replace(year=end.year - 1, day=1))
        )
        if start >= end:
            raise InvalidInputError.of("from", "Expected a month before that of “to”.", "out_of_range")
        return Response(
            control_group_growth(
                values["measure"], start=start, end=end, chosen=filter_for(self.principal, values)
            )
        )
