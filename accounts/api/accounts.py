"""`accounts/` and `accounts/{id}/history/`."""

from typing import Any

from rest_framework import serializers

from accounts.models import Account, Ladder, ManagedAs, Tier
from accounts.selectors.accounts import account_visible
from accounts.services.accounts import account_create, account_delete, account_update
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
from kam.common.api.filters import Filter, FlagFilter, IdFilter, ListQuery
from kam.common.api.views import CreateListApi, DetailApi
from kam.tenancy.api_history import HistoryApi


class AccountOutput(serializers.Serializer[Any]):
    """An account. Money in its own currency; ratios are numbers; null = not known."""

    id = Id()
    external_id = Text(allow_null=True)
    name = Text()
    industry = Text(allow_null=True)
    country = Text(allow_null=True, help_text="ISO 3166 alpha-2")
    region = Text(allow_null=True)
    currency = Text(allow_null=True, help_text="ISO 4217; null = the tenant's base currency")
    parent = Id(source="parent_id", allow_null=True)  # type: ignore[assignment]
    customer_since = Day(allow_null=True)
    acquisition_cost = Money(allow_null=True)
    is_key_account = Flag()
    key_since = Day(allow_null=True)
    tier = Choice(choices=Tier.choices, allow_null=True)
    managed_as = Choice(choices=ManagedAs.choices, allow_null=True)
    managed_as_evidence = Text(allow_null=True)
    ladder_ours = Choice(choices=Ladder.choices, allow_null=True)
    ladder_customer = Choice(choices=Ladder.choices, allow_null=True, help_text="From the pulse survey.")
    owner = Id(source="owner.user_id", allow_null=True, help_text="User id of a member.")
    owner_email = Text(source="owner.user.email", allow_null=True)
    owner_name = Text(source="owner.user.name", allow_null=True)
    industry_volume = Money(allow_null=True)
    volume_unit = Text(allow_null=True)
    category_spend = Money(allow_null=True)
    clv_retention = Ratio(allow_null=True)
    clv_discount_rate = Ratio(allow_null=True)
    clv_growth = Ratio(allow_null=True)
    clv_horizon_years = Whole(allow_null=True)
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class AccountInput(StrictSerializer):
    """What may be written. Omitted = as it is; null or "" = not known."""

    external_id = Text(max_length=100, allow_null=True, required=False)
    name = Text(max_length=200)
    industry = Text(max_length=120, allow_null=True, required=False)
    country = Code(
        r"^([A-Z]{2})?$", "a country code of two capitals, such as NO", allow_null=True, required=False
    )
    region = Text(max_length=120, allow_null=True, required=False)
    currency = Code(
        r"^([A-Z]{3})?$", "a currency code of three capitals, such as EUR", allow_null=True, required=False
    )
    parent = Id(allow_null=True, required=False)  # type: ignore[assignment]
    customer_since = Day(allow_null=True, required=False)
    acquisition_cost = MoneyInput(allow_null=True, required=False, min_value=0)
    is_key_account = Flag(required=False)
    key_since = Day(allow_null=True, required=False)
    tier = Choice(choices=Tier.choices, allow_null=True, allow_blank=True, required=False)
    managed_as = Choice(choices=ManagedAs.choices, allow_null=True, allow_blank=True, required=False)
    managed_as_evidence = Text(max_length=2000, allow_null=True, required=False)
    ladder_ours = Choice(choices=Ladder.choices, allow_null=True, allow_blank=True, required=False)
    owner = Id(allow_null=True, required=False)
    industry_volume = MoneyInput(allow_null=True, required=False, min_value=0)
    volume_unit = Text(max_length=60, allow_null=True, required=False)
    category_spend = MoneyInput(allow_null=True, required=False, min_value=0)
    clv_retention = Ratio(allow_null=True, required=False, min_value=0, max_value=1)
    clv_discount_rate = Ratio(allow_null=True, required=False, min_value=0, max_value=5)
    clv_growth = Ratio(allow_null=True, required=False, min_value=-0.99, max_value=5)
    clv_horizon_years = Whole(allow_null=True, required=False, min_value=1, max_value=50)


AccountInput.ignored = read_only(AccountOutput, AccountInput)


ORDERING = (
    "name",
    "external_id",
    "country",
    "industry",
    "region",
    "customer_since",
    "key_since",
    "created_at",
    "updated_at",
)


class AccountListApi(CreateListApi):
    permissions = {"GET": "accounts.view", "POST": "accounts.add"}
    Input, Output = AccountInput, AccountOutput
    query = ListQuery(
        filters={
            "external_id": Filter("external_id"),
            "name": Filter("name"),
            "country": Filter("country"),
            "region": Filter("region"),
            "industry": Filter("industry"),
            "currency": Filter("currency"),
            "owner": IdFilter("owner__user_id"),
            "parent": IdFilter("parent_id"),
            "is_key_account": FlagFilter("is_key_account"),
            "tier": Filter("tier", Tier.values),
            "managed_as": Filter("managed_as", ManagedAs.values),
            "ladder_ours": Filter("ladder_ours", Ladder.values),
            "ladder_customer": Filter("ladder_customer", Ladder.values),
        },
        search=("name", "external_id"),
        ordering={name: name for name in ORDERING},
        default="name",
    )

    def rows(self) -> Any:
        return account_visible(self.principal)

    def create(self, values: dict[str, Any]) -> Account:
        return account_create(principal=self.principal, values=values)


class AccountDetailApi(DetailApi):
    permissions = {"GET": "accounts.view", "PATCH": "accounts.change", "DELETE": "accounts.delete"}
    Input, Output = AccountInput, AccountOutput

    def rows(self) -> Any:
        return account_visible(self.principal)

    def update(self, obj: Account, values: dict[str, Any], if_match: Any) -> None:
        account_update(principal=self.principal, account=obj, values=values, if_match=if_match)

    def remove(self, obj: Account, if_match: Any) -> None:
        account_delete(principal=self.principal, account=obj, if_match=if_match)


class AccountHistoryApi(HistoryApi):
    permissions = {"GET": "accounts.view"}
    model = Account

    def rows(self) -> Any:
        return account_visible(self.principal)
