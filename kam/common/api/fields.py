"""Serializer fields that take what the schema says and nothing that merely resembles it.

DRF's own fields read "yes" as true, 5 as "5" and "20250101" as a date; a client that sends those has a bug,
and a money or date field is the wrong place to guess.
"""

import math
import re
import uuid
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import RegexValidator
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import empty

_DECIMAL = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,12})?", re.ASCII)
_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,4})?", re.ASCII)
_TEN_THOUSANDTH = Decimal("0.0001")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


class Text(serializers.CharField):
    """Text. Null and "" both mean "not known" where the field allows null."""

    def __init__(self, **kwargs: Any) -> None:
        if kwargs.get("allow_null"):
            kwargs.setdefault("allow_blank", True)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Code(Text):
    """Text of one form, such as three capitals. `expected` is what the message asks for."""

    def __init__(self, pattern: str, expected: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(RegexValidator(pattern, f"Expected {expected}."))


class Choice(serializers.ChoiceField):
    """One of the words of a list."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=str(data)[:80])
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """true or false."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=str(data)[:80])
        return data


class Whole(serializers.IntegerField):
    """A whole number, 32 bits unless the field says otherwise."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_value", 2**31 - 1)
        kwargs.setdefault("min_value", -(2**31))
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, Decimal) and data == data.to_integral_value() and abs(data) < 2**63:
            return int(data)
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class Ratio(serializers.FloatField):
    """A finite number."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float | Decimal):
            self.fail("invalid")
        value = float(data)
        if not math.isfinite(value):
            self.fail("invalid")
        return value


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,4})?$", "example": "1234.5600"},
            {
                "type": "number",
                "minimum": -(10**15),
                "exclusiveMinimum": True,
                "maximum": 10**15,
                "exclusiveMaximum": True,
            },
        ]
    }
)
class MoneyInput(serializers.DecimalField):
    """Money or a quantity as written: a decimal string with at most 4 decimals, or a JSON number."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 19)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(**kwargs)
        # What this pattern takes, no limit of the field refuses: a paste of many cells is read without asking them.
        usual = (self.max_digits, self.decimal_places, self.max_value) == (19, 4, None)
        self._plain = usual and (self.min_value is None or self.min_value <= 0)

    def run_validation(self, data: Any = empty) -> Any:
        if self._plain and type(data) is str and _AMOUNT.fullmatch(data):
            return Decimal(data).quantize(_TEN_THOUSANDTH)
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, str | int | Decimal):
            self.fail("invalid")
        if isinstance(data, str) and not _DECIMAL.fullmatch(data):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "example": "1234.5600"})
class Money(serializers.DecimalField):
    """Money or a quantity as answered: a decimal string."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", None)
        kwargs.setdefault("decimal_places", None)
        super().__init__(**kwargs)


class Day(serializers.DateField):
    """A calendar day, YYYY-MM-DD."""

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


class Id(serializers.UUIDField):
    """A UUID in its canonical form."""

    def to_internal_value(self, data: Any) -> uuid.UUID:
        if not isinstance(data, str) or not _UUID.fullmatch(data):
            self.fail("invalid", value=str(data)[:80])
        return super().to_internal_value(data)


class StrictSerializer(serializers.Serializer[Any]):
    """An input that refuses fields it does not know, by name; `ignored` lists read-only fields that a client
    may send back as it got them."""

    ignored: frozenset[str] = frozenset()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = [name for name in data if name not in self.fields and name not in self.ignored]
            if unknown:
                raise serializers.ValidationError(
                    {name: [ErrorDetail("There is no such field.", "unknown")] for name in unknown}
                )
        return super().to_internal_value(data)


class Objects(serializers.ListField):
    """A list of many flat objects, each as its child, a StrictSerializer without validators of its own.

    DRF walks all fields of the child for every object and copies much on the way. Here the child's fields take
    the values that are given, and the child itself is asked only about an object that has a fault, to word it.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        assert isinstance(self.child, StrictSerializer), "The child is an object."
        own = type(self.child).validate, type(self.child).to_internal_value
        assert own == (StrictSerializer.validate, StrictSerializer.to_internal_value), "It adds no checks."

    @cached_property
    def _plan(self) -> tuple[dict[str, Any], dict[str, Any], set[str], frozenset[str]]:
        fields = {field.field_name: field for field in self.child._writable_fields}  # type: ignore[attr-defined]
        defaults = {name: field.default for name, field in fields.items() if field.default is not empty}
        assert not any(map(callable, defaults.values())), "Defaults are plain values."
        required = {name for name, field in fields.items() if field.required}
        return fields, defaults, required, self.child.ignored - frozenset(fields)  # type: ignore[attr-defined]

    def run_child_validation(self, data: list[Any]) -> list[Any]:
        found: list[Any] = []
        known: dict[tuple[str, str], Any] = {}
        for item in data:
            try:
                found.append(self._read(item, known))
            except (serializers.ValidationError, DjangoValidationError, LookupError):
                return super().run_child_validation(data)
        return found

    def _read(self, item: Any, known: dict[tuple[str, str], Any]) -> dict[str, Any]:
        """One object without a fault. Raises ValidationError or LookupError for any other.

        `known`: texts that were read already, by field; ids come again and again.
        """
        fields, defaults, required, ignored = self._plan
        if not isinstance(item, dict) or not required <= item.keys():
            raise LookupError
        read = dict(defaults)
        for name, value in item.items():
            if name in ignored:
                continue
            if type(value) is not str:
                read[name] = fields[name].run_validation(value)
                continue
            if (name, value) not in known:
                known[name, value] = fields[name].run_validation(value)
            read[name] = known[name, value]
        return read


def read_only(output: type[serializers.Serializer[Any]], written: type[Any]) -> frozenset[str]:
    """The names that an answer carries and its input does not take."""
    return frozenset(output().fields) - frozenset(written().fields)
