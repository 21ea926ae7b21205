"""`selling-centre/`: who of ours works for which account (K10)."""

from typing import Any

from rest_framework import serializers

from accounts.selectors.accounts import of_visible_accounts
from buying_center.models import SellingCenterMember, SellingRole
from buying_center.selectors.selling_center import selling_center_list
from buying_center.services.selling_center import (
    selling_center_add,
    selling_center_remove,
    selling_center_update,
)
from kam.common.api.fields import Choice, Day, Flag, Id, StrictSerializer, Text, Whole, read_only
from kam.common.api.filters import Filter, FlagFilter, IdFilter, ListQuery
from kam.common.api.views import CreateListApi, DetailApi


class SellingCentreOutput(serializers.Serializer[Any]):
    id = Id()
    account = Id(source="account_id")
    user = Id(source="member.user_id", help_text="User id of a member.")
    user_email = Text(source="member.user.email")
    user_name = Text(source="member.user.name", allow_null=True)
    role = Choice(choices=SellingRole.choices)
    is_lead = Flag()
    valid_from = Day(allow_null=True)
    valid_to = Day(allow_null=True)
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SellingCentreInput(StrictSerializer):
    account = Id()
    user = Id()
    role = Choice(choices=SellingRole.choices)
    is_lead = Flag(required=False)
    valid_from = Day(allow_null=True, required=False)
    valid_to = Day(allow_null=True, required=False)


SellingCentreInput.ignored = read_only(SellingCentreOutput, SellingCentreInput)


class SellingCentreListApi(CreateListApi):
    permissions = {"GET": "accounts.view", "POST": "team.change"}
    Input, Output = SellingCentreInput, SellingCentreOutput
    query = ListQuery(
        filters={
            "account": IdFilter("account_id"),
            "user": IdFilter("member__user_id"),
            "role": Filter("role", SellingRole.values),
            "is_lead": FlagFilter("is_lead"),
        },
        ordering={name: name for name in ("role", "is_lead", "valid_from", "valid_to", "created_at")},
        default="-is_lead,role",
    )

    def rows(self) -> Any:
        return of_visible_accounts(selling_center_list(), self.principal)

    def create(self, values: dict[str, Any]) -> SellingCenterMember:
        return selling_center_add(principal=self.principal, values=values)


class SellingCentreDetailApi(DetailApi):
    permissions = {"GET": "accounts.view", "PATCH": "team.change", "DELETE": "team.change"}
    Input, Output = SellingCentreInput, SellingCentreOutput

    def rows(self) -> Any:
        return of_visible_accounts(selling_center_list(), self.principal)

    def update(self, obj: SellingCenterMember, values: dict[str, Any], if_match: Any) -> None:
        selling_center_update(principal=self.principal, person=obj, values=values, if_match=if_match)

    def remove(self, obj: SellingCenterMember, if_match: Any) -> None:
        selling_center_remove(principal=self.principal, person=obj, if_match=if_match)
