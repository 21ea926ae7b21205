"""`value-items/`: the value register, its totals, and asking the customer to confirm (K29)."""

import uuid
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.selectors.accounts import account_find
from kam.common.api.fields import (
    Choice,
    Day,
    Flag,
    Id,
    Money,
    MoneyInput,
    StrictSerializer,
    Text,
    Whole,
    read_only,
)
from kam.common.api.filters import Filter, IdFilter, ListQuery
from kam.common.api.views import CreateListApi, DetailApi, KamApi
from kam.tenancy.selectors import tenant_settings
from planning.models import GainKind, Measure, Reward, ValueClass, ValueItem
from planning.selectors.value import (
    DEMONSTRATED,
    PIPELINE,
    REPORTED,
    STANDINGS,
    STATES,
    ValueSum,
    value_item_visible,
    value_totals,
    with_confirmation,
)
from planning.services.confirmations import DAYS, MOST_DAYS, confirmation_request, confirmation_revoke
from planning.services.value import value_item_create, value_item_delete, value_item_update

STATE_CHOICES = [(state, state) for state in STATES]


class ConfirmationState(serializers.Serializer[Any]):
    """The latest request to the customer. Times are ISO 8601."""

    state = Choice(choices=STATE_CHOICES)
    asked_of = Text()
    asked_at = serializers.CharField()
    expires_at = serializers.CharField()
    opened_at = serializers.CharField(allow_null=True)
    answered_at = serializers.CharField(allow_null=True)
    answered_by = serializers.CharField(allow_blank=True)
    comment = serializers.CharField(allow_blank=True)


class ValueItemOutput(serializers.Serializer[Any]):
    """Money is per year in the tenant's base currency; null = not known. `standing` is what it counts as."""

    id = Id()
    account = Id(source="account_id")
    title = Text()
    statement = Text(allow_null=True, help_text="What the customer reads.")
    value_class = Whole(help_text="1 expected, 2 welcome, 3 proven, 4 not yet done.")
    measure = Choice(choices=Measure.choices, allow_null=True)
    customer_gain = Money(allow_null=True)
    gain_kinds = serializers.ListField(child=Choice(choices=GainKind.choices))
    gain_note = Text(allow_null=True)
    our_gain = Money(allow_null=True)
    our_cost = Money(allow_null=True)
    reward = Choice(choices=Reward.choices, allow_null=True)
    reward_note = Text(allow_null=True)
    evidence = Text(allow_null=True)
    contact_name = Text(allow_null=True)
    contact_email = Text(allow_null=True)
    reported_by = Text(allow_null=True)
    reported_on = Day(allow_null=True)
    copied_by = Text(allow_null=True)
    copied_on = Day(allow_null=True)
    planned_for = Day(allow_null=True)
    ended_on = Day(allow_null=True)
    standing = Choice(choices=list(STANDINGS.items()))
    confirmed_at = serializers.DateTimeField(allow_null=True)
    confirmed_by = Text(allow_null=True)
    confirmation = ConfirmationState(allow_null=True)
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ValueItemInput(StrictSerializer):
    """What may be written. A confirmation comes from the customer's link alone."""

    account = Id()
    title = Text(max_length=200)
    statement = Text(max_length=2000, allow_null=True, required=False)
    value_class = Whole(min_value=1, max_value=4)
    measure = Choice(choices=Measure.choices, allow_null=True, required=False)
    customer_gain = MoneyInput(allow_null=True, required=False, min_value=0)
    gain_kinds = serializers.ListField(
        child=Choice(choices=GainKind.choices), required=False, max_length=len(GainKind)
    )
    gain_note = Text(max_length=300, allow_null=True, required=False)
    our_gain = MoneyInput(allow_null=True, required=False, min_value=0)
    our_cost = MoneyInput(allow_null=True, required=False, min_value=0)
    reward = Choice(choices=Reward.choices, allow_null=True, required=False)
    reward_note = Text(max_length=300, allow_null=True, required=False)
    evidence = Text(max_length=4000, allow_null=True, required=False)
    contact_name = Text(max_length=150, allow_null=True, required=False)
    contact_email = serializers.EmailField(max_length=254, allow_null=True, allow_blank=True, required=False)
    reported_by = Text(max_length=150, allow_null=True, required=False)
    reported_on = Day(allow_null=True, required=False)
    copied_by = Text(max_length=150, allow_null=True, required=False)
    copied_on = Day(allow_null=True, required=False, help_text="Set: the item falls to class 1.")
    planned_for = Day(allow_null=True, required=False)
    ended_on = Day(allow_null=True, required=False)


ValueItemInput.ignored = read_only(ValueItemOutput, ValueItemInput)

ORDERING = ("title", "value_class", "customer_gain", "our_gain", "our_cost", "created_at", "updated_at")


class ValueItemListApi(CreateListApi):
    permissions = {"GET": "accounts.view", "POST": "accounts.change"}
    Input, Output = ValueItemInput, ValueItemOutput
    query = ListQuery(
        filters={
            "account": IdFilter("account_id"),
            "value_class": Filter("value_class", [str(value.value) for value in ValueClass]),
            "standing": Filter("standing", list(STANDINGS)),
            "measure": Filter("measure", Measure.values),
            "reward": Filter("reward", Reward.values),
        },
        search=("title", "statement", "evidence"),
        ordering={name: name for name in ORDERING},
        default="value_class,title",
    )

    def rows(self) -> Any:
        return with_confirmation(value_item_visible(self.principal))

    def create(self, values: dict[str, Any]) -> ValueItem:
        return value_item_create(principal=self.principal, values=values)


class ValueItemDetailApi(DetailApi):
    permissions = {"GET": "accounts.view", "PATCH": "accounts.change", "DELETE": "accounts.change"}
    Input, Output = ValueItemInput, ValueItemOutput
    errors = (409,)

    def rows(self) -> Any:
        return with_confirmation(value_item_visible(self.principal)).select_related("account")

    def update(self, obj: ValueItem, values: dict[str, Any], if_match: Any) -> None:
        value_item_update(principal=self.principal, item=obj, values=values, if_match=if_match)

    def remove(self, obj: ValueItem, if_match: Any) -> None:
        value_item_delete(principal=self.principal, item=obj, if_match=if_match)


class ValueConfirmationApi(KamApi):
    """POST asks the customer, DELETE takes the open request back.

    With `send` (the default) the link goes to the contact's mailbox and is not answered here; without it the
    link is answered once, to be handed over. Answers are never kept for an Idempotency-Key.
    """

    permissions = {"POST": "accounts.change", "DELETE": "accounts.change"}
    keeps_answers = False
    success = 201
    errors = (404, 409)

    class Input(StrictSerializer):
        contact_name = Text(max_length=150)
        contact_email = serializers.EmailField(max_length=254)
        days = Whole(min_value=1, max_value=MOST_DAYS, required=False, default=DAYS)
        send = Flag(required=False, default=True)

    class Output(serializers.Serializer[Any]):
        id = Id()
        item = Id()
        asked_of = Text()
        expires_at = serializers.DateTimeField()
        sent = Flag()
        link = serializers.CharField(allow_null=True)

    def post(self, request: Request, pk: uuid.UUID) -> Response:
        item = self._item(request, pk)
        values = self.parse(request)
        asked, link = confirmation_request(principal=self.principal, item=item, **values)
        body = {
            "id": asked.pk,
            "item": item.pk,
            "asked_of": asked.contact_name,
            "expires_at": asked.expires_at,
            "sent": asked.sent,
            "link": None if asked.sent else link,
        }
        return Response(body, status=201, headers={"Cache-Control": "no-store"})

    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        confirmation_revoke(principal=self.principal, item=self._item(request, pk))
        return Response(status=204)

    def _item(self, request: Request, pk: uuid.UUID) -> ValueItem:
        item = value_item_visible(self.principal).select_related("account").filter(pk=pk).first()
        if item is None:
            raise Http404
        self.check_object_permissions(request, item)
        return item


class SumOutput(serializers.Serializer[Any]):
    """Sums per year; null where no item has an amount. `…_unknown`: how many items have none."""

    items = Whole()
    customer_gain = Money(allow_null=True)
    our_gain = Money(allow_null=True)
    our_cost = Money(allow_null=True)
    customer_unknown = Whole()
    our_unknown = Whole()


class ValueSummaryApi(KamApi):
    """What is demonstrated, reported, in the pipeline, and what only costs us; of one account or of all."""

    permissions = {"GET": "accounts.view"}
    errors = (404,)

    class Query(StrictSerializer):
        account = Id(required=False)

    class Output(serializers.Serializer[Any]):
        currency = Text()
        demonstrated = SumOutput()
        reported = SumOutput()
        pipeline = SumOutput()
        one_sided = SumOutput()
        costs = SumOutput()

    def get(self, request: Request) -> Response:
        asked = self.parse_query(request, self.Query)
        rows = value_item_visible(self.principal)
        if "account" in asked:
            account = account_find(self.principal, asked["account"])
            if account is None:
                raise Http404
            rows = rows.filter(account_id=account.pk)
        totals = value_totals(rows)
        body: dict[str, Any] = {"currency": tenant_settings().base_currency}
        for standing in (DEMONSTRATED, REPORTED, PIPELINE, "one_sided", "costs"):
            body[standing] = _sum(totals.of(standing))
        return Response(body)


def _sum(found: ValueSum) -> dict[str, Any]:
    return {
        "items": found.items,
        "customer_gain": found.customer_gain,
        "our_gain": found.our_gain,
        "our_cost": found.our_cost,
        "customer_unknown": found.customer_unknown,
        "our_unknown": found.our_unknown,
    }
