"""Plans as JSON: a serializer per kind of row, made from the layout, and the document that an export prints."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from kam.common.api.fields import (
    Choice,
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
from planning.models import MAX_QUESTIONS, PlanState, PlanVersion, SectionKey
from planning.selectors.plan_layout import SECTIONS, RowField, RowKind
from planning.services.plan_sections import MAX_ROWS, MAX_TEXT


class PlanOutput(serializers.Serializer[Any]):
    """`submitted_by`, `approved_by`: user ids. `previous`: the plan that this one was continued from."""

    id = Id()
    account = Id(source="account_id")
    title = Text()
    starts_on = Day()
    ends_on = Day()
    state = Choice(choices=PlanState.choices)
    previous = Id(source="previous_id", allow_null=True)
    submitted_by = Id(source="submitted_by.user_id", allow_null=True)
    submitted_at = serializers.DateTimeField(allow_null=True)
    approved_by = Id(source="approved_by.user_id", allow_null=True)
    approved_at = serializers.DateTimeField(allow_null=True)
    activated_at = serializers.DateTimeField(allow_null=True)
    superseded_at = serializers.DateTimeField(allow_null=True)
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class PlanInput(StrictSerializer):
    """A plan. Without a period it is the calendar year after the reference date."""

    account = Id()
    title = Text(max_length=200, required=False)
    starts_on = Day(required=False)
    ends_on = Day(required=False)
    continues = Id(
        required=False, allow_null=True, help_text="A plan of the account whose sections are carried over."
    )


PlanInput.ignored = read_only(PlanOutput, PlanInput)


def _input_field(kind: RowKind, field: RowField) -> serializers.Field[Any, Any, Any, Any]:
    column: Any = field.model_field(kind.model)
    may_lack: dict[str, Any] = {"required": field.required, "allow_null": not field.required}
    match field.kind:
        case "choice":
            return Choice(choices=column.choices, **may_lack)
        case "day":
            return Day(**may_lack)
        case "member":
            return Id(help_text="User id of a member.", **may_lack)
        case "objective":
            return Id(help_text="An objective of the account.", **may_lack)
        case "money":
            return MoneyInput(**may_lack)
        case "whole":
            low = next((each.limit_value for each in column.validators if each.code == "min_value"), 0)
            high = next(
                (each.limit_value for each in column.validators if each.code == "max_value"), 2**31 - 1
            )
            return Whole(min_value=int(low), max_value=int(high), **may_lack)
        case "list":
            return serializers.ListField(
                child=Text(max_length=column.base_field.max_length), max_length=MAX_QUESTIONS, required=False
            )
    return Text(max_length=column.max_length, **may_lack)


def _output_field(kind: RowKind, field: RowField) -> serializers.Field[Any, Any, Any, Any]:
    column: Any = field.model_field(kind.model)
    null: dict[str, Any] = {"allow_null": not field.required}
    match field.kind:
        case "choice":
            return Choice(choices=column.choices, **null)
        case "day":
            return Day(**null)
        case "member" | "objective":
            return Id(**null)
        case "money":
            return Money(**null)
        case "whole":
            return Whole(**null)
        case "list":
            return serializers.ListField(child=Text())
    return Text(**null)


def _name(key: str) -> str:
    return "".join(word.capitalize() for word in key.split("_"))


ROW_INPUTS: dict[str, type[StrictSerializer]] = {}
ROW_OUTPUTS: dict[str, type[serializers.Serializer[Any]]] = {}
for _spec in SECTIONS:
    if _spec.rows is None:
        continue
    _fields = {field.name: _input_field(_spec.rows, field) for field in _spec.rows.fields}
    ROW_INPUTS[_spec.key.value] = type(
        f"Plan{_name(_spec.key.value)}Row",
        (StrictSerializer,),
        {
            "id": Id(required=False, allow_null=True, help_text="Of a row that is there already."),
            **_fields,
            "ignored": frozenset({"version"}),
            "__module__": __name__,
            "__doc__": f"A row of the section {_spec.key.value}.",
        },
    )
    ROW_OUTPUTS[_spec.key.value] = type(
        f"Plan{_name(_spec.key.value)}RowAnswer",
        (serializers.Serializer,),
        {
            "id": Id(),
            "version": Whole(),
            **{field.name: _output_field(_spec.rows, field) for field in _spec.rows.fields},
            "__module__": __name__,
        },
    )


@extend_schema_field(
    PolymorphicProxySerializer(
        "PlanRowAnswer", serializers=list(ROW_OUTPUTS.values()), resource_type_field_name=None
    )
)
class RowAnswer(serializers.Field[Any, Any, Any, Any]):
    """A row as `stored_row` gives it."""

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field(
    PolymorphicProxySerializer(
        "PlanRowInput", serializers=list(ROW_INPUTS.values()), resource_type_field_name=None
    )
)
class RowGiven(serializers.Field[Any, Any, Any, Any]):
    """A row of any section; the section's own serializer checks it."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError("Expected an object.")
        return data


class SectionInput(StrictSerializer):
    """What is omitted stays. `rows` are all rows of the section: one that is not named is deleted."""

    text = Text(max_length=MAX_TEXT, required=False, allow_blank=True, trim_whitespace=False)
    rows = serializers.ListField(child=RowGiven(), max_length=MAX_ROWS, required=False)


class PieceOutput(serializers.Serializer[Any]):
    code = Text()
    message = Text()
    url = Text(help_text="The page where it is filled in.")


class FigureOutput(serializers.Serializer[Any]):
    key = Text()
    label = Text()  # type: ignore[assignment]
    value = serializers.JSONField(allow_null=True)
    kind = Text()
    note = Text()


class ColumnOutput(serializers.Serializer[Any]):
    key = Text()
    label = Text()  # type: ignore[assignment]
    kind = Text()


class CellsOutput(serializers.Serializer[Any]):
    key = Text()
    cells = serializers.DictField(child=serializers.JSONField(allow_null=True))


class TableOutput(serializers.Serializer[Any]):
    key = Text()
    title = Text()
    columns = ColumnOutput(many=True)
    rows = CellsOutput(many=True)
    empty = Text()


class SeriesOutput(serializers.Serializer[Any]):
    key = Text()
    label = Text()  # type: ignore[assignment]
    values = serializers.ListField(child=Ratio(allow_null=True))


class ChartOutput(serializers.Serializer[Any]):
    key = Text()
    title = Text()
    caption = Text()
    categories = serializers.ListField(child=Text())
    lines = SeriesOutput(many=True)
    kind = Text()
    measure = Text()


class DocumentSection(serializers.Serializer[Any]):
    """`text` is Markdown; the rest is what other systems know, and the rows with words for people."""

    key = Choice(choices=SectionKey.choices)
    title = Text()
    group = Text()
    finding = Text()
    text = Text()
    figures = FigureOutput(many=True)
    tables = TableOutput(many=True)
    charts = ChartOutput(many=True)
    layout = Text()
    changed_at = Text(allow_null=True)
    changed_by = Text(allow_null=True)


class DocumentOutput(serializers.Serializer[Any]):
    """A plan whole. Money in `currency`, figures as of `reference_date`; `version` null = as it stands now."""

    plan_id = Id()
    account_id = Id()
    account = Text()
    tenant = Text()
    title = Text()
    state = Choice(choices=PlanState.choices)
    starts_on = Text()
    ends_on = Text()
    reference_date = Text()
    currency = Text()
    made_at = Text()
    version = Whole(allow_null=True)
    version_reason = Text()
    owner = Text(allow_null=True)
    submitted_by = Text(allow_null=True)
    approved_by = Text(allow_null=True)
    approved_at = Text(allow_null=True)
    sections = DocumentSection(many=True)


class SectionOutput(serializers.Serializer[Any]):
    """One section. `score`: the ratio of its checks that hold; `missing`: the others, with where to fill them in."""

    key = Choice(choices=SectionKey.choices)
    title = Text()
    purpose = Text()
    text = Text(allow_null=True, help_text="Markdown. null: this section has no text of its own.")
    rows = serializers.ListField(child=RowAnswer())
    writable = Flag()
    score = Ratio()
    missing = PieceOutput(many=True)
    version = Whole()
    changed_by = Id(allow_null=True)
    changed_by_name = Text(allow_null=True)
    changed_at = serializers.DateTimeField()


class SectionDetail(SectionOutput):
    """With what it shows to people: its own rows in words, and what other systems know."""

    document = DocumentSection()


class VersionOutput(serializers.Serializer[Any]):
    id = Id()
    number = Whole()
    reason = Choice(choices=PlanVersion.Reason.choices)
    label = Text()  # type: ignore[assignment]
    reference_date = Day()
    digest = Text(help_text="SHA-256 of the document: two versions with one digest say the same.")
    created_at = serializers.DateTimeField()
    created_by = Id(source="created_by.user_id", allow_null=True)
