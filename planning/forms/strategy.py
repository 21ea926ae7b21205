"""Writing down a success factor and an objective; `values()` is what the services take."""

import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms

from accounts.forms.fields import DayField, FigureField, describe_errors
from accounts.models import Horizon, SuccessFactor
from kam.common.errors import ApplicationError
from kam.tenancy.models import Membership
from planning.models import GrowthMove, GrowthSource, Objective, ObjectiveStatus, ObjectiveType

NOT_SAID = [("", "Not said yet")]


class StrategyForm(forms.Form):
    """What the forms of this page share. `version` is the one that was read, "" for something new."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, prefix_id: str, **options: Any) -> None:
        super().__init__(data, auto_id=f"{prefix_id}-%s", **options)
        first = next(name for name in self.fields if name != "version")
        self.fields[first].widget.attrs["autofocus"] = True

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.fields if name != "version"}

    def take(self, error: ApplicationError) -> None:
        """Put what a service refused at its field, else above the form."""
        for fault in error.errors:
            self.add_error(fault.field if fault.field in self.fields else None, fault.message)
        if not error.errors:
            self.add_error(None, error.message)

    def describe(self) -> None:
        """Name the faults for assistive technology."""
        describe_errors(self)


class FactorForm(StrategyForm):
    """A success factor or strategic initiative of the customer (K12)."""

    title = forms.CharField(
        label="What the customer must get right",
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "Halve unplanned stops of the bottling lines by 2027"}),
    )
    kind = forms.ChoiceField(label="What it is", choices=SuccessFactor.Kind.choices)
    horizon = forms.ChoiceField(label="Horizon", required=False, choices=NOT_SAID + Horizon.choices)
    owner_name = forms.CharField(label="Who owns it there", max_length=120, required=False)
    owner_title = forms.CharField(label="Their position", max_length=120, required=False)
    description = forms.CharField(
        label="What it means", max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    evidence = forms.CharField(
        label="How we know",
        max_length=4000,
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 2, "placeholder": "Annual report 2025, page 14; Ida Berg, 3 March"}
        ),
    )

    @staticmethod
    def initial_of(factor: SuccessFactor) -> dict[str, Any]:
        names = (
            "title",
            "kind",
            "horizon",
            "owner_name",
            "owner_title",
            "description",
            "evidence",
            "version",
        )
        return {name: getattr(factor, name) for name in names}


class ObjectiveForm(StrategyForm):
    """An objective for one horizon (K5, K17, K26). Money in the base currency."""

    title = forms.CharField(
        label="What we want to reach",
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "Sensors in all Nordic plants"}),
    )
    horizon = forms.ChoiceField(label="Horizon", choices=Horizon.choices)
    type = forms.ChoiceField(label="Type", choices=ObjectiveType.choices)
    growth_source = forms.ChoiceField(
        label="Source of growth", required=False, choices=NOT_SAID + GrowthSource.choices
    )
    growth_move = forms.ChoiceField(
        label="Growth move", required=False, choices=NOT_SAID + GrowthMove.choices
    )
    measure = forms.CharField(
        label="Measured by",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "Net sales per year with sensors"}),
    )
    target_amount = FigureField(
        label="Target amount",
        required=False,
        example="250000",
        least=Decimal(0),
        most=Decimal("999999999999999"),
    )
    target_date = DayField(label="By", required=False)
    owner = forms.ChoiceField(label="Who of us", required=False)
    status = forms.ChoiceField(label="Status", choices=ObjectiveStatus.choices)
    success_factors = forms.MultipleChoiceField(
        label="Success factors it serves", required=False, widget=forms.CheckboxSelectMultiple
    )
    description = forms.CharField(
        label="Note", max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(
        self,
        data: Any = None,
        *,
        people: Iterable[Membership],
        factors: Iterable[SuccessFactor],
        currency: str,
        **options: Any,
    ) -> None:
        super().__init__(data, **options)
        self.fields["owner"].choices = [  # type: ignore[attr-defined]
            ("", "Nobody yet"),
            *((str(person.user_id), person.user.display_name) for person in people),
        ]
        choices = [(str(factor.pk), factor.title) for factor in factors]
        self.fields["success_factors"].choices = choices  # type: ignore[attr-defined]
        if not choices:
            del self.fields["success_factors"]
        self.fields["target_amount"].label = f"Target amount, {currency}"

    def values(self) -> dict[str, Any]:
        found = super().values()
        found["owner"] = uuid.UUID(found["owner"]) if found["owner"] else None
        if "success_factors" in found:
            found["success_factors"] = [uuid.UUID(value) for value in found["success_factors"]]
        if found["type"] != ObjectiveType.GROW:
            found.update(growth_source="", growth_move="")
        return found

    @staticmethod
    def initial_of(objective: Objective) -> dict[str, Any]:
        names = (
            "title",
            "horizon",
            "type",
            "growth_source",
            "growth_move",
            "measure",
            "target_date",
            "status",
            "description",
            "version",
        )
        amount = objective.target_amount
        return {
            **{name: getattr(objective, name) for name in names},
            "target_amount": None if amount is None else f"{amount.normalize():f}",
            "owner": str(objective.owner.user_id) if objective.owner else "",
            "success_factors": [str(pk) for pk in getattr(objective, "factor_ids", [])],
        }
