"""`opportunities/`: leads and qualified opportunities (K19); `step-resources/`: what each stage needs (K11)."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kam.common.api.fields import (
    Choice,
    Code,
    Day,
    Flag,
    Id,
    Money,
    MoneyInput,
    Ratio,
    StrictSerializer,
    Text,
    Whole,
    read_only,
)
from kam.common.api.filters import DayFilter, Filter, FlagFilter, IdFilter, ListQuery, NullFilter
from kam.common.api.views import CreateListApi, DetailApi, KamApi
from opportunities.models import Answer, Direction, Opportunity, Outcome, Stage, Status, StepResource
from opportunities.selectors import opportunity_visible, step_resource_list, step_resources
from opportunities.services import (
    opportunity_create,
    opportunity_delete,
    opportunity_update,
    step_resource_add,
    step_resource_delete,
    step_resource_update,
    step_resources_reset,
)


class OpportunityOutput(serializers.Serializer[Any]):
    """Money in `currency`, for the first year; ratios are numbers; null = not known."""

    id = Id()
    account = Id(source="account_id")
    name = Text()
    status = Choice(choices=Status.choices, help_text="Qualified = CABS is answered yes four times.")
    compelling_reason = Choice(choices=Answer.choices)
    authority = Choice(choices=Answer.choices)
    budget = Choice(choices=Answer.choices)
    allies = Choice(choices=Answer.choices)
    stage = Choice(choices=Stage.choices)
    direction = Choice(choices=Direction.choices)
    amount = Money(allow_null=True)
    currency = Text(help_text="ISO 4217")
    expected_margin = Ratio(allow_null=True, help_text="Ratio of the amount.")
    probability = Ratio(allow_null=True)
    close_date = Day(allow_null=True, help_text="When it is expected to be decided.")
    product_line = Id(source="product_line_id", allow_null=True)
    segment = Id(source="segment_id", allow_null=True)
    competitor = Text(allow_null=True)
    notes = Text(allow_null=True)
    owner = Id(source="owner.user_id", allow_null=True, help_text="User id of a member.")
    owner_name = Text(source="owner.user.name", allow_null=True)
    outcome = Choice(choices=Outcome.choices, allow_null=True, help_text="null = open")
    outcome_reason = Text(allow_null=True)
    closed_on = Day(allow_null=True)
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class OpportunityInput(StrictSerializer):
    """What may be written. Omitted = as it is; null = not known. `status` is what CABS makes it."""

    account = Id()
    name = Text(max_length=200)
    status = Choice(choices=Status.choices, required=False)
    compelling_reason = Choice(choices=Answer.choices, required=False)
    authority = Choice(choices=Answer.choices, required=False)
    budget = Choice(choices=Answer.choices, required=False)
    allies = Choice(choices=Answer.choices, required=False)
    stage = Choice(choices=Stage.choices, required=False)
    direction = Choice(choices=Direction.choices, required=False)
    amount = MoneyInput(allow_null=True, required=False, min_value=0)
    currency = Code(
        r"^([A-Z]{3})?$", "a currency code of three capitals, such as EUR", allow_null=True, required=False
    )
    expected_margin = Ratio(allow_null=True, required=False, min_value=-1, max_value=1)
    probability = Ratio(allow_null=True, required=False, min_value=0, max_value=1)
    close_date = Day(allow_null=True, required=False)
    product_line = Id(allow_null=True, required=False)
    segment = Id(allow_null=True, required=False)
    competitor = Text(max_length=120, allow_null=True, required=False)
    notes = Text(max_length=8000, allow_null=True, required=False)
    owner = Id(allow_null=True, required=False)
    outcome = Choice(choices=Outcome.choices, allow_null=True, required=False)
    outcome_reason = Text(max_length=2000, allow_null=True, required=False)
    closed_on = Day(allow_null=True, required=False)


OpportunityInput.ignored = read_only(OpportunityOutput, OpportunityInput)

ORDERING = ("name", "stage", "status", "amount", "probability", "close_date", "created_at", "updated_at")


class OutcomeFilter(Filter):
    """`open` = none yet."""

    def condition(self, value: Any) -> Any:
        return super().condition("" if value == "open" else value)


class OpportunityListApi(CreateListApi):
    permissions = {"GET": "accounts.view", "POST": "accounts.change"}
    Input, Output = OpportunityInput, OpportunityOutput
    query = ListQuery(
        filters={
            "account": IdFilter("account_id"),
            "status": Filter("status", Status.values),
            "stage": Filter("stage", Stage.values),
            "direction": Filter("direction", Direction.values),
            "outcome": OutcomeFilter("outcome", ["open", *Outcome.values], help="open = not ended yet."),
            "owner": IdFilter("owner__user_id"),
            "product_line": IdFilter("product_line_id"),
            "segment": IdFilter("segment_id"),
            "whole_account": NullFilter("segment", help="Only those of no segment, or only the others."),
            "close_from": DayFilter("close_date__gte"),
            "close_to": DayFilter("close_date__lte"),
        },
        search=("name", "notes", "competitor"),
        ordering={name: name for name in ORDERING},
        default="-created_at",
    )

    def rows(self) -> Any:
        return opportunity_visible(self.principal)

    def create(self, values: dict[str, Any]) -> Opportunity:
        return opportunity_create(principal=self.principal, values=values)


class OpportunityDetailApi(DetailApi):
    permissions = {"GET": "accounts.view", "PATCH": "accounts.change", "DELETE": "accounts.change"}
    Input, Output = OpportunityInput, OpportunityOutput

    def rows(self) -> Any:
        return opportunity_visible(self.principal).select_related("account")

    def update(self, obj: Opportunity, values: dict[str, Any], if_match: Any) -> None:
        opportunity_update(principal=self.principal, opportunity=obj, values=values, if_match=if_match)

    def remove(self, obj: Opportunity, if_match: Any) -> None:
        opportunity_delete(principal=self.principal, opportunity=obj, if_match=if_match)


class StepResourceOutput(serializers.Serializer[Any]):
    """What of ours a buying stage needs; `is_person` false: trial products, material, equipment."""

    id = Id()
    stage = Choice(choices=Stage.choices)
    resource = Text()
    is_person = Flag()
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class StepResourceInput(StrictSerializer):
    stage = Choice(choices=Stage.choices)
    resource = Text(max_length=120)
    is_person = Flag(required=False)


StepResourceInput.ignored = read_only(StepResourceOutput, StepResourceInput)


class StepResourceListApi(CreateListApi):
    """The tenant's own rows. None: it works with the product's table, which `step-resources/table/` tells, and
    which the first POST makes its own."""

    permissions = {"GET": "catalogue.view", "POST": "settings.change"}
    Input, Output = StepResourceInput, StepResourceOutput
    query = ListQuery(
        filters={"stage": Filter("stage", Stage.values), "is_person": FlagFilter("is_person")},
        search=("resource",),
        ordering={name: name for name in ("stage", "resource", "created_at")},
        default="created_at",
    )

    def rows(self) -> Any:
        return step_resource_list()

    def create(self, values: dict[str, Any]) -> StepResource:
        return step_resource_add(principal=self.principal, values=values)


class StepResourceDetailApi(DetailApi):
    permissions = {"GET": "catalogue.view", "PATCH": "settings.change", "DELETE": "settings.change"}
    Input, Output = StepResourceInput, StepResourceOutput

    def rows(self) -> Any:
        return step_resource_list()

    def update(self, obj: StepResource, values: dict[str, Any], if_match: Any) -> None:
        step_resource_update(principal=self.principal, row=obj, values=values, if_match=if_match)

    def remove(self, obj: StepResource, if_match: Any) -> None:
        step_resource_delete(principal=self.principal, row=obj, if_match=if_match)


class StageNeedOutput(serializers.Serializer[Any]):
    id = Id(allow_null=True, help_text="null = from the product’s table.")
    resource = Text()
    is_person = Flag()


class StageNeedsOutput(serializers.Serializer[Any]):
    stage = Choice(choices=Stage.choices)
    resources = StageNeedOutput(many=True)


class StepTableOutput(serializers.Serializer[Any]):
    """The table as it counts: all eight stages in their order (K11, K18)."""

    is_own = Flag(help_text="false = the product’s table.")
    stages = StageNeedsOutput(many=True)


class StepTableApi(KamApi):
    """DELETE goes back to the product's table."""

    permissions = {"GET": "catalogue.view", "DELETE": "settings.change"}
    Output = StepTableOutput

    def get(self, request: Request) -> Response:
        table = step_resources()
        stages = [
            {
                "stage": stage,
                "resources": [
                    {"id": one.id, "resource": one.name, "is_person": one.is_person} for one in needed
                ],
            }
            for stage, needed in table.items()
        ]
        is_own = any(one.id is not None for needed in table.values() for one in needed)
        return Response({"is_own": is_own, "stages": stages})

    def delete(self, request: Request) -> Response:
        step_resources_reset(principal=self.principal)
        return Response(status=204)
