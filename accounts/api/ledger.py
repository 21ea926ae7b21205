"""`sales-lines/` and `cost-entries/`: the ledger (K1)."""

import hashlib
from collections.abc import Callable
from typing import Any, ClassVar

from django.db import connection
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import CostCategory, CostEntry, SalesLine
from accounts.selectors.catalogue import cost_entry_visible, sales_line_visible
from accounts.services import ledger
from accounts.services.rollups import ledger_lock
from kam.common.api.etag import IfMatch
from kam.common.api.fields import Choice, Code, Day, Id, Money, MoneyInput, StrictSerializer, Text
from kam.common.api.filters import DayFilter, Filter, IdFilter, ListQuery
from kam.common.api.renderers import json_bytes
from kam.common.api.rows import Row
from kam.common.api.views import CursorListApi, DetailApi
from kam.common.errors import FieldError, InvalidInputError, StaleWriteError

_CURRENCY = (r"^[A-Za-z]{3}$", "a currency code of three letters, such as EUR")


class SalesLineOutput(serializers.Serializer[Any]):
    """Amounts in `currency`, 4 decimals; a credit is negative; `cogs` null = not known."""

    id = Id()
    external_id = Text(allow_null=True)
    account = Id(source="account_id")
    product = Id(source="product_id")
    segment = Id(source="segment_id", allow_null=True)
    date = Day()
    currency = Text()
    quantity = Money(allow_null=True)
    net_sales = Money()
    cogs = Money(allow_null=True)


class SalesLineInput(StrictSerializer):
    """Account, product and segment by id, or by external id in `…_external_id`.

    No currency: the account's."""

    ignored = frozenset({"id"})

    external_id = Text(max_length=100, allow_null=True, required=False)
    account = Id(required=False)
    account_external_id = Text(required=False)
    product = Id(required=False)
    product_external_id = Text(required=False)
    segment = Id(required=False, allow_null=True)
    segment_external_id = Text(required=False, allow_null=True)
    date = Day()
    currency = Code(*_CURRENCY, required=False, allow_null=True)
    quantity = MoneyInput(required=False, allow_null=True)
    net_sales = MoneyInput()
    cogs = MoneyInput(required=False, allow_null=True)


class CostEntryOutput(serializers.Serializer[Any]):
    """`amount` in `currency`, 4 decimals; a refund is negative."""

    id = Id()
    external_id = Text(allow_null=True)
    account = Id(source="account_id")
    date = Day()
    category = Choice(choices=CostCategory.choices)
    currency = Text()
    amount = Money()


class CostEntryInput(StrictSerializer):
    """The account by id, or by external id in `account_external_id`. No currency: the account's."""

    ignored = frozenset({"id"})

    external_id = Text(max_length=100, allow_null=True, required=False)
    account = Id(required=False)
    account_external_id = Text(required=False)
    date = Day()
    category = Choice(choices=CostCategory.choices)
    currency = Code(*_CURRENCY, required=False, allow_null=True)
    amount = MoneyInput()


class StoredOutput(serializers.Serializer[Any]):
    """What became of a list. `ids` stand in the order of the rows sent, null for rejected ones."""

    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    rejected = serializers.IntegerField()
    ids = serializers.ListField(child=Id(allow_null=True))
    errors = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))  # type: ignore[assignment]


class LedgerListApi(CursorListApi):
    """`POST` one row, or a list of at most 10,000 in which one fault keeps all of them out.

    A row whose `external_id` is known replaces that row (200 instead of 201 for a single one).
    """

    store: ClassVar[Callable[..., ledger.ImportOutcome]]
    BulkOutput = StoredOutput
    bulk_limit = ledger.MAX_ROWS

    def post(self, request: Request) -> Response:
        body: Any = request.data
        single = not isinstance(body, list)
        rows = [body] if single else body
        _check_shapes(rows, self.Input, one=single)
        rows = [{name: value for name, value in row.items() if name != "id"} for row in rows]
        outcome = type(self).store(rows=rows)
        if outcome.problems:
            faults = [
                FieldError(_path(fault.row, fault.field, one=single), fault.message, fault.code)
                for fault in outcome.problems
            ]
            raise InvalidInputError(
                f"{outcome.rejected} of {len(rows)} rows are not as expected.", errors=faults
            )
        if not single:
            counts = {
                name: getattr(outcome, name) for name in ("created", "updated", "unchanged", "rejected")
            }
            return Response(
                {**counts, "ids": outcome.ids, "errors": []}, status=201 if outcome.created else 200
            )
        return self.show(request, outcome.ids[0], status=201 if outcome.created else 200)

    def tag_of(self, row: Row) -> str:
        return content_tag(row)


class LedgerDetailApi(DetailApi):
    """One row of the ledger. It has no version: its ETag is that of its content."""

    def tag_of(self, row: Row) -> str:
        return content_tag(row)

    def guard(self, obj: Any, if_match: IfMatch | None) -> None:
        """Wait for other writers of the ledger, then prove that the row is the one that was read."""
        with connection.cursor() as cursor:
            ledger_lock(cursor)
        rows = self.read(self.rows().filter(pk=obj.pk))
        if if_match is not None and not (rows and if_match.matches(content_tag(rows[0]))):
            raise StaleWriteError("It was changed since you read it. Read it again, then decide.")

    def parse(self, request: Request, serializer: Any = None, *, partial: bool = False) -> dict[str, Any]:
        values = super().parse(request, serializer, partial=partial)
        body: Any = request.data
        return {name: body[name] if value == "" else value for name, value in values.items()}


def content_tag(row: Row) -> str:
    """The strong entity tag of a row without a version."""
    return f'"{hashlib.sha256(json_bytes(row)).hexdigest()[:32]}"'


def _path(row: int, name: str, *, one: bool) -> str:
    return name if one else f"{row - 1}.{name}".rstrip(".")


def _check_shapes(rows: list[Any], reader: Any, *, one: bool) -> None:
    """Every row is an object, and texts are texts; the engine judges the rest set by set."""
    texts = [name for name, field in reader().fields.items() if not isinstance(field, MoneyInput)]
    faults = []
    for place, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            faults.append(FieldError(_path(place, "", one=one), "Expected a JSON object.", "invalid"))
            continue
        faults += [
            FieldError(_path(place, name, one=one), "Expected text.", "invalid")
            for name in texts
            if not isinstance(row.get(name), str | None)
        ]
    if faults:
        raise InvalidInputError(f"{faults[0].field}: {faults[0].message}", errors=faults[:1000])


_FILTERS = {
    "external_id": Filter("external_id"),
    "account": IdFilter("account_id"),
    "account_external_id": Filter("account__external_id"),
    "currency": Filter("currency"),
    "date": DayFilter("date"),
    "from": DayFilter("date__gte", help="First day, inclusive."),
    "to": DayFilter("date__lte", help="Last day, inclusive."),
    "import": IdFilter("import_job", help="Rows that an import brought or changed last."),
}


class SalesLineListApi(LedgerListApi):
    permissions = {"GET": "ledger.view", "POST": "ledger.add"}
    Input, Output = SalesLineInput, SalesLineOutput
    store = staticmethod(ledger.sales_lines_store)
    query = ListQuery(
        filters={**_FILTERS, "product": IdFilter("product_id"), "segment": IdFilter("segment_id")}
    )

    def rows(self) -> Any:
        return sales_line_visible(self.principal)


class SalesLineDetailApi(LedgerDetailApi):
    permissions = {"GET": "ledger.view", "PATCH": "ledger.add", "DELETE": "ledger.add"}
    Input, Output = SalesLineInput, SalesLineOutput

    def rows(self) -> Any:
        return sales_line_visible(self.principal)

    def update(self, obj: SalesLine, values: dict[str, Any], if_match: IfMatch | None) -> None:
        self.guard(obj, if_match)
        ledger.sales_line_update(line=self.rows().get(pk=obj.pk), changes=values)

    def remove(self, obj: SalesLine, if_match: IfMatch | None) -> None:
        self.guard(obj, if_match)
        ledger.sales_line_delete(line=obj)


class CostEntryListApi(LedgerListApi):
    permissions = {"GET": "ledger.view", "POST": "ledger.add"}
    Input, Output = CostEntryInput, CostEntryOutput
    store = staticmethod(ledger.cost_entries_store)
    query = ListQuery(filters={**_FILTERS, "category": Filter("category", CostCategory.values)})

    def rows(self) -> Any:
        return cost_entry_visible(self.principal)


class CostEntryDetailApi(LedgerDetailApi):
    permissions = {"GET": "ledger.view", "PATCH": "ledger.add", "DELETE": "ledger.add"}
    Input, Output = CostEntryInput, CostEntryOutput

    def rows(self) -> Any:
        return cost_entry_visible(self.principal)

    def update(self, obj: CostEntry, values: dict[str, Any], if_match: IfMatch | None) -> None:
        self.guard(obj, if_match)
        ledger.cost_entry_update(entry=self.rows().get(pk=obj.pk), changes=values)

    def remove(self, obj: CostEntry, if_match: IfMatch | None) -> None:
        self.guard(obj, if_match)
        ledger.cost_entry_delete(entry=obj)
