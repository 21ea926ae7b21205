"""`success-factors/`: what decides about the customer's own success (K12)."""

from typing import Any

from rest_framework import serializers

from accounts.models import Horizon, SuccessFactor
from accounts.selectors.success_factors import success_factor_visible
from accounts.services.success_factors import (
    success_factor_create,
    success_factor_delete,
    success_factor_update,
)
from kam.common.api.fields import Choice, Id, StrictSerializer, Text, Whole, read_only
from kam.common.api.filters import Filter, IdFilter, ListQuery, NullFilter
from kam.common.api.views import CreateListApi, DetailApi
from kam.tenancy.api_history import HistoryApi


class SuccessFactorOutput(serializers.Serializer[Any]):
    id = Id()
    account = Id(source="account_id")
    title = Text()
    description = Text(allow_null=True)
    kind = Choice(choices=SuccessFactor.Kind.choices)
    owner_name = Text(allow_null=True, help_text="The executive on the customer's side.")
    owner_title = Text(allow_null=True)
    horizon = Choice(choices=Horizon.choices, allow_null=True)
    evidence = Text(allow_null=True)
    position = Whole()
    state = Choice(choices=SuccessFactor.State.choices)
    reviewed_at = serializers.DateTimeField(allow_null=True)
    reviewed_by = Id(source="reviewed_by.user_id", allow_null=True, help_text="User id of a member.")
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SuccessFactorInput(StrictSerializer):
    account = Id()
    title = Text(max_length=200)
    description = Text(max_length=4000, allow_null=True, required=False)
    kind = Choice(choices=SuccessFactor.Kind.choices, required=False)
    owner_name = Text(max_length=120, allow_null=True, required=False)
    owner_title = Text(max_length=120, allow_null=True, required=False)
    horizon = Choice(choices=Horizon.choices, allow_null=True, allow_blank=True, required=False)
    evidence = Text(max_length=4000, allow_null=True, required=False)
    position = Whole(required=False, min_value=0)
    state = Choice(choices=SuccessFactor.State.choices, required=False)


SuccessFactorInput.ignored = read_only(SuccessFactorOutput, SuccessFactorInput)


class SuccessFactorListApi(CreateListApi):
    permissions = {"GET": "accounts.view", "POST": "accounts.change"}
    Input, Output = SuccessFactorInput, SuccessFactorOutput
    query = ListQuery(
        filters={
            "account": IdFilter("account_id"),
            "kind": Filter("kind", SuccessFactor.Kind.values),
            "state": Filter("state", SuccessFactor.State.values),
            "horizon": Filter("horizon", Horizon.values),
            "never_reviewed": NullFilter(
                "reviewed_at", help="Only those nobody has reviewed, or the others."
            ),
        },
        search=("title", "owner_name", "description"),
        ordering={name: name for name in ("position", "title", "reviewed_at", "created_at")},
        default="position",
    )

    def rows(self) -> Any:
        return success_factor_visible(self.principal)

    def create(self, values: dict[str, Any]) -> SuccessFactor:
        return success_factor_create(principal=self.principal, values=values)


class SuccessFactorDetailApi(DetailApi):
    permissions = {"GET": "accounts.view", "PATCH": "accounts.change", "DELETE": "accounts.change"}
    Input, Output = SuccessFactorInput, SuccessFactorOutput

    def rows(self) -> Any:
        return success_factor_visible(self.principal).select_related("account")

    def update(self, obj: SuccessFactor, values: dict[str, Any], if_match: Any) -> None:
        success_factor_update(principal=self.principal, factor=obj, values=values, if_match=if_match)

    def remove(self, obj: SuccessFactor, if_match: Any) -> None:
        success_factor_delete(principal=self.principal, factor=obj, if_match=if_match)


class SuccessFactorHistoryApi(HistoryApi):
    permissions = {"GET": "accounts.view"}
    model = SuccessFactor

    def rows(self) -> Any:
        return success_factor_visible(self.principal)
