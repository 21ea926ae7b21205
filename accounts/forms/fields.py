"""Fields that say in words what was expected."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from kam.common.errors import ApplicationError


class FigureField(forms.Field):
    """A number as people write it: spaces and thousands commas are taken, the decimal sign is a point.

    `example` says what a right value looks like; `least` and `most` are inclusive.
    """

    def __init__(
        self,
        *,
        example: str,
        least: Decimal | None = None,
        most: Decimal | None = None,
        decimals: int = 4,
        **options: Any,
    ) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**options)
        self.example, self.least, self.most, self.decimals = example, least, most, decimals

    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values:
            return None
        text = str(value).strip().replace("\u00a0", "").replace(" ", "").replace("\u2212", "-")
        if "," in text and "." not in text and len(text.rpartition(",")[2]) != 3:
            raise self._wrong(value, f"Write the decimals after a point, such as {self.example}")
        try:
            number = Decimal(text.replace(",", "").removesuffix("%"))
        except InvalidOperation:
            raise self._wrong(value, f"Expected a number such as {self.example}") from None
        if not number.is_finite():
            raise self._wrong(value, f"Expected a number such as {self.example}")
        if number != round(number, self.decimals):
            raise self._wrong(value, f"Expected at most {self.decimals} decimals")
        if self.least is not None and number < self.least:
            raise self._wrong(value, f"Expected {self.least} or more")
        if self.most is not None and number > self.most:
            raise self._wrong(value, f"Expected {self.most} or less")
        return number

    def _wrong(self, value: Any, expected: str) -> ValidationError:
        return ValidationError(f"{self.label}: “{str(value)[:60]}” does not fit. {expected}.")


class PercentField(FigureField):
    """A ratio entered as a percentage: “85” is 0.85."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("example", "85")
        super().__init__(**options)

    def clean(self, value: Any) -> float | None:
        number = super().clean(value)
        return None if number is None else float(number / 100)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, float):
            return f"{Decimal(str(value)) * 100:f}".rstrip("0").rstrip(".")
        return value


class DayField(forms.DateField):
    """A day in ISO order, as the browser's own date input sends it."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("input_formats", ["%Y-%m-%d"])
        options.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        super().__init__(**options)

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValidationError:
            message = f"{self.label}: “{str(value)[:40]}” is no date. Expected YYYY-MM-DD."
            raise ValidationError(message) from None


def take_errors(form: forms.Form, error: ApplicationError) -> None:
    """Put a service's refusal beside the fields that it names, and tell assistive technology."""
    for fault in error.errors:
        known = fault.field if fault.field in form.fields else None
        label = form.fields[fault.field].label if known else ""
        form.add_error(known, f"{label}: {fault.message}" if known else fault.message)
    if not error.errors:
        form.add_error(None, error.message)
    describe_errors(form)


def describe_errors(form: forms.Form) -> None:
    """Tell assistive technology which fields are wrong and where the reason stands."""
    for name in form.errors:
        if name in form.fields:
            widget = form.fields[name].widget
            widget.attrs["aria-invalid"] = "true"
            widget.attrs["aria-describedby"] = f"{form[name].auto_id}_error"
