"""`business-units/`, `product-lines/`, `products/`, `exchange-rates/`."""

from typing import Any

from rest_framework import serializers

from accounts.models import BusinessUnit, ExchangeRate, Product, ProductLine
from accounts.selectors.catalogue import (
    business_unit_list,
    exchange_rate_list,
    product_line_visible,
    product_list,
)
from accounts.services import catalogue, rates
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
from kam.common.api.filters import DayFilter, Filter, FlagFilter, IdFilter, ListQuery
from kam.common.api.views import CreateListApi, DetailApi


class Stamped(serializers.Serializer[Any]):
    """What every changeable row tells of itself."""

    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class BusinessUnitOutput(Stamped):
    id = Id()
    external_id = Text(allow_null=True)
    name = Text()
    position = Whole()


class BusinessUnitInput(StrictSerializer):
    external_id = Text(max_length=100, allow_null=True, required=False)
    name = Text(max_length=200)
    position = Whole(required=False, min_value=0)


class ProductLineOutput(Stamped):
    id = Id()
    external_id = Text(allow_null=True)
    name = Text()
    business_unit = Id(source="business_unit_id", allow_null=True)
    kind = Choice(choices=ProductLine.Kind.choices)
    account = Id(source="account_id", allow_null=True, help_text="The account of an idea.")
    default_gross_margin = Ratio(allow_null=True)
    position = Whole()


class ProductLineInput(StrictSerializer):
    external_id = Text(max_length=100, allow_null=True, required=False)
    name = Text(max_length=200)
    business_unit = Id(allow_null=True, required=False)
    kind = Choice(choices=ProductLine.Kind.choices, required=False)
    account = Id(allow_null=True, required=False)
    default_gross_margin = Ratio(allow_null=True, required=False, min_value=-10, max_value=1)
    position = Whole(required=False, min_value=0)


class ProductOutput(Stamped):
    id = Id()
    external_id = Text(allow_null=True)
    name = Text()
    product_line = Id(source="product_line_id")
    co_created = Flag()


class ProductInput(StrictSerializer):
    external_id = Text(max_length=100, allow_null=True, required=False)
    name = Text(max_length=200)
    product_line = Id()
    co_created = Flag(required=False)


class ExchangeRateOutput(Stamped):
    id = Id()
    currency = Text()
    month = Day(help_text="First day of the month.")
    rate = Money(help_text="Base currency units for one unit of this currency.")


class ExchangeRateInput(StrictSerializer):
    currency = Code(r"^[A-Z]{3}$", "a currency code of three capitals, such as EUR")
    month = Day()
    rate = MoneyInput(max_digits=18, decimal_places=8)


for _input, _output in (
    (BusinessUnitInput, BusinessUnitOutput),
    (ProductLineInput, ProductLineOutput),
    (ProductInput, ProductOutput),
    (ExchangeRateInput, ExchangeRateOutput),
):
    _input.ignored = read_only(_output, _input)


class BusinessUnitListApi(CreateListApi):
    permissions = {"GET": "catalogue.view", "POST": "catalogue.change"}
    Input, Output = BusinessUnitInput, BusinessUnitOutput
    query = ListQuery(
        filters={"external_id": Filter("external_id"), "name": Filter("name")},
        search=("name", "external_id"),
        ordering={name: name for name in ("name", "position", "external_id", "created_at")},
        default="position,name",
    )

    def rows(self) -> Any:
        return business_unit_list(self.principal)

    def create(self, values: dict[str, Any]) -> BusinessUnit:
        return catalogue.business_unit_create(principal=self.principal, values=values)


class BusinessUnitDetailApi(DetailApi):
    permissions = {"GET": "catalogue.view", "PATCH": "catalogue.change", "DELETE": "catalogue.change"}
    Input, Output = BusinessUnitInput, BusinessUnitOutput

    def rows(self) -> Any:
        return business_unit_list(self.principal)

    def update(self, obj: BusinessUnit, values: dict[str, Any], if_match: Any) -> None:
        catalogue.business_unit_update(principal=self.principal, unit=obj, values=values, if_match=if_match)

    def remove(self, obj: BusinessUnit, if_match: Any) -> None:
        catalogue.business_unit_delete(principal=self.principal, unit=obj, if_match=if_match)


class ProductLineListApi(CreateListApi):
    """The catalogue's lines (`kind: catalogue`) and co-creation ideas of one account (`kind: idea`)."""

    permissions = {"GET": "catalogue.view", "POST": "product_lines.change"}
    Input, Output = ProductLineInput, ProductLineOutput
    query = ListQuery(
        filters={
            "external_id": Filter("external_id"),
            "name": Filter("name"),
            "business_unit": IdFilter("business_unit_id"),
            "account": IdFilter("account_id"),
            "kind": Filter("kind", ProductLine.Kind.values),
        },
        search=("name", "external_id"),
        ordering={name: name for name in ("name", "position", "external_id", "created_at")},
        default="position,name",
    )

    def rows(self) -> Any:
        return product_line_visible(self.principal)

    def create(self, values: dict[str, Any]) -> ProductLine:
        return catalogue.product_line_create(principal=self.principal, values=values)


class ProductLineDetailApi(DetailApi):
    permissions = {
        "GET": "catalogue.view",
        "PATCH": "product_lines.change",
        "DELETE": "product_lines.change",
    }
    Input, Output = ProductLineInput, ProductLineOutput

    def rows(self) -> Any:
        return product_line_visible(self.principal).select_related("account")

    def update(self, obj: ProductLine, values: dict[str, Any], if_match: Any) -> None:
        catalogue.product_line_update(principal=self.principal, line=obj, values=values, if_match=if_match)

    def remove(self, obj: ProductLine, if_match: Any) -> None:
        catalogue.product_line_delete(principal=self.principal, line=obj, if_match=if_match)


class ProductListApi(CreateListApi):
    permissions = {"GET": "catalogue.view", "POST": "catalogue.change"}
    Input, Output = ProductInput, ProductOutput
    query = ListQuery(
        filters={
            "external_id": Filter("external_id"),
            "name": Filter("name"),
            "product_line": IdFilter("product_line_id"),
            "business_unit": IdFilter("product_line__business_unit_id"),
            "co_created": FlagFilter("co_created"),
        },
        search=("name", "external_id"),
        ordering={name: name for name in ("name", "external_id", "created_at")},
        default="name",
    )

    def rows(self) -> Any:
        return product_list(self.principal)

    def create(self, values: dict[str, Any]) -> Product:
        return catalogue.product_create(principal=self.principal, values=values)


class ProductDetailApi(DetailApi):
    permissions = {"GET": "catalogue.view", "PATCH": "catalogue.change", "DELETE": "catalogue.change"}
    Input, Output = ProductInput, ProductOutput

    def rows(self) -> Any:
        return product_list(self.principal)

    def update(self, obj: Product, values: dict[str, Any], if_match: Any) -> None:
        catalogue.product_update(principal=self.principal, product=obj, values=values, if_match=if_match)

    def remove(self, obj: Product, if_match: Any) -> None:
        catalogue.product_delete(principal=self.principal, product=obj, if_match=if_match)


class ExchangeRateListApi(CreateListApi):
    permissions = {"GET": "rates.view", "POST": "rates.change"}
    Input, Output = ExchangeRateInput, ExchangeRateOutput
    query = ListQuery(
        filters={
            "currency": Filter("currency"),
            "month": DayFilter("month"),
            "from": DayFilter("month__gte"),
            "to": DayFilter("month__lte"),
        },
        ordering={name: name for name in ("month", "currency")},
        default="-month,currency",
    )

    def rows(self) -> Any:
        return exchange_rate_list(self.principal)

    def create(self, values: dict[str, Any]) -> ExchangeRate:
        return rates.exchange_rate_create(principal=self.principal, values=values)


class ExchangeRateDetailApi(DetailApi):
    permissions = {"GET": "rates.view", "PATCH": "rates.change", "DELETE": "rates.change"}
    Input, Output = ExchangeRateInput, ExchangeRateOutput

    def rows(self) -> Any:
        return exchange_rate_list(self.principal)

    def update(self, obj: ExchangeRate, values: dict[str, Any], if_match: Any) -> None:
        rates.exchange_rate_update(principal=self.principal, rate=obj, values=values, if_match=if_match)

    def remove(self, obj: ExchangeRate, if_match: Any) -> None:
        rates.exchange_rate_delete(principal=self.principal, rate=obj, if_match=if_match)
