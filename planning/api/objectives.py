"""`objectives/`: what we want to reach with an account, and by when (K5, K17, K26)."""

from typing import Any

from rest_framework import serializers

from accounts.models import Horizon
from kam.common.api.fields import Choice, Day, Id, Money, MoneyInput, StrictSerializer, Text, Whole, read_only
from kam.common.api.filters import Filter, IdFilter, ListQuery
from kam.common.api.views import CreateListApi, DetailApi
from kam.tenancy.api_history import HistoryApi
from planning.models import GrowthMove, GrowthSource, Objective, ObjectiveStatus, ObjectiveType
from planning.selectors.objectives import objective_visible, with_factor_ids
from planning.services.objectives import objective_create, objective_delete, objective_update


class ObjectiveOutput(serializers.Serializer[Any]):
    id = Id()
    account = Id(source="account_id")
    title = Text()
    description = Text(allow_null=True)
    horizon = Choice(choices=Horizon.choices)
    type = Choice(choices=ObjectiveType.choices)
    growth_source = Choice(choices=GrowthSource.choices, allow_null=True, help_text="Only of type grow.")
    growth_move = Choice(choices=GrowthMove.choices, allow_null=True, help_text="Only of type grow.")
    measure = Text(allow_null=True, help_text="What the target amount counts.")
    target_amount = Money(allow_null=True, help_text="Base currency.")
    target_date = Day(allow_null=True)
    status = Choice(choices=ObjectiveStatus.choices)
    owner = Id(source="owner.user_id", allow_null=True, help_text="User id of a member.")
    owner_name = Text(source="owner.user.name", allow_null=True)
    success_factors = serializers.ListField(child=Id(), source="factor_ids")
    position = Whole()
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ObjectiveInput(StrictSerializer):
    account = Id()
    title = Text(max_length=200)
    description = Text(max_length=4000, allow_null=True, required=False)
    horizon = Choice(choices=Horizon.choices)
    type = Choice(choices=ObjectiveType.choices)
    growth_source = Choice(choices=GrowthSource.choices, allow_null=True, allow_blank=True, required=False)
    growth_move = Choice(choices=GrowthMove.choices, allow_null=True, allow_blank=True, required=False)
    measure = Text(max_length=200, allow_null=True, required=False)
    target_amount = MoneyInput(allow_null=True, required=False, min_value=0)
    target_date = Day(allow_null=True, required=False)
    status = Choice(choices=ObjectiveStatus.choices, required=False)
    owner = Id(allow_null=True, required=False)
    success_factors = serializers.ListField(child=Id(), max_length=50, required=False)
    position = Whole(required=False, min_value=0)


ObjectiveInput.ignored = read_only(ObjectiveOutput, ObjectiveInput)


class ObjectiveListApi(CreateListApi):
    permissions = {"GET": "accounts.view", "POST": "accounts.change"}
    Input, Output = ObjectiveInput, ObjectiveOutput
    query = ListQuery(
        filters={
            "account": IdFilter("account_id"),
            "owner": IdFilter("owner__user_id"),
            "horizon": Filter("horizon", Horizon.values),
            "type": Filter("type", ObjectiveType.values),
            "status": Filter("status", ObjectiveStatus.values),
            "success_factor": IdFilter("factors__factor_id"),
        },
        search=("title", "measure"),
        ordering={name: name for name in ("position", "title", "target_date", "created_at")},
        default="position",
    )

    def rows(self) -> Any:
        return with_factor_ids(objective_visible(self.principal))

    def create(self, values: dict[str, Any]) -> Objective:
        return objective_create(principal=self.principal, values=values)


class ObjectiveDetailApi(DetailApi):
    permissions = {"GET": "accounts.view", "PATCH": "accounts.change", "DELETE": "accounts.change"}
    Input, Output = ObjectiveInput, ObjectiveOutput

    def rows(self) -> Any:
        return with_factor_ids(objective_visible(self.principal).select_related("account"))

    def update(self, obj: Objective, values: dict[str, Any], if_match: Any) -> None:
        objective_update(principal=self.principal, objective=obj, values=values, if_match=if_match)

    def remove(self, obj: Objective, if_match: Any) -> None:
        objective_delete(principal=self.principal, objective=obj, if_match=if_match)


class ObjectiveHistoryApi(HistoryApi):
    permissions = {"GET": "accounts.view"}
    model = Objective

    def rows(self) -> Any:
        return objective_visible(self.principal)
