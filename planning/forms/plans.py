"""Forms of a plan: its name and period, and one form for the rows of every section, made from the layout."""

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from accounts.forms.fields import DayField, FigureField
from planning.models import MAX_QUESTIONS
from planning.selectors.plan_layout import RowField, RowKind

MOST_MONEY = Decimal("999999999999999")


class PlanForm(forms.Form):
    """Name and period of a plan."""

    title = forms.CharField(label="Name", max_length=200)
    starts_on = DayField(label="From")
    ends_on = DayField(label="To")


class ReturnForm(forms.Form):
    """Why a plan is sent back."""

    comment = forms.CharField(
        label="What should change?", max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )


class LinesField(forms.CharField):
    """One entry per line; empty lines are left out."""

    def __init__(self, *, most: int, longest: int, **options: Any) -> None:
        super().__init__(**options)
        self.most, self.longest = most, longest

    def clean(self, value: Any) -> Any:
        lines = [line.strip() for line in (super().clean(value) or "").splitlines() if line.strip()]
        if len(lines) > self.most:
            raise forms.ValidationError(f"{self.label}: {len(lines)} lines. Expected at most {self.most}.")
        if any(len(line) > self.longest for line in lines):
            raise forms.ValidationError(
                f"{self.label}: expected at most {self.longest} characters in a line."
            )
        return lines

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value


class RowForm(forms.Form):
    """A row of one section. `values()` is what the services take; `version` is the row's, where there is one."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        kind: RowKind,
        *args: Any,
        members: Sequence[tuple[str, str]] = (),
        objectives: Sequence[tuple[str, str]] = (),
        currency: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        options = {"member": members, "objective": objectives}
        for field in kind.fields:
            self.fields[field.name] = _field(kind, field, options.get(field.kind, ()), currency)

    def values(self) -> dict[str, Any]:
        """The cleaned values; empty becomes None. Needs `is_valid()`."""
        found: dict[str, Any] = {}
        for field in self.kind.fields:
            value = self.cleaned_data[field.name]
            if field.kind in ("member", "objective"):
                value = uuid.UUID(value) if value else None
            elif field.kind != "list":
                value = None if value in ("", None) else value
            found[field.name] = value
        return found

    def wide(self) -> list[tuple[Any, int]]:
        """The bound fields with their width in twelfths."""
        return [(self[field.name], field.width) for field in self.kind.fields]


def row_initial(kind: RowKind, row: Any) -> dict[str, Any]:
    """What a form of a stored row begins with."""
    found: dict[str, Any] = {"version": row.version}
    for field in kind.fields:
        value = getattr(row, field.name)
        if field.kind == "member":
            found[field.name] = str(value.user_id) if value else ""
        elif field.kind == "objective":
            found[field.name] = str(getattr(row, f"{field.name}_id") or "")
        elif field.kind == "money" and value is not None:
            found[field.name] = f"{value.normalize():f}"
        else:
            found[field.name] = value
    return found


def _field(kind: RowKind, field: RowField, options: Sequence[tuple[str, str]], currency: str) -> forms.Field:
    column: Any = field.model_field(kind.model)
    common: dict[str, Any] = {"label": field.label, "required": field.required, "help_text": field.hint}
    match field.kind:
        case "choice":
            choices = [
                (word, label)
                for word, label in column.choices
                if not kind.quadrants or word in [quadrant.value for quadrant in kind.quadrants]
            ]
            return forms.ChoiceField(choices=choices, initial=column.get_default(), **common)
        case "member" | "objective":
            return forms.ChoiceField(
                choices=[("", "Nobody yet" if field.kind == "member" else "None"), *options], **common
            )
        case "day":
            return DayField(**common)
        case "money":
            common["label"] = f"{field.label}, {currency}" if currency else field.label
            return FigureField(example="120000", least=_least(column), most=MOST_MONEY, **common)
        case "whole":
            return forms.IntegerField(
                min_value=_limit(column, "min_value", 0),
                max_value=_limit(column, "max_value", 2**31 - 1),
                **common,
            )
        case "list":
            return LinesField(
                most=MAX_QUESTIONS,
                longest=column.base_field.max_length,
                widget=forms.Textarea(attrs={"rows": 3}),
                **common,
            )
        case "long":
            return forms.CharField(
                max_length=column.max_length, widget=forms.Textarea(attrs={"rows": 2}), **common
            )
    return forms.CharField(max_length=column.max_length, **common)


def _limit(column: Any, code: str, otherwise: int) -> int:
    return next(
        (int(each.limit_value) for each in column.validators if getattr(each, "code", "") == code), otherwise
    )


def _least(column: Any) -> Decimal | None:
    found = next(
        (each.limit_value for each in column.validators if getattr(each, "code", "") == "min_value"), None
    )
    return None if found is None else Decimal(found)
