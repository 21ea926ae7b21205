"""`interfaces/`: functions of both sides facing each other (K11.1, K28)."""

from typing import Any

from rest_framework import serializers

from buying_center.models import Boundary, InterfacePair
from buying_center.selectors.interfaces import interface_visible
from buying_center.services.interfaces import interface_add, interface_remove, interface_update
from kam.common.api.fields import Choice, Id, Money, MoneyInput, StrictSerializer, Text, Whole, read_only
from kam.common.api.filters import Filter, IdFilter, ListQuery
from kam.common.api.views import CreateListApi, DetailApi


class InterfaceOutput(serializers.Serializer[Any]):
    """Savings per year in the tenant's base currency; null = not known."""

    id = Id()
    account = Id(source="account_id")
    our_function = Text()
    their_function = Text()
    status = Choice(choices=InterfacePair.Status.choices)
    owner = Id(source="owner.user_id", allow_null=True, help_text="User id of a member.")
    issue = Text(allow_null=True)
    opportunity = Text(allow_null=True, help_text="The value at this boundary.")
    boundary = Choice(choices=Boundary.choices, allow_null=True)
    saving_ours = Money(allow_null=True)
    saving_theirs = Money(allow_null=True)
    position = Whole()
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class InterfaceInput(StrictSerializer):
    account = Id()
    our_function = Text(max_length=120)
    their_function = Text(max_length=120)
    status = Choice(choices=InterfacePair.Status.choices, required=False)
    owner = Id(allow_null=True, required=False)
    issue = Text(max_length=500, allow_null=True, required=False)
    opportunity = Text(max_length=500, allow_null=True, required=False)
    boundary = Choice(choices=Boundary.choices, allow_null=True, required=False)
    saving_ours = MoneyInput(allow_null=True, required=False, min_value=0)
    saving_theirs = MoneyInput(allow_null=True, required=False, min_value=0)
    position = Whole(required=False, min_value=0, max_value=32767)


InterfaceInput.ignored = read_only(InterfaceOutput, InterfaceInput)

ORDERING = ("our_function", "their_function", "status", "position", "saving_ours", "saving_theirs")


class InterfaceListApi(CreateListApi):
    permissions = {"GET": "accounts.view", "POST": "accounts.change"}
    Input, Output = InterfaceInput, InterfaceOutput
    errors = (409,)
    query = ListQuery(
        filters={
            "account": IdFilter("account_id"),
            "status": Filter("status", InterfacePair.Status.values),
            "boundary": Filter("boundary", Boundary.values),
            "owner": IdFilter("owner__user_id"),
        },
        search=("our_function", "their_function", "issue", "opportunity"),
        ordering={name: name for name in ORDERING},
        default="position,our_function",
    )

    def rows(self) -> Any:
        return interface_visible(self.principal)

    def create(self, values: dict[str, Any]) -> InterfacePair:
        return interface_add(principal=self.principal, values=values)


class InterfaceDetailApi(DetailApi):
    permissions = {"GET": "accounts.view", "PATCH": "accounts.change", "DELETE": "accounts.change"}
    Input, Output = InterfaceInput, InterfaceOutput
    errors = (409,)

    def rows(self) -> Any:
        return interface_visible(self.principal).select_related("account")

    def update(self, obj: InterfacePair, values: dict[str, Any], if_match: Any) -> None:
        interface_update(principal=self.principal, pair=obj, values=values, if_match=if_match)

    def remove(self, obj: InterfacePair, if_match: Any) -> None:
        interface_remove(principal=self.principal, pair=obj, if_match=if_match)
