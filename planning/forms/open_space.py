"""One cell of Open Space as a form, for the pages that work without JavaScript (K6)."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from planning.models import GrowthType, Position

NOTE_LENGTH = 4000
LARGEST = Decimal(10) ** 14


class AmountField(forms.Field):
    """An amount a year with separators of either style ("240,000.50", "240.000,50"); blank is None."""

    def to_python(self, value: Any) -> Any:
        text = re.sub(r"[\s'’_]", "", str(value or ""))
        if not text:
            return None
        last = max(text.rfind("."), text.rfind(","))
        if last >= 0:
            sign = text[last]
            other = "," if sign == "." else "."
            decimals = text.count(sign) == 1 and (other in text or len(text) - last - 1 != 3)
            text = text.replace(other, "").replace(sign, "." if decimals else "")
        try:
            amount = Decimal(text)
        except InvalidOperation:
            raise forms.ValidationError("Enter an amount a year, for example 240,000.") from None
        if not amount.is_finite() or amount < 0:
            raise forms.ValidationError("A potential is zero or more.")
        if amount > LARGEST:
            raise forms.ValidationError("This is too large for an amount a year.")
        return amount


class CellForm(forms.Form):
    """What people enter about one cell. `values()` gives it as `open_space_patch` takes it."""

    potential = AmountField(
        label="Potential a year", required=False, widget=forms.TextInput(attrs={"maxlength": 30})
    )
    probability = forms.FloatField(label="Probability, %", required=False, min_value=0, max_value=100)
    position = forms.ChoiceField(label="Position", choices=Position.choices, required=False)
    competitor = forms.CharField(label="Competitor", required=False, max_length=120)
    contract_end = forms.DateField(
        label="Their contract ends",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    growth_type_override = forms.ChoiceField(
        label="Growth type", required=False, choices=[("", "As computed"), *GrowthType.choices]
    )
    owner = forms.ChoiceField(label="Owner", required=False)
    note = forms.CharField(label="Note", required=False, max_length=NOTE_LENGTH, widget=forms.Textarea)

    def __init__(self, *args: Any, owners: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Nobody"), *((str(owner["id"]), owner["name"]) for owner in owners)]
        self.fields["owner"].choices = choices  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """The cleaned values; blanks are None, the probability a ratio."""
        data = {name: value if value not in ("", None) else None for name, value in self.cleaned_data.items()}
        if data["probability"] is not None:
            data["probability"] = data["probability"] / 100
        return data
