"""`simulations/clv/`: what a lifetime value would be; nothing is stored (K3)."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kam.common.api.fields import Choice, Money, MoneyInput, Ratio, StrictSerializer, Whole
from kam.common.api.views import KamApi
from kam.tenancy.models import TenantSettings
from kam.tenancy.selectors import tenant_settings
from metrics.services.simulation import clv_simulate


class SimulatedYear(serializers.Serializer[Any]):
    year = Whole()
    margin = Money()
    retained = Ratio(help_text="Probability that the customer is still there.")
    present_value = Money()


class ClvSimulationApi(KamApi):
    """What is omitted is the tenant's default. A sum for ever that diverges answers 422 `diverges`."""

    permissions = {"POST": "simulations.run"}
    keeps_answers = False

    class Input(StrictSerializer):
        annual_margin = MoneyInput()
        retention = Ratio(required=False, min_value=0, max_value=1)
        discount_rate = Ratio(required=False, min_value=0, max_value=5)
        growth = Ratio(required=False, min_value=-1, max_value=5)
        horizon_years = Whole(
            required=False, allow_null=True, min_value=1, max_value=100, help_text="null = for ever"
        )
        acquisition_cost = MoneyInput(required=False, min_value=0)
        timing = Choice(choices=TenantSettings.ClvTiming.choices, required=False)

    class Output(serializers.Serializer[Any]):
        clv = Money()
        multiplier = Ratio()
        timing = Choice(choices=TenantSettings.ClvTiming.choices)
        yearly = SimulatedYear(many=True)

    errors = (422,)

    def post(self, request: Request) -> Response:
        return Response(clv_simulate(settings=tenant_settings(), values=self.parse(request)))
